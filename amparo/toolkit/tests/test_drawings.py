import datetime as dt
import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.toolkit import drawings
from amparo.toolkit.drawings import MapPoint, Reading

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def days(*values: float | None) -> list[Reading]:
    return [Reading(START + dt.timedelta(days=n), value) for n, value in enumerate(values)]


def spark(*values: float | None, threshold: float | None = 20) -> str:
    return drawings.spark(days(*values), "words", threshold=threshold, at_most=True, kind="grave")


def test_who_exceeds_the_services_is_hatched():
    bar = drawings.capacity_bar(143, 160, 73, "words")
    assert "url(#hr)" in bar
    assert 'class="f-ink"' in bar


def test_a_bar_within_its_services_has_no_hatching():
    assert "url(#hr)" not in drawings.capacity_bar(57, 70, 70, "words")


def test_services_nobody_measured_are_grey_and_have_no_line():
    bar = drawings.capacity_bar(112, 130, None, "words")
    assert "f-nada" in bar
    assert "f-anil" not in bar
    assert "f-ink" not in bar


counts = st.none() | st.integers(0, 10**9)


@given(counts, counts, counts)
def test_a_bar_is_drawn_for_any_figures(people, floor, served):
    ET.fromstring(drawings.capacity_bar(people, floor, served, "words"))


def test_words_are_escaped():
    assert "<script" not in drawings.capacity_bar(1, 1, 1, '"><script>')
    assert "<script" not in drawings.group_bars([("<script>", 3, 1)], "<script>")
    point = MapPoint(14.0, -87.0, "grave", "<script>")
    assert "<script" not in drawings.sketch_map(
        drawings.sketch([point]), "<script>", say_km=lambda km: "<script>", north="<script>"
    )


def test_a_day_without_a_reading_breaks_the_line():
    path = re.search(r' d="(M[^"]*)"', spark(10, 12, None, 14, 15))[1]
    assert path.count("M") == 2


def test_a_lone_reading_is_a_dot():
    assert "h0" in spark(10, None, 12, None)


def test_a_series_without_any_reading_is_still_a_picture():
    ET.fromstring(spark(None, None))
    ET.fromstring(spark())
    ET.fromstring(spark(None, threshold=None))


def test_a_range_stands_as_a_stroke():
    readings = [Reading(START, 10, 15), Reading(START + dt.timedelta(days=1), 15, math.inf)]
    drawn = drawings.spark(readings, "words", threshold=None, at_most=False, kind="nada")
    ET.fromstring(drawn)
    assert "s-nada" in drawn


def test_a_year_of_days_stays_small():
    readings = days(*(20 + n % 7 for n in range(365)))
    drawn = drawings.trend(
        readings,
        "words",
        threshold=20,
        threshold_words="20",
        at_most=True,
        kind="grave",
        say_number=str,
        say_day=lambda day: day.date().isoformat(),
    )
    ET.fromstring(drawn)
    assert len(drawn) < 6000
    assert "2026-01-01" in drawn
    assert "2026-12-31" in drawn


def test_what_was_only_said_again_is_a_ring_beside_the_line():
    same = [Reading(START, 12), Reading(START, None)]
    drawn = [
        drawings.trend(
            days(10, 12), "words", threshold=None, threshold_words="", at_most=False, kind="nada",
            say_number=str, say_day=str, same=said,
        )
        for said in ((), same)
    ]  # fmt: skip
    ring = '<circle class="f-none s-anil"'
    assert [one.count(ring) for one in drawn] == [0, 1]
    assert re.findall(r' d="([^"]+)"', drawn[0]) == re.findall(r' d="([^"]+)"', drawn[1])


@given(st.lists(st.none() | st.floats(0, 1e9), max_size=40), st.none() | st.floats(0.001, 1e6))
def test_any_series_can_be_drawn(values, threshold):
    ET.fromstring(spark(*values, threshold=threshold))


def test_reports_that_came_are_told_from_those_that_did_not():
    drawn = ET.fromstring(drawings.pulse([True, False, True], "words"))
    came, missing = (path.attrib["d"].count("M") for path in drawn)
    assert (came, missing) == (2, 1)


def draw(points):
    return drawings.sketch_map(drawings.sketch(points), "words")


def test_north_is_up_and_east_is_right():
    drawn = draw([MapPoint(14.2, -87.3, "grave", "NW"), MapPoint(14.0, -87.0, "grave", "SE")])
    place = {
        m[3]: (float(m[1]), float(m[2])) for m in re.finditer(r'x="([\d.]+)" y="([\d.]+)">(NW|SE)<', drawn)
    }
    assert place["NW"][0] < place["SE"][0]
    assert place["NW"][1] < place["SE"][1]


def test_two_centres_at_one_place_are_one_mark_that_says_how_many_and_the_worst():
    here = [MapPoint(14.0, -87.0, kind, str(n)) for n, kind in enumerate(["bajo", "grave", "mudo"], 1)]
    (mark,) = drawings.sketch(here).marks
    assert (mark.label, mark.kind) == ("3", "grave")
    assert [point.marker for point in mark.points] == ["1", "2", "3"]


def crowd():
    """A town of many centres, and some far from it."""
    town = [MapPoint(15.4 + n % 6 / 60, -88.0 + n // 6 / 60, "grave", str(n), n) for n in range(30)]
    return [*town, MapPoint(15.5, -90.3, "bajo", "W"), MapPoint(15.96, -85.17, "mudo", "E")]


def test_every_mark_stands_where_its_first_centre_is_on_the_scale_it_prints():
    drawn = drawings.sketch(crowd())
    west, east = (next(m for m in drawn.marks if m.label == label) for label in "WE")
    km = math.dist((west.x, west.y), (east.x, east.y)) / drawn.unit * drawings.KM_OF_A_DEGREE
    assert km == pytest.approx(553, abs=6), "great circle from 15.5 -90.3 to 15.96 -85.17"
    for mark in drawn.marks:
        for point in mark.points:
            lon = west.x + (point.lon + 90.3) * math.cos(math.radians((15.4 + 15.96) / 2)) * drawn.unit
            lat = west.y - (point.lat - 15.5) * drawn.unit
            assert math.dist((lon, lat), (mark.x, mark.y)) <= 2 * drawings._LARGEST + 0.1


def test_no_mark_covers_another():
    marks = drawings.sketch(crowd()).marks
    for i, one in enumerate(marks):
        for other in marks[i + 1 :]:
            assert math.dist((one.x, one.y), (other.x, other.y)) >= 2 * drawings._LARGEST
    assert sum(len(mark.points) for mark in marks) == 32


def test_a_lone_centre_on_the_other_side_of_the_world_does_not_shrink_the_map():
    drawn = drawings.sketch([*crowd(), MapPoint(-88.0, 15.4, "bajo", "swapped")])
    assert drawn.off == 1
    assert drawn.unit == drawings.sketch(crowd()).unit


def test_a_centre_far_from_the_outline_is_off_the_map():
    outline = [[(-88.1, 15.3), (-87.9, 15.3), (-87.9, 15.6)]]
    drawn = drawings.sketch([MapPoint(15.4, -88.0, "bajo", "1"), MapPoint(15.4, 88.0, "bajo", "2")], outline)
    assert (len(drawn.marks), drawn.off) == (1, 1)


def test_the_drawing_fills_its_width_and_is_the_same_each_time():
    drawn = drawings.sketch(crowd())
    across = [mark.x for mark in drawn.marks]
    assert (min(across), max(across)) == pytest.approx((20, drawn.width - 20))
    assert draw(crowd()) == draw(crowd())


@given(
    st.lists(
        st.builds(
            MapPoint,
            st.floats(12, 18),
            st.floats(-93, -83),
            st.sampled_from(["grave", "bajo", "cumple", "nada", "duda", "mudo"]),
            st.just("1"),
        ),
        max_size=30,
    )
)
def test_any_points_can_be_drawn(points):
    drawn = drawings.sketch(points)
    if drawn is None:
        assert not points
    else:
        ET.fromstring(drawings.sketch_map(drawn, "words"))
        assert sum(len(mark.points) for mark in drawn.marks) + drawn.off == len(points)


def test_six_hundred_centres_fit_in_a_page():
    points = [MapPoint(13 + n % 31 / 10, -90 + n % 47 / 10, "grave", str(n)) for n in range(600)]
    assert len(draw(points)) < 15_000


@pytest.mark.parametrize("value", [0, 0.4, 1, 7, 52.5, 999, 12345])
def test_an_axis_ends_at_a_round_number_above_the_value(value):
    assert drawings._round_up(value) >= value


def test_a_mark_grows_with_the_people_there_and_stays_readable():
    sizes = [drawings._size(people, 200) for people in (0, 1, 90, 200)]
    assert sizes == sorted(sizes)
    assert sizes[0] >= 11, "its number fits inside"
    assert sizes[-1] == 14


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (2.24, 4), (17, 20), (63.8, 70), (134, 150), (1783, 2000)]
)
def test_the_half_of_an_axis_of_whole_things_is_whole(most, top):
    assert drawings._round_up_whole(most) == top
    assert drawings._round_up_whole(most) / 2 == drawings._round_up_whole(most) // 2

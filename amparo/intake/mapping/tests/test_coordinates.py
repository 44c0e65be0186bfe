"""Where a place is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.mapping import values
from amparo.intake.mapping.values import Place, Problem

HONDURAS = (-89.4, 12.9, -82.4, 17.5)


def flags(place):
    return [flag.code for flag in place.flags]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("15.5", "-87.25"),
        (15.5, -87.25),
        ("15,5", "-87,25"),
        ("15°30'00\"N", "87°15'00\"W"),
        ("15°30'N", "87°15'O"),
        ("15 30 0 N", "87 15 0 O"),
        ("N 15.5", "W 87.25"),
        ("15.5° norte", "87.25° oeste"),
        ("15° 30.0'", "-87° 15.0'"),
        ("15.5, -87.25", ""),
        ("15.5 -87.25 412.0 4.8", None),
    ],
)
def test_a_point_is_read_however_it_is_written(lat, lon):
    assert values.place(lat, lon) == Place(15.5, -87.25)


def test_swapped_cells_are_put_right_and_flagged():
    assert flags(values.place("-87.25", "15.5", HONDURAS)) == ["coordinates_swapped"]
    assert values.place("-87.25", "15.5", HONDURAS).lat == 15.5
    assert values.place("-95.5", "15.5").lon == -95.5
    assert values.place("87.25 W", "15.5 N").lat == 15.5


def test_a_lost_minus_sign_is_put_back_and_flagged():
    found = values.place("15.5", "87.25", HONDURAS)
    assert (found.lat, found.lon, flags(found)) == (15.5, -87.25, ["coordinates_sign"])


def test_without_an_expected_area_nothing_is_guessed():
    assert values.place("15.5", "87.25") == Place(15.5, 87.25)


def test_a_point_elsewhere_is_kept_and_flagged():
    found = values.place("27.7", "85.3", HONDURAS)
    assert (found.lat, found.lon, flags(found)) == (27.7, 85.3, ["coordinates_elsewhere"])


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("0", "0", "coordinates_zero"),
        (0.0, 0.0, "coordinates_zero"),
        ("394947.69", "1707168.27", "coordinates_out_of_range"),
        ("15439425", "-87979150", "coordinates_out_of_range"),
        ("15.5", "", "coordinates_incomplete"),
        ("", "-87", "coordinates_incomplete"),
        (1e300, 5, "coordinates_out_of_range"),
    ],
)
def test_what_cannot_be_a_point_is_flagged_and_not_used(lat, lon, code):
    found = values.place(lat, lon, HONDURAS)
    assert (found.lat, found.lon, flags(found)) == (None, None, [code])
    assert found.flags[0].message


@pytest.mark.parametrize(
    ("lat", "lon"), [("abc", "1"), ("15.439.425", "-87.9"), ("15°61'", "-87"), ("N 15 S", "1"), (True, 1)]
)
def test_what_nobody_can_read_is_a_problem(lat, lon):
    assert values.place(lat, lon) == Problem("coordinates_unreadable", str(lat))


@given(lat=st.floats(12.9, 17.5), lon=st.floats(-89.4, -82.4))
def test_a_point_survives_being_written(lat, lon):
    for written in (
        (f"{lat:.6f}", f"{lon:.6f}"),
        (f"{lat:.6f}".replace(".", ","), f"{lon:.6f}".replace(".", ",")),
    ):
        found = values.place(*written, HONDURAS)
        assert found.lat == pytest.approx(lat, abs=1e-6)
        assert found.lon == pytest.approx(lon, abs=1e-6)


@pytest.mark.parametrize(
    "written",
    [
        "15°30'00\"N 87°15'00\"W",
        "15º30'00\" N, 87º15'00\" O",
        "15ª30´00´´ -87ª15´00´´",
        "N 15 30 0 W 87 15 0",
        "87°15'00\"W 15°30'00\"N",
        "(15.5, -87.25)",
        "geo:15.5,-87.25",
        "https://maps.example/?q=15.5,-87.25&z=17",
        "https://maps.example/place/Escuela/@15.5,-87.25,17z",
        "https://maps.example/?mlat=15.5&mlon=-87.25#map=17",
    ],
)
def test_a_point_in_one_cell_is_read_however_it_is_written(written):
    assert values.geopoint(written) == Place(15.5, -87.25)


@pytest.mark.parametrize(
    "written", ["15°30' 87°15' 20°", "https://maps.example/x7Yz", "Frente al parque", "15°"]
)
def test_a_cell_that_does_not_say_one_point_is_a_problem(written):
    assert isinstance(values.geopoint(written), Problem)

"""Days and moments, in the order the mapping states."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.mapping import values
from amparo.intake.mapping.values import Problem, Told

TEGUCIGALPA = dt.timezone(dt.timedelta(hours=-6))


@pytest.mark.parametrize(
    "written",
    [
        "21/05/2015",
        "21/5/15",
        "21.05.2015",
        "21-5-2015",
        "21 05 2015",
        "2015-05-21",
        "2015/5/21",
        "20150521",
        "21-May-15",
        "21 de mayo de 2015",
        "21 mayo 2015",
        "May 21, 2015",
        42145,
        42145.0,
        "42145",
        dt.date(2015, 5, 21),
        dt.datetime(2015, 5, 21),
        "2015-05-21 00:00:00",
    ],
)
def test_a_day_is_read_however_it_is_written(written):
    assert values.told(written, "dmy") == Told(dt.date(2015, 5, 21))


def test_the_order_is_the_mappings_and_no_other_is_tried():
    assert values.told("12/5/15", "dmy").when == dt.date(2015, 5, 12)
    assert values.told("12/5/15", "mdy").when == dt.date(2015, 12, 5)
    assert values.told("4/25/15", "mdy").when == dt.date(2015, 4, 25)
    assert values.told("4/25/15", "dmy") == Problem("date_impossible", "4/25/15")
    assert values.told("15/12/5", "ymd").when == dt.date(2015, 12, 5)


def test_an_hour_without_offset_is_the_mappings():
    found = values.told("21/05/2015 15:30", "dmy", TEGUCIGALPA)
    assert found.when == dt.datetime(2015, 5, 21, 15, 30, tzinfo=TEGUCIGALPA)
    assert values.told("21/05/2015 3:30 p.m.", "dmy", TEGUCIGALPA).when == found.when
    assert values.told(42145.645833333336, "dmy", TEGUCIGALPA).when == found.when


def test_an_hour_with_its_offset_keeps_it():
    found = values.told("2026-11-22T08:10:12.123-06:00", "dmy", dt.UTC)
    assert found.when == dt.datetime(2026, 11, 22, 8, 10, 12, tzinfo=TEGUCIGALPA)
    assert values.told("2026-11-22T14:10:12Z", "dmy", TEGUCIGALPA).when == found.when


@pytest.mark.parametrize(
    "written", ["31/02/2015", "0/0/2020", "32/1/2020", "1/13/2020", "1/1/0001", "01/01/2020 25:00"]
)
def test_an_impossible_date_is_a_problem(written):
    assert values.told(written, "dmy").code == "date_impossible"


@pytest.mark.parametrize(
    "written", ["mañana", "5/2015", "25 brumario 2015", True, 12, 1e9, dt.time(5), "1" * 200]
)
def test_what_is_no_date_is_a_problem(written):
    assert values.told(written, "dmy").code == "date_unreadable"


def test_an_unlikely_year_is_taken_and_flagged():
    found = values.told("21/05/1915", "dmy")
    assert found.when == dt.date(1915, 5, 21)
    assert [flag.code for flag in found.flags] == ["date_odd"]


@given(day=st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)))
def test_a_day_survives_being_written(day):
    for written in (
        f"{day:%d/%m/%Y}",
        f"{day.day}/{day.month}/{day.year}",
        day.isoformat(),
        f"{day:%d.%m.%Y}",
    ):
        assert values.told(written, "dmy") == Told(day)

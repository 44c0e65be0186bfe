import datetime as dt
import math

import pytest
from django.utils.translation import override

from amparo.toolkit import formats

NOON = dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC)  # noon in Tegucigalpa


@pytest.fixture(autouse=True)
def spanish():
    with override("es"):
        yield


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1312, "1,312"),
        (0, "0"),
        (7.25, "7.3"),
        (59.2, "59.2"),
        (3.0, "3"),
        (12229.96, "12,230"),
        (-0.5, "-0.5"),
        (math.inf, "∞"),
        (None, "No se ha medido"),
    ],
)
def test_a_number_reads_as_people_of_the_three_countries_write_it(value, words):
    assert formats.number(value) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (10, 15, "10 a 15"),
        (15, math.inf, "15 o más"),
        (7.5, 7.5, "7.5"),
        (7.5, None, "7.5"),
        (None, None, "No se ha medido"),
    ],
)
def test_a_range_says_both_ends(low, high, words):
    assert formats.interval(low, high) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "hace 0 min"),
        (59, "hace 59 min"),
        (60, "hace 1 h"),
        (31 * 60, "hace 31 h"),
        (48 * 60, "hace 2 días"),
        (-9, "hace 0 min"),
    ],
)
def test_an_age_is_said_in_the_unit_people_use(minutes, words):
    assert formats.age(NOON - dt.timedelta(minutes=minutes), NOON) == words


@pytest.mark.parametrize(("hours", "full"), [(0, 4), (5, 4), (7, 3), (13, 2), (23, 1), (24, 0), (900, 0)])
def test_the_cells_empty_as_the_figure_grows_old(hours, full):
    assert formats.cells(NOON - dt.timedelta(hours=hours), NOON, 24) == full


def test_near_days_have_names_and_far_ones_a_date():
    assert formats.moment(NOON - dt.timedelta(hours=5), NOON) == "hoy 07:00"
    assert formats.moment(NOON - dt.timedelta(hours=20), NOON) == "ayer 16:00"
    assert formats.moment(NOON - dt.timedelta(days=9), NOON) == "13 nov 2026, 12:00"


def test_no_date_is_said_in_words():
    assert formats.moment(None) == formats.day(None) == "Sin fecha"


def test_months_follow_the_language():
    with override("en"):
        assert formats.day(dt.date(2026, 11, 22)) == "22 Nov 2026"
    assert formats.day(dt.date(2026, 11, 22)) == "22 nov 2026"


def test_how_long_a_figure_lasts():
    assert formats.lasting(12) == "12 h"
    assert formats.lasting(24 * 7) == "7 días"
    assert formats.lasting(None) == "No vence"


def test_a_share_is_a_percentage():
    assert formats.share(0.375) == "38 %"


def test_sizes_of_files():
    assert formats.size(50 * 1024 * 1024) == "50 MB"
    assert formats.size(10) == "1 KB"

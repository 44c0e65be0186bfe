from datetime import datetime, timedelta
from math import inf, nan

import pytest

from amparo.standards import INDICATORS, Measurement, expires_at, fades_at
from amparo.standards.tests.site import HOUR, NOW, told

TOILETS = INDICATORS["toilets"]


@pytest.mark.parametrize(
    ("low", "high"), [(nan, 1), (1, nan), (-1, 1), (-inf, 1), (inf, inf), (15, 10), (-0.5, -0.5)]
)
def test_what_cannot_be_a_value_is_refused(low, high):
    with pytest.raises(ValueError):
        Measurement(low, high, NOW)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (10, 15), (15, inf), (0, inf)])
def test_zero_ranges_and_open_ends_are_values(low, high):
    assert Measurement(low, high, NOW).high == high


def test_an_hour_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Measurement(1, 1, datetime(2026, 11, 22, 6, 0))
    with pytest.raises(ValueError, match="zone"):
        Measurement(1, 1, NOW, confirmed_at=datetime(2026, 11, 22, 6, 0))


def test_a_value_greys_and_later_expires():
    value = told(3, hours_ago=0)
    assert fades_at(value, TOILETS) == NOW + timedelta(days=7)
    assert expires_at(value, TOILETS) == NOW + timedelta(days=21)


def test_confirming_buys_half_of_what_measuring_buys():
    value = told(3, hours_ago=168, confirmed_hours_ago=0)
    assert fades_at(value, TOILETS) == NOW + 84 * HOUR
    assert expires_at(value, TOILETS) == max(NOW - 168 * HOUR + TOILETS.expires, NOW + TOILETS.expires / 2)


def test_confirming_at_once_shortens_nothing():
    value, confirmed = told(3, hours_ago=2), told(3, hours_ago=2, confirmed_hours_ago=1)
    assert fades_at(confirmed, TOILETS) == fades_at(value, TOILETS)
    assert expires_at(confirmed, TOILETS) == expires_at(value, TOILETS)

"""Measurement: what somebody told of one indicator at one site, and how long it stands."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from amparo.standards.indicators import Indicator


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value as told: exact when ``low == high``, "10-15" as (10, 15), ">15" as (15, inf).

    ``told_at``: when it was seen or counted; ``confirmed_at``: when somebody last said "sigue igual"; both
    know their zone. ``ref``: whatever the caller wants back (an observation's id). Raises ValueError for what
    cannot be a value: not a number, negative, infinite at the low end, upside down, or at an hour of no zone.
    """

    low: float
    high: float
    told_at: datetime
    confirmed_at: datetime | None = None
    ref: Any = None

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high):
            raise ValueError("a measurement is a number")
        if self.low < 0:
            raise ValueError("nothing measured here can be negative")
        if math.isinf(self.low):
            raise ValueError("only the high end of a range may be open")
        if self.high < self.low:
            raise ValueError("a range goes from low to high")
        if self.told_at.tzinfo is None or (
            self.confirmed_at is not None and self.confirmed_at.tzinfo is None
        ):
            raise ValueError("the hour must say its time zone")

    @property
    def heard_at(self) -> datetime:
        """When anybody last told or confirmed it."""
        return self.confirmed_at or self.told_at

    @classmethod
    def exact(cls, value: float, told_at: datetime, ref: Any = None) -> Self:
        return cls(value, value, told_at, ref=ref)


def fades_at(measurement: Measurement, indicator: Indicator) -> datetime:
    """When the value greys and asks to be confirmed.

    A confirmation is weaker than measuring: it buys half the time that a new measurement would.
    """
    told = measurement.told_at + indicator.half_life
    if measurement.confirmed_at is None:
        return told
    return max(told, measurement.confirmed_at + indicator.half_life / 2)


def expires_at(measurement: Measurement, indicator: Indicator) -> datetime:
    """From when the value no longer counts and the thing is not assessed. Confirmed: as in ``fades_at``."""
    told = measurement.told_at + indicator.expires
    if measurement.confirmed_at is None:
        return told
    return max(told, measurement.confirmed_at + indicator.expires / 2)

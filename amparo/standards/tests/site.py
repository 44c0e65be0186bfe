"""Invented sites for the tests, told an hour before they are asked about."""

from datetime import UTC, datetime, timedelta

from amparo.standards import Gap, Measurement, Phase, evaluate

NOW = datetime(2026, 11, 22, 6, 41, tzinfo=UTC)
HOUR = timedelta(hours=1)

Value = float | tuple[float, float]


def told(value: Value, hours_ago: float = 1, confirmed_hours_ago: float | None = None) -> Measurement:
    low, high = value if isinstance(value, tuple) else (value, value)
    confirmed_at = None if confirmed_hours_ago is None else NOW - confirmed_hours_ago * HOUR
    return Measurement(low, high, NOW - hours_ago * HOUR, confirmed_at)


def site(**values: Value | Measurement) -> dict[str, Measurement]:
    return {key: value if isinstance(value, Measurement) else told(value) for key, value in values.items()}


def rio_seco(**changes: Value | Measurement) -> dict[str, Measurement]:
    """The school of the mock-ups: 143 people tonight, 78 of them women, two women's toilets that work."""
    return site(
        **{
            "persons": 143,
            "women": 78,
            "men": 65,
            "toilets_women": 2,
            "toilets_men": 4,
            "toilets_separated": 1,
            "litres_person_day": 12,
            "floor_m2": 560,
            **changes,
        }
    )


def gap(inputs, key: str, group: str = "all", phase: Phase = Phase.ACUTE, **asked) -> Gap:
    """The gap of one standard and group. Raises LookupError where it does not apply."""
    for found in evaluate(inputs, phase=phase, at=NOW, **asked):
        if (found.standard.key, found.group) == (key, group):
            return found
    raise LookupError(f"no {key} for {group}")


def keys(inputs, phase: Phase = Phase.ACUTE, **asked) -> set[tuple[str, str]]:
    return {(found.standard.key, found.group) for found in evaluate(inputs, phase=phase, at=NOW, **asked)}

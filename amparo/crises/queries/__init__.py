"""Questions about crises and about their damage. Nothing here writes."""

from amparo.crises.queries.crises import (
    DEFAULT_PHASE,
    SEVERITY,
    Reason,
    manages,
    now_of,
    open_on,
    open_today,
    phase_at,
    phase_of,
    phases_for,
    places_of,
    reasons_for,
    visible_to,
    why_phase,
)

__all__ = [
    "DEFAULT_PHASE",
    "SEVERITY",
    "Reason",
    "manages",
    "now_of",
    "open_on",
    "open_today",
    "phase_at",
    "phase_of",
    "phases_for",
    "places_of",
    "reasons_for",
    "visible_to",
    "why_phase",
]

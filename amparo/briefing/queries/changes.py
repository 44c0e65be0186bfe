"""What changed in people between two moments, because of people or because of who was counted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from amparo.toolkit import formats

Counts = Mapping[int, int | None]
"""People by centre, of those that stood open; None where no count stood."""


@dataclass(frozen=True, slots=True)
class Change:
    """People `since` then. `moved`: in the `both` centres counted at both moments; `gained` and `lost`: in centres
    counted at one of them only, which says nothing of whether anybody moved.
    """

    since: datetime
    before: int | None
    now: int | None
    moved: int
    both: int
    gained: int
    gained_sites: int
    lost: int
    lost_sites: int
    opened: int
    closed: int


def change_between(then: Counts, now: Counts, *, since: datetime) -> Change:
    """Who moved where both moments were counted, and what centres counted at one of them only make of it."""
    counted_then = {key: count for key, count in then.items() if count is not None}
    counted_now = {key: count for key, count in now.items() if count is not None}
    both = counted_then.keys() & counted_now.keys()
    gained, lost = counted_now.keys() - both, counted_then.keys() - both
    return Change(
        since=since,
        before=sum(counted_then.values()) if counted_then else None,
        now=sum(counted_now.values()) if counted_now else None,
        moved=sum(counted_now[key] - counted_then[key] for key in both),
        both=len(both),
        gained=sum(counted_now[key] for key in gained),
        gained_sites=len(gained),
        lost=sum(counted_then[key] for key in lost),
        lost_sites=len(lost),
        opened=len(now.keys() - then.keys()),
        closed=len(then.keys() - now.keys()),
    )


def change_in_words(change: Change) -> tuple[str, ...]:
    """What changed because of people, and what because of who was counted."""
    said = []
    if change.both:
        moved = f"{'+' if change.moved > 0 else '−' if change.moved < 0 else ''}{formats.number(abs(change.moved))}"
        said.append(
            _("Personas: %(moved)s en los %(n)s albergues contados los dos días.")
            % {"moved": moved, "n": formats.number(change.both)}
        )
    if change.gained_sites:
        said.append(
            _(
                "Contadas solo ahora: %(people)s personas en %(n)s albergues. No se sabe si llegaron o ya estaban."
            )
            % {"people": formats.number(change.gained), "n": formats.number(change.gained_sites)}
        )
    if change.lost_sites:
        said.append(
            _("Contadas solo antes: %(people)s personas en %(n)s albergues. No se sabe si salieron.")
            % {"people": formats.number(change.lost), "n": formats.number(change.lost_sites)}
        )
    if change.opened or change.closed:
        said.append(
            _("Albergues que abrieron: %(opened)s. Que cerraron: %(closed)s.")
            % {"opened": formats.number(change.opened), "closed": formats.number(change.closed)}
        )
    return tuple(said) or (_("Ningún albergue fue contado los dos días: no se puede comparar."),)

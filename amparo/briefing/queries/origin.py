"""Where a figure above the board comes from: each centre with what it adds, how old that is and who told it.

The sum of the rows is the figure of the board, by the same functions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels_committee as v
from amparo.briefing import words
from amparo.briefing.queries.board import ORIGINS, kind_of
from amparo.briefing.queries.figures import standing_figures
from amparo.briefing.queries.judged import figure_params, in_full, opened, scope_words, with_places
from amparo.briefing.queries.lacking import hours
from amparo.briefing.queries.look import Look, look
from amparo.briefing.viewmodels import Chip
from amparo.kernel.models import User
from amparo.sites.models import ObservationBatch
from amparo.sites.queries.gaps import Assessed, Stood, rank
from amparo.sites.queries.observed import sources
from amparo.standards import INDICATORS
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, address, page_not_understood, paged

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class _Kind:
    """One figure: which centres enter, what each adds (None: unknown), and its sum in the figures of the board."""

    enters: Callable[[Stood], bool]
    adds: Callable[[Stood], int | None]
    total: str


def _touched(one: Stood) -> int | None:
    return max((gap.affected or 0 for gap in one.headlines if gap.grave), default=0)


_KINDS = {
    "people": _Kind(lambda one: True, lambda one: one.people(), "people"),
    "free": _Kind(
        lambda one: True,
        lambda one: one.free_places[0] if one.free_places is not None else None,
        "free_places",
    ),
    "grave": _Kind(lambda one: bool(one.summary.grave), _touched, "grave_people"),
    "unmeasured": _Kind(
        lambda one: not one.summary.met and not one.summary.not_met,
        lambda one: one.people(),
        "not_assessed_sites",
    ),
    "silent": _Kind(lambda one: one.silent, lambda one: one.last_count, "silent_sites"),
}
_OF_CENTRES = frozenset({"unmeasured", "silent"})  # what is counted are centres, not what they add


def origin_page(user: User, key: str, params: Params) -> v.OriginPage:
    """One figure of the board, centre by centre. Raises Http404 for a figure that does not exist."""
    kind = _KINDS.get(key)
    if kind is None:
        raise Http404
    asked = look(user, params)
    here = reverse("origin", args=[key])
    assessed = opened(user, asked)
    entering = _sorted([one for one in assessed if kind.enters(one)], kind)
    rows, pages = paged(entering, asked.params, here, per_page=PER_PAGE)
    figures = standing_figures(assessed)
    told = [one.told_at for one in assessed if one.told_at is not None]
    title, rule, column = _words(key)
    kept = figure_params(asked)
    return v.OriginPage(
        title=title,
        rule=rule,
        column=column,
        value=figures[kind.total],
        known=len(entering) if key in _OF_CENTRES else sum(kind.adds(one) is not None for one in entering),
        sites=len(assessed),
        as_of=asked.as_of.moment.at or max(told, default=timezone.now()),
        rows=tuple(_rows(rows, kind, key, asked)),
        pages=pages,
        scope=scope_words(asked),
        board_url=address(reverse("board"), kept),
        figures=tuple(
            Chip(_words(name)[0], address(reverse("origin", args=[name]), kept), name == key)
            for name in ORIGINS
        ),
        not_understood=(
            *asked.not_understood,
            *page_not_understood(len(entering), params, per_page=PER_PAGE),
        ),
        is_past=asked.as_of.last or asked.as_of.day is not None,
    )


def _words(key: str) -> tuple[str, str, str]:
    """The title of a figure, the rule by which it is made, the head of its column."""
    return {
        "people": (
            _("Personas esta noche"),
            _("Suma del último conteo vigente de cada albergue. Un conteo vencido no se suma: no es cero."),
            _("Personas"),
        ),
        "free": (
            _("Lugares libres de verdad"),
            _("En cada albergue, los que alcanzan según la norma menos las personas; nunca menos de cero."),
            _("Libres"),
        ),
        "grave": (
            _("Con falta grave"),
            _("Albergues con una falta que pone vidas en riesgo. De cada uno, la que afecta a más personas."),
            _("Afecta a"),
        ),
        "unmeasured": (
            _("Sin medir"),
            _("Albergues donde nada de lo que pide la norma se ha medido, o ya venció."),
            _("Personas"),
        ),
        "silent": (
            _("Sin reporte"),
            _("Albergues abiertos que nadie ha reportado en 24 horas. La cifra es su último conteo."),
            _("Último conteo"),
        ),
    }[key]


def _sorted(ones: Sequence[Stood], kind: _Kind) -> list[Stood]:
    """The most first, what nobody knows last, in the order of the board among equals."""
    return sorted(rank(list(ones)), key=lambda one: -1 if (added := kind.adds(one)) is None else -added - 2)


def _rows(shown: Sequence[Stood], kind: _Kind, key: str, asked: Look) -> Iterable[v.OriginRow]:
    with_places(one.site for one in shown)
    full = {one.site.pk: one for one in in_full(shown, asked)}
    counts = {pk: one.inputs["persons"] for pk, one in full.items() if "persons" in one.inputs}
    batches = sources(count.ref for count in counts.values() if count.ref is not None)
    for one in shown:
        whole, count = full[one.site.pk], counts.get(one.site.pk)
        by_count = key in ("people", "free", "silent") and count is not None
        yield v.OriginRow(
            name=one.site.name,
            url=address(reverse("site_page", args=[one.site.uid]), asked.as_of.params),
            place=words.place_of(one.site),
            value=kind.adds(one),
            note=_note(key, whole),
            kind="mudo" if one.silent else kind_of(one),
            told_at=count.told_at if by_count and count is not None else one.told_at,
            lasts_hours=hours(INDICATORS["persons"].half_life),
            who=_who(batches, count) if by_count else "",
            trend_url=address(reverse("site_trend", args=[one.site.uid, "persons"]), asked.as_of.params)
            if count is not None
            else "",
        )


def _who(batches: dict[int, ObservationBatch], count: Any) -> str:
    batch = batches.get(count.ref)
    return words.who_said(batch) if batch is not None else ""


def _note(key: str, one: Assessed) -> str:
    """What a number alone would hide."""
    if key == "grave":
        worst = [gap for gap in one.headlines if gap.grave]
        return ", ".join(dict.fromkeys(words.gap_name(gap) for gap in worst))
    if one.people() is None:
        if one.last_count is None:
            return _("Nadie ha contado a las personas.")
        return _("Su último conteo, %(n)s, ya venció.") % {"n": formats.number(one.last_count)}
    if key == "free":
        places = one.capacity.to_standard
        return _("Personas: %(people)s. Alcanza para: %(places)s.") % {
            "people": formats.number(one.people()),
            "places": formats.number(places.total),
        }
    return _("Pide que lo confirmen.") if one.count_faded else ""

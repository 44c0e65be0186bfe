"""The board: which centre goes first? Silent ones, then the worst, of those that are open within the filters."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries import capacities
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.figures import standing_figures
from amparo.briefing.queries.judged import (
    age_name,
    figure_params,
    focus,
    in_full,
    judged,
    opened,
    outline,
    scope_words,
    with_places,
)
from amparo.briefing.queries.lacking import first_to_fade, hours
from amparo.briefing.queries.look import AGES, SILENT, UNKNOWN, Look, look, standards_named, wanted
from amparo.crises.permissions import Crises
from amparo.crises.queries import open_on as crises_open_on
from amparo.crises.queries import visible_to as crises_visible_to
from amparo.intake.permissions import Intake
from amparo.kernel.access import may
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.places.queries import label
from amparo.places.queries.municipalities import without_municipality
from amparo.sites.models import Flag, ObservationBatch
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Assessed, Stood, longest_silent, rank
from amparo.sites.queries.sites import visible_to, within
from amparo.sites.queries.standing import closed_on
from amparo.sites.queries.telephones import telephone
from amparo.standards import (
    INDICATORS,
    Form,
    Gap,
    Reason,
    Role,
    Verdict,
)
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, address, page_not_understood, paged
from amparo.toolkit.drawings import MapPoint
from amparo.toolkit.frames import Filters, Notice, Option, Select

SHOWN_SILENT = 5
SHOWN_CLOSED = 20
REPORTS_SHOWN = 12
REPORT_EVERY = timedelta(hours=6)
ORIGINS = ("people", "free", "grave", "unmeasured", "silent")  # the figures above the list that open


def board(user: User, params: Params) -> v.Board:
    """The board of what this person may see, as their address asks."""
    asked = look(user, params)
    here = reverse("board")
    assessed = opened(user, asked)
    silent = sorted((one for one in assessed if one.silent), key=longest_silent)
    ranked = rank([one for one in assessed if not one.silent])
    kinds = {one.site.pk: kind_of(one) for one in ranked}
    only_silent = asked.kind == "mudo" or (asked.age == SILENT and not asked.kind)
    shown = silent if only_silent else [one for one in ranked if asked.kind in ("", kinds[one.site.pk])]
    places = {one.site.pk: position for position, one in enumerate(ranked, start=1)}
    rows, pages = paged(shown, asked.params, here)
    closed = (
        judged(closed_on(wanted(visible_to(user), asked), asked.as_of.day), asked) if asked.closed else []
    )
    worst_closed = rank(closed)[:SHOWN_CLOSED]
    heard = silent[:SHOWN_SILENT] if not asked.kind and not only_silent else []
    details = _details([*rows, *heard, *worst_closed], asked)
    board_rows = tuple(
        _row(one, details, rank_of=places.get(one.site.pk, 0), as_of=asked.as_of) for one in rows
    )
    silent_rows = tuple(_silent_rows(heard, asked.as_of, user))
    nowhere = without_municipality()
    unknown = sum(one.site.place_id in nowhere for one in assessed)
    asked_of = figure_params(asked)
    return v.Board(
        as_of=_as_of(assessed, asked.as_of),
        filters=board_filters(user, asked, here),
        crisis=str(asked.crisis) if asked.crisis else "",
        phase=_phase(assessed),
        is_past=asked.as_of.last or asked.as_of.day is not None,
        **standing_figures(assessed),
        grave_silent=sum(bool(one.summary.grave) for one in silent),
        silent=silent_rows,
        silent_url=address(here, {**asked.others, "status": "mudo"}) if len(silent) > len(heard) > 0 else "",
        origins={key: address(reverse("origin", args=[key]), asked_of) for key in ORIGINS},
        chips=(*_chips(here, asked, kinds, len(silent)), *_unknown_chip(here, asked, unknown)),
        focus=focus(asked),
        rows=board_rows,
        pages=pages,
        closed=_closed_totals(closed) if asked.closed else None,
        closed_rows=tuple(_row(one, details, as_of=asked.as_of) for one in worst_closed),
        points=tuple(_points(rows, heard, places, kinds)),
        outline=outline(asked, [one.site for one in (*rows, *heard)]),
        unknown=unknown,
        unknown_url=address(here, {**asked.others, "municipality": UNKNOWN}),
        map_url=address(reverse("map"), asked_of),
        without_place=sum(one.site.lat is None for one in (*rows, *heard)),
        not_understood=(*asked.not_understood, *page_not_understood(len(shown), params)),
        notices=tuple(_notices(user, assessed, asked, here)),
        actions=_actions(user, asked),
        main=v.Link(_("Agregar albergue"), reverse("site_new"), "mas") if may(user, Sites.MANAGE) else None,
    )


# --- which centres


def kind_of(assessed: Stood) -> str:
    """The mark of a centre: of its worst gap; "cumple" only where all that decides was measured and is met."""
    summary = assessed.summary
    if summary.grave:
        return "grave"
    if summary.not_met:
        return "bajo"
    return "nada" if summary.top is not None or not summary.met else "cumple"


# --- figures above the list


def _as_of(assessed: Sequence[Stood], when: AsOf) -> datetime:
    if when.moment.at is not None:
        return when.moment.at
    return max((one.told_at for one in assessed if one.told_at is not None), default=timezone.now())


def _phase(assessed: Sequence[Stood]) -> str:
    phases = {one.phase for one in assessed}
    return words.phase_name(phases.pop()) if len(phases) == 1 else ""


def _closed_totals(closed: Sequence[Stood]) -> v.ClosedTotals:
    told = [one.last_count for one in closed if one.last_count is not None]
    return v.ClosedTotals(len(closed), sum(told) if told else None)


# --- rows


@dataclass(frozen=True, slots=True)
class _Details:
    """What is read only for the centres that are shown."""

    assessed: dict[int, Assessed]
    flags: dict[int, Flag]


def _details(shown: Sequence[Stood], asked: Look) -> _Details:
    sites = [one.site for one in shown]
    with_places(sites)
    flags: dict[int, Flag] = {}
    raised = Flag.objects.filter(site__in=[site.pk for site in sites], cleared_at=None)
    for flag in raised.order_by("pk"):  # the first that was raised, however the rows lie in the table
        flags.setdefault(flag.site_id, flag)
    return _Details({one.site.pk: one for one in in_full(shown, asked)}, flags)


def _row(shown: Stood, details: _Details, *, as_of: AsOf, rank_of: int = 0) -> v.BoardRow:
    one = details.assessed[shown.site.pk]
    kind = kind_of(one)
    gap = one.summary.top
    fails = gap is not None and gap.verdict is Verdict.NOT_MET
    shown_age = first_to_fade(gap.terms) if gap is not None and fails else None
    told_at = shown_age.measurement.told_at if shown_age else one.told_at
    lasts = INDICATORS[shown_age.indicator if shown_age else "persons"].half_life
    flag = details.flags.get(one.site.pk)
    return v.BoardRow(
        name=one.site.name,
        url=address(reverse("site_page", args=[one.site.uid]), as_of.params),
        kind=kind,
        rank=rank_of,
        place=words.place_of(one.site),
        people=one.people(),
        floor=one.capacity.to_standard.floor,
        served=capacities.served(one.capacity.to_standard),
        affected=_affected(one, kind),
        affected_label=words.touched(gap, gap.affected) if gap is not None and fails else "",
        limits=_limits(one, kind),
        limits_note=_limits_note(one, kind),
        pills=tuple(_pills(one)),
        told_at=told_at,
        lasts_hours=hours(lasts),
        flag=words.flag(flag.code, flag.detail) if flag else "",
    )


def _affected(one: Assessed, kind: str) -> int | None:
    top = one.summary.top
    if kind == "cumple":
        return 0
    return top.affected if top is not None and top.verdict is Verdict.NOT_MET else None


def _limits(one: Assessed, kind: str) -> str:
    top, binds = one.summary.top, one.capacity.to_standard.binds
    if kind in ("grave", "bajo") and top is not None:
        return words.gap_name(top)
    if kind == "cumple" and binds is not None:
        return capacities.resource_name(binds.resource)
    return ""


def _limits_note(one: Assessed, kind: str) -> str:
    top = one.summary.top
    if kind == "cumple":
        binds = one.capacity.to_standard.binds
        return words.amount(binds.resource, binds.have) if binds else ""
    if top is None:
        return _("Nadie ha medido lo que pide la norma.")
    if top.verdict is Verdict.NOT_ASSESSED:
        return words.why_not_assessed(top, one.at)
    return gap_note(top, one)


def gap_note(gap: Gap, one: Assessed) -> str:
    """The sum in a few words: "3 para 131; faltan 4", "7.5 litros por persona al día; norma: 15 o más"."""
    standard = words.threshold(gap.standard, one.phase)
    if gap.reason is Reason.NOT_SEPARATED:
        return _("No hay aparte para mujeres y hombres.")
    if gap.measure.form is Form.PEOPLE_PER_THING and gap.people is not None and not gap.measure.worth:
        have = sum(term.measurement.low for term in gap.terms if term.role is Role.DENOMINATOR)
        if gap.reason is Reason.NONE_WORKING:
            have = 0
        note = _("%(have)s para %(people)s") % {
            "have": formats.number(have),
            "people": formats.number(gap.people),
        }
        if gap.missing:
            missing = ngettext("falta %(n)s", "faltan %(n)s", math.ceil(gap.missing))
            note += "; " + missing % {"n": formats.number(gap.missing)}
        return note
    measured = words.measured(gap) or words.figure(gap.measure, *(gap.measured or (None, None)))
    return _("%(measured)s; norma: %(standard)s") % {"measured": measured, "standard": standard}


def _pills(one: Assessed) -> Iterable[v.Pill]:
    """How many standards, by verdict. Those that nobody has verified are not counted."""
    summary = one.summary
    below = summary.not_met - summary.grave
    if summary.grave:
        yield v.Pill("grave", _("%(n)s graves") % {"n": summary.grave} if summary.grave > 1 else _("1 grave"))
    if below:
        yield v.Pill("bajo", _("%(n)s no cumplen") % {"n": below} if below > 1 else _("1 no cumple"))
    if summary.not_assessed:
        yield v.Pill("nada", _("%(n)s sin medir") % {"n": summary.not_assessed})
    if not summary.not_met and summary.met:
        yield v.Pill("cumple", _("%(n)s cumplen") % {"n": summary.met} if summary.met > 1 else _("1 cumple"))


def _silent_rows(silent: Sequence[Stood], when: AsOf, user: User) -> Iterable[v.SilentRow]:
    at = when.moment.at or timezone.now()
    since = at - REPORTS_SHOWN * REPORT_EVERY
    heard: dict[int, set[int]] = {one.site.pk: set() for one in silent}
    batches = ObservationBatch.objects.filter(site__in=list(heard), told_at__gt=since, told_at__lte=at)
    for site_id, told_at in batches.values_list("site_id", "told_at"):
        heard[site_id].add(int((told_at - since) / REPORT_EVERY))
    for position, one in enumerate(silent):
        came = heard[one.site.pk]
        yield v.SilentRow(
            name=one.site.name,
            url=address(reverse("site_page", args=[one.site.uid]), when.params),
            marker=_marker(position),
            place=words.place_of(one.site),
            people=one.last_count,
            told_at=one.told_at,
            reports=tuple(slot in came for slot in range(REPORTS_SHOWN)) if came else (),
            reports_label=_("tres días, cada 6 h"),
            phone=telephone(one.site, user),
        )


def _marker(position: int) -> str:
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[position % 26]


def _points(
    rows: Sequence[Stood], silent: Sequence[Stood], places: dict[int, int], kinds: dict[int, str]
) -> Iterable[MapPoint]:
    for one in rows:
        site = one.site
        if site.lat is not None and site.lon is not None:
            yield MapPoint(
                site.lat, site.lon, kinds.get(site.pk, "mudo"), str(places.get(site.pk, "")), one.last_count
            )
    for position, one in enumerate(silent):
        site = one.site
        if site.lat is not None and site.lon is not None:
            yield MapPoint(site.lat, site.lon, "mudo", _marker(position), one.last_count)


# --- around the list


def _chips(here: str, asked: Look, kinds: dict[int, str], silent: int) -> tuple[v.Chip, ...]:
    if asked.nowhere:
        return ()
    labels = {
        "": _("Todos"),
        "grave": _("Grave"),
        "bajo": _("No cumple"),
        "nada": _("Falta medir algo"),
        "cumple": _("Cumple"),
        "mudo": _("Sin reporte"),
    }
    each = list(kinds.values())
    counts = {kind: each.count(kind) for kind in labels} | {"": len(each), "mudo": silent}
    return tuple(
        v.Chip(label, address(here, {**asked.others, "status": kind}), kind == asked.kind, counts[kind])
        for kind, label in labels.items()
        if counts[kind] or kind in ("", asked.kind)
    )


def _unknown_chip(here: str, asked: Look, unknown: int) -> tuple[v.Chip, ...]:
    """Centres of which nobody knows the municipality: never left out, and found with one touch."""
    if asked.nowhere or not (unknown or asked.unknown):
        return ()
    others = {**asked.others, "municipality": "" if asked.unknown else UNKNOWN}
    return (v.Chip(_("Municipio desconocido"), address(here, others), asked.unknown, unknown),)


def board_filters(user: User, asked: Look, here: str) -> Filters:
    """What the board, the map and the trends can be narrowed by, as one form."""
    chosen = [name for name in asked.others if name not in ("date", "at", "status")]
    return Filters(
        url=here,
        search_label=_("Buscar albergue o aldea"),
        search=asked.search,
        selects=(
            _place_select(user, asked),
            _crisis_select(user, asked),
            _standard_select(asked),
            _age_select(asked),
        ),
        with_date=True,
        as_of=asked.as_of.day,
        with_closed=True,
        include_closed=asked.closed,
        hidden=tuple(
            (name, asked.params[name]) for name in ("status", "municipality", "at") if name in asked.params
        ),
        clear_url=here if chosen or asked.nowhere else "",
        summary=scope_words(asked),
        open=asked.nowhere,
    )


def _place_select(user: User, asked: Look) -> Select:
    """Places that hold centres: the largest ones, and those one step inside the place being looked at."""
    chosen = asked.place.place if asked.place else None
    depth = 2 if chosen is None else chosen.level + 2
    paths = set()
    inside = visible_to(user) if chosen is None else within(visible_to(user), chosen)
    for path in inside.select_related(None).values_list("path", flat=True):
        steps = path.split("/")
        if len(steps) > depth + 1:
            paths.add("/".join(steps[:depth]) + "/")
    found = Place.objects.filter(path__in=paths, valid_to=None).order_by("name", "pk")
    options = [Option("", _("Todos los lugares"), chosen is None)]
    if asked.place is not None and chosen is not None:
        options.append(Option(asked.place.text, label(chosen), True))
    options += [Option(place.code, place.name) for place in found if chosen is None or place.pk != chosen.pk]
    return Select("place", _("Lugar"), tuple(options))


def _crisis_select(user: User, asked: Look) -> Select:
    day = asked.as_of.day or timezone.localdate()
    options = [Option("", _("Todas las emergencias"), asked.crisis is None)]
    listed = list(crises_open_on(crises_visible_to(user), day)[:40])
    if asked.crisis is not None and asked.crisis not in listed:
        listed.append(asked.crisis)
    options += [Option(str(one.uid), str(one), one == asked.crisis) for one in listed]
    return Select("crisis", _("Emergencia"), tuple(options))


def _standard_select(asked: Look) -> Select:
    """Groups of standards, and the standard being looked at: the whole list would outweigh the page."""
    options = [Option("", _("Todas las normas"), asked.standards is None)]
    for group, name in words.GROUP_NAMES.items():
        if standards_named(group):
            options.append(Option(group, str(name), asked.indicator == group))
    if asked.standards is not None and asked.indicator not in words.GROUP_NAMES:
        options.append(Option(asked.indicator, focus(asked), True))
    return Select("indicator", _("Norma"), tuple(options))


def _age_select(asked: Look) -> Select:
    """Of which age the data are; the four classes hold every open centre once."""
    options = [Option("", _("Datos de cualquier edad"), not asked.age)]
    options += [Option(age, age_name(age), age == asked.age) for age in AGES]
    return Select("age", _("Edad de los datos"), tuple(options))


def _notices(user: User, assessed: Sequence[Stood], asked: Look, here: str) -> Iterable[Notice]:
    if asked.nowhere:
        return
    if asked.as_of.last:
        yield from _last_notice(assessed)
    elif asked.as_of.day is None:
        yield from _old_notice(assessed, asked, here)
    if not assessed and not asked.others and may(user, Sites.VIEW):
        yield from _first_steps(user)


def _last_notice(assessed: Sequence[Stood]) -> Iterable[Notice]:
    told = [one.told_at for one in assessed if one.told_at is not None]
    if told:
        yield Notice(
            "info",
            _("Cada albergue con su último reporte"),
            _("Reportes del %(first)s al %(last)s.")
            % {"first": formats.day(min(told)), "last": formats.day(max(told))},
        )


def _old_notice(assessed: Sequence[Stood], asked: Look, here: str) -> Iterable[Notice]:
    """When nobody has reported for long, everything has expired: offer the last that was known."""
    told = [one.told_at for one in assessed if one.told_at is not None]
    if told and all(one.silent for one in assessed) and not any(one.people() for one in assessed):
        yield Notice(
            "nada",
            _("Los datos más nuevos son del %(day)s") % {"day": formats.day(max(told))},
            _("Lo que ya venció cuenta como no medido."),
            address(here, {**asked.others, "at": "last"}),
            _("Ver con el último reporte de cada albergue"),
        )


def _first_steps(user: User) -> Iterable[Notice]:
    """An empty board teaches how the first centre comes in."""
    if may(user, Sites.MANAGE):
        yield Notice(
            "info",
            _("1. Importar la lista de albergues"),
            _("Quien cuida el equipo importa su lista. También puede agregar uno por uno."),
            reverse("site_new"),
            _("Agregar albergue"),
        )
    for name, permission, title, text, action in (
        (
            "forms",
            Intake.MANAGE_FORMS,
            _("2. Publicar el formulario"),
            _("La evaluación del albergue ya viene lista."),
            _("Ver formularios"),
        ),
        (
            "phones",
            Intake.MANAGE_DEVICES,
            _("3. Inscribir un teléfono"),
            _("Con ODK Collect o KoboCollect, y un código QR."),
            _("Ver teléfonos"),
        ),
    ):
        if may(user, permission):
            yield Notice("info", title, text, _url(name), action)


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _actions(user: User, asked: Look) -> tuple[v.Link, ...]:
    """The same centres on the map and over thirty days; of a place that nobody knows there are none. Then the day's
    damage for whoever tells it, and for the others the figures for machines."""
    if asked.nowhere:
        return ()
    params = figure_params(asked)
    closed = {"include_closed": "1" if asked.closed else ""}
    machines = address(reverse("gaps_api"), {**params, **closed})
    return (
        v.Link(_("Mapa"), address(reverse("map"), params), "lugar"),
        v.Link(_("Cambios"), address(reverse("trends"), params), "serie"),
        v.Link(_("Anotar daños"), reverse("damage_new"), "danos")
        if may(user, Crises.MANAGE)
        else v.Link(_("Cifras para otro programa"), machines, "informe"),
    )

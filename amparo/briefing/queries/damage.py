"""Damage and needs as its pages show it: by municipality, and one figure with where it comes from.

Figures of two emergencies are never mixed, those of two units never added, and a sum of figures told on different
days says so. What we count in centres stands beside what was told, of the same day only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amparo.briefing import viewmodels_committee as v
from amparo.briefing import words
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.look import Look, look
from amparo.briefing.viewmodels import Link
from amparo.crises.damage import FIGURES, Figure, Unit, definition
from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.queries import open_on as crises_open_on
from amparo.crises.queries import places_of
from amparo.crises.queries import visible_to as crises_visible_to
from amparo.crises.queries.damage import history_of, standing, visible_to
from amparo.kernel.access import covers, may, scopes
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.places.queries import label, steps
from amparo.places.queries import standing as standing_places
from amparo.places.queries.municipalities import MUNICIPALITY, without_municipality
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment, Stood, assess
from amparo.sites.queries.sites import visible_to as sites_visible_to
from amparo.sites.queries.sites import within
from amparo.sites.queries.standing import open_on
from amparo.sites.queries.standings import standings
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, address, page_not_understood, paged, plain
from amparo.toolkit.frames import Filters, Notice, Option, Select

UNKNOWN_SHOWN = 40
ROWS = 15  # a dozen figures each: more would not fit the weight of a page
CRISES_SHOWN = 12
HISTORY_ROWS = 30
COUNTED = tuple(key for key, figure in FIGURES.items() if figure.counted)
UNITS = {
    Unit.PEOPLE: gettext_lazy("personas"),
    Unit.FAMILIES: gettext_lazy("familias"),
    Unit.HOUSES: gettext_lazy("viviendas"),
}
# By what the municipalities are ordered, the gravest first.
ORDER = ("dead", "missing", "severely_affected", "affected")


def damage_page(user: User, params: Params) -> v.DamagePage:
    """The newest figures of each municipality of one emergency, as this person may see them."""
    asked = look(user, params)
    here = reverse("damage")
    offered = _crises(user, asked)
    crisis = asked.crisis or next(iter(offered), None)
    kept = {name: value for name, value in asked.params.items() if name in ("place", "crisis", "date")}
    told = _told(user, crisis, asked) if crisis is not None and not asked.nowhere else {}
    places = {place.pk: place for place in (one.place for ones in told.values() for one in ones)}
    affected = _municipalities(user, crisis, asked) if crisis is not None and not asked.nowhere else []
    own = _own(user, asked, [*places.values(), *affected])
    ours = {place.pk: place for place in affected if place.pk in own}
    known = sorted({**ours, **places}.values(), key=lambda place: _order(place, told))
    silent = [place for place in affected if place.pk not in places and place.pk not in own]
    shown, pages = paged(known, asked.params, here, per_page=ROWS)
    writes = may(user, Crises.MANAGE) and crisis is not None
    columns = tuple(_column(figure, told, crisis, kept) for figure in FIGURES.values())
    marks = {column.mark for column in columns}
    return v.DamagePage(
        crisis=str(crisis) if crisis is not None else "",
        scope=label(asked.place.place) if asked.place is not None and asked.place.place is not None else "",
        columns=columns,
        rows=tuple(_row(place, told, own, crisis, writes=writes) for place in shown),
        pages=pages,
        mark=marks.pop() if len(marks) == 1 else "",
        unknown=tuple(
            Link(label(place), _new_url(place, crisis) if writes else "") for place in silent[:UNKNOWN_SHOWN]
        ),
        unknown_total=len(silent),
        filters=_filters(user, asked, offered, crisis, here),
        list_url=address(
            reverse("damage_list"),
            {"place": kept.get("place", ""), "crisis": str(crisis.uid) if crisis is not None else ""},
        ),
        new_url=_new_url(None, crisis) if writes else "",
        not_understood=(*asked.not_understood, *page_not_understood(len(known), params)),
        notices=_notices(crisis),
    )


def _notices(crisis: Crisis | None) -> tuple[Notice, ...]:
    if crisis is not None:
        return ()
    return (
        Notice(
            "info",
            _("No hay una emergencia abierta"),
            _("Las cifras de daños son siempre de una emergencia. Ábrala primero."),
            reverse("crises"),
            _("Ver emergencias"),
        ),
    )


def _crises(user: User, asked: Look) -> list[Crisis]:
    """The emergency asked for, and those of the day to choose from; without any, the last ones."""
    day = asked.as_of.day or timezone.localdate()
    every = crises_visible_to(user)
    found = list(crises_open_on(every, day)[:CRISES_SHOWN]) or list(every.order_by("-starts_on", "-pk")[:3])
    if asked.crisis is not None and asked.crisis not in found:
        found.insert(0, asked.crisis)
    return found


def _told(user: User, crisis: Crisis, asked: Look) -> dict[tuple[int, str], list[DamageFigure]]:
    """What stands, by place and figure; of several units one each."""
    # The emergency is known: its names need not come along with every figure.
    figures = visible_to(user).filter(crisis=crisis).select_related(None).select_related("place__parent")
    if asked.place is not None and asked.place.place is not None:
        low, high = subtree(asked.place.place.path)
        figures = figures.filter(place__path__gte=low, place__path__lt=high)
    found: dict[tuple[int, str], list[DamageFigure]] = {}
    for one in standing(figures, at=asked.as_of.moment.at).order_by("unit"):
        found.setdefault((one.place_id, one.figure), []).append(one)
    return found


def _municipalities(user: User, crisis: Crisis, asked: Look) -> list[Place]:
    """The municipalities that the emergency affects, where this person may look and as they asked."""
    reached = Q(pk__in=[])
    for path in places_of(crisis, asked.as_of.day).values_list("place__path", flat=True):
        low, high = subtree(path)
        reached |= Q(path__gte=low, path__lt=high)
        reached |= Q(path__in=steps(path))  # an aldea names its municipality
    seen = Q(pk__in=[])
    for scope in scopes(user, Crises.VIEW):
        low, high = subtree(scope.path)
        seen |= Q(path__gte=low, path__lt=high)
    where = reached & seen
    if asked.place is not None and asked.place.place is not None:
        low, high = subtree(asked.place.place.path)
        where &= Q(path__gte=low, path__lt=high)
    places = Place.objects.filter(where, level=MUNICIPALITY, kind=Place.Kind.LAND).select_related("parent")
    return list(standing_places(places, asked.as_of.day).order_by("name", "pk"))


def _order(place: Place, told: Mapping[tuple[int, str], list[DamageFigure]]) -> tuple:
    most = [-max((one.high for one in told.get((place.pk, key), ())), default=0) for key in ORDER]
    return *most, place.name, place.pk


# --- what we count ourselves


@dataclass(frozen=True, slots=True)
class _Counted:
    people: int | None
    counted: int
    sites: int


def _counted(ones: Sequence[Stood]) -> _Counted:
    known = [people for one in ones if (people := one.people()) is not None]
    return _Counted(sum(known) if known else None, len(known), len(ones))


def _own(user: User, asked: Look, places: Iterable[Place]) -> dict[int, v.OwnCount]:
    """What the open centres of each of these places count, as of the moment asked for; none for whom sees none."""
    by_path = {place.path: place for place in places}
    if not by_path or not may(user, Sites.VIEW):
        return {}
    sites = sites_visible_to(user).select_related(None)
    ours = [site for site in open_on(sites, asked.as_of.day) if _lies_in(site, by_path)]
    groups: dict[str, list[Stood]] = {}
    for one in _stood(ours, asked.as_of):
        groups.setdefault(_lies_in(one.site, by_path), []).append(one)
    at = asked.as_of.moment.at or timezone.now()
    origin = reverse("origin", args=["people"])
    found = {}
    for path, ones in groups.items():
        counted, place = _counted(ones), by_path[path]
        url = address(origin, {**asked.as_of.params, "place": place.code})
        found[place.pk] = v.OwnCount(counted.people, counted.counted, counted.sites, at, url)
    return found


def _lies_in(site: Site, by_path: Mapping[str, Place]) -> str:
    """The municipality among these that a centre lies in; "" for none. A department takes none of its own."""
    return next(
        (
            step
            for step in reversed(steps(site.path))
            if step in by_path and by_path[step].level >= MUNICIPALITY
        ),
        "",
    )


def _stood(sites: Sequence[Site], when: AsOf) -> Sequence[Stood]:
    return standings(sites, when.day) if when.day else assess(sites, when.moment)


# --- the table


def _row(
    place: Place,
    told: Mapping[tuple[int, str], list[DamageFigure]],
    own: Mapping[int, v.OwnCount],
    crisis: Crisis | None,
    *,
    writes: bool,
) -> v.DamageRow:
    name = place.name if place.level >= MUNICIPALITY else _("Municipio desconocido")
    above = place.parent.name if place.parent is not None and place.level >= MUNICIPALITY else place.name
    return v.DamageRow(
        name=name,
        above=above,
        cells=tuple(
            _cell(figure, told.get((place.pk, figure.key), []), own.get(place.pk) if figure.counted else None)
            for figure in FIGURES.values()
        ),
        new_url=_new_url(place, crisis) if writes else "",
    )


def _cell(figure: Figure, told: Sequence[DamageFigure], own: v.OwnCount | None) -> v.DamageCell:
    return v.DamageCell(
        label=words.said(figure.short),
        values=tuple(
            v.DamageValue(value_words(one), reverse("damage_page", args=[one.uid]), one.told_at, one.source)
            for one in told
        ),
        own=own,
        difference=_difference(told, own) if own is not None else "",
    )


def value_words(one: DamageFigure) -> str:
    """ "120 a 150 familias"; people and houses where the figure counts nothing else are said by the number alone."""
    number = formats.interval(one.low, one.high)
    figure = FIGURES.get(one.figure)
    if figure is not None and len(figure.units) == 1:
        return number
    return f"{number} {UNITS[Unit(one.unit)]}"


def _difference(told: Sequence[DamageFigure], own: v.OwnCount) -> str:
    """What was told against our count, of one day and in people; else why that is not done."""
    people = next((one for one in told if one.unit == Unit.PEOPLE), None)
    if people is None or own.people is None:
        return ""
    if timezone.localdate(people.told_at) != timezone.localdate(own.at):
        return _("De otro día: no se compara aquí.")
    return _apart(people, own.people)


def _apart(told: DamageFigure, ours: int) -> str:
    if told.low <= ours <= told.high:
        return _("Coincide.")
    if told.low > ours:
        return _("Lo dicho es %(n)s más.") % {"n": formats.number(told.low - ours)}
    return _("Lo dicho es %(n)s menos.") % {"n": formats.number(ours - told.high)}


def _column(
    figure: Figure,
    told: Mapping[tuple[int, str], list[DamageFigure]],
    crisis: Crisis | None,
    kept: Mapping[str, str],
) -> v.DamageColumn:
    ours = [one for (_place, key), ones in told.items() if key == figure.key for one in ones]
    countries = {one.place.country for one in ours}
    meaning = definition(figure, countries.pop() if len(countries) == 1 else "")
    sums = tuple(
        _sum([one for one in ours if one.unit == unit], figure, unit, crisis, kept)
        for unit in figure.units
        if any(one.unit == unit for one in ours)
    )
    return v.DamageColumn(
        words.said(figure.short), words.said(meaning.says), mark_of(meaning.own, meaning.verified), sums
    )


def mark_of(own: bool, verified: bool) -> str:
    """What is said of a definition beside it."""
    if own:
        return _("Regla de trabajo de Amparo. Sin texto oficial.")
    return _("Definición oficial verificada.") if verified else _("Definición oficial sin verificar.")


def _sum(
    told: Sequence[DamageFigure], figure: Figure, unit: Unit, crisis: Crisis | None, kept: Mapping[str, str]
) -> v.DamageSum:
    """Of municipalities only: what was told of a department may be of any of them."""
    towns = [one for one in told if one.place.level >= MUNICIPALITY]
    low, high = sum(one.low for one in towns), sum(one.high for one in towns)
    days = sorted({timezone.localdate(told_at) for told_at in {one.told_at for one in towns}})
    said = [ngettext("%(n)s municipio", "%(n)s municipios", len(towns)) % {"n": formats.number(len(towns))}]
    if days:
        said.append(_between(days[0], days[-1]))
    if len(towns) < len(told):
        said.append(_("sin lo dicho de un departamento entero"))
    number = formats.interval(low, high) if towns else "?"
    counted = f"{number} {UNITS[unit]}" if len(figure.units) > 1 else number
    params = {"figure": figure.key, "state": "told", "place": kept.get("place", "")}
    url = address(reverse("damage_list"), {**params, "crisis": str(crisis.uid) if crisis is not None else ""})
    return v.DamageSum(counted, ", ".join(said), len(days) > 1, url)


def _between(first: date, last: date) -> str:
    if first == last:
        return formats.day(first)
    return _("del %(first)s al %(last)s") % {"first": formats.day(first), "last": formats.day(last)}


def _new_url(place: Place | None, crisis: Crisis | None) -> str:
    return address(
        reverse("damage_new"),
        {
            "crisis": str(crisis.uid) if crisis is not None else "",
            "place": place.code if place is not None else "",
        },
    )


def _filters(user: User, asked: Look, offered: Sequence[Crisis], crisis: Crisis | None, here: str) -> Filters:
    held = asked.place.place if asked.place is not None else None
    chosen = [Option("", _("Todos los lugares"), held is None)]
    if asked.place is not None and held is not None:
        chosen.append(Option(asked.place.text, label(held), True))
    departments = Place.objects.filter(level=1, valid_to=None, provisional=False)
    reach = Q(pk__in=[])
    for scope in scopes(user, Crises.VIEW):
        low, high = subtree(scope.path)
        reach |= Q(path__gte=low, path__lt=high)
    if crisis is not None:
        paths = [path for one in places_of(crisis, asked.as_of.day) for path in steps(one.place.path)]
        inside = Q(path__in=paths)
        for path in {one.place.path for one in places_of(crisis, asked.as_of.day)}:
            low, high = subtree(path)
            inside |= Q(path__gte=low, path__lt=high)
        reach &= inside
    chosen += [
        Option(one.code, one.name)
        for one in departments.filter(reach).order_by("name")
        if held is None or one.pk != held.pk
    ]
    crises = [Option(str(one.uid), str(one), one == crisis) for one in offered]
    return Filters(
        url=here,
        search_label="",
        selects=(
            Select("crisis", _("Emergencia"), tuple(crises)),
            Select("place", _("Lugar"), tuple(chosen)),
        ),
        with_date=True,
        as_of=asked.as_of.day,
        clear_url=here if "place" in asked.params or "date" in asked.params or asked.nowhere else "",
        summary=", ".join(
            part for part in (label(held) if held else "", str(crisis) if crisis else "") if part
        ),
        open=asked.nowhere,
    )


# --- one figure


def damage_figure_page(user: User, one: DamageFigure, params: Params) -> v.DamageFigurePage:
    """A figure of a municipality: what it means, who said it, what was said before, what we count ourselves."""
    figure = FIGURES.get(one.figure)
    history = list(history_of(one, visible_to(user)))
    stands = {(told.figure, told.unit): told.pk for told in standing(history_of(one, visible_to(user)))}
    shown, pages = paged(history, params, reverse("damage_page", args=[one.uid]), per_page=HISTORY_ROWS)
    writes = covers(scopes(user, Crises.MANAGE), one.path, one.holder_id)
    name = words.said(figure.name) if figure is not None else one.figure
    meaning = definition(figure, one.place.country) if figure is not None else None
    compared, own_url = _compared(user, one) if figure is not None and figure.counted else ((), "")
    return v.DamageFigurePage(
        title=name,
        place=label(one.place)
        if one.place.level >= MUNICIPALITY
        else f"{_('Municipio desconocido')}, {one.place.name}",
        crisis=str(one.crisis),
        crumb_url=address(reverse("damage"), {"crisis": str(one.crisis.uid)}),
        words=value_words(one),
        told_at=one.told_at,
        source=one.source,
        note=one.note,
        state=_state(one, stands),
        definition=words.said(meaning.says) if meaning is not None else "",
        definition_mark=mark_of(meaning.own, meaning.verified) if meaning is not None else "",
        verified=meaning.verified if meaning is not None else False,
        word=_("Allí se dice «%(word)s» (%(source)s).")
        % {"word": meaning.word, "source": meaning.word_source}
        if meaning is not None and meaning.word
        else "",
        others=tuple(
            (words.said(read.says), read.source) for read in (figure.others if figure is not None else ())
        ),
        history=tuple(_line(told, stands, one) for told in shown),
        pages=pages,
        compared=compared,
        own_url=own_url,
        history_url=reverse("damage_history", args=[one.uid]),
        withdraw_url=reverse("damage_withdraw", args=[one.uid])
        if writes and one.withdrawn_at is None
        else "",
        new_url=_new_url(one.place, one.crisis) if writes else "",
    )


def _state(one: DamageFigure, stands: Mapping[tuple[str, str], int]) -> str:
    if one.withdrawn_at is not None:
        return _("Retirada")
    return _("Vale") if stands.get((one.figure, one.unit)) == one.pk else _("Anterior")


def _line(told: DamageFigure, stands: Mapping[tuple[str, str], int], here: DamageFigure) -> v.DamageTold:
    return v.DamageTold(
        words=value_words(told),
        told_at=told.told_at,
        source=told.source,
        note=told.note,
        state=_state(told, stands),
        url=reverse("damage_page", args=[told.uid]) if told.pk != here.pk else "",
    )


def _compared(user: User, one: DamageFigure) -> tuple[tuple[str, ...], str]:
    """What the centres there counted at the end of the day on which it was told (now, for today), in sentences, and
    where that count comes from."""
    if not may(user, Sites.VIEW):
        return (), ""
    day = timezone.localdate(one.told_at)
    today = day >= timezone.localdate()
    sites = within(sites_visible_to(user).select_related(None), one.place)
    when: date | None = None if today else day
    ours = open_on(sites, when)
    counted = _counted(assess(ours, Moment.now()) if when is None else standings(ours, when))
    url = address(
        reverse("origin", args=["people"]),
        {"place": one.place.code, "date": day.isoformat() if when is not None else ""},
    )
    return tuple(_explained(one, counted, when, user)), url


def _explained(one: DamageFigure, counted: _Counted, day: date | None, user: User) -> Iterable[str]:
    when = formats.day(day) if day is not None else _("hoy")
    if not counted.sites:
        yield _("En Amparo no consta ningún albergue abierto allí (%(when)s).") % {"when": when}
        return
    if counted.people is None:
        yield ngettext(
            "Hay un albergue abierto allí (%(when)s) y no tiene conteo vigente.",
            "Hay %(n)s albergues abiertos allí (%(when)s) y ninguno tiene conteo vigente.",
            counted.sites,
        ) % {"n": formats.number(counted.sites), "when": when}
        return
    yield _("Contamos %(people)s personas en %(counted)s de %(sites)s albergues abiertos (%(when)s).") % {
        "people": formats.number(counted.people),
        "counted": formats.number(counted.counted),
        "sites": formats.number(counted.sites),
        "when": when,
    }
    if one.unit != Unit.PEOPLE:
        yield _("Lo dicho está en familias: no se compara con personas.")
        return
    yield _apart(one, counted.people)
    missing = counted.sites - counted.counted
    if missing:
        yield ngettext(
            "Un albergue abierto no tiene conteo vigente: ahí puede estar la diferencia.",
            "%(n)s albergues abiertos no tienen conteo vigente: ahí puede estar la diferencia.",
            missing,
        ) % {"n": formats.number(missing)}
    if one.low > counted.people:
        yield _(
            "También puede haber albergues que Amparo no conoce, o familias contadas en casas de parientes."
        )
    if one.high < counted.people:
        yield _("Puede que ese informe no incluya todos los albergues, o que sea de una hora anterior.")
    lost = _without_town(user, one, day)
    if lost:
        yield ngettext(
            "En un albergue de %(place)s no se sabe el municipio: podría ser de aquí.",
            "En %(n)s albergues de %(place)s no se sabe el municipio: podrían ser de aquí.",
            lost,
        ) % {
            "n": formats.number(lost),
            "place": one.place.parent.name if one.place.parent is not None else one.place.name,
        }


def _without_town(user: User, one: DamageFigure, day: date | None) -> int:
    """Open centres of the department of which nobody said the municipality."""
    if one.place.parent is None or one.place.level != MUNICIPALITY:
        return 0
    nowhere = without_municipality()
    sites = within(sites_visible_to(user).select_related(None), one.place.parent)
    return sum(site.place_id in nowhere for site in open_on(sites, day))


def prefilled(params: Params) -> dict[str, Any]:
    """What an address says of a form of damage before anybody types."""
    return {name: plain(params[name]) for name in ("crisis", "place") if params.get(name)}

"""How indicators, figures, thresholds and gaps are said: in one place, so that every page uses the same words."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from amparo.crises.models import PHASE_NAMES
from amparo.kernel.words import fold
from amparo.places.models import UNKNOWN_COUNTRY
from amparo.places.queries import label
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.queries.gaps import Assessed
from amparo.sites.queries.standing import NOT_YET
from amparo.standards import (
    INDICATORS,
    MEASURES,
    Comparison,
    Form,
    Gap,
    Kind,
    Measure,
    Phase,
    Reason,
    Standard,
    Text,
    Verdict,
)
from amparo.toolkit import formats

GROUP_NAMES = {
    "people": gettext_lazy("Personas"),
    "space": gettext_lazy("Espacio"),
    "water": gettext_lazy("Agua"),
    "sanitation": gettext_lazy("Sanitarios e higiene"),
    "power": gettext_lazy("Luz"),
    "waste": gettext_lazy("Basura, aguas negras y cocina"),
    "access": gettext_lazy("Entrar y moverse"),
    "safety": gettext_lazy("Seguridad"),
    "participation": gettext_lazy("Comité, quejas y registro"),
    "covid": gettext_lazy("Contagios"),
    "support": gettext_lazy("Apoyos"),
}
_GROUP_ICONS = {
    "people": "personas",
    "space": "piso",
    "water": "agua",
    "sanitation": "sanitario",
    "power": "luz",
    "waste": "basura",
    "access": "acceso",
    "safety": "seguridad",
    "participation": "comite",
    "covid": "salud",
    "support": "apoyo",
}
_ICONS = {
    "showers": "ducha",
    "handwashing": "manos",
    "handwashing_points": "manos",
    "electricity": "energia",
    "kitchen": "cocina",
    "kitchen_adequate": "cocina",
    "sleeping_places": "cama",
    "blocked_places": "cama",
    "sleeping_separated": "cama",
    "toilets_lit": "luz",
}
# "1 up in 8 along" reads as a share: 12.5 %.
_SLOPES = frozenset({"ramp_slope", "site_slope_share"})


def said(text: Text) -> str:
    """The words in the reader's language."""
    return text["en" if (get_language() or "es").startswith("en") else "es"]


def phase_name(phase: Phase) -> str:
    return str(PHASE_NAMES[phase])


def group_of(measure: Measure) -> str:
    """The group of indicators a measure belongs to: that of the things it counts."""
    return (
        INDICATORS[measure.things].group
        if measure.things in INDICATORS
        else INDICATORS[measure.numerator].group
    )


def icon_of(measure: Measure) -> str:
    base = measure.things.removesuffix("_women").removesuffix("_men")
    return _ICONS.get(base) or _ICONS.get(measure.key) or _GROUP_ICONS[group_of(measure)]


def icon_of_indicator(key: str) -> str:
    return icon_of(MEASURES[key])


# --- figures


def is_number(measure: Measure) -> bool:
    """Whether a figure is read as a number with its unit; the others are words (yes, a level, a percentage)."""
    if measure.key in _SLOPES or measure.form is Form.PART_OF:
        return False
    if measure.form is not Form.OBSERVED:
        return True
    return INDICATORS[measure.key].kind in (Kind.COUNT, Kind.QUANTITY)


def unit_of(measure: Measure) -> str:
    return said(measure.unit).replace("m2", "m²")


def figure(measure: Measure, low: float | None, high: float | None) -> str:
    """A figure with its unit, or in words: "39 mujeres por sanitario", "Sí", "38 %", "10 a 15 litros"."""
    if low is None or high is None:
        return formats.number(None)
    if is_number(measure):
        return f"{formats.interval(low, high)} {unit_of(measure)}"
    return in_words(measure, low, high)


def in_words(measure: Measure, low: float, high: float) -> str:
    """A figure of which a bare number would say little: yes or no, a level, a share."""
    ends = [_end(measure, end) for end in ((low,) if low == high else (low, high))]
    return ends[0] if len(ends) == 1 else _("%(low)s a %(high)s") % {"low": ends[0], "high": ends[1]}


def _end(measure: Measure, value: float) -> str:
    if measure.key in _SLOPES:
        return f"{formats.number(value * 100)} %"
    indicator = INDICATORS.get(measure.key)
    kind = Kind.SHARE if indicator is None else indicator.kind
    if kind is Kind.YESNO:
        return _("Sí") if value else _("No")
    if kind is Kind.LEVEL and indicator is not None and value < len(indicator.levels):
        level = said(indicator.levels[int(value)])
        return level[:1].upper() + level[1:]
    return formats.share(min(value, 1e6))


def told_value(key: str, low: float, high: float) -> str:
    """What somebody told of one indicator: "2 sanitarios", "No", "10 a 15 litros por persona al día"."""
    if low == high == 1 and key in _AMOUNTS:
        return amount(key, 1)
    return figure(MEASURES[key], low, high) if _is_observed(key) else _counted(key, low, high)


def _is_observed(key: str) -> bool:
    return MEASURES[key].form is Form.OBSERVED


def _counted(key: str, low: float, high: float) -> str:
    return f"{formats.interval(low, high)} {said(INDICATORS[key].unit).replace('m2', 'm²')}"


def unit_beside(key: str, low: float, high: float) -> str:
    """The unit of an indicator as it stands beside its figure: "llaves"; of one, "llave de agua"."""
    if low == high == 1 and key in _AMOUNTS:
        return amount(key, 1).partition(" ")[2]
    return said(INDICATORS[key].unit).replace("m2", "m²")


def indicator_name(key: str) -> str:
    return said(INDICATORS[key].name)


# --- amounts of things, for sentences

_AMOUNTS: Mapping[str, Callable[[int], str]] = {
    "toilets": lambda n: ngettext("%(n)s sanitario", "%(n)s sanitarios", n),
    "toilets_women": lambda n: ngettext("%(n)s sanitario de mujeres", "%(n)s sanitarios de mujeres", n),
    "toilets_men": lambda n: ngettext("%(n)s sanitario de hombres", "%(n)s sanitarios de hombres", n),
    "toilets_accessible": lambda n: ngettext(
        "%(n)s sanitario para silla de ruedas", "%(n)s sanitarios para silla de ruedas", n
    ),
    "showers": lambda n: ngettext("%(n)s ducha", "%(n)s duchas", n),
    "showers_women": lambda n: ngettext("%(n)s ducha de mujeres", "%(n)s duchas de mujeres", n),
    "showers_men": lambda n: ngettext("%(n)s ducha de hombres", "%(n)s duchas de hombres", n),
    "taps": lambda n: ngettext("%(n)s llave de agua", "%(n)s llaves de agua", n),
    "hand_pumps": lambda n: ngettext("%(n)s bomba de mano", "%(n)s bombas de mano", n),
    "open_wells": lambda n: ngettext("%(n)s pozo", "%(n)s pozos", n),
    "laundry_places": lambda n: ngettext("%(n)s pila de lavar", "%(n)s pilas de lavar", n),
    "handwashing_points": lambda n: ngettext("%(n)s lavamanos", "%(n)s lavamanos", n),
    "bins_100l": lambda n: ngettext("%(n)s basurero de 100 litros", "%(n)s basureros de 100 litros", n),
    "sleeping_places": lambda n: ngettext("%(n)s lugar para dormir", "%(n)s lugares para dormir", n),
    "isolation_places": lambda n: ngettext("%(n)s lugar para aislar", "%(n)s lugares para aislar", n),
    "litres_day": lambda n: ngettext("%(n)s litro de agua al día", "%(n)s litros de agua al día", n),
    "floor_m2": lambda n: ngettext("%(n)s m² de piso bajo techo", "%(n)s m² de piso bajo techo", n),
    "floor_m2_women": lambda n: ngettext("%(n)s m² de piso para mujeres", "%(n)s m² de piso para mujeres", n),
    "floor_m2_men": lambda n: ngettext("%(n)s m² de piso para hombres", "%(n)s m² de piso para hombres", n),
    "site_area_m2": lambda n: ngettext("%(n)s m² de terreno", "%(n)s m² de terreno", n),
}


def amount(resource: str, how_many: float) -> str:
    """So many of a thing: "1 sanitario de mujeres", "430 litros de agua al día". Never less than is needed."""
    rounded = math.ceil(how_many - 1e-6)
    words = _AMOUNTS.get(resource)
    if words is None:
        return f"{formats.number(how_many)} {said(INDICATORS[resource].unit)}"
    return words(rounded) % {"n": formats.number(rounded)}


def people(group: str, how_many: int | None) -> str:
    """Whom a figure counts, without the number: "mujeres"."""
    n = 2 if how_many is None else how_many
    if group == "women":
        return ngettext("mujer", "mujeres", n)
    if group == "men":
        return ngettext("hombre", "hombres", n)
    return ngettext("persona", "personas", n)


def touched(gap: Gap, how_many: int | None) -> str:
    """Whom a gap touches, without the number."""
    if gap.standard.affects == "persons_disability":
        n = 2 if how_many is None else how_many
        return ngettext("persona con discapacidad", "personas con discapacidad", n)
    return people(gap.group, how_many)


# --- standards


def threshold(standard: Standard, phase: Phase) -> str:
    """What must hold: "20 o menos", "15 o más", "Sí", "0.2 a 0.5". "" where the phase has no standard."""
    limit = standard.thresholds.get(phase)
    if limit is None:
        return ""
    measure = MEASURES[standard.measure]
    if standard.comparison in (Comparison.YES, Comparison.NO):
        return _("Sí") if standard.comparison is Comparison.YES else _("No")
    number = formats.number if is_number(measure) else lambda value: in_words(measure, value, value)
    if limit.low is not None and limit.high is not None:
        return _("%(low)s a %(high)s") % {"low": number(limit.low), "high": number(limit.high)}
    if limit.low is not None:
        words = _("más de %(n)s") if limit.strict else _("%(n)s o más")
        top = INDICATORS.get(standard.measure)
        if top is not None and top.kind is Kind.LEVEL and limit.low >= len(top.levels) - 1:
            words = "%(n)s"
        return words % {"n": number(limit.low)}
    assert limit.high is not None
    return (_("menos de %(n)s") if limit.strict else _("%(n)s o menos")) % {"n": number(limit.high)}


def source_of(standard: Standard) -> str:
    """ "Esfera 2018, Excretas 3.2, p. 118"."""
    parts = [said(standard.source), said(standard.chapter)]
    if standard.page:
        parts.append(_("p. %(page)s") % {"page": standard.page})
    return ", ".join(part for part in parts if part)


def gap_name(gap: Gap) -> str:
    """The standard's name; for one sex of a measure that has its own name, that one ("Sanitarios de mujeres")."""
    if gap.measure.key.endswith(f"_{gap.group}"):
        return said(gap.measure.name)
    return said(gap.standard.name)


# --- verdicts


def kind_of(gap: Gap) -> str:
    """The mark of a gap: grave, bajo, cumple, nada; duda where the threshold is unverified."""
    if gap.verdict is Verdict.NOT_ASSESSED:
        return "nada"
    if not gap.decides:
        return "duda"
    if gap.verdict is Verdict.MET:
        return "cumple"
    return "grave" if gap.grave else "bajo"


def verdict_word(gap: Gap) -> str:
    if gap.verdict is Verdict.NOT_ASSESSED:
        return _("No se ha medido")
    if gap.verdict is Verdict.MET:
        return _("Cumple")
    return _("Grave") if gap.grave else _("No cumple")


def measured(gap: Gap) -> str:
    """What was measured, where a number with a unit does not say it; else ""."""
    if gap.reason is Reason.NONE_WORKING and gap.verdict is not Verdict.NOT_ASSESSED:
        return _("Ninguno funciona")
    if gap.reason is Reason.NOT_SEPARATED and gap.verdict is not Verdict.NOT_ASSESSED:
        return _("No hay aparte")
    if gap.measured is None or is_number(gap.measure):
        return ""
    return in_words(gap.measure, *gap.measured)


def why_not_assessed(gap: Gap, at: datetime) -> str:
    """Why nobody can say, in one sentence."""
    if gap.reason is Reason.NO_PEOPLE:
        return _("No hay personas a quienes contar.")
    if gap.reason is Reason.RANGE_STRADDLES:
        return _("El dato es un rango y la norma queda en medio.")
    if gap.reason is Reason.NOT_SEPARATED:
        return _("No hay aparte para mujeres y hombres.")
    names = ", ".join(indicator_name(key) for key in gap.lacking)
    if gap.reason is Reason.EXPIRED:
        newest = max((term.measurement.told_at for term in gap.terms), default=None)
        return _("El dato es del %(day)s y ya venció: %(names)s.") % {
            "day": formats.moment(newest, at),
            "names": names,
        }
    return _("Falta medir: %(names)s.") % {"names": names} if names else _("Nadie lo ha medido.")


def consequence(gap: Gap) -> str:
    """What a gap that is not met means: "38 mujeres sin servicio suficiente"."""
    if gap.affected is None:
        return ""
    words = {"n": formats.number(gap.affected), "people": touched(gap, gap.affected)}
    if gap.measure.form in (Form.PEOPLE_PER_THING, Form.THING_PER_PERSON):
        return _("%(n)s %(people)s sin servicio suficiente") % words
    return _("Afecta a %(n)s %(people)s") % words


# --- sites


def place_of(site: Site) -> str:
    """Where a centre lies, as sure as it is known. The place must have come with its parent."""
    told = "" if site.place.code == UNKNOWN_COUNTRY else label(site.place)
    if site.place_doubt:
        return _("Por confirmar: %(told)s") % {"told": site.place_doubt}
    if not told:
        told = _("Lugar no indicado")
    return f"{site.address}. {told}" if site.address and fold(site.address) not in fold(told) else told


def state_of(site: Site) -> str:
    """ "Cerrado desde el 3 nov 2026"."""
    if site.status == Site.Status.CLOSED and site.closed_on:
        return _("Cerrado desde el %(day)s") % {"day": formats.day(site.closed_on)}
    return str(site.get_status_display())


def state_then(one: Assessed) -> str:
    """The state a centre had at the moment asked about; what happened to it since is not told."""
    if one.status == NOT_YET:
        return _("Ese día todavía no constaba abierto")
    return state_of(one.site) if one.status == one.site.status else str(Site.Status(one.status).label)


def kind_label(site: Site) -> str:
    return str(site.get_kind_display())


_FLAGS = {
    "place_in_doubt": gettext_lazy("No se sabe bien dónde está"),
    "new_from_form": gettext_lazy("Llegó en un formulario: nadie lo ha revisado"),
    "repeats_name": gettext_lazy("Repite nombre y lugar de otro"),
    "repeats_code": gettext_lazy("Su código está en otra fila con otro nombre"),
    "repeats_coordinates": gettext_lazy("Repite las coordenadas de otro"),
    "coordinates_swapped": gettext_lazy("Coordenadas cambiadas de orden"),
    "coordinates_zero": gettext_lazy("Coordenadas en cero"),
    "coordinates_incomplete": gettext_lazy("Coordenadas incompletas"),
    "coordinates_out_of_range": gettext_lazy("Coordenadas imposibles"),
    "coordinates_sign": gettext_lazy("Coordenadas con el signo cambiado"),
    "coordinates_elsewhere": gettext_lazy("Coordenadas fuera del país"),
    "date_in_future": gettext_lazy("Fecha en el futuro"),
    "date_odd": gettext_lazy("Fecha rara"),
}


def flag(code: str, detail: str) -> str:
    """What is odd about a centre, in few words; what the reader of the sheet said where the code is not ours."""
    known = _FLAGS.get(code)
    return str(known) if known is not None else (detail or code)


def who_said(batch: ObservationBatch) -> str:
    """Who gave a value, and by which way: "María López, formulario del teléfono"."""
    name = batch.by.name if batch.by.kind != batch.by.Kind.CONSOLE else ""
    way = str(batch.get_source_display())
    if batch.source_name and batch.source_name != name:
        way = f"{way} ({batch.source_name})"
    return ", ".join(part for part in (name, way) if part)

"""What every template may say. Loaded as built-ins: no template loads anything."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import segno
from django import template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from amparo.toolkit import built, drawings, formats, icons

register = template.Library()


# --- files and icons


@register.simple_tag
def asset(source: str) -> str:
    return built.asset_url(source)


class IconedNode(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        page = self.nodelist.render(context)
        return mark_safe(icons.definitions(page) + page)


@register.tag
def iconed(parser: Parser, token: Token) -> IconedNode:
    """{% iconed %}...{% endiconed %}: the drawings that what is inside refers to, then what is inside."""
    nodelist = parser.parse(("endiconed",))
    parser.delete_first_token()
    return IconedNode(nodelist)


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="i" width="20" height="20" aria-hidden="true"><use href="#i-{}"/></svg>', name
    )


@register.simple_tag
def glyph(kind: str) -> SafeString:
    """The mark of a verdict without its word: only beside words that say the same."""
    return format_html(
        '<svg class="g is-{0}" width="14" height="14" aria-hidden="true"><use href="#g-{0}"/></svg>', kind
    )


def verdict_word(kind: str) -> str:
    """The word of each mark, as the glossary has it."""
    return {
        "grave": _("Grave"),
        "bajo": _("No cumple"),
        "cumple": _("Cumple"),
        "nada": _("No se ha medido"),
        "duda": _("Norma sin verificar"),
        "mudo": _("Sin reporte"),
    }[kind]


@register.simple_tag
def pill(kind: str, text: str = "") -> SafeString:
    return format_html(
        '<span class="pill is-{0}"><svg class="g" width="14" height="14" aria-hidden="true">'
        '<use href="#g-{0}"/></svg>{1}</span>',
        kind,
        text or verdict_word(kind),
    )


# --- numbers and time


def _now(context: Context) -> dt.datetime:
    return context.get("server_time") or timezone.now()


@register.simple_tag(takes_context=True)
def age(context: Context, then: dt.datetime | None, lasts_hours: float | None = None) -> SafeString:
    """Four cells and "hace 2 h". Past its time a figure shows no full cell and turns amber."""
    if then is None:
        return format_html('<span class="age">{}</span>', _("Sin fecha"))
    now = _now(context)
    full = formats.cells(then, now, lasts_hours or 24)
    return format_html(
        '<span class="age{}"><svg width="18" height="12" aria-hidden="true"><use href="#a-{}"/></svg>'
        '<time datetime="{}" title="{}">{}</time></span>',
        "" if full else " old",
        full,
        then.isoformat(timespec="minutes"),
        formats.moment(then),
        formats.age(then, now),
    )


@register.simple_tag(takes_context=True)
def when(context: Context, then: dt.datetime | None) -> SafeString | str:
    """ "hoy 06:41" in a <time>."""
    if then is None:
        return _("Sin fecha")
    return format_html(
        '<time datetime="{}">{}</time>',
        then.isoformat(timespec="minutes"),
        formats.moment(then, _now(context)),
    )


@register.simple_tag
def age_patterns() -> str:
    return formats.age_patterns()


@register.filter
def number(value: Any, decimals: int = 1) -> str:
    """Words pass through: a reserved figure stays "dato reservado"."""
    return value if isinstance(value, str) else formats.number(value, decimals)


@register.filter
def signed(value: float) -> str:
    """+12, −3, 0: what was added to a figure or taken from it."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{formats.number(abs(value))}"


@register.filter
def figure(value: Any, decimals: int = 1) -> SafeString | str:
    """A number in a dense table; where nobody measured, the mark and (room permitting) its words."""
    if value is not None:
        return number(value, decimals)
    return format_html('<span class="nm">{}<span>{}</span></span>', glyph("nada"), formats.number(None))


@register.simple_tag
def interval(low: float | None, high: float | None = None, decimals: int = 1) -> str:
    return formats.interval(low, high, decimals)


@register.filter
def share(value: float | None) -> str:
    return formats.share(value)


@register.filter
def local_date(value: dt.date | dt.datetime | None) -> str:
    return formats.day(value)


@register.filter
def local_time(value: dt.datetime | None) -> str:
    return formats.moment(value)


@register.filter
def clock(value: dt.datetime) -> str:
    return formats.clock(value)


@register.filter
def lasting(hours: float | None) -> str:
    return formats.lasting(hours)


@register.filter
def file_size(count: int) -> str:
    return formats.size(count)


# --- drawings


@register.simple_tag
def capacity_bar(people: int | None, floor: int | None, served: int | None, size: str = "") -> SafeString:
    """The bar of two capacities, with its figures in words for who cannot see it."""
    said = [
        _("Personas: %(n)s.") % {"n": formats.number(people)},
        _("Por piso caben: %(n)s.") % {"n": formats.number(floor)},
        _("Los servicios alcanzan para: %(n)s.") % {"n": formats.number(served)},
    ]
    return mark_safe(drawings.capacity_bar(people, floor, served, " ".join(said), size=size))


@register.simple_tag
def group_bars(groups: Iterable[Any]) -> SafeString:
    """Each group has `label`, `total` and `over`: how many of them the service does not reach."""
    rows = [(group.label, group.total, group.over) for group in groups]
    said = [
        _("%(label)s: %(total)s, de ellas %(over)s sin servicio.")
        % {"label": label, "total": formats.number(total), "over": formats.number(over)}
        for label, total, over in rows
    ]
    return mark_safe(
        drawings.group_bars(
            [(f"{label} {formats.number(total)}", total, over) for label, total, over in rows], " ".join(said)
        )
    )


def _series_words(series: Any) -> str:
    measured = [r for r in series.readings if r.low is not None]
    if not measured:
        return _("%(name)s: no se ha medido.") % {"name": series.label}
    first, last = (
        series.steps[int(one.low)] if series.steps else formats.interval(one.low, one.high)
        for one in (measured[0], measured[-1])
    )
    said = _("%(name)s: de %(first)s a %(last)s.") % {"name": series.label, "first": first, "last": last}
    if series.same:
        said += " " + _("Sigue igual, sin contar: %(n)s.") % {"n": formats.number(len(series.same))}
    if series.threshold is None or series.steps:
        return said
    return f"{said} " + _("Norma: %(n)s.") % {"n": formats.number(series.threshold)}


@register.simple_tag
def spark(series: Any) -> SafeString:
    """`series`: readings, threshold, at_most, kind, label."""
    return mark_safe(
        drawings.spark(
            series.readings,
            _series_words(series),
            threshold=series.threshold,
            at_most=series.at_most,
            kind=series.kind,
        )
    )


@register.simple_tag
def trend(series: Any) -> SafeString:
    threshold = "" if series.threshold is None else formats.number(series.threshold)
    return mark_safe(
        drawings.trend(
            series.readings,
            _series_words(series),
            threshold=series.threshold,
            threshold_words="" if series.steps else _("Norma: %(n)s") % {"n": threshold},
            at_most=series.at_most,
            kind=series.kind,
            say_number=formats.number,
            say_day=formats.day,
            same=series.same,
            steps=series.steps,
        )
    )


@register.simple_tag
def pulse(reports: Sequence[bool]) -> SafeString:
    words = _("Llegaron %(came)s de %(expected)s reportes.") % {
        "came": sum(reports),
        "expected": len(reports),
    }
    return mark_safe(drawings.pulse(reports, words))


@register.inclusion_tag("toolkit/sketch.html")
def sketch_map(points: Sequence[drawings.MapPoint], outline: Iterable[drawings.Ring] = ()) -> dict[str, Any]:
    """The sketch, then in words which places share a mark and how many are off the map."""
    drawn = drawings.sketch(points, outline)
    if drawn is None:
        return {"off": 0, "shared": ()}
    words = _("Croquis. Albergues: %(n)s. Marcas: %(marks)s. Abajo dice cuáles van juntos.") % {
        "n": formats.number(len(points) - drawn.off),
        "marks": formats.number(len(drawn.marks)),
    }
    return {
        "drawing": mark_safe(
            drawings.sketch_map(drawn, words, say_km=lambda km: f"{formats.number(km)} km", north=_("N"))
        ),
        "off": drawn.off,
        "shared": [
            (verdict_word(mark.kind), mark.label, ", ".join(point.marker for point in mark.points))
            for mark in drawn.marks
            if len(mark.points) > 1
        ],
    }


@register.simple_tag
def qr(text: str, words: str) -> SafeString:
    """A QR code of `text`, medium correction: phones read it from a bright screen."""
    code = segno.make(text, error="m", micro=False)
    return mark_safe(drawings.path_of_modules([list(row) for row in code.matrix], words))


# --- forms


@register.inclusion_tag("toolkit/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Label, hint, error and input, in that order: nothing ever lies over what was typed."""
    kind = getattr(bound.field.widget, "input_type", "")
    several = bound.use_fieldset
    return {"field": bound, "kind": kind, "several": several, "optional": not bound.field.required}


@register.inclusion_tag("toolkit/fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """Every field of a Django form, hidden ones included."""
    return {"form": form}


@register.inclusion_tag("toolkit/lines.html")
def lines(formset: BaseFormSet) -> dict[str, Any]:
    """A formset as a table of lines: a card each on the phone."""
    return {"formset": formset, "columns": [] if not formset.forms else formset.forms[0].visible_fields()}


@register.inclusion_tag("toolkit/errors.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """What must be put right, with a link to each field. Takes forms and formsets; None is passed over."""
    plain: list[BaseForm] = []
    found: list[dict[str, str]] = []
    for form in forms:
        if isinstance(form, BaseFormSet):
            plain += form.forms
            if form.is_bound:
                found += [{"text": str(error)} for error in form.non_form_errors()]
        elif form is not None:
            plain.append(form)
    for form in plain:
        if not getattr(form, "is_bound", False):  # a confirmation may ask nothing
            continue
        found += [{"text": str(error)} for error in form.non_field_errors()]
        found += [
            {"text": str(error), "label": str(bound.label), "id": bound.auto_id or ""}
            for bound in form
            for error in bound.errors
        ]
    return {"found": found}


@register.filter
def joined(parts: Iterable[str]) -> SafeString:
    """("agua", "luz") -> "agua, luz", each escaped."""
    return mark_safe(", ".join(conditional_escape(part) for part in parts))

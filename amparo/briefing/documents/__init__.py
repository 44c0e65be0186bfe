"""The one-page sheet of a centre: the same view-model as the screen, on paper, in either language."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from amparo.briefing.viewmodels import Capacity, Count, Gap, People, SitePage, SiteSheet
from amparo.toolkit import formats
from amparo.toolkit.documents import printable, render_pdfs
from amparo.toolkit.templatetags.toolkit import verdict_word

TEMPLATE = Path(__file__).parent / "site_sheet.typ"

# Worst first, and last what decides nothing: the end of the list is what paper may leave out. What nobody
# measured is named in one paragraph, or it would push everything else off the page.
_ORDER = ("grave", "bajo", "mudo", "cumple", "duda")
_MOST_SERVICES = 60
_MOST_FIXES = 5
_MOST_CONTACTS = 6
_MOST_AGES = 9


def render_site_sheet(vm: SiteSheet, language: str) -> bytes:
    """One A4 page in PDF, in `language` ("es" or "en"). The same view-model gives the same bytes."""
    return render_site_sheets([vm], language)[0]


def render_site_sheets(vms: Iterable[SiteSheet], language: str) -> list[bytes]:
    """One PDF for each view-model, in the same order."""
    with override(language):
        return render_pdfs(TEMPLATE, (sheet_data(vm, language) for vm in vms))


def sheet_data(vm: SiteSheet, language: str) -> dict[str, Any]:
    """Everything the template prints, as strings in the active language and shares of the bar."""
    page, head = vm.page, vm.page.head
    measured = (gap for gap in page.gaps if gap.kind != "nada")
    services = sorted(measured, key=lambda gap: _ORDER.index(gap.kind))[:_MOST_SERVICES]
    return {
        "language": language,
        "words": _words(),
        "exercise": vm.exercise,
        "name": printable(head.name, 90),
        "place": printable(". ".join(part for part in (head.place, head.type_label) if part), 110),
        "code": printable(head.code, 24),
        "phase": printable(head.phase, 40),
        "printed_at": formats.moment(vm.printed_at),
        "printed_by": printable(_("Imprimió: %(who)s.") % {"who": vm.printed_by}, 80)
        if vm.printed_by
        else "",
        "destroy_on": formats.day(vm.destroy_on) if vm.destroy_on else "",
        "figures": _figures(page),
        "bar": _bar(page),
        "sentence": _sentence(page),
        "people": _people(page.people) if page.people else None,
        "capacities": _capacities(page),
        "capacity_notes": list(_capacity_notes(page)),
        "services": [_service(gap) for gap in services],
        "more": [_more(n) for n in range(1, len(services) + 1)],
        "unknown": _unknown(page),
        "fixes": [
            {"text": printable(fix.text, 90), "detail": printable(f"{fix.who} {fix.gains}", 80)}
            for fix in vm.fixes[:_MOST_FIXES]
        ],
        "contacts": [[printable(role, 26), printable(who, 44)] for role, who in vm.contacts[:_MOST_CONTACTS]],
        "notes": [printable(note, 160) for note in vm.notes[:3]],
    }


def _words() -> dict[str, Any]:
    return {
        "exercise": _("PRÁCTICA"),
        "invented": _("Datos inventados. Nada es real."),
        "code": _("Código"),
        "page": _("Página %(n)s de %(total)s") % {"n": 1, "total": 1},
        "who": _("Quiénes son"),
        "people_head": [_("Edad"), _("Mujeres"), _("Hombres"), _("Total")],
        "capacities": _("Para cuántas personas alcanza"),
        "capacity_head": [_("Servicio"), _("Esta noche"), _("Según la norma")],
        "services": _("Servicios frente a la norma"),
        "service_head": [
            _("Servicio"),
            _("Medido"),
            _("Norma"),
            _("Fuente y dato"),
            _("Afecta a"),
            _("Veredicto"),
        ],
        "fixes": _("Qué lo arregla, por orden"),
        "no_fixes": _("Nadie ha propuesto un arreglo todavía."),
        "contacts": _("A quién llamar"),
        "no_contacts": _("No hay teléfonos guardados."),
        "notes": _("Notas de la visita"),
        "signatures": [_("Persona encargada, firma y hora"), _("Comité, firma y hora")],
        "destroy": _("Destruir después del"),
        "not_measured": _("No se ha medido"),
    }


def _figures(page: SitePage) -> list[dict[str, Any]]:
    limits = page.to_standard.limits if page.to_standard else ""
    served = _("Alcanza para, por %(line)s") % {"line": limits.lower()} if limits else _("Alcanza para")
    rows = (
        (_("Personas esta noche"), page.head.people),
        (served, page.served),
        (_("Caben, por piso"), page.floor),
    )
    return [
        {"label": printable(label, 60), "value": formats.number(value), "known": value is not None}
        for label, value in rows
    ]


def _bar(page: SitePage) -> dict[str, float | None] | None:
    """Shares of the longest of the three, so that the template only multiplies."""
    people, floor, served = page.head.people, page.floor, page.served
    if people is None and floor is None:
        return None
    scale = max(people or 0, floor or 0, served or 0, 1)
    return {
        "people": (people or 0) / scale,
        "floor": (floor or 0) / scale,
        "served": None if served is None else served / scale,
    }


def _sentence(page: SitePage) -> str:
    said = printable(f"{page.headline} {page.explanation}".strip(), 300)
    told_at = page.head.told_at
    counted = _("Personas contadas: %(moment)s.") % {"moment": formats.moment(told_at)} if told_at else ""
    how = _("Negro: alcanza. Rayado: personas de más. Marco: lo que cabe. Línea: lo que limita.")
    if _bar(page) is None:
        how = ""
    return " ".join(part for part in (said, counted, how) if part)


def _count(value: Count) -> str:
    return printable(value, 16) if isinstance(value, str) else formats.number(value)


def _people(people: People) -> dict[str, Any]:
    rows = [
        [printable(row.label, 22), _count(row.women), _count(row.men), _count(row.total)]
        for row in people.rows[:_MOST_AGES]
    ]
    return {
        "rows": rows,
        "total": [_("Total"), _count(people.women), _count(people.men), _count(people.total)],
        "notes": [printable(note, 90) for note in (*people.notes[:3], people.flag) if note],
    }


def _capacities(page: SitePage) -> list[dict[str, Any]]:
    """The lines of both capacities side by side, each named once."""
    tonight = {line.name: line for line in page.tonight.lines} if page.tonight else {}
    standard = {line.name: line for line in page.to_standard.lines} if page.to_standard else {}
    rows = []
    for name in list(dict.fromkeys([*tonight, *standard]))[:7]:
        one, other = tonight.get(name), standard.get(name)
        rows.append(
            {
                "name": printable(name, 40),
                "tonight": formats.number(one.total) if one else "",
                "standard": formats.number(other.total) if other else "",
                "tonight_binds": bool(one and one.binds),
                "standard_binds": bool(other and other.binds),
            }
        )
    return rows


def _capacity_notes(page: SitePage) -> Iterator[str]:
    for capacity in (page.tonight, page.to_standard):
        if capacity is None:
            continue
        yield printable(f"{capacity.name}. {capacity.use}: {_total(capacity)}", 120)
    unknown = dict.fromkeys(
        name for capacity in (page.tonight, page.to_standard) if capacity for name in capacity.not_assessed
    )
    if unknown:
        yield printable(_("No se ha medido: %(names)s.") % {"names": ", ".join(unknown)}, 120)


def _total(capacity: Capacity) -> str:
    if capacity.total is None:
        return formats.number(None) + "."
    if capacity.women is None or capacity.men is None:
        return f"{formats.number(capacity.total)}."
    return _("%(total)s personas (%(women)s mujeres, %(men)s hombres).") % {
        "total": formats.number(capacity.total),
        "women": formats.number(capacity.women),
        "men": formats.number(capacity.men),
    }


def _service(gap: Gap) -> dict[str, str]:
    told = formats.moment(gap.told_at) if gap.told_at else ""
    measured = gap.measured or " ".join(
        part for part in (formats.interval(gap.low, gap.high), gap.unit) if part
    )
    if gap.low is None and not gap.measured:
        measured = formats.number(None)
    return {
        "name": printable(gap.name, 48),
        "measured": printable(measured, 48),
        "standard": printable(gap.standard, 36),
        "source": printable(". ".join(part for part in (gap.source, told) if part), 70),
        "affected": _affected(gap),
        "kind": gap.kind,
        "word": verdict_word(gap.kind),
    }


def _unknown(page: SitePage) -> str:
    """ "No se ha medido: 34 de 48. Distancia al agua, altura del techo …" """
    if not page.unknown:
        return ""
    counted = _("No se ha medido: %(n)s de %(total)s.") % {"n": len(page.unknown), "total": len(page.gaps)}
    return printable(f"{counted} {', '.join(gap.name for gap in page.unknown)}.", 700)


def _affected(gap: Gap) -> str:
    if gap.kind == "duda":
        return _("No decide")
    if gap.affected is not None:
        return printable(f"{formats.number(gap.affected)} {gap.affected_label}", 36)
    return _("Nadie") if gap.kind == "cumple" else formats.number(None)


def _more(left_out: int) -> str:
    return _("y %(n)s más en pantalla") % {"n": left_out}

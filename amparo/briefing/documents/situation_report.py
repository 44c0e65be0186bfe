"""The situation report on paper, in a workbook and in HXL: one view-model, three forms, either language."""

import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from amparo.briefing.queries.changes import change_in_words
from amparo.briefing.queries.situation import (
    Headline,
    PlaceRow,
    SiteRow,
    Situation,
    StandardRow,
)
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.toolkit import formats
from amparo.toolkit.documents import printable, render_pdf
from amparo.toolkit.exports import About
from amparo.toolkit.exports.csv_file import write_hxl
from amparo.toolkit.exports.workbook import write_tables
from amparo.toolkit.templatetags.toolkit import verdict_word

TEMPLATE = Path(__file__).parent / "situation_report.typ"
VERDICTS = frozenset({"grave", "bajo", "nada", "cumple", "mudo", "duda"})
FRONT = 10  # rows of each table on the first two pages, which a minister reads; the annex has them all


def render_situation_report(report: Situation, language: str, *, printed_by: str = "") -> bytes:
    """The report in PDF, in `language` ("es" or "en"). The same report gives the same bytes."""
    with override(language):
        return render_pdf(TEMPLATE, report_data(report, language, printed_by))


def report_data(report: Situation, language: str, printed_by: str) -> dict[str, Any]:
    """What the template places: words and figures of the first pages (`front`) and the whole tables (`annex`)."""
    return {
        "language": language,
        "words": _words(report),
        "title": report.title,
        "scope": printable(report.scope, 120),
        "as_of": formats.moment(report.as_of),
        "phase": _("Cada albergue a su último reporte") if report.last_reports else "",
        "exercise": report.exercise,
        "printed_by": printable(_("Imprimió: %(who)s.") % {"who": printed_by}, 80) if printed_by else "",
        "empty": report.empty,
        "nothing": nothing_to_report(),
        "headlines": [_headline(one, report) for one in report.headlines],
        "change_title": _("Qué cambió desde el %(moment)s") % {"moment": formats.moment(report.change.since)}
        if report.change
        else "",
        "change": list(change_in_words(report.change)) if report.change and not report.empty else [],
        "front": _front(report),
        "annex": _annex(report),
        "notes": [printable(note, 300) for note in method(report)],
    }


def _front(report: Situation) -> dict[str, Any]:
    """The worst of each table, with what is said below it where the annex has more."""
    places = () if report.of_a_municipality else report.places[:FRONT]
    most = max((row.people or 0 for row in places), default=0)
    failing = [row for row in report.standards if row.not_met]
    return {
        # `share`: the length of its bar, 0 to 1 of the longest.
        "places": [_place(row) | {"share": (row.people or 0) / most if most else 0} for row in places],
        "sites": [_site(row) for row in report.sites[:FRONT]],
        "standards": [_standard(row) for row in failing[:FRONT]],
        "more_places": _more(len(report.places)) if places else "",
        "more_sites": _more(len(report.sites)),
    }


def _annex(report: Situation) -> dict[str, Any]:
    """The tables of which the first pages do not show every row, whole."""
    places = () if report.of_a_municipality or len(report.places) <= FRONT else report.places
    sites = report.sites if len(report.sites) > FRONT else ()
    return {
        "places": [_place(row) for row in places],
        "sites": [_site(row) for row in sites],
        "standards": [_standard(row) for row in report.standards],
    }


def nothing_to_report() -> str:
    """What a report without an open centre says."""
    return _(
        "No hay albergues abiertos en este lugar y fecha. Que no haya datos no quiere decir que no haya necesidad."
    )


def _words(report: Situation) -> dict[str, Any]:
    return {
        "exercise": _("PRÁCTICA"),
        "invented": _("Datos inventados. Nada es real."),
        "page": _("Página"),
        "standards": _("Qué falta, por norma"),
        "standards_head": [
            _("Norma"),
            _("No cumple"),
            _("De ellos, graves"),
            _("Cumple"),
            _("Sin veredicto"),
            _("Personas"),
        ],
        "standards_note": _(
            "Son albergues en cada veredicto. «Personas»: las que pasan de lo que hay, donde se sabe."
        ),
        "failing": _("Lo que más falta"),
        "annex": _("Anexo"),
        "urgent_places": _("Municipios, primero donde urge"),
        "urgent_head": [
            _("Municipio"),
            _("Personas"),
            "",
            _("Albergues"),
            _("Grave"),
            _("Sin reporte"),
        ],
        "places": _("Por municipio"),
        "places_head": [
            _("Municipio"),
            _("Departamento"),
            _("Código"),
            _("Albergues"),
            _("Personas"),
            _("Grave"),
            _("Sin reporte"),
            _("Datos de"),
        ],
        "sites": _("Albergues, primero donde urge"),
        "sites_head": [
            "",
            _("Albergue"),
            _("Qué falla primero"),
            _("Personas"),
            _("Caben"),
            _("Último reporte"),
        ],
        "every_site_head": [
            "",
            _("Albergue"),
            _("Municipio"),
            _("Qué falla primero"),
            _("Personas"),
            _("Caben"),
            _("Último reporte"),
        ],
        "method": _("Cómo se hizo"),
    }


def _headline(one: Headline, report: Situation) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": formats.number(one.value),
        "known": one.value is not None,
        "covers": _("De %(n)s albergues") % {"n": formats.number(one.of)} if one.of else "",
        "told": between(one.oldest, one.newest),
        "source": one.source,
    }


def between(oldest: Any, newest: Any) -> str:
    """ "21 nov 2026, 06:00 a 22 nov 2026, 06:41"; one moment when both are the same; "" when nobody told."""
    if oldest is None or newest is None:
        return ""
    if oldest == newest:
        return formats.moment(oldest)
    return _("%(first)s a %(last)s") % {"first": formats.moment(oldest), "last": formats.moment(newest)}


def _standard(row: StandardRow) -> dict[str, str]:
    kind = "grave" if row.grave else "bajo" if row.not_met else "cumple" if row.met else "nada"
    doubt = "" if row.verified else ". " + _("Por verificar: no decide.")
    return {
        "kind": kind,
        "name": printable(row.name, 90),
        "source": printable(row.source, 70) + doubt,
        "grave": formats.number(row.grave),
        "not_met": formats.number(row.not_met),
        "met": formats.number(row.met),
        "unknown": formats.number(row.undecided),
        "affected": _("%(people)s en %(n)s")
        % {"people": formats.number(row.affected), "n": formats.number(row.affected_sites)}
        if row.affected is not None
        else "",
    }


def _place(row: PlaceRow) -> dict[str, str]:
    counted = (
        f"{formats.number(row.people)} ({row.people_sites}/{row.sites})"
        if row.people is not None
        else formats.number(None)
    )
    return {
        "name": printable(row.municipality, 40),
        "above": printable(row.department, 40),
        "code": row.code,
        "sites": formats.number(row.sites),
        "people": counted,
        "grave": formats.number(row.grave_sites),
        "silent": formats.number(row.silent_sites),
        "told": formats.day(row.oldest) if row.oldest else "",
    }


def _site(row: SiteRow) -> dict[str, str]:
    people = formats.number(row.people)
    if row.people is None and row.last_count is not None:
        people = _("antes %(n)s") % {"n": formats.number(row.last_count)}
    return {
        "position": str(row.position),
        "kind": row.kind,
        "name": printable(row.name, 60),
        "code": printable(row.code, 20),
        "place": printable(row.municipality, 50),
        "worst": printable(lacking(row), 80),
        "phone": printable(row.phone, 30).replace(" ", "\u00a0"),  # in one piece
        "people": people,
        "capacity": formats.number(row.capacity),
        "told": formats.moment(row.told_at),
    }


def lacking(row: SiteRow) -> str:
    """What a centre lacks first, in words; that nobody reports comes before it."""
    said = [_("Sin reporte en 24 h.")] if row.silent else []
    if row.worst and row.affected is not None:
        people = _("%(n)s personas") % {"n": formats.number(row.affected)}
        said.append(f"{row.worst}: {people}.")
    elif row.worst:
        said.append(f"{row.worst}.")
    return " ".join(said) or _("Nada que no cumpla.")


def _more(rows: int) -> str:
    if rows <= FRONT:
        return ""
    said = {"shown": FRONT, "n": formats.number(rows)}
    return _("Se muestran %(shown)s de %(n)s. Todos están en el anexo.") % said


def method(report: Situation) -> Iterable[str]:
    """Where the figures come from, and what they do not say."""
    yield _("Los datos son reportes de cada albergue. Cada cifra dice de cuántos albergues es y de cuándo.")
    yield _(
        "Un conteo vencido no se suma. Lo que nadie midió se dice «No se ha medido»: nunca es cero ni cumple."
    )
    yield _(
        "Normas: Esfera 2018 y CCCM; las de cada fase de la emergencia. Una norma sin verificar no decide."
    )
    yield _("Albergues cerrados, que no se suman: %(n)s.") % {"n": formats.number(report.closed_sites)}


# --- for other machines


class Column:
    """A column of a table that leaves: see `amparo.toolkit.exports.Field`."""

    def __init__(self, key: str, label: str, kind: str = "text", hxl: str = "", unit: str = "") -> None:
        self.key, self.label, self.kind, self.hxl, self.unit = key, label, kind, hxl, unit
        self.choices: tuple[tuple[str, Any], ...] = ()


def place_columns() -> Sequence[Column]:
    """The columns of the table by municipality, with their HXL tags."""
    return (
        Column("department", _("Departamento"), hxl="#adm1+name"),
        Column("municipality", _("Municipio"), hxl="#adm2+name"),
        Column("code", _("Código"), hxl="#adm2+code"),
        Column("sites", _("Albergues abiertos"), "whole", "#indicator+num+sites_open"),
        Column("people", _("Personas"), "whole", "#affected+ind+sheltered"),
        Column("people_sites", _("Albergues contados"), "whole", "#indicator+num+sites_counted"),
        Column("grave_sites", _("Albergues en peligro de vida"), "whole", "#indicator+num+sites_grave"),
        Column("silent_sites", _("Sin reporte en 24 h"), "whole", "#indicator+num+sites_silent"),
        Column("not_assessed_sites", _("Sin evaluar"), "whole", "#indicator+num+sites_not_assessed"),
        Column("oldest", _("Dato más viejo"), "moment", "#date+start"),
        Column("newest", _("Dato más nuevo"), "moment", "#date+end"),
    )


def site_columns() -> Sequence[Column]:
    """The columns of the table of centres, with their HXL tags."""
    return (
        Column("position", _("Orden"), "whole", "#meta+rank"),
        Column("code", _("Código"), hxl="#loc+code"),
        Column("name", _("Albergue"), hxl="#loc+name"),
        Column("municipality", _("Municipio"), hxl="#adm2+name"),
        Column("place_code", _("Código del lugar"), hxl="#geo+code"),
        Column("kind", _("Veredicto del último reporte"), hxl="#status+verdict"),
        Column("silent", _("Sin reporte en 24 h"), "yesno", "#status+silent"),
        Column("people", _("Personas"), "whole", "#affected+ind+sheltered"),
        Column("last_count", _("Último conteo"), "whole", "#affected+ind+last"),
        Column("capacity", _("Caben según la norma"), "whole", "#capacity+num"),
        Column("worst", _("Qué falla primero"), hxl="#need+name"),
        Column("affected", _("Personas que pasan de lo que hay"), "whole", "#affected+ind+beyond"),
        Column("told_at", _("Último reporte"), "moment", "#date+reported"),
    )


def standard_columns() -> Sequence[Column]:
    """The columns of the table by standard, with their HXL tags."""
    return (
        Column("key", _("Código"), hxl="#indicator+code"),
        Column("name", _("Norma"), hxl="#indicator+name"),
        Column("source", _("Fuente"), hxl="#meta+source"),
        Column("verified", _("Verificada"), "yesno", "#meta+verified"),
        Column("not_met", _("No cumple"), "whole", "#indicator+num+not_met"),
        Column("grave", _("De ellos, graves"), "whole", "#indicator+num+grave"),
        Column("met", _("Cumple"), "whole", "#indicator+num+met"),
        Column("not_assessed", _("Sin medir"), "whole", "#indicator+num+not_assessed"),
        Column("unverified", _("Por verificar"), "whole", "#indicator+num+unverified"),
        Column("affected", _("Personas"), "whole", "#affected+ind+beyond"),
        Column("affected_sites", _("En albergues"), "whole", "#indicator+num+sites_affected"),
    )


def situation_bytes(report: Situation, language: str, form: str, *, by: User) -> bytes:
    """The report as a file: "pdf", "xlsx" (four tables) or "hxl" (the table by municipality).

    In the active language. Raises `Refused("unknown_form")` (404).
    """
    if form == "pdf":
        return render_situation_report(report, language, printed_by=by.name)
    about = About(
        title=report.title,
        source=str(by.organisation),
        selection=report.scope,
        by=by.name,
        at=report.as_of.replace(microsecond=0),
        notes=tuple(method(report)) if report.sites else (nothing_to_report(), *method(report)),
    )
    file = io.BytesIO()
    if form == "xlsx":
        with tempfile.TemporaryDirectory() as folder:
            write_tables(file, _tables(report), about, folder=Path(folder))
    elif form == "hxl":
        write_hxl(file, place_columns(), _values(place_columns(), report.places), about)
    else:
        raise Refused("unknown_form", _("No hay informes de esa forma. Hay: pdf, xlsx, hxl."), status=404)
    return file.getvalue()


def _tables(report: Situation) -> Iterable[tuple[str, Sequence[Column], Iterable[list[Any]]]]:
    said = [[one.name, one.value, one.of, one.oldest, one.newest, one.source] for one in report.headlines]
    yield _("Cifras"), headline_columns(), said
    yield _("Municipios"), place_columns(), _values(place_columns(), report.places)
    yield _("Normas"), standard_columns(), _values(standard_columns(), report.standards)
    yield _("Albergues"), site_columns(), _values(site_columns(), report.sites)


def headline_columns() -> Sequence[Column]:
    """The columns of the first table: each figure with what it covers."""
    return (
        Column("name", _("Cifra")),
        Column("value", _("Valor"), "whole"),
        Column("of", _("De cuántos albergues"), "whole"),
        Column("oldest", _("Dato más viejo"), "moment"),
        Column("newest", _("Dato más nuevo"), "moment"),
        Column("source", _("Fuente")),
    )


def _values(columns: Sequence[Column], rows: Iterable[Any]) -> Iterable[list[Any]]:
    """The rows of a table in the order of its columns."""
    return ([_plain(getattr(row, column.key)) for column in columns] for row in rows)


def _plain(value: Any) -> Any:
    return verdict_word(value) if value in VERDICTS else value

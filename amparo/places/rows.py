"""Places as files write them: our own columns, a P-code list with or without HXL tags, COD-AB columns or
maps.

Whatever the file, out come the same rows; what cannot be read is refused with its line and in words.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused
from amparo.places import countries, geometry
from amparo.places.models import PROVISIONAL_MARK, Place
from amparo.places.names import spell_out, tidy
from amparo.toolkit.sheets import Cell, Uncomputed
from amparo.toolkit.sheets.delimited import decode
from amparo.toolkit.sheets.workbook import read_archive, read_xls

GAZETTEER = Path(__file__).parent / "gazetteer"
SHIPPED = ("HND", "GTM", "SLV")
MAPS = frozenset({".json", ".geojson", ".topojson"})
TABLES = frozenset({".csv", ".tsv", ".txt"})
WORKBOOKS = frozenset({".xlsx", ".xls", ".ods"})
DEEPEST_FIRST = (
    "adm4_pcode",
    "adm3_pcode",
    "adm2_pcode",
    "adm1_pcode",
)  # of a workbook with a sheet for each level

Line = tuple[int, list[str]]
"""Its number in the file, and its cells."""

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,39}")
_COD_COLUMN = re.compile(r"adm(\d)_(pcode|code|name\d?|ref_name|[a-z]{2})")
_HXL_ADMIN = re.compile(r"adm(\d)")
# What other lists call our columns, folded.
_SPELLINGS = {
    "code": "code",
    "pcode": "code",
    "p code": "code",
    "codigo": "code",
    "parent": "parent",
    "parent pcode": "parent",
    "parent p code": "parent",
    "level": "level",
    "admin level": "level",
    "nivel": "level",
    "location": "country",
    "country": "country",
    "iso3": "country",
    "name": "name",
    "nombre": "name",
    "kind": "kind",
    "lat": "lat",
    "latitude": "lat",
    "lon": "lon",
    "longitude": "lon",
    "valid from": "valid_from",
    "valid from date": "valid_from",
    "valid to": "valid_to",
    "valid to date": "valid_to",
    "source name": "source_name",
    "also": "also",
    "succeeds": "succeeds",
}
# What maps that are not COD-AB call the names of levels 1 and 2.
_NAME_PROPERTIES = (
    ("adm1_name", "adm1_es", "department", "departamento", "zone"),
    ("adm2_name", "adm2_es", "municipality", "municipio", "name"),
)


def is_code(text: str) -> bool:
    """Whether it can be a place's official code: "HN0801"."""
    return _CODE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place of a file. `line` is where it stands there (the feature's number in a map)."""

    line: int
    code: str
    name: str
    level: int
    parent: str = ""
    country: str = ""
    kind: str = ""  # "" when the file does not say
    lat: float | None = None
    lon: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    source_name: str = ""
    also: tuple[str, ...] = ()
    succeeds: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """What the row says, without where it stood: the same place in another order is the same."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "line"}


def shipped(country: str) -> list[PlaceRow]:
    """The rows of a country of our gazetteer."""
    if country not in SHIPPED:
        raise Refused(
            "country_not_shipped",
            _("Amparo no trae los lugares de %(country)s. Impórtelos de un archivo.") % {"country": country},
        )
    return read(GAZETTEER / f"{country}.csv")


def read(path: Path) -> list[PlaceRow]:
    """The places of a file, in the file's order. Raises `Refused`."""
    if path.suffix.lower() in MAPS:
        return list(_of_map(read_map(path)))
    if path.suffix.lower() in WORKBOOKS:
        return list(_of_lines(_lines_of_workbook(_content(path))))
    if path.suffix.lower() not in TABLES:
        raise Refused(
            "unknown_file_kind", _("Ese tipo de archivo no se puede leer. Use CSV, XLSX, GeoJSON o TopoJSON.")
        )
    return list(_of_lines(_lines_of_table(_text(path))))


def read_map(path: Path) -> list[geometry.Feature]:
    """The areas of a GeoJSON or TopoJSON file. Raises `Refused`."""
    try:
        return geometry.features(json.loads(_text(path)))
    except (json.JSONDecodeError, RecursionError, geometry.BadGeometry) as broken:
        raise Refused(
            "not_a_map", _("El archivo no es un mapa GeoJSON o TopoJSON en grados. No se cambió nada.")
        ) from broken


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as missing:
        raise Refused(
            "file_not_readable", _("No se puede abrir el archivo %(name)s.") % {"name": path.name}
        ) from missing


def _text(path: Path) -> str:
    return decode(_content(path))[0]


def _lines_of_workbook(content: bytes) -> list[Line]:
    """The rows of the sheet with the deepest level: each carries the levels above it too."""
    reading = read_archive if content.startswith(b"PK") else read_xls
    grid = reading(content, None, DEEPEST_FIRST)
    return [(number, [_as_written(cell) for cell in row]) for number, row in enumerate(grid.rows, start=1)]


def _as_written(cell: Cell) -> str:
    """A cell as a text file would say it: 2 for 2.0, a day as year-month-day."""
    if cell is None or isinstance(cell, Uncomputed):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell.date() if isinstance(cell, datetime) else cell).strip()


def _lines_of_table(text: str) -> list[Line]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [
            (number, [cell.strip() for cell in cells])
            for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1)
        ]
    except csv.Error as broken:
        raise Refused("file_not_readable", _("El archivo no es una tabla que se pueda leer.")) from broken


def _of_lines(lines: list[Line]) -> Iterator[PlaceRow]:
    header, body = _header([(number, cells) for number, cells in lines if any(cells)])
    records = ((number, dict(zip(header, cells, strict=False))) for number, cells in body)
    if "code" in header:
        for number, record in records:
            yield _long(number, record)
    elif any(_COD_COLUMN.fullmatch(column) for column in header):
        yield from _wide(records)
    else:
        raise Refused(
            "no_code_column",
            _("No hay columna de códigos. Se buscó: code, P-Code, ADM1_PCODE o la etiqueta #adm+code."),
        )


def _header(lines: list[Line]) -> tuple[list[str], list[Line]]:
    """Our names of the columns, from the HXL tags if there are any, else from the first line."""
    for at, (_number, cells) in enumerate(lines[:25]):
        if sum(cell.startswith("#") for cell in cells) >= max(2, len(cells) // 2):
            return [_hxl(cell) for cell in cells], lines[at + 1 :]
    if not lines:
        raise Refused("empty_file", _("El archivo está vacío."))
    header = [cell.lower() for cell in lines[0][1]]
    return [_SPELLINGS.get(spell_out(cell.replace("_", " ")), cell) for cell in header], lines[1:]


def _hxl(tag: str) -> str:
    """Our name of an HXL column: "#adm+code+parent" -> "parent", "#adm2+name" -> "adm2_name"."""
    base, *attributes = tag.lower().lstrip("#").replace(" ", "").split("+")
    has = frozenset(attributes)
    if wide := _HXL_ADMIN.fullmatch(base):
        return f"{base}_pcode" if "code" in has else f"adm{wide[1]}_name" if "name" in has else ""
    if base == "country":
        return "country" if "code" in has else ""
    if base == "geo":
        return next((name for name in ("lat", "lon") if name in has), "level" if "admin_level" in has else "")
    if base == "adm":
        if "code" in has:
            return "parent" if "parent" in has else "code"
        return "name" if "name" in has else ""
    if base == "date":
        return "valid_from" if "start" in has else "valid_to" if "end" in has else ""
    return ""


def _long(line: int, record: Mapping[str, str]) -> PlaceRow:
    """One place a row."""
    code = _code(line, record.get("code", ""))
    parent = record.get("parent", "")
    level = record.get("level", "").removesuffix(".0")
    if not (level.isascii() and level.isdigit() and int(level) < 10):
        raise _refused(line, code, "bad_level", _("el nivel debe ser un número de 0 a 9"))
    kind = record.get("kind", "")
    if kind and kind not in Place.Kind.values:
        raise _refused(line, code, "bad_kind", _("el tipo debe ser land o water"))
    country = record.get("country", "")
    lat, lon = _coordinates(line, code, record.get("lat", ""), record.get("lon", ""))
    return PlaceRow(
        line=line,
        code=code,
        name=_name(line, code, record.get("name", "")),
        level=int(level),
        parent=_code(line, parent) if parent else "",
        country=_country(line, code, country) if country else "",
        kind=kind,
        lat=lat,
        lon=lon,
        valid_from=_date(line, code, record.get("valid_from", "")),
        valid_to=_date(line, code, record.get("valid_to", "")),
        source_name=tidy(record.get("source_name", "")),
        also=tuple(filter(None, map(tidy, record.get("also", "").split("|")))),
        succeeds=tuple(_code(line, old) for old in record.get("succeeds", "").split()),
    )


def _of_map(features: Iterable[geometry.Feature]) -> Iterator[PlaceRow]:
    records = []
    for number, feature in enumerate(features, start=1):
        record = {str(name).lower(): _said(value) for name, value in feature.properties.items()}
        if not record.get("center_lat") and (middle := geometry.centre(feature.polygons)):
            record["center_lon"], record["center_lat"] = map(str, middle)
        records.append((number, record))
    if not any(
        _COD_COLUMN.fullmatch(name) and name.endswith("code") for _, record in records for name in record
    ):
        raise Refused(
            "no_code_column", _("Las áreas del mapa no traen códigos: falta ADM1_PCODE o adm1_pcode.")
        )
    yield from _wide(records)


def pointers(feature: geometry.Feature) -> tuple[str, tuple[str, ...]]:
    """The code and the names (upper first) by which an area says which place it is; "", () if none."""
    record = {str(name).lower(): _said(value) for name, value in feature.properties.items()}
    levels = [
        level for level in range(10) if record.get(f"adm{level}_pcode") or record.get(f"adm{level}_code")
    ]
    if levels:
        code = _first(record, f"adm{levels[-1]}_pcode", f"adm{levels[-1]}_code")
        return code, tuple((_spellings(record, level) or [""])[0] for level in range(1, levels[-1] + 1))
    names = [_first(record, *columns) for columns in _NAME_PROPERTIES]
    return _first(record, "pcode", "code", "id"), tuple(names) if any(names) else ()


def _said(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _wide(records: Iterable[tuple[int, Mapping[str, str]]]) -> Iterator[PlaceRow]:
    """COD-AB: a row or area carries the codes and names of all its levels (adm0_pcode, adm1_pcode ...)."""
    seen: set[str] = set()
    for line, record in records:
        written = {level: _first(record, f"adm{level}_pcode", f"adm{level}_code") for level in range(10)}
        levels = [level for level, code in written.items() if code]
        if not levels:
            raise _refused(line, "", "no_code", _("falta el código"))
        if levels[0] != 0:
            raise _refused(line, written[levels[0]], "unknown_country", _("falta el código del país"))
        country = _country(line, written[0], written[0])
        parent = ""
        for level in levels:
            code = _code(line, written[level]) if level else country
            if code not in seen:
                seen.add(code)
                yield _one_level(line, record, level, code, parent, country, deepest=level == levels[-1])
            parent = code


def _one_level(
    line: int, record: Mapping[str, str], level: int, code: str, parent: str, country: str, *, deepest: bool
) -> PlaceRow:
    """The place of one level of a COD-AB row; dates and the central point are those of its deepest."""
    spelt = _spellings(record, level)
    if level == 0 and (known := countries.country(country)):
        spelt = [known.name, *spelt]
    own = record if deepest else {}
    lat, lon = _coordinates(line, code, own.get("center_lat", ""), own.get("center_lon", ""))
    return PlaceRow(
        line=line,
        code=code,
        name=_name(line, code, spelt[0] if spelt else ""),
        level=level,
        parent=parent,
        country=country,
        lat=lat,
        lon=lon,
        valid_from=_date(line, code, _first(own, "valid_on", "validon", "date")),
        valid_to=_date(line, code, _first(own, "valid_to", "validto")),
        also=tuple(dict.fromkeys(spelt[1:])),
    )


def _spellings(record: Mapping[str, str], level: int) -> list[str]:
    """The names of one level, in Spanish first, then the country's own, then the rest."""
    columns = sorted(
        (column for column in record if (found := _COD_COLUMN.fullmatch(column)) and found[1] == str(level)),
        key=lambda column: (
            not column.endswith("_es"),
            not column.endswith("_name"),
            column.endswith("_en"),
            column,
        ),
    )
    names = (tidy(record[column]) for column in columns if not column.endswith("code"))
    return list(dict.fromkeys(name for name in names if name))


def _first(record: Mapping[str, str], *columns: str) -> str:
    return next((record[column] for column in columns if record.get(column)), "")


def _code(line: int, written: str) -> str:
    code = re.sub(r"\s", "", written).upper()
    if not is_code(code) or code.startswith(PROVISIONAL_MARK):
        raise _refused(line, written, "bad_code", _("un código lleva letras y números, sin signos"))
    return code


def _country(line: int, code: str, written: str) -> str:
    known = countries.country(written)
    if known is None:
        raise _refused(line, code, "unknown_country", _("«%(code)s» no es un país") % {"code": written})
    return known.code


def _name(line: int, code: str, written: str) -> str:
    name = tidy(written)
    if not spell_out(name):
        raise _refused(line, code, "no_name", _("falta el nombre del lugar"))
    return name


def _date(line: int, code: str, written: str) -> date | None:
    if not written:
        return None
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(written[:10], pattern).date()  # noqa: DTZ007 a day, not a moment
        except ValueError:
            continue
    raise _refused(line, code, "bad_date", _("«%(date)s» no es una fecha") % {"date": written})


def _coordinates(line: int, code: str, lat: str, lon: str) -> tuple[float | None, float | None]:
    if not lat and not lon:
        return None, None
    try:
        north, east = float(lat), float(lon)
    except ValueError:
        north = east = math.nan
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise _refused(line, code, "bad_coordinates", _("latitud y longitud no están en grados"))
    return north, east


def _refused(line: int, code: str, refusal: str, words: str) -> Refused:
    return Refused(
        refusal,
        _("Línea %(line)s (%(code)s): %(words)s. No se cambió nada.")
        % {"line": line, "code": code[:60] or "—", "words": words},
        status=422,
    )

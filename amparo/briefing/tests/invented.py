"""Invented view-models: no place, person or figure here exists."""

import datetime as dt

from amparo.briefing import viewmodels as v
from amparo.toolkit.drawings import MapPoint, Reading
from amparo.toolkit.frames import Filters, Me, NavEntry, Notice, Option, Pages, Select, Sync, Tab, Where

NOW = dt.datetime(2026, 11, 22, 12, 40, tzinfo=dt.UTC)


def ago(*, hours: float) -> dt.datetime:
    return NOW - dt.timedelta(hours=hours)


NAV = [
    NavEntry("hoy", "Tablero", "/", current=True),
    NavEntry("albergues", "Albergues", "/albergues/"),
    NavEntry("sms", "Mensajes", "/mensajes/", count=2),
    NavEntry("informe", "Formularios", "/formularios/"),
    NavEntry("tel", "Teléfonos", "/telefonos/"),
    NavEntry("norma", "Normas", "/normas/"),
    NavEntry("alertas", "Emergencias", "/emergencias/"),
]

SHELL = {
    "nav": NAV,
    "exercise": True,
    "me": Me("Delmira Quetzalón", "Comité municipal", "Comité de emergencia"),
    "where": Where("San Lorenzo del Valle", "Comité municipal"),
    "sync": Sync("Guardado 06:40", "2 por revisar"),
    "languages": [("es", "Español"), ("en", "English")],
    "server_time": NOW,
    "version": "0.1.0",
}


def filters() -> Filters:
    return Filters(
        url="/",
        search_label="Buscar albergue o aldea",
        selects=(
            Select(
                "place", "Lugar", (Option("", "Todo el municipio", True), Option("0801", "Aldea Río Seco"))
            ),
            Select("crisis", "Emergencia", (Option("", "Todas", True), Option("t", "Tormenta Inventada"))),
            Select("indicator", "Norma", (Option("", "Todas", True), Option("w", "Agua por persona"))),
        ),
        with_date=True,
        with_closed=True,
    )


def board_row(rank: int, name: str, place: str, **values: object) -> v.BoardRow:
    return v.BoardRow(name=name, url=f"/albergues/{rank}/", rank=rank, place=place, **values)  # type: ignore[arg-type]


ROWS = (
    board_row(
        1,
        "Gimnasio La Ceibita",
        "Barrio Abajo",
        kind="grave",
        people=243,
        floor=260,
        served=111,
        affected=71,
        affected_label="mujeres",
        limits="Sanitarios de mujeres",
        limits_note="3 para 131; faltan 4",
        pills=(v.Pill("grave", "2 graves"), v.Pill("bajo", "1 no cumple")),
        told_at=ago(hours=2.2),
        lasts_hours=12,
    ),
    board_row(
        2,
        "Instituto Los Almendros",
        "Col. Los Almendros",
        kind="grave",
        people=176,
        floor=210,
        served=88,
        affected=88,
        affected_label="personas",
        limits="Agua",
        limits_note="7.5 L por persona; norma 15",
        pills=(v.Pill("grave", "1 grave"), v.Pill("bajo", "2 no cumplen")),
        told_at=ago(hours=3),
        lasts_hours=12,
    ),
    board_row(
        3,
        "Escuela Río Seco",
        "Aldea Río Seco",
        kind="grave",
        people=143,
        floor=160,
        served=73,
        affected=38,
        affected_label="mujeres",
        limits="Sanitarios de mujeres",
        limits_note="2 para 78; faltan 2",
        pills=(
            v.Pill("grave", "1 grave"),
            v.Pill("bajo", "1 no cumple"),
            v.Pill("duda", "1 sin verificar"),
            v.Pill("nada", "1 sin medir"),
        ),
        told_at=ago(hours=1),
        lasts_hours=12,
    ),
    board_row(
        4,
        "Salón Piedra Lisa",
        "Aldea Piedra Lisa",
        kind="bajo",
        people=57,
        floor=70,
        served=70,
        affected=57,
        affected_label="personas",
        limits="Luz de noche",
        limits_note="Sin luz camino a los sanitarios",
        pills=(v.Pill("bajo", "1 no cumple"),),
        told_at=ago(hours=9),
        lasts_hours=12,
    ),
    board_row(
        5,
        "Iglesia Monte Alto",
        "Aldea Monte Alto",
        kind="bajo",
        people=64,
        floor=52,
        served=52,
        affected=12,
        affected_label="personas",
        limits="Espacio bajo techo",
        limits_note="2.8 m² por persona; norma 3.5",
        pills=(v.Pill("bajo", "1 no cumple"),),
        told_at=ago(hours=0.85),
        lasts_hours=12,
        flag="Las edades no suman",
    ),
    board_row(
        6,
        "Casa Comunal Agua Zarca",
        "Aldea Agua Zarca",
        kind="bajo",
        people=88,
        floor=96,
        served=84,
        affected=2,
        affected_label="hombres",
        limits="Sanitarios de hombres",
        limits_note="2 para 42; falta 1",
        pills=(v.Pill("bajo", "1 no cumple"), v.Pill("duda", "1 sin verificar")),
        told_at=ago(hours=4),
        lasts_hours=12,
    ),
    board_row(
        7,
        "Escuela Las Palmas",
        "Col. Las Palmas",
        kind="nada",
        people=112,
        floor=130,
        limits_note="El dato de agua tiene 3 días",
        told_at=ago(hours=74),
        lasts_hours=12,
    ),
    board_row(
        8,
        "Polideportivo El Roble",
        "Barrio El Roble",
        kind="cumple",
        people=205,
        floor=300,
        served=220,
        limits="Agua",
        limits_note="16.1 L por persona",
        told_at=ago(hours=3),
        lasts_hours=12,
    ),
    board_row(
        9,
        "Jardín de Niños Colibrí",
        "Barrio Arriba",
        kind="cumple",
        people=49,
        floor=60,
        served=60,
        limits="Espacio bajo techo",
        limits_note="4.3 m² por persona",
        told_at=ago(hours=1),
        lasts_hours=12,
    ),
    board_row(
        10,
        "Escuela Vista al Cerro",
        "Aldea El Cerro",
        kind="cumple",
        people=38,
        floor=55,
        served=40,
        limits="Sanitarios de mujeres",
        limits_note="1 para 20",
        told_at=ago(hours=5),
        lasts_hours=12,
    ),
)

POINTS = (
    MapPoint(14.0812, -87.2210, "grave", "1"),
    MapPoint(14.0951, -87.2014, "grave", "2"),
    MapPoint(14.0601, -87.1832, "grave", "3"),
    MapPoint(14.1190, -87.2401, "bajo", "4"),
    MapPoint(14.1180, -87.1720, "bajo", "5"),
    MapPoint(14.0520, -87.2510, "bajo", "6"),
    MapPoint(14.0830, -87.1905, "nada", "7"),
    MapPoint(14.1050, -87.2150, "cumple", "8"),
    MapPoint(14.0920, -87.2180, "cumple", "9"),
    MapPoint(14.0935, -87.2390, "cumple", "10"),
    MapPoint(14.0900, -87.1600, "mudo", "A"),
    MapPoint(14.0880, -87.2590, "mudo", "B"),
)

OUTLINE = (
    (
        (-87.262, 14.118),
        (-87.232, 14.136),
        (-87.200, 14.130),
        (-87.165, 14.128),
        (-87.150, 14.095),
        (-87.158, 14.060),
        (-87.190, 14.040),
        (-87.240, 14.042),
        (-87.268, 14.065),
        (-87.262, 14.118),
    ),
)

SILENT = (
    v.SilentRow(
        "Escuela El Zarzal",
        "/albergues/11/",
        "A",
        people=96,
        told_at=ago(hours=31),
        reports=(True, True, True, True, True, False, True, False, False, False, False, False),
        reports_label="tres días, cada 6 h",
        phone="+50400000112",
    ),
    v.SilentRow(
        "Salón Cerro Verde",
        "/albergues/12/",
        "B",
        people=41,
        told_at=ago(hours=26),
        reports=(True, True, False, True, True, True, True, True, True, False, False, False),
        reports_label="tres días, cada 6 h",
        phone="+50400000145",
    ),
)

BOARD = v.Board(
    as_of=NOW,
    sites=12,
    filters=filters(),
    crisis="Tormenta Inventada",
    phase="primeros días",
    people=1312,
    people_sites=12,
    people_stale=137,
    free_places=41,
    free_by_floor=230,
    grave_sites=3,
    grave_people=197,
    not_assessed_sites=1,
    silent_sites=2,
    silent=SILENT,
    chips=(
        v.Chip("Todos", "/", True, 10),
        v.Chip("Grave", "/?status=grave", False, 3),
        v.Chip("No cumple", "/?status=bajo", False, 3),
        v.Chip("No se ha medido", "/?status=nada", False, 1),
        v.Chip("Cumple", "/?status=cumple", False, 3),
    ),
    rows=ROWS,
    pages=Pages(1, 10, 10),
    points=POINTS,
    outline=OUTLINE,
    notices=(
        Notice(
            "bajo",
            "Crecida del río Seco: alerta amarilla",
            "Si sube a naranja, hay que mover 143 personas. Caben 41 sin pasar la norma.",
        ),
    ),
    main=v.Link("Imprimir fichas", "/fichas.pdf", "imprimir"),
)

EMPTY_BOARD = v.Board(as_of=NOW, sites=0, filters=Filters(url="/", search_label="Buscar albergue o aldea"))

CLOSED_BOARD = v.Board(
    as_of=ago(hours=600),
    is_past=True,
    sites=1,
    filters=filters(),
    people=None,
    rows=ROWS[6:7],
    closed=v.ClosedTotals(2, 178),
    closed_rows=ROWS[:2],
    without_place=3,
    focus="Personas por sanitario",
)


def head(current: str = "gaps") -> v.SiteHead:
    tabs = (
        ("gaps", "Lo que falta", 4),
        ("history", "Historia", None),
        ("spaces", "Espacios", None),
        ("messages", "Mensajes", 3),
    )
    return v.SiteHead(
        name="Escuela Río Seco",
        url="/albergues/3/",
        place="Aldea Río Seco, San Lorenzo del Valle",
        code="ALB 12",
        type_label="Albergue en edificio prestado",
        crisis="Tormenta Inventada",
        phase="Primeros días",
        people=143,
        women=78,
        men=65,
        told_at=ago(hours=1),
        lasts_hours=12,
        board_url="/",
        sheet_url="/albergues/3/ficha.pdf",
        tabs=tuple(Tab(label, f"/albergues/3/{key}", key == current, count) for key, label, count in tabs),
        main=v.Link("Nueva evaluación", "/albergues/3/evaluar/"),
    )


def week(values: list[float | None]) -> tuple[Reading, ...]:
    return tuple(Reading(ago(hours=24 * (len(values) - 1 - i)), value) for i, value in enumerate(values))


TOILETS_ORIGIN = v.Origin(
    terms=(v.Term("78", "mujeres"), v.Term("2", "sanitarios que funcionan", "÷")),
    result="39",
    pairs=(
        ("Norma", "20 o menos"),
        ("Faltan", "2 sanitarios"),
        ("Sin servicio", "38 mujeres"),
        ("No se cuenta", "n.º 3, tapado"),
    ),
    told=(
        v.Told("78 mujeres", "conteo de Delmira Q.", ago(hours=1), "medido"),
        v.Told("2 sanitarios", "visita de Ulises T.", ago(hours=1.3), "medido con foto"),
        v.Told("Norma 20", "archivo de normas", ago(hours=900), "verificada por la oficina"),
    ),
    verdict="Grave",
    expires_at=NOW + dt.timedelta(hours=11),
    conflicts=(
        Notice(
            "bajo",
            "Otra fuente dice 3 sanitarios",
            "Formulario de la brigada, ayer 16:10. Se usa la visita más nueva. Se guardan las dos.",
            "/mensajes/7/",
            "Decidir cuál vale",
        ),
    ),
    correct_url="/albergues/3/espacios/",
)

GAPS = (
    v.Gap(
        "Sanitarios de mujeres",
        "grave",
        icon="sanitario",
        anchor="toilets-women",
        summary="Lo que limita. 38 mujeres sin servicio",
        low=39,
        unit="mujeres por sanitario",
        standard="20 o menos",
        source="Esfera 2018, p. 117",
        affected=38,
        affected_label="mujeres",
        remedy="destapar el n.º 3 y abrir el de maestros",
        groups=(v.Group("Mujeres", 78, 38), v.Group("Hombres", 65, 0)),
        series=v.Series("Siete días", week([26, 26, 29, 33, 39, 39, 39]), "grave", 20, True),
        trend_url="/albergues/3/tendencia/toilets/",
        told_at=ago(hours=1.3),
        lasts_hours=24,
        origin=TOILETS_ORIGIN,
    ),
    v.Gap(
        "Agua para tomar y lavar",
        "bajo",
        icon="agua",
        summary="29 personas sin agua suficiente",
        low=10,
        high=15,
        unit="litros por persona al día",
        standard="15 o más",
        source="Esfera 2018, p. 107",
        affected=29,
        affected_label="personas",
        groups=(v.Group("Mujeres", 78, 16), v.Group("Hombres", 65, 13)),
        series=v.Series("Siete días", week([15.5, 14.8, None, None, 12.7, 12, 12]), "bajo", 15),
        trend_url="/albergues/3/tendencia/water/",
        told_at=ago(hours=6),
        lasts_hours=12,
        origin=v.Origin(
            terms=(v.Term("1,720", "litros al día"), v.Term("143", "personas", "÷")), result="12"
        ),
    ),
    v.Gap(
        "Duchas",
        "duda",
        icon="ducha",
        summary="La norma existe, pero nadie la ha confirmado",
        low=72,
        unit="personas por ducha",
        standard="50 o menos",
        source="Fuente por confirmar",
        verified=False,
        groups=(v.Group("Mujeres", 78), v.Group("Hombres", 65)),
        series=v.Series("Siete días", week([60, 62, 66, 70, 72, 72, 72]), "nada", 50, True),
        told_at=ago(hours=1.3),
        lasts_hours=24,
    ),
    v.Gap(
        "Luz junto a los sanitarios",
        "nada",
        icon="luz",
        summary="El último dato es de ayer, 10:40, y ya venció",
        standard="Luz en todos",
        source="Esfera 2018, p. 117",
        told_at=ago(hours=20),
        lasts_hours=12,
        trend_url="/albergues/3/tendencia/light/",
        origin=v.Origin(told=(v.Told("2 focos quemados", "visita de Ulises T.", ago(hours=20)),)),
    ),
    v.Gap(
        "Espacio bajo techo",
        "cumple",
        icon="piso",
        summary="560 m² para 143 personas",
        low=3.9161,
        unit="m² por persona",
        standard="3.5 o más",
        source="Esfera 2018, p. 254",
        groups=(v.Group("Mujeres", 78), v.Group("Hombres", 65)),
        series=v.Series("Siete días", week([5.1, 4.7, 4.5, 4.2, 4, 3.9, 3.9]), "cumple", 3.5),
        told_at=ago(hours=40),
        lasts_hours=24 * 30,
    ),
)

TONIGHT = v.Capacity(
    "Cupo de esta noche",
    "Piso seguro y norma de los primeros días",
    total=114,
    women=62,
    men=52,
    limits="Agua para tomar y lavar",
    lines=(
        v.CapacityLine("Piso", 160, note="560 m² a 3.5 m² por persona"),
        v.CapacityLine(
            "Sanitarios", 165, 100, 65, note="2 de mujeres, 4 de hombres, hasta 50 personas cada uno"
        ),
        v.CapacityLine("Agua", 114, binds=True, note="1,720 L a 15 L por persona"),
    ),
    not_assessed=("Duchas", "Lavamanos"),
)
TO_STANDARD = v.Capacity(
    "Cupo según la norma",
    "Todo lo que pide la norma, completo",
    total=73,
    women=40,
    men=33,
    limits="Sanitarios de mujeres",
    lines=(
        v.CapacityLine("Piso", 160, note="560 m² a 3.5 m² por persona"),
        v.CapacityLine("Sanitarios", 73, 40, 80, True, "hasta 20 personas cada uno"),
        v.CapacityLine("Agua", 114, note="1,720 L a 15 L por persona"),
        v.CapacityLine("Duchas", None),
    ),
    not_assessed=("Duchas",),
)

PEOPLE = v.People(
    rows=(
        v.AgeRow("0 a 4", 9, 8, 17),
        v.AgeRow("5 a 11", 13, 11, 24),
        v.AgeRow("12 a 17", 10, 9, 19),
        v.AgeRow("18 a 59", 38, 31, 69),
        v.AgeRow("60 o más", 8, 6, 14),
    ),
    women=78,
    men=65,
    total=143,
    notes=("Con discapacidad: 11.", "Embarazadas: dato reservado."),
    told_at=ago(hours=1),
    lasts_hours=12,
)

SPACES = (
    v.SpaceRow("Aula 1", "Dormir, familias", 56, 16, 0, people=26),
    v.SpaceRow("Aula 2", "Dormir, familias", 56, 16, 4, "gotera", 24),
    v.SpaceRow("Salón", "Dormir, mujeres solas", 210.5, None, None, people=50),
)
FACILITIES = (
    v.FacilityRow(
        "Sanitarios", "sanitario", "Mujeres.", 4, 2, 0, 2, 0, "El n.º 3 está tapado.", ago(hours=1.3), 24
    ),
    v.FacilityRow("Sanitarios", "sanitario", "Hombres.", 4, 4, None, 3, 1, "", ago(hours=1.3), 24),
    v.FacilityRow("Llaves de agua", "agua", "", 3, 2, told_at=ago(hours=6), lasts_hours=12),
)
FACTS = (
    v.Fact("Luz eléctrica", "Algunas horas", "luz", ago(hours=20), 48),
    v.Fact("Basura", None, "basura"),
)

SITE_PAGE = v.SitePage(
    head=head(),
    headline="Alcanza para 73 personas y duermen 143.",
    explanation="Por piso caben 160. Los sanitarios de mujeres alcanzan para 40. Con 2 más alcanza para 114.",
    tonight=TONIGHT,
    to_standard=TO_STANDARD,
    floor=160,
    served=73,
    gaps=GAPS,
    people=PEOPLE,
    spaces=SPACES,
    facilities=FACILITIES,
    facts=FACTS,
    spaces_url="/albergues/3/espacios/",
    closure=v.Closure(
        "Cierre ordenado para el 30 de noviembre",
        "La escuela retoma clases el 1 de diciembre.",
        notice_on=dt.date(2026, 11, 16),
        closes_on=dt.date(2026, 11, 30),
        still_there=143,
        handover="falta firmar",
    ),
    notices=(
        Notice(
            "bajo",
            "Las edades suman 139, no 143",
            "Se usa el total contado. Se guardan las dos cifras.",
            "/mensajes/9/",
            "Ver el mensaje",
        ),
    ),
)

BARE_SITE_PAGE = v.SitePage(head=v.SiteHead("Lugar sin evaluar", "/albergues/99/"))

SHEET = v.SiteSheet(
    page=SITE_PAGE,
    printed_at=NOW,
    printed_by="mesa 2",
    destroy_on=dt.date(2026, 11, 29),
    exercise=True,
    fixes=(
        v.Fix(
            "Destapar el sanitario 3 y abrir el de maestros.",
            "Obras municipales, antes del 23.",
            "Alcanza para 114.",
        ),
        v.Fix("Un viaje más de la pipa, 430 L al día.", "Ulises Tornasol, hoy 14:00.", "Alcanza para 143."),
        v.Fix("Poner 2 focos.", "Hay 6 en bodega."),
    ),
    contacts=(
        ("Persona encargada", "Delmira Quetzalón, 0000 0112"),
        ("Comité, turno", "0000 0100"),
        ("Salud", "Promotora Evelia, 0000 0145"),
        ("Agua", "Ulises Tornasol, 0000 0167"),
    ),
)

HOSTILE = 'Escuela #eval("1") $x^2$ ]*_`<script>alert(1)</script> \\u{41} مدرسة विद्यालय Ñandú ' + "W" * 300

HOSTILE_SHEET = v.SiteSheet(
    page=v.SitePage(
        head=v.SiteHead(
            HOSTILE,
            "/x/",
            place=HOSTILE,
            code="#c$]",
            type_label=HOSTILE,
            phase="$]",
            people=10**9,
            told_at=NOW,
        ),
        headline=HOSTILE,
        explanation=HOSTILE * 5,
        tonight=v.Capacity(
            HOSTILE,
            HOSTILE,
            10**9,
            lines=(v.CapacityLine(HOSTILE, 10**9),) * 30,
            not_assessed=(HOSTILE,) * 30,
        ),
        floor=0,
        served=0,
        gaps=tuple(
            v.Gap(
                f"{n} {HOSTILE}",
                kind,
                measured=HOSTILE,
                standard=HOSTILE,
                source=HOSTILE,
                affected_label=HOSTILE,
                affected=n,
            )
            for n, kind in enumerate(["cumple", "nada", "duda", "bajo", "grave", "mudo"] * 15)
        ),
        people=v.People(rows=(v.AgeRow(HOSTILE, HOSTILE, None, 1),) * 40, notes=(HOSTILE,) * 9, flag=HOSTILE),
    ),
    printed_at=NOW,
    printed_by=HOSTILE,
    exercise=True,
    fixes=(v.Fix(HOSTILE, HOSTILE, HOSTILE),) * 20,
    contacts=((HOSTILE, HOSTILE),) * 20,
    notes=(HOSTILE,) * 9,
)

BARE_SHEET = v.SiteSheet(page=BARE_SITE_PAGE, printed_at=NOW)

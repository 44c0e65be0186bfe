"""What the database itself refuses: every constraint of every model, tried from both sides.

`ROWS` makes a good row of each model. A check names changes that break it and changes that sit just inside it;
uniqueness is tried by repeating its fields, and then all of them but one. A constraint that stands in no table fails.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import CheckConstraint, Model, UniqueConstraint

from amparo.briefing.models import ReportSchedule
from amparo.crises.models import Crisis, CrisisPlace, DamageFigure, PhasePeriod
from amparo.intake.models import (
    Attachment,
    Device,
    Form,
    FormMedia,
    FormVersion,
    MappingDraft,
    MappingVersion,
    RawMessage,
    SheetUpload,
)
from amparo.kernel.models import Holding, LedgerEntry, LedgerOrigin, LedgerSeal, Organisation, User
from amparo.parties.models import ApiToken, Contact, HelperLink, KeptForm, OneTimeCode, Profile
from amparo.places.models import Boundary, Place, PlaceName
from amparo.sites.models import (
    CallAttempt,
    Closure,
    Confirmation,
    Facility,
    Flag,
    Indicator,
    Observation,
    ObservationBatch,
    Site,
    SiteCode,
    Space,
    StandardVerification,
)
from amparo.toolkit.models import ImportRun, SavedView

pytestmark = pytest.mark.django_db

Fields = dict[str, Any]
number = itertools.count(1)
NOON = datetime(2026, 11, 22, 18, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 1, tzinfo=UTC)
CALLING: dict[str, Any] = {"ended_at": None, "outcome": "calling", "batch": None}
DAY, NEXT, LATER = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


def a(model: type[Model], **changes: Any) -> Any:
    """A good row of the model, saved, with these changes."""
    row = model(**{**ROWS[model](), **changes})
    row.save(force_insert=True)
    return row


def country() -> Place:
    at = next(number)
    code = f"{chr(65 + at // 26 % 26)}{chr(65 + at % 26)}Z"
    return Place.objects.create(code=code, name="País inventado", country=code, path=f"{code}/", level=0)


def municipality(parent: Place | None = None, code: str = "") -> Fields:
    """A place below a country: code, country and path agree."""
    parent, code = parent or country(), code or f"M{next(number)}"
    path = f"{parent.path}{code}/"
    return {
        "code": code,
        "name": "Municipio",
        "country": parent.country,
        "path": path,
        "level": 2,
        "parent": parent,
    }


def entry() -> Fields:
    origin = a(LedgerOrigin)
    return {
        "origin": origin, "counter": 1, "entry_class": "internal", "verb": "v", "noun": "n", "at": NOON,
        "payload_digest": b"p", "digest": b"d",
    }  # fmt: skip


def seal() -> Fields:
    return {
        "origin": a(LedgerOrigin), "organisation": a(Organisation), "entry_class": "internal", "position": 1,
        "first": 1, "last": 1, "count": 1, "previous": b"", "hash": b"h", "sealed_at": NOON,
    }  # fmt: skip


def site() -> Fields:
    lies_in = a(Place)
    return {
        "holder": a(Organisation), "code": f"ALB {next(number)}", "name": "Escuela", "name_key": "escuela",
        "place": lies_in, "path": lies_in.path, "kind": "collective_centre", "status": "open",
    }  # fmt: skip


def of_site(**fields: Any) -> Callable[[], Fields]:
    """A row that is held by whoever holds its centre."""

    def make() -> Fields:
        centre = a(Site)
        return {"site": centre, "holder": centre.holder, **fields}

    return make


def batch() -> Fields:
    centre = a(Site)
    return {"site": centre, "holder": centre.holder, "source": "screen", "by": a(User), "told_at": NOON}


def call() -> Fields:
    centre = a(Site)
    return {
        "site": centre, "holder": centre.holder, "by": a(User), "started_at": NOON, "ended_at": NOON,
        "outcome": "reported", "batch": a(ObservationBatch),
    }  # fmt: skip


def confirmation() -> Fields:
    told = a(ObservationBatch)
    return {
        "site": told.site, "indicator": Indicator.objects.create(key=f"k{next(number)}"), "of": told, "number": 1,
        "confirmed_at": 1, "batch": a(ObservationBatch),
    }  # fmt: skip


def message() -> Fields:
    return {
        "holder": a(Organisation), "form_id": "f", "instance_id": f"uuid:{next(number)}", "fingerprint": b"f",
        "content": b"c", "size": 1, "by": a(User), "received_at": NOON,
    }  # fmt: skip


def version() -> Fields:
    return {"form": a(Form), "version": "1", "xml": b"x", "md5": "m", "published_at": NOON}


ROWS: dict[type[Model], Callable[[], Fields]] = {
    SavedView: lambda: {"owner": a(User), "resource": "sites", "name": f"Vista {next(number)}"},
    ImportRun: lambda: {
        "holder": a(Organisation), "noun": "site", "by": a(User), "filename": "a.xlsx", "sha256": "0", "size": 1,
    },
    ReportSchedule: lambda: {"holder": a(Organisation), "owner": a(User), "next_at": NOON},
    Organisation: lambda: {"name": f"Organización {next(number)}"},
    User: lambda: {"username": f"cuenta{next(number)}", "name": "N", "organisation": a(Organisation)},
    Holding: lambda: {"user": a(User), "role": "analyst", "scope": "HND/", "starts_at": NOON},
    Profile: lambda: {"organisation_id": a(Organisation).pk},
    Contact: lambda: {"organisation": a(Organisation), "name": "Ana"},
    OneTimeCode: lambda: {
        "user": a(User), "digest": "0", "given_by": a(User), "given_at": NOON, "ends_at": EVENING,
    },
    HelperLink: lambda: {
        "digest": f"d{next(number)}", "scope": "HND/", "organisation": a(Organisation), "where": "Escuela",
        "made_by": a(User), "made_at": NOON, "ends_at": EVENING,
    },
    ApiToken: lambda: {
        "user": a(User), "label": "Tablero", "digest": f"d{next(number)}", "made_at": NOON, "ends_at": EVENING,
    },
    KeptForm: lambda: {"user": a(User), "path": "/sites/", "content": b"c", "kept_at": NOON},
    LedgerOrigin: lambda: {"name": f"origen{next(number)}"},
    LedgerEntry: entry,
    LedgerSeal: seal,
    Place: municipality,
    PlaceName: lambda: {"place": a(Place), "name": "Uno", "name_key": "uno", "sound_key": "un"},
    Boundary: lambda: {"place": a(Place), "outline": "[[[[0,0],[0,1],[1,1],[0,0]]]]", "source": "inventada"},
    Crisis: lambda: {"holder": a(Organisation), "name": {"es": "Tormenta"}, "kind": "storm", "starts_on": DAY},
    CrisisPlace: lambda: {"crisis": a(Crisis), "place": a(Place), "starts_on": DAY},
    PhasePeriod: lambda: {"crisis": a(Crisis), "phase": "acute", "starts_on": DAY},
    DamageFigure: lambda: {
        "holder": a(Organisation), "crisis": a(Crisis), "place": a(Place), "figure": "dead", "unit": "people",
        "low": 1, "high": 2, "told_at": NOON, "source": "CODEM",
    },
    Site: site,
    SiteCode: lambda: {"site": a(Site), "system": "dtm", "code": "1"},
    Space: of_site(name="Aula"),
    Facility: of_site(name="Patio", kind="toilet", quantity=3, working=2),
    Closure: of_site(notice_on=DAY, closes_on=NEXT, ordered_by="Dirección"),
    Flag: lambda: {"site": a(Site), "code": "odd", "source": "hoja"},
    ObservationBatch: batch,
    Observation: lambda: {
        "site": a(Site), "indicator": Indicator.objects.get_or_create(key="persons")[0],
        "batch": a(ObservationBatch), "told_at": 1, "low": 1.0, "high": 2.0,
    },
    CallAttempt: call,
    Confirmation: confirmation,
    StandardVerification: lambda: {
        "holder": a(Organisation), "standard": "s", "source": "p. 1", "checked_by": "Ana", "checked_on": DAY,
    },
    Device: lambda: {
        "holder": a(Organisation), "user": a(User), "enrolled_by": a(User), "label": "Brigada",
        "secret_hash": "0", "digest_sealed": b"0",
    },
    Form: lambda: {"holder": a(Organisation), "form_id": f"f{next(number)}", "title": "Formulario"},
    FormVersion: version,
    FormMedia: lambda: {"version": a(FormVersion), "name": "foto.png", "content": b"0", "md5": "0"},
    MappingVersion: lambda: {"holder": a(Organisation), "name": f"g{next(number)}", "version": 1, "digest": "0"},
    SheetUpload: lambda: {
        "holder": a(Organisation), "by": a(User), "filename": "hoja.csv", "sha256": "0", "size": 1, "state": "reading",
    },
    MappingDraft: lambda: {
        "holder": a(Organisation), "by": a(User), "name": f"g{next(number)}", "text": "", "changed_at": NOON,
    },
    RawMessage: message,
    Attachment: lambda: {"message": a(RawMessage), "name": "a.jpg", "sha256": "0", "size": 1, "received_at": NOON},
}  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """Changes to a good row that the database must refuse, and changes it must take."""

    refuses: tuple[Fields, ...]
    takes: tuple[Fields, ...] = ({},)


CHECKS: dict[str, Tried] = {
    "saved_view_has_a_name": Tried(({"name": ""}, {"resource": ""})),
    "import_has_noun_and_file": Tried(({"noun": ""}, {"sha256": ""})),
    "import_fails_for_a_reason": Tried(
        ({"state": "failed", "words": ""},), ({"state": "failed", "words": "No se lee"},)
    ),
    "schedule_hour_of_a_day": Tried(({"hour": 24},), ({"hour": 0}, {"hour": 23})),
    "nobody_is_part_of_itself": Tried(({"organisation_id": 870_001, "parent_id": 870_001},)),
    "contact_has_a_name": Tried(({"name": ""},)),
    "code_ends_after_it_began": Tried(({"ends_at": NOON},)),
    "helper_link_is_for_one_place": Tried(({"scope": ""}, {"scope": "HND"})),
    "helper_link_ends_after_it_began": Tried(({"ends_at": NOON},)),
    "token_says_what_for": Tried(({"label": ""},)),
    "token_ends_after_it_began": Tried(({"ends_at": NOON},)),
    "token_scope_is_a_path": Tried(({"scope": "HND"},), ({"scope": ""}, {"scope": "HND/"})),
    "kept_form_is_of_this_house": Tried(({"path": "https://example.org/"},)),
    "organisation_has_a_name": Tried(({"name": ""},)),
    "user_has_a_username": Tried(({"username": ""},)),
    "only_people_have_passwords": Tried(
        ({"kind": "device", "password": "argon2$x"}, {"kind": "console", "password": "argon2$x"}),
        ({"kind": "person", "password": "argon2$x"}, {"kind": "device", "password": "!x"}),
    ),
    "holding_ends_after_start": Tried(
        ({"ends_at": datetime(2026, 11, 22, 17, tzinfo=UTC)},), ({"ends_at": NOON}, {"ends_at": None})
    ),
    "holding_scope_is_a_path": Tried(({"scope": "HND"},), ({"scope": ""}, {"scope": "HND/HN08/"})),
    "origin_counts_up": Tried(
        ({"sealed_to": -1}, {"counter": 3, "sealed_to": 4}), ({"counter": 4, "sealed_to": 4},)
    ),
    "ledger_counter_from_one": Tried(({"counter": 0}, {"counter": -1}), ({"counter": 1},)),
    "seal_covers_something": Tried(({"count": 0},)),
    "place_has_name_and_code": Tried(({"name": ""},)),
    "place_only_a_country_has_no_parent": Tried(
        ({"parent": None}, {"level": 0}, {"level": 10}), ({"level": 1}, {"level": 9})
    ),
    "place_is_not_its_own_parent": Tried(({"id": 77, "parent_id": 77},)),
    "place_path_from_country_to_code": Tried(({"path": "ZZZ/M1/"}, {"country": "ZZZ"}, {"code": "otro"})),
    "place_coordinates_on_earth": Tried(
        ({"lat": 91, "lon": 0}, {"lat": 0, "lon": -181}, {"lat": 1.0}, {"lon": 1.0}),
        ({"lat": -90, "lon": 180},),
    ),
    "place_ends_after_start": Tried(
        ({"valid_from": DAY, "valid_to": DAY},), ({"valid_from": DAY, "valid_to": NEXT}, {"valid_to": DAY})
    ),
    "place_provisional_shows_in_its_code": Tried(({"provisional": True},)),
    "place_name_can_be_found": Tried(({"name_key": ""}, {"sound_key": ""})),
    "boundary_has_an_outline": Tried(({"outline": ""}, {"outline": "[]"})),
    "boundary_names_its_source": Tried(({"source": ""},)),
    "crisis_ends_after_start": Tried(
        ({"ends_on": date(2026, 11, 19)},), ({"ends_on": DAY}, {"ends_on": None})
    ),
    "crisis_has_a_name": Tried(({"name": {}},), ({"name": {"en": "Storm"}},)),
    "crisis_place_ends_after_start": Tried(({"ends_on": date(2026, 11, 19)},), ({"ends_on": DAY},)),
    "damage_from_low_to_high": Tried(({"low": 3}, {"high": 0}), ({"low": 2}, {"high": 9})),
    "damage_unit_is_a_known_one": Tried(
        ({"unit": "cows"}, {"unit": ""}), ({"unit": "families"}, {"unit": "houses"})
    ),
    "damage_names_its_figure_and_source": Tried(
        ({"figure": ""}, {"source": ""}),
    ),
    "phase_is_a_known_one": Tried(({"phase": "calm"},), ({"phase": "survival"}, {"phase": "longer"})),
    "site_has_a_name": Tried(({"name": ""},)),
    "site_candidate_is_a_kind_and_a_status": Tried(
        ({"status": "candidate"}, {"kind": "candidate_site"}, {"kind": "candidate_site", "status": "closed"}),
        ({"kind": "candidate_site", "status": "candidate"}, {"status": "closed"}),
    ),
    "site_coordinates_on_earth": Tried(
        ({"lat": 90.1, "lon": 0}, {"lat": 0, "lon": 180.1}), ({"lat": 90, "lon": -180},)
    ),
    "site_closes_after_opening": Tried(
        ({"opened_on": NEXT, "closed_on": DAY},), ({"opened_on": DAY, "closed_on": DAY}, {"closed_on": DAY})
    ),
    "site_code_not_empty": Tried(({"code": ""}, {"system": ""})),
    "space_floor_is_positive": Tried(
        ({"floor_m2": 0}, {"floor_m2": -1}, {"floor_m2": 100000}), ({"floor_m2": 0.5}, {"floor_m2": None})
    ),
    "space_blocks_no_more_than_it_has": Tried(
        ({"sleeping_places": 3, "blocked_places": 4},), ({"sleeping_places": 3, "blocked_places": 3},)
    ),
    "facility_no_more_work_than_exist": Tried(({"working": 4},), ({"working": 3}, {"working": 0})),
    "facility_accessible_ones_work": Tried(({"accessible": 3},), ({"accessible": 2}, {"accessible": None})),
    "closure_after_notice": Tried(({"closes_on": date(2026, 11, 19)},), ({"closes_on": DAY},)),
    "batch_offset_on_earth": Tried(
        ({"told_offset": -841}, {"told_offset": 841}), ({"told_offset": -840}, {"told_offset": 840})
    ),
    "call_ends_with_an_outcome": Tried(
        ({"ended_at": None}, {"outcome": "calling", "batch": None}), (CALLING, {"outcome": "reported"})
    ),
    "call_report_is_an_outcome": Tried(
        ({"outcome": "no_answer"},), ({"outcome": "no_answer", "batch": None}, {"batch": None})
    ),
    "confirmation_three_times_at_most": Tried(({"number": 0}, {"number": 4}), ({"number": 1}, {"number": 3})),
    "observation_range_in_order": Tried(
        ({"low": 2.0, "high": 1.0},), ({"low": 2.0, "high": 2.0}, {"high": float("inf")})
    ),
    "verification_says_who_and_where": Tried(({"source": ""}, {"checked_by": ""})),
    "device_has_a_label": Tried(({"label": ""},)),
    "form_has_an_id": Tried(({"form_id": ""},)),
    "mapping_version_from_one": Tried(({"version": 0},)),
    "upload_has_a_file": Tried(({"sha256": ""},)),
    "upload_fails_for_a_reason": Tried(({"state": "failed"},), ({"state": "failed", "words": "vacía"},)),
    "upload_is_judged_through_a_mapping": Tried(
        ({"state": "judged"}, {"state": "applied"}),
        ({"state": "ready"}, {"state": "judging"}, {"state": "undone"}),
    ),
    "draft_has_a_name": Tried(({"name": ""},)),
    "draft_is_tried_on_one_thing": Tried(({"upload_id": 870_001, "form_version_id": 870_001},)),
    "message_waits_for_a_reason": Tried(
        ({"state": "waiting", "reason": ""},),
        ({"state": "waiting", "reason": "no_site"}, {"state": "received"}),
    ),
    "message_has_an_id": Tried(({"instance_id": ""},)),
}

# Uniqueness under a condition, or bound to other fields: (the first row, one that repeats it, ones that do not).
Pairs = Callable[[], tuple[Any, Fields, list[Fields]]]


def _places_apart() -> tuple[Any, Fields, list[Fields]]:
    """One code in two countries' trees: only one may stand."""
    code = f"M{next(number)}"
    first, other = a(Place, **municipality(code=code)), municipality(code=code)
    return first, other, [municipality()]


def _one_path() -> tuple[Any, Fields, list[Fields]]:
    """Two codes can spell one path: "b" in "a", and "a/b" in the country."""
    root = country()
    inner = a(Place, **municipality(root, "a"))
    first = a(Place, **municipality(inner, "b"))
    return first, municipality(root, "a/b"), [municipality(root, "b/a")]


def _one_here() -> tuple[Any, Fields, list[Fields]]:
    return a(LedgerOrigin, here=True), {"here": True}, [{"here": False}]


def _begins_once() -> tuple[Any, Fields, list[Fields]]:
    """A code that ended and came back: each standing begins on a day of its own."""
    ended = {"valid_from": DAY, "valid_to": NEXT}
    root = country()
    first = a(Place, **municipality(root, "B1"), **ended)
    again = municipality(root, "B1")
    return first, {**again, **ended, "valid_to": LATER}, [{**again, "valid_from": NEXT, "valid_to": LATER}]


def _always_there() -> tuple[Any, Fields, list[Fields]]:
    root = country()
    first = a(Place, **municipality(root, "A1"), valid_to=DAY)
    again = municipality(root, "A1")
    return first, {**again, "valid_to": NEXT}, [{**again, "valid_from": DAY, "valid_to": NEXT}]


def _closures() -> tuple[Any, Fields, list[Fields]]:
    first = a(Closure)
    same = {"site": first.site, "holder": first.holder}
    return first, same, [{**same, "withdrawn": True}, {**same, "handed_over_on": LATER}]


def _callers() -> tuple[Any, Fields, list[Fields]]:
    first = a(CallAttempt, **CALLING)
    same = {"site": first.site, "holder": first.holder}
    return first, {**same, **CALLING}, [same]


def _crisis_places() -> tuple[Any, Fields, list[Fields]]:
    first = a(CrisisPlace)
    same = {"crisis": first.crisis, "place": first.place}
    return first, same, [{**same, "ends_on": NEXT}]


def _messages() -> tuple[Any, Fields, list[Fields]]:
    first = a(RawMessage)
    same = {"instance_id": first.instance_id, "fingerprint": b"another"}
    return first, same, [{**same, "conflicts": True}]


def _contents() -> tuple[Any, Fields, list[Fields]]:
    first = a(RawMessage)
    same = {"instance_id": first.instance_id, "conflicts": True}
    return first, same, [{**same, "fingerprint": b"another"}]


PAIRS: dict[str, Pairs] = {
    "one_origin_is_here": _one_here,
    "place_code_stands_once": _places_apart,
    "place_path_stands_once": _one_path,
    "place_code_begins_once": _begins_once,
    "place_code_always_there_once": _always_there,
    "one_caller_at_a_time": _callers,
    "one_closure_at_a_time": _closures,
    "crisis_names_a_place_once": _crisis_places,
    "message_is_one_record": _messages,
    "message_content_once": _contents,
}

OURS = [model for model in apps.get_models() if model.__module__.startswith("amparo.")]
CONSTRAINTS = [(model, one) for model in OURS for one in model._meta.constraints]
ALL_CHECKS = [(model, one.name) for model, one in CONSTRAINTS if isinstance(one, CheckConstraint)]
UNIQUE = [(model, one) for model, one in CONSTRAINTS if isinstance(one, UniqueConstraint)]


def refusal(model: type[Model], fields: Fields) -> str:
    """What the database says no with. Fails when it says yes."""
    row = model(**fields)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        super(type(row), row).save(force_insert=True)
    return str(refused.value)


def test_every_constraint_is_tried():
    assert {name for _model, name in ALL_CHECKS} == set(CHECKS)
    assert set(PAIRS) <= {one.name for _model, one in UNIQUE}
    assert {model for model, _one in CONSTRAINTS} <= set(ROWS)
    assert all(isinstance(one, CheckConstraint | UniqueConstraint) for _model, one in CONSTRAINTS)


@pytest.mark.parametrize(("model", "name"), ALL_CHECKS, ids=[name for _model, name in ALL_CHECKS])
def test_a_check_refuses_nonsense_by_its_name_and_takes_what_is_just_inside(model, name):
    for changes in CHECKS[name].takes:
        a(model, **changes)
    for changes in CHECKS[name].refuses:
        assert name in refusal(model, {**ROWS[model](), **changes}), changes


@pytest.mark.parametrize(("model", "constraint"), UNIQUE, ids=[one.name for _model, one in UNIQUE])
def test_what_may_stand_once_stands_once(model, constraint):
    if constraint.name in PAIRS:
        first, same, others = PAIRS[constraint.name]()
    else:
        first = a(model)
        same = {name: getattr(first, name) for name in constraint.fields}
        others = [{key: value for key, value in same.items() if key != name} for name in same]
    said = refusal(model, {**ROWS[model](), **same})
    columns = {f"{model._meta.db_table}.{model._meta.get_field(name).column}" for name in constraint.fields}
    assert constraint.name in said or all(column in said for column in columns), said
    for other in others:
        a(model, **different(model, first, other))


def different(model: type[Model], first: Model, fields: Fields) -> Fields:
    """A row that repeats only `fields` of the first: what `ROWS` would repeat by itself is changed."""
    fresh = {**ROWS[model](), **fields}
    for name, value in fresh.items():
        if name not in fields and isinstance(value, str) and value == getattr(first, name):
            fresh[name] = OTHER_WORDS.get((model, name), f"{value}x")
        elif name not in fields and type(value) in (int, date) and value == getattr(first, name):
            fresh[name] = value + 1 if isinstance(value, int) else NEXT
    return fresh


OTHER_WORDS = {
    (Facility, "kind"): "shower",
    (Site, "status"): "closed",
    (Site, "kind"): "transit_centre",
    (LedgerSeal, "entry_class"): "public",
    (LedgerEntry, "entry_class"): "public",
    (PhasePeriod, "phase"): "survival",
}

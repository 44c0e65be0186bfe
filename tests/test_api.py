"""The API: who may call, what a key leaves of its owner's rights, and whatever is sent, an answer."""

import json
from datetime import timedelta

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings

from amparo.kernel.access import Limits, Scope, limited
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.testing import holding_role, person
from amparo.places.testing import a_place
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, country, machine, tell

pytestmark = pytest.mark.django_db

LIST = "/api/v1/sites/"
KEYS: dict[str, User] = {}


def by_key(token: str) -> User | None:
    """Stands for the keys that people make: `AMPARO_TOKENS` of these tests."""
    return KEYS.get(token)


@pytest.fixture(autouse=True)
def keys(settings):
    settings.AMPARO_TOKENS = "tests.test_api.by_key"
    KEYS.clear()


def manager() -> User:
    machine()
    return person(Sites.VIEW, Sites.MANAGE, scope="TST/", member_of=machine().organisation)


def with_key(user: User, *permissions: str, scope: str = "", token: str = "una-llave") -> dict[str, str]:
    KEYS[token] = limited(User.objects.get(pk=user.pk), Limits(frozenset(permissions), Scope(scope, None)))
    return {"Authorization": f"Bearer {token}"}


def test_without_a_session_or_a_living_key_nobody_is_told_anything(client):
    centre()
    for headers in (
        {},
        {"Authorization": "Bearer nada"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic eDp5"},
    ):
        answer = client.get(LIST, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "who")


def test_a_key_gives_what_it_names_and_never_more_than_its_owner_has(client):
    site = centre()
    other = centre(place=a_place("TST0202", parent=country().parent))
    owner = manager()
    narrow = with_key(owner, Sites.VIEW, scope=site.path)
    assert [item["uid"] for item in client.get(LIST, headers=narrow).json()["items"]] == [str(site.uid)]
    assert client.get(f"{LIST}{other.uid}", headers=narrow).status_code == 404
    said = json.dumps({"name": "Otro"})
    refused = client.patch(f"{LIST}{site.uid}", said, "application/json", headers=narrow)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    wide = with_key(person(Sites.VIEW, scope="ABC/"), Sites.VIEW, Sites.MANAGE, token="ancha")
    assert client.get(LIST, headers=wide).json()["items"] == []
    assert client.post(LIST, said, "application/json", headers=wide).status_code == 403


def test_what_a_key_takes_is_written_down_and_what_it_writes_is_its_owners(client):
    site, _other = centre(), centre()
    owner = manager()
    headers = with_key(owner, Sites.VIEW, Sites.MANAGE)
    client.get(LIST, headers=headers)
    assert LedgerEntry.objects.get(verb="export.left").by == owner.uid
    said = json.dumps({"phone": "0000 1234"})
    answer = client.patch(
        f"{LIST}{site.uid}", said, "application/json", headers=with_key(owner, Sites.VIEW, Sites.MANAGE)
    )
    assert (answer.status_code, answer.json()["phone"]) == (200, "0000 1234")
    assert LedgerEntry.objects.get(verb="site.edited").by == owner.uid


def test_a_row_at_a_time_and_a_session_pass_the_ledger_too(client):
    centre(), centre()
    owner = manager()
    headers = with_key(owner, Sites.VIEW)
    first = client.get(LIST, {"limit": "1"}, headers=headers).json()
    client.get(LIST, {"limit": "1", "cursor": first["next"]}, headers=headers)
    assert LedgerEntry.objects.filter(verb="export.left", by=owner.uid).count() == 2
    client.force_login(owner)
    client.get(LIST)
    assert LedgerEntry.objects.filter(verb="export.left", by=owner.uid).count() == 3


def test_a_session_writes_only_with_the_token_of_our_own_pages():
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager())
    assert client.get(LIST).status_code == 200
    assert client.post(LIST, "{}", "application/json").status_code == 403


def test_values_come_plain_with_their_types(client):
    site = centre(lat=14.1, lon=-87.2, opened_on=timezone.localdate() - timedelta(days=3))
    tell(site, persons=143)
    client.force_login(manager())
    item = client.get(f"{LIST}{site.uid}").json()
    assert (item["people"], item["lat"], item["status"], item["place"]) == (143, 14.1, "open", country().code)
    assert item["opened_on"] == site.opened_on.isoformat()


def test_a_change_that_saw_something_else_is_a_conflict_with_both_values(client):
    site = centre(phone="0000 0001")
    client.force_login(manager())
    said = json.dumps({"phone": "0000 0003", "seen": {"phone": "0000 0002"}})
    answer = client.patch(f"{LIST}{site.uid}", said, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert "0000 0001" in answer.json()["fields"]["phone"][0]


def test_wrong_fields_are_named(client):
    client.force_login(manager())
    country()
    said = {"name": "Escuela", "status": "open", "kind": "castle", "place": "Macondo"}
    answer = client.post(LIST, json.dumps(said), "application/json")
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"kind", "place"})
    unknown = client.post(LIST, json.dumps({**said, "holder": "1", "path": ""}), "application/json")
    assert unknown.status_code == 422
    assert not Site.objects.exists()


def test_a_uid_of_another_is_not_told_from_a_used_one(client):
    far = centre(place=a_place("ABC", "Lejos"))
    client.force_login(manager())
    country()
    said = {"name": "X", "status": "open", "kind": "transit_centre", "place": "TST0101", "uid": str(far.uid)}
    answer = client.post(LIST, json.dumps(said), "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "uid_taken")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"' + b"x" * 100_000 + b'"', b"[" * 20_000, b'{"name": "\\ud800"}',
     b'{"name": ' + b"9" * 6_000 + b"}", b'{"name": NaN, "lat": Infinity}', b'{"uid": "x"}'],
)  # fmt: skip
def test_a_mangled_body_is_an_answer(client, body):
    site = centre()
    client.force_login(manager())
    client.raise_request_exception = False
    for answer in (
        client.post(LIST, body, "application/json"),
        client.patch(f"{LIST}{site.uid}", body, "application/json"),
    ):
        assert 400 <= answer.status_code < 500, answer.content[:200]
        assert set(answer.json()) == {"code", "message", "fields"}


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMl0", "e30", "WyJuYW4iLC0xXQ", "AAAA" * 400, "WzEsMWU5OV0", "💥"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(client, cursor):
    client.force_login(manager())
    client.raise_request_exception = False
    for sort in ("name", "-opened_on", ""):
        assert client.get(LIST, {"cursor": cursor, "sort": sort}).status_code in (200, 422)


@pytest.mark.parametrize("examples", [20, pytest.param(150, marks=pytest.mark.long)])
def test_nothing_that_the_description_allows_brings_a_fault(home, transactional_db, examples):
    """As schemathesis sends it, thousands of ways; and every answer is one that the description names."""
    home.keys.mkdir(exist_ok=True)
    machine()
    site = centre(name="Escuela")
    user = holding_role("national", scope="TST/")
    User.objects.filter(pk=user.pk).update(organisation=site.holder)
    KEYS["llave"] = User.objects.get(pk=user.pk)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())

    for operation in schema.get_all_operations():
        run(operation.ok(), examples)


def run(operation, examples: int) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples, deadline=None, derandomize=True, phases=[Phase.generate], database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case):
        KEYS["llave"]._held = None
        answer = case.call(headers={"Authorization": "Bearer llave"})
        assert answer.status_code < 500, (operation.label, answer.text[:300])
        declared = {int(status) for status in operation.definition.raw["responses"] if status.isdigit()}
        assert answer.status_code in declared | {405}, (operation.label, answer.status_code)

    ask()

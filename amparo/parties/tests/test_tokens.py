"""Keys for programs: some of their owner's rights, for a while, told once."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from amparo.kernel.access import Scope, scopes
from amparo.kernel.models import Holding, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.testing import organisation
from amparo.parties.actions.bearers import bearer
from amparo.parties.actions.helping import make_link
from amparo.parties.actions.tokens import make_token, revoke_token
from amparo.parties.models import ApiToken, HelperLink
from amparo.parties.testing import entered, someone
from amparo.places.actions import move_place
from amparo.places.testing import a_place, no_country

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return someone("marta", "committee", scope="HND/HN05/", of=organisation("Comité"))


def a_key(owner, **changes):
    facts = {
        "label": "Tablero", "permissions": ["sites.view"], "scope": "HND/HN05/HN0501/", "of": owner.organisation,
    }  # fmt: skip
    return make_token(by=owner, **{**facts, **changes})


def test_a_key_does_what_it_says_where_it_says(owner):
    _token, secret = a_key(owner)
    caller = bearer(secret)
    assert caller == owner
    assert scopes(caller, "sites.view") == (Scope("HND/HN05/HN0501/", owner.organisation_id),)
    assert scopes(caller, "sites.report") == ()
    assert ApiToken.objects.get().last_used_on == timezone.localdate()


def test_the_secret_is_kept_nowhere(owner):
    token, secret = a_key(owner)
    assert secret.startswith("amparo_")
    assert secret not in str(ApiToken.objects.values().get(pk=token.pk))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"permissions": ["intake.manage_forms"]}, Refused),
        ({"permissions": ["kernel.manage_accounts"]}, Refused),
        ({"permissions": ["parties.enrol_helpers"]}, Refused),
        ({"permissions": []}, Refused),
        ({"label": " "}, Refused),
        ({"days": 0}, Refused),
        ({"scope": ""}, OutOfSight),
        ({"of": None}, OutOfSight),
    ],
)
def test_a_key_is_never_more_than_its_owner(owner, changes, refusal):
    with pytest.raises(refusal):
        a_key(owner, **changes)


def test_a_key_shrinks_and_ends_with_its_owner(owner):
    _token, secret = a_key(owner)
    Holding.objects.filter(user=owner).update(scope="HND/HN06/")
    assert scopes(bearer(secret), "sites.view") == ()
    Holding.objects.filter(user=owner).update(role="enumerator", scope="HND/HN05/")
    assert scopes(bearer(secret), "sites.view") == ()
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert bearer(secret) is None


def test_a_key_that_was_taken_away_ended_or_never_was_opens_nothing(owner):
    token, secret = a_key(owner)
    revoke_token(token, by=owner)
    assert bearer(secret) is None
    late, secret = a_key(owner)
    ApiToken.objects.filter(pk=late.pk).update(
        made_at=timezone.now() - timedelta(days=2), ends_at=timezone.now() - timedelta(days=1)
    )
    assert [bearer(secret), bearer("amparo_x"), bearer("")] == [None, None, None]


def test_a_key_does_not_outlive_an_account_that_ends(owner):
    User.objects.filter(pk=owner.pk).update(ends_at=timezone.now() + timedelta(days=3))
    owner.refresh_from_db()
    token, _secret = a_key(owner, days=90)
    assert token.ends_at == owner.ends_at


def test_keys_and_links_follow_a_place_that_moves(owner):
    no_country()
    country, by = a_place("TST"), someone("alta", "national")
    place = a_place("TST0101", parent=a_place("TST01", parent=country))
    aside = a_place("TST0102", parent=place.parent)
    Holding.objects.filter(user=owner).update(scope=place.path)
    _token, secret = a_key(owner, scope=place.path)
    beside, _secret = make_token(by=by, label="Otra", permissions=["sites.view"], scope=aside.path)
    centre = f"{place.path}{owner.uid.hex}/"
    make_link(by=owner, scope=centre, organisation=owner.organisation, where="Escuela Inventada")
    parent = a_place("TST02", parent=country)
    place = move_place(place, by=someone("quien-mueve", "console"), parent=parent)
    assert scopes(bearer(secret), "sites.view") == (Scope(place.path, owner.organisation_id),)
    assert HelperLink.objects.get().scope == f"{place.path}{owner.uid.hex}/"
    beside.refresh_from_db()
    assert beside.scope == aside.path


def test_the_page_shows_it_once(owner):
    no_country()
    place = a_place("TST01", parent=a_place("TST"))
    Holding.objects.filter(user=owner).update(scope=place.path)
    client = entered("marta")
    said = {"label": "Tablero", "permissions": ["sites.view"], "place": place.code, "days": "30"}
    secret = re.search(r"amparo_[\w-]+", client.post("/account/tokens/new/", said).content.decode())[0]
    assert bearer(secret) == owner
    assert "amparo_" not in client.get("/account/").content.decode()


def test_the_form_begins_with_the_persons_own_place_and_says_no_to_everywhere_in_words(owner):
    no_country()
    place = a_place("TST01", parent=a_place("TST"))
    Holding.objects.filter(user=owner).update(scope=place.path)
    client = entered("marta")
    assert 'value="TST01"' in client.get("/account/tokens/new/").content.decode()
    said = {"label": "Tablero", "permissions": ["sites.view"], "place": "", "days": "30"}
    answer = client.post("/account/tokens/new/", said)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "queda fuera de donde usted puede actuar" in page
    assert 'value="Tablero"' in page, "nothing typed is lost"
    assert not ApiToken.objects.exists()

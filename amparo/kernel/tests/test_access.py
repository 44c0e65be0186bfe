from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from amparo.kernel.access import Scope, can, limit, may, require, roles, scopes
from amparo.kernel.actions import grant
from amparo.kernel.fields import subtree
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.kernel.testing import holding_role, organisation, person
from amparo.places.models import Place
from amparo.sites.models import Site
from amparo.sites.permissions import Sites

pytestmark = pytest.mark.django_db
segment = st.sampled_from(["HND", "GTM", "HN05", "HN0501", "HN0502", "a", "B"])
paths = st.lists(segment, max_size=4).map(lambda parts: "".join(f"{part}/" for part in parts))


def site(path, holder):
    place = Place.objects.filter(code="TST").first() or Place.objects.create(
        code="TST", name="Prueba", level=0, country="TST", path="TST/"
    )
    number = Site.objects.count() + 1
    return Site.objects.create(
        holder=holder, code=f"X {number}", name="Escuela Inventada", place=place, path=path
    )


@given(paths, paths)
def test_a_subtree_is_a_half_open_range(scope, path):
    low, high = subtree(scope)
    assert (low <= path < high) == path.startswith(scope)


def test_a_path_without_its_slash_is_refused():
    with pytest.raises(ValueError, match="ends in"):
        subtree("HND")


@pytest.mark.parametrize(
    ("scope", "path", "covered"),
    [
        ("HND/HN05/", "HND/HN05/HN0501/s/", True),
        ("HND/HN05/", "HND/HN050/HN0501/s/", False),
        ("HND/HN0501/", "HND/HN05/", False),
        ("hnd/hn05/", "HND/HN05/HN0501/s/", False),
        ("", "GTM/GT01/s/", True),
    ],
)
def test_page_and_list_agree(scope, path, covered):
    holder = organisation()
    user = person(Sites.VIEW, scope=scope)
    record = site(path, holder)
    assert can(user, Sites.VIEW, record) is covered
    assert limit(Site.objects.all(), user, Sites.VIEW).filter(pk=record.pk).exists() is covered


def test_an_organisations_holding_sees_only_its_records():
    mine, theirs = organisation(), organisation()
    user = person(Sites.VIEW, of=mine)
    seen = [site("HND/a/", mine), site("HND/b/", theirs)]
    assert list(limit(Site.objects.all(), user, Sites.VIEW)) == seen[:1]
    assert [can(user, Sites.VIEW, record) for record in seen] == [True, False]


def test_outside_the_scope_is_as_if_it_did_not_exist_and_without_the_role_is_refused():
    record = site("HND/a/", organisation())
    with pytest.raises(OutOfSight):
        require(person(Sites.VIEW, scope="GTM/"), Sites.VIEW, record)
    with pytest.raises(NotPermitted):
        require(person(), Sites.VIEW, record)


def test_a_holding_that_ended_or_has_not_begun_gives_nothing():
    user = person()
    now = timezone.now()
    for starts, ends in ((now - timedelta(days=9), now - timedelta(days=1)), (now + timedelta(days=1), None)):
        Holding.objects.create(user=user, role="national", scope="", starts_at=starts, ends_at=ends)
    assert not may(user, Sites.VIEW)


def test_an_account_that_ended_holds_nothing():
    user = holding_role("national")
    user.ends_at = timezone.now() - timedelta(seconds=1)
    assert scopes(user, Sites.VIEW) == ()


def test_police_migration_control_and_the_military_never_handle_people():
    by = holding_role("console")
    for kind in Organisation.ENFORCEMENT:
        body = organisation(kind=kind)
        officer = person(member_of=body)
        with pytest.raises(Refused) as refusal:
            grant(by=by, user=officer, role="site_manager")
        assert refusal.value.code == "enforcement_never_handles_people"
        with pytest.raises(IntegrityError, match="enforcement_never"), transaction.atomic():
            Holding.objects.create(user=officer, role="site_manager", scope="")


def test_what_somebody_held_before_their_body_became_one_that_enforces_counts_for_nothing():
    body = organisation()
    officer = person(member_of=body)
    Holding.objects.create(user=officer, role="site_manager", scope="")
    Organisation.objects.filter(pk=body.pk).update(kind=Organisation.Kind.POLICE)
    officer = User.objects.get(pk=officer.pk)
    assert not may(officer, Sites.REPORT)


def test_nobody_grants_beyond_their_own_scope():
    by = person("kernel.manage_accounts", scope="HND/HN05/")
    with pytest.raises(OutOfSight):
        grant(by=by, user=person(), role="committee", scope="HND/")


def test_scope_says_both_answers():
    assert Scope("HND/", None).covers("HND/x/", 5)
    assert not Scope("HND/", 4).covers("HND/x/", 5)
    assert "console" in roles()

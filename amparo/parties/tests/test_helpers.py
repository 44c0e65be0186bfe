"""Helpers for a day: one link, one phone, one centre, and fewer rights than whoever let them in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from amparo.config.roles import ROLES
from amparo.kernel.access import may, scopes
from amparo.kernel.models import Holding, LedgerEntry, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.parties.actions.helping import end_help, enter, extend, make_link
from amparo.parties.models import HelperLink, KeptForm, Session
from amparo.parties.testing import entered, someone
from amparo.places.testing import a_place, no_country
from amparo.sites.models import Site
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre() -> Site:
    from amparo.sites.actions.site import add_site

    no_country()
    by = machine()
    place = a_place("TST01", parent=a_place("TST"))
    add_site(by=by, holder=by.organisation, place=place, name="Otra Escuela")
    return add_site(by=by, holder=by.organisation, place=place, name="Escuela Inventada")


@pytest.fixture
def manager(centre) -> User:
    return someone("delmira", "site_manager", scope=centre.path, of=centre.holder)


def link(manager: User, centre: Site, **more) -> str:
    return make_link(by=manager, scope=centre.path, organisation=centre.holder, where=centre.name, **more)


def test_a_helper_can_do_strictly_less_than_whoever_lets_them_in():
    for role in ROLES.values():
        if "parties.enrol_helpers" in role.permissions:
            assert ROLES["helper"].permissions < role.permissions, role.name


def test_a_phone_comes_in_with_a_name_sees_one_centre_and_nothing_else(manager, centre):
    secret = link(manager, centre)
    phone = Client()
    assert "Escuela Inventada" in phone.get(f"/help/{secret}/").content.decode()
    assert phone.post(f"/help/{secret}/", {"name": "  Lupe   de Prueba "}).status_code == 302
    user = User.objects.get(name="Lupe de Prueba")
    assert timedelta(hours=23) < user.ends_at - timezone.now() <= timedelta(hours=24)
    assert [scope.path for scope in scopes(user, "sites.report")] == [centre.path]
    page = phone.get("/sites/").content.decode()
    assert "Escuela Inventada" in page
    assert "Otra Escuela" not in page
    for address in ("/accounts/", "/helpers/", "/messages/", "/organisations/", "/health/"):
        assert phone.get(address).status_code == 403, address


def test_a_link_opens_once_for_a_quarter_of_an_hour(manager, centre):
    secret = link(manager, centre)
    assert Client().post(f"/help/{secret}/", {"name": "Lupe"}).status_code == 302
    second = Client().post(f"/help/{secret}/", {"name": "Otra"})
    assert (second.status_code, "Este código ya no abre" in second.content.decode()) == (410, True)
    late = link(manager, centre)
    HelperLink.objects.update(made_at=timezone.now() - timedelta(hours=1), ends_at=timezone.now())
    assert Client().get(f"/help/{late}/").status_code == 410
    assert not HelperLink.objects.filter(digest=late).exists()


def test_a_link_ends_with_the_role_of_whoever_made_it(manager, centre):
    secret = link(manager, centre)
    Holding.objects.filter(user=manager).update(ends_at=timezone.now())
    with pytest.raises(Refused):
        enter(secret, name="Lupe")


def test_nobody_lets_a_helper_into_anothers_centre(manager, centre):
    other = Site.objects.get(name="Otra Escuela")
    with pytest.raises(OutOfSight):
        link(manager, other)
    stranger = someone("otra", "site_manager", scope=other.path, of=other.holder)
    helper = enter(link(manager, centre), name="Lupe")
    for act in (extend, end_help):
        with pytest.raises(OutOfSight):
            act(helper, by=stranger)


def test_a_helper_lets_nobody_in(manager, centre):
    helper = enter(link(manager, centre), name="Lupe")
    assert not may(helper, "parties.enrol_helpers")


def test_help_ends_at_once_or_goes_on_for_a_day(manager, centre):
    secret = link(manager, centre)
    phone = Client()
    phone.post(f"/help/{secret}/", {"name": "Lupe"})
    helper = User.objects.get(name="Lupe")
    end_help(helper, by=manager)
    assert phone.get("/sites/").status_code == 302
    assert not Session.objects.filter(user=helper).exists()
    extend(helper, by=manager)
    assert User.objects.get(pk=helper.pk).may_act()
    assert {"helper.link_made", "helper.entered", "helper.ended", "helper.extended"} <= set(
        LedgerEntry.objects.values_list("verb", flat=True)
    )


ENDED = "Su ayuda terminó. Gracias."


def test_a_helper_whose_help_is_ended_is_thanked_on_their_phone_and_nowhere_else(manager, centre):
    phone = Client()
    phone.post(f"/help/{link(manager, centre)}/", {"name": "Lupe"})
    helper = User.objects.get(name="Lupe")
    end_help(helper, by=manager)
    for _time in range(2):
        assert ENDED in phone.get("/sites/", follow=True).content.decode()
    stranger = Client()
    answer = stranger.post("/login/", {"username": helper.username, "password": "x"})
    assert ENDED not in answer.content.decode()
    assert ENDED not in Client().get("/login/").content.decode()
    extend(helper, by=manager)
    assert phone.get("/sites/").status_code == 302, "the session does not come back with the day"


def test_a_helper_whose_day_is_over_is_thanked_also_hours_later(manager, centre):
    phone = Client()
    phone.post(f"/help/{link(manager, centre)}/", {"name": "Lupe"})
    assert phone.cookies["sessionid"]["max-age"] > 30 * 3600
    User.objects.filter(name="Lupe").update(ends_at=timezone.now())
    for _time in range(2):
        assert ENDED in phone.get("/", follow=True).content.decode()
    enter_again = phone.post(f"/help/{link(manager, centre)}/", {"name": "Otra"})
    assert enter_again.status_code == 302
    assert ENDED not in phone.get("/login/", follow=True).content.decode()


def test_an_account_that_ended_and_never_helped_is_told_nothing(manager):
    client = entered("delmira")
    User.objects.filter(pk=manager.pk).update(ends_at=timezone.now())
    assert ENDED not in client.get("/sites/", follow=True).content.decode()


def test_a_helper_whose_phone_went_out_comes_back_as_themselves(manager, centre):
    helper = enter(link(manager, centre), name="Lupe")
    secret = link(manager, centre, returning=helper)
    phone = Client()
    phone.post(f"/help/{secret}/", {"name": "Otro nombre"})
    assert Session.objects.get(user__isnull=False).user == helper
    assert User.objects.filter(name="Otro nombre").count() == 0


@pytest.mark.parametrize(
    ("role", "elsewhere"), [("national", False), ("enumerator", False), ("helper", True)]
)
def test_a_helper_who_holds_more_is_no_longer_the_managers_to_open_prolong_or_end(
    manager, centre, role, elsewhere
):
    """With their account the person in charge would have what they do not hold."""
    other = Site.objects.get(name="Otra Escuela")
    helper = enter(link(manager, centre), name="Lupe")
    early = link(manager, centre, returning=helper)
    Holding.objects.create(user=helper, role=role, scope=other.path if elsewhere else "TST/")
    User.objects.filter(pk=helper.pk).update(ends_at=timezone.now() + timedelta(days=90))
    for act in (
        lambda: link(manager, centre, returning=helper),
        lambda: extend(helper, by=manager),
        lambda: end_help(helper, by=manager),
    ):
        with pytest.raises(OutOfSight):
            act()
    phone = Client()
    assert "Usted ya tiene otro cargo" in phone.post(f"/help/{early}/", {"name": "x"}).content.decode()
    assert not Session.objects.filter(user=helper).exists()
    assert User.objects.get(pk=helper.pk).ends_at - timezone.now() > timedelta(days=89)
    boss = entered("delmira")
    assert "Lupe" not in boss.get("/helpers/").content.decode()
    for what in ("again", "extend", "end"):
        assert boss.post(f"/helpers/{helper.uid}/{what}/").status_code == 404, what


def test_a_helper_whose_other_role_ended_is_the_managers_again(manager, centre):
    helper = enter(link(manager, centre), name="Lupe")
    now = timezone.now()
    Holding.objects.create(
        user=helper, role="enumerator", scope="TST/", starts_at=now - timedelta(hours=2), ends_at=now
    )
    assert extend(helper, by=manager).may_act()


def test_what_a_helper_typed_when_the_day_ended_waits_for_the_manager(manager, centre):
    secret = link(manager, centre)
    phone = Client()
    phone.post(f"/help/{secret}/", {"name": "Lupe"})
    User.objects.filter(name="Lupe").update(ends_at=timezone.now())
    answer = phone.post(
        f"/sites/{centre.uid}/spaces/edit/", {"form-0-name": "Aula 3", "form-TOTAL_FORMS": "1"}
    )
    assert answer.status_code == 403
    assert "Lo que escribió está guardado" in answer.content.decode()
    kept = KeptForm.objects.get()
    boss = entered("delmira")
    assert f"/kept/{kept.uid}/" in boss.get("/helpers/").content.decode()
    page = boss.get(f"/kept/{kept.uid}/").content.decode()
    assert "Aula 3" in page
    assert "Lo escribió Lupe" in page
    boss.post(f"/kept/{kept.uid}/send/", {})
    assert "kept_form.taken_over" in LedgerEntry.objects.values_list("verb", flat=True)

"""Who may open, renew and end whose account, and give which role."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from amparo.config.roles import REACHES_PEOPLE, ROLES
from amparo.kernel.access import grantable, may, roles
from amparo.kernel.actions import grant
from amparo.kernel.models import Holding, LedgerEntry, Organisation, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.testing import holding_role, organisation, person
from amparo.parties.actions.accounts import end, end_role, give_role, open_account, renew
from amparo.parties.actions.bearers import bearer
from amparo.parties.actions.organisations import write_contact, write_organisation
from amparo.parties.actions.passwords import give_code, take_away_factors
from amparo.parties.actions.tokens import make_token
from amparo.parties.forms.accounts import AccountForm
from amparo.parties.models import Contact, OneTimeCode, Profile, Session
from amparo.parties.queries.accounts import accounts_answered_for, ending_soon
from amparo.parties.testing import entered, someone
from amparo.places.testing import a_place, no_country
from amparo.sites.actions.site import add_site
from amparo.sites.models import Site
from amparo.sites.testing import machine
from amparo.toolkit.resources.menu import first_page

pytestmark = pytest.mark.django_db
REAL = [name for name in ROLES if not name.startswith("test-")]


@pytest.fixture
def committee() -> User:
    return someone("jefa", "committee", scope="HND/HN05/", of=organisation("Comité"))


def opened(by: User, **changes) -> tuple[User, str]:
    facts = {
        "username": "nueva", "name": "Nueva Inventada", "organisation": by.organisation, "role": "site_manager",
        "scope": "HND/HN05/HN0501/", "of": by.organisation,
    }  # fmt: skip
    return open_account(by=by, **{**facts, **changes})


def test_an_account_begins_with_one_role_an_end_and_a_code(committee):
    user, code = opened(committee)
    assert timedelta(days=89) < user.ends_at - timezone.now() < timedelta(days=91)
    assert not user.has_usable_password()
    assert len(code) == 14
    assert [one.role for one in user.holdings.all()] == ["site_manager"]
    assert {"user.added", "holding.granted", "user.code_given"} <= set(
        LedgerEntry.objects.values_list("verb", flat=True)
    )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"role": "national"}, Refused),
        ({"role": "administrator"}, Refused),
        ({"role": "auditor"}, Refused),
        ({"scope": "HND/"}, OutOfSight),
        ({"scope": "GTM/"}, OutOfSight),
        ({"of": None}, OutOfSight),
        ({"days": 4000}, Refused),
        ({"username": "¿?"}, Refused),
        ({"role": "nada"}, Refused),
    ],
)
def test_nobody_gives_more_than_they_hold_nor_elsewhere(committee, changes, refusal):
    with pytest.raises(refusal):
        opened(committee, **changes)
    assert not User.objects.filter(username="nueva").exists()


def test_every_role_that_someone_can_give_is_within_their_own():
    for giver in REAL:
        by = holding_role(giver)
        for given in REAL:
            scopes = grantable(by, roles()[given])
            assert bool(scopes) == (
                "kernel.manage_accounts" in ROLES[giver].permissions
                and ROLES[given].permissions <= ROLES[giver].permissions
            ), (giver, given)


def test_a_supervisor_answers_for_those_whose_roles_they_could_give(committee):
    mine = someone("mia", "site_manager", scope="HND/HN05/HN0501/", of=committee.organisation)
    someone("vecina", "site_manager", scope="HND/HN06/HN0601/", of=committee.organisation)
    someone("ajena", "site_manager", scope="HND/HN05/HN0501/", of=organisation("Ajena"))
    someone("alta", "national", scope="HND/HN05/", of=committee.organisation)
    both = someone("ambas", "site_manager", scope="HND/HN05/HN0501/", of=committee.organisation)
    Holding.objects.create(user=both, role="administrator", scope="")
    someone("nadie", member_of=committee.organisation)
    seen = set(accounts_answered_for(committee).values_list("username", flat=True))
    assert seen == {mine.username, "nadie"}


def test_nobody_takes_a_stronger_account_through_its_password(committee):
    strong = someone("alta", "national", scope="HND/HN05/", of=committee.organisation)
    for act in (
        lambda: give_code(strong, by=committee),
        lambda: end(strong, by=committee, why="x"),
        lambda: renew(strong, by=committee),
        lambda: take_away_factors(strong, by=committee, why="x"),
        lambda: give_role(
            strong, by=committee, role="site_manager", scope="HND/HN05/", of=committee.organisation
        ),
        lambda: give_code(committee, by=committee),
    ):
        with pytest.raises(OutOfSight):
            act()


def test_an_ended_account_closes_on_every_device_and_lives_again_without_its_roles(committee):
    user = someone("mia", "site_manager", scope="HND/HN05/HN0501/", of=committee.organisation)
    client = entered("mia")
    end(user, by=committee, why="Cambió de trabajo")
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(user=user).exists()
    end_role(user.holdings.get(), by=committee, why="Cambió de trabajo")
    back = renew(user, by=committee, days=30)
    assert back.may_act()
    assert not may(User.objects.get(pk=user.pk), "sites.view")


@pytest.mark.parametrize(
    ("act", "screen"),
    [
        (lambda user, by: give_code(user, by=by), "account_code"),
        (lambda user, by: take_away_factors(user, by=by, why="Perdió su teléfono"), "account_factors"),
        (lambda user, by: renew(end(user, by=by, why="Cuenta robada"), by=by), "account_end"),
    ],
)
def test_the_keys_of_an_account_that_was_taken_from_its_owner_open_nothing(committee, act, screen):
    """Nor do they come back with an account that is renewed. The page says so before."""
    of = committee.organisation
    user = someone("mia", "site_manager", scope="HND/HN05/HN0501/", of=of)
    _token, secret = make_token(
        by=user, label="Tablero", permissions=["sites.view"], scope="HND/HN05/HN0501/", of=of
    )
    assert bearer(secret) == user
    page = entered("jefa").get(reverse(screen, args=[user.uid])).content.decode()
    assert "Se quitan sus llaves para programas" in page
    act(user, committee)
    assert User.objects.get(pk=user.pk).may_act()
    assert bearer(secret) is None
    assert LedgerEntry.objects.get(verb="token.revoked").by == committee.uid


def test_those_that_end_within_fourteen_days_are_reminded(committee):
    now = timezone.now()
    for name, days in (("hoy", 1), ("pronto", 13), ("luego", 20), ("ya", -1)):
        user = someone(name, "site_manager", scope="HND/HN05/HN0501/", of=committee.organisation)
        User.objects.filter(pk=user.pk).update(ends_at=now + timedelta(days=days))
    soon = ending_soon(accounts_answered_for(committee))
    assert [user.username for user in soon] == ["hoy", "pronto"]
    page = entered("jefa").get("/accounts/?state=soon").content.decode()
    assert "Terminan en 14 días 2" in page


def test_the_list_asks_as_much_for_forty_accounts_as_for_four(committee, django_assert_max_num_queries):
    client = entered("jefa")

    def make(names):
        for name in names:
            someone(name, "site_manager", scope="HND/HN05/HN0501/", of=committee.organisation)

    make(f"uno{n}" for n in range(4))
    client.get("/accounts/")
    with django_assert_max_num_queries(60) as few:
        client.get("/accounts/")
    make(f"dos{n}" for n in range(36))
    with django_assert_max_num_queries(len(few)):
        client.get("/accounts/")


# --- bodies that enforce


def test_a_role_that_reaches_people_says_so_whether_or_not_it_was_told():
    for role in (ROLES[name] for name in REAL):
        if role.permissions & REACHES_PEOPLE:
            assert role.handles_people, role.name


@pytest.mark.parametrize("role", REAL)
def test_no_body_that_enforces_is_given_a_role_that_reaches_people(role):
    """By the action, by the database itself, and at access, for every role and every such kind."""
    by = holding_role("console")
    for kind in Organisation.Kind.values:
        officer = person(member_of=organisation(kind=kind))
        barred = kind in Organisation.ENFORCEMENT and ROLES[role].handles_people
        if barred:
            with pytest.raises(Refused) as refused:
                grant(by=by, user=officer, role=role)
            assert refused.value.code == "enforcement_never_handles_people"
            with pytest.raises(IntegrityError, match="enforcement_never"), transaction.atomic():
                Holding.objects.create(user=officer, role=role, scope="")
            long_ago = timezone.now() - timedelta(days=9)
            over = Holding.objects.create(
                user=officer, role=role, scope="", starts_at=long_ago, ends_at=long_ago + timedelta(days=1)
            )  # as a restored backup brings it; it does not come to life
            with pytest.raises(IntegrityError, match="enforcement_never"), transaction.atomic():
                Holding.objects.filter(pk=over.pk).update(ends_at=None)
            held = Holding.objects.create(user=officer, role="device", scope="")
            with pytest.raises(IntegrityError, match="enforcement_never"), transaction.atomic():
                Holding.objects.filter(pk=held.pk).update(role=role)
        elif kind not in Organisation.ENFORCEMENT:
            assert grant(by=by, user=officer, role=role).pk


def test_nobody_joins_such_a_body_with_their_roles():
    user = someone("marta", "committee")
    with pytest.raises(IntegrityError, match="enforcement_never"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(organisation=organisation(kind="police"))
    began = timezone.now() - timedelta(hours=2)
    Holding.objects.filter(user=user).update(starts_at=began, ends_at=began + timedelta(hours=1))
    User.objects.filter(pk=user.pk).update(organisation=organisation(kind="military"))


def test_a_body_that_turns_out_to_enforce_loses_its_roles_at_once():
    by = someone("alta", "national")
    body = organisation("Seguridad")
    user = someone("agente", "committee", member_of=body)
    write_organisation(body, by=by, name=body.name, kind="security_ministry")
    assert Holding.objects.get(user=user).ends_at <= timezone.now()
    assert "holding.ended" in LedgerEntry.objects.values_list("verb", flat=True)


# --- organisations


def test_an_organisation_is_part_of_another_and_never_of_itself():
    by = someone("alta", "national")
    above = write_organisation(None, by=by, name="Cruz Roja de Ejemplo", kind="red_cross", acronym="CRE")
    below = write_organisation(None, by=by, name="Filial de Ejemplo", kind="red_cross", parent=above)
    assert Profile.objects.get(organisation=below).parent == above
    with pytest.raises(Refused) as refused:
        write_organisation(above, by=by, name=above.name, kind=above.kind, parent=below)
    assert refused.value.code == "part_of_itself"
    with pytest.raises(Refused) as refused:
        write_organisation(None, by=by, name="cruz roja de ejemplo", kind="ngo")
    assert refused.value.code == "organisation_known"


def test_writing_the_same_again_leaves_no_entry():
    by = someone("alta", "national")
    body = write_organisation(None, by=by, name="Una", kind="ngo")
    before = LedgerEntry.objects.count()
    write_organisation(body, by=by, name="Una", kind="ngo")
    assert LedgerEntry.objects.count() == before


def test_whom_to_call_has_a_name_and_a_way():
    by, body = someone("alta", "national"), organisation()
    contact = write_contact(None, by=by, organisation=body, name="Ana", duty="", phone="+504 9999", email="")
    assert contact.phone == "+504 9999"
    with pytest.raises(Refused):
        write_contact(None, by=by, organisation=body, name="Ana", duty="", phone="", email="")
    assert Contact.objects.count() == 1


def test_going_back_and_sending_the_same_account_leads_to_the_one_that_was_made(committee):
    client = entered("jefa")
    said = {
        "username": "nueva", "name": "Nueva Inventada", "organisation": committee.organisation_id,
        "role": "site_manager", "place": "HN0501", "only": "on", "days": 90,
    }  # fmt: skip
    a_place("HN0501", "Inventado", parent=a_place("HN05", "Norte", parent=a_place("HND", "Honduras")))
    made = client.post("/accounts/new/", said)
    assert made.status_code == 200, made.context["form"].errors
    user = User.objects.get(username="nueva")
    assert client.post("/accounts/new/", said)["Location"] == f"/accounts/{user.uid}/"
    assert OneTimeCode.objects.filter(user=user).count() == 1


def test_going_back_and_giving_the_same_role_gives_it_once_while_it_stands(committee):
    user = someone("mia", "site_manager", scope="HND/HN05/HN0501/", of=committee.organisation)
    a_place("HN0501", "Inventado", parent=a_place("HN05", "Norte", parent=a_place("HND", "Honduras")))
    client, held = entered("jefa"), Holding.objects.filter(user=user, role="enumerator")
    said = {"role": "enumerator", "place": "HN0501", "only": "on", "days": 7}
    for _time in range(2):
        assert client.post(f"/accounts/{user.uid}/roles/new/", said).status_code == 302
    assert held.count() == 1
    end_role(held.get(), by=committee, why="x")
    client.post(f"/accounts/{user.uid}/roles/new/", said)
    assert held.count() == 2


# --- where: a place, or one centre


@pytest.fixture
def school() -> Site:
    no_country()
    by = machine()
    place = a_place("TST01", "Inventado", parent=a_place("TST", "Norte"))
    return add_site(by=by, holder=by.organisation, place=place, name="Escuela Inventada", code="ALB 12")


@pytest.fixture
def administrator(school) -> User:
    """As the first account of an installation: the system everywhere, the centres of one country."""
    user = someone("primera", "administrator", of=None, member_of=school.holder)
    Holding.objects.create(user=user, role="national", scope="TST/")
    return user


def form_of(user: User, **said: object) -> AccountForm:
    facts = {
        "name": "Nueva Inventada", "username": "nueva", "organisation": user.organisation_id,
        "role": "site_manager", "days": 90,
    }  # fmt: skip
    return AccountForm({**facts, **said}, by=user)


@pytest.mark.parametrize("text", ["ALB 12", "alb 12", "escuela inventada"])
def test_a_person_in_charge_is_limited_to_one_centre_by_its_code_or_its_name(school, text):
    office = someone("alta", "national", scope="TST/", member_of=school.holder)
    client = entered(office.username)
    said = {
        "name": "Nueva Inventada", "username": "nueva", "organisation": school.holder_id,
        "role": "site_manager", "place": text, "days": 90,
    }  # fmt: skip
    answer = client.post("/accounts/new/", said)
    assert answer.context["code"]
    user = User.objects.get(username="nueva")
    assert user.holdings.get().scope == school.path
    assert first_page(user) == "/hoy/"
    assert "Escuela Inventada" in client.get(f"/accounts/{user.uid}/").content.decode()


def test_centres_of_one_name_are_told_apart_and_never_guessed(administrator, school):
    add_site(by=machine(), holder=school.holder, place=school.place, name="Escuela Inventada", code="ALB 13")
    error = form_of(administrator, place="Escuela Inventada").errors["place"][0]
    assert "ALB 12" in error
    assert "ALB 13" in error


def test_a_slip_in_a_name_gives_no_role_in_a_whole_municipality(administrator):
    assert "¿Quiso decir" in form_of(administrator, place="Inbentado").errors["place"][0]


def test_a_centre_out_of_reach_is_as_if_it_were_not_there(administrator, school):
    away = a_place("ABC")
    add_site(by=machine(), holder=school.holder, place=away, name="Escuela Ajena", code="AJ 1")
    assert "No se encontró ese lugar" in form_of(administrator, place="AJ 1").errors["place"][0]


def test_an_administrator_without_a_place_is_told_which_are_theirs(administrator):
    form = form_of(administrator, place="")
    assert form.errors == {"place": ["Escriba un lugar: usted responde por Norte."]}


def test_nobody_is_in_charge_of_every_centre_by_an_empty_box(school):
    everywhere = someone("alta", "national", member_of=school.holder)
    assert list(form_of(everywhere, place="").errors) == ["place"]
    assert form_of(everywhere, place="", role="enumerator").is_valid()

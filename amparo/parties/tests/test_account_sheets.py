"""Accounts that come by sheet and leave as a file, and codes for many people at once."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from amparo.config.roles import ROLES
from amparo.kernel import ledger
from amparo.kernel.models import Holding, LedgerEntry, Organisation, User
from amparo.kernel.refusals import Refused
from amparo.kernel.testing import organisation
from amparo.parties.actions.accounts import give_role
from amparo.parties.actions.passwords import give_code
from amparo.parties.models import OneTimeCode, Profile
from amparo.parties.resources import ACCOUNTS
from amparo.parties.testing import PASSWORD, entered, someone
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.sites.actions.site import add_site
from amparo.sites.testing import machine
from amparo.toolkit.imports.actions import (
    apply_run,
    begin_to_apply,
    begin_to_undo,
    read_run,
    receive_sheet,
    undo_run,
)
from amparo.toolkit.imports.queries import said_by
from amparo.toolkit.models import ImportRun

pytestmark = pytest.mark.django_db

TITLES = ["Nombre", "Cuenta", "Institución", "Cargo", "Dónde", "Solo su institución", "Termina", "Días"]
ROW = {
    "Nombre": "Rosa Inventada", "Cuenta": "Rosa.Inventada", "Institución": "AEJ",
    "Cargo": "Persona encargada del albergue",
    "Dónde": "TST01", "Solo su institución": "", "Termina": "", "Días": "",
}  # fmt: skip


@pytest.fixture
def office(home) -> User:
    """A national office, with a country of two municipalities and a school that it opens accounts for."""
    home.keys.mkdir(exist_ok=True)
    country = a_place("TST")
    for code in ("TST01", "TST02"):
        a_place(code, parent=country)
    a_place("ABC")
    school = organisation("Asociación de Escuelas de Ejemplo")
    Profile.objects.create(organisation=school, acronym="AEJ")
    return someone("alta", "national", scope="TST/", member_of=organisation("Oficina Inventada"))


def sheet(*rows: dict[str, str], titles: list[str] = TITLES) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, titles)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def brought(by: User, *rows: dict[str, str], titles: list[str] = TITLES) -> ImportRun:
    content = sheet(*rows, titles=titles)
    return read_run(receive_sheet(by=by, resource=ACCOUNTS, content=content, filename="cuentas.csv"))


def applied(by: User, *rows: dict[str, str]) -> ImportRun:
    return apply_run(begin_to_apply(brought(by, *rows), by=by, choices={}))


def reasons(run: ImportRun) -> list[str]:
    return [said_by(row, run).why for row in run.rows.order_by("number")]


def known_lately(user: User) -> Client:
    """A browser whose person has just shown who they are."""
    return entered(user.username)


def known_long_ago(user: User) -> Client:
    client = entered(user.username)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": one["at"] - 3600} for one in records]
    session.save()
    return client


# --- in


@pytest.mark.parametrize("language", ["es", "en", ""])
def test_a_row_opens_an_account_that_waits_for_a_code(office, language):
    """The role by its words in either language, or by its own name."""
    with translation.override(language or "es"):
        said = str(ROLES["site_manager"].label) if language else "site_manager"
    run = applied(office, ROW | {"Cargo": said})
    assert run.counts == {"new": 1}, reasons(run)
    user = User.objects.get(username="rosa-inventada")
    assert (user.name, user.organisation.name) == ("Rosa Inventada", "Asociación de Escuelas de Ejemplo")
    assert not user.has_usable_password()
    assert not OneTimeCode.objects.filter(user=user).exists()
    [held] = user.holdings.all()
    assert (held.role, held.scope, held.organisation) == ("site_manager", "TST/TST01/", None)
    assert timedelta(days=89) < user.ends_at - timezone.now() < timedelta(days=91)


def test_a_sheet_of_accounts_is_nobodys_but_of_who_brought_it(office):
    """A colleague with the same area may not give all that its bringer may: they neither read nor apply it."""
    boss = someone("jefa", "administrator", member_of=office.organisation)
    colleague = someone("colega", "committee", member_of=office.organisation)
    run = brought(boss, ROW | {"Cargo": "administrator", "Dónde": "TST"})
    assert run.counts == {"new": 1}, reasons(run)
    client = known_lately(colleague)
    for screen in ("account_import_run", "account_import_apply", "account_import_problems"):
        assert client.get(reverse(screen, args=[run.uid])).status_code == 404, screen
    assert client.get(f"{reverse('account_codes')}?import={run.uid}").status_code == 404
    with pytest.raises(Refused):
        begin_to_apply(run, by=colleague, choices={})
    assert not User.objects.filter(username="rosa-inventada").exists()
    assert known_lately(boss).get(reverse("account_import_run", args=[run.uid])).status_code == 200


def test_a_row_may_name_one_centre(office):
    place = Place.objects.get(code="TST01")
    school = add_site(
        by=machine(), holder=office.organisation, place=place, name="Escuela Justa", code="EJ 7"
    )
    applied(office, ROW | {"Dónde": "EJ 7"})
    assert User.objects.get(username="rosa-inventada").holdings.get().scope == school.path


def test_the_days_the_last_day_and_the_own_institution_are_as_the_row_says(office):
    day = timezone.localdate() + timedelta(days=20)
    applied(
        office,
        ROW | {"Días": "10", "Solo su institución": "sí", "Institución": "asociacion de escuelas de EJEMPLO"},
        ROW | {"Nombre": "Luz Inventada", "Cuenta": "luz", "Termina": day.isoformat(), "Días": "3"},
    )
    rosa, luz = User.objects.get(username="rosa-inventada"), User.objects.get(username="luz")
    assert rosa.holdings.get().organisation == rosa.organisation
    assert timezone.localdate(rosa.ends_at) == timezone.localdate() + timedelta(days=10)
    assert timezone.localdate(luz.ends_at) == day


def test_the_same_sheet_twice_opens_nobody_twice(office):
    rows = [ROW, ROW | {"Nombre": "Luz Inventada", "Cuenta": "luz"}]
    applied(office, *rows)
    count = User.objects.count()
    again = applied(office, *rows)
    assert again.counts == {"same": 2}
    assert User.objects.count() == count


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"Cargo": "Administración del sistema"}, "puede más que el suyo"),
        ({"Cargo": "Auditoría"}, "puede más que el suyo"),
        ({"Cargo": "Persona de apoyo"}, "No se conoce el cargo"),
        ({"Cargo": "console"}, "No se conoce el cargo"),
        ({"Cargo": "Rey"}, "No se conoce el cargo «Rey». Hay: Persona encargada"),
        ({"Cargo": ""}, "Cargo"),
        ({"Dónde": ""}, "Dónde"),
        ({"Dónde": "Atlantis"}, "No se encontró ese lugar"),
        ({"Dónde": "ABC"}, "queda fuera de donde usted puede actuar"),
        ({"Institución": "Nadie"}, "No hay ninguna institución «Nadie»"),
        ({"Institución": "Policía Inventada"}, "Las cuentas de policía"),
        ({"Cuenta": "¿?"}, "letras y números"),
        ({"Cuenta": "ALTA"}, "Ya hay una cuenta «alta»"),
        ({"Termina": "2001-01-01"}, "desde mañana"),
        ({"Termina": "2034-01-01"}, "desde mañana"),
        ({"Termina": "mañana"}, "No se entiende esta fecha"),
        ({"Días": "4000"}, "Días"),
        ({"Nombre": "x" * 300}, "Nombre"),
    ],
)  # fmt: skip
def test_a_row_beyond_ones_own_says_why_and_opens_nothing(office, wrong, reason):
    organisation("Policía Inventada", kind="police")
    count = User.objects.count()
    run = applied(office, ROW | wrong)
    assert run.counts == {"problem": 1}
    assert reason in reasons(run)[0]
    assert User.objects.count() == count


def test_initials_that_two_institutions_share_ask_for_the_whole_name(office):
    Profile.objects.create(organisation=organisation("Amigos de la Escuela Justa"), acronym="AEJ")
    run = brought(office, ROW)
    assert "Hay varias instituciones con las siglas «AEJ»" in reasons(run)[0]


def test_whoever_acts_for_one_institution_gives_its_own_centres_without_saying_so(office):
    school = Organisation.objects.get(name="Asociación de Escuelas de Ejemplo")
    chief = someone("jefa", "committee", scope="TST/TST01/", of=school)
    run = applied(chief, ROW)
    assert run.counts == {"new": 1}, reasons(run)
    assert Holding.objects.get(user__username="rosa-inventada").organisation == school


def test_a_role_lost_between_reading_and_applying_is_a_reason_and_no_error(office):
    run = brought(office, ROW)
    Holding.objects.filter(user=office).update(scope="TST/TST02/")
    by = User.objects.get(pk=office.pk)
    run = apply_run(begin_to_apply(ImportRun.objects.get(pk=run.pk), by=by, choices={}))
    assert run.rows.get().outcome == "left"
    assert "fuera de donde usted puede actuar" in reasons(run)[0]
    assert not User.objects.filter(username="rosa-inventada").exists()


def test_two_rows_with_one_name_of_account_open_one_account(office):
    run = applied(office, ROW, ROW | {"Nombre": "Otra Inventada"})
    assert [row.outcome for row in run.rows.order_by("number")] == ["applied", "left"]
    assert "Ya hay una cuenta" in reasons(run)[1]


# --- out, and in again


def downloaded(client: Client, form: str = "csv", **asked: str) -> tuple[list[str], list[dict[str, str]]]:
    answer = client.get(reverse("account_export", args=[form]), asked)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    reader = csv.DictReader(io.StringIO(text))
    rows = [row for row in reader if row["Cuenta"]]
    return list(reader.fieldnames or ()), rows


def test_the_list_leaves_with_names_for_those_who_answer_for_them(office):
    applied(office, ROW, ROW | {"Nombre": "Luz Inventada", "Cuenta": "luz"})
    titles, [luz, rosa] = downloaded(known_lately(office))
    assert set(TITLES) <= set(titles)
    assert (luz["Nombre"], rosa["Nombre"]) == ("Luz Inventada", "Rosa Inventada")
    assert (rosa["Cargo"], rosa["Dónde"]) == ("Persona encargada del albergue", "TST01")
    said = ledger.payload(LedgerEntry.objects.get(verb="export.left"))
    assert (said["purpose"], said["rows"]) == ("care", 2)


def test_sixty_last_days_are_changed_in_the_sheet_and_come_back(office):
    applied(office, *(ROW | {"Nombre": f"Persona {n}", "Cuenta": f"cuenta-{n}"} for n in range(60)))
    client = known_lately(office)
    titles, rows = downloaded(client)
    assert len(rows) == 60
    day = (timezone.localdate() + timedelta(days=200)).isoformat()
    run = brought(office, *(row | {"Termina": day} for row in rows), titles=titles)
    assert run.counts == {"changed": 60}, reasons(run)[:3]
    run = apply_run(begin_to_apply(run, by=office, choices={}))
    assert {
        timezone.localdate(one.ends_at).isoformat()
        for one in User.objects.filter(username__startswith="cuenta-")
    } == {day}
    assert LedgerEntry.objects.filter(verb="user.changed").count() == 60
    undo_run(begin_to_undo(run, by=office), by=office)
    assert not User.objects.filter(
        username__startswith="cuenta-", ends_at__gt=timezone.now() + timedelta(days=150)
    ).exists()


def test_a_sheet_changes_the_name_and_the_last_day_and_nothing_else(office):
    applied(office, ROW)
    titles, [row] = downloaded(known_lately(office))
    run = brought(
        office, row | {"Nombre": "Rosa Corregida", "Cargo": "Análisis", "Cuenta": "otra"}, titles=titles
    )
    assert run.counts == {"changed": 1}
    assert "No se cambia desde una hoja" in reasons(run)[0]
    apply_run(begin_to_apply(run, by=office, choices={}))
    user = User.objects.get(username="rosa-inventada")
    assert user.name == "Rosa Corregida"
    assert user.holdings.get().role == "site_manager"


def test_a_closed_account_is_not_opened_by_a_date_filled_down(office):
    applied(office, ROW)
    user = User.objects.get(username="rosa-inventada")
    User.objects.filter(pk=user.pk).update(is_active=False, ends_at=timezone.now() - timedelta(days=3))
    titles, [row] = downloaded(known_lately(office), state="ended")
    day = (timezone.localdate() + timedelta(days=90)).isoformat()
    run = brought(office, row | {"Termina": day}, titles=titles)
    assert run.counts == {"problem": 1}
    assert "Esta cuenta se cerró" in reasons(run)[0]


def test_an_account_of_others_is_out_of_reach_of_a_sheet(office):
    far = someone("lejana", "site_manager", scope="ABC/")
    run = brought(office, ROW | {"uid (no cambiar)": str(far.uid)}, titles=[*TITLES, "uid (no cambiar)"])
    assert run.counts == {"problem": 1}
    assert "Nada a su alcance tiene ese uid" in reasons(run)[0]


# --- taken back


def test_what_a_sheet_opened_is_closed_again_while_nobody_has_entered(office):
    run = applied(office, ROW)
    user = User.objects.get(username="rosa-inventada")
    give_code(user, by=office)
    undo_run(begin_to_undo(run, by=office), by=office)
    user.refresh_from_db()
    assert not user.may_act()
    assert user.username.startswith("rosa-inventada-")
    assert user.holdings.get().ends_at <= timezone.now()
    assert not OneTimeCode.objects.filter(user=user).exists()
    assert {"user.added", "user.ended", "user.taken_back"} <= {
        entry.verb for entry, _said in ledger.history(user.uid)
    }
    assert applied(office, ROW).counts == {"new": 1}, "the name is free again"


def test_an_account_that_somebody_uses_stays_and_says_so(office):
    run = applied(office, ROW, ROW | {"Nombre": "Luz Inventada", "Cuenta": "luz"})
    rosa, luz = User.objects.get(username="rosa-inventada"), User.objects.get(username="luz")
    rosa.set_password(PASSWORD)
    rosa.save()
    give_role(luz, by=office, role="enumerator", scope="TST/")
    undo_run(begin_to_undo(run, by=office), by=office)
    assert [row.outcome for row in run.rows.order_by("number")] == ["kept", "kept"]
    assert "ya eligió su contraseña" in reasons(run)[0]
    assert "otro cargo" in reasons(run)[1]
    assert User.objects.get(pk=rosa.pk).may_act()
    assert User.objects.get(pk=luz.pk).may_act()


# --- who is there


@pytest.mark.parametrize("screen", ["account_import_apply", "account_import_undo"])
def test_applying_and_undoing_a_sheet_asks_who_is_there(office, screen):
    run = brought(office, ROW) if screen.endswith("apply") else applied(office, ROW)
    url = reverse(screen, args=[run.uid])
    client = known_long_ago(office)
    count = User.objects.filter(is_active=True).count()
    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == 302
        assert "/account/again/" in answer["Location"]
    assert User.objects.filter(is_active=True).count() == count
    assert known_lately(office).get(url).status_code == 200


def test_codes_for_many_ask_who_is_there(office):
    applied(office, ROW)
    answer = known_long_ago(office).get(reverse("account_codes"))
    assert "/account/again/" in answer["Location"]


# --- codes


def slips(client: Client, url: str, **chosen: list[str]):
    page = client.get(url)
    form = page.context["form"]
    who = chosen.get("who", form.fields["who"].initial)
    return client.post(url, {"who": who, "asked_at": form["asked_at"].value()}), form


def test_after_the_sheet_one_page_holds_a_slip_for_each_new_person(office):
    someone("otra", "site_manager", scope="TST/TST01/")
    client = known_lately(office)
    client.post(
        reverse("account_import"),
        {"file": io.BytesIO(sheet(ROW, ROW | {"Nombre": "Luz Inventada", "Cuenta": "luz"}))},
    )
    run = ImportRun.objects.get()
    client.post(reverse("account_import_apply", args=[run.uid]))
    page = client.get(reverse("account_import_run", args=[run.uid])).content.decode()
    url = f"{reverse('account_codes')}?import={run.uid}"
    assert url in page
    answer, form = slips(client, url)
    assert len(form.fields["who"].choices) == 2
    text = answer.content.decode()
    codes = re.findall(r"<code>([2-9A-Z]{4}(?:-[2-9A-Z]{4}){2})</code>", text)
    assert len(set(codes)) == 2
    assert "Rosa Inventada" in text
    assert "http://testserver/login/code/" in text
    assert answer["Cache-Control"] == "no-store"
    assert LedgerEntry.objects.filter(verb="user.code_given").count() == 2
    person = Client()
    sent = {"username": "luz", "password": PASSWORD, "again": PASSWORD}
    opened = [person.post("/login/code/", sent | {"code": code}).status_code for code in codes]
    assert sorted(opened) == [200, 302], "each code opens its own account"


def test_a_page_of_slips_sent_twice_leaves_the_slips_valid(office):
    applied(office, ROW)
    client, url = known_lately(office), reverse("account_codes")
    form = client.get(url).context["form"]
    sent = {"who": form.fields["who"].initial, "asked_at": form["asked_at"].value()}
    client.post(url, sent)
    digest = OneTimeCode.objects.get().digest
    again = client.post(url, sent).content.decode()
    assert "Ese código sigue valiendo" in again
    assert "Rosa Inventada" in again
    assert OneTimeCode.objects.get().digest == digest
    fresh = client.get(url).context["form"]
    assert fresh.fields["who"].initial == [], "who has a code does not wait for one"
    client.post(url, {"who": sent["who"], "asked_at": fresh["asked_at"].value()})
    assert OneTimeCode.objects.get().digest != digest, "chosen on purpose, it is replaced"


def test_codes_go_only_to_those_one_answers_for(office):
    applied(office, ROW)
    far = someone("lejana", "site_manager", scope="ABC/")
    client, url = known_lately(office), reverse("account_codes")
    answer, _form = slips(client, url, who=[str(far.uid)])
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert far.has_usable_password()
    assert not OneTimeCode.objects.exists()
    assert client.get(f"{url}?import={far.uid}").status_code == 404
    assert client.get(f"{url}?import=nada").status_code == 404


def test_at_most_a_hundred_codes_at_once_the_ones_who_wait_first(office):
    for number in range(101):
        someone(f"cuenta-{number:03}", "site_manager", scope="TST/TST01/")
    applied(office, ROW)
    client = known_lately(office)
    page = client.get(reverse("account_codes"))
    choices = page.context["form"].fields["who"].choices
    assert len(choices) == 100
    assert "rosa-inventada" in choices[0][1]
    assert "Aquí están 100 de 102" in page.content.decode()
    assert page.context["form"].fields["who"].initial == [choices[0][0]]


def test_nobody_to_give_a_code_to_leads_back_to_the_list(office):
    client = known_lately(office)
    answer = client.get(reverse("account_codes"), {"q": "nadie"}, follow=True)
    assert "Nadie de esta lista puede recibir un código" in answer.content.decode()


@pytest.mark.parametrize("asked", ["", "x", "-1", "9" * 40])
def test_a_damaged_form_gives_no_code(office, asked):
    applied(office, ROW)
    client, url = known_lately(office), reverse("account_codes")
    who = client.get(url).context["form"].fields["who"].initial
    assert client.post(url, {"who": who, "asked_at": asked}).status_code == 200
    assert OneTimeCode.objects.count() == (1 if asked.startswith("9") else 0)


# --- the list


def test_chips_and_filters_narrow_the_list(office):
    school = Organisation.objects.get(name="Asociación de Escuelas de Ejemplo")
    someone("mia", "site_manager", scope="TST/TST01/", member_of=school)
    someone("cuenta", "enumerator", scope="TST/TST02/")
    applied(office, ROW)
    client = known_lately(office)

    def listed(**asked: str) -> set[str]:
        return {row.name for row in client.get(reverse("accounts"), asked).context["vm"].rows}

    assert listed() == {"Mia", "Cuenta", "Rosa Inventada"}
    assert listed(state="waiting") == {"Rosa Inventada"}
    assert listed(role="enumerator") == {"Cuenta"}
    assert listed(organisation=school.name) == {"Mia", "Rosa Inventada"}
    assert listed(organisation="Nadie") == set()
    assert listed(role="console") == listed()
    assert listed(q="inventada rosa") == {"Rosa Inventada"}


def test_one_page_of_the_list_renews_what_ends_soon(office):
    user = someone("pronto", "site_manager", scope="TST/TST01/")
    User.objects.filter(pk=user.pk).update(ends_at=timezone.now() + timedelta(days=3))
    page = known_lately(office).get(reverse("accounts")).content.decode()
    assert f"/accounts/{user.uid}/renew/" in page


def test_the_history_of_an_account_is_in_words(office):
    applied(office, ROW)
    user = User.objects.get(username="rosa-inventada")
    give_code(user, by=office)
    client = known_lately(office)
    form = client.get(reverse("account_edit", args=[user.uid])).context["form"]
    client.post(
        reverse("account_edit", args=[user.uid]),
        {"name": "Rosa Corregida", "ends_on": form["ends_on"].value()},
    )
    page = client.get(reverse("account_history", args=[user.uid])).content.decode()
    for words in (
        "Se abrió la cuenta",
        "Se le dio un cargo",
        "Se le dio un código",
        "«Rosa Corregida»",
        "Persona encargada del albergue",
    ):
        assert words in page, words
    assert "user." not in page
    assert "holding." not in page

"""The door: who comes in, what it tells, how often one may try, and when a session is over."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from amparo.kernel.models import Organisation, User
from amparo.kernel.passwords import Argon2id
from amparo.parties.actions.passwords import give_code
from amparo.parties.actions.sessions import forget_old_sessions
from amparo.parties.models import KeptForm, OneTimeCode, Remembered, Session
from amparo.parties.queries.sessions import device_words
from amparo.parties.testing import PASSWORD, code_of, enter, entered, someone

pytestmark = pytest.mark.django_db


def words(answer) -> str:
    text = re.sub(r'(csrfmiddlewaretoken" value=")[^"]*|(data-now=")[^"]*', "", answer.content.decode())
    return re.sub(r'name="username" value="[^"]*"', "", text)


def test_whoever_has_an_account_comes_in_whatever_the_capitals():
    someone("marta", "committee")
    answer = enter(Client(), "Marta")
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_an_unknown_account_a_wrong_password_and_an_ended_account_are_answered_alike():
    someone("marta", "committee")
    ended = someone("ida", "committee")
    User.objects.filter(pk=ended.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    answers = [enter(Client(), "marta", "otra cosa"), enter(Client(), "nadie"), enter(Client(), "ida")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({words(answer) for answer in answers}) == 1
    assert "no son correctas" in words(answers[0])


def test_an_unknown_account_costs_as_many_hashes_as_a_known_one(monkeypatch):
    """Not the clock of a busy machine but what takes the time: one password is hashed for each answer."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    someone("marta", "committee")
    ended = someone("ida", "committee")
    User.objects.filter(pk=ended.pk).update(is_active=False)
    given = someone("coda", "committee")
    given.set_unusable_password()
    given.save()
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *said: hashed.append(said[0]) or encode(self, *said)
    )
    counts = []
    for name in ("marta", "nadie", "ida", "coda"):
        hashed.clear()
        enter(Client(), name, "otra cosa cualquiera")
        counts.append(len(hashed))
    assert counts == [1, 1, 1, 1]


def test_passwords_are_hashed_with_argon2id_in_nineteen_mebibytes():
    assert Argon2id().encode(PASSWORD, "s" * 16).startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_after_five_wrong_tries_the_account_waits_also_for_the_right_password():
    someone("marta", "committee")
    someone("otra", "committee")
    for _try in range(5):
        assert "no son correctas" in words(enter(Client(), "marta", "mal"))
    refused = enter(Client(), "MARTA")
    assert (refused.status_code, "Demasiados intentos" in words(refused)) == (200, True)
    assert enter(Client(), "otra").status_code == 302


def test_attempts_on_an_account_that_is_none_wait_just_the_same():
    for _try in range(5):
        enter(Client(), "nadie", "mal")
    assert "Demasiados intentos" in words(enter(Client(), "nadie", "mal"))


def test_what_was_tried_is_known_to_every_process_and_after_a_restart():
    """It stands in the database, not in a process."""
    enter(Client(), "nadie", "mal")
    assert (
        Remembered.objects.filter(cache_key__contains="login_failed").count() == 2
    )  # by address, by account
    assert not Remembered.objects.filter(value__contains="nadie").exists()
    assert cache.__class__.__name__ == "ConnectionProxy"


def test_one_address_may_fail_only_so_often():
    for number in range(30):
        enter(Client(), f"nadie{number}", "mal")
    someone("marta", "committee")
    assert "Demasiados intentos" in words(enter(Client(), "marta"))
    answer = Client(REMOTE_ADDR="192.0.2.7").post("/login/", {"username": "marta", "password": PASSWORD})
    assert answer.status_code == 302


def test_the_door_leads_nowhere_else():
    someone("marta", "committee")
    assert enter(Client(), "marta", next="https://example.org/")["Location"] == "/"
    assert enter(Client(), "marta", next="/sites/")["Location"] == "/sites/"


def test_a_session_is_kept_under_a_hash_with_its_content_sealed():
    someone("marta", "committee")
    client = entered("marta")
    cookie = client.cookies["sessionid"].value
    row = Session.objects.get()
    assert cookie not in (row.session_key, row.session_data)
    assert "marta" not in row.session_data
    assert (row.user.username, row.device) == ("marta", "")
    thief = Client()
    thief.cookies["sessionid"] = row.session_key
    assert thief.get("/").status_code == 302


def test_a_desk_is_left_for_half_an_hour_and_a_phone_of_the_field_for_a_shift():
    someone("marta", "committee")
    someone("delmira", "site_manager")
    desk, phone = entered("marta"), entered("delmira")
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=31))
    assert desk.get("/").status_code == 302
    assert phone.get("/").status_code == 200
    Session.objects.update(seen_at=timezone.now() - timedelta(hours=12, minutes=1))
    assert phone.get("/").status_code == 302


def test_no_session_outlasts_twelve_hours_however_busy():
    someone("delmira", "site_manager")
    client = entered("delmira")
    Session.objects.update(began_at=timezone.now() - timedelta(hours=12, minutes=1))
    assert client.get("/").status_code == 302
    assert not Session.objects.filter(user__isnull=False).exists()


def test_being_at_work_is_noted_at_most_once_a_minute(django_assert_num_queries):
    someone("marta", "committee")
    client = entered("marta")
    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    client.get("/account/")
    seen = Session.objects.get().seen_at
    assert timezone.now() - seen < timedelta(seconds=30)
    client.get("/account/")
    assert Session.objects.get().seen_at == seen


def test_a_changed_password_ends_the_sessions_on_every_other_device():
    someone("marta", "committee")
    here, there = entered("marta"), entered("marta")
    new = "otras cuatro palabras distintas"
    changed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password/", changed).status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert Session.objects.filter(user__isnull=False).count() == 1
    assert enter(Client(), "marta", new).status_code == 302


@pytest.mark.parametrize("password", ["corta", "amparo123456789", "Honduras20262026", "marta1234567890"])
def test_a_password_that_somebody_here_would_guess_is_refused(password):
    someone("marta", "committee")
    client = entered("marta")
    said = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = client.post("/account/password/", said)
    assert answer.status_code == 200
    assert User.objects.get(username="marta").check_password(PASSWORD)


def test_one_ends_a_session_of_ones_own_and_not_of_others():
    someone("marta", "committee")
    someone("otra", "committee")
    here, there, others = entered("marta"), entered("marta"), entered("otra")
    key = Session.objects.get(user__username="otra").session_key
    here.post("/account/session/", {"which": key})
    assert others.get("/account/").status_code == 200
    here.post("/account/session/", {})
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)


def test_what_has_expired_is_forgotten():
    someone("marta", "committee")
    entered("marta")
    assert forget_old_sessions() == 0
    Session.objects.update(expire_date=timezone.now())
    assert forget_old_sessions() >= 1
    assert not Session.objects.exists()


def test_a_browser_is_told_by_two_words():
    agent = "Mozilla/5.0 (Linux; Android 9; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"
    assert device_words(agent) == "Chrome, Android"
    assert device_words("curl/8") == ""


# --- what is sent when the session is over


def test_a_form_sent_after_the_session_ended_is_kept_and_comes_back():
    someone("marta", "national")
    client = entered("marta")
    Session.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    answer = client.post("/organisations/new/", {"name": "Cruz de Ejemplo", "kind": "ngo", "acronym": "CE"})
    kept = KeptForm.objects.get()
    assert answer["Location"] == f"/login/?next=/kept/{kept.uid}/"
    assert b"Cruz de Ejemplo" not in bytes(kept.content)
    assert "Lo que escribió está guardado" in client.get(answer["Location"]).content.decode()
    back = enter(client, "marta", next=f"/kept/{kept.uid}/")
    page = client.get(back["Location"]).content.decode()
    assert "Cruz de Ejemplo" in page
    sent = client.post(f"/kept/{kept.uid}/send/", {"name": "Cruz de Ejemplo", "kind": "ngo", "acronym": "CE"})
    assert (sent.status_code, sent["Location"]) == (307, "/organisations/new/")
    assert not KeptForm.objects.exists()


def test_what_somebody_typed_is_not_for_the_next_one_at_the_same_device():
    someone("marta", "national")
    someone("otra", "national")
    client = entered("marta")
    Session.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    client.post("/organisations/new/", {"name": "Cruz de Ejemplo"})
    enter(client, "otra")
    assert client.get(f"/kept/{KeptForm.objects.get().uid}/").status_code == 404


def test_a_password_is_never_kept():
    someone("marta", "national")
    client = entered("marta")
    Session.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": "x", "password2": "x"})
    client.cookies.pop("sessionid", None)
    assert not KeptForm.objects.exists()


def test_a_strangers_post_is_kept_nowhere():
    client = Client()
    client.cookies["sessionid"] = "nadie"
    client.post("/organisations/new/", {"name": "Cruz de Ejemplo"})
    assert not KeptForm.objects.exists()


# --- a code instead of a password by mail


def supervised() -> tuple[User, User]:
    body = Organisation.objects.create(name="Comité")
    return someone("jefa", "committee", member_of=body), someone("marta", member_of=body)


def test_a_code_lets_its_person_choose_a_password_once():
    by, user = supervised()
    there = entered("marta")
    code = give_code(user, by=by)
    assert there.get("/account/").status_code == 302
    assert enter(Client(), "marta").status_code == 200
    chosen = {"password": PASSWORD + "!", "again": PASSWORD + "!"}
    said = {"username": "marta", "code": code.lower().replace("-", " "), **chosen}
    client = Client()
    assert client.post("/login/code/", said)["Location"] == "/"
    assert client.get("/account/").status_code == 200
    again = Client().post("/login/code/", said)
    assert "ya no vale" in again.content.decode()
    assert not OneTimeCode.objects.exists()


def test_a_code_that_is_late_wrong_or_of_nobody_is_answered_alike():
    by, user = supervised()
    code = give_code(user, by=by)
    said = {"password": PASSWORD + "!", "again": PASSWORD + "!"}
    answers = [
        Client().post("/login/code/", {"username": "marta", "code": "AAAA-BBBB-CCCC", **said}),
        Client().post("/login/code/", {"username": "nadie", "code": "AAAA-BBBB-CCCC", **said}),
    ]
    OneTimeCode.objects.update(
        given_at=timezone.now() - timedelta(days=4), ends_at=timezone.now() - timedelta(days=1)
    )
    answers.append(Client().post("/login/code/", {"username": "marta", "code": code, **said}))
    told = {re.sub(r'value="[^"]*"', "", words(answer)) for answer in answers}
    assert len(told) == 1
    for _try in range(4):
        Client().post("/login/code/", {"username": "marta", "code": "AAAA-BBBB-CCCC", **said})
    refused = Client().post("/login/code/", {"username": "marta", "code": code, **said})
    assert "Demasiados intentos" in refused.content.decode()


# --- the second factor


@pytest.fixture
def obligatory(settings, home):
    settings.AMPARO_SECOND_FACTOR = True


def set_up(client: Client) -> str:
    """Put an application of codes; return its secret."""
    page = client.get("/account/second/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    assert (
        client.post("/account/second/app/", {"code": code_of(secret)})["Location"]
        == "/account/second/papers/"
    )
    return secret


def test_an_administrator_opens_nothing_until_a_second_factor_is_set(obligatory):
    someone("isaias", "administrator")
    client = entered("isaias")
    for address in ("/", "/health/", "/accounts/", "/phones/", "/organisations/"):
        assert client.get(address)["Location"] == "/account/second/", address
    assert "Hasta entonces no se abre nada más" in client.get("/account/second/").content.decode()
    set_up(client)
    papers = client.get("/account/second/papers/").content.decode()
    assert len(re.findall(r"<code>\d{4} \d{4}</code>", papers)) == 10
    assert client.get("/health/").status_code == 200
    assert "<code>" not in client.get("/account/second/papers/").content.decode()


def test_other_roles_are_not_stopped(obligatory):
    someone("marta", "committee")
    assert entered("marta").get("/").status_code == 200


def test_in_the_exercise_it_is_offered_and_the_page_says_so(obligatory, home):
    home.exercise.write_text("x")
    someone("isaias", "administrator")
    client = entered("isaias")
    assert client.get("/health/").status_code == 200
    assert "Esto es una práctica" in client.get("/account/second/").content.decode()


def test_with_it_a_password_alone_opens_nothing_and_a_code_opens_once():
    someone("isaias", "administrator")
    secret = set_up(entered("isaias"))
    client = Client()
    assert enter(client, "isaias")["Location"] == "/login/second/"
    assert client.get("/health/").status_code == 302
    code = code_of(secret, steps=1)
    assert client.post("/login/second/", {"code": code})["Location"] == "/health/"
    other = Client()
    enter(other, "isaias")
    assert "ya se usó" in other.post("/login/second/", {"code": code}).content.decode()


def test_guessing_codes_is_stopped_too():
    someone("isaias", "administrator")
    secret = set_up(entered("isaias"))
    client = Client()
    enter(client, "isaias")
    for _try in range(5):
        client.post("/login/second/", {"code": "000000"})
    assert "Demasiados intentos" in client.post("/login/second/", {"code": code_of(secret)}).content.decode()


def test_a_paper_code_opens_once():
    someone("isaias", "administrator")
    client = entered("isaias")
    set_up(client)
    paper = re.search(r"<code>(\d{4} \d{4})</code>", client.get("/account/second/papers/").content.decode())[
        1
    ]
    other = Client()
    enter(other, "isaias")
    assert other.post("/login/second/", {"code": paper})["Location"] == "/health/"
    third = Client()
    enter(third, "isaias")
    assert third.post("/login/second/", {"code": paper}).status_code == 200


def test_the_secret_of_a_second_factor_is_sealed():
    from allauth.mfa.models import Authenticator

    someone("isaias", "administrator")
    secret = set_up(entered("isaias"))
    assert all(secret not in str(row.data) for row in Authenticator.objects.all())


def test_whoever_must_have_one_cannot_take_the_last_away(obligatory):
    someone("isaias", "administrator")
    client = entered("isaias")
    set_up(client)
    assert "ponga otro antes" in client.post("/account/second/app/remove/").content.decode()
    assert client.get("/health/").status_code == 200


def test_what_is_delicate_asks_again_after_ten_minutes_and_goes_on_with_what_was_typed(monkeypatch):
    import time

    someone("marta", "national")
    client = entered("marta")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)
    typed = {"label": "Tablero", "permissions": ["sites.view"], "place": "", "days": "30"}
    asked = client.post("/account/tokens/new/", typed)
    assert asked["Location"].startswith("/account/again/?next=")
    shown = client.post(asked["Location"], {"password": PASSWORD, "next": "/account/tokens/new/"})
    assert "amparo_" in shown.content.decode()

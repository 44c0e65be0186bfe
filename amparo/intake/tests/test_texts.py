"""Text messages: durable first, only from the centre's own number, answered, and one report however often they come."""

import time
from hashlib import sha256

import pytest

from amparo.intake.actions.applying import retry
from amparo.intake.actions.receiving import content_of
from amparo.intake.actions.texts import ANSWERS, HOUR, _answer, take_texts
from amparo.intake.models import RawMessage
from amparo.intake.permissions import Intake
from amparo.intake.queries.messages import messages_visible_to
from amparo.intake.sms.gateways import Folder
from amparo.kernel.testing import person
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.testing import centre, machine

pytestmark = pytest.mark.django_db
NUMBER = "+50499990001"
WHOLE = "ALB 12 P 143 M 78 E 12 S 4 LM 2 LH 4 A 1716 C 0 U 3 LUZ SI"


@pytest.fixture
def site():
    return centre(code="ALB 12", phone="9999-0001", name="Escuela Inventada")


@pytest.fixture
def modem(tmp_path):
    return Modem(Folder(tmp_path / "sms"))


class Modem:
    """A folder that is filled and read as a modem's own program does."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.count = folder, 0
        (folder.root / "in").mkdir(parents=True)

    def bring(self, words: str | bytes, sender: str = NUMBER, at: str = "20261120_061200") -> list[str]:
        """A message comes and is taken; what was answered."""
        self.count += 1
        path = self.folder.root / "in" / f"IN{at}_{self.count:02}_{sender}_00.txt"
        path.write_bytes(words if isinstance(words, bytes) else words.encode())
        return self.take()

    def take(self) -> list[str]:
        take_texts(self.folder, by=machine())
        out = self.folder.root / "out"
        found = sorted(out.iterdir()) if out.is_dir() else []
        answers = [path.read_text(encoding="utf-8") for path in found]
        for path in found:
            path.unlink()
        return answers


def test_the_ten_figures_come_in_by_text_and_are_answered(site, modem):
    [answer] = modem.bring(WHOLE)
    message = RawMessage.objects.get()
    assert answer == f"Recibido ALB 12, folio {message.folio}: 10 cifras."
    assert (message.channel, message.state, message.site) == ("sms", "applied", site)
    batch = ObservationBatch.objects.get()
    assert (batch.source, batch.message) == ("sms", message.uid)
    assert "0001" in batch.source_name and "9999" not in batch.source_name
    assert WHOLE in content_of(message).decode()
    assert NUMBER.encode() not in bytes(message.content)
    assert not list((modem.folder.root / "in").iterdir())


def test_the_same_message_twice_is_one_report(site, modem):
    modem.bring(WHOLE)
    [answer] = modem.bring(WHOLE.lower().replace(" ", "  "), at="20261120_070500")
    assert answer.startswith("Ya lo teniamos")
    assert ObservationBatch.objects.count() == RawMessage.objects.count() == 1
    modem.bring(WHOLE, at="20261121_061200")
    assert ObservationBatch.objects.count() == 2  # the next day's


def test_a_figure_that_returns_to_what_it_was_is_a_new_one(site, modem):
    for hour, people in (("06", 143), ("12", 150), ("18", 143)):
        [answer] = modem.bring(f"ALB 12 P {people}", at=f"20261120_{hour}1200")
        assert answer.startswith("Recibido")
    assert list(ObservationBatch.objects.order_by("pk").values_list("told_at__hour", flat=True)) == [
        6,
        12,
        18,
    ]


def test_what_a_network_delivers_again_late_is_no_new_report(site, modem):
    modem.bring("ALB 12 P 143")
    modem.bring("ALB 12 P 150", at="20261120_121200")
    [answer] = modem.bring("ALB 12 P 143")
    assert answer.startswith("Ya lo teniamos")
    assert ObservationBatch.objects.count() == 2


def test_who_reports_for_two_centres_repeats_each_apart(site, modem):
    centre(code="ALB 13", phone=site.phone, name="Otra escuela inventada")
    modem.bring("ALB 12 P 143")
    modem.bring("ALB 13 P 20", at="20261120_061300")
    [answer] = modem.bring("ALB 12 P 143", at="20261120_061400")
    assert answer.startswith("Ya lo teniamos")
    assert ObservationBatch.objects.count() == 2


def test_no_row_shows_the_number_of_who_wrote(site, modem):
    modem.bring(WHOLE)
    named = RawMessage.objects.get().instance_id
    guesses = (
        sha256(words.encode()).hexdigest() for words in ("50499990001", "50499990001|2026-11-20|ALB 12")
    )
    assert not any(guess[:32] in named for guess in guesses)


@pytest.mark.parametrize("sender", ["4141", "+5041234"])
def test_a_short_number_is_kept_and_never_answered(site, modem, sender):
    assert modem.bring("Su saldo es 0", sender=sender) == []
    assert modem.bring("Su saldo es 0", sender=sender) == []
    assert RawMessage.objects.get().state == "waiting"


def test_a_name_is_never_answered(site, modem):
    _answer(modem.folder, "Banco 12345678", "Recibido")
    assert modem.take() == []


def test_a_stranger_is_told_once_a_day_that_a_person_will_look(site, modem):
    answers = [modem.bring(f"Estoy ocupado {turn}", sender="+50488887777") for turn in range(5)]
    assert [len(one) for one in answers] == [1, 0, 0, 0, 0]
    assert RawMessage.objects.count() == 5
    assert len(modem.bring("hola", sender="+50488886666")) == 1


def test_an_automatic_reply_ends_the_exchange_by_itself_and_what_came_is_taken(site, modem):
    answers = [modem.bring("No puedo contestar") for _turn in range(ANSWERS + 5)]
    assert [len(one) for one in answers] == [1] * ANSWERS + [0] * 5
    assert modem.bring(WHOLE) == []
    assert ObservationBatch.objects.count() == 1


def test_after_an_hour_a_number_is_answered_again(site, modem, monkeypatch):
    for _turn in range(ANSWERS + 1):
        modem.bring("No puedo contestar")
    later = time.time() + HOUR
    monkeypatch.setattr(time, "time", lambda: later)
    assert len(modem.bring("No puedo contestar")) == 1


@pytest.mark.parametrize("code", ["ALB 012", "Alb-0012", "alb_12", "ALB12"])
def test_a_centre_is_named_however_its_list_writes_the_code(modem, code):
    site = centre(code=code, phone="9999-0001", name="Escuela Inventada")
    [answer] = modem.bring("ALB 12 P 143")
    assert answer.startswith("Recibido")
    assert ObservationBatch.objects.get().site == site
    assert modem.bring(f"{code} P 150")[0].startswith("Recibido")


def test_two_centres_that_a_message_cannot_tell_apart_wait_for_a_person(site, modem):
    centre(code="ALB 012", phone=site.phone, name="Otra escuela inventada")
    modem.bring("ALB 012 P 143")
    assert RawMessage.objects.get().reason == "sms_several_centres"
    assert not ObservationBatch.objects.exists()


def test_an_unknown_number_waits_for_a_person_and_learns_nothing(site, modem):
    [known_code] = modem.bring(WHOLE, sender="+50488887777")
    [no_code] = modem.bring("ALB 99 P 3", sender="+50488887778")
    [nonsense] = modem.bring("hola", sender="+50488887779")
    assert known_code == no_code == nonsense
    assert not ObservationBatch.objects.exists()
    assert list(RawMessage.objects.order_by("pk").values_list("reason", flat=True)) == [
        "sms_unknown_number", "sms_unknown_centre", "sms_unknown_centre",
    ]  # fmt: skip


def test_once_the_number_is_written_down_the_message_goes_in(site, modem):
    modem.bring(WHOLE, sender="+50488887777")
    Site.objects.filter(pk=site.pk).update(phone="9999 0001 / 8888 7777")
    reviewer = person(Intake.REVIEW, scope=site.place.path)
    message = RawMessage.objects.get()
    assert list(messages_visible_to(reviewer)) == [message]
    retry([message], by=reviewer)
    [answer] = modem.take()
    assert answer.startswith("Recibido ALB 12")
    assert ObservationBatch.objects.get().told_at.day == 20


def test_a_neighbour_does_not_see_the_message(site, modem):
    modem.bring(WHOLE, sender="+50488887777")
    assert not messages_visible_to(person(Intake.REVIEW, scope="XXX/")).exists()


def test_what_cannot_be_is_asked_about_and_nothing_is_taken(site, modem):
    [answer] = modem.bring("ALB 12 P 143 M 200")
    assert "No se guardo ninguna cifra" in answer
    assert "200" in answer
    assert not ObservationBatch.objects.exists()
    assert RawMessage.objects.get().reason == "sms_asked"


def test_what_is_odd_is_asked_about_and_ok_takes_it(site, modem):
    modem.bring(WHOLE)
    [answer] = modem.bring("ALB 12 P 1430")
    assert "143" in answer and "OK" in answer
    [answer] = modem.bring("ALB 12 P 1430 OK")
    assert answer.startswith("Recibido")


def test_without_its_code_a_known_number_is_told_how_to_write(site, modem):
    [answer] = modem.bring("P 143")
    assert "codigo" in answer
    assert "ALB 12 P" in answer


def test_unknown_letters_are_answered_in_words_and_the_rest_is_taken(site, modem):
    [answer] = modem.bring("ALB 12 P 143 Q 5")
    assert 'No se conoce "Q 5"' in answer
    assert ObservationBatch.objects.get().rows == 1


def test_a_file_that_is_no_message_is_put_aside_and_stops_nothing(site, modem):
    (modem.folder.root / "in" / "LEAME.txt").write_text("hola")
    (modem.folder.root / "in" / f"IN20261120_061300_09_{NUMBER}_00.txt").write_text("")  # still being written
    [answer] = modem.bring(WHOLE.encode("utf-16"))
    assert answer.startswith("Recibido")
    assert [path.name for path in (modem.folder.root / "odd").iterdir()] == ["LEAME.txt"]


def test_a_closed_centre_reports_nothing(site, modem):
    Site.objects.filter(pk=site.pk).update(status=Site.Status.CLOSED)
    modem.bring(WHOLE)
    assert RawMessage.objects.get().reason == "sms_not_open"


def test_the_same_code_in_two_organisations_is_told_apart_by_the_number(site, modem):
    from amparo.kernel.testing import organisation

    centre(code="ALB 12", phone="2222-3333", holder=organisation(), name="Otra")
    modem.bring(WHOLE)
    assert ObservationBatch.objects.get().site == site

"""Text messages: durable first, only from the centre's own number, answered, and one report however often they come."""

import pytest

from amparo.intake.actions.applying import retry
from amparo.intake.actions.receiving import content_of
from amparo.intake.actions.texts import take_texts
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
    [answer] = modem.bring(WHOLE.lower().replace(" ", "  "))
    assert answer.startswith("Ya lo teniamos")
    assert ObservationBatch.objects.count() == RawMessage.objects.count() == 1
    modem.bring(WHOLE, at="20261121_061200")
    assert ObservationBatch.objects.count() == 2  # the next day's


def test_an_unknown_number_waits_for_a_person_and_learns_nothing(site, modem):
    [known_code] = modem.bring(WHOLE, sender="+50488887777")
    [no_code] = modem.bring("ALB 99 P 3", sender="+50488887777")
    [nonsense] = modem.bring("hola", sender="+50488887777")
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

"""The rehearsal, as an operator does it: back up, restore into an empty folder, verify, count."""

import pytest

from tests.installation import Installation, database_like

COUNTS = """
from amparo.intake.models import Form, RawMessage
from amparo.kernel.models import LedgerEntry, User
from amparo.places.models import Place
from amparo.sites.models import Observation, Site

def counts():
    counted = {str(model._meta): model.objects.count()
               for model in (Form, LedgerEntry, Observation, Place, RawMessage, Site, User)}
    return counted | {"names": sorted(Site.objects.values_list("name", flat=True))}
"""
LIVE = (
    COUNTS
    + """
taken = amparo("sites", "import", sys.argv[1], "--yes", "--json")
amparo("ledger", "verify", "--json")
answer({"counts": counts(), "report": amparo("backup", sys.argv[2], "--passphrase-file", sys.argv[3], "--json")})
"""
)
ELSEWHERE = (
    COUNTS
    + """
answer({"ledger": amparo("ledger", "verify", "--json"), "counts": counts(), "check": amparo("check", "--json")})
"""
)


@pytest.fixture(scope="module")
def rehearsal(prepared, tmp_path_factory):
    """A living installation, its backup on another disk, and what rose from it in an empty folder."""
    folder = tmp_path_factory.mktemp("rehearsal")
    (folder / "frase.txt").write_text("siete palabras que nadie adivina hoy\n", encoding="utf-8")
    (folder / "usb").mkdir()
    rows = [
        f"Escuela {number},San Pedro Sula,HN0501,15.{number},-88.{number},{number * 10}"
        for number in range(1, 31)
    ]
    text = "\n".join(["nombre,municipio,adm2_pcode,lat,lon,personas", *rows])
    (folder / "lista.csv").write_text(text, encoding="utf-8")
    with prepared.copy(folder / "home") as place:
        living = place.speak(LIVE, folder / "lista.csv", folder / "usb", folder / "frase.txt")
    backup = next((folder / "usb").iterdir())
    with database_like("") as empty_database:
        elsewhere = Installation(folder / "elsewhere", empty_database)
        elsewhere.typed("restore", backup, "--passphrase-file", folder / "frase.txt")
        yield living, elsewhere.speak(ELSEWHERE), elsewhere


def test_every_count_is_equal_in_the_empty_folder(rehearsal):
    living, risen, _place = rehearsal
    assert risen["counts"] == living["counts"]
    assert len(risen["counts"]["names"]) == 30


def test_the_ledger_verifies_there(rehearsal):
    _living, risen, _place = rehearsal
    assert risen["ledger"]["intact"]
    assert risen["ledger"]["entries"] > 0
    assert not [finding for finding in risen["check"] if not finding["ok"] and finding["level"] == "refuse"]


def test_a_restore_over_a_living_installation_is_refused_in_words(rehearsal, tmp_path):
    living, _risen, place = rehearsal
    (tmp_path / "frase.txt").write_text("siete palabras que nadie adivina hoy", encoding="utf-8")
    refused = place.typed(
        "restore", living["report"]["path"], "--passphrase-file", tmp_path / "frase.txt", code=1
    )
    assert "No se puede" in refused.stderr
    assert "Traceback" not in refused.stderr

"""The scripts of the pages that fill forms say only what the catalogue holds, and the old word for "saved" nowhere."""

import json
import re
from pathlib import Path

from amparo.intake.web import words

HOUSE = Path(__file__).resolve().parents[2]
SCRIPTS = HOUSE / "toolkit" / "assets" / "web"
PAGES = HOUSE / "briefing" / "templates" / "briefing"


def test_every_word_that_a_script_asks_for_is_there_and_no_other():
    asked = {
        name
        for script in SCRIPTS.glob("*.js")
        for name in re.findall(r"\bwords\.(\w+)", script.read_text(encoding="utf-8"))
    }
    by_state = {"log_in", "no_answer"}  # asked for by the state of the line
    assert asked | by_state == set(words.PAGE)


def test_every_word_of_the_form_by_others_has_ours():
    script = (SCRIPTS / "build.js").read_text(encoding="utf-8")
    listed = script[script.index("WORDS = [") : script.index("];", script.index("WORDS = ["))]
    texts = {json.loads(text) for text in re.findall(r'"(?:[^"\\]|\\.)*"', listed)} - {"label: "}
    assert texts | {"{n} questions with errors."} == set(words.FORM)


def test_the_last_button_never_speaks_of_drafts():
    for file in [*PAGES.glob("fill*.html"), HOUSE / "intake" / "web" / "words.py"]:
        assert "borrador" not in file.read_text(encoding="utf-8").lower()


def test_the_two_verbs_and_the_three_states_are_these():
    page = (PAGES / "fill.html").read_text(encoding="utf-8")
    assert '>{% translate "Terminé, enviar" %}</button>' in page
    assert '>{% translate "Seguir después" %}</button>' in page
    states = [str(text) for text in (words.SAVED, words.SENT, words.RECEIVED)]
    assert states == ["Guardado en este teléfono", "Enviado", "Recibido por la central (folio {folio})"]

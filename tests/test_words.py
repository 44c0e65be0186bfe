"""One concept, one word: no Spanish string of ours uses a word that the glossary has replaced."""

import re
from pathlib import Path

import pytest

from tools.messages import collect

# What is not said -> what is said instead, see docs/glossary.md. Each is a whole word, whatever its capitals.
INSTEAD = {
    "claves?": "contraseña; for keys of a file, nothing",
    "traer|traiga|tráigal[ao]s?": "importar",
    "zonas?": "municipio, lugar, dónde puede reportar",
    "sirven?|servir|servirá": "funcionan, alcanzan, valen",
    "situación": "estado",
    "permisos?": "cargo, dónde puede actuar",
    "registros?": "dato, entrada, fila",
    "ejercicio": "práctica",
    "devolver|devuelto|devuelva": "restaurar",
    "dispositivos?": "teléfono",
    "refugios?": "albergue",
    "baños?": "sanitario, ducha",
    "pendientes?": "espera a una persona, lo que falta",
    "clic|hacer click|dashboard|backup|email|e-mail|login|password|token|link": "a Spanish word",
}
# Places for values, and commands to type, are no words.
NO_WORDS = re.compile(r"%\(\w+\)[sd]|\{\w+\}|«amparo [^»]*»|\bamparo \w+ \w+")
# These say another thing with the same word.
MEANT = {
    "Comité, quejas y registro",  # the registration of people
}


@pytest.fixture(scope="module")
def spoken() -> list[tuple[str, str]]:
    """Every string that people read, with the file that says it first."""
    return [
        (text, message.locations[0][0])
        for message in collect()
        if message.id
        for text in (message.id if isinstance(message.id, tuple | list) else (message.id,))
        if text not in MEANT and "informe de situación" not in text.lower()
    ]


@pytest.mark.parametrize("words", INSTEAD)
def test_a_word_that_was_replaced_is_not_said(spoken, words):
    found = re.compile(rf"(?<![«\w-])(?:{words})(?![\w-])", re.IGNORECASE)
    wrong = sorted({f"{where}: {text}" for text, where in spoken if found.search(NO_WORDS.sub("", text))})
    assert not wrong, f"say {INSTEAD[words]}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("page", ["docs/quickstart.es.md"])
def test_the_spanish_pages_say_the_same_words(page):
    text = re.sub(r"```.*?```|`[^`]*`", "", Path(page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for words in INSTEAD:
        assert not re.findall(rf"(?<![\w-])(?:{words})(?![\w-])", text, re.IGNORECASE), words

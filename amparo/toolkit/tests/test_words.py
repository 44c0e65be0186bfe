"""Every word on a screen passes through translation. A bare word in a template fails here."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
TEMPLATES = sorted(HOUSE.glob("*/templates/**/*.html"))

# Names that are the same in every language.
NAMES = {"Amparo", "Android", "iPhone, iPad", "Windows", "English"}  # a language is named in itself

TRANSLATED = re.compile(r"{%\s*blocktranslate\b.*?%}.*?{%\s*endblocktranslate\s*%}", re.DOTALL)
DJANGO = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
SPOKEN = re.compile(r'(?:aria-label|title|placeholder|alt|data-l)="([^"]*)"')
LETTERS = re.compile(r"[^\W\d_]{2,}")


def bare_words(source: str) -> set[str]:
    """What would be shown or read aloud without having been translated."""
    rest = DJANGO.sub("\x00", TRANSLATED.sub("\x00", source))
    rest = re.sub(r"<!doctype[^>]*>|<script.*?</script>", "", rest, flags=re.DOTALL | re.IGNORECASE)
    rest = re.sub(r"<code>[^<]*</code>", " ", rest)  # what a person types is the same in every language
    rest = re.sub(r"&[a-z]+;", " ", rest)
    spoken = SPOKEN.findall(rest)
    shown = re.split(r"[\x00<>]", re.sub(r"<[^<>]*>", "\x00", rest))
    words = {re.sub(r"[\x00\s·/=.:()]+", " ", text).strip() for text in (*spoken, *shown)}
    return {text for text in words if LETTERS.search(text)} - NAMES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_template_holds_no_bare_word(path):
    assert bare_words(path.read_text()) == set()


def test_the_search_itself_finds_bare_words():
    assert bare_words('<p>Hola</p><a title="Ver">{% translate "Sí" %}</a>') == {"Hola", "Ver"}


def test_no_template_carries_its_own_style_or_script():
    for path in TEMPLATES:
        text = path.read_text()
        assert "<style" not in text, path
        assert " style=" not in text, path
        assert " onclick" not in text, path

"""The documents say what is there: links lead somewhere, commands and names exist, every model is in the register."""

import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from django.apps import apps

from amparo.config.cli.commands import amparo
from tools import pictures

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])
UNITS = sorted((DOCS / "examples" / "systemd").glob("*.service"))
WRITTEN_BY_A_TOOL = {DOCS / "benchmarks.md"}  # `make bench` makes it; a checkout may not have measured yet

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"""(?:\]\(|src=")([^)"\s]+)""")
CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|bin/)(amparo [a-z].*)$")  # as it is typed, or at the end of a longer command
PATH = re.compile(r"(?:amparo|tests|benchmarks|docs|tools)/[\w./-]+")
NAME = re.compile(r"amparo(?:\.\w+)+(?<!\.sqlite3)(?<!\.service)")


def pages(*, but: frozenset[str] = frozenset()) -> list[Path]:
    return [page for page in PAGES if page.name not in but]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in its address."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_inside_the_house_leads_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if "://" in target:
            continue
        path, _hash, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if to in WRITTEN_BY_A_TOOL and not to.exists():
            continue
        assert to.exists(), f"{named(page)} leads to {target}"
        if anchor:
            assert anchor in anchors(to), f"{named(page)} leads to {target}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    for code in CODE.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        for path in PATH.findall(code):
            if code.startswith(path) and "NAME" not in code:
                assert (ROOT / path).exists(), f"{named(page)} names {path}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_python_name_that_is_told_exists(page: Path) -> None:
    for code in CODE.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if NAME.fullmatch(code):
            assert resolves(code), f"{named(page)} names {code}"


def resolves(name: str) -> bool:
    """Whether a dotted name is a module of ours or something within one."""
    module, found = name, ""
    while module:
        try:
            thing = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _dot, last = module.rpartition(".")
            found = f"{last}.{found}" if found else last
            continue
        for part in filter(None, found.split(".")):
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


def test_the_floors_are_those_that_imports_are_held_to() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    floors = [floor for layer in contract["layers"] for floor in layer.split(" | ")]
    page = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("## Rooms")[0]
    assert re.findall(r"^\| `amparo\.(\w+)` \|", page, re.MULTILINE) == floors


# --- commands


def told_commands(page: Path) -> Iterator[str]:
    """Every `amparo ...` that a page tells its reader to type."""
    text = page.read_text(encoding="utf-8")
    blocks = [text] if page.suffix != ".md" else [block for _language, block in BLOCK.findall(text)]
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            if found := COMMAND.search(line.partition("  #")[0]):
                yield found[1]
    for code in CODE.findall(BLOCK.sub("", text)) if page.suffix == ".md" else ():
        if found := COMMAND.search(code):
            yield found[1]


def follow(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that these words lead to, and what is left of them. Raises KeyError for one that is not there."""
    command: click.Command = amparo
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts if name.startswith("--")}


@pytest.mark.parametrize("page", [*PAGES, *UNITS], ids=named)
def test_every_command_that_is_told_exists_with_its_options(page: Path) -> None:
    for told in told_commands(page):
        try:
            command, rest = follow(shlex.split(told)[1:])
        except KeyError as missing:
            pytest.fail(f"{named(page)}: «{told}»: there is no {missing}")
        used = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert used <= options(command) | {"--help"}, f"{named(page)}: «{told}»"


def every_command(group: click.Group = amparo, before: str = "amparo") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


@pytest.mark.parametrize(
    ("name", "command"), every_command(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_the_list_of_commands_has_each_with_its_options(name: str, command: click.Command) -> None:
    sections = re.split(r"^### ", (DOCS / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    own = [section for section in sections if re.match(rf"{re.escape(name)}(?: [A-Z\[]|\n)", section)]
    assert len(own) == 1, f"docs/commands.md has {name} {len(own)} times"
    for option in options(command):
        assert f"{option}`" in own[0] or f"{option} " in own[0], f"docs/commands.md: {name} {option}"


# --- the register and the decisions


def test_every_model_stands_in_the_register_with_its_class() -> None:
    register = (DOCS / "data-protection.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+\.\w+)` \| (\w+)", register, re.MULTILINE))
    kept = {
        model._meta.label: str(model.data_class)  # type: ignore[attr-defined]
        for model in apps.get_models()
        if model.__module__.startswith("amparo.")
    }
    assert told == kept


def test_every_decision_stands_in_the_list_and_has_its_four_parts() -> None:
    index = (DOCS / "adr" / "README.md").read_text(encoding="utf-8")
    decisions = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert [path.name for path in decisions] == re.findall(r"\((\d{4}-[\w-]+\.md)\)", index)
    for number, path in enumerate(decisions, start=1):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {number:04}. ")
        parts = re.findall(r"^## ([A-Z]\w+(?: would change our mind)?)", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "What would change our mind"], path.name


def test_every_decision_that_the_code_names_is_there() -> None:
    numbers = {path.name[:4] for path in (DOCS / "adr").glob("[0-9]*.md")}
    for path in (ROOT / "amparo").rglob("*.py"):
        for number in re.findall(r"ADR (\d{4})", path.read_text(encoding="utf-8")):
            assert number in numbers, f"{path.relative_to(ROOT)} names ADR {number}"


# --- the guides


def catalogue() -> dict[str, str]:
    """The words of the screen in Spanish, with their English."""
    with (ROOT / "amparo" / "locale" / "en" / "LC_MESSAGES" / "django.po").open("rb") as file:
        pairs = [(message.id, message.string) for message in read_po(file) if message.id]
    flat = [(one, other) if isinstance(one, str) else (one[0], other[0]) for one, other in pairs]
    return {" ".join(one.split()): " ".join(other.split()) for one, other in flat}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if re.search(r"\.(es|en)\.md$", page.name)], ids=named
)
def test_the_words_in_bold_stand_on_the_screen(page: Path) -> None:
    words = catalogue()
    known = set(words) if page.name.endswith(".es.md") else set(words.values())
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    told = [" ".join(bold.split()) for bold in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)]
    assert [bold for bold in told if bold not in known] == []


def test_each_guide_is_told_in_both_languages_with_the_same_parts() -> None:
    for spanish in DOCS.rglob("*.es.md"):
        english = spanish.with_name(spanish.name.replace(".es.", ".en."))
        counted = [
            (re.findall(r"^#+", text, re.MULTILINE), len(re.findall(r"\.png", text)))
            for text in (spanish.read_text(encoding="utf-8"), english.read_text(encoding="utf-8"))
        ]
        assert counted[0] == counted[1], named(spanish)


def test_each_picture_is_made_by_the_exercise_is_named_by_a_page_and_is_small() -> None:
    there = {path.name for path in (DOCS / "pictures").iterdir()}
    told = {target for page in PAGES for target in LINK.findall(page.read_text(encoding="utf-8"))}
    assert there == set(pictures.names()) == {Path(target).name for target in told if target.endswith(".png")}
    for path in (DOCS / "pictures").iterdir():
        assert path.stat().st_size < 120 * 1024, path.name


# --- the examples of the quick start


@pytest.mark.django_db
def test_the_examples_of_the_quick_start_are_read_as_it_says() -> None:
    from amparo.intake.actions.sheets import apply_assessments, apply_sites, read_sheet
    from amparo.intake.testing import machine
    from amparo.places.actions import load_gazetteer

    by = machine()
    load_gazetteer(by=by)
    holder = by.organisation
    reading = read_sheet(DOCS / "examples" / "albergues.csv", mapping="sites", by=by)
    listed = apply_sites(reading, by=by, holder=holder)
    assert (listed.rows, listed.placed, listed.review) == (5, 4, 1)
    assert apply_sites(reading, by=by, holder=holder).changed == 0

    guide = str(DOCS / "examples" / "evaluaciones.toml")
    reading = read_sheet(DOCS / "examples" / "evaluaciones.csv", mapping=guide, by=by)
    told = apply_assessments(reading, by=by, holder=holder)
    assert (told.sites.created, reading.problems, told.flagged) == (0, [], [])
    persons = [seen for seen in reading.facts[2].observations if seen.indicator == "persons"]
    assert [(seen.low, seen.high) for seen in persons] == [(60, 70)]
    assert "litres_person_day" not in {seen.indicator for seen in reading.facts[2].observations}

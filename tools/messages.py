"""Keep the English catalogue complete. Spanish is the language of the source, so Spanish cannot be missing.

python tools/messages.py update    add new strings to the catalogue, drop those no longer used
python tools/messages.py check     fail on a string without English, a stale or fuzzy one, or lost placeholders
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "amparo/locale/en/LC_MESSAGES/django.po"
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
# A brace after "$" is the syntax of forms (${question}), not a placeholder.
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|(?<!\$)\{\w*\}")

Found = tuple[str | tuple[str, str], str, int]


def from_python(path: Path) -> Iterator[Found]:
    """Every string handed to gettext in a Python file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in SINGULAR and len(node.args) == 1 and texts:
            yield texts[0], str(path.relative_to(ROOT)), node.lineno
        elif name in PLURAL and len(texts) >= 2:
            yield (texts[0], texts[1]), str(path.relative_to(ROOT)), node.lineno


def from_template(path: Path) -> Iterator[Found]:
    """Every string of the translate tags and _() expressions of a template, as Django itself will ask for them."""
    from django.template import Engine, engines
    from django.template.base import FilterExpression, NodeList, Template, Variable
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    engine: Engine = engines["django"].engine
    template = Template(path.read_text(encoding="utf-8"), engine=engine)
    name = str(path.relative_to(ROOT))

    def expressions(value: object) -> Iterator[FilterExpression]:
        if isinstance(value, FilterExpression):
            yield value
        elif isinstance(value, list | tuple):
            for item in value:
                yield from expressions(item)
        elif isinstance(value, dict):
            yield from expressions(list(value.values()))

    def walk(nodes: object) -> Iterator[Found]:
        for node in nodes:  # type: ignore[attr-defined]
            line = getattr(getattr(node, "token", None), "lineno", 0) or 0
            if isinstance(node, BlockTranslateNode):
                singular = node.render_token_list(node.singular)[0]
                if node.trimmed:
                    singular = " ".join(part.strip() for part in singular.strip().split("\n") if part.strip())
                if node.plural and node.countervar:
                    plural = node.render_token_list(node.plural)[0]
                    if node.trimmed:
                        plural = " ".join(part.strip() for part in plural.strip().split("\n") if part.strip())
                    yield (singular, plural), name, line
                else:
                    yield singular, name, line
                continue
            if isinstance(node, TranslateNode):
                text = node.filter_expression.var
                if isinstance(text, str):
                    yield str(text), name, line
                else:
                    literal = getattr(text, "literal", None)
                    if isinstance(literal, str):
                        yield literal, name, line
                continue
            for value in vars(node).values():
                for expression in expressions(value):
                    for variable in (expression.var, *(a for _, args in expression.filters for t, a in args)):
                        if isinstance(variable, Variable) and variable.translate:
                            yield str(variable.literal), name, line
            for attribute in (
                "nodelist",
                "nodelist_loop",
                "nodelist_empty",
                "nodelist_true",
                "nodelist_false",
            ):
                inner = getattr(node, attribute, None)
                if isinstance(inner, NodeList):
                    yield from walk(inner)
            for _condition, inner in getattr(node, "conditions_nodelists", ()):
                yield from walk(inner)
            for inner in (
                getattr(node, "blocks", {}).values()
                if isinstance(getattr(node, "blocks", None), dict)
                else ()
            ):
                yield from walk(inner.nodelist)

    yield from walk(template.nodelist)


def collect() -> Catalog:
    catalogue = Catalog(
        locale="en",
        domain="django",
        charset="utf-8",
        fuzzy=False,
        project="Amparo",
        copyright_holder="Amparo",
    )
    sources = sorted((ROOT / "amparo").rglob("*.py"))
    for path in sources:
        if "tests" not in path.parts and "migrations" not in path.parts:
            for text, name, line in from_python(path):
                catalogue.add(text, locations=[(name, line)])
    for path in sorted((ROOT / "amparo").rglob("templates/**/*.html")):
        for text, name, line in from_template(path):
            catalogue.add(text, locations=[(name, line)])
    return catalogue


def stored() -> Catalog:
    if not CATALOGUE.is_file():
        return Catalog(locale="en", domain="django", charset="utf-8")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en", domain="django")


def update() -> int:
    wanted, known = collect(), stored()
    for message in wanted:
        if message.id and (old := known.get(message.id)) is not None:
            message.string = old.string
    for line in sys.stdin if not sys.stdin.isatty() else ():
        spanish, separator, english = line.rstrip("\n").partition(" ||| ")
        message = wanted.get(spanish.replace("\\n", "\n")) if separator else None
        if message is not None and not message.pluralizable:
            message.string = english.replace("\\n", "\n")
    for message in wanted:
        message.locations = sorted({(name, 0) for name, _line in message.locations})
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, wanted, width=110, sort_output=True, omit_header=False, include_lineno=False)
    return 0


def _translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _placeholders(text: object) -> list[set[str]]:
    texts = text if isinstance(text, tuple | list) else (text,)
    return [set(PLACEHOLDER.findall(each)) for each in texts]


def check() -> int:
    wanted, known = collect(), stored()
    problems = []
    for message in wanted:
        if not message.id:
            continue
        old = known.get(message.id)
        where = ", ".join(sorted({name for name, _line in message.locations})[:3])
        if old is None or not _translated(old):
            problems.append(f"no English: {message.id!r} ({where})")
        elif old.fuzzy:
            problems.append(f"fuzzy: {message.id!r}")
        elif set().union(*_placeholders(message.id)) != set().union(*_placeholders(old.string)):
            problems.append(f"placeholders differ: {message.id!r}")
    used = {message.id for message in wanted}
    problems += [f"no longer used: {old.id!r}" for old in known if old.id and old.id not in used]
    for problem in problems:
        print(problem)
    print(f"{len(used) - 1} strings, {len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.config.settings")
    os.environ.setdefault("AMPARO_TESTING", "1")
    import django

    django.setup()
    sys.exit({"update": update, "check": check}[sys.argv[1]]())

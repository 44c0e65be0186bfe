"""The shape of the code, kept by tests. If one of these fails, the code moved, not the test."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model

from amparo.kernel.classes import DataClass

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = CHECKOUT / "amparo"
SOURCES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if not {"migrations", "tests"} & set(path.parts) and path.name != "testing.py"
)
CODE = [
    *(
        path
        for folder in ("amparo", "tests", "benchmarks", "tools")
        for path in (CHECKOUT / folder).rglob("*")
    ),
    *CHECKOUT.glob("*.py"),
    CHECKOUT / "Makefile",
]

# What the libraries bring. Every other model says its own class.
OTHERS = {
    "auth.Group": DataClass.INTERNAL,
    "auth.Permission": DataClass.INTERNAL,
    "contenttypes.ContentType": DataClass.INTERNAL,
    "account.EmailAddress": DataClass.PERSONAL,  # allauth's; stays empty: nobody gives an e-mail to log in
    "account.EmailConfirmation": DataClass.PERSONAL,  # empty too
    "mfa.Authenticator": DataClass.PERSONAL,
    "django_tasks_database.DBTaskResult": DataClass.INTERNAL,
}

WRITES = {
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "save",
    "update",
    "delete",
}
SQL = re.compile(
    r"\b(INSERT INTO|UPDATE \w+ SET|DELETE FROM|REPLACE INTO|DROP TABLE|TRUNCATE|ALTER TABLE|CREATE TABLE)\b",
    re.I,
)
# The doors that are not actions, each with its reason.
DOORS = {
    "kernel/ledger.py": "actions write their entries through it; sealing and erasing are its own",
    "kernel/jobs.py": "leases and taken-back jobs are no records",
    "kernel/snapshot.py": "a backup is written and read back as it was",
    "kernel/narrow.py": "how rows of numbers go into a database; the action says which and where",
    "config/installation.py": "the first account, before anybody can act",
    "crises/subscribers.py": "crises follow a place inside the action that merges it",
    "parties/subscribers.py": "keys and links follow a place inside the action that moves it",
    "parties/sessions.py": "Django's own way of keeping a session, in our table",
    "sites/subscribers.py": "sites follow a place inside the action that moves it",
}


@cache
def layers() -> list[str]:
    """The modules from the ground up, as import-linter keeps them."""
    rules = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return rules["contracts"][0]["layers"][::-1]


def module_of(model: type[Model]) -> str:
    return model.__module__.split(".")[1]


def ours() -> list[type[Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("amparo.")
    ]


def test_foreign_keys_point_downward():
    """import-linter cannot see references by name, so ask Django."""
    for model in ours():
        for field in model._meta.get_fields():
            target = field.related_model
            if field.concrete and target in ours():
                assert layers().index(module_of(target)) <= layers().index(module_of(model)), (
                    f"{model} {field.name}"
                )


def test_every_model_says_how_sensitive_it_is():
    for model in apps.get_models():
        if model in ours():
            assert isinstance(getattr(model, "data_class", None), DataClass), model
            assert "data_class" in vars(model), f"{model} takes its class from another"
    named = {model._meta.label for model in apps.get_models() if model not in ours()}
    assert named == set(OTHERS), "say in OTHERS how sensitive the new library's table is"


def written_in(path: Path) -> list[str]:
    """Calls that write to the database, and SQL that would."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            owner, given = ast.unparse(node.func.value), bool(node.args)
            a_dict_or_file = node.func.attr in ("update", "save", "delete") and given
            hands_on = owner.endswith("resource")  # a Resource's own create: the module's action
            if "objects" in owner or not (
                a_dict_or_file or hands_on or owner.startswith(("super", "self._hash", "bar"))
            ):
                found.append(f"{node.lineno}: {ast.unparse(node.func)}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            found.append(f"{node.lineno}: {node.value.strip()[:60]}")
    return found


def is_an_action(path: Path) -> bool:
    return "actions" in path.relative_to(PACKAGE).parts or path.name == "actions.py"


def test_only_actions_write():
    writing = {
        str(path.relative_to(PACKAGE)): written
        for path in SOURCES
        if not is_an_action(path) and (written := written_in(path))
    }
    assert set(writing) - set(DOORS) == set(), writing
    assert set(DOORS) - set(writing) == set(), "a door that nobody uses"


def test_queries_and_views_ask_and_do_not_write():
    """The same by name, so that a door is never opened among the questions."""
    assert not [name for name in DOORS if re.search(r"\b(queries|views|screens|forms|models)\b", name)]


def test_nothing_prints_but_the_command_line():
    for path in SOURCES:
        if path.relative_to(PACKAGE).parts[:2] in {("config", "cli"), ("config", "serving.py")}:
            continue
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
        assert not [one.lineno for one in calls if ast.unparse(one.func) == "print"], path


def test_nothing_is_left_to_do_later():
    mark = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")) + r")\b(?!:? DataClass)")
    texts = [
        path for path in CODE if path.suffix in {".py", ".toml", ".html", ".css", ".js", ".typ", ".csv", ""}
    ]
    for path in texts:
        if path.is_file() and "static" not in path.parts:
            assert not mark.search(path.read_text(encoding="utf-8")), path


def test_there_is_no_drawer_for_odds_and_ends():
    names = {"utils", "helpers", "common", "manager", "managers", "service", "services", "misc"}
    assert not [path for path in PACKAGE.rglob("*.py") if path.stem in names or path.parent.name in names]


# --- migrations


@pytest.fixture
def scratch(tmp_path, django_db_blocker):
    """An empty SQLite database beside the suite's own."""
    with django_db_blocker.unblock():
        connections.databases["scratch"] = {
            **connections.databases["default"],
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(tmp_path / "scratch.sqlite3"),
            "OPTIONS": {"init_command": "PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"},
            "CONN_HEALTH_CHECKS": False,
        }
        connection = connections["scratch"]
        try:
            yield connection
        finally:
            connection.close()
            del connections.databases["scratch"]
            delattr(connections._connections, "scratch")


def tables(connection) -> dict[str, str]:
    with connection.cursor() as cursor:
        rows = cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        )
        return {name: " ".join(sql.split()) for name, sql in rows}


def migrated(connection, targets) -> None:
    MigrationExecutor(connection).migrate(targets)


def test_migrations_go_back_to_nothing_and_forward_to_the_same(scratch):
    leaves = MigrationExecutor(scratch).loader.graph.leaf_nodes()
    newest = [(app, name) for app, name in leaves if app in layers()]
    migrated(scratch, newest)
    built = tables(scratch)
    assert "WITHOUT ROWID" in built["sites_observation"]

    migrated(scratch, [(app, None) for app, _name in newest])
    assert not [name for name in tables(scratch) if name.startswith(tuple(layers()))]

    migrated(scratch, newest)
    assert tables(scratch) == built

"""The database as it stood at one moment, taken out to files and put back; for backups.

SQLite is copied whole by its online backup. PostgreSQL is read table by table inside one transaction and
loaded into the tables that the same migrations make. Neither stops those who are writing.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from amparo.kernel import disk
from amparo.kernel.models import LedgerOrigin, LedgerSeal
from amparo.kernel.refusals import Refused

# Told what is being done, in words, and which share of it (0 to 1) is done.
Progress = Callable[[str, float], None]
Node = tuple[str, str]

TABLES = "tables"
PAGES_A_STEP = 4096
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Facts:
    """What is known of a snapshot: rows per table, migrations (`app.name`), newest seals and last numbers of
    the ledger; for PostgreSQL the columns of each table's file and where its sequences stand.
    """

    vendor: str
    rows: dict[str, int]
    migrations: list[str]
    heads: list[dict[str, Any]]
    counters: dict[str, int]
    columns: dict[str, list[str]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """Files by their name in the backup, and the facts about them."""

    parts: dict[str, Path]
    facts: Facts


class Broken(Exception):
    """What was put back is not what was taken out."""


def take(workspace: Path, told: Progress) -> Snapshot:
    """Copy the database, consistent as of one moment, into `workspace`. Raises `Refused`."""
    if connection.vendor == "postgresql":
        return _take_postgres(workspace, told)
    return _take_sqlite(workspace, told)


def is_newer(facts: Facts) -> bool:
    """Whether the snapshot was taken by a version with migrations that this one does not have."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return any(_node(name) not in known for name in facts.migrations)


def check_sqlite(database: Path, facts: Facts, told: Progress) -> None:
    """Read a restored database file from end to end. Raises `Broken`."""
    told(_("Revisando la base de datos"), 0)
    with closing(sqlite3.connect(database)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",) or _count(copy) != facts.rows:
            raise Broken
    told(_("Revisando la base de datos"), 1)


def require_no_tables() -> None:
    """Refuse to load into a PostgreSQL database that somebody uses."""
    if connection.introspection.table_names():
        raise Refused("database_not_empty", _("La base de datos ya tiene tablas. Restaure en una vacía."))


def load_postgres(folder: Path, facts: Facts, told: Progress) -> None:
    """Make the tables by the snapshot's own migrations and fill them, inside the caller's transaction."""
    words = _("Cargando la base de datos")
    with connection.cursor() as cursor:
        # A migration that fills a table and one that alters it share this transaction: no check may stay
        # pending.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        executor = MigrationExecutor(connection)
        executor.migrate(_last_of_each_app(executor, [_node(name) for name in facts.migrations]))
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        tables = sorted(facts.columns)
        cursor.execute(f"TRUNCATE {', '.join(map(_quoted, tables))}")
        for number, table in enumerate(tables):
            told(words, number / len(tables))
            path = folder / TABLES / f"{table}.copy"
            with (
                path.open("rb") as file,
                cursor.copy(_copy(table, facts.columns[table], "FROM STDIN")) as copy,
            ):
                while block := file.read(BLOCK):
                    copy.write(block)
            if cursor.rowcount != facts.rows[table]:
                raise Broken
        for name, last in facts.sequences.items():
            cursor.execute("SELECT setval(%s, %s)", [_quoted(name), last])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    shutil.rmtree(folder / TABLES)
    told(words, 1)


def _take_sqlite(workspace: Path, told: Progress) -> Snapshot:
    origin = Path(str(connection.settings_dict["NAME"]))
    if disk.free_bytes(workspace) < origin.stat().st_size + disk.CRITICAL_BYTES:
        raise disk.full()
    path = workspace / settings.HOME.database.name
    address = f"file:{quote(str(origin))}?mode=ro"
    words = _("Copiando la base de datos")
    with (
        closing(sqlite3.connect(address, uri=True, timeout=20, isolation_level=None)) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # here the moment is fixed
        copy.execute("PRAGMA synchronous=OFF")
        source.backup(
            copy,
            pages=PAGES_A_STEP,
            progress=lambda _code, left, total: told(words, 1 - left / max(total, 1)),
        )
    words = _("Revisando la copia")
    told(words, 0)
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Refused(
                "damaged_database", _("La base de datos está dañada. Guarde los respaldos anteriores.")
            )
        facts = _facts(lambda query: copy.execute(query).fetchall(), vendor="sqlite", rows=_count(copy))
    told(words, 1)
    return Snapshot({path.name: path}, facts)


def _take_postgres(workspace: Path, told: Progress) -> Snapshot:
    words = _("Copiando la base de datos")
    session = connection.copy()  # a connection of its own: the caller may be inside a transaction
    rows: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    parts: dict[str, Path] = {}
    try:
        session.ensure_connection()
        with session.connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            tables = cursor.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
            ).fetchall()
            for number, (table,) in enumerate(tables):
                told(words, number / len(tables))
                names = cursor.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
                    " AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
                    [table],
                ).fetchall()
                columns[table] = [name for (name,) in names]
                path = workspace / f"{number}.copy"
                with path.open("wb") as file, cursor.copy(_copy(table, columns[table], "TO STDOUT")) as copy:
                    for block in copy:
                        file.write(block)
                rows[table] = cursor.rowcount
                parts[f"{TABLES}/{table}.copy"] = path
            sequences = cursor.execute(
                "SELECT sequencename, last_value FROM pg_sequences"
                " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
            ).fetchall()
            facts = _facts(
                lambda query: cursor.execute(query).fetchall(),
                vendor="postgresql",
                rows=rows,
                columns=columns,
                sequences=dict(sequences),
            )
            cursor.execute("COMMIT")
    finally:
        session.close()
    told(words, 1)
    return Snapshot(parts, facts)


def _facts(run: Callable[[str], list[Any]], **known: Any) -> Facts:
    seals, origins = LedgerSeal._meta.db_table, LedgerOrigin._meta.db_table
    heads = run(
        f"SELECT o.name, s.organisation_id, s.entry_class, s.position, s.uid, s.hash FROM {seals} s"  # noqa: S608
        f" JOIN {origins} o ON o.id = s.origin_id WHERE s.id IN"
        f" (SELECT max(id) FROM {seals} GROUP BY origin_id, organisation_id, entry_class) ORDER BY s.id"
    )
    return Facts(
        migrations=[
            f"{app}.{name}" for app, name in run("SELECT app, name FROM django_migrations ORDER BY app, name")
        ],
        heads=[
            {
                "origin": origin,
                "organisation": organisation,
                "class": entry_class,
                "position": position,
                "seal": str(uid).replace("-", ""),
                "hash": bytes(digest).hex(),
            }
            for origin, organisation, entry_class, position, uid, digest in heads
        ],
        counters=dict(run(f"SELECT name, counter FROM {origins} ORDER BY id")),  # noqa: S608
        **known,
    )


def _count(database: sqlite3.Connection) -> dict[str, int]:
    counts = {}
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    for (table,) in tables:
        (counts[table],) = database.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()  # noqa: S608
    return counts


def _last_of_each_app(executor: MigrationExecutor, wanted: list[Node]) -> list[Node]:
    """The targets from which the executor finds all of `wanted`; an earlier one would make it go back."""
    followed = {
        parent.key
        for node in wanted
        for parent in executor.loader.graph.node_map[node].parents
        if parent.key[0] == node[0]
    }
    return sorted(set(wanted) - followed)


def _node(name: str) -> Node:
    app, _dot, migration = name.partition(".")
    return app, migration


def _copy(table: str, columns: list[str], direction: str) -> str:
    return f"COPY {_quoted(table)} ({', '.join(map(_quoted, columns))}) {direction}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

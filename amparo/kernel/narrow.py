"""A table for tens of millions of small rows: on SQLite clustered by its primary key, without a row id."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.migrations.operations import CreateModel

TOGETHER = 10_000


def write_narrow(
    table: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], conflict: str
) -> None:
    """Insert many rows of numbers; `conflict` says what becomes of one that is there ("DO NOTHING").

    `columns`: name -> PostgreSQL type. There a statement for each row is slow, so that arrays go over, ten thousand
    rows at a time; `conflict` may then not touch a row twice, so no two rows have one key. On SQLite a prepared
    statement for each row is the fast way.
    """
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT {conflict}", rows)  # noqa: S608
            return
        arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT {conflict}"  # noqa: S608
        made = [float if kind == "float8" else int for kind in columns.values()]  # a list is of one type
        for start in range(0, len(rows), TOGETHER):
            told = zip(*rows[start : start + TOGETHER], strict=True)
            cursor.execute(statement, [list(map(of, column)) for of, column in zip(made, told, strict=True)])


class CreateNarrowModel(CreateModel):
    """CreateModel whose SQLite table is WITHOUT ROWID: rows lie in key order and are stored once (ADR 0005).

    Constraints must stand in the model's options: SQLite would remake the table, with row ids, to add one later. The
    key's columns must come first: SQLite's own integrity check (3.40) sees nulls that are not there otherwise.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            sql, parameters = schema_editor.table_sql(model)
            schema_editor.execute(f"{sql} WITHOUT ROWID", parameters or None)

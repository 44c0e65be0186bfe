"""A table for tens of millions of small rows: on SQLite clustered by its primary key, without a row id."""

from typing import Any

from django.db.migrations.operations import CreateModel


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

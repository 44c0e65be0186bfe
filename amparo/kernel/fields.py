"""Fields that behave the same on SQLite and PostgreSQL."""

from typing import Any

from django.db import models


class PathField(models.CharField):
    """A tree path such as `HND/HN08/HN0801/`: every segment ends in "/", compared byte by byte.

    Byte order makes a subtree a half-open range (see `subtree`), which both databases answer from the index;
    `startswith` would scan the table and is case-blind on SQLite.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs

    def db_parameters(self, connection: Any) -> dict:
        parameters = super().db_parameters(connection)
        parameters["collation"] = "C" if connection.vendor == "postgresql" else "BINARY"
        return parameters


def subtree(path: str) -> tuple[str, str]:
    """The half-open range [low, high) that holds `path` and everything below it; "" is everything."""
    if path == "":
        return "", "\U0010ffff"
    if not path.endswith("/"):
        raise ValueError("a path ends in /")
    return path, path[:-1] + "0"  # "0" is the character after "/"

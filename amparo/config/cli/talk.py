"""How the command line speaks: words for people, JSON for machines, progress where it takes time."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar

import click
from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from amparo.kernel.actions import console as console_account
from amparo.kernel.disk import is_disk_full
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.kernel.turns import is_busy

out = Console()
err = Console(stderr=True)
T = TypeVar("T")


def in_words(command: click.Command) -> int:
    """Run the command line; a refusal is told in words and ends with 1, never a stack trace."""
    try:
        command.main(standalone_mode=False)
    except click.exceptions.Abort:
        err.print(_("Cancelado. No se cambió nada."))
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as end:
        return end.exit_code
    except Refused as refusal:
        err.print(f"[bold]{_('No se puede')}[/bold] ({refusal.code}): {refusal.message}", highlight=False)
        for line in getattr(refusal, "details", ()):
            err.print(f"  {line}", highlight=False, markup=False)
        return 1
    except (DatabaseError, OSError) as error:
        if is_disk_full(error):
            err.print(_("El disco está lleno. Lo guardado está a salvo. Libere espacio y repita la orden."))
            return 1
        if is_busy(error):
            err.print(
                _("Otra tarea está escribiendo. No se cambió nada. Espere un minuto y repita la orden.")
            )
            return 1
        raise
    return 0


def ready(command: Callable[..., T]) -> Callable[..., T]:
    """For commands that need the database: make the installation ready first, the first time."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> T:
        from amparo.config.installation import make_ready, pending_migrations

        if not settings.HOME.exists or pending_migrations():
            with err.status(_("Preparando la base de datos en %(home)s...") % {"home": settings.HOME.path}):
                make_ready()
        return command(*args, **kwargs)

    return wrapped


def actor() -> User:
    """The account under which the command line acts."""
    return console_account()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def emit(data: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=_plain, allow_nan=False) + "\n")


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    drawn = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column)
    for row in rows:
        drawn.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(drawn)


def pairs(data: dict[str, Any]) -> None:
    width = max(map(len, data), default=0)
    for name, value in data.items():
        out.print(f"[bold]{name.ljust(width)}[/bold]  {value}", highlight=False)


def ask(question: str) -> None:
    """Go on only when the person says yes, in either language."""
    answer = click.prompt(f"{question} [s/N]", default="n", show_default=False)
    if answer.strip().lower() not in {"s", "si", "sí", "y", "yes"}:
        raise click.exceptions.Abort


@contextmanager
def progress(words: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; the block calls what it gets with how far it is."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err
    )
    with bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.update(task, completed=done)


json_option = click.option("--json", "as_json", is_flag=True, help=_("Escribir JSON, para otro programa."))
yes_option = click.option("--yes", is_flag=True, help=_("Aplicar sin preguntar."))

"""What takes long is done by the worker. Each is safe to run again: it goes on where it was killed."""

from django.db import transaction
from django_tasks import task

from amparo.kernel.jobs import left_alone
from amparo.kernel.models import User
from amparo.toolkit.imports import actions
from amparo.toolkit.models import ImportRun


@task()
def read_sheet(run: int) -> None:
    actions.read_run(ImportRun.objects.select_related("by__organisation", "holder").get(pk=run))


@task()
def apply_sheet(run: int) -> None:
    actions.apply_run(ImportRun.objects.select_related("applied_by__organisation", "holder").get(pk=run))


@task()
def undo_sheet(run: int, by: int) -> None:
    actions.undo_run(
        ImportRun.objects.select_related("by__organisation", "holder").get(pk=run),
        by=User.objects.select_related("organisation").get(pk=by),
    )


@transaction.atomic
def take_up() -> int:
    """Go on with the sheets that nobody works on: a power cut, a busy database, a job that failed. Return how many."""
    working = ImportRun.objects.filter(state__in=ImportRun.WORKING)
    waiting = left_alone(working, read_sheet, apply_sheet, undo_sheet)
    for run in waiting:
        if run.state == ImportRun.State.READING:
            read_sheet.enqueue(run.pk)
        elif run.state == ImportRun.State.APPLYING:
            apply_sheet.enqueue(run.pk)
        else:
            undo_sheet.enqueue(run.pk, run.undone_by_id or run.by_id)
    return len(waiting)

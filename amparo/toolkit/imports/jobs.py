"""What takes long is done by the worker. Each is safe to run again: it goes on where it was killed."""

from django_tasks import task

from amparo.kernel.models import User
from amparo.toolkit.imports import actions
from amparo.toolkit.models import ImportRun


@task()
def read_sheet(run: int) -> None:
    actions.read_run(ImportRun.objects.select_related("by__organisation", "holder").get(pk=run))


@task()
def apply_sheet(run: int) -> None:
    actions.apply_run(ImportRun.objects.select_related("by__organisation", "holder").get(pk=run))


@task()
def undo_sheet(run: int, by: int) -> None:
    actions.undo_run(
        ImportRun.objects.select_related("by__organisation", "holder").get(pk=run),
        by=User.objects.select_related("organisation").get(pk=by),
    )

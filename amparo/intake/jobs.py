"""What takes long is done by the worker. Each is safe to run again: a step that is past is passed over."""

from django.db import transaction
from django_tasks import task

from amparo.intake.actions import uploads
from amparo.intake.actions.applying import rerun
from amparo.intake.models import Form, SheetUpload
from amparo.kernel.jobs import left_alone
from amparo.kernel.models import User


def _upload(key: int) -> SheetUpload:
    return SheetUpload.objects.select_related("by__organisation", "holder", "mapping", "message").get(pk=key)


def _person(key: int) -> User:
    return User.objects.select_related("organisation").get(pk=key)


@task()
def read_upload(upload: int) -> None:
    uploads.read_upload(_upload(upload))


@task()
def judge_upload(upload: int) -> None:
    uploads.judge_upload(_upload(upload))


@task()
def apply_upload(upload: int, by: int) -> None:
    uploads.apply_upload(_upload(upload), by=_person(by))


@task()
def undo_upload(upload: int, by: int) -> None:
    uploads.undo_upload(_upload(upload), by=_person(by))


@task()
def rerun_messages(form: int, by: int) -> None:
    rerun(Form.objects.select_related("mapping").get(pk=form), by=_person(by))


@transaction.atomic
def take_up() -> int:
    """Go on with the sheets that nobody works on: a power cut, a busy database, a job that failed. Return how many."""
    working = SheetUpload.objects.filter(state__in=SheetUpload.WORKING)
    waiting = left_alone(working, read_upload, judge_upload, apply_upload, undo_upload)
    for upload in waiting:
        if upload.state == SheetUpload.State.READING:
            read_upload.enqueue(upload.pk)
        elif upload.state == SheetUpload.State.JUDGING:
            judge_upload.enqueue(upload.pk)
        elif upload.state == SheetUpload.State.APPLYING:
            apply_upload.enqueue(upload.pk, upload.applied_by_id or upload.by_id)
        else:
            undo_upload.enqueue(upload.pk, upload.undone_by_id or upload.by_id)
    return len(waiting)

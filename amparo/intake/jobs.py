"""What takes long is done by the worker. Each is safe to run again: a step that is past is passed over."""

from django_tasks import task

from amparo.intake.actions import uploads
from amparo.intake.actions.applying import rerun
from amparo.intake.models import Form, SheetUpload
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

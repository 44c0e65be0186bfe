"""Which forms are published, and which version a message was filled on."""

from time import monotonic

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from amparo.intake.models import Form, FormMedia, FormVersion
from amparo.intake.permissions import Intake
from amparo.kernel.access import may
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused

REMEMBERED_SECONDS = 3.0
_remembered: dict[tuple[str, str], tuple[float, Form, FormVersion]] = {}


def current_versions(form_id: str = "") -> "QuerySet[FormVersion]":
    """The newest version of every form that is not retired, with `has_media`."""
    newest = (
        FormVersion.objects.filter(form=OuterRef("form")).order_by("-published_at", "-pk").values("pk")[:1]
    )
    versions = (
        FormVersion.objects.filter(pk=Subquery(newest), form__retired_at=None)
        .select_related("form")
        .annotate(has_media=Exists(FormMedia.objects.filter(version=OuterRef("pk"))))
        .order_by("form__title")
    )
    return versions.filter(form__form_id=form_id) if form_id else versions


def find_version(form_id: str, version: str) -> tuple[Form, FormVersion]:
    """The form a message names and the version it was filled on; both must be published here.

    What is refused stays on the phone, and is taken once somebody publishes it. Remembered for a few seconds per
    process.
    """
    remembered = _remembered.get((form_id, version))
    if remembered is not None and monotonic() - remembered[0] < REMEMBERED_SECONDS:
        return remembered[1], remembered[2]
    form = Form.objects.filter(form_id=form_id).first()
    if form is None:
        raise Refused(
            "unknown_form",
            _(
                "El formulario «%(form)s» no está publicado aquí. Sigue en el teléfono; avise a quien coordina."
            )
            % {"form": form_id[:80]},
            status=404,
        )
    found = FormVersion.objects.filter(form=form, version=version).only("pk", "form_id", "version").first()
    if found is None:
        raise Refused(
            "unknown_version",
            _(
                "La versión «%(version)s» no está publicada aquí. Sigue en el teléfono; avise a quien coordina."
            )
            % {"version": version[:80]},
            status=404,
        )
    if len(_remembered) > 1000:
        _remembered.clear()
    _remembered[form_id, version] = (monotonic(), form, found)
    return form, found


def forms_visible_to(user: User) -> "QuerySet[Form]":
    """Forms are public inside the house: whoever sends, reviews or manages sees them."""
    forms = Form.objects.select_related("mapping", "holder")
    allowed = any(may(user, permission) for permission in (Intake.MANAGE_FORMS, Intake.REVIEW))
    return forms if allowed else forms.none()

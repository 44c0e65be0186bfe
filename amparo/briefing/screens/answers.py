"""The raw answers of a form as a file: one row a message, one column a question."""

from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from amparo.briefing.doors import opened_by, person
from amparo.disclosure import Purpose, release, withheld
from amparo.intake.permissions import Intake
from amparo.intake.queries.answers import AnswerTable
from amparo.intake.queries.forms import forms_visible_to
from amparo.intake.queries.messages import messages_visible_to
from amparo.toolkit.exports import leave_rows


@require_GET
@opened_by(Intake.REVIEW)
def form_answers(request: HttpRequest, uid: UUID, form: str) -> FileResponse:
    """The answers of the messages that this person may see, in the columns that may leave."""
    by = person(request)
    of = get_object_or_404(forms_visible_to(by), uid=uid)
    table = AnswerTable(of, messages_visible_to(by))
    ceiling = Purpose.COORDINATION.ceiling
    free = release(table.columns, ceiling)
    return leave_rows(
        free,
        table.rows(free),
        by=by,
        name=of.form_id,
        title=of.title,
        form=form,
        selection=_("formulario %(form)s, mensajes de donde puede actuar") % {"form": of.form_id},
        stays=[str(column.label) for column in withheld(table.columns, ceiling)],
    )

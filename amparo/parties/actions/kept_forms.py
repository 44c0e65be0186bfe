"""What was sent after a session or an account had ended is kept, sealed, until somebody sends or drops it."""

import json

from django.db import transaction
from django.utils import timezone

from amparo.kernel import ledger
from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.sealing import seal
from amparo.parties.models import KeptForm

CONTEXT = "kept form"
LARGEST = 256 * 1024
AT_ONCE = 20  # of one person; the oldest goes


@transaction.atomic
def keep(*, user: User, path: str, fields: dict[str, list[str]]) -> KeptForm | None:
    """Keep the fields of a form as they were typed. None where they are too many to keep."""
    content = json.dumps(fields).encode()
    if len(content) > LARGEST or len(path) > 500:
        return None
    older = KeptForm.objects.filter(user=user).values_list("pk", flat=True)[AT_ONCE - 1 :]
    KeptForm.objects.filter(pk__in=list(older)).delete()
    return KeptForm.objects.create(
        user=user,
        path=path,
        content=seal(content, DataClass.PERSONAL, context=CONTEXT),
        kept_at=timezone.now(),
    )


@transaction.atomic
def drop(kept: KeptForm, *, by: User) -> None:
    """It was sent, or nobody wants it."""
    if by.pk != kept.user_id:
        ledger.record(
            "kept_form.taken_over",
            by=by,
            organisation_id=kept.user.organisation_id,
            data_class=DataClass.PERSONAL,
            of=str(kept.user.uid),
            path=kept.path,
        )
    kept.delete()

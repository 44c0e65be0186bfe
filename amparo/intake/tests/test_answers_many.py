"""Fifty thousand filled copies leave in seconds, and in as much memory as a few."""

import time
import tracemalloc
import zlib

import pytest
from django.utils import timezone

from amparo.intake.models import FormVersion, RawMessage
from amparo.intake.models.message import SEAL_CONTEXT
from amparo.intake.queries.answers import AnswerTable
from amparo.intake.testing import form, machine
from amparo.kernel.classes import DataClass
from amparo.kernel.sealing import seal
from amparo.toolkit.exports import leave_rows

pytestmark = [pytest.mark.django_db, pytest.mark.long]

COPIES = 50_000
CENTRAL = 15.0  # seconds that ODK Central takes for as many, on a like machine
GROUPS = 8


def copy(number: int) -> bytes:
    groups = "".join(
        f"<g{group}>"
        + "".join(
            f"<q{at}>{number if at % 2 else f'respuesta {number} de la mañana'}</q{at}>" for at in range(8)
        )
        + f"</g{group}>"
        for group in range(GROUPS)
    )
    return (
        f'<?xml version="1.0"?><data id="prueba" version="1">{groups}'
        f"<meta><instanceID>uuid:{number}</instanceID></meta></data>"
    ).encode()


@pytest.mark.timeout(900)
def test_fifty_thousand_copies_of_sixty_four_questions_leave_in_time_and_in_little_memory(home):
    home.keys.mkdir()
    made = form(bound=False)
    by, now = machine(), timezone.now()
    FormVersion.objects.filter(form=made).update(
        questions=[
            {"path": f"g{group}/q{at}", "kind": "integer" if at % 2 else "text", "labels": {}}
            for group in range(GROUPS)
            for at in range(8)
        ]
    )
    for start in range(0, COPIES, 5_000):
        RawMessage.objects.bulk_create(
            RawMessage(
                holder_id=by.organisation_id, form_id="prueba", instance_id=f"uuid:{number}", by=by, size=1,
                fingerprint=str(number).encode(), received_at=now, state=RawMessage.State.APPLIED,
                content=seal(zlib.compress(copy(number), 1), DataClass.INTERNAL, context=SEAL_CONTEXT),
            )
            for number in range(start, start + 5_000)
        )  # fmt: skip
    table = AnswerTable(made, RawMessage.objects.all())
    started = time.process_time()
    answer = leave_rows(
        table.columns, table.rows(table.columns), by=by, name="prueba", title="Prueba", form="csv"
    )
    took = time.process_time() - started
    assert int(answer["Content-Length"]) > COPIES * 500
    assert took < CENTRAL, took
    few = AnswerTable(made, RawMessage.objects.filter(pk__in=RawMessage.objects.values("pk")[:5_000]))
    tracemalloc.start()
    leave_rows(few.columns, few.rows(few.columns), by=by, name="prueba", title="Prueba", form="csv")
    assert tracemalloc.get_traced_memory()[1] < 25 * 1024 * 1024
    tracemalloc.stop()

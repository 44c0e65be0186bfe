"""Fifty thousand filled copies leave in seconds, and in as much memory as a few."""

import time
import tracemalloc

import pytest

from amparo.intake.models import RawMessage
from amparo.intake.queries.answers import AnswerTable
from amparo.intake.testing import large_form, machine, receive_copies
from amparo.toolkit.exports import leave_rows

pytestmark = [pytest.mark.django_db, pytest.mark.long]

COPIES = 50_000
CENTRAL = 15.0  # seconds that ODK Central takes for as many, on a like machine


@pytest.mark.timeout(900)
def test_fifty_thousand_copies_of_sixty_four_questions_leave_in_time_and_in_little_memory(home):
    home.keys.mkdir()
    made, by = large_form(), machine()
    receive_copies(made, COPIES)
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

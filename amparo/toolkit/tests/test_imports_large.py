"""A sheet of a hundred thousand rows, three of them wrong."""

import resource as process
import time

import pytest

from amparo.sites.models import Site
from amparo.toolkit.models import ImportRow
from amparo.toolkit.tests.test_imports import applied, brought, by, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.long]

__all__ = ["by"]
ROWS = 100_000


@pytest.mark.timeout(1800)
def test_three_wrong_rows_among_a_hundred_thousand_are_shown_and_the_rest_waits(by):
    lines = ["Albergue,Municipio,Tipo,Teléfono,Dirección"]
    lines += [f"Escuela {n},TST0101,collective_centre,{n:08d},Barrio {n % 900}" for n in range(ROWS)]
    lines[501] = "Escuela mala,Ciudad que no existe,collective_centre,1,x"
    lines[60_001] = "Escuela mala,TST0101,Castillo,1,x"
    lines[99_999] = ",TST0101,collective_centre,1,x"
    content = "\r\n".join(lines).encode()
    before = process.getrusage(process.RUSAGE_SELF).ru_maxrss
    started = time.process_time()  # of this process: whatever else the machine does
    run = brought(by, content, "grande.csv")
    took = time.process_time() - started
    grown = (process.getrusage(process.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert run.counts == {"new": ROWS - 3, "problem": 3}
    assert Site.objects.count() == 0
    shown = ImportRow.objects.filter(run=run, fate="problem").order_by("number")
    assert [row.number for row in shown] == [502, 60_002, 100_000]
    assert took < 60, took
    assert grown < 700, grown


@pytest.mark.timeout(1800)
def test_a_few_thousand_are_applied(by):
    lines = ["Albergue,Municipio,Tipo,Teléfono,Dirección"]
    lines += [f"Escuela {n},TST0101,collective_centre,{n:08d},Barrio {n % 900}" for n in range(2_000)]
    run = brought(by, "\r\n".join(lines).encode(), "mediana.csv")
    applied(run, by)
    assert Site.objects.count() == 2_000
    assert reasons(run)[0] == ""

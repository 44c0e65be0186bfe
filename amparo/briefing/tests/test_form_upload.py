"""A form that cannot be read: the page says each fault once, and nothing is published."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape

from amparo.briefing.tests.conftest import client_of
from amparo.intake.models import Form
from amparo.intake.permissions import Intake
from amparo.kernel.testing import person
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db

SHEET = """
| survey |
| | type | name | label |
| | select_one y | q | ¿Hay agua? |
| choices |
| | list_name | name | label |
| | y | a | Sí |
| | y | a | No |
| | y | a | Tal vez |
"""


def upload(content: bytes, name: str) -> str:
    client = client_of(person(Intake.MANAGE_FORMS, of=None, member_of=machine().organisation))
    answer = client.post("/forms/upload/", {"file": SimpleUploadedFile(name, content), "mapping": ""})
    assert answer.status_code == 200
    assert not Form.objects.exists()
    return answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"no es una hoja", "carta.txt", "El archivo no es una hoja de Excel"),
        (b"PK\x03\x04 roto", "hoja.xlsx", "El archivo llegó dañado o tiene contraseña."),
        (b"<nada/>", "forma.xml", "El archivo no es un formulario (XForm)."),
        (SHEET.encode(), "hoja.md", "Hoja «choices», fila 3: La opción está repetida en su lista."),
        (SHEET.encode(), "hoja.md", "Hoja «choices», fila 4: La opción está repetida en su lista."),
    ],
)
def test_each_fault_is_said_once(content, name, words):
    assert upload(content, name).count(escape(words)) == 1

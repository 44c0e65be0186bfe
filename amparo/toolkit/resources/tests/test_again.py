"""Which form is the same one, sent again: those words, that address, that session, a moment ago."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import RequestFactory

from amparo.toolkit.resources import again


@pytest.fixture
def session(home) -> dict:
    home.keys.mkdir()
    return {}


def sent(session: dict, path: str = "/sites/new/", **said: str):
    request = RequestFactory().post(path, {"token": str(uuid4()), "_who": "x", **said})
    request.session = session
    return request


def test_the_same_words_are_the_same_record_and_others_are_another(session):
    record = SimpleNamespace(uid=uuid4())
    again.remember(sent(session, name="Uno"), record, "token")
    assert again.made_before(sent(session, name="Uno"), "token") == record.uid
    assert again.made_before(sent(session, name="Dos"), "token") is None
    assert again.made_before(sent(session, "/crises/new/", name="Uno"), "token") is None
    assert again.made_before(sent({}, name="Uno"), "token") is None
    assert "Uno" not in str(session)


def test_only_the_last_of_a_form_is_remembered_and_not_for_long(session):
    first, second = SimpleNamespace(uid=uuid4()), SimpleNamespace(uid=uuid4())
    again.remember(sent(session, name="Uno"), first, "token")
    again.remember(sent(session, name="Dos"), second, "token")
    assert again.made_before(sent(session, name="Uno"), "token") is None
    session[again.MADE]["/sites/new/"][2] -= again.SECONDS
    assert again.made_before(sent(session, name="Dos"), "token") is None


def test_a_session_holds_a_few_forms_only(session):
    for number in range(9):
        again.remember(sent(session, f"/{number}/", name="Uno"), SimpleNamespace(uid=uuid4()), "token")
    assert list(session[again.MADE]) == ["/6/", "/7/", "/8/"]

"""What is answered when the database is away: words, from a page that asks it nothing."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from amparo.config.middleware import refusals_in_words
from amparo.kernel.refusals import NotPermitted


class Asked(Exception):
    """The page looked into the database, which is away."""


class Visitor:
    @property
    def is_authenticated(self) -> bool:
        raise Asked


def answered(error: Exception) -> HttpResponse | None:
    request: HttpRequest = RequestFactory().get("/")
    request.user = Visitor()  # type: ignore[assignment]
    return refusals_in_words(lambda _request: HttpResponse()).process_exception(request, error)


@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("already closed")])
def test_a_database_that_is_away_is_said_in_words(error):
    answer = answered(error)
    assert answer is not None
    assert answer.status_code == 503
    assert "Lo guardado sigue a salvo." in answer.content.decode()


def test_a_refusal_is_said_without_the_code_that_is_for_machines():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    refused = NotPermitted("not_permitted", "Su cargo no incluye esto.")
    answer = refusals_in_words(lambda _request: HttpResponse()).process_exception(request, refused)
    assert answer is not None
    assert answer.status_code == 403
    assert "Su cargo no incluye esto." in answer.content.decode()
    assert "not_permitted" not in answer.content.decode()


def test_other_faults_are_nobodys_to_hide():
    assert answered(ValueError("ours")) is None

"""People who look at the pages of the tests, and the pages they see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from amparo.briefing import viewmodels as v
from amparo.kernel.models import User
from amparo.kernel.testing import person
from amparo.sites.permissions import Sites
from amparo.sites.testing import machine


@pytest.fixture
def reader(db) -> User:
    """Someone who may see every centre."""
    machine()
    return person(Sites.VIEW)


@pytest.fixture
def manager(db) -> User:
    """Someone who may see, report and manage every centre."""
    by = machine()
    return person(Sites.VIEW, Sites.REPORT, Sites.MANAGE, of=None, member_of=by.organisation)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def seen(reader) -> Callable[..., Any]:
    """What the page at an address was filled with: `seen("/", status="grave")`."""
    client = client_of(reader)

    def look(url: str, **params: str) -> Any:
        answer = client.get(url, params)
        assert answer.status_code == 200, answer.content.decode()[:300]
        return answer.context["vm"]

    return look


def names(rows: tuple[v.BoardRow, ...]) -> list[str]:
    return [row.name for row in rows]

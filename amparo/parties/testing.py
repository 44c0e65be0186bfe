"""People who log in, for tests."""

import time
from typing import Any

from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.testing import here, organisation

PASSWORD = "cuatro palabras sueltas aquí"  # noqa: S105 - of tests


def someone(
    username: str,
    *roles: str,
    scope: str = "",
    of: Organisation | None = None,
    member_of: Organisation | None = None,
) -> User:
    """An account with a password and real roles in one scope."""
    here()
    user = User(username=username, name=username.title(), organisation=member_of or of or organisation())
    user.set_password(PASSWORD)
    user.save()
    for role in roles:
        Holding.objects.create(user=user, role=role, scope=scope, organisation=of)
    return user


def enter(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"username": username, "password": password, **more})


def entered(username: str, password: str = PASSWORD) -> Client:
    """A browser in which this person has logged in."""
    client = Client()
    assert enter(client, username, password).status_code == 302
    return client


def code_of(secret: str, *, steps: int = 0) -> str:
    """What an application of codes shows now, or `steps` times thirty seconds from now."""
    counter = int(time.time()) // 30 + steps
    return totp.format_hotp_value(totp.hotp_value(secret, counter))

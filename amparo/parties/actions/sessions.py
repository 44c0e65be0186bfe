"""Sessions begin at log-in, are seen at work, and end: one, or all of a person's."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from amparo.kernel.models import User
from amparo.parties.models import Session
from amparo.parties.queries.sessions import device_words
from amparo.parties.sessions import BEGAN, DEVICE, HELP_ENDED, SessionStore, hashed

SEEN_EVERY = timedelta(minutes=1)


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, **_said: Any) -> None:
    request.session[BEGAN] = timezone.now().timestamp()
    request.session.pop(HELP_ENDED, None)
    request.session[DEVICE] = device_words(request.META.get("HTTP_USER_AGENT", ""))[:60]


def see(session: Session) -> None:
    """Note that somebody is at work: at most once a minute, so that reading costs no write."""
    now = timezone.now()
    if now - session.seen_at >= SEEN_EVERY:
        Session.objects.filter(pk=session.pk).update(seen_at=now)


def end_sessions(user: User, *, but: str | None = None) -> int:
    """End the sessions of a person on every device; `but` is the cookie of one that goes on. Returns how many."""
    ending = Session.objects.filter(user=user)
    if but:
        ending = ending.exclude(session_key=hashed(but))
    return ending.delete()[0]


def say_goodbye(user: User) -> int:
    """End the sessions of a helper; each device is left with no more than the word that the help is over."""
    word = SessionStore().encode({HELP_ENDED: True})
    return Session.objects.filter(user=user).update(user=None, session_data=word)


def end_session(user: User, *, which: str) -> int:
    """End one session of this person; `which` is its key in the table (not the cookie)."""
    return Session.objects.filter(user=user, session_key=which).delete()[0]


def forget_old_sessions() -> int:
    """Remove what has expired. The worker does it each hour."""
    return Session.objects.filter(expire_date__lte=timezone.now()).delete()[0]

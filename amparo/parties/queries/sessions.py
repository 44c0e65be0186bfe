"""Who is at work where, and since when a session has stood unused too long."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from amparo.kernel.access import roles_held
from amparo.kernel.models import User
from amparo.parties.models import Session

LONGEST = timedelta(hours=12)  # trust, A3: a desk's day
SHORTEST = timedelta(minutes=30)


def sessions_of(user: User) -> "QuerySet[Session]":
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")


def idle_limit(user: Any) -> timedelta:
    """How long this person's session may stand unused: the shortest of their roles."""
    return min((role.idle for role, _scope in roles_held(user)), default=SHORTEST)


def is_over(user: Any, *, began_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Unused for longer than the roles allow, or longer than a day's work in all."""
    idle = idle_limit(user)
    return now - seen_at > idle or now - began_at > max(idle, LONGEST)


def device_words(agent: str) -> str:
    """ "Chrome, Android" from what a browser says of itself: enough to know one's own, no more."""
    browser = next(
        (
            name
            for mark, name in (
                ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung"), ("Firefox", "Firefox"),
                ("Chrom", "Chrome"), ("Safari", "Safari"),
            )
            if mark in agent
        ),
        "",
    )  # fmt: skip
    system = next(
        (
            name
            for mark, name in (
                ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
                ("Mac OS", "Mac"), ("Linux", "Linux"),
            )
            if mark in agent
        ),
        "",
    )  # fmt: skip
    return ", ".join(filter(None, (browser, system)))

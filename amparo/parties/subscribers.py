"""What this module does when others announce something."""

from typing import Any

from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.dispatch import receiver

from amparo.kernel.events import scope_moved
from amparo.kernel.fields import subtree
from amparo.parties.actions import sessions
from amparo.parties.models import ApiToken, HelperLink

__all__ = ["sessions"]


@receiver(scope_moved)
def follow_a_scope(sender: Any, before: str, after: str, **_said: Any) -> None:
    """A place or a centre moved: keys and links for what lies there go along, in the same transaction."""
    low, high = subtree(before)
    scope = Concat(Value(after), Substr("scope", len(before) + 1))
    ApiToken.objects.filter(scope__gte=low, scope__lt=high).update(scope=scope)
    HelperLink.objects.filter(scope__gte=low, scope__lt=high).update(scope=scope)

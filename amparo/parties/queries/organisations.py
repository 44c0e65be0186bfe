"""Organisations as people look for them."""

from django.db.models import Count, Q, QuerySet

from amparo.kernel.access import may
from amparo.kernel.models import Organisation, User
from amparo.parties.permissions import Parties


def organisations_visible_to(user: User) -> "QuerySet[Organisation]":
    """The list of bodies is one for the house: names and kinds are public."""
    every = (
        Organisation.objects.select_related("profile__parent")
        .annotate(people=Count("users", filter=Q(users__kind="person", users__is_active=True)))
        .order_by("name")
    )
    return every if may(user, Parties.VIEW) else every.none()

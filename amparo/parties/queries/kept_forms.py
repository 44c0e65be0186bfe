"""What is kept for somebody, and what it says."""

import json
from typing import Any

from django.db.models import Q, QuerySet

from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.sealing import unseal
from amparo.parties.models import KeptForm
from amparo.parties.queries.helping import helping_under

CONTEXT = "kept form"
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "next"})


def kept_for(user: User) -> "QuerySet[KeptForm]":
    """One's own, and what helpers of one's own centres left behind."""
    helpers = helping_under(user, ended=True).values("user")
    return KeptForm.objects.select_related("user").filter(Q(user=user) | Q(user__in=helpers))


def fields_of(kept: KeptForm) -> dict[str, list[str]]:
    said: dict[str, list[str]] = json.loads(unseal(bytes(kept.content), DataClass.PERSONAL, context=CONTEXT))
    return {name: values for name, values in said.items() if name not in NOT_TYPED}


def typed(fields: dict[str, list[str]]) -> list[str]:
    """What a person would recognise as their own words and figures."""
    return [value for name, values in fields.items() if name != "token" for value in values if value.strip()]


def amount(kept: Any) -> int:
    return len(typed(fields_of(kept)))

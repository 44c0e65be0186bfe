"""Who may open a page, finding a centre as its address says, and saying no in the form that asked."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from amparo.kernel.access import require_anywhere
from amparo.kernel.models import User
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.sites.models import Site
from amparo.sites.queries.sites import visible_to

View = Callable[..., HttpResponse]


def opened_by(permission: str) -> Callable[[View], View]:
    """Ask an unknown person to log in; refuse, in words, one whose roles never include this."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            require_anywhere(request.user, permission)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def person(request: HttpRequest) -> User:
    """Who asks. Behind `opened_by`, so never anonymous."""
    user = request.user
    assert isinstance(user, User)
    return user


def site_for(request: HttpRequest, uid: UUID) -> Site:
    """The centre, or 404 where this person may not see it."""
    return get_object_or_404(visible_to(person(request)).select_related("place__parent"), uid=uid)


def done(form: forms.Form | forms.BaseFormSet, act: Callable[[], object]) -> bool:
    """Do it; where a rule says no, say so in the form, which keeps what was typed."""
    try:
        act()
    except NotPermitted:
        raise
    except Refused as refusal:
        if isinstance(form, forms.BaseFormSet):
            form.non_form_errors().append(refusal.message)
        else:
            form.add_error(None, refusal.message)
        return False
    return True

"""Who may open a page, and saying no in the form that asked."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from amparo.kernel.access import require_anywhere
from amparo.kernel.models import User
from amparo.kernel.refusals import NotPermitted, Refused

View = Callable[..., HttpResponse]
Served = Callable[..., HttpResponseBase]  # a page, or a file that is sent piece by piece


def known(view: Served) -> View:
    """Ask an unknown person to log in."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return wrapped


def opened_by(permission: str) -> Callable[[Served], View]:
    """Ask an unknown person to log in; refuse, in words, one whose roles never include this."""

    def decorate(view: Served) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            require_anywhere(request.user, permission)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def person(request: HttpRequest) -> User:
    """Who asks. Behind `opened_by` or `known`, so never anonymous."""
    user = request.user
    assert isinstance(user, User)
    return user


def done(form: forms.BaseForm | forms.BaseFormSet, act: Callable[[], object]) -> bool:
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

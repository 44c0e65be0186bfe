"""Who may open a screen at all."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from amparo.kernel.access import require_anywhere

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

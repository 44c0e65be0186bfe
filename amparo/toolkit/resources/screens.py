"""What every screen of a Resource does first: who asks, may they, which record."""

from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views import View

from amparo.kernel.access import require_anywhere
from amparo.toolkit.resources import drafts
from amparo.toolkit.resources.declaration import Resource


class Screen(View):
    """One screen of one noun. `needs` names the permission without which nobody comes in at all."""

    resource: Resource = Resource()
    needs = "view"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if (request.method or "").lower() not in self.http_method_names or not hasattr(
            self, (request.method or "").lower()
        ):
            return self.http_method_not_allowed(request, *args, **kwargs)
        if not request.user.is_authenticated:
            drafts.keep(request)
            return redirect_to_login(request.get_full_path())
        require_anywhere(request.user, getattr(self.resource.permissions, self.needs))
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> Any:
        return self.request.user

    def record(self, uid: UUID) -> Any:
        """The record, or 404 where this person may not see it."""
        return get_object_or_404(self.resource.visible_to(self.user), uid=uid)

    def require(self, permission: str, record: Any) -> None:
        if not permission:
            raise Http404
        self.resource.require(self.user, permission, record)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.http_method_not_allowed(request, *args, **kwargs)

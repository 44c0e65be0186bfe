"""The saved views of a list: one's own and those shared with one's organisation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused
from amparo.toolkit.actions import remove_view, save_view
from amparo.toolkit.asked import Params, address, plain
from amparo.toolkit.models import SavedView
from amparo.toolkit.resources.declaration import Resource
from amparo.toolkit.resources.lists import ViewLink, ask
from amparo.toolkit.resources.screens import Screen


def views_of(resource: Resource, user: Any) -> "QuerySet[SavedView]":
    mine = Q(owner=user) | Q(shared_with=user.organisation_id)
    return SavedView.objects.filter(mine, resource=resource.slug)


def view_links(resource: Resource, user: Any, params: Params) -> Sequence[ViewLink]:
    """The views to offer over the list, the one that is shown now marked."""
    here = resource.url("list")
    now = {name: value for name, value in params.items() if value and name != "page"}
    return tuple(
        ViewLink(
            name=view.name,
            url=address(here, view.params),
            shared=view.shared_with_id is not None,
            current=bool(now) and now == view.params,
            remove=str(view.uid) if view.owner_id == user.pk else "",
        )
        for view in views_of(resource, user)
    )


class ViewsScreen(Screen):
    """Save the list as it is shown, or drop a view; then back to the list."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("remove"):
            return self._remove(request.POST["remove"])
        params = ask(self.resource, self.user, QueryDict(request.POST.get("params", "")[:2000])).params
        try:
            view = save_view(
                by=self.user,
                resource=self.resource.slug,
                name=plain(request.POST.get("name", "")),
                params=params,
                shared=request.POST.get("shared") == "1",
            )
        except Refused as refusal:
            messages.warning(request, refusal.message)
        else:
            messages.success(request, _("Vista guardada: %(name)s.") % {"name": view.name})
        return HttpResponseRedirect(address(self.resource.url("list"), params))

    def _remove(self, uid: str) -> HttpResponse:
        try:
            wanted = UUID(uid)
        except ValueError:
            wanted = UUID(int=0)
        view = get_object_or_404(views_of(self.resource, self.user), uid=wanted)
        remove_view(view, by=self.user)
        messages.success(self.request, _("Vista quitada. Sus filas siguen igual."))
        return HttpResponseRedirect(self.resource.url("list"))

"""The screen of the list, and the files that hold the same rows."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from amparo.toolkit.exports import leave
from amparo.toolkit.imports.returning import returning_columns
from amparo.toolkit.resources.lists import ask, list_page, rows_of, selection
from amparo.toolkit.resources.saved_views import view_links
from amparo.toolkit.resources.screens import Screen


class ListScreen(Screen):
    def get(self, request: HttpRequest) -> HttpResponse:
        views = view_links(self.resource, self.user, request.GET)
        page = list_page(self.resource, self.user, request.GET, views)
        return render(request, "toolkit/resource_list.html", {"vm": page})


class ExportScreen(Screen):
    """The rows of the list as it is shown, all of them, in the columns that may leave."""

    def get(self, request: HttpRequest, form: str) -> FileResponse:
        resource, user = self.resource, self.user
        asked = ask(resource, user, request.GET)
        return leave(
            (*resource.columns(user), *(returning_columns(resource, user) if form != "hxl" else ())),
            rows_of(resource, user, asked.records),
            by=user,
            name=str(resource.plural),
            title=str(resource.plural),
            form=form,
            selection=selection(resource, asked),
            purpose=resource.purpose,
        )

"""Something done to a record: a confirmation, perhaps with questions, then the module's action."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from amparo.toolkit.doors import done
from amparo.toolkit.frames import ConfirmPage, FormPage
from amparo.toolkit.resources.declaration import Action
from amparo.toolkit.resources.forms import FormScreen


class ActionScreen(FormScreen):
    """Ask, then do. What has been done already leads back to the record: sent twice, it is done once."""

    key = ""

    @property
    def action(self) -> Action:
        return self.resource.action(self.key)

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        record = self._record(uid)
        if not self.action.when(record):
            return self.to("page", record)
        return self._page(record, self._form(record, None))

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        record = self._record(uid)
        if not self.action.when(record):
            return self.to("page", record)
        form = self._form(record, request.POST)
        if form.is_valid() and done(form, lambda: self.action.do(record, by=self.user, **form.cleaned_data)):
            messages.success(request, str(self.action.done))
            return self.to("page", record)
        return self._page(record, form)

    def _record(self, uid: UUID) -> Any:
        record = self.record(uid)
        self.require(self.action.permission, record)
        return record

    def _form(self, record: Any, data: Any) -> forms.Form:
        return self.action.form(record, data) if self.action.form is not None else forms.Form(data)

    def _page(self, record: Any, form: forms.Form) -> HttpResponse:
        action, resource = self.action, self.resource
        back = resource.url("page", record) or resource.url("list")
        name = resource.name_of(record)
        if action.consequences:
            warning = ConfirmPage(
                title=action.title(record),
                text=str(action.text),
                submit=str(action.submit),
                action=resource.url(action.key, record),
                cancel_url=back,
                consequences=tuple(str(one) for one in action.consequences),
                crumb=name,
                crumb_url=back,
            )
            return render(self.request, "toolkit/confirm.html", {"vm": warning, "form": form})
        page = FormPage(
            title=action.title(record),
            submit=str(action.submit),
            text=str(action.text),
            action=resource.url(action.key, record),
            cancel_url=back,
            crumb=name,
            crumb_url=back,
            hidden=self.hidden(),
        )
        return self.show(form, page)

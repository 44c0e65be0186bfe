"""Codes for many people at once: who gets one, then a page of slips that is shown a single time."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.parties.actions.passwords import CODES_AT_ONCE, LASTS, give_codes
from amparo.parties.forms.accounts import CodesForm
from amparo.parties.queries.accounts import who_may_get_codes
from amparo.toolkit.formats import number
from amparo.toolkit.frames import FormPage, Notice
from amparo.toolkit.imports.queries import added_by, runs_visible_to
from amparo.toolkit.resources.lists import ask
from amparo.toolkit.resources.screens import Screen


class CodesScreen(Screen):
    """Those of the list as it is narrowed, or those that a sheet added (`import`); the ones who wait are marked."""

    needs = "edit"

    def get(self, request: HttpRequest) -> HttpResponse:
        offered, total = self._offered()
        if not offered:
            messages.info(request, _("Nadie de esta lista puede recibir un código."))
            return HttpResponseRedirect(self.resource.url("list"))
        return self._page(
            CodesForm(offered=offered, initial={"asked_at": int(timezone.now().timestamp() * 1e6)}), total
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        offered, total = self._offered()
        form = CodesForm(request.POST, offered=offered)
        if not form.is_valid():
            return self._page(form, total)
        chosen = set(form.cleaned_data["who"])
        users = [user for user, _waits in offered if str(user.uid) in chosen]
        seconds = min(form.cleaned_data["asked_at"] / 1e6, timezone.now().timestamp())
        try:
            given, left = give_codes(users, by=self.user, asked_at=datetime.fromtimestamp(seconds, UTC))
        except Refused as refusal:
            form.add_error(None, refusal.message)
            return self._page(form, total)
        slips = {
            "given": given,
            "left": left,
            "until": timezone.now() + LASTS,
            "door": request.build_absolute_uri(reverse("code_enter")),
        }
        return render(request, "parties/account_codes.html", slips)

    def _offered(self) -> tuple[list[tuple[User, bool]], int]:
        """At most `CODES_AT_ONCE` accounts, each with whether it waits for a code; and of how many."""
        asked = self.request.GET.get("import", "")
        if asked:
            records = self.resource.visible_to(self.user).filter(uid__in=self._added(asked))
        else:
            records = ask(self.resource, self.user, self.request.GET).records
        people: Any = who_may_get_codes(records)
        found = [(user, bool(user.waits)) for user in people[:CODES_AT_ONCE]]
        return found, people.count() if len(found) == CODES_AT_ONCE else len(found)

    def _added(self, asked: str) -> list[UUID]:
        try:
            run = UUID(asked)
        except ValueError:
            run = UUID(int=0)
        return added_by(get_object_or_404(runs_visible_to(self.user, self.resource), uid=run))

    def _page(self, form: CodesForm, total: int) -> HttpResponse:
        shown = len(form.fields["who"].choices)  # type: ignore[attr-defined]
        notices = []
        if total > shown:
            said = {"shown": number(shown), "total": number(total)}
            notices.append(
                Notice(
                    "info",
                    _("Aquí están %(shown)s de %(total)s.") % said,
                    _(
                        "Primero, quienes esperan un código. Para ver a otras personas, búsquelas en la lista."
                    ),
                )
            )
        page = FormPage(
            title=_("¿A quiénes da un código?"),
            text=" ".join(
                (
                    _(
                        "Saldrá una hoja para imprimir, con un papelito por persona. Se ve una sola vez. "
                        "Cada código vale 72 horas y una vez."
                    ),
                    _("Se quitan la contraseña y las llaves para programas de cada persona."),
                )
            ),
            submit=_("Dar códigos"),
            action=self.request.get_full_path(),
            cancel_url=self.resource.url("list"),
            crumb=str(self.resource.plural),
            crumb_url=self.resource.url("list"),
            notices=tuple(notices),
        )
        return render(self.request, "toolkit/form.html", {"vm": page, "form": form})

"""Messages that wait for a person, each with its reason, what is safe and what to do."""

import json

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing import viewmodels as vm
from amparo.briefing.doors import opened_by, person
from amparo.intake.actions.applying import discard, retry
from amparo.intake.actions.receiving import content_of
from amparo.intake.models import RawMessage
from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.permissions import Intake
from amparo.intake.queries.messages import messages_visible_to
from amparo.intake.reasons import reasons
from amparo.kernel import ledger
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import BrokenSeal

STATES = {"waiting": "bajo", "received": "nada", "applied": "cumple", "discarded": "mudo"}


class DiscardForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Por qué se descarta"), max_length=300)


def _row(message: RawMessage) -> vm.MessageRow:
    happened, _to_do = reasons().get(message.reason, (message.detail, ""))
    return vm.MessageRow(
        folio=message.folio,
        url=reverse("message_page", args=[message.uid]),
        form=message.form_id,
        received_at=message.received_at,
        state=vm.Pill(STATES[message.state], str(message.get_state_display())),
        reason=happened if message.state == RawMessage.State.WAITING else "",
        sender=message.by.name,
    )


@opened_by(Intake.REVIEW)
def message_page(request: HttpRequest, uid: str) -> HttpResponse:
    message = get_object_or_404(messages_visible_to(person(request)).select_related("by"), uid=uid)
    form = DiscardForm(request.POST if request.POST.get("do") == "discard" else None)
    if request.method == "POST":
        if request.POST.get("do") == "retry":
            retry([message], by=person(request))
            messages.success(request, _("Se intentará otra vez en unos segundos."))
            return HttpResponseRedirect(reverse("messages"))
        if form.is_valid():
            try:
                discard(message, by=person(request), why=form.cleaned_data["why"])
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Descartado. El mensaje sigue guardado, con su razón."))
                return HttpResponseRedirect(reverse("messages"))
    happened, to_do = reasons().get(message.reason, (message.detail, _("No hay que hacer nada.")))
    waits = message.state == RawMessage.State.WAITING
    here = request.path
    page = vm.MessagePage(
        row=_row(message),
        happened=" ".join(filter(None, [happened, message.detail if message.detail != happened else ""]))
        or _("Se aplicó."),
        safe=_("El mensaje está guardado tal como llegó, con folio %(folio)s.") % {"folio": message.folio},
        to_do=to_do,
        answers=_answers(message),
        entries=tuple(
            vm.HistoryEntry(entry.at, entry.verb, "", str((said or {}).get("why", "")))
            for entry, said in ledger.history(message.uid)
        )
        + tuple(vm.HistoryEntry(message.received_at, str(note["message"])) for note in message.notes[:20]),
        messages_url=reverse("messages"),
        retry_url=here if waits and not message.conflicts else "",
        discard_url=here if waits else "",
    )
    return render(request, "briefing/message_page.html", {"vm": page, "form": form})


def _answers(message: RawMessage) -> tuple[tuple[str, str], ...]:
    if message.channel == RawMessage.Channel.SMS:
        said = json.loads(content_of(message))
        return (_("Número"), said["from"]), (_("Mensaje"), said["text"])
    if message.channel not in RawMessage.FILLED:
        return ()
    try:
        answers = flatten(content_of(message))
    except (Refused, BrokenSeal):
        return ()
    return tuple((path, text) for path, text in answers.items() if text and not path.startswith("meta/"))[
        :200
    ]

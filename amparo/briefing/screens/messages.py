"""Messages that wait for a person, each with its reason, what is safe and what to do."""

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
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
from amparo.kernel import ledger
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import BrokenSeal
from amparo.toolkit.frames import Pages

PER_PAGE = 20
STATES = {"waiting": "bajo", "received": "nada", "applied": "cumple", "discarded": "mudo"}


class DiscardForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Por qué no se usa"), max_length=300)


def _reasons() -> dict[str, tuple[str, str]]:
    """Per reason: what happened, what to do."""
    return {
        "no_mapping": (
            _("Nadie ha dicho qué significa cada pregunta de este formulario."),
            _("Dele una guía de lectura al formulario y vuelva a intentar."),
        ),
        "mapping_does_not_fit": (
            _("La guía de lectura nombra preguntas que este mensaje no trae."),
            _("Corrija la guía de lectura o la versión del formulario y vuelva a intentar."),
        ),
        "no_site": (
            _("El mensaje no dice de qué albergue es."),
            _("Llame a quien lo envió. Si no se sabe, déjelo sin usar con su razón."),
        ),
        "outside_the_phone_area": (
            _("El albergue está fuera de la zona de ese teléfono."),
            _("Revise la zona del teléfono o el municipio del albergue, y vuelva a intentar."),
        ),
        "other_content": (
            _("Llegó otro formulario con el mismo número y otro contenido."),
            _("Compare los dos con quien lo envió. El primero ya se aplicó."),
        ),
        "cannot_apply": (
            _("Hubo un error al aplicarlo."),
            _("Vuelva a intentar. Si se repite, avise a quien cuida el sistema."),
        ),
    }


def _row(message: RawMessage) -> vm.MessageRow:
    happened, _to_do = _reasons().get(message.reason, (message.detail, ""))
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
def messages_list(request: HttpRequest) -> HttpResponse:
    visible = messages_visible_to(person(request))
    state = request.GET.get("state", "waiting")
    state = state if state in STATES else "waiting"
    counts = dict(visible.order_by().values_list("state").annotate(n=Count("pk")))
    shown: QuerySet[RawMessage] = (
        visible.filter(state=state).select_related("by").defer("content").order_by("-pk")
    )
    page = max(int(request.GET.get("page", "1")) if request.GET.get("page", "1").isdigit() else 1, 1)
    rows = list(shown[(page - 1) * PER_PAGE : page * PER_PAGE])
    total = counts.get(state, 0)
    here = reverse("messages")
    view = vm.MessagesPage(
        rows=tuple(_row(message) for message in rows),
        chips=tuple(
            vm.Chip(str(label), f"{here}?state={value}", value == state, counts.get(value, 0))
            for value, label in RawMessage.State.choices
        ),
        waiting=counts.get("waiting", 0),
        pages=Pages(
            first=(page - 1) * PER_PAGE + 1,
            last=(page - 1) * PER_PAGE + len(rows),
            total=total,
            previous_url=f"{here}?state={state}&page={page - 1}" if page > 1 else "",
            next_url=f"{here}?state={state}&page={page + 1}" if page * PER_PAGE < total else "",
        )
        if rows
        else None,
    )
    return render(request, "briefing/messages.html", {"vm": view})


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
                messages.success(request, _("Queda guardado y sin usar, con su razón."))
                return HttpResponseRedirect(reverse("messages"))
    happened, to_do = _reasons().get(message.reason, (message.detail, _("No hay que hacer nada.")))
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
    if message.channel != RawMessage.Channel.PHONE:
        return ()
    try:
        answers = flatten(content_of(message))
    except (Refused, BrokenSeal):
        return ()
    return tuple((path, text) for path, text in answers.items() if text and not path.startswith("meta/"))[
        :200
    ]

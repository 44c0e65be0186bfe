"""Organisations: who they are and whom to call there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.kernel.access import may
from amparo.kernel.models import Organisation
from amparo.parties.actions.organisations import remove_contact, write_contact
from amparo.parties.forms.accounts import ContactForm
from amparo.parties.models import Contact
from amparo.parties.permissions import Parties
from amparo.parties.queries.organisations import organisations_visible_to
from amparo.toolkit.doors import done, opened_by, person
from amparo.toolkit.frames import ConfirmPage, FormPage


def _form(**said: Any) -> FormPage:
    return FormPage(crumb=_("Instituciones"), crumb_url=reverse("organisations"), **said)


def _confirm(**said: Any) -> ConfirmPage:
    return ConfirmPage(crumb=_("Instituciones"), crumb_url=reverse("organisations"), **said)


@opened_by(Parties.VIEW)
def organisation_page(request: HttpRequest, uid: Any) -> HttpResponse:
    organisation = get_object_or_404(organisations_visible_to(person(request)), uid=uid)
    context = {
        "organisation": organisation,
        "profile": getattr(organisation, "profile", None),
        "contacts": organisation.contacts.all(),
        "parts": [profile.organisation for profile in organisation.parts.select_related("organisation")],
        "may_write": may(person(request), Parties.MANAGE),
        "enforces": organisation.kind in Organisation.ENFORCEMENT,
    }
    return render(request, "parties/organisation_page.html", context)


@opened_by(Parties.MANAGE)
def contact_edit(request: HttpRequest, uid: Any, contact: Any = None) -> HttpResponse:
    organisation = get_object_or_404(organisations_visible_to(person(request)), uid=uid)
    row = get_object_or_404(Contact, organisation=organisation, uid=contact) if contact else None
    form = ContactForm(request.POST or None, initial=_facts(row))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if done(form, lambda: write_contact(row, by=person(request), organisation=organisation, **said)):
            messages.success(request, _("Guardado."))
            return _to(organisation)
    frame = _form(
        title=_("¿A quién llamar en %(name)s?") % {"name": organisation.name},
        submit=_("Guardar"),
        cancel_url=reverse("organisation_page", args=[uid]),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


def _facts(contact: Contact | None) -> dict[str, str]:
    return {} if contact is None else {key: getattr(contact, key) for key in ContactForm.Meta.fields}


@opened_by(Parties.MANAGE)
def contact_remove(request: HttpRequest, uid: Any, contact: Any) -> HttpResponse:
    organisation = get_object_or_404(organisations_visible_to(person(request)), uid=uid)
    row = get_object_or_404(Contact, organisation=organisation, uid=contact)
    if request.method == "POST":
        remove_contact(row, by=person(request))
        messages.success(request, _("Quitado."))
        return _to(organisation)
    frame = _confirm(
        title=_("¿Quitar a %(name)s?") % {"name": row.name},
        text=_("Su nombre y su teléfono se borran de aquí."),
        submit=_("Quitar"),
        cancel_url=reverse("organisation_page", args=[uid]),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": None})


def _to(organisation: Organisation) -> HttpResponse:
    return HttpResponseRedirect(reverse("organisation_page", args=[organisation.uid]))

"""Helpers for a day: let one in with a QR, see who helps, give more time, end it. And the page that the phone opens."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from amparo.kernel.access import limit
from amparo.kernel.models import Holding, User
from amparo.kernel.refusals import Refused
from amparo.parties.actions.helping import end_help, enter, extend, make_link, open_link
from amparo.parties.permissions import Parties
from amparo.parties.queries.helping import helping_under
from amparo.parties.queries.kept_forms import kept_for
from amparo.sites.models import Site
from amparo.sites.queries.sites import named, open_ones
from amparo.toolkit.doors import opened_by, person
from amparo.toolkit.resources.menu import first_page

BACKEND = "amparo.kernel.backend.PeopleBackend"
# Beyond the day of help, which the account itself ends: so that the phone can be told then that it is over.
KNOWN_FOR = timedelta(hours=36)


class WhichForm(forms.Form):
    centre = forms.CharField(
        label=gettext_lazy("En qué albergue ayudará"),
        max_length=120,
        help_text=gettext_lazy("Su nombre o su código: por ejemplo, ALB 12."),
    )


class NameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Su nombre"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )


def centres_of(user: User) -> Any:
    """The open centres into which this person may let helpers."""
    return open_ones(limit(Site.objects.select_related("place", "holder"), user, Parties.ENROL_HELPERS))


@opened_by(Parties.ENROL_HELPERS)
def helpers_list(request: HttpRequest) -> HttpResponse:
    user = person(request)
    held = list(helping_under(user, ended=True).order_by("-ends_at"))
    names = dict(Site.objects.filter(path__in={one.scope for one in held}).values_list("path", "name"))
    left: dict[int, Any] = {}
    for kept in kept_for(user).exclude(user=user):
        left.setdefault(kept.user_id, kept)
    now = timezone.now()
    rows = [
        {
            "user": one.user,
            "where": names.get(one.scope, ""),
            "ends_at": one.ends_at,
            "here": one.ends_at is not None and one.ends_at > now and one.user.may_act(),
            "kept": left.get(one.user_id),
        }
        for one in held
    ]
    context = {"rows": rows, "one": _only(user)}
    return render(request, "briefing/helpers.html", context)


def _only(user: User) -> Site | None:
    """The centre, where the person is in charge of just one."""
    found = list(centres_of(user)[:2])
    return found[0] if len(found) == 1 else None


@opened_by(Parties.ENROL_HELPERS)
def helper_link(request: HttpRequest) -> HttpResponse:
    """A QR for one phone and a quarter of an hour: the answer to the POST, kept by no cache."""
    user = person(request)
    only = _only(user)
    form = WhichForm(request.POST or None, initial={"centre": only.name if only else ""})
    if request.method == "POST" and form.is_valid():
        found = named(centres_of(user), form.cleaned_data["centre"])
        exact = [site for site in found if form.cleaned_data["centre"].strip() in (site.name, site.code)]
        found = exact or found
        if len(found) == 1:
            try:
                return _qr_page(request, found[0])
            except Refused as refusal:
                form.add_error(None, refusal.message)
        elif found:
            form.add_error("centre", _("Hay varios así. Escriba su código o el nombre completo."))
        else:
            form.add_error(
                "centre", _("No es un albergue abierto de los suyos. Revise el nombre o el código.")
            )
    return render(request, "briefing/helper_link.html", {"form": form})


@require_POST
@opened_by(Parties.ENROL_HELPERS)
def helper_again(request: HttpRequest, uid: Any) -> HttpResponse:
    """A new QR for a helper whose phone went out: they come back as themselves."""
    holding = _helper(request, uid)
    site = get_object_or_404(centres_of(person(request)), path=holding.scope)
    return _qr_page(request, site, returning=holding.user)


def _qr_page(request: HttpRequest, site: Site, returning: User | None = None) -> HttpResponse:
    secret = make_link(
        by=person(request), scope=site.path, organisation=site.holder, where=site.name, returning=returning
    )
    host = request.get_host().partition(":")[0]
    context = {
        "site": site,
        "returning": returning,
        "url": request.build_absolute_uri(reverse("helper_enter", args=[secret])),
        "only_here": host in ("localhost", "127.0.0.1"),
    }
    return render(request, "briefing/helper_qr.html", context)


@require_POST
@opened_by(Parties.ENROL_HELPERS)
def helper_extend(request: HttpRequest, uid: Any) -> HttpResponse:
    user = extend(_helper(request, uid).user, by=person(request))
    messages.success(request, _("%(name)s sigue 24 horas más desde ahora.") % {"name": user.name})
    return HttpResponseRedirect(reverse("helpers"))


@require_POST
@opened_by(Parties.ENROL_HELPERS)
def helper_end(request: HttpRequest, uid: Any) -> HttpResponse:
    user = end_help(_helper(request, uid).user, by=person(request))
    messages.success(request, _("%(name)s ya no entra. Lo que reportó sigue guardado.") % {"name": user.name})
    return HttpResponseRedirect(reverse("helpers"))


def _helper(request: HttpRequest, uid: Any) -> Holding:
    held = helping_under(person(request), ended=True).filter(user__uid=uid).order_by("-pk")
    return get_object_or_404(held[:1])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def helper_enter(request: HttpRequest, secret: str) -> HttpResponse:
    """What the phone opens. Looking uses nothing up; the name, sent once, does."""
    link = open_link(secret)
    if link is None:
        return render(request, "briefing/helper_closed.html", status=410)
    form = NameForm(request.POST or None, initial={"name": link.returning.name if link.returning else ""})
    if request.method == "POST" and form.is_valid():
        try:
            user = enter(secret, name=form.cleaned_data["name"])
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            login(request, user, backend=BACKEND)
            request.session.set_expiry(KNOWN_FOR)
            return HttpResponseRedirect(first_page(user) or reverse("board"))
    return render(request, "briefing/helper_enter.html", {"link": link, "form": form})

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.doors import done, opened_by, person
from amparo.briefing.forms import VerifyStandardForm, WhyForm
from amparo.briefing.queries.standards import standard_row, standards_page, standing_verifications
from amparo.sites.actions.standards import verify_standard, withdraw_verification
from amparo.sites.permissions import Sites
from amparo.standards import STANDARDS, Standard
from amparo.toolkit.frames import FormPage


@require_safe
@opened_by(Sites.VIEW)
def standards_list(request: HttpRequest) -> HttpResponse:
    return render(request, "briefing/standards.html", {"vm": standards_page(person(request), request.GET)})


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.VERIFY_STANDARDS)
def standard_verify(request: HttpRequest, key: str) -> HttpResponse:
    """Verify a threshold against its source; where an office has, take that back. A printed one needs neither."""
    standard = STANDARDS.get(key)
    if standard is None or standard.verified:
        raise Http404
    if key in standing_verifications():
        return _withdraw(request, standard)
    form = VerifyStandardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if done(form, lambda: verify_standard(by=person(request), standard=key, **said)):
            messages.success(request, _("Norma verificada: desde ahora decide."))
            return HttpResponseRedirect(reverse("standards"))
    page = v.StandardVerifyPage(
        standard=standard_row(standard, None, person(request), None),
        action=reverse("standard_verify", args=[key]),
        cancel_url=reverse("standards"),
    )
    return render(request, "briefing/standard_verify.html", {"vm": page, "form": form})


def _withdraw(request: HttpRequest, standard: Standard) -> HttpResponse:
    if request.method == "POST" and "why" not in request.POST:
        return HttpResponseRedirect(reverse("standards"))  # the verification sent twice
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if done(form, lambda: withdraw_verification(by=person(request), standard=standard.key, **said)):
            messages.success(request, _("Verificación retirada: la norma se muestra y no decide."))
            return HttpResponseRedirect(reverse("standards"))
    page = FormPage(
        title=_("¿Se retira la verificación?"),
        submit=_("Retirar la verificación"),
        text=words.said(standard.name),
        action=reverse("standard_verify", args=[standard.key]),
        cancel_url=reverse("standards"),
        crumb=_("Normas"),
        crumb_url=reverse("standards"),
    )
    return render(request, "toolkit/form.html", {"vm": page, "form": form})

"""Emergencies: open one, change its phase or its places, end it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing import viewmodels as vm
from amparo.briefing.doors import opened_by, person
from amparo.crises.actions import add_place, close_crisis, open_crisis, remove_place, rename_crisis, set_phase
from amparo.crises.models import PHASE_NAMES, Crisis
from amparo.crises.permissions import Crises
from amparo.crises.queries import phase_of, places_of, visible_to
from amparo.kernel.access import may
from amparo.kernel.refusals import Refused
from amparo.places.models import Place
from amparo.places.queries import label, resolve
from amparo.sites.queries import sites as site_queries
from amparo.sites.queries.gaps import Moment, assess, totals
from amparo.standards import Phase
from amparo.toolkit.frames import FormPage


class CrisisForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Nombre de la emergencia"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Qué pasó"), choices=Crisis.Kind.choices)
    phase = forms.ChoiceField(
        label=gettext_lazy("Etapa"), choices=[(phase.value, name) for phase, name in PHASE_NAMES.items()]
    )
    starts_on = forms.DateField(
        label=gettext_lazy("Empezó"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    places = forms.CharField(
        label=gettext_lazy("Departamentos o municipios afectados"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Uno por línea: código o nombre."),
    )
    ended = forms.BooleanField(label=gettext_lazy("Ya terminó"), required=False)

    def clean_places(self) -> list[Place]:
        found, unknown = [], []
        for line in self.cleaned_data["places"].splitlines():
            text = line.strip()
            if not text:
                continue
            lower, _comma, upper = text.partition(",")
            names = tuple(part.strip() for part in (upper, lower) if part.strip())
            match = resolve(code=text, names=names)
            if match.place is None:
                unknown.append(text)
            else:
                found.append(match.place)
        if unknown:
            raise forms.ValidationError(_("No se encontró: %(places)s.") % {"places": ", ".join(unknown)})
        if not found:
            raise forms.ValidationError(_("Escriba al menos un lugar."))
        return list(dict.fromkeys(found))


def _row(crisis: Crisis, user: Any) -> vm.CrisisRow:
    places = [one.place for one in places_of(crisis).select_related("place__parent")]
    sites = site_queries.open_ones(site_queries.visible_to(user))
    inside = [site for site in sites if any(site.path.startswith(place.path) for place in places)]
    counted = totals(assess(inside, Moment.now()))
    return vm.CrisisRow(
        name=str(crisis),
        phase=str(PHASE_NAMES[phase_of(crisis)]),
        places=tuple(label(place) for place in places),
        started_on=crisis.starts_on,
        ended_on=crisis.ends_on,
        sites=counted.sites,
        people=counted.people if counted.people_sites else None,
        board_url=f"{reverse('board')}?crisis={crisis.uid}",
        edit_url=reverse("crisis_edit", args=[crisis.uid]) if may(user, Crises.MANAGE) else "",
    )


@opened_by(Crises.VIEW)
def crises_list(request: HttpRequest) -> HttpResponse:
    shown = list(visible_to(person(request)))
    today = timezone.localdate()
    page = vm.CrisesPage(
        rows=tuple(_row(crisis, person(request)) for crisis in shown if crisis.is_open(today)),
        ended=tuple(_row(crisis, person(request)) for crisis in shown if not crisis.is_open(today)),
        new_url=reverse("crisis_new") if may(person(request), Crises.MANAGE) else "",
    )
    return render(request, "briefing/crises.html", {"vm": page})


@opened_by(Crises.MANAGE)
def crisis_new(request: HttpRequest) -> HttpResponse:
    form = CrisisForm(
        request.POST or None, initial={"phase": Phase.SURVIVAL.value, "starts_on": timezone.localdate()}
    )
    del form.fields["ended"]
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            open_crisis(
                by=person(request),
                holder=person(request).organisation,
                name=said["name"],
                kind=said["kind"],
                places=said["places"],
                starts_on=said["starts_on"],
                phase=Phase(said["phase"]),
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, _("Emergencia abierta. Los albergues de esos lugares se miden con su etapa.")
            )
            return HttpResponseRedirect(reverse("crises"))
    return render(
        request, "briefing/crisis_edit.html", {"vm": _frame(_("¿Qué emergencia empieza?")), "form": form}
    )


@opened_by(Crises.MANAGE)
def crisis_edit(request: HttpRequest, uid: str) -> HttpResponse:
    crisis = get_object_or_404(visible_to(person(request)), uid=uid)
    now = [one.place for one in places_of(crisis).select_related("place")]
    form = CrisisForm(
        request.POST or None,
        initial={
            "name": str(crisis),
            "phase": phase_of(crisis).value,
            "places": "\n".join(place.code for place in now),
        },
    )
    for fixed in ("kind", "starts_on"):
        del form.fields[fixed]
    if request.method == "POST" and form.is_valid():
        try:
            _apply(crisis, form.cleaned_data, now, person(request))
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, _("Guardado. Los veredictos cambian desde ahora; la historia no cambia.")
            )
            return HttpResponseRedirect(reverse("crises"))
    return render(request, "briefing/crisis_edit.html", {"vm": _frame(str(crisis)), "form": form})


def _apply(crisis: Crisis, said: dict[str, Any], now: list[Place], by: Any) -> None:
    if said["name"] != str(crisis):
        rename_crisis(crisis, by=by, name=said["name"])
    if said["phase"] != phase_of(crisis).value:
        set_phase(crisis, by=by, phase=Phase(said["phase"]))
    for place in said["places"]:
        if place not in now:
            add_place(crisis, by=by, place=place)
    for place in now:
        if place not in said["places"]:
            remove_place(crisis, by=by, place=place)
    if said["ended"]:
        close_crisis(crisis, by=by)


def _frame(title: str) -> FormPage:
    return FormPage(
        title=title,
        submit=_("Guardar"),
        cancel_url=reverse("crises"),
        crumb=_("Emergencias"),
        crumb_url=reverse("crises"),
    )

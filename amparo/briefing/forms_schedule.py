"""The form that asks for a report that comes by itself."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing.models import ReportSchedule
from amparo.crises.models import Crisis
from amparo.places.queries.asking import place_asked


class ScheduleForm(forms.Form):
    every = forms.ChoiceField(label=gettext_lazy("Cada cuánto"), choices=ReportSchedule.Every.choices)
    hour = forms.TypedChoiceField(
        label=gettext_lazy("A qué hora"),
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
        coerce=int,
        initial=6,
    )
    language = forms.ChoiceField(label=gettext_lazy("Idioma"), choices=ReportSchedule.Language.choices)
    place = forms.CharField(
        label=gettext_lazy("Lugar"),
        required=False,
        help_text=gettext_lazy("Código o nombre. Vacío: todo lo que usted ve."),
    )
    crisis = forms.ModelChoiceField(
        label=gettext_lazy("Emergencia"),
        queryset=Crisis.objects.none(),
        required=False,
        to_field_name="uid",
        empty_label=gettext_lazy("Todas"),
    )
    email = forms.EmailField(
        label=gettext_lazy("Correo"),
        required=False,
        help_text=gettext_lazy("Vacío: solo queda guardado en el equipo central."),
    )

    def clean_place(self) -> Any:
        text = self.cleaned_data["place"].strip()
        if not text:
            return None
        asked = place_asked(text)
        if asked.place is None:
            raise forms.ValidationError(f"{asked.unknown} {asked.advice}".strip() or _("No se encontró."))
        return asked.place

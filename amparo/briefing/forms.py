"""Forms over centres: they check what was typed and hand it to an action. Few questions are required.

What was typed comes back beside the error, whatever it was. Browsers show nothing in a box for days or numbers that
holds neither, so such a thing comes back in a box for text, and a whole number is asked for in one.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.sites.actions.closing import refuse_closing_before_notice
from amparo.sites.actions.site import refuse_closing_before_opening
from amparo.sites.forms import AboutSite
from amparo.sites.models import Facility, Space
from amparo.toolkit.fields import Count, Day, PastDay, held_to

MOST_LINES = 100


# --- closing


class OrderClosureForm(AboutSite):
    notice_on = Day(label=gettext_lazy("Fecha del aviso"))
    closes_on = Day(label=gettext_lazy("Fecha de cierre"))
    ordered_by = forms.CharField(
        label=gettext_lazy("Quién lo ordena"), max_length=200, help_text=gettext_lazy("Cargo e institución.")
    )
    reason = forms.CharField(label=gettext_lazy("Por qué"), max_length=300, required=False)
    still_staying = Count(
        label=gettext_lazy("Personas que siguen aquí"), min_value=0, max_value=1_000_000, required=False
    )
    staying_note = forms.CharField(label=gettext_lazy("A dónde irán"), max_length=300, required=False)

    def clean_closes_on(self) -> date:
        closes_on: date = self.cleaned_data["closes_on"]
        if "notice_on" in self.cleaned_data:
            held_to(refuse_closing_before_notice, self.cleaned_data["notice_on"], closes_on)
        return closes_on


class CloseForm(AboutSite):
    closed_on = PastDay(label=gettext_lazy("Cerrado desde"))
    still_staying = Count(
        label=gettext_lazy("Personas que siguen aquí"), min_value=0, max_value=1_000_000, required=False
    )
    handed_over_on = PastDay(
        label=gettext_lazy("Edificio entregado"),
        required=False,
        help_text=gettext_lazy("Déjelo vacío si aún no se entrega."),
    )
    handover_note = forms.CharField(label=gettext_lazy("Estado del edificio"), max_length=300, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("closed_on", timezone.localdate())

    def clean_closed_on(self) -> date:
        day: date = self.cleaned_data["closed_on"]
        held_to(refuse_closing_before_opening, self.site.opened_on, day)
        return day


class HandOverForm(AboutSite):
    handed_over_on = PastDay(label=gettext_lazy("Edificio entregado"))
    note = forms.CharField(label=gettext_lazy("Estado del edificio"), max_length=300, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("handed_over_on", timezone.localdate())


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Por qué"), max_length=300, help_text=gettext_lazy("Quedará en la bitácora.")
    )


class WithdrawClosureForm(AboutSite, WhyForm):
    pass


# --- the building, line by line


class SpaceLine(forms.Form):
    name = forms.CharField(label=gettext_lazy("Espacio"), max_length=80)
    use = forms.ChoiceField(label=gettext_lazy("Uso"), choices=Space.Use.choices, initial=Space.Use.SLEEPING)
    serves = forms.ChoiceField(
        label=gettext_lazy("Para quién"), choices=Space.Serves.choices, initial=Space.Serves.ALL
    )
    floor_m2 = forms.FloatField(
        label=gettext_lazy("Metros cuadrados"), required=False, min_value=0.1, max_value=99_999, localize=True
    )
    sleeping_places = Count(
        label=gettext_lazy("Lugares para dormir"), required=False, min_value=0, max_value=100_000
    )
    blocked_places = Count(
        label=gettext_lazy("No se pueden usar"), required=False, min_value=0, max_value=100_000
    )

    def clean_blocked_places(self) -> int:
        return self.cleaned_data["blocked_places"] or 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        places, blocked = cleaned.get("sleeping_places"), cleaned.get("blocked_places") or 0
        if places is not None and blocked > places:
            self.add_error("blocked_places", _("No puede haber más bloqueados que lugares."))
        return cleaned


NOT_SAID = ("", gettext_lazy("No sabe"))
YES_OR_NO = (NOT_SAID, ("yes", gettext_lazy("Sí")), ("no", gettext_lazy("No")))


class YesOrNoField(forms.TypedChoiceField):
    """Yes, no, or nobody looked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=YES_OR_NO, required=False, coerce=lambda word: word == "yes", empty_value=None, **options
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value) if not isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


class FacilityLine(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Qué es"), choices=Facility.Kind.choices, initial=Facility.Kind.TOILET
    )
    name = forms.CharField(label=gettext_lazy("Dónde está"), max_length=80)
    serves = forms.ChoiceField(
        label=gettext_lazy("Para quién"), choices=Space.Serves.choices, initial=Space.Serves.ALL
    )
    quantity = Count(label=gettext_lazy("Cuántos hay"), min_value=0, max_value=100_000)
    working = Count(label=gettext_lazy("Cuántos funcionan"), min_value=0, max_value=100_000)
    lit = YesOrNoField(label=gettext_lazy("Con luz"))
    lockable = YesOrNoField(label=gettext_lazy("Cierra por dentro"))
    accessible = Count(
        label=gettext_lazy("Para silla de ruedas"), required=False, min_value=0, max_value=100_000
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        quantity, working, accessible = (cleaned.get(name) for name in ("quantity", "working", "accessible"))
        if quantity is not None and working is not None and working > quantity:
            self.add_error("working", _("No pueden funcionar más de los que hay."))
        if working is not None and accessible is not None and accessible > working:
            self.add_error("accessible", _("No pueden ser más de los que funcionan."))
        return cleaned


class Lines(forms.BaseFormSet):
    """Lines of a list; a blank one is passed over, one marked "Quitar" leaves it."""

    twin_fields: tuple[str, ...] = ("name",)

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Quitar")

    def clean(self) -> None:
        seen = set()
        for line in self.written():
            twin = tuple(line.get(name) for name in self.twin_fields)
            if twin in seen:
                raise forms.ValidationError(
                    _("Hay dos líneas con el mismo nombre: %(name)s. Póngales nombres distintos."),
                    params={"name": line.get("name", "")},
                )
            seen.add(twin)

    def written(self) -> list[dict[str, Any]]:
        """What the lines say, without those that are blank or leave."""
        return [
            {name: value for name, value in form.cleaned_data.items() if name != "DELETE"}
            for form in self.forms
            if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")
        ]


class SpaceLines(Lines):
    pass


class FacilityLines(Lines):
    twin_fields = ("kind", "name")


def _formset(line: type[forms.Form], lines: type[Lines]) -> type[Lines]:
    made = forms.formset_factory(
        line, formset=lines, extra=3, can_delete=True, max_num=MOST_LINES, absolute_max=MOST_LINES
    )
    return cast("type[Lines]", made)


SpaceFormSet = _formset(SpaceLine, SpaceLines)
FacilityFormSet = _formset(FacilityLine, FacilityLines)


def as_lines(rows: Iterable[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as the lines of a form show them."""
    return [{field: getattr(row, field) for field in fields} for row in rows]


# --- standards


class VerifyStandardForm(forms.Form):
    checked_by = forms.CharField(label=gettext_lazy("Quién la leyó"), max_length=200)
    source = forms.CharField(
        label=gettext_lazy("En qué documento"),
        max_length=300,
        help_text=gettext_lazy("Nombre, edición y página."),
    )
    checked_on = PastDay(label=gettext_lazy("Cuándo"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("checked_on", timezone.localdate())

"""Forms over centres: they check what was typed and hand it to an action. Few questions are required."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing.queries.asked import place_asked, place_words
from amparo.places.models import Place
from amparo.places.queries import label
from amparo.sites.models import Facility, Site, Space

MOST_LINES = 100


class Day(forms.DateField):
    """A day, by the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


def not_in_the_future(day: date | None) -> date | None:
    if day is not None and day > timezone.localdate():
        raise forms.ValidationError(_("Esta fecha todavía no llega. Escriba hoy o un día anterior."))
    return day


class PlaceField(forms.CharField):
    """A municipality by name or P-code. Of several that bear a name, the person chooses by the code."""

    def clean(self, value: Any) -> Place | None:
        text = super().clean(value)
        if not text:
            return None
        asked = place_asked(text)
        if asked.place is not None:
            return asked.place
        if asked.nearest:
            near = "; ".join(place_words(place) for place in asked.nearest)
            said = _("Hay varios con ese nombre. Escriba el código de uno: %(places)s.") % {"places": near}
            raise forms.ValidationError(said)
        raise forms.ValidationError(_("No se encontró ese lugar. Escriba el municipio o su código P."))


class SiteForm(forms.Form):
    """What is written of a centre."""

    name = forms.CharField(label=gettext_lazy("Nombre"), max_length=200)
    place = PlaceField(
        label=gettext_lazy("Municipio"),
        max_length=120,
        help_text=gettext_lazy("Nombre o código P. Ejemplo: San Lorenzo, Valle."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Tipo"),
        choices=[choice for choice in Site.Kind.choices if choice[0] != Site.Kind.CANDIDATE_SITE],
    )
    address = forms.CharField(label=gettext_lazy("Aldea, barrio o dirección"), max_length=300, required=False)
    institution = forms.CharField(
        label=gettext_lazy("Qué edificio es"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Escuela, iglesia, salón comunal."),
    )
    phone = forms.CharField(
        label=gettext_lazy("Teléfono de la persona encargada"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    lat = forms.FloatField(
        label=gettext_lazy("Latitud"), required=False, min_value=-90, max_value=90, localize=True
    )
    lon = forms.FloatField(
        label=gettext_lazy("Longitud"), required=False, min_value=-180, max_value=180, localize=True
    )
    opened_on = Day(label=gettext_lazy("Abierto desde"), required=False)

    def clean_opened_on(self) -> date | None:
        return not_in_the_future(self.cleaned_data["opened_on"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "lat" in cleaned and "lon" in cleaned and (cleaned["lat"] is None) != (cleaned["lon"] is None):
            missing = "lat" if cleaned["lat"] is None else "lon"
            self.add_error(missing, _("Escriba las dos coordenadas, o ninguna."))
        return cleaned


class NewSiteForm(SiteForm):
    """`token` becomes the record's id, so that the same form sent twice makes one centre."""

    OPEN, CANDIDATE = "open", "candidate"

    token = forms.UUIDField(widget=forms.HiddenInput)
    status = forms.ChoiceField(
        label=gettext_lazy("Situación"),
        choices=[
            (OPEN, gettext_lazy("Está abierto: hay o habrá personas esta noche")),
            (CANDIDATE, gettext_lazy("Lugar posible: todavía no abre")),
        ],
        initial=OPEN,
        widget=forms.RadioSelect,
    )
    field_order = ("token", "name", "status")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("token", uuid.uuid4())


class EditSiteForm(SiteForm):
    """The same for a centre that exists. Its place is asked for only where it is in doubt or moves."""

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, **options)
        self.site = site
        if site.kind == Site.Kind.CANDIDATE_SITE:
            del self.fields["kind"]
        place = self.fields["place"]
        if site.place_doubt:
            place.required = False
            said = {"told": site.place_doubt}
            place.help_text = _("La lista dice: %(told)s. Escriba el municipio correcto.") % said
        else:
            self.initial.setdefault("place", site.place.code)
            place.help_text = label(site.place)

    def clean_opened_on(self) -> date | None:
        day = super().clean_opened_on()
        if day and self.site.closed_on and day > self.site.closed_on:
            raise forms.ValidationError(_("No pudo abrir después de cerrar. Revise la fecha."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("address", "institution", "phone"):
            cleaned.setdefault(name, "")
        return cleaned


class OpenSiteForm(forms.Form):
    """Open a building that is not open."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Tipo"),
        choices=[choice for choice in Site.Kind.choices if choice[0] != Site.Kind.CANDIDATE_SITE],
    )
    opened_on = Day(label=gettext_lazy("Abierto desde"))

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("opened_on", timezone.localdate())
        if site.kind != Site.Kind.CANDIDATE_SITE:
            del self.fields["kind"]

    def clean_opened_on(self) -> date | None:
        return not_in_the_future(self.cleaned_data["opened_on"])


# --- closing


class OrderClosureForm(forms.Form):
    notice_on = Day(label=gettext_lazy("Fecha del aviso"))
    closes_on = Day(label=gettext_lazy("Fecha de cierre"))
    ordered_by = forms.CharField(
        label=gettext_lazy("Quién lo ordena"), max_length=200, help_text=gettext_lazy("Cargo e institución.")
    )
    reason = forms.CharField(label=gettext_lazy("Por qué"), max_length=300, required=False)
    still_staying = forms.IntegerField(
        label=gettext_lazy("Personas que siguen aquí"), min_value=0, max_value=1_000_000, required=False
    )
    staying_note = forms.CharField(label=gettext_lazy("A dónde irán"), max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        notice_on, closes_on = cleaned.get("notice_on"), cleaned.get("closes_on")
        if notice_on and closes_on and closes_on < notice_on:
            self.add_error("closes_on", _("El cierre no puede ser antes del aviso. Revise las dos fechas."))
        return cleaned


class CloseForm(forms.Form):
    closed_on = Day(label=gettext_lazy("Cerrado desde"))
    still_staying = forms.IntegerField(
        label=gettext_lazy("Personas que siguen aquí"), min_value=0, max_value=1_000_000, required=False
    )
    handed_over_on = Day(
        label=gettext_lazy("Edificio entregado"),
        required=False,
        help_text=gettext_lazy("Vacío si falta entregarlo."),
    )
    handover_note = forms.CharField(label=gettext_lazy("Estado del edificio"), max_length=300, required=False)

    def __init__(self, *args: Any, opened_on: date | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.opened_on = opened_on
        self.initial.setdefault("closed_on", timezone.localdate())

    def clean_closed_on(self) -> date | None:
        day = not_in_the_future(self.cleaned_data["closed_on"])
        if day and self.opened_on and day < self.opened_on:
            raise forms.ValidationError(_("No pudo cerrar antes de abrir. Revise la fecha."))
        return day

    def clean_handed_over_on(self) -> date | None:
        return not_in_the_future(self.cleaned_data["handed_over_on"])


class HandOverForm(forms.Form):
    handed_over_on = Day(label=gettext_lazy("Edificio entregado"))
    note = forms.CharField(label=gettext_lazy("Estado del edificio"), max_length=300, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("handed_over_on", timezone.localdate())

    def clean_handed_over_on(self) -> date | None:
        return not_in_the_future(self.cleaned_data["handed_over_on"])


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Por qué"), max_length=300, help_text=gettext_lazy("Quedará en la bitácora.")
    )


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
    sleeping_places = forms.IntegerField(
        label=gettext_lazy("Lugares para dormir"), required=False, min_value=0, max_value=100_000
    )
    blocked_places = forms.IntegerField(
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
    quantity = forms.IntegerField(label=gettext_lazy("Cuántos hay"), min_value=0, max_value=100_000)
    working = forms.IntegerField(label=gettext_lazy("Cuántos funcionan"), min_value=0, max_value=100_000)
    lit = YesOrNoField(label=gettext_lazy("Con luz"))
    lockable = YesOrNoField(label=gettext_lazy("Cierra por dentro"))
    accessible = forms.IntegerField(
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
    checked_on = Day(label=gettext_lazy("Cuándo"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("checked_on", timezone.localdate())

    def clean_checked_on(self) -> date | None:
        return not_in_the_future(self.cleaned_data["checked_on"])

"""How a place is asked for, and what is written of one."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.places.models import Place
from amparo.places.queries.asking import place_asked, place_words
from amparo.toolkit.fields import Day


class PlaceField(forms.CharField):
    """A municipality by name or P-code. Of several that bear a name, the person chooses by the code, unless only one
    lies in one of the areas `near` (paths) or their country.
    """

    near: tuple[str, ...] = ()

    def clean(self, value: Any) -> Place | None:
        text = super().clean(value)
        if not text:
            return None
        asked = place_asked(text, near=self.near)
        if asked.place is not None:
            return asked.place
        if asked.nearest and not asked.named:
            raise forms.ValidationError(f"{asked.unknown}. {asked.advice}")
        if asked.nearest:
            near = "; ".join(place_words(place) for place in asked.nearest)
            said = _("Hay varios con ese nombre. Escriba el código de uno: %(places)s.") % {"places": near}
            raise forms.ValidationError(said)
        raise forms.ValidationError(_("No se encontró ese lugar. Escriba el municipio o su código P."))


class PointForm(forms.Form):
    """A form that may say where something lies: both coordinates (`lat`, `lon`), or none."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "lat" in cleaned and "lon" in cleaned and (cleaned["lat"] is None) != (cleaned["lon"] is None):
            missing = "lat" if cleaned["lat"] is None else "lon"
            self.add_error(missing, _("Escriba las dos coordenadas, o ninguna."))
        return cleaned


class PlaceForm(PointForm):
    """What is written of a place."""

    name = forms.CharField(label=gettext_lazy("Nombre"), max_length=200)
    lat = forms.FloatField(
        label=gettext_lazy("Latitud"), required=False, min_value=-90, max_value=90, localize=True
    )
    lon = forms.FloatField(
        label=gettext_lazy("Longitud"), required=False, min_value=-180, max_value=180, localize=True
    )
    valid_from = Day(
        label=gettext_lazy("Existe desde"),
        required=False,
        help_text=gettext_lazy("Déjelo vacío si existe desde antes."),
    )
    valid_to = Day(
        label=gettext_lazy("Dejó de existir"),
        required=False,
        help_text=gettext_lazy("El primer día en que ya no existe."),
    )


class NewPlaceForm(PlaceForm):
    """A place that no list has: inside which, and its code where it has one."""

    parent = PlaceField(
        label=gettext_lazy("¿Dentro de qué lugar está?"),
        max_length=120,
        help_text=gettext_lazy("El municipio o la aldea. Nombre o código P."),
    )
    code = forms.CharField(
        label=gettext_lazy("Código oficial"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Si no tiene, déjelo vacío: queda provisional."),
    )
    field_order = ("name", "parent", "code")

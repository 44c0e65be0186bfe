"""How a place is asked for."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from amparo.places.models import Place
from amparo.places.queries.asking import place_asked, place_words


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

"""Forms over centres: they check what was typed and hand it to an action. Few questions are required."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.kernel.words import fold
from amparo.places.countries import country, inside
from amparo.places.forms import PlaceField, PointForm
from amparo.places.queries import label
from amparo.sites.actions.site import refuse_closing_before_opening
from amparo.sites.models import Site
from amparo.toolkit.fields import PastDay, held_to


class AboutSite(forms.Form):
    """A form about one centre."""

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, **options)
        self.site = site


class SiteForm(PointForm):
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
    opened_on = PastDay(label=gettext_lazy("Abierto desde"), required=False)


class NewSiteForm(SiteForm):
    """A centre, or a building that may become one."""

    OPEN, CANDIDATE = "open", "candidate"
    SWAP, STAY = "swap", "stay"
    WHERE = (
        (SWAP, gettext_lazy("Cambiar latitud por longitud")),
        (STAY, gettext_lazy("Así está bien")),
    )

    status = forms.ChoiceField(
        label=gettext_lazy("Estado"),
        choices=[
            (OPEN, gettext_lazy("Está abierto: hay o habrá personas esta noche")),
            (CANDIDATE, gettext_lazy("Lugar posible: todavía no abre")),
        ],
        initial=OPEN,
        widget=forms.RadioSelect,
    )
    other = forms.BooleanField(label=gettext_lazy("No, es otro"), required=False, widget=forms.HiddenInput)
    point = forms.ChoiceField(
        label=gettext_lazy("¿Dónde está el punto?"),
        choices=WHERE,
        required=False,
        widget=forms.HiddenInput,
    )
    field_order = (
        "name",
        "status",
        "place",
        "other",
        "kind",
        "address",
        "institution",
        "phone",
        "lat",
        "lon",
        "point",
    )

    def __init__(self, *args: Any, there: "QuerySet[Site]", **options: Any) -> None:
        """`there`: the centres that the person may see, of which the new one may be one."""
        super().__init__(*args, **options)
        self.there = there

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._ask_whether_it_is_there(cleaned)
        self._ask_about_the_point(cleaned)
        return cleaned

    def _ask_whether_it_is_there(self, cleaned: dict[str, Any]) -> None:
        """The same name in the same municipality, accents and capitals aside, may be the same centre."""
        name, place = cleaned.get("name"), cleaned.get("place")
        if not name or place is None or cleaned.get("other"):
            return
        known = self.there.filter(place=place, name_key=fold(name)[:200]).first()
        if known is not None:
            said = {"name": known.name, "code": known.code, "place": label(known.place)}
            words = (
                _("Ya está «%(name)s» (%(code)s) en %(place)s. ¿Es este? Si es otro, márquelo aquí.") % said
            )
            self._ask("other", forms.CheckboxInput(), words, "already_there")

    def _ask_about_the_point(self, cleaned: dict[str, Any]) -> None:
        """A point beyond the country of its place; the two may have been swapped."""
        lat, lon, place = cleaned.get("lat"), cleaned.get("lon"), cleaned.get("place")
        if lat is None or lon is None or place is None or inside(lat, lon, place.country):
            return
        swapped = abs(lon) <= 90 and inside(lon, lat, place.country)
        if swapped and cleaned.get("point") == self.SWAP:
            cleaned["lat"], cleaned["lon"] = lon, lat
        elif cleaned.get("point") != self.STAY:
            known = country(place.country)
            words = _("El punto queda fuera de %(country)s.") % {
                "country": known.name if known else place.country
            }
            if swapped:
                words += " " + _("Latitud y longitud parecen cambiadas.")
            asked: Any = self.fields["point"]
            asked.choices = self.WHERE if swapped else self.WHERE[1:]
            self._ask("point", forms.RadioSelect(choices=asked.choices), words, "point_elsewhere")

    def _ask(self, name: str, widget: forms.Widget, words: str, code: str) -> None:
        """Show a field that only stands there with its question."""
        self.fields[name].widget = widget
        self.add_error(name, forms.ValidationError(words, code=code))


class EditSiteForm(AboutSite, SiteForm):
    """The same for a centre that exists. Its place is asked for only where it is in doubt or moves."""

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, site=site, **options)
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
        day: date | None = self.cleaned_data["opened_on"]
        held_to(refuse_closing_before_opening, day, self.site.closed_on)
        return day


class OpenSiteForm(AboutSite):
    """Open a building that is not open."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Tipo"),
        choices=[choice for choice in Site.Kind.choices if choice[0] != Site.Kind.CANDIDATE_SITE],
    )
    opened_on = PastDay(label=gettext_lazy("Abierto desde"))

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, site=site, **options)
        self.initial.setdefault("opened_on", timezone.localdate())
        if site.kind != Site.Kind.CANDIDATE_SITE:
            del self.fields["kind"]

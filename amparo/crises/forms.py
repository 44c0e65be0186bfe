"""Forms over emergencies: they check what was typed and hand it to an action."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import uuid4, uuid5

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from amparo.crises.actions.damage import MOST, Told, refuse_wrong
from amparo.crises.damage import FIGURES
from amparo.crises.models import PHASE_NAMES, UNIT_NAMES, Crisis
from amparo.kernel.days import refuse_to_come
from amparo.kernel.refusals import Refused
from amparo.kernel.words import fold
from amparo.places.forms import PlaceField
from amparo.places.models import Place
from amparo.places.queries import resolve
from amparo.standards import Phase, Text
from amparo.toolkit.fields import Count, Day, held_to


class PlacesField(forms.CharField):
    """Places, one a line: a code, a name, or a name and the place above."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> list[Place]:
        text = super().clean(value)
        found, unknown = [], []
        for line in filter(None, (line.strip() for line in text.splitlines())):
            lower, _comma, upper = line.partition(",")
            match = resolve(code=line, names=tuple(part.strip() for part in (upper, lower) if part.strip()))
            if match.place is None:
                unknown.append(line)
            else:
                found.append(match.place)
        if unknown:
            raise forms.ValidationError(_("No se encontró: %(places)s.") % {"places": ", ".join(unknown)})
        if not found:
            raise forms.ValidationError(_("Escriba al menos un lugar."))
        return list(dict.fromkeys(found))


class EditCrisisForm(forms.Form):
    """What may change of an emergency while it lasts."""

    name = forms.CharField(label=gettext_lazy("Nombre de la emergencia"), max_length=120)
    phase = forms.ChoiceField(
        label=gettext_lazy("Etapa"), choices=[(phase.value, name) for phase, name in PHASE_NAMES.items()]
    )
    places = PlacesField(
        label=gettext_lazy("Departamentos o municipios afectados"),
        help_text=gettext_lazy("Uno por línea: código o nombre."),
    )


class NewCrisisForm(EditCrisisForm):
    kind = forms.ChoiceField(label=gettext_lazy("Qué pasó"), choices=Crisis.Kind.choices)
    starts_on = Day(label=gettext_lazy("Empezó"), required=False)
    field_order = ("name", "kind", "phase", "starts_on", "places")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("phase", Phase.SURVIVAL.value)
        self.initial.setdefault("starts_on", timezone.localdate())


# --- damage and needs


def said(text: Text) -> str:
    """The words in the reader's language."""
    return text["en" if (get_language() or "es").startswith("en") else "es"]


said_later = lazy(said, str)
FIGURE_CHOICES = [(key, said_later(figure.name)) for key, figure in FIGURES.items()]
_WHOLE = r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,12})"  # thousands with a comma, as these countries write them
_RANGE = re.compile(rf"{_WHOLE}(?:(?:-|–|a|to){_WHOLE})?")


class CrisisField(forms.ChoiceField):
    """An emergency that the reader sees: by its id, or by its whole name where that is one."""

    def offer(self, crises: Iterable[Crisis]) -> None:
        """Let it be one of these."""
        self.known = {str(crisis.uid): crisis for crisis in crises}
        self.choices = [(uid, str(crisis)) for uid, crisis in self.known.items()]
        if len(self.known) == 1:
            self.initial = next(iter(self.known))

    def to_python(self, value: Any) -> str:
        """The id of the emergency meant: a sheet may bear its name in another language than the reader's."""
        said = super().to_python(value)
        called = [
            uid
            for uid, crisis in self.known.items()
            if fold(said) in (fold(name) for name in crisis.name.values())
        ]
        return called[0] if len(called) == 1 else said

    def clean(self, value: Any) -> Crisis:
        return self.known[super().clean(value)]


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar and clock; a box for text where what was typed is no moment."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if isinstance(value, str) and parse_datetime(value) is None:
            context["widget"]["type"] = "text"
        return context


class PastMoment(forms.DateTimeField):
    """A day and an hour that have been. A bare day is its beginning."""

    widget = MomentInput
    default_error_messages = {
        "invalid": gettext_lazy("No se entiende esta fecha. Escríbala así: 2026-11-22 14:30.")
    }

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None:
            held_to(refuse_to_come, timezone.localdate(value))
            if value > timezone.now():
                raise forms.ValidationError(_("Esa hora todavía no llega. Revise la fecha y la hora."))


class RangeField(forms.CharField):
    """A whole number, or two: "1,200", "100 a 150". Nothing typed is None; "1.200" is asked about: thousands, or a
    fraction?"""

    def __init__(self, **options: Any) -> None:
        attrs = {"maxlength": 24, "size": 10}
        super().__init__(widget=forms.TextInput(attrs=attrs), required=False, **options)

    def clean(self, value: Any) -> tuple[int, int] | None:
        text = "".join(super().clean(value).lower().split())
        if not text:
            return None
        found = _RANGE.fullmatch(text)
        if found is None:
            raise forms.ValidationError(_("Escriba un número entero, sin punto, o dos: 1,000 a 1,500."))
        low, high = (int(part.replace(",", "")) for part in (found[1], found[2] or found[1]))
        return low, high


class ToldForm(forms.Form):
    """Who told figures of damage: in which emergency, of which municipality, when."""

    crisis = CrisisField(label=gettext_lazy("Emergencia"))
    place = PlaceField(
        label=gettext_lazy("Municipio"),
        max_length=120,
        help_text=gettext_lazy("Nombre o código P. Si no se sabe el municipio, escriba el departamento."),
    )
    told_at = PastMoment(label=gettext_lazy("Cuándo se dijo"))
    source = forms.CharField(
        label=gettext_lazy("Quién lo dijo"),
        max_length=200,
        help_text=gettext_lazy("Ejemplo: CODEM, informe 12; llamada del alcalde."),
    )
    note = forms.CharField(label=gettext_lazy("Nota"), max_length=500, required=False)

    def __init__(self, *args: Any, crises: Iterable[Crisis] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["crisis"]
        assert isinstance(field, CrisisField)
        field.offer(crises)
        self.initial.setdefault("told_at", timezone.localtime())


class OneFigureForm(ToldForm):
    """One figure: for sheets and machines."""

    figure = forms.ChoiceField(label=gettext_lazy("Cifra"), choices=FIGURE_CHOICES)
    unit = forms.ChoiceField(
        label=gettext_lazy("Unidad"),
        choices=[("", ""), *((unit.value, name) for unit, name in UNIT_NAMES.items())],
        required=False,
    )
    low = Count(label=gettext_lazy("Número, o desde"), min_value=0, max_value=MOST)
    high = Count(label=gettext_lazy("Hasta"), min_value=0, max_value=MOST, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "figure" in cleaned and "low" in cleaned and "high" in cleaned:
            cleaned["unit"] = cleaned.get("unit") or FIGURES[cleaned["figure"]].units[0].value
            cleaned["high"] = cleaned["low"] if cleaned["high"] is None else cleaned["high"]
            held_to(refuse_wrong, Told(cleaned["figure"], cleaned["low"], cleaned["high"], cleaned["unit"]))
        return cleaned


class DamageForm(ToldForm):
    """All the figures that one report tells of one municipality. Each id follows from `token` and content: sent twice
    it is one report, and changed after going back it is another."""

    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("token", uuid4())
        for figure in FIGURES.values():
            for unit in figure.units:
                name = f"{figure.key}-{unit.value}"
                label = (
                    f"{said(figure.name)} ({UNIT_NAMES[unit]})"
                    if len(figure.units) > 1
                    else said(figure.name)
                )
                self.fields[name] = RangeField(label=label)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in self.boxes:
            if cleaned.get(name) is not None:
                try:
                    refuse_wrong(self._told(name))
                except Refused as refusal:
                    self.add_error(name, refusal.message)
        if not self.errors and not any(cleaned.get(name) is not None for name in self.boxes):
            raise forms.ValidationError(
                _("Escriba al menos una cifra. Lo que no sepa, déjelo vacío: vacío no es cero.")
            )
        return cleaned

    @property
    def boxes(self) -> list[str]:
        return [f"{figure.key}-{unit.value}" for figure in FIGURES.values() for unit in figure.units]

    def _told(self, name: str) -> Told:
        figure, _dash, unit = name.partition("-")
        low, high = self.cleaned_data[name]
        said_of = [self.cleaned_data.get(one) for one in ("crisis", "place", "told_at", "source")]
        content = repr((name, low, high, [str(one) for one in said_of]))
        token = self.cleaned_data.get("token") or uuid4()
        return Told(figure, low, high, unit, uuid5(token, content))

    @property
    def told(self) -> list[Told]:
        """What was told, in the order of the figures."""
        return [self._told(name) for name in self.boxes if self.cleaned_data.get(name) is not None]


class WithdrawForm(forms.Form):
    """Why a figure is taken back."""

    why = forms.CharField(label=gettext_lazy("Por qué se retira"), max_length=200)

"""The ten figures as a form: on the screen of whoever runs a centre, and of whoever calls it."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.kernel.words import fold
from amparo.sites.daily import FIGURES, MOST, Figure

SAME = "same_"
_SPACES = re.compile(r"\s+")
_YES_OR_NO = {
    "si": 1.0, "s": 1.0, "1": 1.0, "yes": 1.0, "y": 1.0,
    "no": 0.0, "n": 0.0, "0": 0.0,
}  # fmt: skip


class Box(forms.Field):
    """A box for one figure. Text, so that what was typed comes back whatever it is."""

    widget = forms.TextInput

    def __init__(self, figure: Figure) -> None:
        super().__init__(label=figure.label, required=False)
        self.yes_or_no = figure.is_yes_or_no
        # No autocomplete="off": with it a browser forgets what was typed when somebody goes back to the page.
        self.widget.attrs.update(
            {"maxlength": 8, "size": 8} | ({} if self.yes_or_no else {"inputmode": "numeric"})
        )

    def clean(self, value: Any) -> float | None:
        """The figure, or None where the box is empty. "1,430" is asked about: thousands, or a fraction?"""
        text = _SPACES.sub("", str(value or ""))
        if not text:
            return None
        if self.yes_or_no:
            if fold(text) not in _YES_OR_NO:
                raise forms.ValidationError(_("Escriba sí o no."))
            return _YES_OR_NO[fold(text)]
        if not (text.isascii() and text.isdigit()):
            raise forms.ValidationError(_("Escriba solo el número entero, sin punto ni coma."))
        if int(text[:12]) > MOST:
            raise forms.ValidationError(_("Es demasiado. Revise el número."))
        return float(int(text))


class DailyForm(forms.Form):
    """`may_stay`: the indicators of which "sigue igual" may be said. The report's id follows from `token` and content:
    sent twice it is one report, and changed after going back it is another."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    sure = forms.BooleanField(label=gettext_lazy("Sí, es así"), required=False)

    def __init__(
        self,
        *args: Any,
        may_stay: Iterable[str] = (),
        placeholders: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("token", uuid.uuid4())
        self.may_stay = frozenset(may_stay)
        self.asks = False  # whether something odd was told, and asks for `sure`
        for figure in FIGURES:
            self.fields[figure.indicator] = box = Box(figure)
            if placeholders and figure.indicator in placeholders:
                box.widget.attrs["placeholder"] = placeholders[figure.indicator]
            if figure.indicator in self.may_stay:
                self.fields[f"{SAME}{figure.indicator}"] = forms.BooleanField(
                    label=gettext_lazy("Sigue igual"), required=False
                )

    @property
    def values(self) -> dict[str, float]:
        return {
            figure.indicator: self.cleaned_data[figure.indicator]
            for figure in FIGURES
            if self.cleaned_data.get(figure.indicator) is not None
        }

    @property
    def same(self) -> list[str]:
        """What is said to be still so: a figure that was written as well is told, not confirmed."""
        every = "all_same" in self.data
        return [
            figure.indicator
            for figure in FIGURES
            if figure.indicator in self.may_stay
            and figure.indicator not in self.values
            and (every or self.cleaned_data.get(f"{SAME}{figure.indicator}"))
        ]

    @property
    def uid(self) -> uuid.UUID:
        said = repr((sorted(self.values.items()), sorted(self.same)))
        return uuid.uuid5(self.cleaned_data["token"], said)


def any_figure(data: Mapping[str, Any]) -> bool:
    """Whether anything stands in one of the ten boxes, right or wrong."""
    return any(str(data.get(figure.indicator, "")).strip() for figure in FIGURES)


def typed(data: Mapping[str, Any]) -> dict[str, str]:
    """What was typed of the ten, to be carried through the door when a session has ended."""
    names = [figure.indicator for figure in FIGURES]
    asked = ("token", *names, *(f"{SAME}{name}" for name in names))
    return {name: str(data[name])[:40] for name in asked if data.get(name)}

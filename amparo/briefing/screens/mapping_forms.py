"""The forms by which a person says how a column is read. They know no database: documents in, documents out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.intake.mapping import editing, values
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.document import (
    SITE_KINDS,
    STATUSES,
    Choice,
    Document,
    Fixed,
    Meaning,
    Observe,
    When,
)
from amparo.intake.mapping.guarding import tried, value_words
from amparo.intake.mapping.sample import Sample, Seen
from amparo.intake.mapping.targets import grouped, said
from amparo.intake.mapping.values import Parsed
from amparo.intake.mapping.values.cells import silence
from amparo.intake.mapping.values.dates import zone
from amparo.intake.mapping.writing import offset_text
from amparo.sites.models import Site
from amparo.standards import INDICATORS, Indicator, Kind
from amparo.toolkit.sheets.names import fold, nearest
from amparo.toolkit.sheets.table import letters

UNKNOWN_WORDS, SKIP_WORDS = gettext_lazy("No se sabe"), gettext_lazy("No aplica")
KIND_WORDS = {
    Kind.COUNT: gettext_lazy("Cantidad, en números enteros"),
    Kind.QUANTITY: gettext_lazy("Medida, con decimales"),
    Kind.SHARE: gettext_lazy("Parte del total, como 25 %"),
    Kind.YESNO: gettext_lazy("Sí o no"),
    Kind.LEVEL: gettext_lazy("Escala de palabras"),
}


# --- a figure


class ObserveForm(forms.Form):
    """How a figure is read from its column: unit, words, sums, condition."""

    kind = forms.ChoiceField(label=gettext_lazy("Cómo viene escrito"), required=False)
    factor = forms.CharField(
        label=gettext_lazy("Multiplicar por"),
        required=False,
        help_text=gettext_lazy(
            "Para pasar a otra unidad: 1440 convierte «por minuto» en «por día». Sin cambio: 1."
        ),
    )
    scale = forms.ChoiceField(
        label=gettext_lazy("Un número sin signo es"),
        required=False,
        choices=[
            ("auto", gettext_lazy("Lo que parezca")),
            ("percent", gettext_lazy("Porcentaje: 25 es 25 %")),
            ("fraction", gettext_lazy("Fracción: 0.25 es 25 %")),
        ],
    )
    contains = forms.CharField(
        label=gettext_lazy("Sí, cuando entre sus respuestas está"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Para preguntas de varias respuestas: el nombre de una de ellas."),
    )
    more = forms.CharField(
        label=gettext_lazy("Otras columnas que se suman a esta"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Una por línea: su letra (AB) o su título."),
    )
    when = forms.CharField(
        label=gettext_lazy("Solo cuando otra columna"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Su letra (AB) o su título. Vacío: siempre."),
    )
    answers = forms.CharField(
        label=gettext_lazy("dice"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Una respuesta por línea."),
    )

    def __init__(
        self, *args: Any, entry: Observe, at: int, document: Document, sample: Sample, **options: Any
    ) -> None:
        self.entry, self.at, self.document, self.sample = entry, at, document, sample
        self.indicator = INDICATORS[entry.indicator]
        self.seen = sample.seen[at] if at >= 0 else Seen("", "")
        options.setdefault("initial", self._initial())
        super().__init__(*args, **options)
        self._only_what_fits()
        self.rows = _answers(entry, self.seen)
        for number, (text, _count) in enumerate(self.rows):
            self.fields[f"m{number}"] = _meaning_field(self.indicator, entry.kind, text)
            self.initial[f"m{number}"] = _meaning_text(self.indicator, entry.choices.get(fold(text)))

    def _initial(self) -> dict[str, Any]:
        entry, own = self.entry, self.sample.address(self.at) if self.at >= 0 else None
        others = [address for address in entry.addresses if address != own]
        here = [address for address in others if not self._is_this(address)]
        return {
            "kind": entry.kind.value,
            "factor": "" if entry.factor == 1.0 else f"{entry.factor:g}",
            "scale": entry.scale,
            "contains": entry.contains,
            "more": "\n".join(_address_words(address, self.sample) for address in here),
            "when": _address_words(entry.when.address, self.sample) if entry.when else "",
            "answers": "\n".join(sorted(entry.when.answers)) if entry.when else "",
        }

    def _is_this(self, address: Address) -> bool:
        found = address.find(self.sample.columns)
        return len(found) == 1 and found[0].index == self.at

    def _only_what_fits(self) -> None:
        """A figure asks only what may be asked of its kind."""
        kind, own = self.entry.kind, self.indicator.kind
        numbers = (Kind.COUNT, Kind.QUANTITY, Kind.SHARE)
        kinds = numbers if own in numbers else tuple(dict.fromkeys((own, kind)))
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one), str(KIND_WORDS[one])) for one in dict.fromkeys((*kinds, kind))]
        if len(field.choices) == 1:
            del self.fields["kind"]
        if kind not in (Kind.COUNT, Kind.QUANTITY) and self.entry.factor == 1.0:
            del self.fields["factor"]
        if kind is not Kind.SHARE and self.entry.scale == "auto":
            del self.fields["scale"]
        if own is not Kind.YESNO and not self.entry.contains:
            del self.fields["contains"]

    @property
    def simple(self) -> list[Any]:
        return [self[name] for name in ("kind", "factor", "scale", "contains") if name in self.fields]

    @property
    def further(self) -> list[Any]:
        return [self[name] for name in ("more", "when", "answers")]

    @property
    def meanings(self) -> list[tuple[str, int | None, str, Any]]:
        """(answer, how often, how it is read today, field) for each answer on the page."""
        return [
            (
                text,
                count,
                tried(self.document, self.entry, text) if count is not None else "",
                self[f"m{number}"],
            )
            for number, (text, count) in enumerate(self.rows)
        ]

    def clean_factor(self) -> float:
        text = self.cleaned_data["factor"].strip()
        if not text:
            return 1.0
        result = values.quantity(text)
        if not isinstance(result, Parsed) or result.low != result.high or result.low <= 0 or result.unit:
            raise forms.ValidationError(_("Escriba un número mayor que cero."))
        return result.low

    def clean_more(self) -> tuple[Address, ...]:
        return tuple(
            self._column(line, "more") for line in self.cleaned_data["more"].splitlines() if line.strip()
        )

    def clean_when(self) -> Address | None:
        text = self.cleaned_data["when"].strip()
        return self._column(text, "when") if text else None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        answers = [line.strip() for line in (cleaned.get("answers") or "").splitlines() if line.strip()]
        if cleaned.get("when") is not None and not answers:
            self.add_error("answers", _("Diga con qué respuesta se lee este dato."))
        cleaned["answers"] = answers
        for number, (text, _count) in enumerate(self.rows):
            said_ = cleaned.get(f"m{number}")
            if isinstance(said_, str) and said_.strip():
                try:
                    cleaned[f"m{number}"] = meaning_from(said_, self.indicator, text)
                except forms.ValidationError as error:
                    self.add_error(f"m{number}", error)
        return cleaned

    def _column(self, text: str, field: str) -> Address:
        return column_from(text, self.sample)

    def changed(self, document: Document) -> Document:
        """The document with this figure read as the form says. The figure is found again as it was shown."""
        place = next((at for at, one in enumerate(document.observe) if one == self.entry), -1)
        if place < 0:
            raise LookupError
        said_ = self.cleaned_data
        choices = dict(self.entry.choices)
        for number, (text, _count) in enumerate(self.rows):
            meaning = said_.get(f"m{number}")
            choices.pop(fold(text), None)
            if meaning not in ("", None):
                choices[fold(text)] = meaning
        own = [address for address in self.entry.addresses if self._is_this(address)]
        own = own or list(self.entry.addresses[:1])
        kept = {address: address for address in self.entry.addresses}
        more = [kept.get(address, address) for address in said_["more"]]
        entry = replace(
            self.entry,
            addresses=tuple(dict.fromkeys([*own, *more])),
            kind=Kind(said_.get("kind") or self.entry.kind),
            factor=said_.get("factor", self.entry.factor),
            scale=said_.get("scale") or self.entry.scale,
            contains=said_.get("contains", self.entry.contains).strip(),
            choices=choices,
            when=When(said_["when"], frozenset(map(fold, said_["answers"]))) if said_["when"] else None,
        )
        return editing.with_observe(document, place, entry)


def column_from(text: str, sample: Sample) -> Address:
    """The column somebody means by its letter or its title. Raises ValidationError, with the nearest titles."""
    text = text.strip()
    wanted = fold(text)
    for at, seen in enumerate(sample.seen):
        by_letter = not sample.by_path and text.isalpha() and text.upper() == letters(at)
        if by_letter or wanted in (fold(seen.label), fold(seen.name)):
            address = sample.address(at)
            if address is not None:
                return address
    close = nearest(text, [seen.label for seen in sample.seen])
    words = _("No hay una columna «%(name)s».") % {"name": text[:80]}
    if close:
        words += " " + _("¿Será «%(close)s»?") % {"close": _("» o «").join(close)}
    raise forms.ValidationError(words)


def _address_words(address: Address, sample: Sample) -> str:
    found = address.find(sample.columns)
    return sample.seen[found[0].index].label if len(found) == 1 else address.label


def _answers(entry: Observe, seen: Seen) -> list[tuple[str, int | None]]:
    """The answers whose meaning may be said: (answer, how often; None where it was not seen)."""
    if entry.contains or seen.personal:
        found: list[tuple[str, int | None]] = []
    elif seen.options:
        counts = dict(seen.answers)
        found = [(name, counts.get(name, 0)) for name, _label in seen.options]
    else:
        words_alone = entry.kind in (Kind.COUNT, Kind.QUANTITY)
        found = [
            (text, count)
            for text, count in seen.answers
            if silence(text) is None
            and not (words_alone and text.replace(",", "").replace(".", "").isdigit())
        ]
    there = {fold(text) for text, _count in found}
    return [*found, *((text, None) for text in entry.choices if text not in there)]


def _meaning_field(indicator: Indicator, kind: Kind, text: str) -> forms.Field:
    if indicator.kind in (Kind.YESNO, Kind.LEVEL):
        choices = [("", _("Como se lee"))]
        if indicator.kind is Kind.YESNO:
            choices += [("1", _("Sí")), ("0", _("No"))]
        else:
            choices += [(str(at), said(words)) for at, words in enumerate(indicator.levels)]
        choices += [("unknown", str(UNKNOWN_WORDS)), ("skip", str(SKIP_WORDS))]
        return forms.ChoiceField(choices=choices, required=False, label=text)
    return forms.CharField(required=False, label=text, max_length=40)


def _meaning_text(indicator: Indicator, meaning: Meaning | None) -> str:
    if meaning is None:
        return ""
    chosen = indicator.kind in (Kind.YESNO, Kind.LEVEL)
    if isinstance(meaning, str):
        return meaning if chosen else str(UNKNOWN_WORDS if meaning == "unknown" else SKIP_WORDS)
    low, high = meaning
    if chosen and low == high:
        return f"{low:g}"
    return "" if chosen else value_words(indicator, low, high).replace("–", "-").replace(",", "")


def meaning_from(text: str, indicator: Indicator, answer: str) -> Meaning:
    """ "10-15", "15+", "no se sabe", "0": what an answer means. Raises ValidationError in words."""
    said_ = fold(text)
    if said_ == "skip" or said_ in (fold(str(SKIP_WORDS)), "no aplica", "does not apply"):
        return "skip"
    if said_ == "unknown" or said_ == fold(str(UNKNOWN_WORDS)) or isinstance(silence(text), values.Unknown):
        return "unknown"
    reads = values.share if indicator.kind is Kind.SHARE else values.quantity
    result = reads(text)
    if not isinstance(result, Parsed) or result.unit:
        raise forms.ValidationError(
            _("«%(answer)s»: escriba un número, un rango (10-15), «no se sabe» o «no aplica».")
            % {"answer": answer}
        )
    problem = indicator.problem_with(result.low, result.high)
    if problem or result.low == float("inf"):
        raise forms.ValidationError(
            _("«%(answer)s»: %(value)s no puede ser «%(name)s».")
            % {"answer": answer, "value": text, "name": said(indicator.name)}
        )
    return result.low, result.high


# --- the centre's kind and status


class SiteWordsForm(forms.Form):
    """What each answer says of the centre: its kind, or whether it is open."""

    def __init__(
        self, *args: Any, key: str, address: Address, seen: Seen, document: Document, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.key, self.address = key, address
        rule = next(
            (
                one
                for one in getattr(document.site, key)
                if isinstance(one, Choice) and one.address == address
            ),
            None,
        )
        meanings: Mapping[str, str] = rule.meanings if rule else {}
        words = _words_of(key)
        several = sum(isinstance(one, Choice) for one in getattr(document.site, key)) > 1
        options_ = [("", _("Sin decir")), *words, *([("next", _("Lo dice otra columna"))] if several else [])]
        texts: list[tuple[str, int | None]] = [(name, None) for name, _label in seen.options] or [
            (text, count) for text, count in seen.answers if silence(text) is None
        ]
        there = {fold(text) for text, _count in texts}
        self.rows = [*texts, *((text, None) for text in meanings if text not in there)]
        for number, (text, _count) in enumerate(self.rows):
            self.fields[f"m{number}"] = forms.ChoiceField(
                choices=options_
                if meanings.get(fold(text)) != "next" or several
                else [*options_, ("next", _("Lo dice otra columna"))],
                required=False,
                label=text,
                initial=meanings.get(fold(text), ""),
            )
        self.fields["otherwise"] = forms.ChoiceField(
            label=_("Todo lo demás"),
            choices=[("", _("Sin decir")), *words],
            required=False,
            initial=editing.otherwise(document, key),
        )

    simple: tuple[Any, ...] = ()

    @property
    def further(self) -> list[Any]:
        return [self["otherwise"]]

    @property
    def meanings(self) -> list[tuple[str, int | None, str, Any]]:
        return [(text, count, "", self[f"m{number}"]) for number, (text, count) in enumerate(self.rows)]

    def changed(self, document: Document) -> Document:
        meanings = {
            text: self.cleaned_data[f"m{number}"]
            for number, (text, _count) in enumerate(self.rows)
            if self.cleaned_data.get(f"m{number}")
        }
        document = editing.with_meanings(document, self.key, self.address, meanings)
        return editing.with_otherwise(document, self.key, self.cleaned_data["otherwise"])


def _words_of(key: str) -> list[tuple[str, str]]:
    if key == "status":
        words = {"open": _("Abierto"), "closed": _("Cerrado"), "candidate": _("Lugar posible")}
        return [(one, words[one]) for one in STATUSES]
    labels = dict(Site.Kind.choices)
    return [(one, str(labels[one])) for one in SITE_KINDS]


# --- the rest


class SystemForm(forms.Form):
    """Who gave the centre's codes."""

    system = forms.SlugField(
        label=gettext_lazy("Quién dio estos códigos"),
        max_length=40,
        help_text=gettext_lazy(
            "Una palabra corta: dtm, copeco, mi-municipio. «amparo» si son los códigos de este sistema."
        ),
    )

    simple: tuple[Any, ...] = ()
    meanings: tuple[Any, ...] = ()

    @property
    def further(self) -> list[Any]:
        return [self["system"]]

    def changed(self, document: Document) -> Document:
        return editing.with_site(document, system=self.cleaned_data["system"])


class OrderForm(forms.Form):
    """Which of the columns with names of places this is."""

    place = forms.ChoiceField(label=gettext_lazy("Qué tan grande es el lugar"))

    simple: tuple[Any, ...] = ()
    meanings: tuple[Any, ...] = ()

    def __init__(self, *args: Any, address: Address, document: Document, **options: Any) -> None:
        self.address = address
        names = document.place.names
        options.setdefault("initial", {"place": str(names.index(address)) if address in names else "0"})
        super().__init__(*args, **options)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (str(at), _("%(n)dº, de mayor a menor") % {"n": at + 1}) for at in range(max(len(names), 1))
        ]

    @property
    def further(self) -> list[Any]:
        return [self["place"]]

    def changed(self, document: Document) -> Document:
        return editing.moved(document, self.address, int(self.cleaned_data["place"]))


class TargetForm(forms.Form):
    """One more thing that a column becomes."""

    target = forms.ChoiceField(label=gettext_lazy("Se convierte también en"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["target"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Elija")), *grouped()]


class ReadingForm(forms.Form):
    """How dates, hours and numbers are read, and what holds for every row."""

    title_es = forms.CharField(label=gettext_lazy("Título, en español"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("Título, en inglés"), max_length=120, required=False)
    name = forms.CharField(label=gettext_lazy("Nombre corto"), max_length=100)
    purpose = forms.ChoiceField(
        label=gettext_lazy("Qué trae"),
        choices=[
            ("assessment", gettext_lazy("Evaluaciones: lo que se vio en cada albergue")),
            ("sites", gettext_lazy("Solo una lista de albergues")),
        ],
    )
    order = forms.ChoiceField(
        label=gettext_lazy("Fechas"),
        choices=[
            ("dmy", gettext_lazy("Día, mes, año: 3/11/2026")),
            ("mdy", gettext_lazy("Mes, día, año: 11/3/2026")),
            ("ymd", gettext_lazy("Año, mes, día: 2026-11-03")),
        ],
        help_text=gettext_lazy("Si el año va primero se entiende en los tres casos."),
    )
    offset = forms.CharField(
        label=gettext_lazy("Diferencia de hora del lugar"),
        help_text=gettext_lazy("Honduras, Guatemala y El Salvador: -06:00."),
    )
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimales"),
        choices=[
            ("auto", gettext_lazy("Lo que diga cada número")),
            (".", gettext_lazy("Siempre con punto: 12.5")),
            (",", gettext_lazy("Siempre con coma: 12,5")),
        ],
    )
    missing = forms.BooleanField(
        label=gettext_lazy("Pueden faltar columnas"),
        required=False,
        help_text=gettext_lazy("Lo que no está se toma como no medido."),
    )
    unknown = forms.CharField(
        label=gettext_lazy("Otras maneras de decir que nadie sabe"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Una por línea. «No sabe», «NS» y parecidas ya se conocen."),
    )
    country = forms.CharField(
        label=gettext_lazy("País de todas las filas"),
        required=False,
        max_length=2,
        help_text=gettext_lazy("Dos letras: HN, GT, SV."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Tipo de albergue, si ninguna columna lo dice"), required=False
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Abierto o cerrado, si ninguna columna lo dice"), required=False
    )

    def __init__(self, *args: Any, document: Document, fixed_name: bool, **options: Any) -> None:
        titles = dict(document.title)
        country = document.place.country
        options.setdefault(
            "initial",
            {
                "title_es": titles.get("es", ""),
                "title_en": titles.get("en", ""),
                "name": document.name,
                "purpose": document.purpose,
                "order": document.order,
                "offset": offset_text(document.offset),
                "decimal": document.decimal,
                "missing": document.may_miss,
                "unknown": "\n".join(sorted(document.unknown)),
                "country": country.value if isinstance(country, Fixed) else "",
                "kind": editing.otherwise(document, "kind"),
                "status": editing.otherwise(document, "status"),
            },
        )
        super().__init__(*args, **options)
        for key in ("kind", "status"):
            field = self.fields[key]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("Sin decir")), *_words_of(key)]
        if fixed_name:
            del self.fields["name"]
        if isinstance(country, Address):
            del self.fields["country"]

    def clean_offset(self) -> Any:
        try:
            return zone(self.cleaned_data["offset"].strip())
        except ValueError as error:
            raise forms.ValidationError(_("Escríbala así: -06:00.")) from error

    def clean_country(self) -> str:
        text: str = self.cleaned_data["country"].strip().upper()
        if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
            raise forms.ValidationError(_("Escriba dos letras: HN, GT, SV."))
        return text

    def changed(self, document: Document) -> Document:
        said_ = self.cleaned_data
        others = [(key, text) for key, text in document.title if key not in ("es", "en")]
        document = replace(
            document,
            title=(("es", said_["title_es"]), ("en", said_["title_en"] or said_["title_es"]), *others),
            purpose=said_["purpose"],
            order=said_["order"],
            offset=said_["offset"],
            decimal=said_["decimal"],
            may_miss=said_["missing"],
            unknown=frozenset(fold(line) for line in said_["unknown"].splitlines() if fold(line)),
        )
        if "country" in said_:
            country = Fixed(said_["country"]) if said_["country"] else None
            document = editing.with_place(document, country=country)
        document = editing.with_otherwise(document, "kind", said_["kind"])
        return editing.with_otherwise(document, "status", said_["status"])

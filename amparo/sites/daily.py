"""The daily report: ten figures that a centre sends each day, by screen, call, SMS or paper.

Why these ten. They are what changes overnight and what the board decides by:

- `P` people and `M` women and girls: every standard that counts people needs them. Everybody is counted once, as
  one or the other, so that the two say how many men and boys there are.
- `E` who came and `S` who left since yesterday: whether the centre fills or empties.
- `LM`, `LH` toilets that work, for women and for men, and `A` litres of water for the whole centre: the things that
  limit most centres, that break within a day, and of which lives depend (Sphere 2018). Litres of the whole centre,
  because that is what a tank or a lorry shows; the division is ours.
- `C` who did not eat today and `U` who need a health worker today: nobody may wait for a visit to say so.
- `LUZ` electricity: without it there is no light by the toilets at night, and no telephone tomorrow.

Ages, rooms, ramps and the like last for days or years; the evaluation form asks for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from amparo.standards import INDICATORS, Kind

MOST_CONFIRMATIONS = 3
"""How many times in a row "sigue igual" may be said of one value; then somebody has to look."""

MOST = 1_000_000
# Beyond these a figure is asked about once: our own choices, wide enough to let a bad night through.
MANY, TIMES = 50, 3  # so many people more or fewer, and so many times as many
LEAST_LITRES, MOST_LITRES = 0.5, 200  # a person a day
PERSONS, WOMEN, MEN = "persons", "women", "men"


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the ten. `letter`: how an SMS and the paper call it."""

    letter: str
    indicator: str
    label: Any
    icon: str

    @property
    def is_yes_or_no(self) -> bool:
        return INDICATORS[self.indicator].kind is Kind.YESNO

    @property
    def may_stay(self) -> bool:
        """Whether "sigue igual" makes sense: who came since yesterday is another question each day."""
        return self.indicator not in EVENTS


EVENTS = frozenset({"arrivals", "departures", "births", "deaths", "persons_unfed", "urgent_health"})
"""What happened since the last report, or today: told anew each time, never confirmed."""

FIGURES: tuple[Figure, ...] = (
    Figure("P", PERSONS, gettext_lazy("Personas que duermen aquí esta noche"), "personas"),
    Figure("M", WOMEN, gettext_lazy("De ellas, mujeres y niñas"), "personas"),
    Figure("E", "arrivals", gettext_lazy("Personas que llegaron desde ayer"), "acceso"),
    Figure("S", "departures", gettext_lazy("Personas que se fueron desde ayer"), "cambio"),
    Figure("LM", "toilets_women", gettext_lazy("Sanitarios de mujeres que funcionan"), "sanitario"),
    Figure("LH", "toilets_men", gettext_lazy("Sanitarios de hombres que funcionan"), "sanitario"),
    Figure("A", "litres_day", gettext_lazy("Litros de agua al día, todo el albergue"), "agua"),
    Figure("C", "persons_unfed", gettext_lazy("Personas que hoy no comieron"), "cocina"),
    Figure("U", "urgent_health", gettext_lazy("Personas que hoy necesitan atención de salud"), "salud"),
    Figure("LUZ", "electricity", gettext_lazy("Hay luz eléctrica"), "energia"),
)
BY_LETTER: Mapping[str, Figure] = {figure.letter: figure for figure in FIGURES}
BY_INDICATOR: Mapping[str, Figure] = {figure.indicator: figure for figure in FIGURES}

Values = Mapping[str, float]
"""What was told, by indicator. What was not told is not there."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to ask before taking figures. `possible`: it may be so, if the person says it is."""

    code: str
    indicator: str
    words: str
    possible: bool = False


POSSIBLE = frozenset({"people_jump", "odd_water", "women_before"})
"""Codes of doubts about what may be so after all, if the person says that it is."""


def doubts(values: Values, before: Values, standing: Values | None = None) -> tuple[Doubt, ...]:
    """What cannot be, and what is so odd that it is asked about.

    `before`: what was last known, however old; `standing`: what of it still counts, and bounds what is told alone.
    """
    standing = {key: value for key, value in (standing or {}).items() if key not in values}
    return (*_impossible(values), *_against_standing(values, standing), *_odd(values, before))


def _impossible(values: Values) -> list[Doubt]:
    found = []
    for key, value in values.items():
        indicator = INDICATORS[key]
        if not 0 <= value <= MOST or indicator.problem_with(value, value):
            words = _("«%(value)s» no puede ser: %(name)s.") % {"value": f"{value:g}", "name": name_of(key)}
            found.append(Doubt("not_a_value", key, words))
    people, women, men = (values.get(key) for key in (PERSONS, WOMEN, MEN))
    if people is None:
        return found
    for key in (WOMEN, MEN, "persons_unfed", "urgent_health"):
        told = values.get(key)
        if told is not None and told > people:
            said = {"part": f"{told:g}", "name": name_of(key), "people": f"{people:g}"}
            words = _("%(name)s: %(part)s son más que %(people)s personas.") % said
            found.append(Doubt("more_than_people", key, words))
    if women is not None and men is not None and women + men != people:
        said = {"women": f"{women:g}", "men": f"{men:g}", "people": f"{people:g}"}
        words = _("%(women)s mujeres y %(men)s hombres no suman %(people)s personas.") % said
        found.append(Doubt("does_not_add_up", PERSONS, words))
    return found


def _against_standing(values: Values, standing: Values) -> list[Doubt]:
    """A figure told alone against the others that still count.

    A part larger than the people who were counted cannot be, until somebody says how many people there are now. Fewer
    people than there were women can be: then nobody knows how many women there are.
    """
    found = []
    both = WOMEN in values and MEN in values  # then their sum is how many people there are now
    people = None if both else standing.get(PERSONS)
    for key in (WOMEN, MEN, "persons_unfed", "urgent_health"):
        told = values.get(key)
        if people is not None and told is not None and told > people:
            said = {"part": f"{told:g}", "name": name_of(key), "people": f"{people:g}"}
            words = (
                _("%(name)s: %(part)s, y las personas eran %(people)s. ¿Cuántas personas son ahora?") % said
            )
            found.append(Doubt("more_than_people", key, words))
    people, women = values.get(PERSONS), standing.get(WOMEN)
    if people is not None and women is not None and women > people:
        words = _("Son %(people)s personas y antes eran %(women)s mujeres. ¿Cuántas son mujeres ahora?") % {
            "people": f"{people:g}",
            "women": f"{women:g}",
        }
        found.append(Doubt("women_before", WOMEN, words, possible=True))
    return found


def _odd(values: Values, before: Values) -> list[Doubt]:
    found = []
    people, was = values.get(PERSONS), before.get(PERSONS)
    if people is not None and was is not None and abs(people - was) >= MANY:
        fewer, more = sorted((people, was))
        if more >= TIMES * max(fewer, 1):
            words = _("Antes eran %(was)s personas y ahora %(now)s. ¿Es así?") % {
                "was": f"{was:g}",
                "now": f"{people:g}",
            }
            found.append(Doubt("people_jump", PERSONS, words, possible=True))
    litres, here = values.get("litres_day"), people if people is not None else was
    if litres and here:
        each = litres / here
        if not LEAST_LITRES <= each <= MOST_LITRES:
            said = {"litres": f"{litres:g}", "people": f"{here:g}"}
            words = _("%(litres)s litros al día para %(people)s personas. ¿Son de todo el albergue?") % said
            found.append(Doubt("odd_water", "litres_day", words, possible=True))
    return found


def observations(values: Values, kept: Values | None = None) -> list[tuple[str, float, float]]:
    """The values to store. Of people, women and men, told two, the third follows: everybody is one or the other.

    `kept`: said to be still so, and not stored again.
    """
    told = dict(values)
    people, women, men = ({**(kept or {}), **told}.get(key) for key in (PERSONS, WOMEN, MEN))
    if people is not None and not {PERSONS, WOMEN, MEN}.isdisjoint(told):
        if women is not None and men is None:
            told[MEN] = people - women
        elif men is not None and women is None:
            told[WOMEN] = people - men
    elif WOMEN in told and MEN in told:
        told[PERSONS] = told[WOMEN] + told[MEN]
    return [(key, float(value), float(value)) for key, value in told.items()]


def name_of(key: str) -> str:
    """What an indicator is called, in the reader's language; one of the ten as the report asks for it."""
    if key in BY_INDICATOR:
        return str(BY_INDICATOR[key].label)
    return INDICATORS[key].name["en" if (get_language() or "es").startswith("en") else "es"]

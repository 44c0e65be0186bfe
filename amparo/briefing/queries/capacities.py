"""Both capacities of a centre as the page and the paper show them, and the sentence that sums them up."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.sites.queries.gaps import Assessed
from amparo.standards import MEASURES, STANDARDS, Form, Line, Measure, Places
from amparo.standards.capacity import Fix as FixUp
from amparo.standards.measures import for_group
from amparo.toolkit import formats

# Every thing that sets a capacity, by the measure that counts it: its own name, and the name of its family.
_BY_RESOURCE: dict[str, tuple[Measure, Measure]] = {
    own.things: (own, MEASURES[standard.measure])
    for standard in STANDARDS.values()
    if MEASURES[standard.measure].form in (Form.PEOPLE_PER_THING, Form.THING_PER_PERSON)
    for group in standard.by_sex.groups
    if (own := for_group(standard.measure, group)) is not None
}


def resource_name(resource: str) -> str:
    """What serves people, by name: "Sanitarios de mujeres", "Lugares para dormir"."""
    if resource in _BY_RESOURCE:
        return words.said(_BY_RESOURCE[resource][0].name)
    return words.indicator_name(resource)


def _family(resource: str) -> str:
    return _BY_RESOURCE[resource][1].key if resource in _BY_RESOURCE else resource


def _family_name(family: str) -> str:
    return words.said(MEASURES[family].name)


def tonight(assessed: Assessed) -> v.Capacity:
    explanation = _("Piso seguro y norma de los primeros días")
    name, use = _("Cupo de esta noche"), _("Para recibir hoy")
    return _capacity(name, use, explanation, assessed.capacity.tonight)


def to_standard(assessed: Assessed) -> v.Capacity:
    explanation = _("Todo lo que pide la norma. Etapa: %(phase)s") % {
        "phase": words.phase_name(assessed.phase)
    }
    name, use = _("Cupo según la norma"), _("Para vivir bien")
    return _capacity(name, use, explanation, assessed.capacity.to_standard)


def _capacity(name: str, use: str, explanation: str, places: Places) -> v.Capacity:
    families = dict.fromkeys(_family(line.resource) for line in places.lines)
    families.update(dict.fromkeys(_family(resource) for resource in places.not_separated))
    return v.Capacity(
        name=name,
        use=use,
        explanation=explanation,
        total=places.total,
        women=places.women,
        men=places.men,
        limits=resource_name(places.binds.resource) if places.binds else "",
        lines=tuple(_line(family, places) for family in families),
        not_assessed=tuple(dict.fromkeys(resource_name(resource) for resource in places.not_assessed)),
    )


def _line(family: str, places: Places) -> v.CapacityLine:
    """A service for everybody, for women and for men on one line."""
    lines = [line for line in places.lines if _family(line.resource) == family]
    shared = [resource for resource in places.not_separated if _family(resource) == family]
    women = [line.people for line in lines if line.group == "women"]
    men = [line.people for line in lines if line.group == "men"]
    totals = [line.total for line in lines if line.total is not None]
    return v.CapacityLine(
        name=_family_name(family),
        total=min(totals, default=None),
        women=min(women) if women else (0 if any(name.endswith("_women") for name in shared) else None),
        men=min(men, default=None),
        binds=places.binds is not None and places.binds in lines,
        note=". ".join(_notes(lines, shared)),
    )


def _notes(lines: Iterable[Line], shared: Iterable[str]) -> Iterable[str]:
    apart = [line for line in lines if line.group != "all"]
    for line in apart or lines:
        have = words.amount(line.resource, line.have)
        if line.standard is None:
            yield have
        elif line.threshold.high is not None:
            each = formats.number(line.threshold.high)
            yield _("%(have)s, hasta %(n)s personas cada uno") % {"have": have, "n": each}
        elif line.threshold.low is not None:
            each = formats.number(line.threshold.low)
            yield _("%(have)s, a %(n)s por persona") % {"have": have, "n": each}
    if any(shared):
        yield _("No hay aparte: a las mujeres no les promete nada")


# --- the sentence


def served(places: Places) -> int | None:
    """For how many there is enough: None where no service was measured, whatever the floor says."""
    return None if places.served is None else places.total


def mark(assessed: Assessed) -> str:
    """The mark of the sentence: whether those who are here fit, in the building and by its services."""
    places, people = assessed.capacity.to_standard, assessed.people()
    if people is None or places.total is None:
        return "nada"
    if people > places.total:
        tonight = assessed.capacity.tonight.total
        return "grave" if tonight is not None and people > tonight else "bajo"
    return "nada" if places.served is None or places.floor is None else "cumple"


def headline(assessed: Assessed) -> str:
    """ "Alcanza para 73 personas y duermen 143." Against those who are here, not against what the floor would hold."""
    places, people = assessed.capacity.to_standard, assessed.people()
    if served(places) is None:
        said = [_("No se puede decir para cuántas personas alcanza.")]
        if people is not None:
            said.append(_("Duermen %(people)s.") % {"people": formats.number(people)})
    else:
        numbers = {"total": formats.number(places.total), "people": formats.number(people)}
        known = _("Alcanza para %(total)s personas y duermen %(people)s.")
        said = [(_("Alcanza para %(total)s personas.") if people is None else known) % numbers]
    beyond = max(people - places.floor, 0) if people is not None and places.floor is not None else 0
    if beyond:
        without = ngettext(
            "%(n)s persona sin lugar para dormir.", "%(n)s personas sin lugar para dormir.", beyond
        )
        said.append(without % {"n": formats.number(beyond)})
    return " ".join(said)


def explanation(assessed: Assessed) -> str:
    """Why, and what would help first."""
    places = assessed.capacity.to_standard
    said = []
    if places.floor is not None:
        said.append(
            _("Por piso caben %(floor)s, solo para acostarse.") % {"floor": formats.number(places.floor)}
        )
    if places.served is None:
        said.append(_("Nadie ha medido los servicios."))
    elif places.binds is not None:
        said.append(_binding(places.binds, assessed))
    together = _first_gain(assessed)
    if together:
        last = together[-1]
        words_of = {
            "amount": _all_of(words.amount(fix.resource, fix.add or 0) for fix in together),
            "total": formats.number(last.new_total),
        }
        said.append(_("Con %(amount)s más alcanza para %(total)s.") % words_of)
        if last.next_binds is not None and last.next_binds.resource != last.resource:
            said.append(_("Después limita: %(name)s.") % {"name": resource_name(last.next_binds.resource)})
    return " ".join(said)


def _first_gain(assessed: Assessed) -> list[FixUp]:
    """What must be added together before there is room for anybody more; nothing where no number says so."""
    now = assessed.capacity.to_standard.total or 0
    together: list[FixUp] = []
    for fix in assessed.fixes:
        if not fix.add or fix.new_total is None:
            return []
        together.append(fix)
        if fix.new_total > now:
            return together
    return []


def _all_of(amounts: Iterable[str]) -> str:
    *first, last = amounts
    return _("%(first)s y %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _binding(line: Line, assessed: Assessed) -> str:
    here = assessed.people({"women": "women", "men": "men"}.get(line.group, "persons"))
    words_of = {"name": resource_name(line.resource), "people": formats.number(line.people)}
    if here is None:
        return _("Lo que limita: %(name)s, para %(people)s.") % words_of
    words_of["here"] = f"{formats.number(here)} {words.people(line.group, here)}"
    if here <= line.people:
        return _("Lo que limita: %(name)s, para %(people)s; hay %(here)s.") % words_of
    return _("Lo que limita: %(name)s, para %(people)s de %(here)s.") % words_of


def fixes(assessed: Assessed) -> tuple[v.Fix, ...]:
    """What to bring, in order, with what each gains."""
    found = []
    room = assessed.capacity.to_standard.total or 0
    for fix in assessed.fixes:
        if fix.add:
            text = _("Agregar %(amount)s.") % {"amount": words.amount(fix.resource, fix.add)}
        else:
            text = _("Resolver: %(name)s.") % {
                "name": words.said(fix.standard.name) if fix.standard else resource_name(fix.resource)
            }
        gains = ""
        if fix.new_total is not None and fix.new_total <= room:
            gains = _("Va junto con lo que sigue.")
        elif fix.new_total is not None:
            room = fix.new_total
            gains = _("Alcanza para %(total)s.") % {"total": formats.number(fix.new_total)}
        elif fix.affected:
            gains = _("Para %(n)s %(people)s.") % {
                "n": formats.number(fix.affected),
                "people": words.people(fix.group, fix.affected),
            }
        found.append(v.Fix(text, gains=gains))
    return tuple(found)

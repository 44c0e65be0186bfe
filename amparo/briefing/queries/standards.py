"""With which standards centres are judged, by whom each was verified, and where it stands."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries.lacking import hours
from amparo.crises.queries import DEFAULT_PHASE, phases_for
from amparo.kernel.access import may
from amparo.kernel.models import User
from amparo.sites.models import StandardVerification
from amparo.sites.permissions import Sites
from amparo.sites.queries.sites import open_ones, visible_to
from amparo.standards import INDICATORS, MEASURES, STANDARDS, BySex, Phase, Standard
from amparo.toolkit.asked import Params, address, plain, unknown_filter

VERIFIED, UNVERIFIED = "yes", "no"


def standing_verifications() -> dict[str, StandardVerification]:
    """The verification that holds for each standard that an office has verified."""
    newest: dict[str, StandardVerification] = {}
    for one in StandardVerification.objects.order_by("pk"):
        newest[one.standard] = one
    return {key: one for key, one in newest.items() if not one.withdrawn}


def standards_page(user: User, params: Params) -> v.StandardsPage:
    """Every threshold by group, with its phases; the phase in force where one is looking is marked."""
    held = standing_verifications()
    current = _current_phase(user)
    written = plain(params.get("verified", ""))
    asked = written if written in (VERIFIED, UNVERIFIED) else ""
    groups: dict[str, list[v.StandardRow]] = {}
    for key, standard in STANDARDS.items():
        verified = standard.verified or key in held
        if asked and verified != (asked == VERIFIED):
            continue
        group = words.group_of(MEASURES[standard.measure])
        groups.setdefault(group, []).append(standard_row(standard, held.get(key), user, current))
    verified_total = sum(one.verified or key in held for key, one in STANDARDS.items())
    return v.StandardsPage(
        groups=tuple((str(words.GROUP_NAMES[group]), tuple(rows)) for group, rows in groups.items()),
        total=len(STANDARDS),
        verified=verified_total,
        chips=_chips(asked, verified_total),
        not_understood=(
            (unknown_filter(written, _("Se muestran todas las normas.")),) if written != asked else ()
        ),
    )


def _current_phase(user: User) -> Phase | None:
    """The phase of the open centres one sees, where they all share one."""
    paths = list(open_ones(visible_to(user)).values_list("path", flat=True))
    phases = set(phases_for(paths).values()) if paths else {DEFAULT_PHASE}
    return phases.pop() if len(phases) == 1 else None


def standard_row(
    standard: Standard, verification: StandardVerification | None, user: User, current: Phase | None
) -> v.StandardRow:
    measure = MEASURES[standard.measure]
    thing = INDICATORS[measure.things if measure.things in INDICATORS else measure.numerator]
    needs_eyes = not standard.verified and may(user, Sites.VERIFY_STANDARDS)
    return v.StandardRow(
        name=words.said(standard.name),
        unit=words.unit_of(measure),
        values=tuple(_values(standard, current)),
        source=", ".join(
            part for part in (words.said(standard.source), words.said(standard.chapter)) if part
        ),
        verified=standard.verified or verification is not None,
        page=_("p. %(page)s") % {"page": standard.page} if standard.page else words.said(standard.note),
        icon=words.icon_of(measure),
        by_sex=_by_sex(standard),
        lasts_hours=hours(thing.half_life),
        verified_by=verification.checked_by if verification else "",
        verified_on=verification.checked_on if verification else None,
        evidence=verification.source if verification else "",
        verify_url=reverse("standard_verify", args=[standard.key]) if needs_eyes else "",
    )


def _values(standard: Standard, current: Phase | None) -> Iterable[v.PhaseValue]:
    for phase in Phase:
        text = words.threshold(standard, phase) or _("Sin norma")
        yield v.PhaseValue(words.phase_name(phase), text, phase is current)


def _by_sex(standard: Standard) -> str:
    return {
        BySex.ALL: "",
        BySex.WOMEN_AND_MEN: _("Se mide para todas las personas, para mujeres y para hombres"),
        BySex.WOMEN_ONLY: _("Se mide para mujeres y niñas"),
        BySex.MEN_ONLY: _("Se mide para hombres y niños"),
    }[standard.by_sex]


def _chips(asked: str, verified: int) -> tuple[v.Chip, ...]:
    here = reverse("standards")
    counts = {"": len(STANDARDS), VERIFIED: verified, UNVERIFIED: len(STANDARDS) - verified}
    labels = {"": _("Todas"), VERIFIED: _("Verificadas"), UNVERIFIED: _("Sin verificar")}
    return tuple(
        v.Chip(label, address(here, {"verified": key}), asked == key, counts[key])
        for key, label in labels.items()
    )

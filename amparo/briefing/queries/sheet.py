"""The one-page sheet of a centre, for paper: the same figures as the screen."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries import capacities, facts
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.site_page import paper_page
from amparo.crises.queries import Reason, reasons_for
from amparo.kernel.models import User
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Assessed, Moment, assess
from amparo.sites.queries.phases import stretches
from amparo.sites.queries.telephones import telephone
from amparo.toolkit import formats

KEPT_FOR = timedelta(days=7)


def sheets_of(
    sites: Sequence[Site], moment: Moment, *, reader: User, printed_by: str = ""
) -> Iterable[v.SiteSheet]:
    """One sheet per centre, in their order, as `reader` may see them. As many queries for one as for a hundred.

    `printed_at` is the moment asked for, or each centre's own last report, so that the same question gives the same
    paper. The places of the sites must have come with their parents.
    """
    assessed = assess(sites, moment)
    about = facts.facts_of(sites)
    reasons = _reasons(assessed)
    for one in assessed:
        yield _sheet(
            one, about[one.site.pk], reasons[one.site.pk], moment, reader=reader, printed_by=printed_by
        )


def _reasons(assessed: Sequence[Assessed]) -> dict[int, Reason]:
    """Why each is in its phase. With each centre's own last report, each its own day."""
    day_of = {one.site.pk: timezone.localdate(one.at) for one in assessed}
    alike = stretches(day_of.values())
    paths: dict[date, list[str]] = {}
    for one in assessed:
        paths.setdefault(alike[day_of[one.site.pk]], []).append(one.site.path)
    reasons = {day: reasons_for(there, day) for day, there in paths.items()}
    return {one.site.pk: reasons[alike[day_of[one.site.pk]]][one.site.path] for one in assessed}


def _sheet(
    one: Assessed, about: facts.Facts, reason: Reason, moment: Moment, *, reader: User, printed_by: str
) -> v.SiteSheet:
    printed_at = one.at
    phone = telephone(one.site, reader)
    return v.SiteSheet(
        page=paper_page(one, reason=reason, about=about, as_of=AsOf(moment)),
        printed_at=printed_at,
        printed_by=printed_by,
        destroy_on=timezone.localdate(printed_at) + KEPT_FOR,
        exercise=settings.HOME.exercise.exists(),
        fixes=capacities.fixes(one),
        contacts=((_("Persona encargada"), phone),) if phone else (),
        notes=tuple(_notes(one, moment)),
    )


def _notes(one: Assessed, moment: Moment) -> Iterable[str]:
    if moment.past or moment.at is None:
        yield _("Como estaba el %(moment)s.") % {"moment": formats.moment(one.at)}
    if one.status != Site.Status.OPEN:
        yield words.state_then(one)


def sheet_name(site: Site, taken: set[str]) -> str:
    """A safe file name: the code and the name without accents or signs, told apart by the id where two are alike."""
    stem = "-".join(part for part in (slugify(site.code)[:30], slugify(site.name)[:60]) if part) or "albergue"
    name = stem if stem not in taken else f"{stem}-{site.uid.hex[:8]}"
    taken.add(name)
    return f"{name}.pdf"

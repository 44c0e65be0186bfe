"""The building as it is: rooms, and the fixed things people use."""

from amparo.briefing import viewmodels as v
from amparo.briefing.queries import facts
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.heads import head, reason_at
from amparo.briefing.queries.lacking import site_url
from amparo.kernel.access import can
from amparo.kernel.models import User
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment, assess_one


def spaces_page(user: User, site: Site) -> v.SpacesPage:
    """Spaces, facilities and what is said of the rest, today."""
    assessed = assess_one(site, Moment.now())
    about = facts.facts_of([site])[site.pk]
    edits = can(user, Sites.REPORT, site)
    return v.SpacesPage(
        head=head(
            assessed,
            reason=reason_at(site, assessed),
            as_of=AsOf(Moment.now()),
            user=user,
            current="site_spaces",
        ),
        spaces=facts.space_rows(about),
        facilities=facts.facility_rows(assessed, about),
        facts=facts.said_facts(assessed) if assessed.inputs else (),
        edit_url=site_url("site_spaces_edit", site) if edits else "",
    )


def spaces_form(site: Site, *, title: str, question: str, action: str) -> v.SpacesForm:
    """The frame of a form in which the building is written down."""
    assessed = assess_one(site, Moment.now())
    return v.SpacesForm(
        head=head(assessed, reason=reason_at(site, assessed), as_of=AsOf(Moment.now())),
        title=title,
        question=question,
        action=action,
        cancel_url=site_url("site_spaces", site),
    )

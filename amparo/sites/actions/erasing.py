"""Take away a site that was written by mistake, while nothing hangs on it."""

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.kernel.access import require
from amparo.kernel.actions import erase
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.refusals import Refused
from amparo.sites.models import Site
from amparo.sites.permissions import Sites


@transaction.atomic
def erase_site(site: Site, *, by: User, why: str) -> None:
    """Remove a site of which nobody has said or done anything since it was added; its id stays erased."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    hanging = (site.batches, site.spaces, site.facilities, site.closures, site.calls, site.confirmations)
    spoken_of = any(records.exists() for records in hanging)
    touched = LedgerEntry.objects.filter(subject=site.uid).exclude(verb="site.added").exists()
    if spoken_of or touched:
        words = _("Alguien ya reportó o cambió algo de «%(name)s». Se queda.") % {"name": site.name}
        raise Refused("used_since", words)
    erase(site, by=by, why=why)

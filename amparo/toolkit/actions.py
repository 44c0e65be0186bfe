"""Keep a way of looking at a list, and drop it."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.toolkit.models import SavedView

MOST_VIEWS = 30  # of one person, for one list


@transaction.atomic
def save_view(
    *, by: User, resource: str, name: str, params: Mapping[str, str], shared: bool = False
) -> SavedView:
    """Keep these parameters under a name. The same name again replaces what it held."""
    name = name.strip()[:60]
    if not name:
        raise Refused("view_needs_a_name", _("Escriba un nombre para guardar esta vista."), status=422)
    own = SavedView.objects.filter(owner=by, resource=resource)
    if own.count() >= MOST_VIEWS and not own.filter(name=name).exists():
        raise Refused("too_many_views", _("Ya tiene muchas vistas guardadas. Quite alguna."))
    view, _made = SavedView.objects.update_or_create(
        owner=by,
        resource=resource,
        name=name,
        defaults={"params": dict(params), "shared_with": by.organisation if shared else None},
    )
    ledger.record(
        "view.saved",
        view,
        by=by,
        organisation_id=by.organisation_id,
        resource=resource,
        name=name,
        params=dict(params),
        shared=shared,
    )
    return view


@transaction.atomic
def remove_view(view: SavedView, *, by: User) -> None:
    """Drop a view. Only its owner does."""
    if view.owner_id != by.pk:
        raise Refused("view_of_another", _("Solo quien guardó esta vista puede quitarla."), status=403)
    ledger.record("view.removed", view, by=by, organisation_id=by.organisation_id, name=view.name)
    view.delete()

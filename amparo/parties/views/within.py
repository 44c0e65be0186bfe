"""A form that names a place, of somebody who may act in some places only."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from amparo.kernel.refusals import OutOfSight
from amparo.parties.forms.accounts import WhereForm
from amparo.toolkit.doors import done


def done_within(form: WhereForm, act: Callable[[], object]) -> bool:
    """Do it; a place beyond the person's own is said at its box, and what was typed stays. Places are no secret."""
    try:
        return done(form, act)
    except OutOfSight:
        form.add_error("place", _("Eso queda fuera de donde usted puede actuar. Escriba un lugar suyo."))
        return False

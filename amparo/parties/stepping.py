"""Step-up: what could hurt asks who is there, unless they showed it within the last ten minutes."""

from allauth.account.decorators import reauthentication_required

from amparo.toolkit.doors import View


def stepped_up(view: View) -> View:
    """Behind `known` or `opened_by`. A form that waited too long comes back and is acted on after the answer."""
    decorated: View = reauthentication_required(view, app="amparo")
    return decorated

"""The pages of the menu: which of them someone may open, and with which one they begin."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from amparo.kernel.access import may
from amparo.toolkit.resources.declaration import Resource


class Entry(NamedTuple):
    """A page of the menu: the name of its address, its words, its icon, the permission that opens it, its place;
    `fits` says for whom of those it is there."""

    name: str
    label: Any
    icon: str
    permission: str
    order: int
    fits: Callable[[Any], bool] = lambda user: True

    @property
    def url(self) -> str:
        return reverse(self.name)


def entry_of(resource: Resource) -> Entry:
    permission = resource.menu_permission or resource.permissions.view
    return Entry(resource.named("list"), resource.plural, resource.icon, permission, resource.order)


def in_order(pages: Iterable[Entry], resources: Iterable[Resource]) -> tuple[Entry, ...]:
    """Hand-made pages and declared nouns, in their order. The first stand on a phone, the others under "Más"."""
    declared = [entry_of(resource) for resource in resources if resource.order]
    return tuple(sorted([*pages, *declared], key=lambda entry: entry.order))


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """Every page of the installation's menu."""
    found: tuple[Entry, ...] = import_string(settings.AMPARO_MENU)
    return found


def menu_of(user: Any) -> tuple[Entry, ...]:
    """The pages that this person may open, the first of them first."""
    return tuple(entry for entry in entries() if may(user, entry.permission) and entry.fits(user))


def first_page(user: Any) -> str:
    """The address where this person begins: the first page of their menu; "" where they may open none."""
    return next((entry.url for entry in menu_of(user)), "")

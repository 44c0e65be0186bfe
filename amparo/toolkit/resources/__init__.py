"""A noun declared once gets its list, page, forms, actions, grid, history, exports, API and menu entry."""

from amparo.toolkit.resources.columns import Column, choices_of
from amparo.toolkit.resources.declaration import Action, Empty, Permissions, Resource
from amparo.toolkit.resources.filters import Choice, Choices, Filter, NotUnderstood

__all__ = [
    "Action",
    "Choice",
    "Choices",
    "Column",
    "Empty",
    "Filter",
    "NotUnderstood",
    "Permissions",
    "Resource",
    "choices_of",
]

"""Everything that can be done to a crisis, and to what is told of its damage."""

from amparo.crises.actions.crisis import (
    add_place,
    close_crisis,
    open_crisis,
    remove_place,
    rename_crisis,
    set_phase,
    undo_phase,
    undo_rename,
)
from amparo.crises.actions.damage import Told, record_damage, withdraw_damage

__all__ = [
    "Told",
    "add_place",
    "close_crisis",
    "open_crisis",
    "record_damage",
    "remove_place",
    "rename_crisis",
    "set_phase",
    "undo_phase",
    "undo_rename",
    "withdraw_damage",
]

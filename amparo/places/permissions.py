from enum import StrEnum


class Places(StrEnum):
    VIEW = "places.view"
    MANAGE = "places.manage"  # load, import, move; places are shared, so only for every organisation at once

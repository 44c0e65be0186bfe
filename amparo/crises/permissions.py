from enum import StrEnum


class Crises(StrEnum):
    VIEW = "crises.view"
    MANAGE = "crises.manage"  # open, change the phase, name the places, close

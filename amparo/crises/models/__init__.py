"""Crises, their phases, the places they affect, and what is told of their damage."""

from amparo.crises.models.crisis import Crisis
from amparo.crises.models.crisis_place import CrisisPlace
from amparo.crises.models.damage_figure import UNIT_NAMES, DamageFigure
from amparo.crises.models.phase_period import PHASE_NAMES, PhasePeriod

__all__ = ["PHASE_NAMES", "UNIT_NAMES", "Crisis", "CrisisPlace", "DamageFigure", "PhasePeriod"]

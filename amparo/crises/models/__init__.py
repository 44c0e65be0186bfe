"""Crises, their phases, and the places they affect."""

from amparo.crises.models.crisis import Crisis
from amparo.crises.models.crisis_place import CrisisPlace
from amparo.crises.models.phase_period import PHASE_NAMES, PhasePeriod

__all__ = ["PHASE_NAMES", "Crisis", "CrisisPlace", "PhasePeriod"]

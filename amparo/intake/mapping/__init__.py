"""Mappings: which column of a sheet, or which question of a form, says what. A mapping is data
(`docs/mappings.md`).

Pure: rows in, facts out. Nothing here reads or writes the database, and no value written in a row raises.
"""

from amparo.intake.mapping.bound import Bound
from amparo.intake.mapping.catalogue import Mapping, load, parse, shipped
from amparo.intake.mapping.facts import Facts, Observed, SiteFacts
from amparo.intake.mapping.problems import MappingProblem, Trouble
from amparo.intake.mapping.values import Flag, Problem

__all__ = [
    "Bound",
    "Facts",
    "Flag",
    "Mapping",
    "MappingProblem",
    "Observed",
    "Problem",
    "SiteFacts",
    "Trouble",
    "load",
    "parse",
    "shipped",
]

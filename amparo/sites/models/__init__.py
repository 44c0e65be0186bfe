"""The nouns of a centre."""

from amparo.sites.models.call import CallAttempt
from amparo.sites.models.closure import Closure
from amparo.sites.models.confirmation import Confirmation
from amparo.sites.models.day_summary import DaySummary
from amparo.sites.models.facility import Facility
from amparo.sites.models.flag import Flag
from amparo.sites.models.observation import Indicator, LatestObservation, Observation, ObservationBatch
from amparo.sites.models.site import Site, SiteCode
from amparo.sites.models.space import Space
from amparo.sites.models.standard import StandardVerification

__all__ = [
    "CallAttempt",
    "Closure",
    "Confirmation",
    "DaySummary",
    "Facility",
    "Flag",
    "Indicator",
    "LatestObservation",
    "Observation",
    "ObservationBatch",
    "Site",
    "SiteCode",
    "Space",
    "StandardVerification",
]

"""Standards: what is measured at a site, against which published threshold, and what follows from it.

Pure: values in, values out; no Django, no database, nothing of ours is imported. Data class: public.

Three files are the whole knowledge, and a stranger can read them: ``indicators.toml`` (what can be observed),
``measures.toml`` (what is computed from it) and ``standards.toml`` (thresholds, with source, page and whether
anybody has read it there). The rules that never bend:

- A missing input is "not assessed": never 0, and never met. So is one too old to count.
- A count of 0 is a measurement, and it fails.
- A range is met only if the whole of it meets, and not met only if the whole of it fails.
- Toilets and showers not separated by sex are not met for women.
- A threshold that nobody has verified is shown, and decides nothing until an office confirms it.
- Nothing here is ever a reason to refuse people at the door.
"""

from amparo.standards.capacity import Capacity, Fix, Line, Places, capacity, fixes
from amparo.standards.catalogue import STANDARDS, BySex, Comparison, Phase, Standard, Threshold
from amparo.standards.indicators import INDICATORS, Indicator, Kind
from amparo.standards.measurement import Measurement, expires_at, fades_at
from amparo.standards.measures import MEASURES, Form, Measure, Role, Term
from amparo.standards.tables import InvalidTable, Text
from amparo.standards.verdicts import (
    Gap,
    Reason,
    Summary,
    ToMeet,
    Verdict,
    evaluate,
    headlines,
    summarise,
    worst,
)

__all__ = [
    "INDICATORS",
    "MEASURES",
    "STANDARDS",
    "BySex",
    "Capacity",
    "Comparison",
    "Fix",
    "Form",
    "Gap",
    "Indicator",
    "InvalidTable",
    "Kind",
    "Line",
    "Measure",
    "Measurement",
    "Phase",
    "Places",
    "Reason",
    "Role",
    "Standard",
    "Summary",
    "Term",
    "Text",
    "Threshold",
    "ToMeet",
    "Verdict",
    "capacity",
    "evaluate",
    "expires_at",
    "fades_at",
    "fixes",
    "headlines",
    "summarise",
    "worst",
]

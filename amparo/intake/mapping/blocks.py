"""Columns that together are the ages of women and men: "Mujeres 18-59", "M 0-5", "females_60".

Recognised by words for a sex and a range of years, in the title, in the banner above it or in the path of a question.
Our bins are 0, 1-5, 6-17, 18-59 and 60 or more; columns that are parts of one are added up.
"""

import re

from amparo.intake.mapping.sample import Sample, Seen
from amparo.toolkit.sheets.names import fold

BINS = {"0": (0, 0), "1_5": (1, 5), "6_17": (6, 17), "18_59": (18, 59), "60": (60, 200)}
_WOMEN = re.compile(r"\b(mujer(es)?|muj|femenin[ao]s?|fem|ninas?|females?|women|girls?)\b")
_MEN = re.compile(r"\b(hombres?|hom|masculin[ao]s?|masc|varon(es)?|ninos?|males?|men|boys?)\b")
_BETWEEN = re.compile(r"(?<![\d.])(\d{1,3})\s*(?:-|a|to|y|hasta|_)\s*(\d{1,3})(?![\d.])")
_UNDER = re.compile(r"(?:<|menor(?:es)? (?:de|a)|menos de|under|less than|below)\s*(\d{1,2})(?!\d)")
_OVER = re.compile(
    r"(?:(?<![\d.])(\d{1,3})\s*(?:\+|y mas|o mas|and over|or more|years or more|anos (?:o|y) mas))"
    r"|(?:>=|mayor(?:es)? de|over)\s*(\d{1,3})"
)
_MONTHS = re.compile(r"\b(mes(es)?|months?)\b")


def age_columns(sample: Sample) -> dict[str, tuple[int, ...]]:
    """The columns of each bin ("females_1_5" -> indices), for the bins that their columns fill with no gap."""
    parts: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for at, seen in enumerate(sample.seen):
        sex, years = sex_of(seen), years_of(seen)
        name = next((name for name, one in BINS.items() if years and _within(years, one)), "")
        if sex and name and years:
            low, high = years
            parts.setdefault((sex, name), []).append((low, high, at))
    found = {}
    for (sex, name), columns in parts.items():
        columns.sort()
        if _fill(BINS[name], [(low, high) for low, high, _at in columns]):
            found[f"{sex}_{name}"] = tuple(at for _low, _high, at in columns)
    order = [f"{sex}_{name}" for sex in ("females", "males") for name in BINS]
    return {key: found[key] for key in order if key in found}


def sex_of(seen: Seen) -> str:
    """ "females", "males", or "" where neither or both are named: the title first, then what stands around it."""
    for text in (fold(seen.label), fold(seen.name.rpartition("/")[2]), fold(seen.section.replace("/", " "))):
        women, men = bool(_WOMEN.search(text)), bool(_MEN.search(text))
        if women != men:
            return "females" if women else "males"
        if women:
            return ""
    return ""


def years_of(seen: Seen) -> tuple[int, int] | None:
    """The ages a column counts, in whole years, both included; None where it says none."""
    for text in (fold(seen.label), fold(seen.name.rpartition("/")[2]).replace(" ", "-")):
        years = _years(text)
        if years is not None:
            return years
    return None


def _years(text: str) -> tuple[int, int] | None:
    text = re.sub(r"^\d{1,2}(\.\w{1,3})+\s*", "", text)  # a question code
    if _MONTHS.search(text):
        return (0, 0) if re.search(r"\b(11|12)\b", text) or "<12" in text else None
    if over := _OVER.search(text):
        return int(over[1] or over[2]), 200
    if between := _BETWEEN.search(text):
        low, high = int(between[1]), int(between[2])
        return (low, high) if low <= high else None
    if under := _UNDER.search(text):
        return 0, int(under[1]) - 1
    if text.endswith("-60"):
        return 60, 200
    if text.endswith("-0"):
        return 0, 0
    return None


def _within(years: tuple[int, int], one: tuple[int, int]) -> bool:
    return one[0] <= years[0] and years[1] <= one[1]


def _fill(whole: tuple[int, int], parts: list[tuple[int, int]]) -> bool:
    """Whether the parts cover the whole, each year once. The last bin has no end."""
    following = whole[0]
    for low, high in parts:
        if low != following:
            return False
        following = high + 1
    return following == whole[1] + 1

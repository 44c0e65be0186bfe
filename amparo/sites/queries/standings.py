"""How centres stood at the end of a day gone by: read where it was kept, computed where it was not.

A thousand centres take a second to judge. What a board needs of each is a line: people, places, and one verdict per
standard. Those lines are kept per day (`DaySummary`), written by `actions.keeping` from the same `assess` as every
page, and never trusted beyond what they were computed by: see `rules_of`.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources
from typing import NamedTuple, Self

from django.conf import settings

from amparo.crises.queries import phases_for
from amparo.sites.models import DaySummary, Site
from amparo.sites.queries.gaps import (
    SILENT_AFTER,
    Assessed,
    Moment,
    assess,
    confirmed_standards,
    free_places,
)
from amparo.sites.queries.standing import end_of, statuses
from amparo.standards import STANDARDS, Gap, Phase, Standard, Verdict

FORMAT = 1
HEAD = struct.Struct("<qiiii?")
LINE = struct.Struct("<HBi")
NONE = -1
ORDER = tuple(STANDARDS.values())
_POSITIONS = {standard.key: position for position, standard in enumerate(ORDER)}
VERDICT_AT = 2  # the byte of a line that holds its verdict
GRAVE, _NOT_MET, _NOT_ASSESSED, _MET = range(4)
_VERDICTS = (Verdict.NOT_MET, Verdict.NOT_MET, Verdict.NOT_ASSESSED, Verdict.MET)
_CODES = {Verdict.NOT_MET: _NOT_MET, Verdict.NOT_ASSESSED: _NOT_ASSESSED, Verdict.MET: _MET}


class StandingLine(NamedTuple):
    """One standard at one centre: the verdict of its worst group, and how many people are beyond what there is."""

    standard: Standard
    verdict: Verdict
    grave: bool
    affected: int | None


class StandingCounts(NamedTuple):
    """Counts of standards that decide, as `Summary` has them. `top`: the worst line, None where all are met."""

    met: int
    not_met: int
    grave: int
    not_assessed: int
    top: StandingLine | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a centre stood at the end of a day, in one line. `last_count`: people, even where the count had expired.

    `status` is the one it had on that day; see `queries.standing`. `lines` are its headlines as they are kept, worst
    first; counting them needs no unpacking.
    """

    site: Site
    at: datetime
    status: str
    phase: Phase
    told_at: datetime | None
    count: int | None
    last_count: int | None
    count_faded: bool
    places: int | None
    floor: int | None
    lines: bytes

    @property
    def silent(self) -> bool:
        return self.status == Site.Status.OPEN and (
            self.told_at is None or self.at - self.told_at > SILENT_AFTER
        )

    @property
    def free_places(self) -> tuple[int, int] | None:
        return free_places(self.count, self.places, self.floor)

    @property
    def headlines(self) -> tuple[StandingLine, ...]:
        return tuple(_line(*fields) for fields in LINE.iter_unpack(self.lines))

    @property
    def summary(self) -> StandingCounts:
        codes = self.lines[VERDICT_AT :: LINE.size]
        grave = codes.count(GRAVE)
        met = codes.count(_MET)
        return StandingCounts(
            met=met,
            not_met=grave + codes.count(_NOT_MET),
            grave=grave,
            not_assessed=codes.count(_NOT_ASSESSED),
            top=_line(*LINE.unpack_from(self.lines)) if len(codes) > met else None,
        )

    def people(self) -> int | None:
        return self.count

    def by(self, standards: frozenset[str]) -> Self:
        """The same centre judged by some standards only."""
        wanted = {_POSITIONS[key] for key in standards}
        kept = [LINE.pack(*fields) for fields in LINE.iter_unpack(self.lines) if fields[0] in wanted]
        return replace(self, lines=b"".join(kept))


def position_of(standard: str) -> int:
    """The number under which the lines that are kept name a standard."""
    return _POSITIONS[standard]


def _line(position: int, code: int, affected: int) -> StandingLine:
    return StandingLine(
        ORDER[position], _VERDICTS[code], code == GRAVE, None if affected == NONE else affected
    )


def standings(sites: Sequence[Site], day: date) -> list[Standing]:
    """How these centres stood at the end of a day gone by, in their order."""
    sites = list(sites)
    phases = phases_for([site.path for site in sites], day)
    confirmed = confirmed_standards()
    at = end_of(day)
    kept = _kept(sites, day)
    stood = statuses(sites, day)
    found: dict[int, Standing] = {}
    for site in sites:
        rules, content = kept.get(site.pk, (b"", b""))
        if rules == rules_of(site.kind, phases[site.path], confirmed):
            found[site.pk] = unpacked(content, site, at, stood[site.pk], phases[site.path])
    missing = [site for site in sites if site.pk not in found]
    if missing:
        found.update({one.site.pk: standing_of(one) for one in assess(missing, Moment.on(at))})
    return [found[site.pk] for site in sites]


def _kept(sites: Sequence[Site], day: date) -> dict[int, tuple[bytes, bytes]]:
    rows = DaySummary.objects.filter(day=day, site__in=[site.pk for site in sites])
    return {
        site_id: (bytes(rules), bytes(content))
        for site_id, rules, content in rows.values_list("site_id", "rules", "content")
    }


def standing_of(one: Assessed) -> Standing:
    """The line of a centre that was assessed in full."""
    return Standing(
        site=one.site,
        at=one.at,
        status=one.status,
        phase=one.phase,
        told_at=one.told_at,
        count=one.people(),
        last_count=one.last_count,
        count_faded=one.count_faded,
        places=one.capacity.to_standard.total,
        floor=one.capacity.to_standard.floor,
        lines=b"".join(_packed(gap) for gap in one.headlines),
    )


def _packed(gap: Gap) -> bytes:
    code = _CODES[gap.verdict] if not gap.grave else GRAVE
    return LINE.pack(_POSITIONS[gap.standard.key], code, NONE if gap.affected is None else gap.affected)


# --- as it is kept


@lru_cache(maxsize=1)
def _knowledge() -> bytes:
    """A digest of the whole of `amparo.standards`, thresholds and rules: other content, other results."""
    digest = hashlib.sha256()
    files = sorted(resources.files("amparo.standards").iterdir(), key=lambda file: file.name)
    for file in files:
        if file.name.endswith((".toml", ".py")):
            digest.update(file.read_bytes())
    return digest.digest()


@lru_cache(maxsize=512)
def rules_of(kind: str, phase: Phase, confirmed: frozenset[str]) -> bytes:
    """What a line depends on besides the observations: a row with other rules is not used."""
    said = repr((FORMAT, settings.TIME_ZONE, kind, phase.value, sorted(confirmed)))
    return hashlib.sha256(_knowledge() + said.encode()).digest()[:12]


def packed(one: Standing) -> bytes:
    """A standing in some 300 bytes: a head, then seven bytes per standard, worst first."""
    told_at = NONE if one.told_at is None else int(one.told_at.timestamp())
    numbers = (one.count, one.last_count, one.places, one.floor)
    head = HEAD.pack(told_at, *(NONE if number is None else number for number in numbers), one.count_faded)
    return head + one.lines


def unpacked(content: bytes, site: Site, at: datetime, status: str, phase: Phase) -> Standing:
    told_at, *numbers, faded = HEAD.unpack_from(content)
    count, last_count, places, floor = (None if number == NONE else number for number in numbers)
    return Standing(
        site=site,
        at=at,
        status=status,
        phase=phase,
        told_at=None if told_at == NONE else datetime.fromtimestamp(told_at, UTC),
        count=count,
        last_count=last_count,
        count_faded=faded,
        places=places,
        floor=floor,
        lines=content[HEAD.size :],
    )

"""A list of sites comes in, row by row, and can be taken back.

No row vanishes: a row that repeats another becomes a site of its own, flagged. The same list twice changes
nothing. Undo restores what was there before, save what someone changed since.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import Scope, covers, scopes
from amparo.kernel.actions import move_holdings
from amparo.kernel.models import Erased, LedgerEntry, Organisation, User
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.kernel.words import fold
from amparo.places.models import Place
from amparo.places.names import likeness
from amparo.places.queries import led_on, resolve
from amparo.places.queries.matching import ALIKE
from amparo.sites.actions.observing import withdraw
from amparo.sites.actions.site import codes_after
from amparo.sites.models import Flag, ObservationBatch, Site, SiteCode
from amparo.sites.permissions import Sites

IMPORTED = "sites.imported"
SEEN = "sites.seen_in_reports"
ASSESSED = "sites.assessed"
TOLD, TAKEN_BACK = (
    "site.assessed",
    "site.assessment_undone",
)  # the same in the history of each site it changed
UNDONE = "sites.import_undone"
OWN_CODES = "amparo"  # the system of our own short codes, "ALB 12"
LIST_CODES = "list"  # the system of codes of which nobody said who gave them: every list has its own 1, 2, 3
SAVE = "UPDATE sites_site SET {assignments}, version = version + 1 WHERE id = %s"
FIELDS = ("name", "kind", "status", "address", "institution", "lat", "lon", "place_doubt", "phone")
DAYS = ("opened_on", "closed_on")  # they follow the status
STORED = {field.attname: field for field in Site._meta.concrete_fields}
# What only makes sense together: where one of them was changed since, undo leaves the others too.
TOGETHER = (
    frozenset({"kind", "status", *DAYS}),
    frozenset({"lat", "lon"}),
    frozenset({"place", "place_doubt"}),
)


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """One row of a list, already placed. `codes` are (system, code) pairs; `row` is its number in the sheet."""

    row: int
    name: str
    place: Place
    place_doubt: str = ""
    kind: str = Site.Kind.COLLECTIVE_CENTRE
    status: str = Site.Status.OPEN
    address: str = ""
    institution: str = ""
    phone: str = ""
    lat: float | None = None
    lon: float | None = None
    codes: tuple[tuple[str, str], ...] = ()
    flags: tuple[tuple[str, str], ...] = ()  # (code, detail) seen while reading the row
    flags_if_added: tuple[tuple[str, str], ...] = ()  # the same, of a site that nobody knew before this row

    def fields(self) -> dict[str, Any]:
        """What the row says of a site, by field."""
        said = {name: getattr(self, name) for name in FIELDS}
        said["name"] = said["name"].strip()[:200] or "?"
        for name, length in (("address", 300), ("institution", 120), ("phone", 40), ("place_doubt", 200)):
            said[name] = said[name][:length]
        return said

    def told(self) -> dict[str, Any]:
        """All of the row, the place by its code."""
        return {name: getattr(self, name) for name in self.__slots__} | {"place": self.place.code}


@dataclass
class Matching:
    """Which site each row speaks of: one that is known, a new one (not stored yet), or that of an earlier row."""

    fresh: list[tuple[SiteDraft, Site]] = field(default_factory=list)
    matched: list[tuple[SiteDraft, Site]] = field(default_factory=list)
    again: list[tuple[SiteDraft, Site]] = field(default_factory=list)
    strangers: list[SiteDraft] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a row would do. `site` is the known one it speaks of, None for a new one; `alike` a known one that bears
    the name of the new one in the same place; `changes` are [now, then] by field."""

    draft: SiteDraft
    site: Site | None = None
    alike: Site | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    repeats: bool = False
    stranger: bool = False


@dataclass
class ImportReport:
    """What an import did, or would do. `changed` = created + updated + observations.

    `observations` are the values that the rows tell beside their sites; whoever imports the list writes them.
    """

    entry: LedgerEntry | None = None
    rows: int = 0
    placed: int = 0
    review: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    repeated_coordinates: int = 0
    observations: int = 0
    flagged: Counter = field(default_factory=Counter)  # marks of its rows, by code
    fates: list[tuple[int, str, UUID]] = field(default_factory=list)
    landed: dict[int, Site] = field(default_factory=dict)  # the site of each row

    @property
    def changed(self) -> int:
        return self.created + self.updated + self.observations


def identity(draft: SiteDraft) -> tuple:
    """What makes two rows speak of one site: a code in another system, else municipality, name and address."""
    if draft.codes:
        return ("code", *draft.codes[0])
    return ("named", draft.place.pk, fold(draft.name)[:200], fold(draft.address))


@transaction.atomic
def import_sites(
    drafts: Sequence[SiteDraft],
    *,
    by: User,
    holder: Organisation,
    source: str,
    message: UUID | None = None,
    overwrite: Collection[str] = FIELDS,
    verb: str = IMPORTED,
    observations: int = 0,
) -> ImportReport:
    """Apply a list. One ledger entry holds what was created, changed and flagged, so that `undo_import` can restore it.

    `overwrite` names the fields that a row may change on a site that is already known. `verb` is `SEEN` where the
    sites came along with reports, which cannot be undone as a list, and `ASSESSED` where with a sheet of assessments:
    that leaves the name and the place of a site as they are while it names the same one, and what else it changes
    stands in the history of each site.
    `observations` says how many values of this message the caller writes next, so that undo takes them back too.
    """
    held = scopes(by, Sites.MANAGE)
    if not held:
        raise NotPermitted("not_permitted", _("Su cargo no incluye importar albergues."))
    drafts = _where_they_lie_now(drafts)
    if any(not covers(held, draft.place.path, holder.pk) for draft in drafts):
        raise OutOfSight
    report = ImportReport(rows=len(drafts), observations=observations)
    matching = _match(drafts, holder, overwrite, verb)
    fresh, matched, again = matching.fresh, matching.matched, matching.again
    _all_within(held, matched)
    before: dict[str, dict] = {}
    for (draft, site), code in zip(fresh, codes_after(holder, len(fresh)) if fresh else [], strict=True):
        own = [other for system, other in draft.codes if system == OWN_CODES]
        site.code = own[0][:30] if own else code
    Site.objects.bulk_create([site for _draft, site in fresh])
    SiteCode.objects.bulk_create(
        [
            SiteCode(site=site, system=system, code=code)
            for draft, site in fresh
            for system, code in draft.codes
            if system != OWN_CODES
        ],
    )
    updated: list[Site] = []
    for draft, site in matched:
        open_here = _may_change(draft, site, overwrite, verb)
        changes = _changes(draft, site, open_here)
        moves = _moves(draft, site, open_here)
        if not changes and not moves:
            report.unchanged += 1
            report.fates.append((draft.row, "unchanged", site.uid))
            continue
        changes |= _days_of(changes, site)
        before[str(site.uid)] = {name: [old, new] for name, (old, new) in changes.items()}
        for name, (_old, new) in changes.items():
            setattr(site, name, new)
        if moves:
            before[str(site.uid)]["place"] = [site.place.code, draft.place.code]
            left = site.path
            site.locate(draft.place)
            move_holdings(before=left, after=site.path)
        site.call(site.name)
        updated.append(site)
        report.updated += 1
        report.fates.append((draft.row, "updated", site.uid))
    _save_all(updated)
    report.created = len(fresh)
    report.unchanged += len(again)
    report.fates += [(draft.row, "repeats", site.uid) for draft, site in again]
    report.fates += [(draft.row, "created", site.uid) for draft, site in fresh]
    report.fates.sort()
    report.landed = {draft.row: site for draft, site in fresh + matched + again}
    report.review = sum(bool(draft.place_doubt) for draft in drafts)
    report.placed = report.rows - report.review
    flags = [
        *_flags(fresh + matched + again, report),
        *_flags_of_codes(again, report),
        *_flags_of_strangers(matching.strangers, report),
        *_flags_of_added(fresh),
    ]
    report.flagged = Counter(flag.code for flag in flags)
    raised = _raise_flags(flags, source)
    created = {str(site.uid) for _draft, site in fresh}
    if verb == ASSESSED:
        _tell_each(updated, before, by=by, verb=TOLD, source=source)
    if report.changed or raised:
        report.entry = ledger.record(
            verb,
            by=by,
            organisation_id=holder.pk,
            source=source,
            message=str(message) if message else None,
            rows=report.rows,
            digest=hashlib.sha256(repr([draft.told() for draft in drafts]).encode()).hexdigest(),
            created=[str(site.uid) for _draft, site in fresh],
            changed=before,
            flagged={uid: codes for uid, codes in raised.items() if uid not in created},
        )
    return report


def foresee(drafts: Sequence[SiteDraft], *, holder: Organisation, verb: str = IMPORTED) -> list[Foreseen]:
    """What `import_sites` would do with each of these rows, in their order. Writes nothing."""
    matching = _match(drafts, holder, FIELDS, verb)
    strangers = {draft.row for draft in matching.strangers}
    alike = _bearing_the_name([draft for draft, _site in matching.fresh], holder)
    found = {}
    for draft, site in matching.matched:
        open_here = _may_change(draft, site, FIELDS, verb)
        changes = _changes(draft, site, open_here)
        if _moves(draft, site, open_here):
            changes["place"] = (site.place.code, draft.place.code)
        found[draft.row] = Foreseen(draft, site, changes=changes, stranger=draft.row in strangers)
    for draft, _site in matching.fresh:
        same = alike.get((draft.place.pk, fold(draft.name)[:200]))
        found[draft.row] = Foreseen(draft, alike=same, stranger=draft.row in strangers)
    for draft, site in matching.again:
        known = site if site.pk is not None else None
        found[draft.row] = Foreseen(draft, known, repeats=True, stranger=draft.row in strangers)
    return [found[draft.row] for draft in drafts]


def _bearing_the_name(drafts: Sequence[SiteDraft], holder: Organisation) -> dict[tuple[int, str], Site]:
    """The holder's sites that bear the name of one of these rows in its place, by both."""
    names = {fold(draft.name)[:200] for draft in drafts}
    there = Site.objects.filter(
        holder=holder, place__in={draft.place.pk for draft in drafts}, name_key__in=names
    )
    return {(site.place_id, site.name_key): site for site in there.order_by("-pk")}


def _match(
    drafts: Sequence[SiteDraft], holder: Organisation, overwrite: Collection[str], verb: str
) -> Matching:
    existing = _existing(drafts, holder)
    keys, strangers = _told_apart(drafts, existing)
    found = Matching(strangers=strangers)
    for key, group in _grouped(drafts, keys).items():
        there = existing.get(key, [])
        if key[0] == "code":  # a code names one site: its first row speaks, the others repeat it
            first, *others = group
            site = there[0] if there else _new_site(first, holder)
            (found.matched if there else found.fresh).append((first, site))
            found.again += [(draft, site) for draft in others]
            continue
        pairs, unmatched = _pair(group, there, overwrite, verb)
        found.matched += pairs
        found.fresh += [(draft, _new_site(draft, holder)) for draft in unmatched]
    found.fresh.sort(key=lambda pair: pair[0].row)
    return found


def _may_change(draft: SiteDraft, site: Site, overwrite: Collection[str], verb: str) -> Collection[str]:
    """The fields that a row may change of its site. An assessment that names it the same way, accents and capitals
    aside, neither renames nor moves it; it may say where a site lies of which nobody is sure."""
    if verb != ASSESSED or fold(draft.name)[:200] != site.name_key:
        return overwrite
    surer = site.place_doubt and not draft.place_doubt
    kept = {"name"} if surer else {"name", "place_doubt"}
    return [name for name in overwrite if name not in kept]


def _moves(draft: SiteDraft, site: Site, open_here: Collection[str]) -> bool:
    return "place_doubt" in open_here and site.place_id != draft.place.pk


def _tell_each(sites: Sequence[Site], changed: dict[str, dict], *, by: User, verb: str, source: str) -> None:
    """Say in the history of each site what a sheet of assessments changed of it, or what of that was taken back."""
    for site in sites:
        ledger.record(verb, site, by=by, changed=changed[str(site.uid)], source=source)


def _all_within(held: Sequence[Scope], matched: Sequence[tuple[SiteDraft, Site]]) -> None:
    """A row may place a known centre only where its sender acts, and take it only from there."""
    beyond = [draft.row for draft, site in matched if not covers(held, site.path, site.holder_id)]
    if beyond:
        rows = ", ".join(str(row) for row in beyond[:5])
        raise Refused(
            "code_taken_elsewhere",
            _(
                "No se cambió nada. Filas %(rows)s: su código ya es de otro albergue. "
                "Quite el código o pídalo a quien lo maneja."
            )
            % {"rows": rows},
        )


def _where_they_lie_now(drafts: Sequence[SiteDraft]) -> Sequence[SiteDraft]:
    """The rows, where a provisional place that one was put in may have become another before it came to be written."""
    provisional = {draft.place.pk for draft in drafts if draft.place.provisional}
    if not provisional:
        return drafts
    became = led_on(list(Place.objects.filter(pk__in=provisional)))
    return [replace(draft, place=became.get(draft.place.pk, draft.place)) for draft in drafts]


def _save_all(sites: Sequence[Site]) -> None:
    """Save what a list may change of many sites, and raise their versions."""
    columns = (*FIELDS, "name_key", "place_id", "path", *DAYS)
    assignments = ", ".join(f"{column} = %s" for column in columns)
    rows = [
        (*(STORED[column].get_db_prep_save(getattr(site, column), connection) for column in columns), site.pk)
        for site in sites
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(SAVE.format(assignments=assignments), rows)


def _grouped(drafts: Sequence[SiteDraft], keys: Sequence[tuple]) -> dict[tuple, list[SiteDraft]]:
    groups: dict[tuple, list[SiteDraft]] = defaultdict(list)
    for draft, key in zip(drafts, keys, strict=True):
        groups[key].append(draft)
    return groups


def _told_apart(
    drafts: Sequence[SiteDraft], existing: dict[tuple, list[Site]]
) -> tuple[list[tuple], list[SiteDraft]]:
    """The identity of each row, and the rows whose code another site bears.

    A code of which nobody said who gave it names a site together with its name only: the number 3 of one list is
    not the number 3 of another, and a column of municipal codes stands the same on many rows. Such a code still
    follows a site whose name is spelt a little differently. What `existing` knows by that code is put there anew,
    under the row's identity.
    """
    keys = [identity(draft) for draft in drafts]
    unnamed = [at for at, key in enumerate(keys) if key[:2] == ("code", LIST_CODES)]
    claimed: dict[tuple, Site] = {}  # by code and name as the row writes it
    for at in unnamed:
        called = _called(drafts[at])
        same = (site for site in existing.get(keys[at], ()) if called in (site.name_key, ""))
        if site := next(same, None):
            claimed[(*keys[at], called)] = site
    taken = {site.pk for site in claimed.values()}
    strangers = []
    firsts: dict[tuple, str] = {}
    for at in unnamed:
        code, draft = keys[at], drafts[at]
        there = existing.get(code, [])
        keys[at] = key = (*code, _called(draft))
        if key not in claimed:
            close = (site for site in there if site.pk not in taken and _may_be(draft, site))
            if site := next(close, None):
                claimed[key] = site
                taken.add(site.pk)
        bearer = there[0].name_key if there else firsts.setdefault(code, key[-1])
        speaks = claimed[key].name_key if key in claimed else key[-1]
        if speaks != bearer:
            strangers.append(draft)
    existing.update({key: [site] for key, site in claimed.items()})
    return keys, strangers


def _called(draft: SiteDraft) -> str:
    """The name as it is compared; "" of a row that only bears a code."""
    return "" if draft.name == draft.codes[0][1] else fold(draft.name)[:200]


def _may_be(draft: SiteDraft, site: Site) -> bool:
    """Whether the row may be the site of its code under another name: one that had none, or one that was corrected
    (same place, nearly the same words)."""
    if site.name_key == fold(draft.codes[0][1]):
        return True
    return site.place_id == draft.place.pk and likeness(draft.name, site.name) >= ALIKE


def _existing(drafts: Sequence[SiteDraft], holder: Organisation) -> dict[tuple, list[Site]]:
    """The holder's sites that these rows could mean, by the same identity."""
    found: dict[tuple, list[Site]] = defaultdict(list)
    systems = {system for draft in drafts for system, _code in draft.codes[:1]}
    if OWN_CODES in systems:
        own = [code for draft in drafts for system, code in draft.codes[:1] if system == OWN_CODES]
        for site in Site.objects.filter(holder=holder, code__in=own).select_related("place"):
            found["code", OWN_CODES, site.code].append(site)
    others = {code for draft in drafts for _system, code in draft.codes[:1]}
    coded = SiteCode.objects.filter(system__in=systems, code__in=others, site__holder=holder)
    for code in coded.select_related("site__place").order_by("site"):
        found["code", code.system, code.code].append(code.site)
    places = {draft.place.pk for draft in drafts if not draft.codes}
    names = {fold(draft.name)[:200] for draft in drafts if not draft.codes}
    named = Site.objects.filter(holder=holder, place__in=places, name_key__in=names)
    for site in named.select_related("place").order_by("pk"):
        found["named", site.place_id, site.name_key, fold(site.address)].append(site)
    return found


def _pair(
    group: list[SiteDraft], sites: list[Site], overwrite: Collection[str], verb: str
) -> tuple[list[tuple[SiteDraft, Site]], list[SiteDraft]]:
    """Match rows of one identity with sites of it: equal ones first, so that a shuffled list changes nothing."""
    rest, left = list(sites), []
    pairs = []
    for draft in group:
        same = next(
            (site for site in rest if not _changes(draft, site, _may_change(draft, site, overwrite, verb))),
            None,
        )
        if same is None:
            left.append(draft)
        else:
            rest.remove(same)
            pairs.append((draft, same))
    pairs += list(zip(left, rest, strict=False))
    return pairs, left[len(rest) :]


def _changes(draft: SiteDraft, site: Site, overwrite: Collection[str]) -> dict[str, tuple[Any, Any]]:
    """What the row would change. It never reopens or closes a site that lives: people's reports do that."""
    said = {name: value for name, value in draft.fields().items() if name in overwrite}
    if draft.codes and draft.name == draft.codes[0][1]:
        said.pop("name", None)  # a row that only bears a code does not rename its site
    if site.status != Site.Status.CANDIDATE and said.get("status") == Site.Status.CANDIDATE:
        said.pop("status")
        said.pop("kind", None)
    if site.status == Site.Status.CANDIDATE and "status" in said:
        said["kind"] = draft.kind  # a building that opens becomes what it opens as
    changes = {
        name: (getattr(site, name), value) for name, value in said.items() if getattr(site, name) != value
    }
    return {
        name: pair for name, pair in changes.items() if pair[1] not in ("", None) or name == "place_doubt"
    }


def _days_of(changes: dict[str, tuple[Any, Any]], site: Site) -> dict[str, tuple[Any, Any]]:
    """The days that a change of status brings. A list tells none: what it opens or closes opens or closes today."""
    _before, status = changes.get("status", ("", ""))
    today = timezone.localdate()
    days: dict[str, Any] = {}
    if status == Site.Status.OPEN:
        days = {"opened_on": today, "closed_on": None}
    elif status == Site.Status.CLOSED:
        days = {"closed_on": max(today, site.opened_on or today)}
    return {name: (getattr(site, name), day) for name, day in days.items() if getattr(site, name) != day}


def _new_site(draft: SiteDraft, holder: Organisation) -> Site:
    site = Site(holder=holder, **draft.fields())
    site.call(site.name)
    site.locate(draft.place)
    return site


def _flags(pairs: list[tuple[SiteDraft, Site]], report: ImportReport) -> list[Flag]:
    """Marks for rows that repeat an earlier name and place, or earlier coordinates, and for doubted places."""
    names: Counter = Counter()
    spots: Counter = Counter()
    flags: list[Flag] = []
    for draft, site in sorted(pairs, key=lambda pair: pair[0].row):
        name = (
            draft.place.pk,
            draft.place_doubt,
            draft.name.strip().casefold(),
            draft.address.strip().casefold(),
        )
        spot = (draft.lat, draft.lon)
        if names[name]:
            report.repeated += 1
            flags.append(Flag(site=site, code="repeats_name"))
        if draft.lat is not None and spots[spot]:
            report.repeated_coordinates += 1
            flags.append(Flag(site=site, code="repeats_coordinates"))
        if draft.place_doubt:
            flags.append(Flag(site=site, code="place_in_doubt", detail=draft.place_doubt[:300]))
        flags += [Flag(site=site, code=code, detail=detail[:300]) for code, detail in draft.flags]
        names[name] += 1
        spots[spot] += 1
    return flags


def _flags_of_added(fresh: list[tuple[SiteDraft, Site]]) -> list[Flag]:
    """Marks for sites that these rows brought."""
    return [
        Flag(site=site, code=code, detail=detail[:300])
        for draft, site in fresh
        for code, detail in draft.flags_if_added
    ]


def _flags_of_codes(again: list[tuple[SiteDraft, Site]], report: ImportReport) -> list[Flag]:
    """Marks for sites whose code stands on further rows that say something else."""
    differing = [(draft, site) for draft, site in again if fold(draft.name) != site.name_key]
    report.repeated += len(differing)
    return [Flag(site=site, code="repeats_code", detail=draft.name[:300]) for draft, site in differing]


def _flags_of_strangers(strangers: list[SiteDraft], report: ImportReport) -> list[Flag]:
    """Marks for sites whose code, of which nobody said who gave it, another site bears too."""
    report.repeated += len(strangers)
    return [
        Flag(site=report.landed[draft.row], code="repeats_code", detail=draft.codes[0][1])
        for draft in strangers
    ]


def _raise_flags(flags: Sequence[Flag], source: str) -> dict[str, list[str]]:
    """Write these marks; return the codes of those that were not there yet, by site."""
    source = source[:120]
    there = Flag.objects.filter(source=source, site__in={flag.site_id for flag in flags})
    known = set(there.values_list("site_id", "code")) if flags else set()
    fresh: dict[tuple[int, str], Flag] = {}
    for flag in flags:
        flag.source = source
        if (flag.site_id, flag.code) not in known:
            fresh.setdefault((flag.site_id, flag.code), flag)
    Flag.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    raised: dict[str, list[str]] = defaultdict(list)
    for flag in fresh.values():
        raised[str(flag.site.uid)].append(flag.code)
    return raised


@transaction.atomic
def undo_import(entry: LedgerEntry, *, by: User, why: str = "") -> dict[str, int]:
    """Restore what was there before an import. What someone changed since is kept and counted in `kept`."""
    held = scopes(by, Sites.MANAGE)
    said = ledger.payload(entry)
    if not held:
        raise NotPermitted("not_permitted", _("Su cargo no incluye importar albergues."))
    if entry.verb not in (IMPORTED, ASSESSED) or said is None:
        raise Refused("not_an_import", _("Esa entrada de la bitácora no es una importación de albergues."))
    if any(undone_by(entry)):
        raise Refused("already_undone", _("Esta importación ya se deshizo."))
    flagged: dict[str, list[str]] = said.get("flagged", {})
    sites = {
        str(site.uid): site
        for site in Site.objects.select_for_update().filter(
            uid__in=[*said["created"], *said["changed"], *flagged]
        )
    }
    if any(not covers(held, site.path, site.holder_id) for site in sites.values()):
        raise OutOfSight
    if said["message"]:
        withdraw(ObservationBatch.objects.filter(message=UUID(said["message"])), by=by, why=why)
    used = set(ObservationBatch.objects.filter(site__in=sites.values()).values_list("site__uid", flat=True))
    touched = set(
        LedgerEntry.objects.filter(subject__in=list(sites), pk__gt=entry.pk).values_list("subject", flat=True)
    )
    kept = restored = 0
    erased = []
    for uid in said["created"]:
        site = sites.get(uid)
        if site is None or site.uid in used or site.uid in touched:
            kept += site is not None
            continue
        erased.append(site)
    Erased.objects.bulk_create(
        [Erased(uid=site.uid, noun=Site._meta.label_lower, erased_at=timezone.now()) for site in erased]
    )
    Site.objects.filter(pk__in=[site.pk for site in erased]).delete()
    for uid, changes in said["changed"].items():
        site = sites.get(uid)
        if site is None:
            continue
        own = _restore(site, changes)
        kept += len(changes) - len(own)
        restored += bool(own)
        if own and entry.verb == ASSESSED:
            back = {uid: {name: changes[name][::-1] for name in own}}
            _tell_each([site], back, by=by, verb=TAKEN_BACK, source=said["source"])
    lowered = sum(
        Flag.objects.filter(site__uid=uid, source=said["source"][:120], code__in=codes).delete()[0]
        for uid, codes in flagged.items()
    )
    ledger.record(
        UNDONE,
        by=by,
        organisation_id=entry.organisation_id,
        why=why,
        undone=entry.counter,
        erased=[str(site.uid) for site in erased],
        restored=restored,
        lowered=lowered,
        kept=kept,
    )
    return {"erased": len(erased), "restored": restored, "kept": kept}


def _restore(site: Site, changes: dict[str, list[Any]]) -> list[str]:
    """Give a site the former values of what nobody changed since; return their names.

    Nothing else is written: what another action says of the site meanwhile stays.
    """
    since = {name for name, (_old, new) in changes.items() if _now(site, name) != _value(name, new)}
    for together in TOGETHER:
        since |= together if since & together else set()
    restored = [name for name in changes if name not in since]
    for name in restored:
        former = _value(name, changes[name][0])
        if name != "place":
            setattr(site, name, former)
        elif former is not None:
            left = site.path
            site.locate(former)
            move_holdings(before=left, after=site.path)
    if restored:
        site.call(site.name)
        site.version = F("version") + 1
        moved = ["path"] if "place" in restored else []
        site.save(update_fields=[*restored, *moved, "name_key", "version"])
    return restored


def _now(site: Site, name: str) -> Any:
    return site.place if name == "place" else getattr(site, name)


def _value(name: str, said: Any) -> Any:
    """What the ledger says of a field, as the site holds it."""
    return resolve(code=said).place if name == "place" else STORED[name].to_python(said)


def undone_by(entry: LedgerEntry) -> list[LedgerEntry]:
    """The entries that already undid this import."""
    later = LedgerEntry.objects.filter(verb=UNDONE, origin=entry.origin, pk__gt=entry.pk)
    return [other for other in later if (ledger.payload(other) or {}).get("undone") == entry.counter]


def last_import() -> LedgerEntry | None:
    """The newest import that has not been undone."""
    for entry in LedgerEntry.objects.filter(verb=IMPORTED).order_by("-pk")[:50]:
        if not undone_by(entry):
            return entry
    return None

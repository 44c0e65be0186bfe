"""From raw messages to sites and observations: at least once, idempotent, never losing what cannot be applied.

Reading a message costs no lock: it happens before the transaction. What it says is then written in one
transaction per handful of messages. A message that cannot be applied waits for a person, with its reason.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.intake.actions.forms import require_whole
from amparo.intake.actions.receiving import content_of
from amparo.intake.mapping import Facts, MappingProblem
from amparo.intake.mapping.values import Flag, is_address, named_by
from amparo.intake.mapping.values import Place as Point
from amparo.intake.mapping.values import place as point
from amparo.intake.models import Form, RawMessage
from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.permissions import Intake
from amparo.intake.queries.mappings import asked, bound
from amparo.intake.queries.messages import messages_visible_to
from amparo.kernel import ledger
from amparo.kernel.access import covers, may, require_anywhere, scopes
from amparo.kernel.actions import console
from amparo.kernel.models import User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.turns import turn
from amparo.places.actions import provisional_place, provisional_place_there
from amparo.places.countries import extent
from amparo.places.models import Place
from amparo.places.permissions import Places
from amparo.places.queries import known_code, known_name, resolve, unknown_place
from amparo.sites.actions.importing import LIST_CODES, OWN_CODES, SEEN, SiteDraft, import_sites
from amparo.sites.actions.observing import Report, observe_many, withdraw
from amparo.sites.models import ObservationBatch, Site, SiteCode
from amparo.sites.permissions import Sites

log = logging.getLogger(__name__)

Code = tuple[str, str]  # the system that gave it, and the code

BATCH = 25
REMEMBERED_SECONDS = 60.0
SOURCES = {
    RawMessage.Channel.PHONE.value: ObservationBatch.Source.PHONE,
    RawMessage.Channel.WEB.value: ObservationBatch.Source.SCREEN,
}
FROM_FORMS = ("status", "lat", "lon")  # what a filled form may change on a site that is already known


@dataclass(frozen=True, slots=True)
class Understood:
    """A message, and where and what it says through its mapping; or the reason why it must wait for a person."""

    message: RawMessage
    facts: Facts | None = None
    draft: SiteDraft | None = None
    reason: str = ""
    detail: str = ""


def apply_received(*, by: User, limit: int = BATCH) -> int:
    """Apply the oldest messages that wait for no one; return how many left the queue."""
    queue = (
        RawMessage.objects.filter(state=RawMessage.State.RECEIVED, channel__in=RawMessage.FILLED)
        .select_related("by__organisation", "holder")
        .order_by("pk")[:limit]
    )
    messages = list(queue)
    if not messages:
        return 0
    senders: dict[int, User] = {}
    for message in messages:  # one object per sender: what they may do is read once
        message.by = senders.setdefault(message.by_id, message.by)
    forms = Form.objects.in_bulk({message.form_id for message in messages}, field_name="form_id")
    understood = in_their_area([understand(message, forms.get(message.form_id)) for message in messages])
    try:
        _apply(understood, by=by)
    except (OperationalError, InterfaceError):
        raise  # the database is busy, full or gone: the messages stay in the queue
    except Exception:
        for one in understood:
            _apply_alone(one, by=by)
    return len(messages)


def _apply_alone(understood: Understood, *, by: User) -> None:
    try:
        _apply([understood], by=by)
    except (OperationalError, InterfaceError):
        raise
    except Refused as refusal:
        _wait(understood.message, refusal.code, refusal.message)
    except Exception:
        log.exception("message %s cannot be applied", understood.message.pk)
        _wait(understood.message, "cannot_apply", _("No se pudo aplicar. El mensaje está guardado."))


def understand(message: RawMessage, form: Form | None) -> Understood:
    """Read one message through its form's mapping. Touches nothing."""
    if form is None or form.mapping_id is None:
        detail = _("Nadie ha dicho qué significa cada pregunta.")
        return Understood(message, reason="no_mapping", detail=detail)
    try:
        answers = flatten(content_of(message))
        paths = asked(message.form_version_id) or tuple(answers)
        facts = bound(form.mapping_id, paths).facts(answers, message.received_at)
    except MappingProblem as problem:
        return Understood(message, reason="mapping_does_not_fit", detail=str(problem))
    except Refused as refusal:
        return Understood(message, reason=refusal.code, detail=refusal.message)
    facts = in_own_codes(facts, message.holder_id)
    if not facts.site.name and not facts.site.external_id:
        return Understood(message, reason="no_site", detail=_("No dice de qué albergue es."))
    draft = site_draft_at_once(facts, row=message.pk)
    new = (("new_from_form", message.folio),)
    return Understood(message, facts, replace(draft, flags_if_added=new))


def in_their_area(understood: Sequence[Understood]) -> list[Understood]:
    """The same messages; those of a sender who speaks of a centre outside their area wait for a person.

    A known centre lies where it lies, whatever the form says; a new one lies where the form says.
    """
    known = _paths_by_code(understood)
    judged = []
    for one in understood:
        message, draft = one.message, one.draft
        if draft is not None:
            coded = [
                known[message.holder_id, code] for code in draft.codes if (message.holder_id, code) in known
            ]
            path = coded[0] if coded else draft.place.path
            if not covers(scopes(message.by, Intake.SEND), path, message.holder_id):
                detail = _("Quien lo envió no puede reportar en ese lugar.")
                one = Understood(message, reason="outside_the_phone_area", detail=detail)
        judged.append(one)
    return judged


def _paths_by_code(understood: Sequence[Understood]) -> dict[tuple[int, Code], str]:
    """Where the centres lie that these messages name by a code, by (holder, code)."""
    holders = {one.message.holder_id for one in understood}
    codes = {code for one in understood if one.draft is not None for code in one.draft.codes}
    own = {code for system, code in codes if system == OWN_CODES}
    others = {(system, code) for system, code in codes if system != OWN_CODES}
    found: dict[tuple[int, Code], str] = {}
    if own:
        sites = Site.objects.filter(holder__in=holders, code__in=own).values_list("holder", "code", "path")
        found |= {(holder, (OWN_CODES, code)): path for holder, code, path in sites}
    if others:
        named = SiteCode.objects.filter(
            system__in={system for system, _code in others},
            code__in={code for _system, code in others},
            site__holder__in=holders,
        ).values_list("site__holder", "system", "code", "site__path")
        found |= {(holder, (system, code)): path for holder, system, code, path in named}
    return found


def _apply(understood: Sequence[Understood], *, by: User) -> None:
    """Write a handful of messages in one short transaction."""
    with turn(), transaction.atomic():
        queue = RawMessage.objects.select_for_update().filter(
            pk__in=[one.message.pk for one in understood], state=RawMessage.State.RECEIVED
        )
        still_open = set(queue.values_list("pk", flat=True))
        standing = [one for one in understood if one.message.pk in still_open]
        edited_since = _edited_since(standing)
        ready = [one for one in standing if one.facts is not None]
        for holder_id in {one.message.holder_id for one in ready}:
            _write([one for one in ready if one.message.holder_id == holder_id], edited_since, by=by)
        for one in standing:
            if one.facts is None:
                _wait(one.message, one.reason, one.detail)
        RawMessage.objects.filter(pk__in=[one.message.pk for one in ready]).update(
            state=RawMessage.State.APPLIED, applied_at=timezone.now(), reason="", detail=""
        )
        for one in ready:
            notes = _notes(one, edited_since)
            if notes:
                RawMessage.objects.filter(pk=one.message.pk).update(notes=notes)


Copy = tuple[int, str, str]  # a filled copy: its holder, its form, its instance


def _copy(message: RawMessage) -> Copy:
    return message.holder_id, message.form_id, message.instance_id


def _edited_since(understood: Sequence[Understood]) -> frozenset[Copy]:
    """Of these messages, those that an edited copy has replaced: one applied before, or one among these.

    An edit that waits for a person, or was set aside, has replaced nothing.
    """
    ids = [one.message.instance_id for one in understood]
    applied = RawMessage.objects.filter(replaces__in=ids, state=RawMessage.State.APPLIED, conflicts=False)
    edits = set(applied.values_list("holder_id", "form_id", "replaces"))
    edits |= {
        (one.message.holder_id, one.message.form_id, one.message.replaces)
        for one in understood
        if one.facts is not None and one.message.replaces
    }
    return frozenset(edits)


def _write(ready: Sequence[Understood], edited_since: frozenset[Copy], *, by: User) -> None:
    """Sites where they are new, then what each message observed, of one holder's messages."""
    message = ready[0].message
    drafts = [one.draft for one in ready if one.draft is not None]
    sites = import_sites(
        drafts, by=by, holder=message.holder, source=message.form_id, overwrite=FROM_FORMS, verb=SEEN
    )
    observe_many(
        [
            report_of(
                one.facts,
                sites.landed[one.message.pk],
                source=SOURCES[one.message.channel],
                source_name=one.message.form_id,
                message=one.message,
            )
            for one in ready
            if one.facts is not None and _copy(one.message) not in edited_since
        ],
        by=by,
    )
    for one in ready:
        if one.message.replaces:
            _withdraw_replaced(one.message, by=by)


def _withdraw_replaced(edit: RawMessage, *, by: User) -> None:
    """An edited form replaces what its earlier copy said, where its own sender may speak."""
    earlier = RawMessage.objects.filter(
        holder_id=edit.holder_id, form_id=edit.form_id, instance_id=edit.replaces, conflicts=False
    )
    told = ObservationBatch.objects.filter(message__in=earlier.values("uid")).select_related("site")
    reach = scopes(edit.by, Intake.SEND)
    batches = [batch for batch in told if covers(reach, batch.site.path, batch.site.holder_id)]
    if batches:
        withdraw(batches, by=by, why="replaced by an edited form")


def in_own_codes(facts: Facts, holder_id: int) -> Facts:
    """The facts with the centre's own code where a phone scanned, instead of it, the address of its page.

    An address that leads to none of the holder's centres is no code of ours: it is set aside with a flag, and the
    centre is looked for by its name. The numbers of another system may be addresses, and stay.
    """
    said = facts.site
    if not is_address(said.external_id):
        return facts
    site = _site_at(said.external_id, holder_id)
    if site is not None:
        own = replace(said, external_id=site.code, system=OWN_CODES, name=said.name or site.name)
        return replace(facts, site=own)
    if said.system != OWN_CODES:
        return facts
    doubt = Flag("site_code_unknown", "site", said.external_id)
    return replace(facts, site=replace(said, external_id="", system=""), flags=(*facts.flags, doubt))


def _site_at(address: str, holder_id: int) -> Site | None:
    named = named_by(address)
    sites = Site.objects.filter(holder=holder_id)
    return (sites.filter(uid=named) if isinstance(named, UUID) else sites.filter(code=named)).first()


def site_draft(facts: Facts, *, row: int, flags: tuple[tuple[str, str], ...] = ()) -> SiteDraft:
    """Where the facts put their site: by P-code, else by names, else unknown and in doubt."""
    said = facts.site
    place, doubt = locate(said.pcode, tuple(said.admin_names), said.country)
    return _draft(facts, place, doubt, row=row, flags=flags)


def site_draft_at_once(facts: Facts, *, row: int) -> SiteDraft:
    """The same without looking for names that only resemble: messages come by the thousand, a person looks later."""
    said = facts.site
    names = tuple(name for name in said.admin_names if name)
    if known_code(said.pcode) or (names and known_name(names[-1])):
        return site_draft(facts, row=row)
    doubt = ", ".join((*names, *filter(None, [said.pcode]))) or _("no dice dónde está")
    return _draft(facts, unknown_place_now(said.country), doubt, row=row)


def unknown_place_now(country: str) -> Place:
    """The place of which nothing is known, remembered like any other."""
    said = (settings.HOME, "", (), country, "unknown")
    remembered = _located.get(said)
    if remembered is None or monotonic() - remembered[0] >= REMEMBERED_SECONDS:
        remembered = _located[said] = (monotonic(), (unknown_place(country or None), ""))
    return remembered[1][0]


def site_draft_anywhere(
    facts: Facts, *, by: User, row: int, flags: tuple[tuple[str, str], ...] = ()
) -> SiteDraft:
    """The same for a country that no gazetteer holds: its places are made from their names, provisionally."""
    said = facts.site
    place, doubt = locate(said.pcode, tuple(said.admin_names), said.country)
    maker = _maker_of_places(by) if _is_unlisted(facts, place, doubt) else None
    if maker is not None:
        place, doubt = provisional_place(by=maker, names=said.admin_names, country=said.country or None), ""
    return _draft(facts, place, doubt, row=row, flags=flags)


def site_draft_ahead(facts: Facts, *, row: int) -> SiteDraft:
    """The same before anything may be written: in a provisional place that is there, else in doubt."""
    said = facts.site
    place, doubt = locate(said.pcode, tuple(said.admin_names), said.country)
    if _is_unlisted(facts, place, doubt):
        there = provisional_place_there(said.admin_names, said.country or None)
        place, doubt = (place, doubt) if there is None else (there, "")
    return _draft(facts, place, doubt, row=row)


def _is_unlisted(facts: Facts, place: Place, doubt: str) -> bool:
    """Whether no gazetteer holds where the facts put their site, and they name it."""
    nowhere = place.level == 0 or place.provisional
    return bool(doubt) and nowhere and any(facts.site.admin_names) and not facts.site.pcode


def _maker_of_places(by: User) -> User | None:
    """Who makes the provisional places of somebody's sheet: they, or this machine for whoever manages centres
    everywhere; nobody for the others, whose rows stay in doubt."""
    if may(by, Places.MANAGE):
        return by
    return console() if any(scope.path == "" for scope in scopes(by, Sites.MANAGE)) else None


def _draft(
    facts: Facts, place: Place, doubt: str, *, row: int, flags: tuple[tuple[str, str], ...] = ()
) -> SiteDraft:
    said = facts.site
    status = said.status or Site.Status.OPEN
    kind = said.kind or Site.Kind.COLLECTIVE_CENTRE
    if status == Site.Status.CANDIDATE:
        kind = Site.Kind.CANDIDATE_SITE
    elif kind == Site.Kind.CANDIDATE_SITE:
        status = Site.Status.CANDIDATE
    lat, lon, seen = _within_its_country(said.lat, said.lon, place)
    return SiteDraft(
        row=row,
        name=said.name or said.external_id or "",
        place=place,
        place_doubt=doubt,
        kind=kind,
        status=status,
        address=said.address or "",
        institution=str(said.extra.get("institution", "")),
        phone=str(said.extra.get("phone", "")),
        lat=lat,
        lon=lon,
        codes=((said.system or LIST_CODES, said.external_id),) if said.external_id else (),
        flags=(*flags, *seen),
    )


def _within_its_country(
    lat: float | None, lon: float | None, place: Place
) -> tuple[float | None, float | None, tuple[tuple[str, str], ...]]:
    """The point, put right and flagged where its country shows that latitude and longitude came swapped or without
    a sign. A point outside that cannot be put right stays, flagged."""
    within = extent(place.country)
    if lat is None or lon is None or within is None:
        return lat, lon, ()
    found = point(lat, lon, within)
    if not isinstance(found, Point) or found.lat is None:
        return lat, lon, ()
    return found.lat, found.lon, tuple((odd.code, str(odd.message)) for odd in found.flags)


_located: dict[tuple, tuple[float, tuple[Place, str]]] = {}


def locate(pcode: str, names: tuple[str, ...], country: str) -> tuple[Place, str]:
    """The place, and what is in doubt about it ("" when nothing is). Remembered for a minute per process."""
    said = (settings.HOME, pcode, names, country)
    remembered = _located.get(said)
    if remembered is not None and monotonic() - remembered[0] < REMEMBERED_SECONDS:
        return remembered[1]
    found = _locate(pcode, names, country)
    if len(_located) > 20_000:
        _located.clear()
    _located[said] = (monotonic(), found)
    return found


def _locate(pcode: str, names: tuple[str, ...], country: str) -> tuple[Place, str]:
    match = resolve(code=pcode or None, names=names, country=country or None)
    if match.place is not None and match.how == "exact" and not match.notes:
        return match.place, ""
    nearest = match.place or match.within
    told = ", ".join(name for name in names if name) or pcode or _("no dice dónde está")
    if nearest is None:
        return unknown_place(country or None), told
    return nearest, told


def report_of(facts: Facts, site: Site, *, source: str, source_name: str, message: RawMessage) -> Report:
    """The observations of one row or form, dated when they were told and never in the future."""
    told_at, offset = told_when(facts, message.received_at)
    return Report(
        site=site,
        told_at=min(told_at, message.received_at),
        values=tuple((seen.indicator, seen.low, seen.high) for seen in facts.observations),
        source=source,
        source_name=source_name,
        message=message.uid,
        told_offset=offset,
        told_by=message.by,
    )


def told_when(facts: Facts, received_at: datetime) -> tuple[datetime, int]:
    """When the facts were told (UTC), when nobody says when they came, and the offset there in minutes."""
    moment = facts.moment or received_at
    told = facts.told_at
    offset = told.utcoffset() if isinstance(told, datetime) else timezone.localtime(moment).utcoffset()
    return moment, int((offset or timedelta()).total_seconds() // 60)


def _notes(one: Understood, edited_since: frozenset[Copy]) -> list[dict[str, str]]:
    """What was odd in a message that was applied all the same."""
    facts = one.facts
    edited = {"code": "edited_since", "message": _("Una copia corregida ya lo reemplazó.")}
    notes = [edited] if _copy(one.message) in edited_since else []
    if facts is not None:
        notes += [{"code": "added_up", "message": words} for words in added_up(facts)]
        notes += [{"code": odd.code, "message": str(odd.message)} for odd in facts.flags]
        notes += [{"code": odd.code, "message": str(odd.message)} for odd in facts.problems]
        if (
            isinstance(facts.told_at, datetime)
            and told_when(facts, one.message.received_at)[0] > one.message.received_at
        ):
            notes.append({"code": "clock_ahead", "message": _("El reloj del teléfono va adelantado.")})
    return notes


def added_up(facts: Facts) -> list[str]:
    """What nobody told and we added up, in words."""
    return [
        _("Personas: %(n)s. Es la suma de mujeres y hombres; nadie dijo el total.") % {"n": f"{seen.low:g}"}
        for seen in facts.observations
        if seen.derived
    ]


def _wait(message: RawMessage, reason: str, detail: str) -> None:
    RawMessage.objects.filter(pk=message.pk, state=RawMessage.State.RECEIVED).update(
        state=RawMessage.State.WAITING, reason=reason[:60] or "unknown", detail=detail
    )


@transaction.atomic
def retry(messages: Sequence[RawMessage], *, by: User) -> int:
    """Put waiting messages back in the queue, after a person mended what kept them."""
    require_anywhere(by, Intake.REVIEW)
    waiting = messages_visible_to(by).filter(
        pk__in=[message.pk for message in messages], state=RawMessage.State.WAITING, conflicts=False
    )
    uids = [str(uid) for uid in waiting.values_list("uid", flat=True)]
    count = waiting.update(state=RawMessage.State.RECEIVED, reason="", detail="")
    if count:
        ledger.record("messages.retried", by=by, messages=uids)
    return count


@transaction.atomic
def discard(message: RawMessage, *, by: User, why: str) -> RawMessage:
    """Set a message aside for good. It stays as it came; nothing of it is applied."""
    require_anywhere(by, Intake.REVIEW)
    if not why.strip():
        raise Refused("discard_needs_a_reason", _("Escriba por qué se descarta."))
    if not messages_visible_to(by).filter(pk=message.pk).exists():
        raise OutOfSight
    message = RawMessage.objects.select_for_update().get(pk=message.pk)
    if message.state != RawMessage.State.WAITING:
        raise Refused("message_not_waiting", _("Este mensaje ya no espera a nadie."))
    message.state = RawMessage.State.DISCARDED
    message.save(update_fields=["state"])
    ledger.record("message.discarded", message, by=by, why=why)
    return message


@transaction.atomic
def rerun(form: Form, *, by: User) -> int:
    """Apply every message of a form again, through its mapping of today. What they said before is withdrawn."""
    require_whole(by, form)
    messages = RawMessage.objects.filter(
        form_id=form.form_id, conflicts=False, channel__in=RawMessage.FILLED
    ).exclude(state=RawMessage.State.DISCARDED)
    batches = list(ObservationBatch.objects.filter(message__in=list(messages.values_list("uid", flat=True))))
    if batches:
        withdraw(batches, by=by, why="re-run through another mapping")
    count = messages.update(state=RawMessage.State.RECEIVED, reason="", detail="", notes=[])
    ledger.record("messages.rerun", form, by=by, mapping=str(form.mapping or ""), messages=count)
    return count

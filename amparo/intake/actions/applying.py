"""From raw messages to sites and observations: at least once, idempotent, never losing what cannot be applied.

Reading a message costs no lock: it happens before the transaction. What it says is then written in one
transaction per handful of messages. A message that cannot be applied waits for a person, with its reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.intake.actions.receiving import content_of
from amparo.intake.mapping import Facts, MappingProblem
from amparo.intake.models import Form, RawMessage
from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.permissions import Intake
from amparo.intake.queries.mappings import asked, bound
from amparo.kernel import ledger
from amparo.kernel.access import covers, require_anywhere, scopes
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places.actions import provisional_place
from amparo.places.models import Place
from amparo.places.queries import known_code, known_name, resolve, unknown_place
from amparo.sites.actions.importing import ImportReport, SiteDraft, import_sites
from amparo.sites.actions.observing import Report, observe_many, withdraw
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.permissions import Sites

BATCH = 25
REMEMBERED_SECONDS = 60.0
FROM_FORMS = ("status", "lat", "lon")  # what a filled form may change on a site that is already known


@dataclass(frozen=True, slots=True)
class Understood:
    """A message and what its mapping reads in it; or the reason why it must wait."""

    message: RawMessage
    facts: Facts | None = None
    reason: str = ""
    detail: str = ""


def apply_received(*, by: User, limit: int = BATCH) -> int:
    """Apply the oldest messages that wait for no one; return how many left the queue."""
    queue = (
        RawMessage.objects.filter(state=RawMessage.State.RECEIVED, channel=RawMessage.Channel.PHONE)
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
    understood = [understand(message, forms.get(message.form_id)) for message in messages]
    try:
        _apply(understood, by=by)
    except Exception:
        if len(understood) == 1:
            _wait(
                understood[0].message,
                "cannot_apply",
                _("Hubo un error al aplicarlo. El mensaje está guardado."),
            )
        for one in understood if len(understood) > 1 else ():
            _apply_alone(one, by=by)
    return len(messages)


def _apply_alone(understood: Understood, *, by: User) -> None:
    try:
        _apply([understood], by=by)
    except Refused as refusal:
        _wait(understood.message, refusal.code, refusal.message)
    except Exception:
        _wait(understood.message, "cannot_apply", _("Hubo un error al aplicarlo. El mensaje está guardado."))


def understand(message: RawMessage, form: Form | None) -> Understood:
    """Read one message through its form's mapping. Touches nothing."""
    if form is None or form.mapping_id is None:
        return Understood(
            message, reason="no_mapping", detail=_("Nadie ha dicho qué significa cada pregunta.")
        )
    try:
        answers = flatten(content_of(message))
        paths = asked(message.form_version_id) or tuple(answers)
        facts = bound(form.mapping_id, paths).facts(answers, message.received_at)
    except MappingProblem as problem:
        return Understood(message, reason="mapping_does_not_fit", detail=str(problem))
    except Refused as refusal:
        return Understood(message, reason=refusal.code, detail=refusal.message)
    if not facts.site.name and not facts.site.external_id:
        return Understood(message, reason="no_site", detail=_("No dice de qué albergue es."))
    return Understood(message, facts)


@transaction.atomic
def _apply(understood: Sequence[Understood], *, by: User) -> None:
    ids = [one.message.pk for one in understood]
    still_open = set(
        RawMessage.objects.select_for_update()
        .filter(pk__in=ids, state=RawMessage.State.RECEIVED)
        .values_list("pk", flat=True)
    )
    ready: list[tuple[Understood, SiteDraft]] = []
    waiting: list[Understood] = []
    for row, one in enumerate(one for one in understood if one.message.pk in still_open):
        if one.facts is None:
            waiting.append(one)
            continue
        draft = site_draft_at_once(one.facts, row=row, flags=(("new_from_form", one.message.folio),))
        if not covers(scopes(one.message.by, Sites.REPORT), draft.place.path, one.message.holder_id):
            detail = _("El albergue está fuera de la zona de este teléfono.")
            waiting.append(Understood(one.message, reason="outside_the_phone_area", detail=detail))
            continue
        ready.append((one, draft))
    for holder_id in {one.message.holder_id for one, _draft in ready}:
        own = [(one, draft) for one, draft in ready if one.message.holder_id == holder_id]
        _write(own, by=by)
    now = timezone.now()
    for one in waiting:
        _wait(one.message, one.reason, one.detail)
    applied = [one.message.pk for one, _draft in ready]
    RawMessage.objects.filter(pk__in=applied).update(
        state=RawMessage.State.APPLIED, applied_at=now, reason="", detail=""
    )
    noted = []
    for one, _draft in ready:
        one.message.notes = _notes(one)
        if one.message.notes:
            noted.append(one.message)
    RawMessage.objects.bulk_update(noted, ["notes"])


def _write(ready: Sequence[tuple[Understood, SiteDraft]], *, by: User) -> None:
    message = ready[0][0].message
    report = import_sites(
        [draft for _one, draft in ready],
        by=by,
        holder=message.holder,
        source=message.form_id,
        overwrite=FROM_FORMS,
    )
    sites = sites_of(report)
    reports = [
        report_of(
            one.facts,
            sites[draft.row],
            source=ObservationBatch.Source.PHONE,
            source_name=one.message.form_id,
            message=one.message,
        )
        for one, draft in ready
        if one.facts is not None
    ]
    observe_many(reports, by=by)
    replaced = [one.message.replaces for one, _draft in ready if one.message.replaces]
    if replaced:
        _withdraw_replaced(replaced, by=by)


def _withdraw_replaced(instance_ids: Sequence[str], *, by: User) -> None:
    """An edited form replaces what its earlier copy said."""
    uids = RawMessage.objects.filter(instance_id__in=instance_ids).values_list("uid", flat=True)
    batches = list(ObservationBatch.objects.filter(message__in=list(uids)))
    if batches:
        withdraw(batches, by=by, why="replaced by an edited form")


def sites_of(report: ImportReport) -> dict[int, Site]:
    """The site each row landed on."""
    found = Site.objects.in_bulk({uid for _row, _fate, uid in report.fates}, field_name="uid")
    return {row: found[uid] for row, _fate, uid in report.fates}


def site_draft(facts: Facts, *, row: int, flags: tuple[tuple[str, str], ...] = ()) -> SiteDraft:
    """Where the facts put their site: by P-code, else by names, else unknown and in doubt."""
    said = facts.site
    place, doubt = locate(said.pcode, tuple(said.admin_names), said.country)
    return _draft(facts, place, doubt, row=row, flags=flags)


def site_draft_at_once(facts: Facts, *, row: int, flags: tuple[tuple[str, str], ...] = ()) -> SiteDraft:
    """The same without looking for names that only resemble: messages come by the thousand, a person looks later."""
    said = facts.site
    names = tuple(name for name in said.admin_names if name)
    if known_code(said.pcode) or (names and known_name(names[-1])):
        return site_draft(facts, row=row, flags=flags)
    doubt = ", ".join((*names, *filter(None, [said.pcode]))) or _("no dice dónde está")
    return _draft(facts, unknown_place_now(said.country), doubt, row=row, flags=flags)


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
    if place.level == 0 and any(said.admin_names) and not said.pcode:
        place, doubt = provisional_place(by=by, names=said.admin_names, country=said.country or None), ""
    return _draft(facts, place, doubt, row=row, flags=flags)


def _draft(
    facts: Facts, place: Place, doubt: str, *, row: int, flags: tuple[tuple[str, str], ...]
) -> SiteDraft:
    said = facts.site
    status = said.status or Site.Status.OPEN
    kind = said.kind or Site.Kind.COLLECTIVE_CENTRE
    if status == Site.Status.CANDIDATE:
        kind = Site.Kind.CANDIDATE_SITE
    elif kind == Site.Kind.CANDIDATE_SITE:
        status = Site.Status.CANDIDATE
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
        lat=said.lat,
        lon=said.lon,
        codes=((said.system, said.external_id),) if said.external_id else (),
        flags=flags,
    )


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


def _notes(one: Understood) -> list[dict[str, str]]:
    """What was odd in a message that was applied all the same."""
    facts = one.facts
    notes = (
        []
        if one.message.form_version_id
        else [{"code": "unknown_version", "message": _("Versión del formulario no publicada aquí.")}]
    )
    if facts is not None:
        notes += [{"code": odd.code, "message": str(odd.message)} for odd in facts.flags]
        notes += [{"code": odd.code, "message": str(odd.message)} for odd in facts.problems]
        if (
            isinstance(facts.told_at, datetime)
            and told_when(facts, one.message.received_at)[0] > one.message.received_at
        ):
            notes.append({"code": "clock_ahead", "message": _("El reloj del teléfono va adelantado.")})
    return notes


def _wait(message: RawMessage, reason: str, detail: str) -> None:
    RawMessage.objects.filter(pk=message.pk).update(
        state=RawMessage.State.WAITING, reason=reason[:60] or "unknown", detail=detail
    )


@transaction.atomic
def retry(messages: Sequence[RawMessage], *, by: User) -> int:
    """Put waiting messages back in the queue, after a person mended what kept them."""
    require_anywhere(by, Intake.REVIEW)
    waiting = RawMessage.objects.filter(
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
    require_anywhere(by, Intake.MANAGE_FORMS)
    messages = RawMessage.objects.filter(
        form_id=form.form_id, conflicts=False, channel=RawMessage.Channel.PHONE
    ).exclude(state=RawMessage.State.DISCARDED)
    batches = list(ObservationBatch.objects.filter(message__in=list(messages.values_list("uid", flat=True))))
    if batches:
        withdraw(batches, by=by, why="re-run through another mapping")
    count = messages.update(state=RawMessage.State.RECEIVED, reason="", detail="", notes=[])
    ledger.record("messages.rerun", form, by=by, mapping=str(form.mapping or ""), messages=count)
    return count

"""Text messages with a daily report: made durable, then understood, then answered.

A figure counts only when it comes from the number that is written down for that centre. Everything else waits for a
person, as it came.
"""

import hashlib
import json
import logging
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

from django.core.cache import cache
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from amparo.intake.actions.receiving import Incoming, content_of, receive_here
from amparo.intake.models import RawMessage
from amparo.intake.sms import replies
from amparo.intake.sms.gateways import Gateway, Text
from amparo.intake.sms.report import key_of, read
from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import keyed_hash
from amparo.sites.actions.reporting import report_day
from amparo.sites.daily import POSSIBLE
from amparo.sites.models import ObservationBatch, Site

log = logging.getLogger(__name__)

FORM = "sms.reporte-del-dia"
LOCAL_DIGITS = 8  # of a telephone number, without the country's code: what people write down
HOUR, DAY = 3600, 86_400  # seconds
ANSWERS = 10  # to one number within an hour


def take_texts(gateway: Gateway, *, by: User) -> int:
    """Make durable what has come, then answer what can be answered; return how many messages came."""
    came = 0
    with override("es"):
        for text in gateway.waiting():
            message = _keep(text, by=by)
            gateway.forget(text)
            came += 1
            if message.state != RawMessage.State.RECEIVED:
                _answer(gateway, text.sender, _answer_again(message))
        _apply_kept(gateway, by=by)
    return came


def _keep(text: Text, *, by: User) -> RawMessage:
    """Durable, sealed as personal: nobody knows what a stranger writes. Said again, it is the message it repeats.

    It repeats what came with the same words and hour, and the newest of that sender, centre and day: a figure that
    returns to what it was before another is a new one.
    """
    words = " ".join(text.words.split())
    thread = _hidden(f"{_digits(text.sender)}|{timezone.localdate(text.sent_at)}|{read(words).code}")
    said = _hidden(words.casefold())
    told_that_day = RawMessage.objects.filter(  # the hour after the colon begins with the year
        form_id=FORM, instance_id__gte=f"sms:{thread}:0", instance_id__lt=f"sms:{thread}:9"
    )
    newest = told_that_day.order_by("-instance_id").first()
    if newest is not None and newest.instance_id.endswith(f":{said}"):
        return newest
    name = f"sms:{thread}:{text.sent_at.astimezone(UTC):%Y%m%d%H%M%S}:{said}"
    content = json.dumps(
        {"from": text.sender, "sent": text.sent_at.isoformat(), "text": text.words}, ensure_ascii=False
    ).encode()
    return receive_here(
        Incoming(
            form_id=FORM,
            instance_id=name,
            fingerprint=hashlib.sha256(name.encode()).digest(),
            content=content,
            by=by,
            holder_id=by.organisation_id,
            channel=RawMessage.Channel.SMS,
            content_class=DataClass.PERSONAL,
        )
    )


def _hidden(words: str) -> str:
    """To find it by: a plain hash would give a number of eight digits away."""
    return keyed_hash(words, purpose="sms")[:32]


def _answer(gateway: Gateway, sender: str, words: str) -> None:
    """Send it where a person may read it, a few times: each answer costs, and an automatic reply would answer it."""
    if re.fullmatch(r"[+\d\s().-]*", sender) is None or len(_digits(sender)) < LOCAL_DIGITS:
        return  # a short number or a name: an operator, a bank
    number = _hidden(_digits(sender))
    if words == replies.a_person_will_look() and not cache.add(f"amparo.sms.waits.{number}", 1, DAY):
        return
    now = time.time()
    answered = [at for at in cache.get(f"amparo.sms.answers.{number}", ()) if now - at < HOUR]
    if len(answered) < ANSWERS:
        cache.set(f"amparo.sms.answers.{number}", [*answered, now], HOUR)  # before: a crash sends none twice
        gateway.send(sender, words)


def _answer_again(message: RawMessage) -> str:
    if message.state == RawMessage.State.APPLIED:
        return replies.again(message.folio)
    return message.detail if message.reason.startswith("sms_asked") else replies.a_person_will_look()


def _apply_kept(gateway: Gateway, *, by: User) -> None:
    """What waits for no person: just come, or sent back to the queue by one."""
    queue = RawMessage.objects.filter(state=RawMessage.State.RECEIVED, channel=RawMessage.Channel.SMS)
    for message in queue.order_by("pk"):
        said = json.loads(content_of(message))
        try:
            reply = _apply(message, said["from"], datetime.fromisoformat(said["sent"]), said["text"], by=by)
        except (OperationalError, InterfaceError):
            raise  # the database is busy or gone: it stays in the queue
        except Exception:
            log.exception("text message %s cannot be applied", message.pk)
            reply = _wait(message, None, "cannot_apply", replies.a_person_will_look())
        _answer(gateway, said["from"], reply)


@transaction.atomic
def _apply(message: RawMessage, sender: str, sent_at: datetime, words: str, *, by: User) -> str:
    """Apply one message, or let it wait with its reason; return the answer to the sender."""
    if ObservationBatch.objects.filter(message=message.uid).exists():
        return replies.again(message.folio)
    told = read(words)
    named = _named(told.code) if told.code else []
    known = [site for site in named if site.phone and is_number_of(site, sender)]
    if not told.code and _is_anybodys(sender):
        return _wait(message, None, "sms_asked", replies.no_code())
    if len(known) != 1 or known[0].status != Site.Status.OPEN:
        site = known[0] if len(known) == 1 else (named[0] if len(named) == 1 else None)
        return _wait(message, site, _why_unknown(known, named), replies.a_person_will_look())
    site = known[0]
    if not told.values:
        return _wait(message, site, "sms_asked", replies.not_understood(told))
    try:
        report_day(
            site,
            by=by,
            values=told.values,
            sure=told.sure,
            told_at=min(sent_at, message.received_at),
            source=ObservationBatch.Source.SMS,
            source_name=_("número terminado en %(end)s") % {"end": _digits(sender)[-4:]},
            message=message.uid,
        )
    except Refused as refusal:
        possible = refusal.code in POSSIBLE
        return _wait(message, site, "sms_asked", replies.asked(refusal.message, told, possible=possible))
    message.state, message.site, message.applied_at = RawMessage.State.APPLIED, site, timezone.now()
    message.reason, message.detail = "", ""
    message.notes = [{"code": f"sms_{fault}", "message": what} for fault, what in told.faults]
    message.holder_id = site.holder_id
    message.save(update_fields=["state", "site", "applied_at", "reason", "detail", "notes", "holder"])
    return replies.taken(replace(told, code=site.code), message.folio)


def _why_unknown(known: list[Site], named: list[Site]) -> str:
    if known:
        return "sms_not_open" if len(known) == 1 else "sms_several_centres"
    return "sms_unknown_number" if named else "sms_unknown_centre"


def _wait(message: RawMessage, site: Site | None, reason: str, reply: str) -> str:
    """Let it wait for a person of the centre it names. `detail`: what the sender is answered."""
    RawMessage.objects.filter(pk=message.pk).update(
        state=RawMessage.State.WAITING,
        reason=reason,
        detail=reply,
        site=site,
        **({"holder": site.holder_id} if site is not None else {}),
    )
    return reply


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def is_number_of(site: Site, sender: str) -> bool:
    """Whether a number is one of those written down for the centre. Without its country's code it is the same one."""
    end = _digits(sender)[-LOCAL_DIGITS:]
    written = [_digits(part) for part in re.split(r"[,;/]| o | y ", site.phone)]
    return len(end) == LOCAL_DIGITS and any(number[-LOCAL_DIGITS:] == end for number in written if number)


def _is_anybodys(sender: str) -> bool:
    """Whether the number is written down for some open centre: only such a sender is told how to write."""
    phones = Site.objects.filter(status=Site.Status.OPEN).exclude(phone="").only("phone")
    return any(is_number_of(site, sender) for site in phones.iterator())


def _named(code: str) -> list[Site]:
    """The centres whose code is this one, however their list writes it."""
    ending = Site.objects.filter(code__endswith=code.rpartition(" ")[2])
    return [site for site in ending.order_by("pk") if key_of(site.code) == code]

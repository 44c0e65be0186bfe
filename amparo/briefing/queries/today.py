"""The centre's door: what whoever runs a centre meets in the morning, and the ten figures to be told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.briefing import viewmodels_day as v
from amparo.briefing import words
from amparo.briefing.forms_daily import SAME, DailyForm
from amparo.briefing.queries import capacities, lacking
from amparo.briefing.queries.board import gap_note
from amparo.briefing.queries.site_page import past_of
from amparo.intake.models import RawMessage
from amparo.intake.sms.report import blank
from amparo.kernel.models import User
from amparo.kernel.words import fold
from amparo.sites.daily import BY_INDICATOR, EVENTS, FIGURES
from amparo.sites.models import Closure, Flag, ObservationBatch, Site
from amparo.sites.queries.daily import LastTold, Stays, confirmations_left, reported_by
from amparo.sites.queries.gaps import Assessed, Moment, assess_one
from amparo.sites.queries.observed import sources
from amparo.standards import INDICATORS, Comparison, Measurement, Verdict, expires_at
from amparo.toolkit import formats
from amparo.toolkit.frames import Notice

SHOWN_FAILING = 3
FACILITIES = frozenset({"sanitation", "water", "access"})  # groups whose things stand in the inventory


def centres(user: User) -> list[Site]:
    """The open centres that this person reports of, by name."""
    return list(reported_by(user).select_related("place__parent").order_by("name", "pk"))


def choices(sites: Iterable[Site], search: str) -> tuple[v.CentreChoice, ...]:
    """Those whose name, code or place holds every word that was typed."""
    wanted = fold(search).split() if search else []
    now = timezone.now()
    return tuple(
        v.CentreChoice(
            name=site.name,
            url=lacking.site_url("today_site", site),
            place=words.place_of(site),
            told_at=site.last_told_at,
            silent=site.last_told_at is None or (now - site.last_told_at).total_seconds() > 24 * 3600,
        )
        for site in sites
        if all(word in fold(f"{site.name} {site.code} {site.place.name}") for word in wanted)
    )


def today(user: User, site: Site, *, several: bool) -> v.Today:
    """As many queries for a centre with everything failing as for one where all is well."""
    one = assess_one(site, Moment.now())
    lines = lacking.lines(one.gaps)
    failing = [line for line in lines if line.kind in ("grave", "bajo")]
    past = past_of(one, failing)
    told = [one.inputs[key].ref for key in ("persons", "arrivals", "departures") if key in one.inputs]
    batches = {**sources(told), **past.batches}
    stays = confirmations_left(
        site, {line.gap.measure.things: one.inputs.get(line.gap.measure.things) for line in failing}, one.at
    )
    newest = (
        ObservationBatch.objects.filter(site=site).select_related("by").order_by("-told_at", "-pk").first()
    )
    places = one.capacity.to_standard
    women, men = one.by_sex
    shown = tuple(_failing(line, one, past, stays) for line in failing)
    return v.Today(
        name=site.name,
        url=lacking.site_url("site_page", site),
        people=_known(one, "persons", batches),
        women=women,
        men=men,
        tonight=one.capacity.tonight.total,
        floor=places.floor,
        served=capacities.served(places),
        headline=capacities.headline(one),
        explanation=capacities.explanation(one),
        kind=capacities.mark(one),
        arrivals=_known(one, "arrivals", batches),
        departures=_known(one, "departures", batches),
        failing=shown[:SHOWN_FAILING],
        more_failing=shown[SHOWN_FAILING:],
        fixes=capacities.fixes(one)[:4],
        met=tuple(words.gap_name(line.gap) for line in lines if line.kind == "cumple"),
        unknown=sum(line.kind == "nada" for line in lines),
        pending=tuple(_pending(user, site)),
        told_at=newest.told_at if newest else None,
        told_by=words.who_said(newest) if newest else "",
        silent=one.silent,
        sms=message_of(site),
        central=settings.AMPARO_CENTRAL_NUMBER,
        token=str(uuid4()),
        report_url=lacking.site_url("daily_report", site),
        paper_url=lacking.site_url("report_paper", site),
        here=lacking.site_url("today_site", site),
        all_url=reverse("today") if several else "",
    )


def _known(one: Assessed, key: str, batches: Mapping[int, ObservationBatch]) -> v.Known:
    told = one.inputs.get(key)
    if told is None:
        return v.Known()
    batch = batches.get(told.ref)
    return v.Known(
        value=one.people(key),
        told_at=told.told_at,
        lasts_hours=lacking.hours(INDICATORS[key].half_life),
        who=words.who_said(batch) if batch else "",
        note=confirmed_note(told, one.at),
    )


def confirmed_note(told: Measurement, at: datetime) -> str:
    if told.confirmed_at is None:
        return ""
    return _("Sigue igual, %(when)s") % {"when": formats.moment(told.confirmed_at, at)}


def _failing(line: lacking.Line, one: Assessed, past: lacking.Past, stays: Mapping[str, Stays]) -> v.Failing:
    gap, shown = line.gap, lacking.gap_of(line, one)
    things = gap.measure.things
    told = one.inputs.get(things)
    counts = told is not None and things not in EVENTS and expires_at(told, INDICATORS[things]) > one.at
    may = stays[things] if counts else None
    term = lacking.first_to_fade(gap.terms)
    batch = past.batches.get(term.measurement.ref) if term else None
    note = confirmed_note(told, one.at) if told is not None else ""
    return v.Failing(
        name=shown.name,
        kind=line.kind,
        icon=shown.icon,
        summary=_measured(line, one),
        fix=shown.remedy or _("lo que pide la norma: %(standard)s") % {"standard": shown.standard},
        since=_since(line, one, past),
        who=". ".join(part for part in (words.who_said(batch) if batch else "", note) if part),
        told_at=shown.told_at,
        lasts_hours=shown.lasts_hours,
        same=things if may is not None and may.may_be_said else "",
        must_count=must_count(may),
        change_url=_change_url(one.site, things),
    )


def must_count(stays: Stays | None) -> str:
    """Why "sigue igual" is not offered of a value of which it could be said; "" where it is, or never was."""
    if stays is None or stays.may_be_said:
        return ""
    return (
        _("Ya se dijo tres veces: hay que contar.")
        if not stays.left
        else _("Ya se dijo hoy que sigue igual.")
    )


def _measured(line: lacking.Line, one: Assessed) -> str:
    parts = (gap_note(line.gap, one), words.consequence(line.gap))
    return ". ".join(part for part in parts if part) + "."


def _since(line: lacking.Line, one: Assessed, past: lacking.Past) -> str:
    """For how many of the last days it has failed without a break."""
    gap = line.gap
    if gap.standard.comparison is Comparison.BETWEEN or gap.verdict is not Verdict.NOT_MET:
        return ""
    threshold, at_most = lacking.threshold_of(gap)
    moments = lacking.days_back(one.at, lacking.SERIES_DAYS)
    days = 0
    for reading in reversed(lacking.readings_of(gap.measure, one, past.history, moments)):
        if reading.low is None or threshold is None:
            break
        if reading.low <= threshold if at_most else reading.low >= threshold:
            break
        days += 1
    if days >= lacking.SERIES_DAYS:
        return _("Así desde hace una semana o más")
    if days > 1:
        return _("Así desde hace %(n)s días") % {"n": days - 1} if days > 2 else _("Así desde ayer")
    return ""


def _change_url(site: Site, key: str) -> str:
    if key in BY_INDICATOR:
        return f"{lacking.site_url('daily_report', site)}#id_{key}"
    if INDICATORS[key].group in FACILITIES:
        return lacking.site_url("site_facilities_edit", site)
    return lacking.site_url("daily_report", site)


def _pending(user: User, site: Site) -> Iterable[v.Pending]:
    """What waits for an answer here, each with since when."""
    closure = Closure.objects.filter(site=site, withdrawn=False, handed_over_on=None).first()
    if closure is not None:
        day = formats.day(closure.closes_on)
        yield v.Pending(_("Cierre ordenado para el %(day)s") % {"day": day}, closure.recorded_at)
    for flag in Flag.objects.filter(site=site, cleared_at=None).order_by("pk")[:5]:
        yield v.Pending(words.flag(flag.code, flag.detail), flag.raised_at)
    waiting = RawMessage.objects.filter(site=site, state=RawMessage.State.WAITING).order_by("pk")
    for message in waiting.only("received_at", "reason")[:5]:
        yield v.Pending(_("Un mensaje de texto espera a una persona"), message.received_at)


def message_of(site: Site) -> str:
    """The day's text message with its ten blanks: what was told before is never sent as today's."""
    return blank(site.code)


# --- the report


def daily_form(
    data: Any,
    site: Site,
    ten: Iterable[LastTold],
    *,
    initial: Mapping[str, Any] | None = None,
    calling: bool = False,
) -> DailyForm:
    """The form over what was last told. By telephone nobody says "sigue igual", and one types at once."""
    ten = list(ten)
    newest = ObservationBatch.objects.filter(site=site).order_by("-pk").values_list("pk", flat=True).first()
    form = DailyForm(
        data,
        may_stay=[] if calling else [one.figure.indicator for one in ten if one.may_stay],
        placeholders={
            one.figure.indicator: _("antes %(value)s") % {"value": told_words(one)}
            for one in ten
            if one.told is not None
        },
        initial={"seen": newest or 0, **(initial or {})},
    )
    if calling:
        form.fields[FIGURES[0].indicator].widget.attrs["autofocus"] = True
    return form


def told_words(one: LastTold) -> str:
    """ "143", "Sí": without unit."""
    if one.told is None:
        return ""
    if one.figure.is_yes_or_no:
        return _("Sí") if one.told.low else _("No")
    return f"{one.told.low:.0f}"


def rows_of(form: DailyForm, ten: Iterable[LastTold], at: datetime) -> tuple[v.FigureRow, ...]:
    """The ten boxes, each beside what was last told, how old, and by whom. One query."""
    ten = list(ten)
    batches = sources([one.told.ref for one in ten if one.told is not None])
    return tuple(_row(form, one, batches, at) for one in ten)


def _row(
    form: DailyForm, one: LastTold, batches: Mapping[int, ObservationBatch], at: datetime
) -> v.FigureRow:
    key, told = one.figure.indicator, one.told
    same = f"{SAME}{key}"
    batch = batches.get(told.ref) if told is not None else None
    return v.FigureRow(
        letter=one.figure.letter,
        label=str(one.figure.label),
        icon=one.figure.icon,
        bound=form[key],
        same=form[same] if same in form.fields else None,
        left=one.stays.left if one.stays is not None else 0,
        last=v.Known(
            told_at=told.told_at if told else None,
            lasts_hours=lacking.hours(INDICATORS[key].half_life),
            who=words.who_said(batch) if batch else "",
            note=confirmed_note(told, at) if told else "",
        ),
        last_words=told_words(one),
        must_count=must_count(one.stays),
    )


def meanwhile(site: Site, form: DailyForm, by: User) -> str:
    """Words when somebody else reported while this was being written; else "". Both reports are kept."""
    others = ObservationBatch.objects.filter(site=site, pk__gt=form.cleaned_data["seen"] or 0).exclude(by=by)
    other = others.select_related("by").order_by("-pk").first()
    if other is None:
        return ""
    said = {"who": words.who_said(other), "when": formats.moment(other.told_at, timezone.now())}
    return _("%(who)s también reportó, %(when)s. Se guardan los dos; cuenta el más nuevo.") % said


def taken_words(batch: ObservationBatch, form: DailyForm) -> str:
    """What was taken, in words."""
    told, same = len(form.values), len(form.same)
    said = [_("Recibido %(when)s.") % {"when": formats.clock(batch.told_at)}]
    if told:
        said.append(ngettext("%(n)s cifra nueva.", "%(n)s cifras nuevas.", told) % {"n": told})
    if same:
        words_of = ngettext(
            "%(n)s sigue igual: no cuenta como medida.", "%(n)s siguen igual: no cuentan como medidas.", same
        )
        said.append(words_of % {"n": same})
    return " ".join(said)


def nothing_told(ten: Iterable[LastTold]) -> tuple[Notice, ...]:
    """What a first report should know."""
    if any(one.told is not None for one in ten):
        return ()
    return (
        Notice(
            "info",
            _("Es el primer reporte de este albergue"),
            _("Lo que no sepa, déjelo vacío: vacío no es cero."),
        ),
    )

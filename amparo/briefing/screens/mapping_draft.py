"""A mapping in the making: what each column becomes, how it is read, tried on ten rows, saved as a version.

Each press is kept on the server at once. Every page asks for the draft of this person alone.
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing import viewmodels_mappings as vm
from amparo.briefing.doors import done, opened_by, person
from amparo.briefing.screens.mapping_forms import (
    ObserveForm,
    OrderForm,
    ReadingForm,
    SiteWordsForm,
    SystemForm,
    TargetForm,
)
from amparo.briefing.screens.mappings import AGAIN_SECONDS, newest_version, read_soon, tried_on
from amparo.intake.actions.drafts import change_draft, discard_draft, rename_draft, save_draft, try_on
from amparo.intake.actions.uploads import receive_upload
from amparo.intake.mapping import Facts, MappingProblem, editing
from amparo.intake.mapping.comparing import differences
from amparo.intake.mapping.document import Document, examine
from amparo.intake.mapping.guarding import value_words
from amparo.intake.mapping.sample import masked
from amparo.intake.mapping.suggesting import CHECK, READING, SYSTEM, Proposal, all_sure, taken
from amparo.intake.mapping.targets import OBSERVE, every_target, indicator_of, like, said, typed, words_of
from amparo.intake.models import MappingDraft, SheetUpload
from amparo.intake.permissions import Intake
from amparo.intake.queries.drafts import Workbench, drafts_of, library, others_at, saved_since
from amparo.intake.queries.forms import forms_visible_to
from amparo.kernel.refusals import Refused
from amparo.sites.models import Site
from amparo.standards import INDICATORS, Kind
from amparo.toolkit.asked import address, page_not_understood, pages_of, plain
from amparo.toolkit.formats import moment
from amparo.toolkit.frames import Chip, ConfirmPage, Notice, Tab

PER_PAGE = 40
LONGEST_LABEL = 110
NEXT = "next"  # what the button that goes on says
FILTERS = ("unused", "suggested", "doubted")


def _bench_of(request: HttpRequest, uid: UUID) -> Workbench:
    user = person(request)
    return Workbench(get_object_or_404(drafts_of(user), uid=uid), user)


def _head(bench: Workbench, current: str, notices: Sequence[Notice] = ()) -> vm.Bench:
    draft = bench.draft
    names = (
        ("mapping_columns", _("Preguntas") if bench.sample.by_path else _("Columnas")),
        ("mapping_reading", _("Fechas y país")),
        ("mapping_try", _("Probar")),
        ("mapping_save", _("Guardar")),
    )
    return vm.Bench(
        title=dict(bench.document.title).get("es") or draft.name,
        name=draft.name,
        about=tried_on(draft),
        tabs=tuple(Tab(words, reverse(name, args=[draft.uid]), name == current) for name, words in names),
        notices=(*_about_others(draft), *notices),
        crumb_url=reverse("mappings"),
        discard_url=reverse("mapping_discard", args=[draft.uid]),
    )


def _about_others(draft: MappingDraft) -> tuple[Notice, ...]:
    """Who else is at it, and what somebody saved meanwhile."""
    found = []
    newer = saved_since(draft)
    if newer is not None:
        words = _("Mientras usted trabajaba se guardó la versión %(version)d%(who)s.") % {
            "version": newer.version,
            "who": f" ({newer.by.name})" if newer.by else "",
        }
        found.append(
            Notice(
                "bajo",
                words,
                _("Lo suyo sigue aquí. Antes de guardar verá las diferencias."),
                reverse("mapping_page", args=[draft.name]),
                _("Ver la otra"),
            )
        )
    for other in others_at(draft):
        words = _("%(who)s también está cambiando esta guía: %(when)s.") % {
            "who": other.by.name,
            "when": moment(other.changed_at),
        }
        found.append(Notice("info", words, _("Cada quien ve lo suyo. Pónganse de acuerdo antes de guardar.")))
    return tuple(found)


def _waiting_for_sheet(request: HttpRequest, bench: Workbench) -> HttpResponse | None:
    """The page shown while the sheet is read, or where it could not be."""
    upload = bench.draft.upload
    if upload is None or upload.state not in (SheetUpload.State.READING, SheetUpload.State.FAILED):
        return None
    if upload.state == SheetUpload.State.FAILED:
        notice = Notice(
            "grave",
            upload.words,
            _("La hoja y la guía están guardadas."),
            reverse("sheet_page", args=[upload.uid]),
            _("Decir dónde están los títulos"),
        )
    else:
        notice = Notice(
            "info", _("Se está leyendo la hoja."), _("Puede cerrar esta página: el trabajo sigue.")
        )
    page = vm.ColumnsPage(
        bench=_head(bench, "mapping_columns", [notice]),
        rows=(), pages=None, chips=(), sure=0, offers=(), nowhere=(), targets=(), sums=(), search="",
        here=reverse("mapping_columns", args=[bench.draft.uid]), filter="", saying="",
    )  # fmt: skip
    answer = render(request, "briefing/mapping_columns.html", {"vm": page})
    if upload.state == SheetUpload.State.READING:
        answer["Refresh"] = str(AGAIN_SECONDS)
    return answer


# --- what each column becomes


@opened_by(Intake.MANAGE_FORMS)
def mapping_columns(request: HttpRequest, uid: UUID) -> HttpResponse:
    bench = _bench_of(request, uid)
    waiting = _waiting_for_sheet(request, bench)
    if waiting is not None:
        return waiting
    typed_now: dict[int, str] = {}
    errors: dict[int, str] = {}
    if request.method == "POST":
        typed_now, errors = _take(request, bench)
        if not errors:
            on = request.POST.get("do") == NEXT
            return HttpResponseRedirect(_next_part(request, uid) if on else request.get_full_path())
        bench = Workbench(bench.draft, bench.user)
    return render(
        request, "briefing/mapping_columns.html", {"vm": _columns_page(request, bench, typed_now, errors)}
    )


def _next_part(request: HttpRequest, uid: UUID) -> str:
    """The next page of columns, and after the last one what comes after the columns."""
    pages = _columns_page(request, _bench_of(request, uid), {}, {}).pages
    return (pages.next_url if pages else "") or reverse("mapping_reading", args=[uid])


def _take(request: HttpRequest, bench: Workbench) -> tuple[dict[int, str], dict[int, str]]:
    """Keep what was typed and do what was pressed. What cannot be kept comes back with its reason."""
    typed_now: dict[int, str] = {}
    errors: dict[int, str] = {}
    wanted: dict[int, tuple[str, str]] = {}
    for key, value in request.POST.items():
        if not (key.startswith("t") and key[1:].isascii() and key[1:].isdigit() and len(key) < 6):
            continue
        at, was = int(key[1:]), request.POST.get(f"w{key[1:]}", "")
        text = " ".join(str(value).split())[:200]
        if at >= len(bench.sample.seen) or text == was:
            continue
        target = typed(text) if text else ""
        if text and not target:
            typed_now[at], errors[at] = text, _unknown(text)
        elif _main_words(bench, at) != was:
            typed_now[at] = text
            errors[at] = _("Otra ventana lo cambió: ahora dice «%(now)s». Revise y guarde otra vez.") % {
                "now": _main_words(bench, at) or _("nada")
            }
        elif text and bench.sample.address(at) is None:
            typed_now[at], errors[at] = (
                text,
                _("Esta columna no tiene título. Póngaselo en la hoja e impórtela otra vez."),
            )
        else:
            wanted[at] = (was, target)
    pressed = request.POST.get("do", "")
    offered = {proposal.key: proposal for proposal in bench.proposals} if pressed.startswith("take:") else {}

    def change(document: Document) -> Document:
        for at, (_was, target) in sorted(wanted.items()):
            document = _rebound(document, bench, at, target)
        return _pressed(document, pressed, bench, offered)

    before = bench.draft.revision
    bench.draft = change_draft(bench.draft, by=bench.user, change=change)
    if bench.draft.revision != before and not errors:
        messages.success(request, _("Guardado en su borrador."))
    return typed_now, errors


def _pressed(document: Document, pressed: str, bench: Workbench, offered: dict[str, Proposal]) -> Document:
    kind, _colon, key = pressed.partition(":")
    if kind == "sure":
        return all_sure(document, bench.sample, library())[0]
    if kind == "take" and key in offered:
        return taken(document, offered[key])
    if kind == "sum" and key in INDICATORS:
        return editing.added_up(document, key)
    if kind == "drop" and key.isascii() and key.isdigit():
        nowhere = editing.by_column(document, bench.find)[1]
        for use in nowhere[int(key)][1] if int(key) < len(nowhere) else []:
            now = next(
                (
                    one
                    for one in editing.uses(document)
                    if one == use or (one.target, one.address) == (use.target, use.address)
                ),
                None,
            )
            document = editing.release(document, now) if now else document
    return document


def _rebound(document: Document, bench: Workbench, at: int, target: str) -> Document:
    """The document with the first thing that this column becomes put in the place of what it was."""
    uses = [
        use
        for use in editing.by_column(document, bench.find)[0].get(at, [])
        if not use.target.startswith("when ")
    ]
    if uses:
        document = editing.release(document, uses[0])
    own = bench.sample.address(at)
    return editing.bind(document, own, target) if target and own is not None else document


def _unknown(text: str) -> str:
    words = _("No se conoce «%(text)s».") % {"text": text[:60]}
    close = like(text)
    return f"{words} " + _("¿Será «%(close)s»?") % {"close": _("» o «").join(close)} if close else words


def _main_words(bench: Workbench, at: int) -> str:
    """What stands in a column's box: the first thing that it becomes."""
    uses = [use for use in bench.uses.get(at, []) if not use.target.startswith("when ")]
    return words_of(uses[0].target) if uses else ""


def _columns_page(
    request: HttpRequest, bench: Workbench, typed_now: dict[int, str], errors: dict[int, str]
) -> vm.ColumnsPage:
    here = reverse("mapping_columns", args=[bench.draft.uid])
    sample, proposals = bench.sample, bench.proposals
    of_column: dict[int, Proposal] = {}
    for proposal in proposals:
        for at in proposal.columns:
            of_column.setdefault(at, proposal)
    worried: dict[int, str] = {}
    for worry in bench.worries:
        for at in worry.columns:
            worried.setdefault(at, worry.words)
    groups = {
        "": list(range(len(sample.seen))),
        "unused": [at for at in range(len(sample.seen)) if at not in bench.uses],
        "suggested": sorted(of_column),
        "doubted": sorted(worried),
    }
    asked, search = plain(request.GET.get("see", "")), plain(request.GET.get("q", ""))
    asked = asked if asked in FILTERS else ""
    chosen = [at for at in groups[asked] if _matches(sample.seen[at], search)]
    pages = pages_of(
        len(chosen), {"see": asked, "q": search, "page": request.GET.get("page", "")}, here, per_page=PER_PAGE
    )
    first, last = (pages.first - 1, pages.last) if pages else (0, PER_PAGE)
    labels = {
        "": _("Todas"),
        "unused": _("Sin uso"),
        "suggested": _("Con sugerencia"),
        "doubted": _("Con duda"),
    }
    notices = [*_troubles(bench), *page_not_understood(len(chosen), request.GET, per_page=PER_PAGE)]
    if not sample.seen:
        notices.append(
            Notice(
                "info",
                _("Aquí no hay hoja ni formulario con qué probar."),
                _("En «Probar» puede importar una hoja o elegir un formulario."),
            )
        )
    twice = [entry.indicator for entry in bench.document.observe if entry.when is None]
    return vm.ColumnsPage(
        bench=_head(bench, "mapping_columns", notices),
        rows=tuple(
            _row(bench, at, of_column.get(at), worried.get(at, ""), typed_now, errors)
            for at in chosen[first:last]
        ),
        pages=pages,
        chips=tuple(
            Chip(words, address(here, {"see": key}), key == asked, len(groups[key]))
            for key, words in labels.items()
        ),
        sure=sum(proposal.sure for proposal in proposals),
        offers=tuple(
            vm.Offer(proposal.key, proposal.words, proposal.why)
            for proposal in proposals
            if proposal.key in (READING, SYSTEM) or proposal.key.startswith(CHECK)
        ),
        nowhere=tuple(
            vm.Nowhere(one.label, ", ".join(words_of(use.target) for use in uses), number)
            for number, (one, uses) in enumerate(bench.nowhere)
        ),
        targets=tuple((words_of(target), _unit_of(target)) for target in every_target()),
        sums=tuple((key, words_of(OBSERVE + key)) for key in dict.fromkeys(twice) if twice.count(key) > 1),
        search=search,
        here=request.get_full_path(),
        filter=asked,
        saying=_("%(used)s de %(all)s se usan") % {"used": len(bench.uses), "all": len(sample.seen)},
    )


def _unit_of(target: str) -> str:
    """What a figure is counted in, by which it is found too; "" of what says itself."""
    indicator = indicator_of(target)
    return said(indicator.unit) if indicator and indicator.kind is Kind.QUANTITY else ""


def _matches(seen: Any, search: str) -> bool:
    words = search.casefold().split()
    text = f"{seen.label} {seen.name} {seen.section}".casefold()
    return all(word in text for word in words)


def _row(
    bench: Workbench,
    at: int,
    proposal: Proposal | None,
    worry: str,
    typed_now: dict[int, str],
    errors: dict[int, str],
) -> vm.ColumnRow:
    seen = bench.sample.seen[at]
    uses = bench.uses.get(at, [])
    was = _main_words(bench, at)
    others = [words_of(use.target) for use in uses]
    others = (
        others[1:] if was and others and others[0] == was else [words for words in others if words != was]
    )
    offer = proposal if proposal is not None and words_of(proposal.key) != was else None
    return vm.ColumnRow(
        at=at,
        label=_short(seen.label),
        section=seen.section,
        samples=seen.shown(),
        was=was,
        typed=typed_now.get(at, was),
        also=", ".join(dict.fromkeys(others)),
        url=reverse("mapping_column", args=[bench.draft.uid, at]) if uses else "",
        error=errors.get(at, ""),
        worry=worry,
        offer=f"take:{offer.key}" if offer else "",
        offer_words=offer.words if offer else "",
        offer_why=offer.why if offer else "",
        nameless=not seen.name.strip(),
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _troubles(bench: Workbench) -> list[Notice]:
    """What keeps the mapping from being saved, in one notice. A mapping that has just begun is not scolded."""
    if not editing.uses(bench.document):
        return []
    found = list(dict.fromkeys(f"{trouble.message}" for trouble in bench.troubles()))
    if not found:
        return []
    return [Notice("bajo", _("Todavía no se puede guardar."), " ".join(found[:6]))]


# --- how one column is read


@opened_by(Intake.MANAGE_FORMS)
def mapping_column(request: HttpRequest, uid: UUID, at: int) -> HttpResponse:
    bench = _bench_of(request, uid)
    if at >= len(bench.sample.seen):
        raise Http404
    here = reverse("mapping_column", args=[uid, at])
    add = TargetForm(auto_id="add_%s")
    pressed = request.POST.get("do", "")
    bound: tuple[int, Any] | None = None
    if request.method == "POST":
        uses = bench.uses.get(at, [])
        number = int(pressed.partition(":")[2]) if pressed.partition(":")[2].isdecimal() else -1
        if pressed == "add":
            add = TargetForm(request.POST, auto_id="add_%s")
            if add.is_valid() and done(add, lambda: _add(bench, at, add.cleaned_data["target"])):
                return HttpResponseRedirect(here)
        elif 0 <= number < len(uses) and _fingerprint(bench, uses[number]) != request.POST.get("seen", ""):
            messages.warning(request, _("Otra ventana lo cambió. Esto es lo que dice ahora."))
            return HttpResponseRedirect(here)
        elif 0 <= number < len(uses) and pressed.startswith("drop:"):
            use = uses[number]
            bench.draft = change_draft(
                bench.draft, by=bench.user, change=lambda one: editing.release(one, use)
            )
            messages.success(request, _("Quitado de su borrador."))
            return HttpResponseRedirect(here)
        elif 0 <= number < len(uses):
            form = _form_of(bench, at, uses[number], number, request.POST)
            if form is not None and form.is_valid() and done(form, lambda: _keep(bench, form)):
                messages.success(request, _("Guardado en su borrador."))
                return HttpResponseRedirect(here)
            bound = (number, form)
    return render(request, "briefing/mapping_column.html", {"vm": _column_page(bench, at, add, bound)})


def _add(bench: Workbench, at: int, target: str) -> None:
    own = bench.sample.address(at)
    if own is None:
        raise Refused(
            "column_nameless", _("Esta columna no tiene título. Póngaselo en la hoja e impórtela otra vez.")
        )
    bench.draft = change_draft(bench.draft, by=bench.user, change=lambda one: editing.bind(one, own, target))


def _keep(bench: Workbench, form: Any) -> None:
    try:
        bench.draft = change_draft(bench.draft, by=bench.user, change=form.changed)
    except LookupError:
        raise Refused("changed_meanwhile", _("Otra ventana lo cambió. Vuelva a abrir esta página.")) from None


def _fingerprint(bench: Workbench, use: editing.Use) -> str:
    """What a form had seen of one use: it changes when another window changes how the column is read."""
    entry = bench.document.observe[use.at] if use.at >= 0 else None
    rules = (bench.document.site.kind, bench.document.site.status) if use.target.startswith("site.") else ()
    return hashlib.sha256(repr((use.target, use.address, entry, rules)).encode()).hexdigest()[:16]


def _form_of(bench: Workbench, at: int, use: editing.Use, number: int, data: Any = None) -> Any:
    """The form that says how this use is read; None where there is nothing to say."""
    named: dict[str, Any] = {"prefix": f"u{number}", "auto_id": f"u{number}_%s"}
    given = (data,) if data is not None else ()
    if use.target.startswith(OBSERVE):
        entry = bench.document.observe[use.at]
        return ObserveForm(*given, entry=entry, at=at, document=bench.document, sample=bench.sample, **named)
    if use.target in ("site.kind", "site.status"):
        key = use.target.removeprefix("site.")
        seen = bench.sample.seen[at]
        return SiteWordsForm(
            *given, key=key, address=use.address, seen=seen, document=bench.document, **named
        )
    if use.target == "site.id":
        return SystemForm(data, initial={"system": bench.document.site.system}, **named)
    if use.target == "place.names" and len(bench.document.place.names) > 1:
        return OrderForm(*given, address=use.address, document=bench.document, **named)
    return None


def _column_page(bench: Workbench, at: int, add: TargetForm, bound: tuple[int, Any] | None) -> vm.ColumnPage:
    seen = bench.sample.seen[at]
    labels = dict(seen.options)
    views = []
    for number, use in enumerate(bench.uses.get(at, [])):
        form = bound[1] if bound and bound[0] == number else _form_of(bench, at, use, number)
        indicator = (
            INDICATORS.get(use.target.removeprefix(OBSERVE)) if use.target.startswith(OBSERVE) else None
        )
        rows = tuple(
            vm.AnswerRow(labels.get(text, text), count, reads, field) for text, count, reads, field in form.meanings
        ) if form else ()  # fmt: skip
        views.append(
            vm.UseView(
                number=number,
                words=words_of(use.target),
                unit=said(indicator.unit) if indicator else "",
                form=form,
                answers=rows,
                left_out=not seen.whole and bool(rows),
                seen=_fingerprint(bench, use),
                open=not isinstance(form, ObserveForm)
                or any(form[name].value() for name in ("more", "when")),
            )
        )
    return vm.ColumnPage(
        bench=_head(
            bench, "mapping_columns", [Notice("bajo", w.words) for w in bench.worries if at in w.columns]
        ),
        label=seen.label,
        section=seen.section,
        kind=seen.kind,
        samples=seen.shown(6),
        answers=len(seen.answers),
        uses=tuple(views),
        add=add,
        here=reverse("mapping_column", args=[bench.draft.uid, at]),
        back=address(
            reverse("mapping_columns", args=[bench.draft.uid]),
            {"page": at // PER_PAGE + 1 if at >= PER_PAGE else None},
        ),
        personal=seen.personal,
    )


# --- how everything is read


@opened_by(Intake.MANAGE_FORMS)
def mapping_reading(request: HttpRequest, uid: UUID) -> HttpResponse:
    bench = _bench_of(request, uid)
    fixed = bench.draft.base_id is not None
    form = ReadingForm(request.POST or None, document=bench.document, fixed_name=fixed)
    if request.method == "POST" and form.is_valid():

        def keep() -> None:
            if "name" in form.cleaned_data:
                bench.draft = rename_draft(bench.draft, by=bench.user, name=form.cleaned_data["name"].strip())
            bench.draft = change_draft(bench.draft, by=bench.user, change=form.changed)

        if done(form, keep):
            messages.success(request, _("Guardado en su borrador."))
            return HttpResponseRedirect(reverse("mapping_try", args=[uid]))
    context = {"bench": _head(bench, "mapping_reading", _troubles(bench)), "form": form}
    return render(request, "briefing/mapping_reading.html", context)


# --- try it


class OtherSheet(forms.Form):
    file = forms.FileField(label=gettext_lazy("Probar con otra hoja"))


@opened_by(Intake.MANAGE_FORMS)
def mapping_try(request: HttpRequest, uid: UUID) -> HttpResponse:
    bench = _bench_of(request, uid)
    user = bench.user
    sheet = OtherSheet(*((request.POST, request.FILES) if request.POST.get("do") == "sheet" else ()))
    if request.method == "POST" and request.POST.get("do") == "form":
        try:
            chosen = get_object_or_404(forms_visible_to(user), uid=UUID(request.POST.get("form", "")))
        except ValueError as error:
            raise Http404 from error
        try_on(bench.draft, by=user, form_version=newest_version(chosen))
        return HttpResponseRedirect(reverse("mapping_columns", args=[uid]))
    if request.method == "POST" and sheet.is_valid():
        file = sheet.cleaned_data["file"]

        def keep() -> None:
            upload = read_soon(receive_upload(by=user, content=file.read(), filename=file.name))
            try_on(bench.draft, by=user, upload=upload)

        if done(sheet, keep):
            return HttpResponseRedirect(reverse("mapping_columns", args=[uid]))
    waiting = _waiting_for_sheet(request, bench)
    if waiting is not None:
        return waiting
    notices: list[Notice] = []
    facts: list[Facts] = []
    try:
        facts = bench.tried()
    except MappingProblem as problem:
        words = " ".join(dict.fromkeys(trouble.message for trouble in problem.troubles))
        notices.append(Notice("bajo", _("Todavía no se puede probar."), words[:900]))
    else:
        if not facts:
            notices.append(
                Notice(
                    "info",
                    _("No hay filas con qué probar."),
                    _("Todavía no hay mensajes de este formulario que usted pueda ver.")
                    if bench.sample.by_path
                    else _("Importe una hoja, o elija un formulario."),
                )
            )
    notices += [Notice("bajo", worry.words) for worry in bench.worries[:8]]
    page = vm.TryPage(
        bench=_head(bench, "mapping_try", notices),
        rows=tuple(_tried(bench, one) for one in facts),
        total=bench.sample.total,
    )
    forms_ = [(str(form.uid), form.title) for form in forms_visible_to(user).order_by("title")]
    return render(request, "briefing/mapping_try.html", {"vm": page, "sheet": sheet, "forms": forms_})


def _tried(bench: Workbench, facts: Facts) -> vm.TriedRow:
    """What one row would become, in words."""
    site = facts.site
    status = {"open": _("Abierto"), "closed": _("Cerrado"), "candidate": _("Lugar posible")}
    point = f"{site.lat:g}, {site.lon:g}" if site.lat is not None and site.lon is not None else ""
    phone = site.extra.get("phone", "")
    about = (
        (_("Código"), f"{site.external_id} ({site.system})" if site.system else site.external_id),
        (words_of("site.kind"), str(dict(Site.Kind.choices).get(site.kind or "", ""))),
        (words_of("site.status"), status.get(site.status or "", "")),
        (_("Lugar"), ", ".join(filter(None, (*site.admin_names, site.pcode, site.country)))),
        (words_of("site.address"), site.address),
        (_("Coordenadas"), point),
        (words_of("site.extra.phone"), masked(phone)),
        (
            words_of("told_at"),
            moment(facts.moment)
            if facts.precision == "moment" and facts.moment
            else str(facts.told_at or ""),
        ),
    )
    return vm.TriedRow(
        number=facts.row_number,
        name=site.name or site.external_id or _("sin nombre"),
        about=tuple((words, text) for words, text in about if text),
        values=tuple(
            (words_of(OBSERVE + one.indicator), value_words(INDICATORS[one.indicator], one.low, one.high))
            for one in facts.observations
        ),
        flags=tuple(dict.fromkeys(_in_words(odd) for odd in facts.flags)),
        problems=tuple(dict.fromkeys(_in_words(odd) for odd in facts.problems)),
        unknowns=", ".join(words_of(OBSERVE + key) for key in facts.unknowns),
    )


def _in_words(odd: Any) -> str:
    name = words_of(OBSERVE + odd.field) if odd.field in INDICATORS else ""
    return f"{name}: {odd.message}" if name else str(odd.message)


# --- save, throw away


class SaveForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Qué cambió y por qué"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Lo leerá quien la use después."),
    )
    accept = forms.BooleanField(label=gettext_lazy("Leí las dudas y así está bien"), required=False)
    over = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, doubts: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not doubts:
            del self.fields["accept"]


@opened_by(Intake.MANAGE_FORMS)
def mapping_save(request: HttpRequest, uid: UUID) -> HttpResponse:
    bench = _bench_of(request, uid)
    draft, user = bench.draft, bench.user
    stops = [trouble.message for trouble in bench.troubles()]
    stops += [worry.words for worry in bench.worries if worry.stops]
    doubts = [worry.words for worry in bench.worries if not worry.stops]
    newer = saved_since(draft) if draft.base_id is not None else None
    form = SaveForm(
        request.POST or None, doubts=bool(doubts), initial={"over": newer.version if newer else 0}
    )
    saved: list[Any] = []
    if request.method == "POST" and form.is_valid():
        said_ = form.cleaned_data

        def keep() -> None:
            saved.append(
                save_draft(
                    draft,
                    by=user,
                    note=said_["note"],
                    accept=bool(said_.get("accept")),
                    over=said_["over"] or 0,
                )
            )

        if done(form, keep):
            return _saved(request, saved[0], draft)
    page = vm.SavePage(
        bench=_head(bench, "mapping_save"),
        stops=tuple(dict.fromkeys(stops)),
        doubts=tuple(dict.fromkeys(doubts)),
        differences=tuple(_changes(bench, draft.base.text)) if draft.base is not None else (),
        newer=str(newer.version) if newer else "",
        over=newer.version if newer else 0,
        newer_differences=tuple(_changes(bench, newer.text)) if newer else (),
        first=draft.base_id is None,
    )
    return render(request, "briefing/mapping_save.html", {"vm": page, "form": form})


def _changes(bench: Workbench, text: str) -> list[str]:
    before, _wrong = examine(text, bench.draft.name)
    return differences(before, bench.document)


def _saved(request: HttpRequest, saved: Any, draft: MappingDraft) -> HttpResponse:
    """On to what the mapping was made for: its sheet, else its own page."""
    messages.success(
        request,
        _("Guardada: «%(name)s», versión %(version)d.") % {"name": saved.name, "version": saved.version},
    )
    if draft.upload is not None:
        there = reverse("sheet_page", args=[draft.upload.uid])
        return HttpResponseRedirect(address(there, {"mapping": saved.name}))
    return HttpResponseRedirect(reverse("mapping_page", args=[saved.name]))


@opened_by(Intake.MANAGE_FORMS)
def mapping_discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    bench = _bench_of(request, uid)
    back = reverse("mapping_columns", args=[uid])
    if request.method == "POST":
        discard_draft(bench.draft, by=bench.user)
        messages.success(request, _("Borrador descartado. Lo guardado sigue igual."))
        return HttpResponseRedirect(reverse("mappings"))
    page = ConfirmPage(
        title=_("¿Descartar su borrador de «%(name)s»?") % {"name": bench.draft.name},
        text=_("Se pierde lo que usted cambió y no guardó como versión."),
        consequences=(_("Las versiones guardadas no cambian."), _("La hoja queda guardada.")),
        submit=_("Descartar el borrador"),
        cancel_url=back,
        crumb=bench.draft.name,
        crumb_url=back,
    )
    return render(request, "toolkit/confirm.html", {"vm": page})

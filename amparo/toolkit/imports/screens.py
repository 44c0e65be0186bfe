"""Bring a sheet, look at what it would do, say yes, see what came of it, take it back. Nothing needs JavaScript."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.kernel.refusals import Refused
from amparo.toolkit.asked import PER_PAGE, address, page_not_understood, pages_of, plain, unknown_filter
from amparo.toolkit.exports import leave_rows
from amparo.toolkit.formats import moment, number
from amparo.toolkit.frames import ConfirmPage, FormPage, Notice, Option, Pages, Select
from amparo.toolkit.imports import actions, jobs
from amparo.toolkit.imports.queries import (
    ASKED,
    Choice,
    Said,
    chosen_alone,
    problem_rows,
    runs_visible_to,
    said_by,
    still_asked,
)
from amparo.toolkit.models import Fate, ImportRow, ImportRun
from amparo.toolkit.resources import Column
from amparo.toolkit.resources.lists import Chip, Link
from amparo.toolkit.resources.screens import Screen
from amparo.toolkit.sheets import SheetProblem

SMALL_FILE = 300 * 1024  # read while the person waits
FEW_ROWS = 300  # written while the person waits
AGAIN_SECONDS = 3
ROW, APPLY = re.compile(r"row-([0-9]{1,9})"), "apply"  # what a page of rows sends
LOOKS = {
    Fate.NEW: "cumple",
    Fate.CHANGED: "cambia",
    Fate.CONFLICT: "bajo",
    Fate.UNCLEAR: "duda",
    Fate.PROBLEM: "grave",
    Fate.SAME: "nada",
}


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Hoja (.xlsx, .csv u .ods)"),
        help_text=gettext_lazy("Primero verá qué haría cada fila. Nada cambia hasta que usted lo diga."),
    )


class ChoiceForm(forms.Form):
    """What to do with rows that need a person and were not decided one by one. What no row asks is left out."""

    unclear = forms.ChoiceField(
        label=gettext_lazy("Filas que pueden repetir lo que ya está"),
        choices=[
            ("leave", gettext_lazy("No usarlas")),
            ("same", gettext_lazy("Son los mismos: cambiar lo que ya está")),
            ("new", gettext_lazy("Son otros: agregarlos")),
        ],
        widget=forms.RadioSelect,
        initial="leave",
    )
    conflict = forms.ChoiceField(
        label=gettext_lazy("Filas que otra persona cambió mientras tanto"),
        choices=[
            ("keep", gettext_lazy("Dejar lo que dice ahora")),
            ("take", gettext_lazy("Poner lo que dice la hoja")),
        ],
        widget=forms.RadioSelect,
        initial="keep",
    )

    def __init__(self, *args: Any, run: ImportRun, only_adds: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ASKED.keys() - still_asked(run):
            del self.fields[name]
        if only_adds and Fate.UNCLEAR in self.fields:
            self.fields[Fate.UNCLEAR].choices = [  # type: ignore[attr-defined]
                ("leave", _("No usarlas")),
                ("same", _("Son los mismos: dejar lo que ya está")),
                ("new", _("Son otros: agregarlos")),
            ]


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A row as the page shows it."""

    number: int
    name: str
    url: str
    look: str
    fate: str
    why: str
    changes: tuple[Change, ...]
    texts: tuple[tuple[str, str], ...]
    chosen: str
    asks: Select | None


@dataclass(frozen=True, slots=True)
class RunPage:
    """`here`: the page of the sheet, `now`: as it is shown. `choosing`: rows wait for a person, and every way out takes
    along what was chosen."""

    title: str
    filename: str
    crumb: str
    crumb_url: str
    state: str
    working: bool
    done: int
    total: int
    notices: tuple[Notice, ...]
    chips: tuple[Chip, ...]
    rows: tuple[RowView, ...]
    pages: Pages | None
    links: tuple[Link, ...]
    main: Link | None
    here: str
    now: str
    choosing: bool


class ImportScreen(Screen):
    """A screen about one sheet of this noun."""

    needs = "sheet"

    def run(self, uid: UUID) -> ImportRun:
        return get_object_or_404(runs_visible_to(self.user, self.resource), uid=uid)

    def at(self, screen: str, run: ImportRun | None = None, **more: Any) -> str:
        arguments = {"uid": run.uid} if run is not None else {}
        return reverse(self.resource.named(screen), kwargs=arguments | more)


class UploadScreen(ImportScreen):
    """Bring a sheet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(SheetForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SheetForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = actions.receive_sheet(
                    by=self.user, resource=self.resource, content=file.read(), filename=file.name
                )
            except Refused as refusal:
                if refusal.status == 403:
                    raise
                form.add_error("file", refusal.message)
            else:
                if run.size <= SMALL_FILE:
                    actions.read_run(run)
                else:
                    jobs.read_sheet.enqueue(run.pk)
                return HttpResponseRedirect(self.at("import_run", run))
        return self._page(form)

    def _page(self, form: forms.Form) -> HttpResponse:
        resource = self.resource
        page = FormPage(
            title=_("¿Qué hoja trae? %(plural)s") % {"plural": resource.plural},
            text=" ".join(
                (
                    _(
                        "Baje la lista en Excel, cámbiela e impórtela aquí. Las filas que borre no borran nada."
                    ),
                    self._titles(),
                )
            ),
            submit=_("Ver qué haría"),
            cancel_url=resource.url("list"),
            crumb=str(resource.plural),
            crumb_url=resource.url("list"),
            multipart=True,
        )
        return render(self.request, "toolkit/form.html", {"vm": page, "form": form})

    def _titles(self) -> str:
        """What stands over the columns of a sheet that never left from here."""
        asked = self.resource.form_new.base_fields if self.resource.form_new is not None else {}
        names = [str(column.label) for column in self.resource.columns(self.user) if column.key in asked]
        return _("O haga una hoja con estos títulos: %(names)s.") % {"names": ", ".join(names)}


class RunScreen(ImportScreen):
    """What a sheet would do, is doing, or did: row by row. Rows that need a person can be decided one by one."""

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        run = self.run(uid)
        working = run.state in ImportRun.WORKING
        answer = render(request, "toolkit/import_run.html", {"vm": self._page(run, working)})
        if working:
            answer["Refresh"] = str(AGAIN_SECONDS)
        return answer

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        run = self.run(uid)
        if run.state == ImportRun.State.READY:
            sent = {name: ROW.fullmatch(name) for name in request.POST}
            chosen = {int(row[1]): request.POST[name] for name, row in sent.items() if row is not None}
            actions.choose_rows(run, by=self.user, choices=chosen)
        go = request.POST.get("go", "")
        if go == APPLY:
            return HttpResponseRedirect(self.at("import_apply", run))
        asked = QueryDict(go.partition("?")[2])
        shown = {name: asked.get(name, "") for name in ("fate", "page")}
        return HttpResponseRedirect(address(self.at("import_run", run), shown))

    def _page(self, run: ImportRun, working: bool) -> RunPage:
        resource, here = self.resource, self.at("import_run", run)
        counts: dict[str, int] = run.counts
        listed: list[Fate] = [fate for fate in Fate if fate != Fate.SAME and counts.get(fate)]
        asked = plain(self.request.GET.get("fate", ""))
        fate = asked if asked in listed else ""
        rows = ImportRow.objects.filter(run=run, **({"fate": fate} if fate else {})).order_by("number")
        total = counts.get(fate, 0) if fate else sum(counts[one] for one in listed)
        if working:
            rows, total = rows.none(), 0
        pages = pages_of(total, {"fate": fate, "page": self.request.GET.get("page", "")}, here)
        first, last = (pages.first - 1, pages.last) if pages else (0, PER_PAGE)
        return RunPage(
            title=_title(run),
            filename=run.filename,
            crumb=str(resource.plural),
            crumb_url=resource.url("list"),
            state=run.state,
            working=working,
            done=run.done,
            total=run.total,
            notices=(
                *_notices(run),
                *((unknown_filter(asked, _("Se muestran todas las filas.")),) if asked and not fate else ()),
                *page_not_understood(total, self.request.GET),
            ),
            chips=() if working or not counts else self._chips(counts, listed, fate, here),
            rows=self._rows(rows[first:last], run),
            pages=pages,
            links=self._links(run),
            main=self._main(run),
            here=here,
            now=address(here, {"fate": fate, "page": pages.first // PER_PAGE + 1 if pages else None}),
            choosing=run.state == ImportRun.State.READY and any(counts.get(one) for one in ASKED),
        )

    @staticmethod
    def _chips(counts: dict[str, int], listed: list[Fate], fate: str, here: str) -> tuple[Chip, ...]:
        every = Chip(_("Todas"), here, not fate, sum(counts[one] for one in listed))
        return (
            every,
            *(Chip(str(one.label), address(here, {"fate": one}), one == fate, counts[one]) for one in listed),
        )

    def _rows(self, rows: "QuerySet[ImportRow]", run: ImportRun) -> tuple[RowView, ...]:
        columns = {column.key: column for column in self.resource.columns(self.user)}
        shown = list(rows)
        written = [row.uid for row in shown if row.outcome == ImportRow.Outcome.APPLIED]
        there = self.resource.visible_to(self.user).filter(uid__in=written) if written else ()
        records = {record.uid: record for record in there}
        return tuple(self._row(row, run, columns, records.get(row.uid)) for row in shown)

    def _row(self, row: ImportRow, run: ImportRun, columns: dict[str, Column], record: Any) -> RowView:
        said = said_by(row, run)
        fate = Fate(row.fate)
        return RowView(
            number=row.number,
            name=said.name or _("sin nombre"),
            url=self.resource.url("page", record) if record is not None else "",
            look=LOOKS[fate] if not row.outcome or row.outcome == ImportRow.Outcome.APPLIED else "mudo",
            fate=str(ImportRow.Outcome(row.outcome).label if row.outcome else _one(fate)),
            why=said.why,
            changes=tuple(
                Change(_label(columns, key), _words(columns, key, pair[0]), _words(columns, key, pair[1]))
                for key, pair in (*said.changes.items(), *said.both.items())
            ),
            texts=tuple(
                (_label(columns, key), _words(columns, key, text)) for key, text in said.texts.items() if text
            )
            if fate in (Fate.NEW, Fate.UNCLEAR)
            else (),
            chosen=str(Choice(row.choice).label) if row.choice and run.state != ImportRun.State.READY else "",
            asks=_asked_of(row, said) if run.state == ImportRun.State.READY else None,
        )

    def _links(self, run: ImportRun) -> tuple[Link, ...]:
        links = []
        left = sum(run.counts.get(fate, 0) for fate in (Fate.PROBLEM, Fate.UNCLEAR, Fate.CONFLICT))
        if run.state == ImportRun.State.APPLIED or (left and run.state == ImportRun.State.READY):
            links.append(Link(_("Bajar lo que no se usa"), self.at("import_problems", run), "bajar"))
        if run.state == ImportRun.State.APPLIED:
            links += self.resource.after_import(self.user, run)
            links.append(Link(_("Deshacer"), self.at("import_undo", run)))
        if run.state not in ImportRun.WORKING and run.state != ImportRun.State.READY:
            links.append(Link(_("Importar otra hoja"), self.at("import")))
        return tuple(links)

    def _main(self, run: ImportRun) -> Link | None:
        does = any(run.counts.get(fate) for fate in (Fate.NEW, Fate.CHANGED, Fate.UNCLEAR, Fate.CONFLICT))
        if run.state == ImportRun.State.READY and does:
            return Link(_("Aplicar"), self.at("import_apply", run))
        return None


def _asked_of(row: ImportRow, said: Said) -> Select | None:
    """What a person may say of one row; None where nothing is to be said. A row may be the same as one record alone."""
    cannot = {Choice.SAME} if len(said.like) != 1 else set()
    cannot |= {Choice.NEW} if row.uid is None else set()
    offered = [choice for choice in ASKED.get(row.fate, ()) if choice not in cannot]
    if len(offered) < 2:
        return None
    whole = Option("", _("Como el resto"), not row.choice)
    label = _("Fila %(n)s: ¿qué hago?") if row.fate == Fate.UNCLEAR else _("Fila %(n)s: ¿cuál queda?")
    return Select(
        f"row-{row.number}",
        label % {"n": number(row.number)},
        (whole, *(Option(one, str(one.label), one == row.choice) for one in offered)),
    )


def _title(run: ImportRun) -> str:
    return {
        "reading": _("Se está leyendo la hoja"),
        "ready": _("¿Aplica esta hoja?"),
        "applying": _("Se está aplicando la hoja"),
        "applied": _("La hoja está aplicada"),
        "undoing": _("Se está deshaciendo la hoja"),
        "undone": _("La hoja está deshecha"),
        "failed": _("La hoja no se pudo leer"),
    }[run.state]


def _one(fate: Fate) -> str:
    return {
        Fate.NEW: _("nueva"),
        Fate.CHANGED: _("cambia"),
        Fate.CONFLICT: _("la cambió otra persona"),
        Fate.UNCLEAR: _("dudosa"),
        Fate.PROBLEM: _("con problema"),
        Fate.SAME: _("sin cambios"),
    }[fate]


def _notices(run: ImportRun) -> tuple[Notice, ...]:
    """What is safe and what to do, for the state the sheet is in."""
    found = []
    if run.state == ImportRun.State.FAILED:
        found.append(Notice("grave", run.words, _("El archivo está guardado tal como llegó.")))
    if run.state == ImportRun.State.READY:
        wrong = run.counts.get(Fate.PROBLEM, 0)
        if wrong:
            title = _("Filas con problema: %(n)s. No se usarán.") % {"n": number(wrong)}
            found.append(
                Notice("bajo", title, _("Las demás se pueden aplicar. Corrija estas e impórtelas después."))
            )
        if not any(run.counts.get(fate) for fate in Fate if fate not in (Fate.SAME, Fate.PROBLEM)):
            found.append(Notice("cumple", _("Esta hoja no cambia nada."), ""))
    if run.state in (ImportRun.State.APPLIED, ImportRun.State.UNDONE):
        told = dict(ImportRow.objects.filter(run=run).values_list("outcome").annotate(n=Count("number")))
        said = [
            f"{label}: {number(told[outcome])}."
            for outcome, label in (
                (ImportRow.Outcome.APPLIED, _("Filas aplicadas")),
                (ImportRow.Outcome.UNDONE, _("Filas deshechas")),
                (ImportRow.Outcome.KEPT, _("Filas que no se deshicieron, con su razón")),
                (ImportRow.Outcome.LEFT, _("Filas que no se usaron")),
            )
            if told.get(outcome)
        ]
        kept = told.get(ImportRow.Outcome.KEPT) or told.get(ImportRow.Outcome.LEFT)
        found.append(
            Notice(
                "bajo" if kept else "cumple",
                " ".join(said) or _("Esta hoja no cambió nada."),
                " ".join(_decided(run)),
            )
        )
    same = run.counts.get(Fate.SAME, 0)
    if same:
        found.append(Notice("info", _("Filas que no cambian nada: %(n)s.") % {"n": number(same)}, ""))
    return (*found, *(Notice("info", note) for note in run.notes))


def _decided(run: ImportRun) -> list[str]:
    """How many rows were decided one by one, and how; nothing where none was."""
    told = chosen_alone(run)
    if not told:
        return []
    each = ", ".join(f"{Choice(choice).label.lower()}: {number(n)}" for choice, n in sorted(told.items()))
    return [
        _("Filas decididas una por una: %(n)s (%(each)s).") % {"n": number(sum(told.values())), "each": each}
    ]


def _label(columns: dict[str, Column], key: str) -> str:
    return str(columns[key].label) if key in columns else key


def _words(columns: dict[str, Column], key: str, text: str) -> str:
    """A text as the page says it: the label of a choice; nothing is said in words too."""
    column = columns.get(key)
    if not text:
        return _("vacío")
    if column is not None and column.kind == "choice":
        return column.words(text)
    if column is not None and column.kind == "yesno":
        return column.words(text == "1")
    if column is not None and column.kind == "moment":
        return _moment(text)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _moment(text: str) -> str:
    """A moment of a sheet, which is in local time, as the page says it; what is none stays as it is written."""
    try:
        told = dt.datetime.fromisoformat(text)
        return moment(told if timezone.is_aware(told) else timezone.make_aware(told))
    except (ValueError, OverflowError):
        return text[:200]


class ApplyScreen(ImportScreen):
    """Say yes."""

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        run = self.run(uid)
        if run.state != ImportRun.State.READY:
            return HttpResponseRedirect(self.at("import_run", run))
        return self._page(run, ChoiceForm(run=run, only_adds=self.resource.only_adds))

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        run = self.run(uid)
        if run.state != ImportRun.State.READY:
            return HttpResponseRedirect(self.at("import_run", run))
        form = ChoiceForm(request.POST, run=run, only_adds=self.resource.only_adds)
        if not form.is_valid():
            return self._page(run, form)
        run = actions.begin_to_apply(run, by=self.user, choices=form.cleaned_data)
        if run.total <= FEW_ROWS:
            actions.apply_run(run)
        else:
            jobs.apply_sheet.enqueue(run.pk)
        return HttpResponseRedirect(self.at("import_run", run))

    def _page(self, run: ImportRun, form: ChoiceForm) -> HttpResponse:
        back = self.at("import_run", run)
        counts = {
            Fate.NEW: _("Filas nuevas que se agregan: %(n)s."),
            Fate.CHANGED: _("Filas que cambian lo que ya está: %(n)s."),
            Fate.PROBLEM: _("Filas con problema que no se usan: %(n)s."),
        }
        page = ConfirmPage(
            title=_("¿Aplica la hoja «%(file)s»?") % {"file": run.filename},
            text=_("Se puede deshacer después."),
            consequences=(
                *(
                    words % {"n": number(run.counts[fate])}
                    for fate, words in counts.items()
                    if run.counts.get(fate)
                ),
                *_decided(run),
            ),
            submit=_("Aplicar la hoja"),
            action=self.at("import_apply", run),
            cancel_url=back,
            crumb=str(self.resource.plural),
            crumb_url=back,
        )
        return render(self.request, "toolkit/confirm.html", {"vm": page, "form": form})


class UndoScreen(ImportScreen):
    """Take it back."""

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        run = self.run(uid)
        if run.state != ImportRun.State.APPLIED:
            return HttpResponseRedirect(self.at("import_run", run))
        back = self.at("import_run", run)
        page = ConfirmPage(
            title=_("¿Deshace la hoja «%(file)s»?") % {"file": run.filename},
            text=_("Vuelve lo que había antes de aplicarla."),
            consequences=(
                _("Lo que alguien cambió después queda como está, y se le dice cuál fue."),
                _("La hoja y lo que hizo quedan en la bitácora."),
            ),
            submit=_("Deshacer la hoja"),
            action=self.at("import_undo", run),
            cancel_url=back,
            crumb=str(self.resource.plural),
            crumb_url=back,
        )
        return render(request, "toolkit/confirm.html", {"vm": page})

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        run = self.run(uid)
        if run.state == ImportRun.State.APPLIED:
            run = actions.begin_to_undo(run, by=self.user)
            if run.total <= FEW_ROWS:
                actions.undo_run(run, by=self.user)
            else:
                jobs.undo_sheet.enqueue(run.pk, self.user.pk)
        return HttpResponseRedirect(self.at("import_run", run))


@dataclass(frozen=True, slots=True)
class Title:
    """A column of the sheet as it came: it has a title, and nothing more is known of it."""

    label: str
    kind: str = "text"
    key: str = ""
    unit: str = ""
    hxl: str = ""
    choices: tuple[tuple[str, Any], ...] = ()


class ProblemsScreen(ImportScreen):
    """The rows that were not used, as they came, with their reasons: to correct and bring again."""

    def get(self, request: HttpRequest, uid: UUID) -> FileResponse:
        run = self.run(uid)
        if run.state in ImportRun.WORKING or run.state == ImportRun.State.FAILED:
            raise Http404
        try:
            titles, rows = problem_rows(run, self.resource)
        except SheetProblem as problem:
            raise Http404 from problem
        fields = [
            Title(_("fila"), "whole"),
            Title(_("por qué no se usó")),
            *(Title(title) for title in titles),
        ]
        return leave_rows(
            fields,
            rows,
            by=self.user,
            name=f"{self.resource.slug}-problemas",
            title=_("Filas que no se usaron"),
            source=run.filename,
            selection=run.filename,
            form="xlsx",
            purpose=self.resource.purpose,
        )

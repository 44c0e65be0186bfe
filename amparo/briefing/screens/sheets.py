"""A sheet of assessments: bring it, choose the mapping it is read through, see what it says, apply it, take it back."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from amparo.briefing import viewmodels_mappings as vm
from amparo.briefing.doors import done, opened_by, person
from amparo.briefing.screens.mappings import AGAIN_SECONDS, read_soon
from amparo.briefing.viewmodels import Pill
from amparo.intake import jobs
from amparo.intake.actions.drafts import edit_mapping, name_from, start_draft
from amparo.intake.actions.uploads import (
    apply_upload,
    begin_to_apply,
    begin_to_judge,
    begin_to_undo,
    judge_upload,
    read_again,
    receive_upload,
    undo_upload,
)
from amparo.intake.mapping import editing
from amparo.intake.mapping.targets import said
from amparo.intake.models import SheetUpload
from amparo.intake.permissions import Intake
from amparo.intake.queries.drafts import library
from amparo.intake.queries.uploads import Line, lines_of, may_bring, sample_of, uploads_visible_to
from amparo.kernel.access import may
from amparo.kernel.refusals import NotPermitted
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.sites import visible_to
from amparo.sites.resources import SiteResource
from amparo.toolkit.asked import pages_of
from amparo.toolkit.fields import Count
from amparo.toolkit.formats import number
from amparo.toolkit.frames import ConfirmPage, FormPage, Link, Notice, Pages

FEW_ROWS = 400  # judged and written while the person waits
PER_PAGE = 20
LINES = 50  # rows of a sheet that a page shows
LONGEST = 40  # letters of a value that a row shows
State = SheetUpload.State
LOOKS = {
    State.READING: "nada",
    State.READY: "nada",
    State.JUDGING: "nada",
    State.JUDGED: "bajo",
    State.APPLYING: "nada",
    State.APPLIED: "cumple",
    State.UNDOING: "nada",
    State.UNDONE: "mudo",
    State.FAILED: "grave",
}
View = Callable[..., HttpResponse]


def _opened_by_who_brings(view: View) -> View:
    """For whoever makes mappings, and whoever may apply a sheet."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not may_bring(person(request)):
            raise NotPermitted("not_permitted", _("Su cargo no incluye importar hojas."))
        return view(request, *args, **kwargs)

    return wrapped


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Hoja (.xlsx, .xls, .ods, .csv)"),
        help_text=gettext_lazy("Los títulos pueden estar en cualquier fila. Todavía no se cambia nada."),
    )


class WhereForm(forms.Form):
    """Which sheet of the book, and which row holds the titles."""

    sheet = forms.CharField(label=gettext_lazy("Hoja dentro del libro"), required=False, max_length=100)
    header_row = Count(
        label=gettext_lazy("Fila de los títulos"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=gettext_lazy("El número que el programa muestra a la izquierda. Vacío: se busca sola."),
    )


class ChooseForm(forms.Form):
    mapping = forms.ChoiceField(label=gettext_lazy("Guía de lectura"))

    def __init__(self, *args: Any, upload: SheetUpload, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["mapping"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _fitting(upload)


def _fitting(upload: SheetUpload) -> list[tuple[str, str]]:
    """Every mapping, the one that finds most of its columns here first, with how many it finds."""
    find = editing.Finder(sample_of(upload).columns)
    found = []
    for document in library():
        addresses = dict.fromkeys(use.address for use in editing.uses(document))
        there = sum(find(one) is not None for one in addresses)
        title = said(dict(document.title)) or document.name
        words = _("%(title)s: halla %(n)d columnas") % {"title": title, "n": there}
        found.append((there, document.name, words))
    found.sort(key=lambda one: (-one[0], one[1]))
    return [(name, words) for _there, name, words in found]


# --- the list, a new one


@require_safe
@_opened_by_who_brings
def sheets(request: HttpRequest) -> HttpResponse:
    user = person(request)
    uploads = uploads_visible_to(user)
    pages = pages_of(
        uploads.count(), {"page": request.GET.get("page", "")}, reverse("sheets"), per_page=PER_PAGE
    )
    first, last = (pages.first - 1, pages.last) if pages else (0, PER_PAGE)
    page = vm.UploadsPage(
        rows=tuple(
            vm.UploadRow(
                filename=one.filename,
                url=reverse("sheet_page", args=[one.uid]),
                state=Pill(LOOKS[State(one.state)], str(one.get_state_display())),
                by=one.by.name,
                at=one.recorded_at,
                rows=one.rows,
                mapping=str(one.mapping or ""),
            )
            for one in uploads[first:last]
        ),
        pages=pages,
        new_url=reverse("sheet_new"),
        mappings=Link(_("Guías de lectura"), reverse("mappings")) if may(user, Intake.MANAGE_FORMS) else None,
    )
    return render(request, "briefing/sheets.html", {"vm": page})


@_opened_by_who_brings
def sheet_new(request: HttpRequest) -> HttpResponse:
    form = UploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        file, kept = form.cleaned_data["file"], []

        def keep() -> None:
            upload = receive_upload(by=person(request), content=file.read(), filename=file.name)
            kept.append(read_soon(upload))

        if done(form, keep):
            return HttpResponseRedirect(reverse("sheet_page", args=[kept[0].uid]))
    page = FormPage(
        title=_("¿Qué hoja de evaluaciones trae?"),
        text=_("Primero verá qué dice. Nada cambia hasta que alguien la aplique."),
        submit=_("Leer la hoja"),
        cancel_url=reverse("sheets"),
        crumb=_("Hojas"),
        crumb_url=reverse("sheets"),
        multipart=True,
    )
    return render(request, "toolkit/form.html", {"vm": page, "form": form})


# --- one sheet


@_opened_by_who_brings
def sheet_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    upload = _of(request, uid)
    again = WhereForm(initial={"sheet": upload.sheet, "header_row": upload.header_row or None})
    choose = _choose_form(upload, request)
    if request.method == "POST":
        pressed = request.POST.get("do", "")
        if pressed == "where":
            again = WhereForm(request.POST)
            if again.is_valid() and done(again, lambda: _read_again(upload, request, again)):
                return HttpResponseRedirect(reverse("sheet_page", args=[uid]))
        elif pressed == "make":
            return _make(request, upload)
        elif pressed == "edit" and upload.mapping is not None:
            draft = edit_mapping(by=person(request), name=upload.mapping.name, upload=upload)
            return HttpResponseRedirect(reverse("mapping_columns", args=[draft.uid]))
        elif choose is not None:
            choose = ChooseForm(request.POST, upload=upload)
            if choose.is_valid() and done(choose, lambda: _judge(upload, request, choose)):
                return HttpResponseRedirect(reverse("sheet_page", args=[uid]))
    working = upload.state in SheetUpload.WORKING
    answer = render(request, "briefing/sheet_page.html", {"vm": _page(request, upload, choose, again)})
    if working:
        answer["Refresh"] = str(AGAIN_SECONDS)
    return answer


def _of(request: HttpRequest, uid: UUID) -> SheetUpload:
    return get_object_or_404(uploads_visible_to(person(request)), uid=uid)


def _choose_form(upload: SheetUpload, request: HttpRequest) -> ChooseForm | None:
    if upload.state not in (State.READY, State.JUDGED, State.UNDONE):
        return None
    wished = request.GET.get("mapping", "") or (upload.mapping.name if upload.mapping else "")
    form = ChooseForm(upload=upload)
    form.initial["mapping"] = wished
    return form


def _read_again(upload: SheetUpload, request: HttpRequest, form: WhereForm) -> None:
    upload = read_again(
        upload,
        by=person(request),
        sheet=form.cleaned_data["sheet"],
        header_row=form.cleaned_data["header_row"] or 0,
    )
    read_soon(upload)


def _judge(upload: SheetUpload, request: HttpRequest, form: Any) -> None:
    upload = begin_to_judge(upload, by=person(request), mapping=form.cleaned_data["mapping"])
    if upload.rows <= FEW_ROWS:
        judge_upload(upload)
    else:
        jobs.judge_upload.enqueue(upload.pk)


def _make(request: HttpRequest, upload: SheetUpload) -> HttpResponse:
    """A mapping of its own for this sheet, named after its file."""
    stem = upload.filename.rpartition(".")[0] or upload.filename
    title = " ".join(stem.replace("_", " ").split())[:80] or _("Hoja")
    short = f"{title} {upload.sha256[:4]}"
    draft = start_draft(by=person(request), title=title, name=name_from(short), upload=upload)
    return HttpResponseRedirect(reverse("mapping_columns", args=[draft.uid]))


def _page(
    request: HttpRequest, upload: SheetUpload, choose: ChooseForm | None, again: WhereForm
) -> vm.UploadPage:
    user, figures = person(request), upload.figures
    state = State(upload.state)
    main, links = None, []
    if state == State.JUDGED and may(user, Sites.MANAGE):
        main = Link(_("Aplicar"), reverse("sheet_apply", args=[upload.uid]))
    if state == State.APPLIED and may(user, Sites.MANAGE):
        links.append(Link(_("Deshacer"), reverse("sheet_undo", args=[upload.uid])))
    makes = may(user, Intake.MANAGE_FORMS)
    ahead, ahead_pages = _ahead(request, upload)
    return vm.UploadPage(
        title=_title(state),
        filename=upload.filename,
        state=state.value,
        working=state in SheetUpload.WORKING,
        notices=tuple(_notices(upload, may(user, Sites.MANAGE))),
        figures=tuple(_figures(figures)),
        problems=tuple(vm.Odd(one["row"], one["words"]) for one in figures.get("problems", ())),
        problems_total=figures.get("problems_total", 0),
        rejected=tuple(vm.Odd(one["row"], one["words"]) for one in figures.get("rejected", ())),
        rejected_total=figures.get("rejected_total", 0),
        flagged=tuple(
            (f"{one['site']} ({one['code']})", " ".join(odd["message"] for odd in one["flags"]))
            for one in figures.get("flagged", ())
        ),
        flagged_total=figures.get("flagged_total", 0),
        ahead=ahead,
        ahead_pages=ahead_pages,
        choose=choose,
        mapping=str(upload.mapping or ""),
        links=tuple(links),
        main=main,
        make=makes and state in (State.READY, State.JUDGED, State.UNDONE),
        again=again if state in (State.READY, State.JUDGED, State.FAILED, State.UNDONE) else None,
        crumb_url=reverse("sheets"),
        here=reverse("sheet_page", args=[upload.uid]),
    )


FATES = {
    "known": ("cumple", gettext_lazy("Ya está")),
    "new": ("bajo", gettext_lazy("NUEVO")),
    "repeats": ("nada", gettext_lazy("Repite")),
    "doubt": ("duda", gettext_lazy("En duda")),
}


def _ahead(request: HttpRequest, upload: SheetUpload) -> tuple[tuple[vm.AheadRow, ...], Pages | None]:
    """The rows of a sheet that is looked at or applied, a page of them, each with the centre it speaks of."""
    lines = lines_of(upload) if upload.state in (State.JUDGED, State.APPLIED) else []
    here = reverse("sheet_page", args=[upload.uid])
    pages = pages_of(len(lines), {"page": request.GET.get("page", "")}, here, per_page=LINES)
    shown = lines[pages.first - 1 : pages.last] if pages else lines
    uids = {line["site"] for line in shown if line["site"]}
    centres = (
        {str(site.uid): site for site in visible_to(person(request)).filter(uid__in=uids)} if uids else {}
    )
    return tuple(_ahead_row(line, centres.get(line["site"])) for line in shown), pages


def _ahead_row(line: Line, centre: Site | None) -> vm.AheadRow:
    said_of_it = [FATES[line["fate"]], *([FATES["doubt"]] if line["doubt"] else [])]
    labels = {column.key: str(column.label) for column in SiteResource().columns(None)}
    return vm.AheadRow(
        row=line["row"],
        name=line["name"],
        pills=tuple(Pill(kind, str(words)) for kind, words in said_of_it),
        centre=Link(centre.name, reverse("site_page", args=[centre.uid])) if centre else None,
        figures=line["figures"],
        changes=tuple(
            _("%(field)s: %(now)s → %(then)s")
            % {"field": labels.get(name, name), "now": _short(name, now), "then": _short(name, then)}
            for name, now, then in line["changes"]
            if name in labels
        ),
        odd=tuple(line["odd"]),
    )


def _short(name: str, value: Any) -> str:
    column = SiteResource().column(name)
    words = column.words(value) if column is not None else str(value or "")
    return Truncator(words).chars(LONGEST) or _("vacío")


def _title(state: State) -> str:
    return {
        State.READING: _("Se está leyendo la hoja"),
        State.READY: _("¿Con qué guía se lee esta hoja?"),
        State.JUDGING: _("Se está revisando la hoja"),
        State.JUDGED: _("¿Aplica esta hoja?"),
        State.APPLYING: _("Se está aplicando la hoja"),
        State.APPLIED: _("La hoja está aplicada"),
        State.UNDOING: _("Se está deshaciendo la hoja"),
        State.UNDONE: _("La hoja está deshecha"),
        State.FAILED: _("La hoja no se pudo leer"),
    }[state]


def _figures(figures: dict[str, Any]) -> list[tuple[str, int, str]]:
    """The same sums that the command prints."""
    if not figures:
        return []
    opened = _("%(n)s en los abiertos")
    found = [
        (_("Albergues"), figures["sites"], _("%(n)s abiertos") % {"n": number(figures["open"])}),
        (_("Familias"), figures["households"], opened % {"n": number(figures["open_households"])}),
        *_people(figures),
        (_("Datos"), figures.get("observations") or figures["values"], ""),
    ]
    if "new" in figures:
        found.append((_("Albergues nuevos"), figures["new"], ""))
        found.append((_("Albergues que cambian"), figures["altered"], ""))
        found.append((_("Filas en duda"), figures["doubtful"], ""))
    if "created" in figures:
        found.append((_("Albergues nuevos"), figures["created"], ""))
        found.append((_("Edades que no suman"), figures.get("flagged_total", 0), ""))
    return found


def _people(figures: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Everybody; where nobody told how many that is, the women and the men that were told."""
    told = figures.get("told", {})
    words = {"women": _("Mujeres"), "men": _("Hombres")}
    by_sex = [(words[sex], told[sex], "") for sex in words if sex in told]
    if by_sex and not figures["people"]:
        return by_sex
    opened = _("%(n)s en los abiertos") % {"n": number(figures["open_people"])}
    return [(_("Personas"), figures["people"], opened), *by_sex]


def _notices(upload: SheetUpload, may_apply: bool) -> list[Notice]:
    figures, found = upload.figures, []
    if upload.words:
        kind = "grave" if upload.state == State.FAILED else "bajo"
        found.append(
            Notice(kind, upload.words, _("La hoja está guardada tal como llegó. No se cambió nada."))
        )
    if upload.state == State.JUDGED and not may_apply:
        found.append(
            Notice(
                "info",
                _("La aplica el comité o la autoridad nacional."),
                _("Avíseles: la verán en «Hojas»."),
            )
        )
    if upload.state == State.APPLIED and figures.get("again"):
        found.append(Notice("cumple", _("Ya estaba aplicada: no cambió nada.")))
    if upload.state == State.UNDONE and not upload.words:
        found.append(
            Notice(
                "cumple",
                _("Lo que dijo la hoja se retiró."),
                _("Los albergues que creó se quitaron, menos los que alguien usó después.")
                if upload.entry
                else _("Los albergues que creó quedan: alguien pudo haber escrito en ellos."),
            )
        )
    return [*found, *(Notice("info", note) for note in figures.get("notes", ()))]


@opened_by(Sites.MANAGE)
def sheet_apply(request: HttpRequest, uid: UUID) -> HttpResponse:
    upload = _of(request, uid)
    back = reverse("sheet_page", args=[uid])
    if upload.state != State.JUDGED:
        return HttpResponseRedirect(back)
    if request.method == "POST":
        upload = begin_to_apply(upload, by=person(request))
        if upload.rows <= FEW_ROWS:
            apply_upload(upload, by=person(request))
        else:
            jobs.apply_upload.enqueue(upload.pk, person(request).pk)
        return HttpResponseRedirect(back)
    figures = upload.figures
    page = ConfirmPage(
        title=_("¿Aplica la hoja «%(file)s»?") % {"file": upload.filename},
        text=_("Se puede deshacer después."),
        consequences=(
            _("Albergues: %(n)s.") % {"n": number(figures["sites"])},
            _("Albergues nuevos: %(n)s.") % {"n": number(figures.get("new", 0))},
            _("Albergues que cambian: %(n)s.") % {"n": number(figures.get("altered", 0))},
            _("Datos: %(n)s.") % {"n": number(figures["values"])},
            _("Se lee con la guía %(mapping)s.") % {"mapping": upload.mapping},
        ),
        submit=_("Aplicar la hoja"),
        cancel_url=back,
        crumb=upload.filename,
        crumb_url=back,
    )
    return render(request, "toolkit/confirm.html", {"vm": page})


@opened_by(Sites.MANAGE)
def sheet_undo(request: HttpRequest, uid: UUID) -> HttpResponse:
    upload = _of(request, uid)
    back = reverse("sheet_page", args=[uid])
    if upload.state != State.APPLIED:
        return HttpResponseRedirect(back)
    if request.method == "POST":
        upload = begin_to_undo(upload, by=person(request))
        if upload.rows <= FEW_ROWS:
            undo_upload(upload, by=person(request))
        else:
            jobs.undo_upload.enqueue(upload.pk, person(request).pk)
        messages.success(request, _("Deshaciendo la hoja."))
        return HttpResponseRedirect(back)
    page = ConfirmPage(
        title=_("¿Deshace la hoja «%(file)s»?") % {"file": upload.filename},
        text=_("Se retira lo que la hoja dijo de cada albergue."),
        consequences=(
            _("Lo que otros reportaron después queda como está."),
            _("Los albergues que la hoja creó se quitan, menos los que alguien usó después.")
            if upload.entry
            else _("Los albergues que la hoja creó quedan en la lista."),
            _("La hoja y lo que hizo quedan en la bitácora."),
        ),
        submit=_("Deshacer la hoja"),
        cancel_url=back,
        crumb=upload.filename,
        crumb_url=back,
    )
    return render(request, "toolkit/confirm.html", {"vm": page})

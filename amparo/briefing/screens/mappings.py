"""Mappings on screen: which there are, making one, its versions, and reading old messages again through it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from amparo.briefing import viewmodels_mappings as vm
from amparo.briefing.doors import done, opened_by, person
from amparo.intake import jobs
from amparo.intake.actions.applying import rerun
from amparo.intake.actions.drafts import edit_mapping, start_draft
from amparo.intake.actions.forms import bind_form
from amparo.intake.actions.mappings import SHIPPED
from amparo.intake.actions.uploads import read_upload, receive_upload
from amparo.intake.mapping import MappingProblem, editing, load, shipped
from amparo.intake.mapping.catalogue import FOLDER
from amparo.intake.mapping.comparing import differences
from amparo.intake.mapping.document import Document
from amparo.intake.mapping.targets import said, words_of
from amparo.intake.models import Form, FormVersion, MappingDraft, MappingVersion, RawMessage, SheetUpload
from amparo.intake.permissions import Intake
from amparo.intake.queries.drafts import RECENT, drafts_of
from amparo.intake.queries.forms import forms_visible_to
from amparo.intake.queries.mappings import parsed
from amparo.intake.queries.uploads import uploads_visible_to
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.toolkit.frames import ConfirmPage, Link, Notice

SMALL_FILE = 300 * 1024  # read while the person waits
FEW_MESSAGES = 200  # put back in the queue while the person waits
AGAIN_SECONDS = 3


# --- the list


@require_safe
@opened_by(Intake.MANAGE_FORMS)
def mappings(request: HttpRequest) -> HttpResponse:
    user = person(request)
    newest: dict[str, MappingVersion] = {}
    for version in MappingVersion.objects.select_related("by").defer("text").order_by("version"):
        newest[version.name] = version
    used: dict[str, list[Link]] = {}
    for form in Form.objects.filter(mapping__isnull=False).select_related("mapping").order_by("title"):
        assert form.mapping is not None
        used.setdefault(form.mapping.name, []).append(Link(form.title, reverse("form_page", args=[form.uid])))
    working: dict[str, list[str]] = {}
    lately = MappingDraft.objects.filter(changed_at__gte=timezone.now() - RECENT).exclude(by=user)
    for name, who in lately.values_list("name", "by__name"):
        working.setdefault(name, []).append(who)
    rows = []
    for name in sorted({*shipped(), *newest}):
        document = document_named(name, newest.get(name))
        saved = newest.get(name)
        rows.append(
            vm.MappingRow(
                title=title_of(document) if document else name,
                name=name,
                url=reverse("mapping_page", args=[name]),
                kind=kind_words(document.purpose if document else "assessment"),
                version=saved.version if saved else 1,
                by=_who(saved),
                saved_at=saved.recorded_at if saved else None,
                used_by=tuple(used.get(name, ())),
                others=", ".join(working.get(name, ())),
            )
        )
    page = vm.MappingsPage(
        drafts=tuple(_draft_row(draft) for draft in drafts_of(user)),
        rows=tuple(rows),
        new_url=reverse("mapping_new"),
        sheets_url=reverse("sheets"),
    )
    return render(request, "briefing/mappings.html", {"vm": page})


def document_named(name: str, saved: MappingVersion | None) -> Document | None:
    """The mapping as it stands; None where its file can no longer be read."""
    try:
        return parsed(saved.pk).document if saved else load(name).document
    except MappingProblem:
        return None


def title_of(document: Document) -> str:
    return said(dict(document.title)) or document.name


def kind_words(purpose: str) -> str:
    return _("Lista de albergues") if purpose == "sites" else _("Evaluaciones")


def _who(saved: MappingVersion | None) -> str:
    """Who saved it; nobody in particular where it came with the system."""
    if saved is None or saved.by is None or saved.by.kind != User.Kind.PERSON:
        return _("viene con Amparo") if saved is None or saved.version == 1 else ""
    return saved.by.name


def _draft_row(draft: MappingDraft) -> vm.DraftRow:
    return vm.DraftRow(
        title=draft.name,
        name=draft.name,
        url=reverse("mapping_columns", args=[draft.uid]),
        tried_on=tried_on(draft),
        changed_at=draft.changed_at,
    )


def tried_on(draft: MappingDraft) -> str:
    if draft.upload is not None:
        return _("hoja «%(name)s»") % {"name": draft.upload.filename}
    if draft.form_version is not None:
        return _("formulario «%(name)s»") % {"name": draft.form_version.form.title}
    return _("sin hoja ni formulario")


# --- make one


class SheetStart(forms.Form):
    title = forms.CharField(label=gettext_lazy("Título de la guía"), max_length=120)
    file = forms.FileField(
        label=gettext_lazy("Hoja (.xlsx, .csv u .ods)"),
        help_text=gettext_lazy(
            "Los títulos pueden estar en cualquier fila. La hoja se guarda tal como llega."
        ),
    )
    name = forms.CharField(
        label=gettext_lazy("Nombre corto"),
        required=False,
        max_length=80,
        help_text=gettext_lazy(
            "Letras pequeñas sin tilde, números y guiones. Si lo deja vacío, sale del título."
        ),
    )


class FormStart(forms.Form):
    title = forms.CharField(label=gettext_lazy("Título de la guía"), max_length=120)
    form = forms.ChoiceField(label=gettext_lazy("Formulario publicado"))
    name = forms.CharField(
        label=gettext_lazy("Nombre corto"),
        required=False,
        max_length=80,
        help_text=gettext_lazy(
            "Letras pequeñas sin tilde, números y guiones. Si lo deja vacío, sale del título."
        ),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(form.uid), form.title) for form in forms_visible_to(user).order_by("title")]


@opened_by(Intake.MANAGE_FORMS)
def mapping_new(request: HttpRequest) -> HttpResponse:
    user = person(request)
    chosen = request.POST.get("do", "form" if request.GET.get("form") else "sheet")
    sent = request.method == "POST" and chosen == "sheet"
    sheet = SheetStart(request.POST if sent else None, request.FILES if sent else None, auto_id="sheet_%s")
    form = FormStart(
        *((request.POST,) if request.method == "POST" and chosen == "form" else ()),
        user=user,
        auto_id="form_%s",
        initial={"form": request.GET.get("form", "")},
    )
    if request.method == "POST":
        draft = _from_form(form, user) if chosen == "form" else _from_sheet(sheet, user)
        if draft is not None:
            return HttpResponseRedirect(reverse("mapping_columns", args=[draft.uid]))
    context = {
        "sheet": sheet,
        "form": form,
        "from_form": chosen == "form",
        "any_form": bool(form.fields["form"].choices),  # type: ignore[attr-defined]
        "crumb_url": reverse("mappings"),
    }
    return render(request, "briefing/mapping_new.html", context)


def _from_sheet(form: SheetStart, user: User) -> MappingDraft | None:
    if not form.is_valid():
        return None
    said_, file = form.cleaned_data, form.cleaned_data["file"]
    made: list[MappingDraft] = []

    def start() -> None:
        upload = receive_upload(by=user, content=file.read(), filename=file.name)
        made.append(start_draft(by=user, title=said_["title"], name=said_["name"], upload=read_soon(upload)))

    return made[0] if done(form, start) else None


def read_soon(upload: SheetUpload) -> SheetUpload:
    """Read the sheet now, if it is small; else leave it to the worker."""
    if upload.size <= SMALL_FILE:
        return read_upload(upload)
    jobs.read_upload.enqueue(upload.pk)
    return upload


def _from_form(form: FormStart, user: User) -> MappingDraft | None:
    if not form.is_valid():
        return None
    said_ = form.cleaned_data
    chosen = get_object_or_404(forms_visible_to(user), uid=said_["form"])
    version = newest_version(chosen)
    if version is None or not asks_something(version):
        form.add_error("form", _("Este formulario no pregunta nada: no hay qué leer."))
        return None
    made: list[MappingDraft] = []

    def start() -> None:
        made.append(start_draft(by=user, title=said_["title"], name=said_["name"], form_version=version))

    return made[0] if done(form, start) else None


def newest_version(form: Form) -> FormVersion | None:
    return FormVersion.objects.filter(form=form).select_related("form").defer("xml", "source").first()


def asks_something(version: FormVersion) -> bool:
    return any(question.get("kind") != "note" for question in version.questions)


# --- one mapping and its versions


@opened_by(Intake.MANAGE_FORMS)
def mapping_page(request: HttpRequest, name: str) -> HttpResponse:
    user = person(request)
    versions, document = _versions(name)
    if request.method == "POST":
        return _change(request, name)
    forms_of = list(Form.objects.filter(mapping__name=name).select_related("mapping").order_by("title"))
    newest = versions[0].version if versions else 1
    others = forms_visible_to(user).exclude(mapping__name=name).filter(retired_at=None).order_by("title")
    working = MappingDraft.objects.filter(name=name, changed_at__gte=timezone.now() - RECENT)
    who = ", ".join(working.exclude(by=user).values_list("by__name", flat=True))
    notices: tuple[Notice, ...] = ()
    if who:
        notices = (Notice("info", _("También la está cambiando: %(who)s.") % {"who": who}),)
    if document is None:
        broken = _("Esta guía ya no se puede leer con las reglas de hoy.")
        notices = (*notices, Notice("bajo", broken, _("Baje el archivo: está guardado.")))
    page = vm.MappingPage(
        title=title_of(document) if document else name,
        name=name,
        kind=kind_words(document.purpose if document else "assessment"),
        reads=_reads(document) if document else (),
        versions=tuple(_version_row(name, version, versions) for version in versions)
        or (
            vm.VersionRow(1, _("viene con Amparo"), None, "", True, reverse("mapping_file", args=[name, 1])),
        ),
        forms=tuple(
            vm.FormUse(
                form.title,
                reverse("form_page", args=[form.uid]),
                form.mapping.version,
                form.mapping.version < newest,
                str(form.uid),
                reverse("mapping_rerun", args=[form.uid]),
            )
            for form in forms_of
            if form.mapping is not None
        ),
        others=tuple((str(form.uid), form.title) for form in others),
        notices=notices,
        crumb_url=reverse("mappings"),
        editing=MappingDraft.objects.filter(by=user, name=name).exists(),
    )
    return render(request, "briefing/mapping_page.html", {"vm": page})


def _versions(name: str) -> tuple[list[MappingVersion], Document | None]:
    """The saved versions, the newest first, and what it says today. 404 for a mapping that there is not."""
    versions = list(MappingVersion.objects.filter(name=name).select_related("by").defer("text"))
    if not versions and name not in shipped():
        raise Http404
    return versions, document_named(name, versions[0] if versions else None)


def _version_row(name: str, version: MappingVersion, versions: list[MappingVersion]) -> vm.VersionRow:
    before = version.version > min(one.version for one in versions)
    return vm.VersionRow(
        number=version.version,
        by=_who(version),
        saved_at=version.recorded_at,
        note=_("Viene con Amparo") if version.note == SHIPPED else version.note,
        current=version == versions[0],
        file_url=reverse("mapping_file", args=[name, version.version]),
        differences_url=reverse("mapping_differences", args=[name, version.version]) if before else "",
    )


def _reads(document: Document) -> tuple[tuple[str, str], ...]:
    """What the mapping reads: (what it becomes, from where)."""
    found: dict[str, list[str]] = {}
    for use in editing.uses(document):
        found.setdefault(use.target, []).append(use.address.label)
    return tuple((words_of(target), " + ".join(labels)) for target, labels in found.items())


def _change(request: HttpRequest, name: str) -> HttpResponse:
    user = person(request)
    if request.POST.get("do") == "bind":
        form = get_object_or_404(forms_visible_to(user), uid=_uid(request.POST.get("form", "")))
        bind_form(form, by=user, mapping=name)
        messages.success(request, _("«%(form)s» se lee desde ahora con esta guía.") % {"form": form.title})
        return HttpResponseRedirect(reverse("mapping_page", args=[name]))
    bound = Form.objects.filter(mapping__name=name).first()
    draft = MappingDraft.objects.filter(by=user, name=name).first()
    if draft is None:
        version = newest_version(bound) if bound else None
        latest = uploads_visible_to(user).filter(mapping__name=name).filter(~Q(state="failed")).first()
        draft = edit_mapping(
            by=user, name=name, form_version=version, upload=latest if version is None else None
        )
    return HttpResponseRedirect(reverse("mapping_columns", args=[draft.uid]))


def _uid(text: str) -> str:
    try:
        forms.UUIDField().clean(text)
    except forms.ValidationError as error:
        raise Http404 from error
    return text


@require_safe
@opened_by(Intake.MANAGE_FORMS)
def mapping_file(request: HttpRequest, name: str, version: int) -> HttpResponse:
    """The file itself, to send to others or to keep."""
    saved = MappingVersion.objects.filter(name=name, version=version).first()
    if saved is None and (name not in shipped() or version != 1):
        raise Http404
    text = saved.text if saved else (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    plain = "".join(c for c in name if c.isalnum() or c in "._-") or "guia"
    headers = {"Content-Disposition": f'attachment; filename="{plain}-v{version}.toml"'}
    return HttpResponse(text, content_type="application/toml; charset=utf-8", headers=headers)


@require_safe
@opened_by(Intake.MANAGE_FORMS)
def mapping_differences(request: HttpRequest, name: str, version: int) -> HttpResponse:
    """What this version reads otherwise than the one before it."""
    new = get_object_or_404(MappingVersion, name=name, version=version)
    old = get_object_or_404(MappingVersion.objects.filter(name=name, version__lt=version)[:1])
    page = vm.DifferencesPage(
        title=_("Qué cambió en la versión %(new)d") % {"new": version},
        sentences=sentences_between(old, new),
        crumb=name,
        crumb_url=reverse("mapping_page", args=[name]),
    )
    return render(request, "briefing/mapping_differences.html", {"vm": page})


def sentences_between(old: MappingVersion, new: MappingVersion) -> tuple[str, ...]:
    try:
        return tuple(differences(parsed(old.pk).document, parsed(new.pk).document))
    except MappingProblem as problem:
        return (str(problem),)


# --- read old messages again


@opened_by(Intake.MANAGE_FORMS)
def mapping_rerun(request: HttpRequest, uid: str) -> HttpResponse:
    """Ask first; then do it and show how far it has come."""
    user = person(request)
    form = get_object_or_404(forms_visible_to(user), uid=uid)
    here = reverse("mapping_rerun", args=[form.uid])
    kept = RawMessage.objects.filter(
        form_id=form.form_id, conflicts=False, channel__in=RawMessage.FILLED
    ).exclude(state=RawMessage.State.DISCARDED)
    total = kept.count()
    if form.mapping is None:
        raise Refused("no_mapping", _("Nadie ha dicho qué significa cada pregunta."), status=409)
    if request.method == "POST":
        since = int(timezone.now().timestamp())
        if total <= FEW_MESSAGES:
            rerun(form, by=user)
        else:
            jobs.rerun_messages.enqueue(form.pk, user.pk)
        return HttpResponseRedirect(f"{here}?{urlencode({'since': since})}")
    since_text = request.GET.get("since", "")
    if not (since_text.isascii() and since_text.isdigit() and len(since_text) < 12):
        return _ask_to_rerun(request, form, total)
    began = datetime.fromtimestamp(int(since_text), UTC)
    left = kept.filter(
        Q(state=RawMessage.State.RECEIVED) | Q(applied_at__lt=began, state=RawMessage.State.APPLIED)
    )
    remaining = left.count()
    waiting = kept.filter(state=RawMessage.State.WAITING).count()
    notices: list[Notice] = []
    if not remaining:
        notices.append(
            Notice("cumple", _("Listo: todo se aplicó con %(mapping)s.") % {"mapping": form.mapping})
        )
    if waiting:
        notices.append(
            Notice(
                "bajo",
                _("Mensajes que esperan a una persona: %(n)d.") % {"n": waiting},
                url=reverse("messages"),
                action=_("Ver mensajes"),
            )
        )
    page = vm.RerunPage(
        title=_("Aplicar otra vez lo recibido"),
        done=total - remaining,
        total=total,
        working=bool(remaining),
        notices=tuple(notices),
        crumb=form.title,
        crumb_url=reverse("form_page", args=[form.uid]),
    )
    answer = render(request, "briefing/mapping_rerun.html", {"vm": page})
    if remaining:
        answer["Refresh"] = str(AGAIN_SECONDS)
    return answer


def _ask_to_rerun(request: HttpRequest, form: Form, total: int) -> HttpResponse:
    back = reverse("form_page", args=[form.uid])
    page = ConfirmPage(
        title=_("¿Aplicar otra vez lo recibido de «%(form)s»?") % {"form": form.title},
        text=_("Mensajes que se aplicarán con %(mapping)s: %(n)d.") % {"mapping": form.mapping, "n": total},
        consequences=(
            _("Lo que decían antes se retira, y queda en la bitácora."),
            _("Los mensajes no cambian: están guardados tal como llegaron."),
            _("Mientras tanto las cifras de esos albergues pueden faltar."),
        ),
        submit=_("Aplicar otra vez"),
        cancel_url=back,
        crumb=form.title,
        crumb_url=back,
    )
    return render(request, "toolkit/confirm.html", {"vm": page})

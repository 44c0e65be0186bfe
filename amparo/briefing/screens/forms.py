"""Forms for phones and browsers: what is published, how it looks, what each question becomes, a new version."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amparo.briefing import viewmodels as vm
from amparo.briefing.doors import opened_by, person
from amparo.briefing.screens.fill import MEDIA, files_of, preview
from amparo.intake.actions.forms import bind_form, publish_form, read_upload, retire_form
from amparo.intake.models import Form, FormVersion
from amparo.intake.permissions import Intake
from amparo.intake.problems import FormProblem
from amparo.intake.queries.activity import by_form
from amparo.intake.queries.forms import forms_visible_to
from amparo.intake.queries.mappings import mapping_names, targets
from amparo.kernel.access import may
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.standards import INDICATORS
from amparo.toolkit.frames import ConfirmPage, FormPage, Notice


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Hoja XLSForm (.xlsx, .xls) o formulario (.xml)"),
        help_text=gettext_lazy("Si algo está mal, le decimos la línea."),
    )
    mapping = forms.ChoiceField(
        label=gettext_lazy("Qué significa cada pregunta"),
        required=False,
        help_text=gettext_lazy("Sin guía de lectura, lo recibido se guarda y espera."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in mapping_names()]
        field = self.fields["mapping"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Todavía no lo sé")), *names]
        if self.data.get("kept"):
            self.fields["file"].required = False

    def clean(self) -> dict[str, Any]:
        """`content` and `name`: the file that was chosen, or the one that the preview brings back."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("file"):
            return cleaned | {"content": cleaned["file"].read(), "name": cleaned["file"].name}
        try:
            return cleaned | {
                "content": base64.b64decode(self.data.get("kept", ""), validate=True),
                "name": self.data.get("name", ""),
            }
        except binascii.Error as error:
            raise forms.ValidationError(_("El archivo se perdió en el camino. Elíjalo otra vez.")) from error


def _state(form: Form) -> vm.Pill:
    if form.retired_at:
        return vm.Pill("mudo", _("Retirado"))
    if form.mapping_id is None:
        return vm.Pill("bajo", _("Sin guía de lectura"))
    return vm.Pill("cumple", _("Publicado"))


def _bound(form: Form, version: FormVersion | None) -> dict[str, str]:
    """What each question becomes, by its path."""
    return targets(form.mapping_id, [question["path"] for question in version.questions]) if version else {}


def _row(form: Form, version: FormVersion | None, counts: dict[str, Any]) -> vm.FormRow:
    questions = version.questions if version else []
    bound = _bound(form, version)
    return vm.FormRow(
        title=form.title,
        form_id=form.form_id,
        version=version.version if version else "",
        url=reverse("form_page", args=[form.uid]),
        state=_state(form),
        questions=len(questions),
        mapped=sum(_target(bound, question["path"]) != "" for question in questions),
        received=counts.get("received", 0),
        waiting=counts.get("waiting", 0),
        last_at=counts.get("last"),
    )


def _target(bound: dict[str, str], path: str) -> str:
    key = bound.get(path, "")
    if key in INDICATORS:
        name = INDICATORS[key].name
        return name["en" if get_language() == "en" else "es"]
    return key


@opened_by(Intake.MANAGE_FORMS)
def form_upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    notices: tuple[Notice, ...] = ()
    if request.method == "POST" and form.is_valid():
        content, name = form.cleaned_data["content"], form.cleaned_data["name"]
        try:
            if request.POST.get("do") == "preview":
                return _preview_upload(request, content, name, form.cleaned_data["mapping"])
            version = publish_form(
                by=person(request),
                holder=person(request).organisation,
                content=content,
                filename=name,
                mapping=form.cleaned_data["mapping"],
            )
        except FormProblem as problem:
            notices = (Notice("bajo", problem.message, " ".join(problem.details)),)
        except Refused as refusal:
            form.add_error("file", refusal.message)
        else:
            messages.success(request, _("Publicado. Los teléfonos lo verán al pedir formularios."))
            return HttpResponseRedirect(reverse("form_page", args=[version.form.uid]))
    frame = FormPage(
        title=_("¿Qué formulario quiere publicar?"),
        submit=_("Publicar sin ver"),
        cancel_url=reverse("forms"),
        crumb=_("Formularios"),
        crumb_url=reverse("forms"),
        multipart=True,
        notices=notices,
    )
    return render(request, "briefing/form_upload.html", {"vm": frame, "form": form})


def _preview_upload(request: HttpRequest, content: bytes, name: str, mapping: str) -> HttpResponse:
    """How it will look, before anybody gets it. The file travels with the page: nothing is kept here."""
    upload = read_upload(content, name)
    form = {"title": upload.form.title or upload.form.form_id, "xml": upload.xml.decode(), "media": {}}
    kept = {"kept": base64.b64encode(content).decode(), "name": name, "mapping": mapping}
    publish = {"action": reverse("form_upload"), "fields": kept}
    return preview(
        request,
        _("¿Se ve como quiere?"),
        form,
        vm.Link(_("Formularios"), reverse("forms")),
        publish=publish,
        warnings=upload.warnings,
    )


@require_safe
@opened_by(Intake.MANAGE_FORMS)
def form_preview(request: HttpRequest, uid: str) -> HttpResponse:
    """How a published form looks; `?version=` names one of its versions, else the newest."""
    form = get_object_or_404(forms_visible_to(person(request)), uid=uid)
    versions = FormVersion.objects.filter(form=form).select_related("form").prefetch_related(MEDIA)
    versions = versions.defer("xml", "source")
    if "version" in request.GET:
        versions = versions.filter(version=request.GET["version"])
    version = get_object_or_404(versions[:1])
    about = {"title": form.title, **files_of(version)}
    about["url"] = reverse("form_xml", args=[form.uid, version.pk])
    return preview(request, form.title, about, vm.Link(form.title, reverse("form_page", args=[form.uid])))


@require_safe
@opened_by(Intake.MANAGE_FORMS)
def form_xml(request: HttpRequest, uid: str, pk: int) -> HttpResponse:
    form = get_object_or_404(forms_visible_to(person(request)), uid=uid)
    version = get_object_or_404(FormVersion, pk=pk, form=form)
    return HttpResponse(bytes(version.xml), content_type="text/xml; charset=utf-8")


@opened_by(Intake.MANAGE_FORMS)
def form_retire(request: HttpRequest, uid: str) -> HttpResponse:
    form = get_object_or_404(forms_visible_to(person(request)), uid=uid)
    here = reverse("form_page", args=[form.uid])
    if request.method == "POST":
        retire_form(form, by=person(request))
        messages.success(
            request, _("Retirado. Los teléfonos ya no lo verán; lo llenado se sigue recibiendo.")
        )
        return HttpResponseRedirect(here)
    page = ConfirmPage(
        title=_("¿Retirar «%(form)s»?") % {"form": form.title},
        text=_("Ya no se podrá empezar a llenar."),
        consequences=(
            _("Los teléfonos dejan de verlo cuando piden formularios."),
            _("Lo que ya se llenó se sigue recibiendo."),
            _("Para que vuelva, publíquelo otra vez."),
        ),
        submit=_("Retirar el formulario"),
        cancel_url=here,
        crumb=form.title,
        crumb_url=here,
    )
    return render(request, "toolkit/confirm.html", {"vm": page, "form": None})


@opened_by(Intake.MANAGE_FORMS)
def form_page(request: HttpRequest, uid: str) -> HttpResponse:
    form = get_object_or_404(forms_visible_to(person(request)), uid=uid)
    if request.method == "POST":
        return _change(request, form)
    versions = list(
        FormVersion.objects.filter(form=form).defer("xml", "source").annotate(n=Count("messages"))
    )
    newest = versions[0] if versions else None
    bound = _bound(form, newest)
    notices: tuple[Notice, ...] = ()
    if form.mapping_id is None:
        notices = (
            Notice(
                "bajo",
                _("Nadie ha dicho qué significa cada pregunta."),
                _("Lo recibido está guardado y espera."),
            ),
        )
    page = vm.FormView(
        row=_row(form, newest, by_form().get(form.form_id, {})),
        questions=tuple(_question(question, bound) for question in (newest.questions if newest else [])),
        versions=tuple(
            vm.FormVersion(
                one.version,
                one.published_at,
                form.holder.name,
                one == newest,
                one.n,
                f"{reverse('form_preview', args=[form.uid])}?{urlencode({'version': one.version})}",
            )
            for one in versions
        ),
        notices=notices,
        links=(
            vm.Link(_("Ver cómo queda"), reverse("form_preview", args=[form.uid])),
            vm.Link(_("Bajar la hoja"), reverse("form_source", args=[form.uid]), "bajar"),
            *_answers_links(form, person(request)),
        )
        if newest
        else (),
        upload_url=reverse("form_upload"),
        forms_url=reverse("forms"),
    )
    context = {
        "vm": page,
        "mapping": {"current": form.mapping.name if form.mapping else "", "names": mapping_names()},
        "retire_url": "" if form.retired_at else reverse("form_retire", args=[form.uid]),
        "mapping_url": reverse("mapping_page", args=[form.mapping.name])
        if form.mapping
        else f"{reverse('mapping_new')}?{urlencode({'form': form.uid})}",
        "rerun_url": reverse("mapping_rerun", args=[form.uid]) if form.mapping else "",
    }
    return render(request, "briefing/form_page.html", context)


def _answers_links(form: Form, user: User) -> tuple[vm.Link, ...]:
    """What was answered, as files, for those who may look at messages."""
    if not may(user, Intake.REVIEW):
        return ()
    return tuple(
        vm.Link(words, reverse("form_answers", args=[form.uid, kind]), "bajar")
        for kind, words in (("csv", _("Respuestas en CSV")), ("xlsx", _("Respuestas en Excel")))
    )


def _change(request: HttpRequest, form: Form) -> HttpResponse:
    if request.POST.get("do") == "bind" and request.POST.get("mapping"):
        bind_form(form, by=person(request), mapping=request.POST["mapping"])
        messages.success(request, _("Desde ahora se usa esa guía de lectura."))
    return HttpResponseRedirect(reverse("form_page", args=[form.uid]))


def _question(question: dict[str, Any], bound: dict[str, str]) -> vm.Question:
    labels = question.get("labels") or {}
    language = get_language() or "es"
    wanted = [text for name, text in labels.items() if language in name.lower() or f"({language})" in name]
    label = (wanted or list(labels.values()) or [question["path"]])[0]
    group, _slash, name = question["path"].rpartition("/")
    return vm.Question(
        name=name,
        label=label,
        type_label=str(question.get("kind", "")),
        group=group,
        required=bool(question.get("required")),
        maps_to=_target(bound, question["path"]),
    )


@opened_by(Intake.MANAGE_FORMS)
def form_source(request: HttpRequest, uid: str) -> HttpResponse:
    form = get_object_or_404(forms_visible_to(person(request)), uid=uid)
    version = get_object_or_404(FormVersion.objects.filter(form=form).order_by("-published_at")[:1])
    name = "".join(c for c in version.source_name if c.isalnum() or c in "._-") or "formulario.xml"
    return HttpResponse(
        bytes(version.source or version.xml),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

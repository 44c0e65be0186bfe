"""Filling forms in the browser: which forms, the page that fills one, what waits on this phone, its service worker.

The one page that needs JavaScript. What these pages tell their scripts is a JSON block called `told`.
"""

import json
import secrets
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from amparo.briefing import viewmodels as vm
from amparo.briefing.doors import opened_by, person
from amparo.intake.actions.delivering import deliver
from amparo.intake.models import Form, FormMedia, FormVersion
from amparo.intake.permissions import Intake
from amparo.intake.queries.forms import current_versions
from amparo.intake.web import words
from amparo.intake.web.author import token_for
from amparo.intake.web.package import envelopes
from amparo.kernel.dropbox import current_key
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.queries.sites import open_ones, visible_to
from amparo.toolkit.asked import address
from amparo.toolkit.built import asset_parts, asset_path, asset_url, assets_version
from amparo.toolkit.frames import FormPage, Notice

MOST_SITES = 400  # that one page offers to choose from; others are written by hand
# What the forms of the browser need beyond the house's policy: WebAssembly (XPath), photos just taken, styles with the
# page's nonce.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
# Questions that say which centre it is, by the last part of their path; what of a centre goes into each.
OF_A_SITE = {"typed_code": "code", "site_code": "code", "site_name": "name", "municipality": "place"}


MEDIA = Prefetch("media", FormMedia.objects.defer("content"))


class RescueForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Archivo de rescate (.amparo)"))


def _form_words() -> dict[str, str]:
    return {english: str(ours) for english, ours in words.FORM.items()}


def _page_words() -> dict[str, str]:
    return {name: str(text) for name, text in words.PAGE.items()}


def _told(user: User, **more: Any) -> dict[str, Any]:
    """What every page that fills forms tells its script."""
    queue = reverse("fill_queue")
    return {
        "assets": assets_version(),
        "person": str(user.uid),
        "list_url": reverse("fill_list"),
        "queue_url": queue,
        "login_url": f"{reverse('login')}?next={queue}",
        "words": _page_words(),
        **more,
    }


def _answer(request: HttpRequest, template: str, context: dict[str, Any], nonce: str = "") -> HttpResponse:
    response = render(request, template, context)
    response.headers["X-Amparo-Assets"] = assets_version()
    if nonce:
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    return response


def files_of(version: FormVersion) -> dict[str, Any]:
    """Where the browser finds a version and what it needs: {"url": ..., "media": {name: address}}."""
    of = [version.form.uid, version.pk]
    return {
        "url": reverse("fill_form_xml", args=of),
        "media": {file.name: reverse("fill_form_media", args=[*of, file.pk]) for file in version.media.all()},
    }


def prefilled(version: FormVersion) -> dict[str, str]:
    """Which questions a chosen centre answers: {path: "code", "name" or "place"}."""
    paths = [question["path"] for question in version.questions if question.get("kind") != "calculate"]
    return {
        path: OF_A_SITE[path.rpartition("/")[2]] for path in paths if path.rpartition("/")[2] in OF_A_SITE
    }


def _sites(user: User) -> list[dict[str, str]]:
    rows = open_ones(visible_to(user)).order_by("name").values_list("uid", "code", "name", "place__name")
    return [
        {"uid": str(uid), "code": code, "name": name, "place": place}
        for uid, code, name, place in rows[:MOST_SITES]
    ]


def _chosen(request: HttpRequest) -> dict[str, str]:
    """The centre that `?site=` names, for the forms to begin with; nothing where it is not one of the person's."""
    try:
        uid = UUID(request.GET.get("site", ""))
    except ValueError:
        return {}
    return {"site": str(uid)} if visible_to(person(request)).filter(uid=uid).exists() else {}


@require_safe
@opened_by(Intake.SEND)
def fill_list(request: HttpRequest) -> HttpResponse:
    versions = list(current_versions().defer("xml", "source", "questions").prefetch_related(MEDIA))
    files = [files_of(version) for version in versions]
    chosen = _chosen(request)
    told = _told(
        person(request),
        fill_pattern=reverse("form_fill", args=["00000000-0000-0000-0000-000000000000"]).replace(
            "00000000-0000-0000-0000-000000000000", "{uid}"
        ),
        shells=[
            reverse("fill_list"),
            reverse("fill_queue"),
            *(reverse("form_fill", args=[version.form.uid]) for version in versions),
        ],
        files=[address for one in files for address in (one["url"], *one["media"].values())],
    )
    context = {
        "links": [
            vm.Link(version.form.title, address(reverse("form_fill", args=[version.form.uid]), chosen))
            for version in versions
        ],
        "told": told,
    }
    return _answer(request, "briefing/fill_list.html", context)


@require_safe
@opened_by(Intake.SEND)
def form_fill(request: HttpRequest, uid: str) -> HttpResponse:
    """One form, retired or not: what somebody began is finished. `?site=` names a centre that its script looks up."""
    form = get_object_or_404(Form, uid=uid)
    version = (
        FormVersion.objects.filter(form=form)
        .select_related("form")
        .prefetch_related(MEDIA)
        .defer("xml", "source")
        .first()
    )
    if version is None:
        raise Http404
    user, key, nonce = person(request), current_key(), secrets.token_urlsafe(18)
    fill = prefilled(version)
    sites = _sites(user) if fill else []
    about = {"uid": str(form.uid), "title": form.title, "version": version.version, **files_of(version)}
    told = _told(
        user,
        form=about,
        author=token_for(user),
        key={"name": key.name.hex(), "public": key.public.hex()},
        prefill=fill,
        sites=sites,
        form_words=_form_words(),
        nonce=nonce,
        fill_url=request.path,
        shells=[reverse("fill_list"), reverse("fill_queue"), request.path],
        files=[about["url"], *about["media"].values()],
    )
    notices: tuple[Notice, ...] = ()
    if form.retired_at:
        notices = (Notice("bajo", _("Este formulario se retiró."), _("Puede terminar el que empezó.")),)
    context = {
        "title": form.title,
        "told": told,
        "sites": sites,
        "notices": notices,
        "styles": _styles(),
        "crumb": vm.Link(_("Llenar"), reverse("fill_list")),
    }
    return _answer(request, "briefing/fill.html", context, nonce)


def _styles() -> list[str]:
    return [part for part in asset_parts("web/fill.js") if part.endswith(".css")]


def preview_context(title: str, form: dict[str, Any], crumb: vm.Link) -> tuple[dict[str, Any], str]:
    """What `briefing/fill.html` needs to show a form as it will look, and the nonce of the page. Nothing is kept."""
    nonce = secrets.token_urlsafe(18)
    told = {
        "preview": True,
        "form": form,
        "form_words": _form_words(),
        "words": _page_words(),
        "nonce": nonce,
        "list_url": crumb.url,
    }
    context = {"title": title, "told": told, "preview": True, "styles": _styles(), "crumb": crumb}
    return context, nonce


def preview(
    request: HttpRequest, title: str, form: dict[str, Any], crumb: vm.Link, **more: Any
) -> HttpResponse:
    """A form as it will look. `form` has media and either url or xml."""
    context, nonce = preview_context(title, form, crumb)
    return _answer(request, "briefing/fill.html", {**context, **more}, nonce)


@require_safe
@opened_by(Intake.SEND)
def fill_queue(request: HttpRequest) -> HttpResponse:
    context = {"told": _told(person(request)), "rescue_url": reverse("fill_rescue")}
    return _answer(request, "briefing/fill_queue.html", context)


@opened_by(Intake.SEND)
def fill_rescue(request: HttpRequest) -> HttpResponse:
    """Take in a file of sealed forms that somebody saved from a phone; works without JavaScript."""
    form = RescueForm(request.POST or None, request.FILES or None)
    notices: list[Notice] = []
    if request.method == "POST" and form.is_valid():
        notices = _rescued(form.cleaned_data["file"].read(), person(request))
        if all(notice.kind == "cumple" for notice in notices):
            for notice in notices:
                messages.success(request, f"{notice.title} {notice.text}")
            return HttpResponseRedirect(reverse("fill_rescue"))
    frame = FormPage(
        title=_("Recibir un rescate"),
        text=_(
            "Es el archivo que guarda un teléfono que no puede enviar. Recibirlo dos veces no duplica nada."
        ),
        submit=_("Recibir"),
        cancel_url=reverse("fill_queue"),
        crumb=_("Por enviar"),
        crumb_url=reverse("fill_queue"),
        multipart=True,
        notices=tuple(notices),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


def _rescued(content: bytes, by: User) -> list[Notice]:
    """Receive each form of the file; what was taken in stays taken in, whatever the rest says."""
    folios, notices = [], []
    try:
        for sealed in envelopes(content):
            try:
                folios.append(deliver(sealed, by=by).folio)
            except Refused as refusal:
                notices.append(Notice("bajo", _("Uno no se recibió."), refusal.message))
    except Refused as problem:
        notices.append(Notice("grave", problem.message))
    if folios:
        text = ngettext("Se recibió %(n)d formulario.", "Se recibieron %(n)d formularios.", len(folios))
        told = _("Folios: %(folios)s.") % {"folios": ", ".join(folios)}
        notices.insert(0, Notice("cumple", text % {"n": len(folios)}, told))
    return notices


@require_safe
@opened_by(Intake.SEND)
def fill_form_xml(request: HttpRequest, uid: str, pk: int) -> HttpResponse:
    """A version of a form, exactly as phones get it: it never changes under its address."""
    version = get_object_or_404(FormVersion, pk=pk, form__uid=uid)
    return HttpResponse(bytes(version.xml), content_type="text/xml; charset=utf-8")


@require_safe
@opened_by(Intake.SEND)
def fill_form_media(request: HttpRequest, uid: str, pk: int, media: int) -> HttpResponse:
    file = get_object_or_404(FormMedia, pk=media, version__pk=pk, version__form__uid=uid)
    return HttpResponse(
        bytes(file.content),
        content_type=_kind_of(file.name),
        headers={"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"},
    )


def _kind_of(name: str) -> str:
    """What the forms of the browser must know of a file: how a list of choices is written."""
    kinds = {".csv": "text/csv", ".xml": "text/xml", ".geojson": "application/geo+json"}
    return kinds.get(name[name.rfind(".") :].lower(), "application/octet-stream")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker of the pages that fill forms, told which built files are today's. Open to anybody."""
    addresses = dict.fromkeys(
        [
            asset_url("amparo.css"),
            asset_url("amparo.js"),
            asset_url("mark.svg"),
            asset_url("web/fill.css"),
            asset_url("web/outbox.js"),
            *asset_parts("web/waiting.js"),
            *asset_parts("web/fill.js"),
        ]
    )
    head = f"const VERSION = {json.dumps(assets_version())}, ASSETS = {json.dumps(list(addresses))};\n"
    return HttpResponse(
        head + asset_path("web/worker.js").read_text(encoding="utf-8"),
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )

"""Publish a form version, bind it to a mapping, retire it."""

import hashlib
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.intake.actions.mappings import current_mapping
from amparo.intake.models import Form, FormMedia, FormVersion
from amparo.intake.permissions import Intake
from amparo.intake.xforms.convert import ConvertedForm, convert
from amparo.intake.xforms.reading import read_form
from amparo.kernel import ledger
from amparo.kernel.access import covers, require_anywhere, scopes
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import NotPermitted, Refused


def read_upload(content: bytes, filename: str) -> ConvertedForm:
    """A form as phones would get it; nothing is kept. Raises what `publish_form` raises for a form that is wrong."""
    if filename.lower().endswith(".xml"):
        upload = ConvertedForm(content, read_form(content))
    else:
        upload = convert(content, filename, version=timezone.localtime().strftime("%Y%m%d%H%M"))
    if upload.form.encrypted:
        raise Refused(
            "form_encrypted",
            _(
                "El formulario cifra sus respuestas: aquí nadie podría leerlas. Quite la llave pública y publique."
            ),
        )
    return upload


@transaction.atomic
def publish_form(
    *,
    by: User,
    holder: Organisation,
    content: bytes,
    filename: str,
    mapping: str = "",
    media: dict[str, bytes] | None = None,
) -> FormVersion:
    """Publish an XLSForm (.xlsx, .xls, .csv, .md) or an XForm (.xml). The same file again changes nothing.

    Raises `FormProblem` with the lines that are wrong, or `Refused("form_version_exists")` when the version is
    already published with other content: phones would not notice the change.
    """
    require_anywhere(by, Intake.MANAGE_FORMS)
    upload = read_upload(content, filename)
    xml, read, files = upload.xml, upload.form, {**upload.files, **(media or {})}
    bound = current_mapping(mapping) if mapping else None
    md5 = hashlib.md5(xml, usedforsecurity=False).hexdigest()
    form = Form.objects.select_for_update().filter(form_id=read.form_id).first()
    if form is None:
        form = Form.objects.create(
            holder=holder, form_id=read.form_id, title=read.title or read.form_id, mapping=bound
        )
        ledger.record("form.added", form, by=by, form_id=form.form_id, title=form.title)
    there = FormVersion.objects.filter(form=form, version=read.version).first()
    if there is not None:
        if there.md5 != md5:
            raise Refused(
                "form_version_exists",
                _(
                    "La versión «%(version)s» ya está publicada con otro contenido. "
                    "Cambie la versión y publique otra vez."
                )
                % {"version": read.version},
            )
        version = there
    else:
        version = FormVersion.objects.create(
            form=form,
            version=read.version,
            xml=xml,
            md5=md5,
            source=content,
            source_name=filename[:200],
            questions=[question.as_json() for question in read.questions],
            published_at=timezone.now(),
        )
        ledger.record("form.published", form, by=by, version=read.version, md5=md5)
    for name, file in files.items():
        FormMedia.objects.update_or_create(
            version=version,
            name=name,
            defaults={"content": file, "md5": hashlib.md5(file, usedforsecurity=False).hexdigest()},
        )
    changes: dict[str, list[Any]] = {}
    if form.retired_at is not None:
        form.retired_at, changes["retired"] = None, [True, False]
    if bound is not None and form.mapping_id != bound.pk:
        changes["mapping"] = [str(form.mapping or ""), str(bound)]
        form.mapping = bound
    if there is None and read.title and form.title != read.title:
        changes["title"] = [form.title, read.title]
        form.title = read.title
    if changes:
        form.save()
        ledger.record("form.edited", form, by=by, changed=changes)
    return version


def require_whole(by: User, form: Form) -> None:
    """A form serves the whole house: only who manages forms everywhere, for its holder, changes what it means."""
    require_anywhere(by, Intake.MANAGE_FORMS)
    if not covers(scopes(by, Intake.MANAGE_FORMS), "", form.holder_id):
        raise NotPermitted(
            "form_serves_everyone",
            _("Este formulario se usa en todas partes. Lo cambia quien lo administra para todo el país."),
        )


@transaction.atomic
def bind_form(form: Form, *, by: User, mapping: str) -> Form:
    """Apply this form's messages with the newest version of `mapping` from now on."""
    require_whole(by, form)
    form = Form.objects.select_for_update().get(pk=form.pk)
    bound = current_mapping(mapping)
    before = str(form.mapping or "")
    form.mapping = bound
    form.save(update_fields=["mapping"])
    ledger.record("form.edited", form, by=by, changed={"mapping": [before, str(bound)]})
    return form


@transaction.atomic
def retire_form(form: Form, *, by: User) -> Form:
    """Take a form off the phones' list. What is already filled is still received."""
    require_whole(by, form)
    form = Form.objects.select_for_update().get(pk=form.pk)
    if form.retired_at is None:
        form.retired_at = timezone.now()
        form.save(update_fields=["retired_at"])
        ledger.record("form.retired", form, by=by)
    return form

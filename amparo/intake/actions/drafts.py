"""Make a mapping, change it press by press, save it as a version. Nothing of it is lost when a session ends."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.intake.actions.mappings import current_mapping, keep_mapping
from amparo.intake.mapping import MappingProblem, editing, shipped
from amparo.intake.mapping.document import Document, examine
from amparo.intake.mapping.writing import write
from amparo.intake.models import FormVersion, MappingDraft, MappingVersion, SheetUpload
from amparo.intake.permissions import Intake
from amparo.intake.queries.drafts import Workbench, saved_since
from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.models import User
from amparo.kernel.refusals import OutOfSight, Refused

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
Change = Callable[[Document], Document]


def name_from(title: str) -> str:
    """A mapping's short name out of its title: "Hoja del Comité" -> "hoja-del-comite". May be ""."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80]


def is_taken(name: str) -> bool:
    """Whether a mapping has this name already."""
    return name in shipped() or MappingVersion.objects.filter(name=name).exists()


@transaction.atomic
def start_draft(
    *,
    by: User,
    title: str,
    name: str = "",
    upload: SheetUpload | None = None,
    form_version: FormVersion | None = None,
) -> MappingDraft:
    """Begin a mapping from nothing, for a sheet or for a form."""
    require_anywhere(by, Intake.MANAGE_FORMS)
    title = " ".join(title.split())
    name = (name or name_from(title)).strip()
    if not title:
        raise Refused("mapping_untitled", _("Escriba un título: así la encontrarán los demás."))
    if not NAME.fullmatch(name):
        raise Refused(
            "mapping_name_wrong", _("El nombre corto lleva letras pequeñas sin tilde, números y guiones.")
        )
    if is_taken(name):
        raise Refused(
            "mapping_name_taken",
            _("Ya hay una guía que se llama «%(name)s». Elija otro nombre, o abra esa y cámbiela.")
            % {"name": name},
        )
    if MappingDraft.objects.filter(by=by, name=name).exists():
        raise Refused(
            "draft_exists",
            _("Usted ya está haciendo una guía que se llama «%(name)s». Sígala en la lista.")
            % {"name": name},
        )
    offset = timezone.localtime().utcoffset() or timedelta()
    document = editing.empty(
        name, title, order="ymd" if form_version else "dmy", offset=timezone.get_fixed_timezone(offset)
    )
    return _keep(by=by, name=name, document=document, upload=upload, form_version=form_version)


@transaction.atomic
def edit_mapping(
    *,
    by: User,
    name: str,
    upload: SheetUpload | None = None,
    form_version: FormVersion | None = None,
) -> MappingDraft:
    """Begin to change a mapping, or go on where one left off."""
    require_anywhere(by, Intake.MANAGE_FORMS)
    there = MappingDraft.objects.select_for_update().filter(by=by, name=name).first()
    if there is not None:
        if upload is not None or form_version is not None:
            there.upload, there.form_version = upload, form_version
            there.save(update_fields=["upload", "form_version"])
        return there
    base = current_mapping(name)
    document, _troubles = examine(base.text, name)
    return _keep(by=by, name=name, document=document, base=base, upload=upload, form_version=form_version)


def _keep(
    *,
    by: User,
    name: str,
    document: Document,
    base: MappingVersion | None = None,
    upload: SheetUpload | None = None,
    form_version: FormVersion | None = None,
) -> MappingDraft:
    draft = MappingDraft.objects.create(
        holder=by.organisation,
        by=by,
        name=name,
        text=write(document),
        base=base,
        upload=upload,
        form_version=form_version,
        changed_at=timezone.now(),
    )
    ledger.record("mapping.draft_begun", draft, by=by, name=name)
    return draft


@transaction.atomic
def change_draft(draft: MappingDraft, *, by: User, change: Change) -> MappingDraft:
    """Change the mapping as it stands now, whatever another window did to it meanwhile."""
    draft = _own(draft, by)
    document, _troubles = examine(draft.text, draft.name)
    text = write(change(document))
    if text != draft.text:
        MappingDraft.objects.filter(pk=draft.pk).update(
            text=text, revision=F("revision") + 1, changed_at=timezone.now()
        )
        draft.refresh_from_db()
    return draft


@transaction.atomic
def try_on(
    draft: MappingDraft,
    *,
    by: User,
    upload: SheetUpload | None = None,
    form_version: FormVersion | None = None,
) -> MappingDraft:
    """Look at the mapping against another sheet or form."""
    draft = _own(draft, by)
    draft.upload, draft.form_version = upload, form_version
    draft.save(update_fields=["upload", "form_version"])
    return draft


@transaction.atomic
def save_draft(draft: MappingDraft, *, by: User, note: str, accept: bool, over: int = 0) -> MappingVersion:
    """Save the draft as the next version and end it.

    `accept`: the person has read the doubts that do not stop it. `over`: the number of the version they know to be
    newer than the one they began from. Raises `MappingProblem`, or `Refused` in words.
    """
    draft = _own(draft, by)
    require_anywhere(by, Intake.MANAGE_FORMS)
    bench = Workbench(draft, by)
    troubles = bench.troubles()
    if troubles:
        raise MappingProblem(list(troubles))
    stops = [worry for worry in bench.worries if worry.stops]
    if stops:
        raise Refused("mapping_makes_no_sense", " ".join(worry.words for worry in stops[:5]))
    if bench.worries and not accept:
        raise Refused("mapping_in_doubt", _("Hay dudas en esta guía. Léalas y marque que las revisó."))
    newer = saved_since(draft)
    if newer is not None and newer.version != over:
        who = newer.by.name if newer.by else _("otra persona")
        if draft.base_id is None:
            raise Refused(
                "mapping_name_taken",
                _(
                    "Mientras usted trabajaba, %(who)s guardó otra guía con el nombre «%(name)s». "
                    "La suya sigue aquí: cámbiele el nombre."
                )
                % {"who": who, "name": draft.name},
            )
        raise Refused(
            "saved_meanwhile",
            _(
                "Mientras usted trabajaba, %(who)s guardó la versión %(version)d. Vea las diferencias y decida."
            )
            % {"who": who, "version": newer.version},
        )
    if draft.base is not None and _same(bench.document, draft.base):
        raise Refused(
            "mapping_unchanged",
            _("Esta guía dice lo mismo que la versión guardada. No hay nada que guardar."),
        )
    version = (newer or draft.base).version + 1 if (newer or draft.base) else 1  # type: ignore[union-attr]
    document = replace(bench.document, name=draft.name, version=version)
    saved = keep_mapping(by=by, name=draft.name, text=write(document), note=" ".join(note.split()))
    draft.delete()
    return saved


def _same(document: Document, base: MappingVersion) -> bool:
    before, _troubles = examine(base.text, base.name)
    return replace(document, version=before.version, name=before.name) == before


@transaction.atomic
def rename_draft(draft: MappingDraft, *, by: User, name: str) -> MappingDraft:
    """Give a mapping that nobody has saved yet another short name."""
    draft = _own(draft, by)
    if name == draft.name:
        return draft
    if draft.base_id is not None:
        raise Refused(
            "mapping_has_a_name",
            _("Una guía guardada conserva su nombre: así la hallan formularios y hojas."),
        )
    if not NAME.fullmatch(name):
        raise Refused(
            "mapping_name_wrong", _("El nombre corto lleva letras pequeñas sin tilde, números y guiones.")
        )
    if is_taken(name) or MappingDraft.objects.filter(by=by, name=name).exists():
        raise Refused(
            "mapping_name_taken",
            _("Ya hay una guía que se llama «%(name)s». Elija otro nombre, o abra esa y cámbiela.")
            % {"name": name},
        )
    document, _troubles = examine(draft.text, draft.name)
    draft.name, draft.text = name, write(replace(document, name=name))
    draft.changed_at = timezone.now()
    draft.save(update_fields=["name", "text", "changed_at"])
    return draft


@transaction.atomic
def discard_draft(draft: MappingDraft, *, by: User) -> None:
    """Throw a draft away. What was saved stays."""
    draft = _own(draft, by)
    ledger.record("mapping.draft_discarded", draft, by=by, name=draft.name, text=draft.text[:20_000])
    draft.delete()


def _own(draft: MappingDraft, by: User) -> MappingDraft:
    require_anywhere(by, Intake.MANAGE_FORMS)
    found = MappingDraft.objects.select_for_update().filter(pk=draft.pk, by=by).first()
    if found is None:
        raise OutOfSight
    return found

"""Organisations in full: who they are, of what kind, part of whom, and whom to call there."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere, roles, standing
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.refusals import Refused
from amparo.parties.models import Contact, Profile
from amparo.parties.permissions import Parties

DEEPEST = 8


@transaction.atomic
def write_organisation(
    organisation: Organisation | None,
    *,
    by: User,
    name: str,
    kind: str,
    acronym: str = "",
    country: str = "",
    parent: Organisation | None = None,
    uid: UUID | None = None,
) -> Organisation:
    """Add an organisation, or change one. One that turns out to enforce loses at once the roles that reach people."""
    require_anywhere(by, Parties.MANAGE)
    name = " ".join(name.split())[:200]
    if not name:
        raise Refused("organisation_needs_a_name", _("Escriba el nombre de la institución."))
    if kind not in Organisation.Kind.values:
        raise Refused("unknown_kind", _("Ese tipo de institución no existe. Elija uno de la lista."))
    others = Organisation.objects.filter(name__iexact=name)
    if (others.exclude(pk=organisation.pk) if organisation else others).exists():
        raise Refused("organisation_known", _("Ya hay una institución con ese nombre."))
    if organisation is not None:
        organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
        refuse_circle(organisation, parent)
    before = _told(organisation)
    organisation = organisation or Organisation(name=name, **({"uid": uid} if uid else {}))
    organisation.name, organisation.kind = name, kind
    organisation.save()
    Profile.objects.update_or_create(
        organisation=organisation,
        defaults={"acronym": acronym.strip()[:30], "country": country, "parent": parent},
    )
    after = _told(organisation)
    changed = {key: [before.get(key), value] for key, value in after.items() if before.get(key) != value}
    if changed:
        ledger.record(
            "organisation.changed" if before else "organisation.added",
            organisation,
            by=by,
            organisation_id=organisation.pk,
            changed=changed,
        )
    if kind in Organisation.ENFORCEMENT:
        end_what_it_may_not_hold(organisation, by=by)
    return organisation


def end_what_it_may_not_hold(organisation: Organisation, *, by: User) -> None:
    """Its people's roles that reach people end: at access they counted for nothing already."""
    reaching = [name for name, role in roles().items() if role.handles_people]
    now = timezone.now()
    for holding in standing(
        Holding.objects.filter(user__organisation=organisation, role__in=reaching).select_related("user"), now
    ):
        holding.ends_at = max(now, holding.starts_at)
        holding.save(update_fields=["ends_at"])
        ledger.record(
            "holding.ended",
            holding.user,
            by=by,
            organisation_id=organisation.pk,
            data_class=Holding.data_class,
            why=_("Su institución no puede tener este cargo."),
            user=str(holding.user.uid),
            role=holding.role,
            scope=holding.scope,
        )


def refuse_circle(organisation: Organisation, parent: Organisation | None) -> None:
    """An organisation is no part of itself, near or far."""
    above = parent
    for _step in range(DEEPEST):
        if above is None:
            return
        if above.pk == organisation.pk:
            break
        profile = Profile.objects.select_related("parent").filter(organisation=above).first()
        above = profile.parent if profile else None
    raise Refused("part_of_itself", _("Una institución no puede ser parte de sí misma."))


@transaction.atomic
def undo_change(organisation: Organisation, *, by: User, said: Mapping[str, Any], of: str) -> Organisation:
    """Put back what an entry `of` the ledger changed, unless somebody changed it again; `said` is its payload."""
    require_anywhere(by, Parties.MANAGE)
    changed = said.get("changed") or {}
    now = _told(Organisation.objects.select_for_update().get(pk=organisation.pk))
    if not changed or any(now.get(key) != left for key, (_before, left) in changed.items()):
        raise Refused("changed_since", _("No se deshizo nada: cambió después. Revísela y corríjala a mano."))
    facts = facts_of(organisation) | {
        key: before for key, (before, _left) in changed.items() if key != "parent"
    }
    if "parent" in changed:
        facts["parent"] = Organisation.objects.filter(name=changed["parent"][0]).first()
    return write_organisation(organisation, by=by, **facts)


@transaction.atomic
def write_contact(contact: Contact | None, *, by: User, organisation: Organisation, **facts: Any) -> Contact:
    """Whom to call: name, what they look after, telephone, e-mail."""
    require_anywhere(by, Parties.MANAGE)
    before = {key: getattr(contact, key) for key in facts} if contact else {}
    contact = contact or Contact(organisation=organisation)
    for key, value in facts.items():
        setattr(contact, key, value)
    if not contact.name.strip():
        raise Refused("contact_needs_a_name", _("Escriba a quién llamar."))
    if not (contact.phone or contact.email):
        raise Refused("contact_needs_a_way", _("Escriba un teléfono o un correo."))
    contact.save()
    ledger.record(
        "contact.changed" if before else "contact.added",
        organisation,
        by=by,
        organisation_id=organisation.pk,
        data_class=DataClass.PERSONAL,
        contact=str(contact.uid),
        changed={key: [before.get(key), value] for key, value in facts.items() if before.get(key) != value},
    )
    return contact


@transaction.atomic
def remove_contact(contact: Contact, *, by: User) -> None:
    """Somebody left. Their name goes; the ledger keeps, sealed, that they were there."""
    require_anywhere(by, Parties.MANAGE)
    ledger.record(
        "contact.removed",
        contact.organisation,
        by=by,
        organisation_id=contact.organisation_id,
        data_class=DataClass.PERSONAL,
        contact=str(contact.uid),
        name=contact.name,
    )
    contact.delete()


def facts_of(organisation: Organisation) -> dict[str, Any]:
    """What `write_organisation` takes of an organisation as it stands."""
    profile = Profile.objects.select_related("parent").filter(organisation=organisation).first()
    return {
        "name": organisation.name,
        "kind": organisation.kind,
        "acronym": profile.acronym if profile else "",
        "country": profile.country if profile else "",
        "parent": profile.parent if profile else None,
    }


def _told(organisation: Organisation | None) -> dict[str, Any]:
    if organisation is None:
        return {}
    facts = facts_of(organisation)
    return facts | {"parent": facts["parent"].name if facts["parent"] else None}

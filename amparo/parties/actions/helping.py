"""Helpers for a day: a link that one phone may use once, and an account that ends by itself."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import covers, require_anywhere, roles, scopes
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.sealing import keyed_hash
from amparo.parties.actions.sessions import say_goodbye
from amparo.parties.actions.tokens import revoke_tokens
from amparo.parties.models import HelperLink
from amparo.parties.permissions import Parties
from amparo.parties.queries.helping import ROLE, helping_under

PURPOSE = "helper link"
LINK_LASTS = timedelta(minutes=15)
DAY = timedelta(hours=24)
AT_ONCE = 30  # helpers of one centre: more is a mistake, or somebody giving access away


@transaction.atomic
def make_link(
    *, by: User, scope: str, organisation: Organisation, where: str, returning: User | None = None
) -> str:
    """The secret of a new link into one centre: 15 minutes, one phone. Shown as a QR and kept nowhere."""
    _require(by, scope, organisation)
    if returning is not None and not helping_under(by).filter(user=returning).exists():
        raise OutOfSight
    if returning is None and helping_under(by).filter(scope=scope).count() >= AT_ONCE:
        raise Refused(
            "too_many_helpers",
            _("Ya hay %(count)s personas de apoyo en este albergue. Termine con alguna antes.")
            % {"count": AT_ONCE},
        )
    secret, now = secrets.token_urlsafe(24), timezone.now()
    link = HelperLink.objects.create(
        digest=keyed_hash(secret, purpose=PURPOSE),
        scope=scope,
        organisation=organisation,
        where=where[:200],
        made_by=by,
        made_at=now,
        ends_at=now + LINK_LASTS,
        returning=returning,
    )
    ledger.record("helper.link_made", by=by, organisation_id=organisation.pk, link=str(link.uid), scope=scope)
    return secret


def open_link(secret: str) -> HelperLink | None:
    """The link, while it may be used; None when it ended, was used, or never was."""
    return (
        HelperLink.objects.select_related("made_by__organisation", "organisation", "returning__organisation")
        .filter(digest=keyed_hash(secret, purpose=PURPOSE), used_at=None, ends_at__gt=timezone.now())
        .first()
    )


@transaction.atomic
def enter(secret: str, *, name: str) -> User:
    """Come through the link once. A new helper gets an account for a day; one who returns keeps their own."""
    found = open_link(secret)
    link = (
        None
        if found is None
        else HelperLink.objects.select_for_update().filter(pk=found.pk, used_at=None).first()
    )
    if found is None or link is None or not _may_still_enrol(found):
        raise Refused(
            "link_closed", _("Este código ya se usó o pasó su tiempo. Pida otro a la persona encargada.")
        )
    if found.returning is not None:
        user = found.returning
        if not user.may_act():
            raise Refused("helper_ended", _("Su tiempo de apoyo terminó. Pida más a la persona encargada."))
        if not helping_under(found.made_by).filter(user=user).exists():
            raise Refused("more_than_a_helper", _("Usted ya tiene otro cargo: entre con su contraseña."))
    else:
        user = _new_helper(found, name=name)
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    return user


def _may_still_enrol(link: HelperLink) -> bool:
    """Whoever made the link must still be able to: a link outlives neither their role nor their account."""
    return covers(scopes(link.made_by, Parties.ENROL_HELPERS), link.scope, link.organisation_id)


def _new_helper(link: HelperLink, *, name: str) -> User:
    name = " ".join(name.split())[:200]
    if not name:
        raise Refused("helper_needs_a_name", _("Escriba su nombre."))
    if link.made_by.organisation.kind in Organisation.ENFORCEMENT and roles()[ROLE].handles_people:
        raise OutOfSight
    ends_at = timezone.now() + DAY
    user = User(
        username=f"apoyo-{secrets.token_hex(4)}",
        name=name,
        organisation=link.made_by.organisation,
        ends_at=ends_at,
    )
    user.save()
    Holding.objects.create(
        user=user,
        role=ROLE,
        scope=link.scope,
        organisation=link.organisation,
        ends_at=ends_at,
        granted_by=link.made_by,
    )
    _tell("helper.entered", user, by=link.made_by, scope=link.scope)
    return user


@transaction.atomic
def extend(user: User, *, by: User) -> User:
    """One more day from now. A helper whose day ended goes on where they were."""
    user, holding = _helper(user, by=by)
    user.ends_at = holding.ends_at = timezone.now() + DAY
    user.is_active = True
    user.save(update_fields=["ends_at", "is_active"])
    holding.save(update_fields=["ends_at"])
    _tell("helper.extended", user, by=by, scope=holding.scope)
    return user


@transaction.atomic
def end_help(user: User, *, by: User) -> User:
    """Close the door behind a helper, at once."""
    user, holding = _helper(user, by=by)
    user.ends_at, user.is_active = timezone.now(), False
    holding.ends_at = max(timezone.now(), holding.starts_at)
    user.save(update_fields=["ends_at", "is_active"])
    holding.save(update_fields=["ends_at"])
    say_goodbye(user)
    revoke_tokens(user, by=by)
    _tell("helper.ended", user, by=by, scope=holding.scope)
    return user


def _helper(user: User, *, by: User) -> tuple[User, Holding]:
    require_anywhere(by, Parties.ENROL_HELPERS)
    holding = (
        helping_under(by, ended=True)
        .select_for_update(of=("self",))
        .filter(user=user)
        .order_by("-pk")
        .first()
    )
    if holding is None:
        raise OutOfSight
    return User.objects.select_for_update().get(pk=user.pk), holding


def _require(by: User, scope: str, organisation: Organisation) -> None:
    require_anywhere(by, Parties.ENROL_HELPERS)
    if not covers(scopes(by, Parties.ENROL_HELPERS), scope, organisation.pk):
        raise OutOfSight


def _tell(verb: str, user: User, *, by: User, scope: str) -> None:
    ledger.record(
        verb,
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        user=str(user.uid),
        name=user.name,
        scope=scope,
    )

"""Make an installation ready: keys, database, this machine's account, the gazetteer, the ready form."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from amparo.intake.actions.forms import publish_form
from amparo.intake.forms_shipped import catalogue
from amparo.intake.models import Form
from amparo.kernel import ledger
from amparo.kernel.actions import add_user, console, give_password, grant
from amparo.kernel.disk import make_reserve
from amparo.kernel.dropbox import drop_key_files, write_drop_key
from amparo.kernel.models import Holding, LedgerOrigin, Organisation, User
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import write_new_keys
from amparo.kernel.selfcheck import BEGUN
from amparo.places.actions import load_gazetteer
from amparo.places.models import Place
from amparo.sites.actions.observing import indicator_ids

HERE = "Esta instalación"


@dataclass(frozen=True)
class Ready:
    """What `make_ready` had to do."""

    new: bool
    migrated: int


def pending_migrations() -> int:
    """How many migrations this database still lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def make_ready(*, organisation: str = HERE) -> Ready:
    """Bring the installation to what this version needs. Doing it again changes nothing."""
    home = settings.HOME
    new = not home.exists
    home.path.mkdir(parents=True, exist_ok=True)
    home.path.chmod(0o700)
    write_new_keys(home.keys)
    if not drop_key_files(home.keys):
        write_drop_key(home.keys)
    home.files.mkdir(exist_ok=True)
    make_reserve()
    migrated = pending_migrations()
    if migrated:
        call_command("migrate", verbosity=0, interactive=False)
    machine = this_machine(organisation)
    indicator_ids.cache_clear()
    indicator_ids()
    if not Place.objects.filter(level=0).exists():
        load_gazetteer(by=machine)
    for name in catalogue.names():
        if not Form.objects.filter(form_id=name).exists():
            publish_form(
                by=machine,
                holder=machine.organisation,
                content=catalogue.workbook(name),
                filename=f"{name}.xlsx",
                mapping=name.replace("_", "-"),
            )
    return Ready(new=new, migrated=migrated)


@transaction.atomic
def this_machine(organisation: str) -> User:
    """The ledger's origin and the account under which this machine's command line and jobs act."""
    LedgerOrigin.objects.get_or_create(here=True, defaults={"name": secrets.token_hex(8)})
    machine = User.objects.select_related("organisation").filter(kind=User.Kind.CONSOLE).first()
    if machine is None:
        body = Organisation.objects.create(name=organisation, kind=Organisation.Kind.GOVERNMENT)
        machine = User(
            username="consola", name="Consola de este equipo", kind=User.Kind.CONSOLE, organisation=body
        )
        machine.save()
        Holding.objects.create(user=machine, role="console", scope="", granted_by=machine)
        ledger.record(BEGUN, by=machine, exercise=settings.HOME.exercise.exists())
    return machine


def first_admin(username: str) -> str:
    """The first account of an empty installation, with a password shown once. Raises when somebody is there."""
    if User.objects.filter(kind=User.Kind.PERSON).exists():
        raise Refused("not_the_first", _("Ya hay cuentas. Una persona administradora puede crear otras."))
    by = console()
    with transaction.atomic():
        user = add_user(by=by, username=username, name=username, organisation=by.organisation)
        for role in ("administrator", "national"):
            grant(by=by, user=user, role=role, scope="")
        return give_password(user, by=by)

"""The start-up self-check: the promises of trust (A3) read back from the machine, not from the settings.

A finding that would lose or leak data refuses to serve; one that only deserves attention is said. Every
finding has a remedy in words. The checks take what they judge as arguments; `run_checks` gathers it.
"""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import disk, ledger
from amparo.kernel.dropbox import drop_key_files
from amparo.kernel.models import LedgerEntry
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import MASTER

Level = Literal["refuse", "warn"]

SQLITE_OLDEST = (3, 37, 0)
POSTGRES_OLDEST = 140000
DURABLE_SYNCHRONOUS = frozenset({2, 3})  # FULL, EXTRA
DURABLE_COMMITS = frozenset({"on", "local", "remote_write", "remote_apply"})
KEY_FILES = (MASTER, "django.key")
SHORTEST_SECRET = 32
CLOCK_PATIENCE = timedelta(seconds=5)
CLOCK_LIMIT = timedelta(days=1)
WRITTEN_IN = datetime(2026, 11, 1, tzinfo=UTC)  # a clock before this program existed has lost its battery
ASSETS = "amparo/manifest.json"

# `amparo init` says in the ledger whether the installation is an exercise: ledger.record(BEGUN, by=...,
# exercise=...).
BEGUN = "installation.begun"
BEGINNING = 100  # how many of the first entries may stand before it

NETWORK_DISKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "vboxsf", "davfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.rclone", "fuse.s3fs"}
)
MEMORY_DISKS = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, kept (`ok`) or not. `message` says how things stand, `remedy` what to do; "" when kept."""

    code: str
    ok: bool
    level: Level
    message: str
    remedy: str = ""


class Unfit(Refused):
    """A promise is broken: serving would lose or leak data. `details` says each one with its remedy."""

    status = 503

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("unfit", _("Así no se puede encender Amparo: se perderían o se verían datos."))
        self.findings = findings
        self.details = [f"{finding.message} {finding.remedy}" for finding in findings]


def run_checks() -> list[Finding]:
    """Every promise, read now. Takes well under a second and never raises for a broken one."""
    home = settings.HOME
    findings = [
        check_debug(settings.DEBUG),
        check_secret(settings.SECRET_KEY),
        check_keys(home.keys),
        check_drop_key(home.keys),
        check_writable(home.path),
        check_private(home.path),
        check_file_system(file_system(home.path)),
        check_room(home.path),
        check_reserve(home.path),
        check_assets(finders.find(ASSETS)),
        check_catalogues(settings.LOCALE_PATHS),
    ]
    try:
        findings += database_findings(connection)
    except DatabaseError as error:
        findings.append(
            Finding(
                "database_opens",
                False,
                "refuse",
                _("La base de datos no responde: %(error)s.") % {"error": error},
                _("Revise AMPARO_DATABASE_URL, o prepare la carpeta con «amparo init»."),
            )
        )
    return findings


def refuse_to_serve() -> list[Finding]:
    """Raise `Unfit` when a promise that matters is broken; else return the findings, warnings among them."""
    findings = run_checks()
    broken = [finding for finding in findings if finding.level == "refuse" and not finding.ok]
    if broken:
        raise Unfit(broken)
    return findings


def database_findings(database: BaseDatabaseWrapper) -> Iterator[Finding]:
    """What a fresh connection of this database's settings says of itself and of its content."""
    fresh = database.copy()
    try:
        if fresh.vendor == "postgresql":
            yield from check_postgres(postgres_settings(fresh))
        else:
            yield from check_sqlite(sqlite_settings(fresh))
        migrations = check_migrations(MigrationExecutor(fresh))
    finally:
        fresh.close()
    yield migrations
    if migrations.ok:
        newest = LedgerEntry.objects.order_by("-pk").values_list("at", flat=True).first()
        yield check_clock(timezone.now(), newest)
        yield check_exercise(marked=settings.HOME.exercise.exists(), recorded=recorded_exercise())


def check_debug(debug: bool) -> Finding:
    return _finding(
        "debug_off",
        not debug,
        "refuse",
        _("Los errores no muestran el interior del sistema."),
        _("Los errores mostrarían el interior del sistema (DEBUG)."),
        _("Ponga DEBUG = False."),
    )


def check_secret(secret: str) -> Finding:
    return _finding(
        "secret_key",
        len(secret) >= SHORTEST_SECRET,
        "refuse",
        _("La llave de firma es propia de esta instalación."),
        _("Falta la llave que firma las sesiones."),
        _("Prepare la carpeta con «amparo init»."),
    )


def check_keys(folder: Path) -> Finding:
    """The key files are there, and only the account that runs the server can read them."""
    missing = [name for name in KEY_FILES if not (folder / name).is_file()]
    if missing:
        return Finding(
            "key_files",
            False,
            "refuse",
            _("Faltan llaves: %(names)s.") % {"names": ", ".join(missing)},
            _("Restaure el respaldo. Solo si la instalación es nueva: «amparo init»."),
        )
    exposed = [path.name for path in (folder, *sorted(folder.iterdir())) if not _is_private(path)]
    return _finding(
        "key_files",
        not exposed,
        "refuse",
        _("Las llaves están y solo esta cuenta puede leerlas."),
        _("Otras cuentas de este equipo pueden leer: %(names)s.") % {"names": ", ".join(exposed)},
        _("Ejecute: chmod 700 %(folder)s; chmod 600 %(folder)s/*; chown con la cuenta del servidor.")
        % {"folder": folder},
    )


def check_drop_key(folder: Path) -> Finding:
    return _finding(
        "drop_key",
        bool(drop_key_files(folder)),
        "warn",
        _("Los formularios del navegador se sellan para este equipo."),
        _("Falta la llave de los formularios del navegador."),
        _("Restaure el respaldo. Solo si nadie ha llenado en el navegador: «amparo init»."),
    )


def check_writable(folder: Path) -> Finding:
    """The home takes a new file and confirms that it is on the disk."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"amparo")
            probe.flush()
            os.fsync(probe.fileno())
        error = ""
    except OSError as problem:
        error = problem.strerror or str(problem)
    return _finding(
        "home_writable",
        not error,
        "refuse",
        _("La carpeta de datos acepta escrituras y las confirma."),
        _("No se puede escribir en %(folder)s: %(error)s.") % {"folder": folder, "error": error},
        _("Revise el disco, el dueño de la carpeta y AMPARO_HOME."),
    )


def check_private(folder: Path) -> Finding:
    return _finding(
        "home_private",
        folder.is_dir() and _is_private(folder),
        "warn",
        _("Solo esta cuenta entra a la carpeta de datos."),
        _("Otras cuentas de este equipo pueden entrar a la carpeta de datos."),
        _("Ejecute: chmod 700 %(folder)s") % {"folder": folder},
    )


def check_file_system(kind: str) -> Finding:
    """SQLite's WAL needs a disk of this machine that really keeps what it confirms. `kind` "" is unknown:
    fine.
    """
    bad = ""
    if kind in NETWORK_DISKS:
        bad = _("La carpeta de datos está en un disco de red (%(kind)s).") % {"kind": kind}
    elif kind in MEMORY_DISKS:
        bad = _("La carpeta de datos está en memoria: se pierde al apagar.")
    return _finding(
        "local_disk",
        not bad,
        "warn",
        _("La carpeta de datos está en un disco de este equipo."),
        bad,
        _("Mueva AMPARO_HOME a un disco de este equipo."),
    )


def check_room(folder: Path) -> Finding:
    """Free space. With a reserve still to give up, a full disk is no reason to stop taking text."""
    if not folder.is_dir():
        return _finding(
            "disk_room", False, "refuse", "", _("La carpeta de datos no existe."), _("Ejecute «amparo init».")
        )
    free = disk.free_bytes(folder)
    state = disk.judge(free).state
    critical = state == "critical" and not (folder / disk.RESERVE_NAME).exists()
    return _finding(
        "disk_room",
        state == "ok",
        "refuse" if critical else "warn",
        _("Hay lugar en el disco: %(free)d MB libres.") % {"free": free // 1_000_000},
        _("Queda poco lugar en el disco: %(free)d MB libres.") % {"free": free // 1_000_000},
        _("Borre o mueva archivos que no sean de Amparo."),
    )


def check_reserve(folder: Path) -> Finding:
    return _finding(
        "disk_reserve",
        (folder / disk.RESERVE_NAME).exists(),
        "warn",
        _("Hay una reserva para cuando el disco se llene."),
        _("Falta la reserva para cuando el disco se llene."),
        _("Libere espacio en el disco y ejecute «amparo init»."),
    )


def check_assets(manifest: Any) -> Finding:
    return _finding(
        "assets_built",
        bool(manifest),
        "refuse",
        _("Los estilos están construidos."),
        _("Faltan los estilos de las pantallas."),
        _("Ejecute «make assets»."),
    )


def check_catalogues(folders: list[Path]) -> Finding:
    missing = [
        code
        for code, _name in settings.LANGUAGES
        if code != settings.LANGUAGE_CODE
        and not any((Path(folder) / code / "LC_MESSAGES" / "django.mo").is_file() for folder in folders)
    ]
    return _finding(
        "messages_compiled",
        not missing,
        "warn",
        _("Las traducciones están listas."),
        _("Faltan traducciones: %(languages)s.") % {"languages": ", ".join(missing)},
        _("Ejecute «make messages»."),
    )


def sqlite_settings(database: BaseDatabaseWrapper) -> dict[str, Any]:
    """The promises of SQLite as this connection holds them; `version` is that of the library, a tuple."""
    with database.cursor() as cursor:

        def pragma(name: str) -> Any:
            return cursor.execute(f"PRAGMA {name}").fetchone()[0]

        return {
            "version": sqlite3.sqlite_version_info,
            "journal_mode": pragma("journal_mode"),
            "synchronous": pragma("synchronous"),
            "foreign_keys": pragma("foreign_keys"),
            "transaction_mode": getattr(database, "transaction_mode", None),
        }


def check_sqlite(said: Mapping[str, Any]) -> list[Finding]:
    remedy = _("Use las opciones de base de datos que trae Amparo, sin cambios.")
    return [
        _finding(
            "sqlite_version",
            said["version"] >= SQLITE_OLDEST,
            "refuse",
            _("La versión de SQLite es suficiente."),
            _("SQLite es muy antiguo: %(version)s.") % {"version": ".".join(map(str, said["version"]))},
            _("Instale Python con SQLite 3.37 o más nuevo."),
        ),
        _finding(
            "sqlite_journal",
            said["journal_mode"] == "wal",
            "refuse",
            _("Leer y escribir no se estorban en la base de datos."),
            _("SQLite no está en modo WAL sino en %(mode)s.") % {"mode": said["journal_mode"]},
            _("Ponga la carpeta de datos en un disco de este equipo."),
        ),
        _finding(
            "sqlite_synchronous",
            said["synchronous"] in DURABLE_SYNCHRONOUS,
            "refuse",
            _("La base de datos confirma solo lo que está en el disco."),
            _("Un corte de luz perdería datos ya confirmados (synchronous = %(value)s).")
            % {"value": said["synchronous"]},
            remedy,
        ),
        _finding(
            "sqlite_foreign_keys",
            said["foreign_keys"] == 1,
            "refuse",
            _("La base de datos cuida que los datos concuerden."),
            _("La base de datos no cuida que los datos concuerden."),
            remedy,
        ),
        _finding(
            "sqlite_immediate",
            said["transaction_mode"] == "IMMEDIATE",
            "refuse",
            _("Las reglas se revisan con la escritura reservada."),
            _("Dos personas a la vez podrían saltarse una regla (transaction_mode)."),
            remedy,
        ),
    ]


def postgres_settings(database: BaseDatabaseWrapper) -> dict[str, str]:
    """The promises of PostgreSQL as this connection sees them, by their own names."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN"
            " ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version_num', 'server_encoding')"
        )
        return dict(cursor.fetchall())


def check_postgres(said: Mapping[str, str]) -> list[Finding]:
    switches = [
        _finding(
            f"postgres_{name}",
            said[name] in allowed,
            "refuse",
            _("La base de datos confirma solo lo que está en el disco."),
            _("Un corte de luz perdería datos ya confirmados (%(name)s = %(value)s).")
            % {"name": name, "value": said[name]},
            _("En postgresql.conf ponga %(name)s = on y recargue el servidor.") % {"name": name},
        )
        for name, allowed in (
            ("fsync", {"on"}),
            ("full_page_writes", {"on"}),
            ("synchronous_commit", DURABLE_COMMITS),
        )
    ]
    return [
        _finding(
            "postgres_version",
            int(said["server_version_num"]) >= POSTGRES_OLDEST,
            "refuse",
            _("La versión de PostgreSQL es suficiente."),
            _("PostgreSQL es muy antiguo: %(version)s.") % {"version": said["server_version_num"]},
            _("Instale PostgreSQL 14 o más nuevo."),
        ),
        *switches,
        _finding(
            "postgres_encoding",
            said["server_encoding"] == "UTF8",
            "refuse",
            _("La base de datos guarda tildes y eñes."),
            _("La base de datos no guarda bien las tildes (%(encoding)s).")
            % {"encoding": said["server_encoding"]},
            _("Cree la base de datos con ENCODING 'UTF8'."),
        ),
    ]


def check_migrations(executor: MigrationExecutor) -> Finding:
    """The tables are those of this version: none to make, none made by a newer one."""
    loader = executor.loader
    unknown = [
        node
        for node in loader.applied_migrations
        if node[0] in loader.migrated_apps and node not in loader.graph.nodes
    ]
    if unknown:
        return Finding(
            "migrations",
            False,
            "refuse",
            _("La base de datos es de una versión más nueva."),
            _("Actualice Amparo en este equipo."),
        )
    return _finding(
        "migrations",
        not executor.migration_plan(loader.graph.leaf_nodes()),
        "refuse",
        _("La base de datos está al día."),
        _("La base de datos no está al día."),
        _("Haga un respaldo y ejecute «amparo init»."),
    )


def check_clock(now: datetime, newest: datetime | None) -> Finding:
    """The clock is not before what was already recorded.

    A little behind is said: entries keep their order by number, not by hour. More than a day, or before this
    program was written, refuses: ages of figures and ends of accounts would be wrong.
    """
    floor = max(newest or WRITTEN_IN, WRITTEN_IN)
    behind = floor - now
    return _finding(
        "clock",
        behind <= CLOCK_PATIENCE,
        "refuse" if behind > CLOCK_LIMIT else "warn",
        _("El reloj va después del último dato guardado."),
        _("El reloj está atrasado: marca %(now)s y hay datos de %(newest)s.")
        % {
            "now": f"{timezone.localtime(now):%Y-%m-%d %H:%M}",
            "newest": f"{timezone.localtime(floor):%Y-%m-%d %H:%M}",
        },
        _("Ponga la hora del equipo y revise su batería."),
    )


def recorded_exercise() -> bool | None:
    """What the ledger's beginning says: exercise, real, or nothing (None)."""
    for entry in LedgerEntry.objects.order_by("pk")[:BEGINNING]:
        if entry.verb == BEGUN:
            said = ledger.payload(entry)
            return None if said is None else bool(said.get("exercise"))
    return None


def check_exercise(*, marked: bool, recorded: bool | None) -> Finding:
    """Invented people never pass for real ones, nor the reverse."""
    return _finding(
        "exercise_marker",
        recorded is None or marked == recorded,
        "refuse",
        _("La marca de PRÁCTICA y los datos dicen lo mismo."),
        _("Los datos son inventados y falta la marca de PRÁCTICA.")
        if recorded
        else _("Los datos son reales y la carpeta dice PRÁCTICA."),
        _("Restaure el respaldo completo; no mueva archivos sueltos."),
    )


def file_system(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of file system (`ext4`, `nfs4`) where `folder` lies; "" where the machine does not say."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    lies = folder.resolve()
    found, kind = -1, ""
    for line in lines:
        before, _dash, after = line.partition(" - ")
        point = Path(before.split(" ")[4].encode().decode("unicode_escape"))
        if lies.is_relative_to(point) and len(point.parts) >= found:  # of two on one point, the later covers
            found, kind = len(point.parts), after.split(" ")[0]
    return kind


def _is_private(path: Path) -> bool:
    status = path.stat()
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _finding(code: str, ok: bool, level: Level, good: str, bad: str, remedy: str) -> Finding:
    return Finding(code, ok, level, good if ok else bad, "" if ok else remedy)

"""The health of this installation in words: what is well, what is not, and what to do. No content, no names."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from cryptography import x509
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from amparo.config import care
from amparo.config.lan import ROOT, SERVER
from amparo.intake.models import Device, RawMessage
from amparo.kernel import disk, ledger
from amparo.kernel.access import standing
from amparo.kernel.dropbox import drop_key_files, made_at
from amparo.kernel.jobs import RECLAIM_SECONDS
from amparo.kernel.models import Holding, User, WorkerLease
from amparo.kernel.permissions import Kernel
from amparo.kernel.selfcheck import run_checks
from amparo.parties.queries.accounts import alive, ending_soon
from amparo.toolkit import formats
from amparo.toolkit.doors import opened_by, person

log = logging.getLogger(__name__)

BACKUP_OLD, REHEARSAL_OLD, VERIFICATION_OLD = timedelta(days=2), timedelta(days=92), timedelta(days=8)
MESSAGES_WAIT = timedelta(minutes=5)
PHONE_SILENT = timedelta(hours=48)
CERTIFICATE_SOON, CERTIFICATE_NOW = timedelta(days=30), timedelta(days=7)
DROP_KEY_OLD = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing of health. `kind`: cumple (well), bajo (soon), grave (now), nada (nobody knows)."""

    kind: str
    title: str
    words: str
    do: str = ""


def signs(now: datetime) -> list[Sign]:
    """Everything, the worst first. Takes well under a second; what cannot be read is said, never raised."""
    found = [
        *_readable(_("Promesas sobre los datos"), _promises()),
        *_readable(_("Disco"), _room()),
        *_readable(_("Trabajos de fondo"), _work(now)),
        *_readable(_("Respaldo"), _care(now)),
        *_readable(_("Certificado del servidor"), _certificates(now)),
        *_readable(_("Llave de los formularios"), _drop_key(now)),
        *_readable(_("Teléfonos"), _phones(now)),
        *_readable(_("Cuentas"), _people(now)),
    ]
    order = {"grave": 0, "bajo": 1, "nada": 2, "cumple": 3}
    return sorted(found, key=lambda sign: order[sign.kind])


def _readable(title: str, signs: Iterator[Sign]) -> Iterator[Sign]:
    """These signs; where one of them cannot be read, a sign that says so: the others are still told."""
    try:
        yield from signs
    except Exception:
        log.exception("a sign of health cannot be read")
        yield Sign(
            "nada",
            title,
            _("No se pudo revisar: un archivo está dañado o no se puede leer."),
            _("Ejecute «amparo check» y mire los avisos del servidor."),
        )


def installed_version() -> str:
    try:
        return version("amparo")
    except PackageNotFoundError:
        return ""


def _promises() -> Iterator[Sign]:
    """What `amparo check` says, gathered: only what is broken takes a line of its own."""
    broken = [finding for finding in run_checks() if not finding.ok and finding.code not in ("disk_room",)]
    for finding in broken:
        kind = "grave" if finding.level == "refuse" else "bajo"
        yield Sign(kind, _("Promesas sobre los datos"), finding.message, finding.remedy)
    if not broken:
        yield Sign(
            "cumple", _("Promesas sobre los datos"), _("Se cumplen: base de datos, llaves, carpeta, reloj.")
        )


def _room() -> Iterator[Sign]:
    free = disk.free_bytes(settings.HOME.path)
    state = disk.judge(free).state
    words = _("%(free)s libres en el disco de los datos.") % {"free": f"{formats.number(free / 1e9)} GB"}
    if state == "ok":
        yield Sign("cumple", _("Disco"), words)
        return
    yield Sign(
        "grave" if state == "critical" else "bajo",
        _("Disco"),
        words + " " + _("Las fotos se dejan de recibir primero; los textos, al final."),
        _("Borre o mueva archivos que no sean de Amparo, o ponga un disco mayor."),
    )


def _work(now: datetime) -> Iterator[Sign]:
    alive_since = now - timedelta(seconds=RECLAIM_SECONDS)
    if WorkerLease.objects.filter(renewed_at__gt=alive_since).exists():
        jobs = DBTaskResult.objects.filter(status=TaskResultStatus.READY).count()
        failed = DBTaskResult.objects.filter(
            status=TaskResultStatus.FAILED, finished_at__gt=now - timedelta(days=1)
        ).count()
        words = (
            _("Trabaja.") + " " + ngettext("%(n)s tarea espera.", "%(n)s tareas esperan.", jobs) % {"n": jobs}
        )
        yield Sign("cumple", _("Trabajos de fondo"), words)
        if failed:
            yield Sign(
                "bajo",
                _("Trabajos de fondo"),
                ngettext("%(n)s tarea falló hoy.", "%(n)s tareas fallaron hoy.", failed) % {"n": failed},
                _("Pídala otra vez donde la pidió. Si falla de nuevo, mire los avisos del servidor."),
            )
    else:
        yield Sign(
            "grave",
            _("Trabajos de fondo"),
            _("Nadie los hace. Lo que llega se guarda, pero no se ve en los albergues."),
            _("Detenga y vuelva a iniciar «amparo serve». Lo guardado no se pierde."),
        )
    oldest = (
        RawMessage.objects.filter(state=RawMessage.State.RECEIVED)
        .order_by("pk")
        .values_list("received_at", flat=True)
        .first()
    )
    if oldest is not None and now - oldest > MESSAGES_WAIT:
        yield Sign(
            "bajo",
            _("Mensajes"),
            _("El más antiguo espera desde %(when)s sin aplicarse.") % {"when": formats.moment(oldest)},
            _("Si los trabajos de fondo andan, espere. Si no, reinicie «amparo serve»."),
        )


def _care(now: datetime) -> Iterator[Sign]:
    for what, title, old, never, do in (
        (
            "backup",
            _("Respaldo"),
            BACKUP_OLD,
            _("Nunca se hizo uno desde aquí."),
            _("Conecte un disco y ejecute «amparo backup». Vea Respaldos."),
        ),
        (
            "rehearsal",
            _("Ensayo de restauración"),
            REHEARSAL_OLD,
            _("Nadie ha probado que un respaldo abre."),
            _("Restaure un respaldo en otra carpeta y anótelo en Respaldos."),
        ),
        (
            "verification",
            _("Bitácora"),
            VERIFICATION_OLD,
            _("Nadie la ha revisado entera."),
            _("Ejecute «amparo ledger verify»."),
        ),
    ):
        done = care.last(what)  # type: ignore[arg-type]
        if done is None:
            yield Sign("bajo", title, never, do)
        elif not done.ok:
            yield Sign(
                "grave",
                title,
                _("La última vez, %(when)s, no salió bien.") % {"when": formats.moment(done.at, now)},
                _("Pare, copie la carpeta como está y compare con un respaldo."),
            )
        else:
            words = _("La última vez: %(when)s.") % {"when": formats.moment(done.at, now)}
            late = now - done.at > old
            if what == "backup" and done.facts.get("same_disk"):
                yield Sign(
                    "bajo",
                    title,
                    words + " " + _("Está en el mismo disco que los datos."),
                    _("Copie el archivo a otro disco y llévelo a otro lugar."),
                )
            else:
                yield Sign("bajo" if late else "cumple", title, words, do if late else "")


def _certificates(now: datetime) -> Iterator[Sign]:
    """Until when browsers are answered, by a certificate brought from outside or by those of a local network.

    The files of a local network that was served once and is served no more harm nobody.
    """
    server, authority = _("Certificado del servidor"), _("Autoridad de certificados")
    if settings.CERTIFICATE_ENDS_AT is not None:
        do = _("Pida otro donde lo obtuvo y reinicie «amparo serve» con él (--cert y --key).")
        yield _ending(settings.CERTIFICATE_ENDS_AT, now, server, do)
    if not settings.LAN_SERVED:
        return
    for name, title, do in (
        (SERVER, server, _("Se renueva solo al reiniciar «amparo serve --lan».")),
        (ROOT, authority, _("Reinicie «amparo serve --lan». Cada teléfono tendrá que confiar de nuevo.")),
    ):
        path = settings.HOME.keys / name
        if path.is_file():
            ends_at = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
            yield _ending(ends_at, now, title, do)


def _ending(ends_at: datetime, now: datetime, title: str, do: str) -> Sign:
    date = {"date": formats.day(ends_at)}
    left = ends_at - now
    if left <= timedelta(0):
        return Sign("grave", title, _("Venció el %(date)s: nadie puede entrar sin un aviso.") % date, do)
    if left > CERTIFICATE_SOON:
        return Sign("cumple", title, _("Vale hasta el %(date)s.") % date)
    words = ngettext(
        "Vale hasta el %(date)s: falta %(n)s día.", "Vale hasta el %(date)s: faltan %(n)s días.", left.days
    )
    return Sign("grave" if left <= CERTIFICATE_NOW else "bajo", title, words % (date | {"n": left.days}), do)


def _drop_key(now: datetime) -> Iterator[Sign]:
    """How old the key is to which browsers seal; that there is one is a promise of its own."""
    files = drop_key_files(settings.HOME.keys)
    if not files:
        return
    since = made_at(files[-1])
    age = max((now - since).days, 0)
    days = ngettext("Tiene %(n)s día: es del %(date)s.", "Tiene %(n)s días: es del %(date)s.", age)
    words = days % {"date": formats.day(since), "n": formats.number(age)} if age else _("Es de hoy.")
    old = now - since > DROP_KEY_OLD
    do = _("Ejecute «amparo keys rotate» y después «amparo backup».") if old else ""
    yield Sign("bajo" if old else "cumple", _("Llave de los formularios"), words, do)


def _phones(now: datetime) -> Iterator[Sign]:
    living = Device.objects.filter(revoked_at=None, user__is_active=True)
    total = living.count()
    if not total:
        return
    lately = RawMessage.objects.filter(by=OuterRef("user"), received_at__gt=now - PHONE_SILENT)
    silent = living.filter(recorded_at__lt=now - PHONE_SILENT).exclude(Exists(lately)).count()
    if silent:
        yield Sign(
            "bajo",
            _("Teléfonos"),
            _("%(silent)s de %(total)s no han enviado nada en 48 horas.")
            % {"silent": silent, "total": total},
            _("Llame a quien los usa. Si uno se perdió, córtelo en Teléfonos."),
        )
    else:
        yield Sign(
            "cumple", _("Teléfonos"), _("Los %(total)s enviaron en las últimas 48 horas.") % {"total": total}
        )


def _people(now: datetime) -> Iterator[Sign]:
    people = User.objects.filter(kind=User.Kind.PERSON)
    soon = ending_soon(people, now).count()
    if soon:
        yield Sign(
            "bajo",
            _("Cuentas"),
            ngettext("%(n)s termina en 14 días.", "%(n)s terminan en 14 días.", soon) % {"n": soon},
            _("Renueve las que siguen, en Cuentas."),
        )
    administering = standing(Holding.objects.filter(role="administrator", user__in=alive(people, now)), now)
    if administering.values("user").distinct().count() < 2:
        yield Sign(
            "bajo",
            _("Administración"),
            _("Solo una persona administra. Si falta, nadie da códigos ni renueva."),
            _("Dé el cargo a otra persona de confianza, con su propia cuenta."),
        )


@opened_by(Kernel.SEE_HEALTH)
def health(request: HttpRequest) -> HttpResponse:
    found = signs(timezone.now())
    context = {
        "signs": found,
        "red": [sign for sign in found if sign.kind == "grave"],
        "amber": [sign for sign in found if sign.kind in ("bajo", "nada")],
        "installed": installed_version(),
        "database": "PostgreSQL"
        if settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
        else "SQLite",
    }
    return render(request, "briefing/health.html", context)


@opened_by(Kernel.SEE_HEALTH)
def backups(request: HttpRequest) -> HttpResponse:
    """When the last ones were made, how to make and rehearse one. A POST notes that one was restored for practice."""
    if request.method == "POST":
        with transaction.atomic():
            ledger.record("backup.rehearsed", by=person(request))
        care.note("rehearsal")
        messages.success(request, _("Anotado: un respaldo abrió hoy."))
        return HttpResponseRedirect(reverse("backups"))
    context = {"backup": care.last("backup"), "rehearsal": care.last("rehearsal"), "old": BACKUP_OLD}
    return render(request, "briefing/backups.html", context)

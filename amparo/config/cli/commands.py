"""The commands. Each reads its words, asks an action or a query, and says what came of it."""

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.config.cli.talk import (
    actor,
    ask,
    emit,
    err,
    json_option,
    out,
    pairs,
    progress,
    ready,
    table,
    yes_option,
)
from amparo.kernel import ledger
from amparo.kernel.refusals import Refused
from amparo.kernel.turns import turn
from amparo.sites.queries.gaps import Moment

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    context_settings=CONTEXT, help=_("Amparo: albergues, personas, ayuda y la evidencia de la respuesta.")
)
def amparo() -> None:
    pass


# --- the installation


@amparo.command(
    help=_("Preparar esta instalación: llaves, base de datos, lugares y formulario. Repetir no cambia nada.")
)
@click.option("--organisation", default="", help=_("Institución responsable de los datos."))
@click.option("--admin", default="", metavar="CUENTA", help=_("Crear la primera cuenta de administración."))
@click.option(
    "--exercise", is_flag=True, help=_("Llenar con la práctica: datos inventados, aparte de los reales.")
)
@click.option("--quiet", is_flag=True, help=_("No mostrar nada si no hay cambios."))
@json_option
def init(organisation: str, admin: str, exercise: bool, quiet: bool, as_json: bool) -> None:
    from amparo.config.exercise import ORGANISATION, fill_exercise
    from amparo.config.installation import HERE, first_admin, make_ready

    if exercise and settings.HOME.exists and not settings.HOME.exercise.exists():
        raise Refused(
            "not_an_exercise",
            _("En %(home)s hay datos reales. La práctica va en otra carpeta (AMPARO_HOME).")
            % {"home": settings.HOME.path},
        )
    if exercise and not settings.HOME.exercise.exists():
        settings.HOME.path.mkdir(parents=True, exist_ok=True)
        settings.HOME.exercise.write_text("Datos inventados. Nada es real.\n", encoding="utf-8")
    done = make_ready(organisation=organisation or (ORGANISATION if exercise else HERE))
    if exercise:
        fill_exercise()
    password = first_admin(admin) if admin else ""
    if as_json:
        emit({"home": str(settings.HOME.path), "new": done.new, "admin": admin, "password": password})
        return
    if admin:
        out.print(_("Cuenta de administración: %(admin)s") % {"admin": admin})
        out.print(
            _("Contraseña (se muestra una sola vez): %(password)s") % {"password": password}, highlight=False
        )
    if done.new or not quiet:
        out.print(_("Instalación lista: %(home)s") % {"home": settings.HOME.path}, highlight=False)


@amparo.command(
    name="begin", help=_("De la práctica a la de verdad: un sistema vacío con su primera administración.")
)
@click.option("--organisation", prompt=_("Institución"), help=_("Institución responsable de los datos."))
@click.option("--admin", prompt=_("Cuenta"), metavar="CUENTA", help=_("La primera cuenta de administración."))
@json_option
@ready
def begin_command(organisation: str, admin: str, as_json: bool) -> None:
    from amparo.config.beginning import begin

    begun = begin(organisation=organisation, admin=admin)
    if as_json:
        emit({"home": str(begun.home), "admin": begun.username, "password": begun.password})
        return
    out.print(_("Instalación lista: %(home)s") % {"home": begun.home}, highlight=False)
    out.print(_("Cuenta de administración: %(admin)s") % {"admin": begun.username})
    out.print(
        _("Contraseña (se muestra una sola vez): %(password)s") % {"password": begun.password},
        highlight=False,
    )


@amparo.command(help=_("Encender Amparo: páginas, teléfonos y trabajos de fondo."))
@click.option("--port", default=8000, show_default=True, help=_("Puerto."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("Dirección en la que escucha."))
@click.option(
    "--lan", is_flag=True, help=_("Para los teléfonos de la red local: HTTPS con certificado propio.")
)
@click.option("--cert", type=click.Path(exists=True, path_type=Path), help=_("Certificado propio (PEM)."))
@click.option("--key", type=click.Path(exists=True, path_type=Path), help=_("Llave del certificado (PEM)."))
@click.option("--no-worker", is_flag=True, help=_("Sin trabajos de fondo (se encienden aparte)."))
@ready
def serve(port: int, host: str, lan: bool, cert: Path | None, key: Path | None, no_worker: bool) -> None:
    from amparo.config.serving import serve_installation

    serve_installation(host=host, port=port, lan=lan, certificate=cert, key=key, with_worker=not no_worker)


@amparo.command(help=_("Aplicar mensajes, hacer los trabajos de fondo y sellar la bitácora."))
@ready
def worker() -> None:
    from amparo.config.worker import Worker

    Worker().run()


@amparo.command(help=_("Revisar que las promesas se cumplen: base de datos, llaves, disco, reloj."))
@json_option
def check(as_json: bool) -> None:
    from amparo.config.lan import check_certificates
    from amparo.kernel.selfcheck import run_checks

    findings = [*run_checks(), *check_certificates(settings.HOME, timezone.now())]
    if as_json:
        emit(
            [
                {"code": f.code, "ok": f.ok, "level": f.level, "message": f.message, "remedy": f.remedy}
                for f in findings
            ]
        )
    else:
        for finding in findings:
            mark = (
                "[green]✔[/green]"
                if finding.ok
                else ("[red]✘[/red]" if finding.level == "refuse" else "[yellow]![/yellow]")
            )
            out.print(
                f"{mark} {finding.message}" + ("" if finding.ok else f"\n    {finding.remedy}"),
                highlight=False,
            )
    if any(not finding.ok and finding.level == "refuse" for finding in findings):
        sys.exit(1)


@amparo.command(help=_("Guardar todo, cifrado, en un archivo."))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--passphrase-file", type=click.Path(exists=True, path_type=Path), help=_("Archivo con la frase secreta.")
)
@click.option("--recipient", default="", help=_("Llave pública age, en lugar de una frase."))
@json_option
@ready
def backup(target: Path, passphrase_file: Path | None, recipient: str, as_json: bool) -> None:
    from amparo.config import care
    from amparo.kernel.backup import backup as write_backup

    passphrase = _passphrase(passphrase_file, confirm=True) if not recipient else None
    report = write_backup(target, passphrase=passphrase, recipient=recipient or None)
    care.note("backup", size=report.size, same_disk=report.same_disk)
    if as_json:
        emit(asdict(report))
    else:
        out.print(_("Respaldo guardado en %(target)s") % {"target": report.path}, highlight=False)
        if report.same_disk:
            err.print(_("Está en el mismo disco que los datos. Llévelo a otro."), highlight=False)


@amparo.command(help=_("Restaurar un respaldo en una carpeta vacía (AMPARO_HOME)."))
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--passphrase-file", type=click.Path(exists=True, path_type=Path), help=_("Archivo con la frase secreta.")
)
@click.option(
    "--identity", type=click.Path(exists=True, path_type=Path), help=_("Archivo con la llave privada age.")
)
def restore(source: Path, passphrase_file: Path | None, identity: Path | None) -> None:
    from amparo.config.installation import make_ready
    from amparo.kernel.backup import restore as read_backup

    read_backup(
        source,
        settings.HOME.path,
        passphrase=_passphrase(passphrase_file, confirm=False) if identity is None else None,
        identity=_identity(identity) if identity else None,
    )
    make_ready()
    out.print(
        _("Respaldo restaurado en %(home)s. Revise con: amparo ledger verify") % {"home": settings.HOME.path}
    )


def _identity(file: Path) -> str:
    """The secret key in a file that age-keygen wrote: the line that is no comment."""
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    return click.prompt(_("Frase secreta"), hide_input=True, confirmation_prompt=confirm)


# --- accounts


@amparo.group(help=_("Cuentas de personas y sus cargos."))
def accounts() -> None:
    pass


def _account(username: str) -> Any:
    from amparo.kernel.models import User

    found = User.objects.filter(username__iexact=username, kind=User.Kind.PERSON).first()
    if found is None:
        raise Refused("unknown_account", _("No hay una cuenta «%(name)s».") % {"name": username})
    return found


def _scope_of(place: str) -> str:
    """The path of a place by its code, or of one centre by its own short code ("ALB 12")."""
    from amparo.places.queries import resolve
    from amparo.sites.models import Site

    centre = Site.objects.filter(code__iexact=place).first() if place else None
    if centre is not None:
        return centre.path
    where = resolve(code=place).place if place else None
    if place and where is None:
        raise Refused("unknown_place", _("No existe el lugar «%(place)s».") % {"place": place})
    return where.path if where else ""


@accounts.command(name="add", help=_("Crear una cuenta con un cargo y mostrar su contraseña una sola vez."))
@click.argument("username")
@click.option("--name", required=True, help=_("Nombre de la persona."))
@click.option("--role", required=True, help=_("Cargo (ver: amparo accounts roles)."))
@click.option(
    "--place",
    default="",
    help=_("Código P, o código de un albergue, donde puede actuar. Vacío: en todas partes."),
)
@click.option("--organisation", default="", help=_("Su institución; se agrega si es nueva."))
@click.option(
    "--organisation-kind", default="government", show_default=True, help=_("Qué es la institución nueva.")
)
@json_option
@ready
def add_account(
    username: str, name: str, role: str, place: str, organisation: str, organisation_kind: str, as_json: bool
) -> None:
    from django.db import transaction

    from amparo.kernel.actions import add_organisation, add_user, give_password, grant
    from amparo.kernel.models import Organisation

    by, scope = actor(), _scope_of(place)
    with transaction.atomic():
        body = by.organisation
        if organisation:
            there = Organisation.objects.filter(name=organisation).first()
            body = there or add_organisation(by=by, name=organisation, kind=organisation_kind)
        user = add_user(by=by, username=username, name=name, organisation=body)
        grant(by=by, user=user, role=role, scope=scope)
        password = give_password(user, by=by)
    data = {"username": user.username, "password": password, "role": role, "scope": scope}
    emit(data) if as_json else pairs(data)


@accounts.command(name="roles", help=_("Ver los cargos que hay."))
@json_option
def list_roles(as_json: bool) -> None:
    from amparo.kernel.access import roles

    known = {name: str(role.label) for name, role in roles().items() if name not in ("console", "device")}
    emit(known) if as_json else pairs(known)


@accounts.command(name="grant", help=_("Dar otro cargo a una cuenta."))
@click.argument("username")
@click.argument("role")
@click.option(
    "--place",
    default="",
    help=_("Código P, o código de un albergue, donde puede actuar. Vacío: en todas partes."),
)
@ready
def grant_role(username: str, role: str, place: str) -> None:
    from amparo.kernel.actions import grant

    grant(by=actor(), user=_account(username), role=role, scope=_scope_of(place))
    out.print(_("Listo."))


@accounts.command(name="password", help=_("Dar una contraseña nueva, que se muestra una sola vez."))
@click.argument("username")
@ready
def new_password(username: str) -> None:
    from django.db import transaction

    from amparo.kernel.actions import give_password
    from amparo.parties.actions.tokens import revoke_tokens

    user, by = _account(username), actor()
    with transaction.atomic():
        password = give_password(user, by=by)
        revoke_tokens(user, by=by)
    out.print(password, highlight=False)


@accounts.command(name="end", help=_("Cerrar una cuenta de inmediato."))
@click.argument("username")
@click.option("--why", required=True, help=_("Por qué."))
@ready
def end_account(username: str, why: str) -> None:
    from django.db import transaction

    from amparo.kernel.actions import end_user
    from amparo.parties.actions.tokens import revoke_tokens

    user, by = _account(username), actor()
    with transaction.atomic():
        end_user(user, by=by, why=why)
        revoke_tokens(user, by=by)
    out.print(_("Cerrada. Lo que hizo sigue en la bitácora."))


# --- keys


@amparo.group(name="keys", help=_("Llaves de esta instalación."))
def keys_group() -> None:
    pass


@keys_group.command(
    name="rotate",
    help=_(
        "Estrenar llave para los formularios del navegador. Lo sellado con las anteriores se sigue abriendo."
    ),
)
@yes_option
@json_option
@ready
def rotate_key(yes: bool, as_json: bool) -> None:
    from amparo.kernel.actions import rotate_drop_key
    from amparo.kernel.dropbox import drop_key_files

    if not yes:
        ask(_("¿Estrenar llave? Ningún teléfono pierde lo que guarda."))
    key = rotate_drop_key(by=actor())
    older = len(drop_key_files(settings.HOME.keys)) - 1
    if as_json:
        emit({"key": key.name.hex(), "older": older})
        return
    out.print(_("Llave nueva: %(key)s") % {"key": key.name.hex()}, highlight=False)
    out.print(
        ngettext(
            "%(n)s anterior abre lo que los teléfonos sellaron con ella.",
            "%(n)s anteriores abren lo que los teléfonos sellaron con ellas.",
            older,
        )
        % {"n": older}
    )
    out.print(_("Haga un respaldo hoy: el de ayer no trae esta llave."))


# --- the ledger


@amparo.group(name="ledger", help=_("La bitácora: quién hizo qué, cuándo y por qué."))
def ledger_group() -> None:
    pass


@ledger_group.command(help=_("Buscar entradas cambiadas, quitadas o movidas."))
@json_option
@ready
def verify(as_json: bool) -> None:
    from amparo.config import care

    ledger.seal_tail()
    found = ledger.verify(settings.HOME.path / ledger.ANCHORS)
    care.note("verification", ok=found.intact, entries=found.entries)
    if as_json:
        emit({**vars(found), "intact": found.intact})
    else:
        for warning in found.warnings:
            err.print(warning, highlight=False, markup=False)
        for problem in found.problems:
            err.print(problem, highlight=False, markup=False)
        if found.intact:
            words = _(
                "La bitácora está íntegra: %(entries)d entradas, %(seals)d sellos, %(erased)d borradas con constancia."
            )
            out.print(
                words % {"entries": found.entries, "seals": found.seals, "erased": found.erased},
                highlight=False,
            )
    if not found.intact:
        sys.exit(1)


@ledger_group.command(
    name="anchors-lost",
    help=_("Dejar constancia de que los sellos guardados aparte se perdieron y no hay copia."),
)
@click.option("--why", required=True, help=_("Por qué."))
@ready
def anchors_lost(why: str) -> None:
    if not ledger.tell_anchors_lost(settings.HOME.path / ledger.ANCHORS, by=actor(), why=why):
        raise Refused("no_anchors_lost", _("No falta ninguno. No se cambió nada."))
    out.print(_("Queda en la bitácora. La revisión lo dirá como advertencia."))


@ledger_group.command(name="show", help=_("Ver las últimas entradas."))
@click.option("--last", default=20, show_default=True)
@json_option
@ready
def show_ledger(last: int, as_json: bool) -> None:
    from amparo.kernel.models import LedgerEntry, User

    entries = list(LedgerEntry.objects.order_by("-pk")[:last])
    names = dict(User.objects.filter(uid__in={entry.by for entry in entries}).values_list("uid", "name"))
    rows = [
        {
            "counter": e.counter,
            "at": e.at,
            "verb": e.verb,
            "by": names.get(e.by, "") if e.by else "",
            "subject": e.subject,
        }
        for e in entries
    ]
    if as_json:
        emit(rows)
    else:
        table(
            _("Bitácora"),
            ["#", _("Cuándo"), _("Qué"), _("Quién")],
            [[r["counter"], _when(r["at"]), r["verb"], r["by"]] for r in rows],
        )


def _when(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M:%S")


# --- places


@amparo.group(help=_("Países, departamentos y municipios, con sus códigos P."))
def places() -> None:
    pass


@places.command(name="search", help=_("Buscar un lugar como se escribe o como suena."))
@click.argument("text")
@json_option
@ready
def search_places(text: str, as_json: bool) -> None:
    from amparo.places.queries import label, search

    found = search(text)
    if as_json:
        emit(
            [
                {"code": p.code, "name": p.name, "level": p.level, "country": p.country, "path": p.path}
                for p in found
            ]
        )
    else:
        table(_("Lugares"), [_("Código"), _("Lugar")], [[p.code, label(p)] for p in found])


@places.command(
    name="import", help=_("Importar lugares de otro país, o límites: CSV de códigos P, GeoJSON o TopoJSON.")
)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--boundaries", is_flag=True, help=_("Importar solo los límites de lugares ya conocidos."))
@json_option
@ready
def import_places_command(file: Path, boundaries: bool, as_json: bool) -> None:
    from amparo.places.actions import import_boundaries, import_places

    report: Any = (import_boundaries if boundaries else import_places)(by=actor(), path=file)
    data = (
        report
        if isinstance(report, dict)
        else {name: getattr(report, name) for name in report.__dataclass_fields__}
    )
    emit(data) if as_json else pairs(
        {name: value for name, value in data.items() if isinstance(value, int | str)}
    )


@places.command(
    name="merge",
    help=_("Unir un lugar provisional (su código empieza con ~) con el lugar verdadero, ya conocido."),
)
@click.argument("provisional")
@click.argument("into")
@yes_option
@json_option
@ready
def merge_places(provisional: str, into: str, yes: bool, as_json: bool) -> None:
    from amparo.places.actions import merge_place
    from amparo.places.models import Place
    from amparo.places.queries import label, resolve
    from amparo.sites.queries.sites import visible_to, within

    by = actor()
    place = Place.objects.select_related("parent").filter(code__iexact=provisional).first()
    real = resolve(code=into).place
    if place is None or real is None:
        unknown = provisional if place is None else into
        raise Refused("unknown_place", _("No existe el lugar «%(place)s».") % {"place": unknown})
    sites = within(visible_to(by), place).count()
    if not yes:
        pairs({_("Provisional"): label(place), _("Verdadero"): label(real), _("Albergues"): sites})
        ask(_("¿Unir %(code)s con %(into)s?") % {"code": place.code, "into": real.code})
    done = merge_place(place, by=by, into=real)
    if as_json:
        emit(
            {
                "provisional": place.code,
                "into": real.code,
                "sites": sites,
                "merged": done.merged,
                "moved": done.moved,
                "names": done.names,
            }
        )
    else:
        pairs(
            {
                _("Albergues que ahora están ahí"): sites,
                _("Lugares unidos"): len(done.merged),
                _("Lugares movidos"): len(done.moved),
                _("Nombres que ahora lo encuentran"): ", ".join(done.names) or "-",
            }
        )


# --- sites


@amparo.group(help=_("Albergues y lugares posibles."))
def sites() -> None:
    pass


@sites.command(
    name="import", help=_("Importar una lista de albergues de una hoja (CSV, XLSX, ODS, GeoJSON).")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping", default="sites", show_default=True, help=_("Guía de lectura: nombre o archivo .toml.")
)
@click.option("--sheet", default=None, help=_("Hoja dentro del libro."))
@yes_option
@json_option
@ready
def import_sites_command(file: Path, mapping: str, sheet: str | None, yes: bool, as_json: bool) -> None:
    from django.db import transaction

    from amparo.intake.actions.sheets import apply_sites, read_sheet

    by = actor()
    reading = read_sheet(file, mapping=mapping, by=by, sheet=sheet)
    if not yes:
        with turn(), transaction.atomic():
            preview = apply_sites(reading, by=by, holder=by.organisation)
            transaction.set_rollback(True)
        pairs(_import_words(preview, reading))
        ask(_("¿Aplicar?"))
    with turn():
        report = apply_sites(reading, by=by, holder=by.organisation)
    data = {
        "rows": report.rows,
        "placed": report.placed,
        "review": report.review,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "changed": report.changed,
        "repeated": report.repeated,
        "repeated_coordinates": report.repeated_coordinates,
        "observations": report.observations,
        "rejected": len(reading.rejected),
        "flagged": dict(report.flagged),
        "rejected_rows": [{"row": row, "message": words} for row, words in reading.rejected],
        "problems": [{"row": row, "code": code, "message": words} for row, code, words in reading.problems],
        "notes": [{"code": note.code, "message": note.message} for note in reading.notes],
        "import": report.entry.counter if report.entry else None,
    }
    emit(data) if as_json else pairs(_import_words(report, reading))


def _rows(numbers: list[int]) -> str:
    """How many rows, and which."""
    if not numbers:
        return "0"
    more = len(numbers) - 10
    told = ", ".join(map(str, numbers[:10])) + (
        " " + _("y %(count)d más") % {"count": more} if more > 0 else ""
    )
    return f"{len(numbers)} ({_('filas %(numbers)s') % {'numbers': told}})"


def _import_words(report: Any, reading: Any) -> dict[str, Any]:
    from amparo.briefing.words import flag

    return {
        _("Filas"): report.rows,
        _("Con lugar confirmado"): report.placed,
        _("Con lugar por confirmar"): report.review,
        _("Nuevos"): report.created,
        _("Cambiados"): report.updated,
        _("Iguales"): report.unchanged,
        _("Repiten nombre y colonia"): report.repeated,
        _("Repiten coordenadas"): report.repeated_coordinates,
        _("Datos"): report.observations,
        _("Señalados"): "\n".join(f"{flag(code, '')}: {count}" for code, count in report.flagged.items())
        or 0,
        _("Filas sin nombre de albergue"): _rows([row for row, _words in reading.rejected]),
        _("Celdas que no se entienden"): _rows([row for row, _code, _words in reading.problems]),
        _("Además"): "\n".join(note.message for note in reading.notes) or "-",
    }


@sites.command(name="undo", help=_("Deshacer una importación de albergues (la última, si no se dice cuál)."))
@click.argument("number", type=int, required=False)
@yes_option
@json_option
@ready
def undo_sites(number: int | None, yes: bool, as_json: bool) -> None:
    from amparo.kernel.models import LedgerEntry
    from amparo.sites.actions.importing import IMPORTED, last_import, undo_import

    entry = LedgerEntry.objects.filter(counter=number, verb=IMPORTED).first() if number else last_import()
    if entry is None:
        raise Refused("no_import", _("No hay una importación que deshacer."))
    if not yes:
        when = timezone.localtime(entry.at).strftime("%d/%m/%Y %H:%M")
        ask(_("¿Deshacer la importación %(number)d del %(when)s?") % {"number": entry.counter, "when": when})
    done = undo_import(entry, by=actor())
    emit(done) if as_json else pairs(
        {_("Quitados"): done["erased"], _("Como antes"): done["restored"], _("Conservados"): done["kept"]}
    )


@sites.command(name="list", help=_("Ver los albergues."))
@click.option(
    "--status", type=click.Choice(["open", "closed", "candidate"]), default="open", show_default=True
)
@json_option
@ready
def list_sites(status: str, as_json: bool) -> None:
    from amparo.sites.queries.sites import visible_to

    found = visible_to(actor()).filter(status=status)
    rows = [
        {
            "code": s.code,
            "name": s.name,
            "place": s.place.code,
            "place_name": s.place.name,
            "doubt": s.place_doubt,
            "uid": str(s.uid),
        }
        for s in found
    ]
    if as_json:
        emit(rows)
    else:
        table(
            _("Albergues"),
            [_("Código"), _("Nombre"), _("Municipio")],
            [[r["code"], r["name"], r["place_name"]] for r in rows],
        )


# --- assessments and gaps


@amparo.group(help=_("Evaluaciones de albergues que llegan en hojas."))
def assessments() -> None:
    pass


@assessments.command(name="import", help=_("Importar evaluaciones de una hoja, con una guía de lectura."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", required=True, help=_("Guía de lectura: nombre (dtm-b3) o archivo .toml."))
@click.option("--sheet", default=None, help=_("Hoja dentro del libro."))
@yes_option
@json_option
@ready
def import_assessments(file: Path, mapping: str, sheet: str | None, yes: bool, as_json: bool) -> None:
    from amparo.intake.actions.sheets import apply_assessments, read_sheet

    by = actor()
    reading = read_sheet(file, mapping=mapping, by=by, sheet=sheet)
    if not yes:
        pairs(
            {
                _("Filas"): len(reading.facts),
                _("Filas sin nombre de albergue"): _rows([row for row, _words in reading.rejected]),
                _("Celdas que no se entienden"): _rows([row for row, _code, _words in reading.problems]),
                _("Guía de lectura"): str(reading.mapping),
                _("Además"): "\n".join(note.message for note in reading.notes) or "-",
            }
        )
        ask(_("¿Aplicar?"))
    with progress(_("Aplicando"), len(reading.facts)) as advance, turn():
        report = apply_assessments(reading, by=by, holder=by.organisation, progress=advance)
    data = _assessment_figures(reading, report)
    if as_json:
        emit(data)
    else:
        pairs(
            {
                _("Albergues"): f"{data['sites']} ({data['open']} {_('abiertos')})",
                _("Familias"): data["households"],
                _("Personas"): data["people"],
                _("Señalados"): len(data["flagged"]),
            }
        )


def _assessment_figures(reading: Any, report: Any) -> dict[str, Any]:
    """What the sheet says, as sums over its rows, and what it did."""
    return {
        **reading.sums,
        "observations": report.observations,
        "created": report.sites.created,
        "changed": 0 if report.again else report.sites.changed + report.observations,
        "again": report.again,
        "flagged": report.flagged,
        "rejected": [{"row": row, "message": words} for row, words in reading.rejected],
        "problems": [{"row": row, "code": code, "message": words} for row, code, words in reading.problems],
        "notes": [{"code": note.code, "message": note.message} for note in reading.notes],
        "mapping": str(reading.mapping),
        "message": report.message.folio,
    }


@amparo.command(help=_("Lo que falta, medido contra la norma, con cuántos albergues lo respaldan."))
@click.option("--indicator", default="", help=_("Un solo dato (persons_per_toilet)."))
@click.option("--include-closed", is_flag=True, help=_("Contar también los albergues cerrados."))
@click.option(
    "--at",
    default="last",
    show_default=True,
    help=_("Fecha: «last» (último reporte de cada albergue), «now», o AAAA-MM-DD."),
)
@click.option("--place", default="", help=_("Código P del lugar."))
@json_option
@ready
def gaps(indicator: str, include_closed: bool, at: str, place: str, as_json: bool) -> None:
    from amparo.briefing.queries.figures import gap_figures

    moment = _moment(at)
    data = gap_figures(
        actor(), indicator=indicator, include_closed=include_closed, moment=moment, place=place
    )
    if as_json:
        emit(data)
    elif indicator:
        pairs({name: value for name, value in data.items() if not isinstance(value, list | dict)})
    else:
        table(
            _("Lo que falta"),
            [_("Norma"), _("Cumplen"), _("No cumplen"), _("Graves"), _("No se ha medido")],
            [[r["name"], r["met"], r["not_met"], r["grave"], r["not_assessed"]] for r in data["standards"]],
        )


def _moment(text: str) -> Moment:
    if text == "last":
        return Moment.last_report()
    if text == "now":
        return Moment.now()
    moment = parse_datetime(text)
    day = parse_date(text)
    if moment is None and day is None:
        raise click.BadParameter(_("Escriba «last», «now» o una fecha AAAA-MM-DD."), param_hint="--at")
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day, 23, 59, 59)  # noqa: DTZ001 - made aware on the next line
    assert moment is not None
    return Moment.on(timezone.make_aware(moment) if timezone.is_naive(moment) else moment)


# --- forms and phones


@amparo.group(help=_("Formularios para los teléfonos."))
def forms() -> None:
    pass


@forms.command(name="publish", help=_("Publicar un formulario: XLSForm (.xlsx, .xls) o XForm (.xml)."))
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--mapping", default="", help=_("Guía de lectura: qué significa cada pregunta: nombre o archivo .toml.")
)
@click.option(
    "--media",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help=_("Archivo que el formulario necesita."),
)
@json_option
@ready
def publish(file: Path, mapping: str, media: tuple[Path, ...], as_json: bool) -> None:
    from amparo.intake.actions.forms import publish_form
    from amparo.intake.actions.sheets import mapping_for

    by = actor()
    name = mapping_for(mapping, by=by).name if mapping else ""
    version = publish_form(
        by=by,
        holder=by.organisation,
        content=file.read_bytes(),
        filename=file.name,
        mapping=name,
        media={path.name: path.read_bytes() for path in media},
    )
    data = {
        "form_id": version.form.form_id,
        "version": version.version,
        "title": version.form.title,
        "questions": len(version.questions),
        "mapping": str(version.form.mapping or ""),
    }
    emit(data) if as_json else pairs(data)


@forms.command(name="list", help=_("Ver los formularios publicados."))
@json_option
@ready
def list_forms(as_json: bool) -> None:
    from amparo.intake.queries.forms import current_versions

    rows = [
        {
            "form_id": v.form.form_id,
            "version": v.version,
            "title": v.form.title,
            "mapping": str(v.form.mapping or ""),
        }
        for v in current_versions()
    ]
    if as_json:
        emit(rows)
    else:
        table(
            _("Formularios"),
            ["ID", _("Versión"), _("Título"), _("Guía de lectura")],
            [r.values() for r in rows],
        )


@forms.command(
    name="map",
    help=_("Dar a un formulario su guía de lectura. Con --rerun, aplicar otra vez lo recibido."),
)
@click.argument("form_id")
@click.argument("mapping")
@click.option("--rerun", is_flag=True, help=_("Aplicar otra vez los mensajes ya recibidos."))
@json_option
@ready
def map_form(form_id: str, mapping: str, rerun: bool, as_json: bool) -> None:
    from amparo.intake.actions.applying import rerun as run_again
    from amparo.intake.actions.forms import bind_form
    from amparo.intake.actions.sheets import mapping_for
    from amparo.intake.models import Form

    by = actor()
    form = Form.objects.filter(form_id=form_id).first()
    if form is None:
        raise Refused("unknown_form", _("No hay un formulario «%(form)s».") % {"form": form_id})
    form = bind_form(form, by=by, mapping=mapping_for(mapping, by=by).name)
    again = run_again(form, by=by) if rerun else 0
    data = {"form_id": form.form_id, "mapping": str(form.mapping), "messages": again}
    emit(data) if as_json else pairs(data)


@forms.command(
    name="export", help=_("Escribir en una carpeta los formularios que vienen con Amparo, como .xlsx.")
)
@click.argument("folder", type=click.Path(path_type=Path))
@ready
def export_forms(folder: Path) -> None:
    from amparo.intake.forms_shipped import catalogue

    folder.mkdir(parents=True, exist_ok=True)
    for name in catalogue.names():
        (folder / f"{name}.xlsx").write_bytes(catalogue.workbook(name))
        out.print(str(folder / f"{name}.xlsx"))


@amparo.group(help=_("Teléfonos inscritos: cada uno con su propia contraseña."))
def phones() -> None:
    pass


@phones.command(name="enrol", help=_("Inscribir un teléfono y mostrar, una sola vez, su contraseña."))
@click.argument("label")
@click.option("--place", default="", help=_("Código P del lugar donde puede reportar."))
@click.option(
    "--server", default="http://127.0.0.1:8000", show_default=True, help=_("Dirección de este servidor.")
)
@click.option(
    "--qr", type=click.Path(path_type=Path), help=_("Guardar el código QR de ODK Collect (.svg o .png).")
)
@json_option
@ready
def enrol(label: str, place: str, server: str, qr: Path | None, as_json: bool) -> None:
    from amparo.intake.actions.devices import enrol_device
    from amparo.intake.openrosa.settings_qr import leads_to_itself, phone_settings, qr_png, qr_svg

    by = actor()
    done = enrol_device(by=by, label=label, holder=by.organisation, scope=_scope_of(place))
    server_url = f"{server.rstrip('/')}/openrosa"
    if qr:
        content = phone_settings(
            server_url=server_url, device=done.username, secret=done.secret, project="Amparo"
        )
        qr.write_bytes(qr_svg(content) if qr.suffix == ".svg" else qr_png(content))
    data = {
        "username": done.username,
        "password": done.secret,
        "server_url": server_url,
        "uid": str(done.device.uid),
        "warnings": _out_of_reach(server) if leads_to_itself(server) else [],
    }
    emit(data) if as_json else pairs({name: value for name, value in data.items() if name != "warnings"})
    for warning in data["warnings"]:
        err.print(warning, highlight=False, markup=False)


def _out_of_reach(server: str) -> list[str]:
    return [
        _("Un teléfono no puede llegar a esta dirección: %(host)s.") % {"host": server},
        _(
            "Solo existe en este equipo. Encienda «amparo serve --lan» y repita con --server y la dirección que diga. "
            "Si ODK Collect no acepta su certificado, lea «Teléfonos y HTTPS» en la guía."
        ),
    ]


@phones.command(name="revoke", help=_("Cerrar la puerta a un teléfono, de inmediato."))
@click.argument("username")
@click.option("--why", default="", help=_("Por qué."))
@ready
def revoke(username: str, why: str) -> None:
    from amparo.intake.actions.devices import revoke_device
    from amparo.intake.models import Device

    device = Device.objects.filter(user__username=username).first()
    if device is None:
        raise Refused("unknown_device", _("No hay un teléfono «%(name)s».") % {"name": username})
    revoke_device(device, by=actor(), why=why)
    out.print(_("Listo. Lo próximo que envíe ese teléfono no se aceptará."))


# --- text messages


@amparo.group(help=_("Reportes por mensaje de texto."))
def sms() -> None:
    pass


@sms.command(
    name="receive",
    help=_("Tomar los mensajes de texto que llegaron y responder. Los trabajos de fondo ya lo hacen."),
)
@json_option
@ready
def receive_texts(as_json: bool) -> None:
    from amparo.intake.actions.texts import take_texts
    from amparo.intake.sms.gateways import gateway

    came = take_texts(gateway(), by=actor())
    if as_json:
        emit({"received": came})
    else:
        out.print(ngettext("%(n)s mensaje de texto", "%(n)s mensajes de texto", came) % {"n": came})


@amparo.command(help=_("Mensajes recibidos y los que esperan a una persona."))
@json_option
@ready
def messages(as_json: bool) -> None:
    from django.db.models import Count

    from amparo.intake.models import RawMessage

    counts = dict(RawMessage.objects.values_list("state").annotate(n=Count("pk")))
    waiting = RawMessage.objects.filter(state="waiting").order_by("-pk")[:50]
    data: dict[str, Any] = {
        "counts": {str(state): counts.get(state, 0) for state in RawMessage.State.values},
        "waiting": [
            {"folio": m.folio, "form_id": m.form_id, "reason": m.reason, "detail": m.detail} for m in waiting
        ],
    }
    if as_json:
        emit(data)
    else:
        pairs({str(RawMessage.State(state).label): count for state, count in data["counts"].items()})
        if data["waiting"]:
            table(
                _("Esperan a una persona"),
                [_("Folio"), _("Formulario"), _("Por qué")],
                [[m["folio"], m["form_id"], m["detail"] or m["reason"]] for m in data["waiting"]],
            )


# --- files that left


@amparo.group(name="exports", help=_("Archivos que salieron de Amparo: CSV, Excel y HXL."))
def exports_group() -> None:
    pass


@exports_group.command(name="check", help=_("Revisar que un archivo está completo y es como salió."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def check_export(file: Path, as_json: bool) -> None:
    from amparo.toolkit.exports import examine

    found = examine(file)
    if as_json:
        said = {"state": found.state, "rows": found.rows, "stated": found.stated, "words": found.words}
        emit({**said, "about": dict(found.facts)})
    else:
        out.print(found.words, highlight=False)
        pairs({name: value for name, value in found.facts if name != "filas"})
    if found.state != "whole":
        sys.exit(1)


# --- reports


@amparo.group(help=_("Fichas e informes."))
def report() -> None:
    pass


@report.command(name="sites", help=_("Una ficha en PDF por albergue."))
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help=_("Carpeta de salida."))
@click.option("--language", type=click.Choice(["es", "en"]), default="es", show_default=True)
@click.option("--at", default="now", show_default=True, help=_("Fecha: «last», «now» o AAAA-MM-DD."))
@click.option("--include-closed", is_flag=True, help=_("También los cerrados."))
@json_option
@ready
def report_sites(folder: Path, language: str, at: str, include_closed: bool, as_json: bool) -> None:
    from amparo.briefing.actions import write_site_sheets
    from amparo.sites.queries.sites import visible_to
    from amparo.sites.queries.standing import closed_on, open_on

    by, moment = actor(), _moment(at)
    found = visible_to(by)
    chosen = open_on(found, moment.day) + (closed_on(found, moment.day) if include_closed else [])
    chosen.sort(key=lambda site: (site.name, site.pk))
    folder.mkdir(parents=True, exist_ok=True)
    with progress(_("Haciendo fichas"), len(chosen)) as advance:
        written = write_site_sheets(
            chosen, by=by, folder=folder, moment=moment, language=language, progress=advance
        )
    if as_json:
        emit({"sheets": len(written), "folder": str(folder)})
    else:
        out.print(
            ngettext("%(n)d ficha en %(folder)s", "%(n)d fichas en %(folder)s", len(written))
            % {"n": len(written), "folder": folder}
        )


@report.command(name="sitrep", help=_("Informe de situación: PDF, XLSX y HXL, en español e inglés."))
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help=_("Carpeta de salida."))
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(["es", "en"]),
    default=["es", "en"],
    show_default=True,
)
@click.option("--at", default="now", show_default=True, help=_("Fecha: «last», «now» o AAAA-MM-DD."))
@click.option("--place", default="", help=_("Solo este lugar: código o nombre. De un municipio, su informe."))
@click.option("--crisis", default="", help=_("Solo esta emergencia: su identificador."))
@json_option
@ready
def report_situation(
    folder: Path, languages: tuple[str, ...], at: str, place: str, crisis: str, as_json: bool
) -> None:
    from amparo.briefing.actions import write_situation
    from amparo.briefing.queries.situation import asked_for

    by = actor()
    asked = asked_for(by, place=place, crisis=crisis, moment=_moment(at))
    written = [
        path
        for language in dict.fromkeys(languages)
        for path in write_situation(asked, by=by, folder=folder, language=language)
    ]
    if as_json:
        emit({"files": [str(path) for path in written]})
    else:
        for path in written:
            out.print(str(path), highlight=False)

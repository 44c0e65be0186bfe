"""`amparo serve`: check the promises, then run server and worker, on this machine or for a local network."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from amparo.config.lan import addresses, ensure_certificate
from amparo.config.processes import KeptAlive, serve, worker_command
from amparo.kernel.refusals import Refused
from amparo.kernel.selfcheck import refuse_to_serve


def serve_installation(
    *, host: str, port: int, lan: bool, certificate: Path | None, key: Path | None, with_worker: bool
) -> None:
    """Serve until stopped. Refuses to start when a promise about the data would be broken."""
    if (certificate is None) != (key is None):
        raise Refused("certificate_without_key", _("Indique el certificado y su llave, los dos."))
    if lan and certificate is None:
        if host == "127.0.0.1":
            host = "0.0.0.0"  # noqa: S104 - asked for: the phones of the local network
        hosts = addresses() if host == "0.0.0.0" else [host]  # noqa: S104
        certificate, key, _authority = ensure_certificate(settings.HOME, hosts)
    secure = certificate is not None
    if secure:
        os.environ["AMPARO_HTTPS"] = "1"
    refuse_to_serve()
    scheme = "https" if secure else "http"
    shown = addresses()[0] if host == "0.0.0.0" and addresses() else host  # noqa: S104
    print(_("Amparo está en %(url)s") % {"url": f"{scheme}://{shown}:{port}"}, flush=True)  # noqa: T201
    if settings.HOME.exercise.exists():
        print(_("Es el ejercicio: datos inventados. Cuentas y contraseñas: la página de entrada las dice."), flush=True)  # noqa: T201
    keeper = KeptAlive(worker_command()) if with_worker else None
    if keeper:
        keeper.start()
    try:
        serve(host=host, port=port, certificate=certificate, key=key)
    finally:
        if keeper:
            keeper.end()

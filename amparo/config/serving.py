"""`amparo serve`: check the promises, then run server and worker, on this machine or for a local network."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from amparo.config.account import trust_page_alone
from amparo.config.lan import TrustPage, addresses, check_supplied, ensure_certificate, renew_certificate
from amparo.config.processes import KeptAlive, never, serve, worker_command
from amparo.kernel.refusals import Refused
from amparo.kernel.selfcheck import refuse_to_serve


def serve_installation(
    *, host: str, port: int, lan: bool, certificate: Path | None, key: Path | None, with_worker: bool
) -> None:
    """Serve until stopped. Refuses to start when a promise about the data would be broken."""
    if (certificate is None) != (key is None):
        raise Refused("certificate_without_key", _("Indique el certificado y su llave, los dos."))
    authority: Path | None = None
    if lan and host == "127.0.0.1":
        host = "0.0.0.0"  # noqa: S104 - asked for: the phones of the local network

    def reached_at() -> list[str]:
        return addresses() if host == "0.0.0.0" else [host]  # noqa: S104

    hosts = reached_at()
    renew: Callable[[], bool] = never
    if certificate is not None and key is not None:
        settings.CERTIFICATE_ENDS_AT = check_supplied(certificate, key).ends_at
    elif lan:
        certificate, key, authority = ensure_certificate(settings.HOME, hosts)
        settings.LAN_SERVED = True
        renew = lambda: renew_certificate(settings.HOME, reached_at())
    secure = certificate is not None
    if secure:
        os.environ["AMPARO_HTTPS"] = "1"
        # The server's processes are forked from this one, whose settings are read already.
        settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    refuse_to_serve()
    shown = (hosts or [host])[0]
    url = f"{'https' if secure else 'http'}://{shown}:{port}"
    say(_("Amparo está en %(url)s") % {"url": url})
    if authority is not None:
        say(_("Para que un teléfono confíe: http://%(host)s:%(port)d") % {"host": shown, "port": port + 1})
    if settings.HOME.exercise.exists():
        say(_("Es la práctica: datos inventados. Las cuentas están en la página de entrada."))
    keeper = KeptAlive(worker_command()) if with_worker else None
    if keeper:
        keeper.start()
    try:
        with trust_door(host, shown, port, authority):
            serve(host=host, port=port, certificate=certificate, key=key, renew=renew)
    finally:
        if keeper:
            keeper.end()


def trust_door(host: str, shown: str, port: int, authority: Path | None) -> AbstractContextManager:
    """With a certificate authority of our own: plain HTTP on the next port, to learn to trust it and nothing else."""
    if authority is None:
        return nullcontext()
    page = trust_page_alone(f"http://{shown}:{port + 1}")
    return TrustPage(host, port + 1, page=page, ca=authority, https_port=port)


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201

"""The server of pages, for who has the token of its address: on this machine alone, or over TLS."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import signal
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.server.auth_provider import AuthProvider
from bokeh.server.server import Server
from bokeh.settings import settings
from tornado.web import HTTPError, RequestHandler

from coldchain.errors import UsageError, system_reason
from coldchain.language import _

LOOPBACK = "127.0.0.1"
FORBIDDEN = 403
PATIENCE_MS = 600_000
"""A tab that lost its connection finds its plans again for ten minutes."""
Fill = Callable[[Document, str | None], object]


class TokenProvider(AuthProvider):  # type: ignore[misc] # Bokeh is not followed by mypy
    """Lets in who knows the token; everybody else gets 403."""

    def __init__(self, token: str) -> None:
        self._token = token
        super().__init__()

    @property
    def get_user(self) -> Callable[[RequestHandler], str | None]:
        """Return what tells who asks."""

        def user(handler: RequestHandler) -> str | None:
            given = handler.get_argument("token", "") or ""
            return "planner" if hmac.compare_digest(given.encode(), self._token.encode()) else None

        return user

    @property
    def get_login_url(self) -> Callable[[RequestHandler], str]:
        """Return what refuses a stranger."""

        def refuse(_handler: RequestHandler) -> str:
            raise HTTPError(FORBIDDEN)

        return refuse


@dataclass(frozen=True)
class Tls:
    """Certificate and key (PEM) that the page is served with."""

    cert: Path
    key: Path


def checked_host(host: str, tls: Tls | None = None) -> str:
    """Return the address to listen at.

    Raises
    ------
    UsageError
        When others could reach it without TLS, or it is no address.
    """
    if host == "localhost":
        return LOOPBACK
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        told = _("--host {host} is not an IP address; give one of this computer's")
        raise UsageError(told.format(host=host)) from None
    if not own and tls is None:
        told = _(
            "--host {host}: other computers may connect over TLS only; give --cert and --key (PEM), or leave --host "
            "out and reach the page through an SSH tunnel (ssh -L)"
        )
        raise UsageError(told.format(host=host))
    return host


def checked_tls(cert: Path | None, key: Path | None) -> Tls | None:
    """Return certificate and key, once they fit together; None where neither is given.

    Raises
    ------
    UsageError
        When one is missing or unreadable, or they do not fit together.
    """
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise UsageError(_("--cert and --key belong together; give both"))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        told = _("--cert {cert} and --key {key} cannot be used: {reason}")
        raise UsageError(told.format(cert=cert, key=key, reason=system_reason(error))) from error
    return Tls(cert, key)


def serve(
    fill: Fill, address: Callable[[str], None], *, host: str = LOOPBACK, port: int = 0, tls: Tls | None = None
) -> None:
    """Serve a page until SIGTERM or Ctrl-C.

    Parameters
    ----------
    fill : puts the page into a new document, in a language that the address asks for (``&lang=zh``)
    address : hears where the page is, once it answers
    port : 0 for any that is free
    tls : compulsory for an address that others can reach

    Raises
    ------
    UsageError
        When the port is taken, or the address is not of this machine.
    """
    asyncio.run(_serve(fill, address, checked_host(host, tls), port, tls))


async def _serve(fill: Fill, address: Callable[[str], None], host: str, port: int, tls: Tls | None) -> None:
    settings.resources.set_value("server")  # whatever the environment says: the page works without a network
    token, over = secrets.token_urlsafe(24), asyncio.Event()
    loop = asyncio.get_running_loop()

    def modify(document: Document) -> None:
        wanted = document.session_context.request.arguments.get("lang", [b""])[0]
        fill(document, wanted.decode(errors="replace"))

    server = _bound(modify, token, host, port, tls)
    before = {number: signal.signal(number, lambda *_signal: loop.call_soon_threadsafe(over.set))
              for number in (signal.SIGINT, signal.SIGTERM)}  # fmt: skip
    server.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        address(f"{'http' if tls is None else 'https'}://{shown}:{server.port}/?token={token}")
        await over.wait()
    finally:
        server.unlisten()
        server.stop()
        for number, former in before.items():
            signal.signal(number, former)


def _bound(modify: Callable[[Document], None], token: str, host: str, port: int, tls: Tls | None) -> Any:
    """Return the server, listening; sessions are signed, so that none can be joined without the page that began it."""
    files = {} if tls is None else {"ssl_certfile": str(tls.cert), "ssl_keyfile": str(tls.key)}
    try:
        return Server(
            {"/": modify}, address=host, port=port, auth_provider=TokenProvider(token), sign_sessions=True,
            secret_key=secrets.token_urlsafe(32).encode(), allow_websocket_origin=[host, "localhost"],
            unused_session_lifetime_milliseconds=PATIENCE_MS, include_cookies=[], include_headers=[], **files,
        )  # fmt: skip
    except OSError as error:
        told = _("port {port} cannot be used: {reason}; give another with --port, or leave it out")
        raise UsageError(told.format(port=port, reason=system_reason(error))) from error

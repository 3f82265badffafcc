"""The server of pages, for who has the token of its address: on this machine alone, or over TLS.

Members of a platform have links of their own, each with a token that opens the page of that member and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import signal
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
GRACE_S = 2.0
ON_MESSAGE = "on_message"
"""Name of the coroutine in which Bokeh's server answers a message of a tab."""
STAFF = ""
"""Who has the token that the command prints: everything is open to them."""


@dataclass(frozen=True)
class PageTokens:
    """The tokens of a server: one for all pages, and one for each member that opens that member's page.

    Parameters
    ----------
    members : names of those who may be given a link
    page : path of the page that links of members open
    """

    members: frozenset[str] = frozenset()
    page: str = ""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def of(self, member: str) -> str:
        """Return the token of a member; that of all pages for the staff."""
        if member == STAFF:
            return self.token
        return hmac.new(self.token.encode(), member.encode(), hashlib.sha256).hexdigest()

    def link(self, path: str, member: str = STAFF) -> str:
        """Return the address of a page on this server."""
        return f"{path}?token={self.of(member)}"

    def holder(self, given: str) -> str | None:
        """Return whose token was given, None for nobody's."""
        known = (STAFF, *self.members)
        return next((who for who in known if hmac.compare_digest(given.encode(), self.of(who).encode())), None)

    def admits(self, given: str, path: str) -> bool:
        """Tell whether a token opens a path."""
        who = self.holder(given)
        inside = path == self.page or path.startswith(f"{self.page}/")
        return who == STAFF or (who is not None and bool(self.page) and inside)


@dataclass(frozen=True)
class PageVisit:
    """Who opens a page, in which language, and the links that may be shown there.

    Attributes
    ----------
    member : whose link it is; :data:`STAFF` for who has the token of all pages
    wanted : language that the address asks for (``&lang=zh``); empty for none
    """

    keys: PageTokens = field(default_factory=PageTokens)
    member: str = STAFF
    wanted: str = ""


Fill = Callable[[Document, PageVisit], object]


class TokenProvider(AuthProvider):  # type: ignore[misc] # Bokeh is not followed by mypy
    """Lets in who knows a token of the page; everybody else gets 403."""

    def __init__(self, keys: PageTokens) -> None:
        self._keys = keys
        super().__init__()

    @property
    def get_user(self) -> Callable[[RequestHandler], str | None]:
        """Return what tells who asks."""

        def user(handler: RequestHandler) -> str | None:
            given = handler.get_argument("token", "") or ""
            return "planner" if self._keys.admits(given, handler.request.path) else None

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


@dataclass(frozen=True)
class Listening:
    """Where a server answers."""

    host: str = LOOPBACK
    port: int = 0
    tls: Tls | None = None


def serve(
    pages: Mapping[str, Fill], address: Callable[[str], None], *, host: str = LOOPBACK, port: int = 0,
    tls: Tls | None = None, members: Iterable[str] = (),
) -> None:  # fmt: skip
    """Serve pages until SIGTERM or Ctrl-C.

    Parameters
    ----------
    pages : path -> what puts the page into a new document; the first stands at ``/``
    address : hears where the first page is, once it answers
    port : 0 for any that is free
    tls : compulsory for an address that others can reach
    members : who has a link of its own to the last page

    Raises
    ------
    UsageError
        When the port is taken, or the address is not of this machine.
    """
    at = Listening(checked_host(host, tls), port, tls)
    asyncio.run(_serve(pages, PageTokens(frozenset(members), list(pages)[-1] if members else ""), at, address))


async def _serve(pages: Mapping[str, Fill], keys: PageTokens, at: Listening, address: Callable[[str], None]) -> None:
    settings.resources.set_value("server")  # whatever the environment says: the page works without a network
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def filling(fill: Fill) -> Callable[[Document], None]:
        def modify(document: Document) -> None:
            given = document.session_context.request.arguments
            wanted, token = (given.get(name, [b""])[0].decode(errors="replace") for name in ("lang", "token"))
            who = keys.holder(token)
            if who is not None:  # else the page was refused before
                fill(document, PageVisit(keys, who, wanted))

        return modify

    server = _bound({path: filling(fill) for path, fill in pages.items()}, keys, at)
    before = {number: signal.signal(number, lambda *_signal: loop.call_soon_threadsafe(over.set))
              for number in (signal.SIGINT, signal.SIGTERM)}  # fmt: skip
    server.start()
    try:
        shown = f"[{at.host}]" if ":" in at.host else at.host
        address(f"{'http' if at.tls is None else 'https'}://{shown}:{server.port}{keys.link('/')}")
        await over.wait()
    finally:
        server.unlisten()
        server.stop()
        await _answered()
        for number, former in before.items():
            signal.signal(number, former)


async def _answered() -> None:
    """Wait until tabs have their answer to what they sent before: cut off, it would end in a traceback."""
    answers = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == ON_MESSAGE]
    if answers:
        await asyncio.wait(answers, timeout=GRACE_S)


def _bound(pages: Mapping[str, Callable[[Document], None]], keys: PageTokens, at: Listening) -> Any:
    """Return the server, listening; sessions are signed, so that none can be joined without the page that began it."""
    files = {} if at.tls is None else {"ssl_certfile": str(at.tls.cert), "ssl_keyfile": str(at.tls.key)}
    try:
        return Server(
            dict(pages), address=at.host, port=at.port, auth_provider=TokenProvider(keys), sign_sessions=True,
            secret_key=secrets.token_urlsafe(32).encode(), allow_websocket_origin=[at.host, "localhost"],
            unused_session_lifetime_milliseconds=PATIENCE_MS, include_cookies=[], include_headers=[], **files,
        )  # fmt: skip
    except OSError as error:
        told = _("port {port} cannot be used: {reason}; give another with --port, or leave it out")
        raise UsageError(told.format(port=at.port, reason=system_reason(error))) from error

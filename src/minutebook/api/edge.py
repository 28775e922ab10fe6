"""Who is really there, and whom they mean: proxies that are trusted, hosts that are this server."""

import logging
import re
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from minutebook.api.errors import Failure, Renderer
from minutebook.config import Settings
from minutebook.db.writing import writes_for
from minutebook.kit.origin import Network, client_behind, is_within, subscriber

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
UNASKED_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Probes and scrapers call by whatever name they know; no answer there depends on it."""

_HOST = re.compile(r"(?P<name>[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)

log = logging.getLogger("minutebook.api")


class ForwardedClient:
    """Believes `X-Forwarded-For`, `-Proto` and `-Host` when a trusted proxy sends them, and nobody else."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self.app = app
        self._trusted = tuple(trusted)
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and scope.get("client"):
            peer, headers = scope["client"][0], Headers(scope=scope)
            if is_within(peer, self._trusted):
                scope = self._believed(scope, peer, headers)
            elif "x-forwarded-for" in headers:
                self._warn(peer)
            writes_for("address", subscriber(scope["client"][0]))  # until somebody has said who they are
        await self.app(scope, receive, send)

    def _believed(self, scope: Scope, peer: str, headers: Headers) -> Scope:
        hops = [hop for line in headers.getlist("x-forwarded-for") for hop in line.split(",") if hop.strip()]
        scope = {**scope, "client": (client_behind(peer, hops, self._trusted), 0), "headers": list(scope["headers"])}
        scheme = _last(headers, "x-forwarded-proto").lower()
        if scheme in {"http", "https"}:
            web = scope["type"] == "http"
            scope["scheme"] = scheme if web else scheme.replace("http", "ws")
        if host := _last(headers, "x-forwarded-host"):
            MutableHeaders(scope=scope)["host"] = host
        return scope

    def _warn(self, peer: str) -> None:
        # Once: a forgotten setting is told, and nobody fills the log by sending the header.
        if not self._warned:
            self._warned = True
            hint = "if this is your proxy, name it in MINUTEBOOK_HTTP__TRUSTED_PROXIES"
            log.warning(
                "X-Forwarded-For is ignored: its sender is not a trusted proxy", extra={"peer": peer, "do": hint}
            )


def _last(headers: Headers, name: str) -> str:
    """What the nearest proxy said: it appends, or there is one value."""
    values = headers.getlist(name)
    return values[-1].rpartition(",")[2].strip() if values else ""


def own_hosts(settings: Settings) -> frozenset[str]:
    """The names by which this server may be called, besides the address that a connection arrived at."""
    given = (settings.http.base_url, settings.http.local_address, settings.bots.home_url)
    names = {urlsplit(address).netloc.rpartition("@")[2] for address in given if address}
    return LOOPBACK_NAMES | {host_name(name) or "" for name in (*names, *settings.http.allowed_hosts)} - {""}


def host_name(header: str) -> str | None:
    """The name or address in a Host header, in lower case, without port and final dot; None when it is neither."""
    match = _HOST.fullmatch(header.strip().lower())
    return match["name"].rstrip(".") if match else None


class OwnHost:
    """Answers only when called by a name that is this server's: links and the issuer are made from it, and a page
    elsewhere that points its own name here (DNS rebinding) gets nothing."""

    def __init__(self, app: ASGIApp, render: Renderer, hosts: Collection[str]) -> None:
        self.app = app
        self._render = render
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNASKED_PATHS or self._is_own(scope):
            return await self.app(scope, receive, send)
        message = (
            "This server does not go by the name in this address. Its operator adds a name of the own network with "
            "MINUTEBOOK_HTTP__ALLOWED_HOSTS=nas.lan, the public address with MINUTEBOOK_HTTP__BASE_URL=https://…, and "
            "starts it again."
        )
        await self._render(Request(scope), Failure(421, "host_unknown", message))(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        named = Headers(scope=scope).getlist("host")
        if not named:
            return True  # HTTP/1.0: links take the address that the connection arrived at
        name = host_name(named[0]) if len(named) == 1 else None
        server = (scope.get("server") or ("", None))[0]
        return name is not None and (name in self._hosts or name in {server, f"[{server}]"})

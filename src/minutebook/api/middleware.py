"""What happens to every request, in pure ASGI so that bodies stream through: headers, limits, log, last resort."""

import logging
from collections.abc import Callable
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minutebook.api.errors import Renderer, StreamEnded, failure_of
from minutebook.kit.ids import new_id
from minutebook.telemetry.logs import request_id

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("minutebook.api")

Observe = Callable[[str, str, int, float], None]
"""Told of every answer: method, route template, status, seconds."""

API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""Answers of the API are data: should a browser show one, nothing in it may run or load."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": API_POLICY,
    "Cache-Control": "no-store",
}
"""Unless an answer says otherwise itself."""


class SecurityHeaders:
    """Puts protective headers on every answer."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self.app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if self._https or scope.get("scheme") == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, with_headers)


class RequestLog:
    """Gives each request an id, logs and counts its answer, and answers what nobody foresaw with a bare 500.

    Neither query strings nor bodies nor headers are logged: they carry secrets. Paths are logged as their template.
    """

    def __init__(self, app: ASGIApp, render: Renderer, observe: Observe) -> None:
        self.app = app
        self._render = render
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        own_id, begin, status = new_id(), perf_counter(), 0
        outer = request_id.set(own_id)

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = own_id
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except StreamEnded:
            log.info("a stream was ended: its token opens nothing any more")
        except Exception as error:  # the edge of the program: whatever it is, it is logged and answered
            log.exception("request failed")
            if status:
                raise
            await self._render(Request(scope), failure_of(error))(scope, receive, noting)
        finally:
            seconds, method, route = perf_counter() - begin, _method(scope), _template(scope)
            self._observe(method, route, status, seconds)
            said = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
            log.info("answered", extra=said)
            request_id.reset(outer)


def _method(scope: Scope) -> str:
    # Anybody can make up methods; as labels of a metric they would grow without bounds.
    return scope["method"] if scope["method"] in METHODS else "other"


def _template(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "(no route)")


class BodyTooLarge(HTTPException):
    """Raised while a body is read; an HTTPException, because the framework lets those pass when it parses bodies."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """Stops bodies that are too large, by what they declare and by what they bring."""

    def __init__(self, app: ASGIApp, render: Renderer, limit_of: Callable[[Scope, Headers], int]) -> None:
        self.app = app
        self._render = render
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        limit, received = self._limit_of(scope, headers), 0
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            response = self._render(Request(scope), failure_of(BodyTooLarge()))
            return await response(scope, receive, send)

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge
            return message

        await self.app(scope, counting, send)

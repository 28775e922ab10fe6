"""The API without a socket: a client in this process works on the data directory as its local user."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TypeVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.api.errors import install_error_handlers, paxs_body
from minutebook.api.middleware import RequestLog
from minutebook.api.openapi import Application
from minutebook.api.openings import Openings
from minutebook.api.paxs import analysis, corrections, exports, media, recordings, search, sessions, speakers
from minutebook.config import Settings
from minutebook.oauth.model import SCOPES, Caller
from minutebook.telemetry.metrics import observe_request
from minutebook.wiring import Services, open_services

R = TypeVar("R")
PROGRAM = "command line"

RECORDS = (sessions, recordings, media, speakers, analysis, corrections, exports, search)
"""What most commands ask for; the other parts of the API are loaded when one of them is asked."""


class InProcess(httpx.BaseTransport):
    """A transport that answers as this installation's server would answer its local user."""

    def __init__(self, portal: BlockingPortal, services: Services, user: User) -> None:
        self._portal, self._services, self._user = portal, services, user
        self._records = self._open_to_the_user(_records_app(services))
        self._whole: httpx.ASGITransport | None = None

    def run(self, work: Callable[[Services, User], Awaitable[R]]) -> R:
        """What `work` returns, run where the services live."""
        return self._portal.call(work, self._services, self._user)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The application's answer, read whole."""
        assert isinstance(request.stream, httpx.SyncByteStream)
        return self._portal.call(self._answer, request, _Body(request.stream))

    async def _answer(self, request: httpx.Request, body: "_Body") -> httpx.Response:
        there = httpx.Request(request.method, request.url, headers=request.headers, stream=body)
        answer = await self._asgi_for(request.url.path).handle_async_request(there)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

    def _asgi_for(self, path: str) -> httpx.ASGITransport:
        if not path.startswith("/api/bots"):
            return self._records
        if self._whole is None:
            from minutebook.api.app import create_app

            self._whole = self._open_to_the_user(create_app(self._services))
        return self._whole

    def _open_to_the_user(self, app: FastAPI) -> httpx.ASGITransport:
        app.state.only_caller = Caller(self._user.id, frozenset(SCOPES), program=PROGRAM)
        return httpx.ASGITransport(app, raise_app_exceptions=False)


def _records_app(services: Services) -> FastAPI:
    app = Application(title="Minutebook")
    app.state.services = services
    for part in RECORDS:
        app.include_router(part.router)
    render = install_error_handlers(app, {"/": paxs_body})
    app.add_middleware(Openings, services=services)
    app.add_middleware(RequestLog, render=render, observe=observe_request)
    return app


@contextmanager
def in_process(settings: Settings, *, working: bool = False) -> Iterator[InProcess]:
    """This installation without a socket. With `working` this process also does the work that is asked for, as a
    worker does. Raises what opening the services raises."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_opened(settings, working)) as opened:
        yield InProcess(portal, *opened)


@asynccontextmanager
async def _opened(settings: Settings, working: bool) -> AsyncIterator[tuple[Services, User]]:
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        if working:
            from minutebook.working import open_runner

            await stack.enter_async_context(open_runner(services))
        await services.search.backfill()
        async with services.db.transaction() as tx:
            user = await services.accounts.local_user(tx)
        yield services, user


class _Body(httpx.AsyncByteStream):
    """A blocking client's body, read where the application waits for it."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._stream:
            yield piece

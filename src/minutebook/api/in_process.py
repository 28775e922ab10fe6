"""The API without a socket: a client in this process works on the data directory as its local user."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.analysis import events as report_events
from minutebook.api.errors import install_error_handlers, paxs_body
from minutebook.api.middleware import RequestLog
from minutebook.api.openapi import Application
from minutebook.api.openings import Openings, ways_of
from minutebook.config import Settings
from minutebook.kit.loading import loading
from minutebook.oauth.model import SCOPES, Caller
from minutebook.recordings import events as recording_events
from minutebook.records import Records, open_records

if TYPE_CHECKING:
    from minutebook.wiring import Services

R = TypeVar("R")
PROGRAM = "command line"

PARTS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("/api/sessions", ("sessions",)),
    ("/api/recordings", ("recordings", "media", "speakers", "analysis", "corrections", "exports")),
    ("/api/analysis", ("analysis",)),
    ("/api/search", ("search",)),
)
"""By the beginning of an address, the modules of `api.paxs` that answer it over the records alone, loaded when it is
first asked; everything else is answered by the whole application."""

FOLLOWED_BEYOND: Final = (
    report_events.COMPLETED,
    report_events.FAILED,
    recording_events.REMOVED,
    recording_events.REPLACED,
)
"""What happens to records and is followed by services beyond them; a test compares it with their subscriptions."""


class Installation:
    """This machine's: its records, and the other services from when they are asked for."""

    def __init__(self, records: Records) -> None:
        self.records = records
        records.events.expect(FOLLOWED_BEYOND, lambda: self.services)

    @cached_property
    def services(self) -> "Services":
        """All of them."""
        with loading():
            from minutebook.wiring import services_over

        return services_over(self.records)


class InProcess(httpx.BaseTransport):
    """A transport that answers as this installation's server would answer its local user."""

    def __init__(self, portal: BlockingPortal, installation: Installation, user: User) -> None:
        self._portal, self._installation, self._user = portal, installation, user
        self._apps: dict[str, httpx.ASGITransport] = {}

    def run(self, work: Callable[[Records, User], Awaitable[R]]) -> R:
        """What `work` returns, run where the services live."""
        return self._portal.call(work, self._installation.records, self._user)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The application's answer, read whole."""
        assert isinstance(request.stream, httpx.SyncByteStream)
        return self._portal.call(self._answer, request, _Body(request.stream))

    async def _answer(self, request: httpx.Request, body: "_Body") -> httpx.Response:
        there = httpx.Request(request.method, request.url, headers=request.headers, stream=body)
        answer = await self._asgi_for(request.url.path).handle_async_request(there)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

    def _asgi_for(self, path: str) -> httpx.ASGITransport:
        start, modules = next((part for part in PARTS if path.startswith(part[0])), ("", ()))
        if start not in self._apps:
            app = (
                _records_app(self._installation.records, modules) if start else _whole_app(self._installation.services)
            )
            app.state.only_caller = Caller(self._user.id, frozenset(SCOPES), program=PROGRAM)
            self._apps[start] = httpx.ASGITransport(app, raise_app_exceptions=False)
        return self._apps[start]


def _whole_app(services: "Services") -> FastAPI:
    from minutebook.api.app import create_app

    return create_app(services)


def _records_app(records: Records, modules: Sequence[str]) -> FastAPI:
    app = Application(title="Minutebook")
    app.state.services = records
    with loading():
        for name in modules:
            app.include_router(import_module(f"minutebook.api.paxs.{name}").router)
    render = install_error_handlers(app, {"/": paxs_body})
    app.add_middleware(Openings, records=records, ways=ways_of(records))
    app.add_middleware(RequestLog, render=render, observe=lambda *_: None)
    return app


@contextmanager
def in_process(settings: Settings, *, working: bool = False) -> Iterator[InProcess]:
    """This installation without a socket. With `working` this process also does the work that is asked for, as a
    worker does. Raises what opening the services raises."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_opened(settings, working)) as opened:
        yield InProcess(portal, *opened)


@asynccontextmanager
async def _opened(settings: Settings, working: bool) -> AsyncIterator[tuple[Installation, User]]:
    async with AsyncExitStack() as stack:
        installation = Installation(await stack.enter_async_context(open_records(settings)))
        records = installation.records
        if working:
            from minutebook.working import open_runner

            await stack.enter_async_context(open_runner(installation.services))
        await records.search.backfill()
        async with records.db.transaction() as tx:
            user = await records.accounts.local_user(tx)
        yield installation, user


class _Body(httpx.AsyncByteStream):
    """A blocking client's body, read where the application waits for it."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._stream:
            yield piece

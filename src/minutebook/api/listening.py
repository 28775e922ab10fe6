"""The HTTP server: uvicorn, whose connections are counted, timed, and given up when they only wait."""

import asyncio
import errno
import resource
import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from minutebook.api.connections import BODY_BYTES_PER_S, ConnectionTable, limits_of
from minutebook.api.lobby import BUSY, TOO_SLOW, Guest, Lobby
from minutebook.config import HttpSettings
from minutebook.errors import Kind, MinutebookError

SWEEP_S: Final = 1.0
MOST_OPEN_FILES: Final = 65536
BACKLOG: Final = 512


def raise_open_files() -> int:
    """Take as many file descriptors as the system lets this process have; returns how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return MOST_OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def bound(http: HttpSettings) -> list[socket.socket]:
    """The sockets of the address, taken before anything is started for it. Raises `port_taken`, `address_unusable`."""
    sockets: list[socket.socket] = []
    try:
        # A name may stand for several addresses (localhost: ::1 and 127.0.0.1); all of them are served.
        for family, *_, place in socket.getaddrinfo(http.host, http.port, type=socket.SOCK_STREAM):
            sockets.append(taken := socket.socket(family, socket.SOCK_STREAM))
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            taken.bind(place)
    except OSError as error:
        for each in sockets:
            each.close()
        raise _unbound(http, error) from error
    return sockets


def _unbound(http: HttpSettings, error: OSError) -> MinutebookError:
    where = f"{http.host}, port {http.port},"
    if error.errno == errno.EADDRINUSE:
        message = (
            f"Another program listens at {where} already, perhaps another `minutebook serve`: stop it, or use --port."
        )
        return MinutebookError(Kind.CONFLICT, "port_taken", message, field="port")
    message = f"{where} cannot be listened at: {error.strerror or error}. Use another --host or --port."
    return MinutebookError(Kind.INVALID, "address_unusable", message, field="host")


class _Server(uvicorn.Server):
    """Takes its connections from lobbies, and tells when it does."""

    def __init__(
        self, config: uvicorn.Config, http: HttpSettings, table: ConnectionTable, on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._http, self._table, self._on_ready = http, table, on_ready
        self._lobbies: list[Lobby] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup([])
        for each in sockets or ():
            try:
                each.listen(BACKLOG)
            except OSError as error:  # two processes may bind a port at which neither listens yet
                raise _unbound(self._http, error) from error
            self._lobbies.append(Lobby(each, self._table, self._connection))
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for lobby in self._lobbies:
            await lobby.end()
        await super().shutdown(sockets)

    def _connection(self, head: bytes) -> asyncio.Protocol:
        return Connection(
            self._table, head, config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


async def listen(app: FastAPI, http: HttpSettings, sockets: list[socket.socket], on_ready: Callable[[], None]) -> None:
    """Serve at these sockets until the process is told to stop."""
    table = ConnectionTable(limits_of(http, raise_open_files()))
    sweeper = asyncio.create_task(_sweep(table), name="connections")
    try:
        await _Server(config_of(app, http), http, table, on_ready).serve(sockets)
    finally:
        sweeper.cancel()


def config_of(app: FastAPI, http: HttpSettings) -> uvicorn.Config:
    """How uvicorn is to serve."""
    return uvicorn.Config(
        app,
        host=http.host,
        port=http.port,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(http.keep_alive_s),
        timeout_graceful_shutdown=10,
    )


async def _sweep(table: ConnectionTable) -> None:
    before = monotonic()
    while True:
        await asyncio.sleep(SWEEP_S)
        now = monotonic()
        look(table, now, now - before)
        before = now


def look(table: ConnectionTable, now: float, elapsed_s: float) -> None:
    """Close all connections that have kept the server waiting for too long; `elapsed_s` since the last look."""
    for held in table.all():
        if isinstance(held, Connection | Guest):
            held.look(now, elapsed_s)


class Connection(H11Protocol):
    """A client's connection that the table knows. `head`: what had come when it left the lobby."""

    def __init__(self, table: ConnectionTable, head: bytes, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table, self._first = table, head
        self.peer, self.has_served = "", False
        self._head_since: float | None = monotonic()
        self._body_bytes, self._body_waited_s, self._stalled_s = 0, 0.0, 0.0

    @property
    def is_working(self) -> bool:
        """Whether a request is being answered, or its body still comes."""
        return self.cycle is not None and (self.cycle.more_body or not self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.peer = self.client[0] if self.client else ""
        if not self.table.admit(self):
            return self._close_with(BUSY)
        self.data_received(self._first)
        self._first = b""

    def connection_lost(self, exc: Exception | None) -> None:
        self.table.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        worked = self.is_working
        if not worked and self._head_since is None:
            self._head_since = monotonic()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_since = None
            self._body_bytes, self._body_waited_s = 0, 0.0
            self.table.works(self)
        if worked:
            self._body_bytes += len(data)
            self._rest()

    def on_response_complete(self) -> None:
        self.has_served = True
        super().on_response_complete()
        self._rest()

    def _rest(self) -> None:
        if not self.is_working:
            self.table.waits(self)

    def give_up(self) -> None:
        """Close the connection, which only waits."""
        self.transport.abort()

    def look(self, now: float, elapsed_s: float) -> None:
        """Close the connection when it has kept the server waiting for too long; `elapsed_s` since the last look."""
        limits = self.table.limits
        if self._head_since is not None and now - self._head_since > limits.header_s:
            self._close_with(TOO_SLOW if self.conn.trailing_data[0] else b"")
        elif self.cycle is not None and self.cycle.more_body and not self.flow.read_paused:
            self._body_waited_s += elapsed_s
            if self._body_waited_s > limits.body_s + self._body_bytes / BODY_BYTES_PER_S:
                self._close_with(b"" if self.cycle.response_started else TOO_SLOW)
        self._stalled_s = self._stalled_s + elapsed_s if self.flow.write_paused else 0.0
        if self._stalled_s > limits.stalled_s:
            self.transport.abort()

    def _close_with(self, answer: bytes) -> None:
        if self.transport.is_closing():
            self.transport.abort()
            return
        self.transport.write(answer)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: there are no WebSockets here, and anybody can ask for one."""

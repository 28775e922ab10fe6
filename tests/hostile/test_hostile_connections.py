"""Connections that say nothing, say it slowly, or do not listen."""

import asyncio
import errno
import logging
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from time import monotonic
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from hypothesis import given
from hypothesis import strategies as st

from minutebook.api.connections import ConnectionLimits, ConnectionTable, limits_of
from minutebook.api.listening import Connection, config_of, look
from minutebook.api.lobby import Lobby
from minutebook.config import HttpSettings

LIMITS = ConnectionLimits(connections=20, per_address=10, header_s=20, body_s=30, stalled_s=600)
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW_POST = b"POST /api/oauth/provider/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@dataclass
class Listening:
    """A server on loopback, and its connections."""

    port: int
    table: ConnectionTable
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def dial(self, sent: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(sent)
        await writer.drain()
        return reader

    async def ask(self) -> bytes:
        """What a request on a new connection is answered."""
        return await asyncio.wait_for((await self.dial(GET)).readline(), 10)

    async def until(self, count: int) -> None:
        while len(self.table) != count:
            await asyncio.sleep(0.005)

    def connections(self) -> list[Connection]:
        return [held for held in self.table.all() if isinstance(held, Connection)]

    def look(self, later_s: float, elapsed_s: float = 0.0) -> None:
        look(self.table, monotonic() + later_s, elapsed_s)


@asynccontextmanager
async def listening(
    app: FastAPI, limits: ConnectionLimits = LIMITS, taken: socket.socket | None = None
) -> AsyncIterator[Listening]:
    table = ConnectionTable(limits)
    config = config_of(app, HttpSettings())
    config.load()
    state = uvicorn.Server(config).server_state

    def made(head: bytes) -> asyncio.Protocol:
        return Connection(table, head, config=config, server_state=state, app_state={})

    taken = taken or socket.create_server(("127.0.0.1", 0))
    lobby = Lobby(taken, table, made)
    here = Listening(taken.getsockname()[1], table)
    try:
        yield here
    finally:
        for writer in here.writers:
            writer.close()
        await lobby.end()
        for connection in table.all():
            connection.give_up()
        await asyncio.sleep(0.01)


async def test_silent_connections_make_room_for_who_asks(app: FastAPI) -> None:
    async with listening(app) as here:
        for i in range(60):
            await here.dial(b"GET / HTTP/1.1\r\nHost: x\r\n" if i % 2 else b"")
        for _ in range(5):
            assert await here.ask() == b"HTTP/1.1 200 OK\r\n"
        assert len(here.table) <= LIMITS.per_address


async def test_a_request_under_way_keeps_its_place(app: FastAPI) -> None:
    async with listening(app) as here:
        working = [await here.dial(SLOW_POST + b"Content-Length: 16\r\n\r\n{") for _ in range(LIMITS.per_address)]
        await here.until(LIMITS.per_address)
        while sum(connection.is_working for connection in here.connections()) < LIMITS.per_address:
            await asyncio.sleep(0.005)
        refused = await here.ask()
        assert refused == b"HTTP/1.1 503 Service Unavailable\r\n"
        for writer in here.writers[: LIMITS.per_address]:
            writer.write(b'"grant_type":1}')
        assert {await asyncio.wait_for(reader.readline(), 10) for reader in working} == {
            b"HTTP/1.1 400 Bad Request\r\n"
        }


async def test_a_head_that_does_not_end(app: FastAPI) -> None:
    async with listening(app) as here:
        silent, begun = await here.dial(), await here.dial(b"GET / HTTP/1.1\r\n")
        await here.until(2)
        here.look(LIMITS.header_s - 1)
        await asyncio.sleep(0.05)
        here.writers[1].write(b"X-Drip: 1\r\n")  # a drop now and then earns nothing
        await asyncio.sleep(0.05)
        assert len(here.table) == 2
        here.look(LIMITS.header_s + 1)
        assert await asyncio.wait_for(silent.read(), 10) == b""
        assert (await asyncio.wait_for(begun.read(), 10)).startswith(b"HTTP/1.1 408")
        await here.until(0)


async def test_the_second_head_has_its_own_time(app: FastAPI) -> None:
    async with listening(app) as here:
        reader = await here.dial(GET)
        assert await asyncio.wait_for(reader.readline(), 10) == b"HTTP/1.1 200 OK\r\n"
        here.look(LIMITS.header_s + 1)
        here.writers[0].write(b"GET /healthz HTTP/1.1\r\n")
        await asyncio.sleep(0.05)
        assert len(here.table) == 1
        here.look(LIMITS.header_s + 1)
        assert b"408" in await asyncio.wait_for(reader.read(), 10)


async def test_a_body_that_does_not_come(app: FastAPI) -> None:
    async with listening(app) as here:
        reader = await here.dial(SLOW_POST + b"Content-Length: 99999\r\n\r\n{")
        await here.until(1)
        while not any(connection.is_working for connection in here.connections()):
            await asyncio.sleep(0.005)
        here.look(0, LIMITS.body_s - 1)
        here.writers[0].write(b" " * 5000)  # earns ten seconds
        await asyncio.sleep(0.05)
        here.look(0, 9)
        await asyncio.sleep(0.05)
        assert len(here.table) == 1
        here.look(0, 5)
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 408")
        await here.until(0)


async def test_a_client_that_does_not_listen(app: FastAPI) -> None:
    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def forever() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 100_000
                await asyncio.sleep(0)

        return StreamingResponse(forever())

    async with listening(app) as here:
        with socket.create_connection(("127.0.0.1", here.port)) as deaf:
            deaf.sendall(GET.replace(b"/healthz", b"/endless"))
            while not any(connection.flow.write_paused for connection in here.connections()):
                await asyncio.sleep(0.01)
            here.look(0, LIMITS.stalled_s - 1)
            await asyncio.sleep(0.02)
            assert len(here.table) == 1
            here.look(0, 2)
            await here.until(0)


@dataclass(eq=False)
class Toy:
    peer: str
    has_served: bool = False
    working: bool = False
    closed: bool = False

    def give_up(self) -> None:
        assert not self.working
        self.closed = True


STEPS = st.lists(st.tuples(st.sampled_from(["open", "work", "rest", "close"]), st.integers(0, 40)), max_size=200)


@given(STEPS)
def test_table_holds_its_limits_and_disturbs_no_work(steps: list[tuple[str, int]]) -> None:
    limits = ConnectionLimits(8, 3, 1, 1, 1, trusted=(ip_network("10.0.0.0/8"),))
    table = ConnectionTable(limits)
    made: list[Toy] = []
    for what, n in steps:
        alive = [toy for toy in made if not toy.closed]
        if what == "open":
            toy = Toy(("10.0.0.1", "192.0.2.1", "192.0.2.2", "192.0.2.3")[n % 4])
            could = any(not each.working for each in alive) or len(alive) < limits.connections
            if table.admit(toy):
                made.append(toy)
            elif toy.peer.startswith("10."):
                assert not could
        elif alive:
            toy = alive[n % len(alive)]
            if what == "work":
                toy.working = True
                table.works(toy)
            elif what == "rest":
                toy.working, toy.has_served = False, True
                table.waits(toy)
            else:
                toy.closed = True
                table.remove(toy)
        alive = [toy for toy in made if not toy.closed]
        assert set(table.all()) == set(alive)
        assert len(alive) <= limits.connections
        assert all(
            sum(each.peer == peer for each in alive) <= limits.per_address for peer in ("192.0.2.1", "192.0.2.2")
        )


def test_silent_connections_go_before_those_that_have_served() -> None:
    table = ConnectionTable(ConnectionLimits(2, 9, 1, 1, 1))
    honest, silent, third = Toy("a"), Toy("b"), Toy("c")
    table.admit(honest)
    table.works(honest)
    honest.has_served = True
    table.waits(honest)
    table.admit(silent)
    assert table.admit(third)
    assert (honest.closed, silent.closed) == (False, True)


def test_fewer_descriptors_mean_fewer_connections() -> None:
    assert limits_of(HttpSettings(), 1024).connections == 768
    assert limits_of(HttpSettings(), 65536).connections == 4000


class Exhausted(socket.socket):
    """Takes nobody in for some time."""

    refusals = 0

    def accept(self) -> tuple[socket.socket, Any]:
        if self.refusals < 50:
            self.refusals += 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


async def test_no_flood_of_complaints_about_accepting(
    app: FastAPI, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minutebook.api.lobby.ACCEPT_AGAIN_S", 0.001)
    taken = Exhausted()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    with caplog.at_level(logging.ERROR):
        async with listening(app, taken=taken) as here:
            assert await here.ask() == b"HTTP/1.1 200 OK\r\n"
    assert taken.refusals == 50
    assert [record.name for record in caplog.records] == ["minutebook.api"]


async def test_a_head_in_pieces_and_what_follows_it_arrive_in_order(app: FastAPI) -> None:
    body = b'{"grant_type":1}'
    sent = SLOW_POST + b"Content-Length: %d\r\n\r\n" % len(body) + body + GET
    async with listening(app) as here:
        for cut in (1, len(SLOW_POST), sent.index(body) - 1, sent.index(body), len(sent) - 1):
            reader = await here.dial(sent[:cut])
            await asyncio.sleep(0.01)
            here.writers[-1].write(sent[cut:])
            answers = await asyncio.wait_for(reader.readuntil(b'"ok"'), 10)
            assert answers.startswith(b"HTTP/1.1 400")
            assert b"HTTP/1.1 200 OK" in answers


@pytest.mark.parametrize("said", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000])
async def test_what_will_never_be_a_head_is_refused_at_once(app: FastAPI, said: bytes) -> None:
    async with listening(app) as here:
        assert (await asyncio.wait_for((await here.dial(said)).readline(), 10)).startswith(b"HTTP/1.1 400")


async def test_who_leaves_the_lobby_leaves_no_place_taken(app: FastAPI) -> None:
    async with listening(app) as here:
        for begun in (b"", b"GET / HT"):
            await here.dial(begun)
            await here.until(1)
            here.writers[-1].close()
            await here.until(0)


def test_open_files_are_raised_to_the_hard_limit() -> None:
    from minutebook.api.listening import MOST_OPEN_FILES, raise_open_files

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        assert raise_open_files() == resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(before[1], MOST_OPEN_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("value", ["10.0.0.1/8", "nonsense"])
def test_a_wrong_proxy_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    from minutebook.cli.settings import settings_for
    from minutebook.errors import MinutebookError

    monkeypatch.setenv("MINUTEBOOK_HTTP__TRUSTED_PROXIES", value)
    with pytest.raises(MinutebookError) as error:
        settings_for(None)
    assert "MINUTEBOOK_HTTP__TRUSTED_PROXIES" in error.value.message

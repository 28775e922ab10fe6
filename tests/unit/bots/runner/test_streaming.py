"""Streams of a bot against real WebSocket servers on loopback."""

import asyncio
import json
import math
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from minutebook.bots.protocol import Orders
from minutebook.bots.runner.streaming import sender as streaming_module
from minutebook.bots.runner.streaming.dialling import dial
from minutebook.bots.runner.streaming.sender import MOST_QUEUED, REDIAL, Streaming, wires_of
from minutebook.errors import MinutebookError
from minutebook.kit.address import AddressPolicy
from minutebook.kit.backoff import Backoff
from support.fake_call import orders

WITHIN_S = 10.0
LOOPBACK = AddressPolicy(["127.0.0.1", "localhost"])


@dataclass
class Receiver:
    """A WebSocket server that keeps what it gets."""

    port: int = 0
    paths: list[str] = field(default_factory=list)
    messages: list[str | bytes] = field(default_factory=list)
    connections: list[ServerConnection] = field(default_factory=list)
    reads: bool = True
    refuses: int = 0

    def url(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    @property
    def sound(self) -> bytes:
        return b"".join(message for message in self.messages if isinstance(message, bytes))

    @property
    def texts(self) -> list[Any]:
        return [json.loads(message) for message in self.messages if isinstance(message, str)]

    async def handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self.connections.append(connection)
        if len(self.connections) <= self.refuses:
            await connection.close()
            return
        while not self.reads:
            await asyncio.sleep(0.05)
        try:
            async for message in connection:
                self.messages.append(message)
        except ConnectionClosed:
            pass


@asynccontextmanager
async def receiver(**settings: Any) -> AsyncIterator[Receiver]:
    made = Receiver(**settings)
    async with serve(made.handle, "127.0.0.1", 0, max_size=None, close_timeout=0.2) as server:
        made.port = next(iter(server.sockets)).getsockname()[1]
        yield made


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def streaming(given: Orders, notices: list[str] | None = None) -> AsyncIterator[Streaming]:
    made = Streaming(given, LOOPBACK, (notices if notices is not None else []).append)
    made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redialling waits a tenth of a second at most."""
    monkeypatch.setattr(streaming_module, "REDIAL", Backoff(first_s=0.05, longest_s=0.1))


def tone(seconds: float, rate: int = 24_000, hertz: float = 440.0) -> bytes:
    return b"".join(
        struct.pack("<h", round(12_000 * math.sin(2 * math.pi * hertz * at / rate)))
        for at in range(int(seconds * rate))
    )


def pieces(pcm: bytes, size: int = 4800) -> list[bytes]:
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


def test_redialling_waits_1_2_4_up_to_60_s() -> None:
    delays = [REDIAL.delay_s(failures) for failures in range(1, 9)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_same_address_twice_is_one_connection() -> None:
    both = wires_of(orders(stream_output="ws://a/x", stream_input="ws://a/x"))
    assert [(wires.sends, wires.listens) for wires in both] == [(True, True)]
    two = wires_of(orders(stream_output="ws://a/x", stream_input="ws://a/y"))
    assert [(wires.url, wires.sends, wires.listens) for wires in two] == [
        ("ws://a/x", True, False),
        ("ws://a/y", False, True),
    ]
    assert wires_of(orders()) == ()


async def test_what_is_heard_goes_out_as_it_is_at_24_khz() -> None:
    async with receiver() as there, streaming(orders(bot_id="b-1", stream_output=there.url())) as stream:
        pcm = tone(2)
        for piece in pieces(pcm):
            stream.hear(piece)
        stream.speaking([{"name": "Ada", "id": 1, "timestamp": 1_700_000_000_000, "isSpeaking": True}])
        await until(lambda: len(there.messages) >= 22)
    assert there.texts[0] == {"protocol_version": 1, "bot_id": "b-1", "offset": 0.0, "sample_rate": 24_000}
    assert isinstance(there.messages[0], str)
    assert there.sound == pcm
    assert {len(message) for message in there.messages if isinstance(message, bytes)} == {4800}
    assert there.texts[1] == [{"name": "Ada", "id": 1, "timestamp": 1_700_000_000_000, "isSpeaking": True}]


@pytest.mark.parametrize("size", [4800, 1000, 4802])
async def test_16_khz_is_resampled_without_a_seam(size: int) -> None:
    async with receiver() as there:
        given = orders(stream_output=there.url(), stream_frequency=16_000)
        async with streaming(given) as stream:
            for piece in pieces(tone(2), size):
                stream.hear(piece)
            await until(lambda: len(there.sound) >= 2 * 16_000 * 2 - 2 * 3200)
    assert {len(message) for message in there.messages if isinstance(message, bytes)} == {3200}
    heard = struct.unpack(f"<{len(there.sound) // 2}h", there.sound)
    settled = heard[1600:]
    # A tone that goes on smoothly crosses zero 880 times a second and never jumps further than its steepest slope.
    crossings = sum((a < 0) != (b < 0) for a, b in pairwise(settled))
    assert crossings == pytest.approx(880 * len(settled) / 16_000, abs=3)
    steepest = 12_000 * 2 * math.pi * 440 / 16_000
    assert max(abs(a - b) for a, b in pairwise(settled)) < 1.1 * steepest
    assert max(settled) == pytest.approx(12_000, rel=0.03)


async def test_path_and_query_go_out_verbatim() -> None:
    path = "/a;b=c/%2Fd//e?token=x%20y&z=%C3%A9&empty=&p+q=a:b@c,;"
    async with receiver() as there, streaming(orders(stream_output=there.url(path))):
        await until(lambda: bool(there.paths))
    assert there.paths == [path]


async def test_what_comes_in_is_said_and_nothing_else() -> None:
    said: list[tuple[bytes, int]] = []

    async def say(pcm: bytes, rate: int) -> None:
        said.append((pcm, rate))

    async with receiver() as there:
        given = orders(stream_output=there.url(), stream_input=there.url(), stream_frequency=16_000)
        async with streaming(given) as stream:
            stream.say = say
            await until(lambda: bool(there.messages))
            connection = there.connections[0]
            for message in (b"\x01\x00\x02\x00", "text", b"\x01\x00\x02", b"", b"\x03\x00" * 700_000):
                await connection.send(message)
            await until(lambda: len(said) == 2)
    assert said == [(b"\x01\x00\x02\x00", 16_000), (b"\x03\x00" * 700_000, 16_000)]
    assert len(there.connections) == 1


async def test_an_input_alone_gets_no_handshake_and_no_sound() -> None:
    said: list[bytes] = []

    async def say(pcm: bytes, rate: int) -> None:
        said.append(pcm)

    async with receiver() as there, streaming(orders(stream_input=there.url())) as stream:
        stream.say = say
        stream.hear(tone(0.5))
        await until(lambda: bool(there.connections))
        await there.connections[0].send(b"\x01\x00")
        await until(lambda: bool(said))
    assert there.messages == []


async def test_what_an_output_sends_back_is_not_said() -> None:
    said: list[bytes] = []

    async def say(pcm: bytes, rate: int) -> None:
        said.append(pcm)

    async with receiver() as there, streaming(orders(stream_output=there.url())) as stream:
        stream.say = say
        await until(lambda: bool(there.messages))
        await there.connections[0].send(b"\x01\x00")
        stream.hear(tone(0.3))
        await until(lambda: len(there.sound) > 0)
    assert said == []


async def test_a_lost_connection_is_dialled_again_with_a_new_handshake_and_offset() -> None:
    notices: list[str] = []
    async with receiver() as there, streaming(orders(stream_output=there.url()), notices) as stream:
        stream.hear(tone(1))
        await until(lambda: len(there.sound) == 48_000)
        await there.connections[0].close()
        await until(lambda: len(there.connections) == 2)
        stream.hear(tone(0.5))
        await until(lambda: len(there.sound) == 72_000)
    assert [text["offset"] for text in there.texts] == [0.0, 1.0]


async def test_a_receiver_that_turns_up_late_is_found() -> None:
    notices: list[str] = []
    async with receiver(refuses=3) as there, streaming(orders(stream_output=there.url()), notices) as stream:
        stream.hear(tone(0.5))
        await until(lambda: len(there.sound) == 24_000)
    assert len(notices) == 1


async def test_a_receiver_that_reads_nothing_costs_nothing_but_its_own_sound() -> None:
    async with receiver(reads=False) as there, streaming(orders(stream_output=there.url())) as stream:
        await until(lambda: bool(there.connections))
        second = tone(1)
        before = asyncio.get_running_loop().time()
        for _ in range(600):
            stream.hear(second)
            await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() - before < WITHIN_S
        assert len(stream._lines[0]._queue) <= MOST_QUEUED
        there.reads = True
        await until(lambda: len(stream._lines[0]._queue) == 0)
        await until(lambda: len(there.sound) > 0)
    assert len(there.sound) < 600 * 48_000


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:{port}/",
        "ws://localhost:{port}/",
        "ws://[::1]:{port}/",
        "ws://10.0.0.1/",
        "ws://2130706433:{port}/",
        "http://127.0.0.1:{port}/",
        "wss://user:password@example.com/",
        "not an address",
        "ws://",
        "ws://127.0.0.1:99999/",
    ],
)
async def test_private_addresses_are_not_dialled_unless_allowed(url: str) -> None:
    notices: list[str] = []
    async with receiver() as there:
        made = Streaming(orders(stream_output=url.format(port=there.port)), AddressPolicy(), notices.append)
        made.start()
        await until(lambda: bool(notices))
        await made.stop()
    assert there.connections == []
    assert "Streaming is off" in notices[0]


async def test_a_redirect_leads_nowhere_else() -> None:
    from http import HTTPStatus

    from websockets.datastructures import Headers
    from websockets.http11 import Request, Response

    async with receiver() as there:

        def redirect(connection: ServerConnection, request: Request) -> Response:
            return Response(HTTPStatus.FOUND, "Found", Headers(Location=there.url("/elsewhere")), b"")

        async with serve(there.handle, "127.0.0.1", 0, process_request=redirect) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            policy = AddressPolicy([f"127.0.0.1:{port}"])
            with pytest.raises((ValueError, MinutebookError)):
                await dial(f"ws://127.0.0.1:{port}/", policy, 1024)
    assert there.connections == []


async def test_a_name_is_connected_to_by_the_address_that_was_checked() -> None:
    async with receiver() as there:
        connection = await dial(f"ws://localhost:{there.port}/x?y", LOOPBACK, 1024)
        assert connection.request is not None
        assert connection.request.headers["Host"] == f"localhost:{there.port}"
        await connection.close()
    assert there.paths == ["/x?y"]

"""Handing a message over: hostile addresses, answers that redirect, trickle, break off or never end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from minutebook.config import OutgoingSettings
from minutebook.errors import MinutebookError
from minutebook.outgoing.client import OutgoingAnswer, OutgoingClient
from support.webhook_receiver import Reply, webhook_receiver

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nRetry-After: 5\r\n\r\n"
KEEP = 64

Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(say: Say) -> AsyncIterator[str]:
    """A server that says what it likes; its address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await say(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def post(url: str, timeout_s: float = 5.0, allow: tuple[str, ...] = ("127.0.0.1",)) -> OutgoingAnswer:
    client = OutgoingClient(OutgoingSettings(allow=list(allow)))
    return await client.post(url, b'{"a":1}', {"user-agent": "me", "x-a": "b"}, timeout_s=timeout_s, keep_bytes=KEEP)


async def test_what_is_handed_over_and_what_is_said_to_it() -> None:
    async with webhook_receiver() as receiver:
        receiver.replies(Reply(418, {"x-kettle": "yes"}, b"short and stout"))
        said = await post(receiver.url())
        (call,) = receiver.calls
    assert (said.status, said.headers["x-kettle"], said.beginning) == (418, "yes", b"short and stout")
    assert (call.body, call.headers["user-agent"], call.headers["x-a"]) == (b'{"a":1}', "me", "b")


async def test_a_redirect_is_an_answer() -> None:
    async with webhook_receiver() as receiver, webhook_receiver() as elsewhere:
        receiver.replies(Reply(307, {"location": elsewhere.url()}))
        assert (await post(receiver.url())).status == 307
        assert elsewhere.calls == []


async def test_an_answer_that_never_ends_is_read_in_part() -> None:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        while True:
            writer.write(b"4\r\nblah\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async with speaking(say) as url:
        said = await post(url)
    assert (said.status, said.beginning) == (200, b"blah" * (KEEP // 4))


async def test_an_answer_that_stands_still_after_its_status_counts() -> None:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"4\r\nblah\r\n")
        await writer.drain()
        await asyncio.sleep(30)

    async with speaking(say) as url:
        said = await post(url, timeout_s=0.5)
    assert (said.status, said.headers["retry-after"], said.beginning) == (200, "5", b"blah")


async def test_an_answer_that_breaks_off_after_its_status_counts() -> None:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"4\r\nbl")
        await writer.drain()

    async with speaking(say) as url:
        assert (await post(url)).status == 200


async def test_no_answer_in_time() -> None:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD[:20])
        await writer.drain()
        await asyncio.sleep(30)

    async with speaking(say) as url:
        with pytest.raises(MinutebookError) as caught:
            await post(url, timeout_s=0.3)
    assert caught.value.code == "fetch_timeout"


@pytest.mark.parametrize("nonsense", [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
async def test_what_is_no_answer(nonsense: bytes) -> None:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(nonsense)
        await writer.drain()

    async with speaking(say) as url:
        with pytest.raises(MinutebookError) as caught:
            await post(url)
    assert caught.value.code == "fetch_failed"


async def test_a_private_address_is_refused_untouched() -> None:
    async with webhook_receiver() as receiver:
        with pytest.raises(MinutebookError) as caught:
            await post(receiver.url(), allow=())
        assert receiver.calls == []
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://printer.lan/", "ftp://a.example/", "http://", "x", "http://["]
)
def test_looking_at_an_address_is_enough_for_some(url: str) -> None:
    with pytest.raises(MinutebookError) as caught:
        OutgoingClient(OutgoingSettings()).check(url)
    assert caught.value.code == "address_refused"


def test_looking_at_an_address_asks_no_network() -> None:
    assert OutgoingClient(OutgoingSettings()).check("https://Hooks.Nowhere.Example./in?a=b") == "hooks.nowhere.example"

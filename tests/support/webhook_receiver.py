"""A receiver of webhooks on loopback that a test tells what to answer."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. A `status` of 0 is none at all: the connection is closed."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Call:
    """A message as it came; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[Call], Awaitable[Reply]]


async def _accept(_call: Call) -> Reply:
    return Reply()


@dataclass
class Receiver:
    """Keeps every call in the order of arrival; `answer` decides. `at_once` is how many calls of one path were open at
    the same time at most, `most_open` how many of all."""

    port: int = 0
    answer: Answer = _accept
    calls: list[Call] = field(default_factory=list)
    accepted: list[Call] = field(default_factory=list)
    open: Counter[str] = field(default_factory=Counter)
    at_once: Counter[str] = field(default_factory=Counter)
    most_open: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def replies(self, *replies: Reply) -> None:
        """Answer with these, one after the other; the last one again and again."""
        waiting = list(replies)

        async def answer(_call: Call) -> Reply:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        self.answer = answer

    @property
    def processed(self) -> list[Call]:
        """What was accepted, once by id."""
        return list({call.id: call for call in reversed(self.accepted)}.values())[::-1]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await _call(reader)
            self.calls.append(call)
            self._opened(call)
            try:
                reply = await self.answer(call)
            finally:
                self.open[call.path] -= 1
            if 200 <= reply.status < 300:
                self.accepted.append(call)
            if reply.status:
                writer.write(_bytes(reply))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _opened(self, call: Call) -> None:
        self.open[call.path] += 1
        self.at_once[call.path] = max(self.at_once[call.path], self.open[call.path])
        self.most_open = max(self.most_open, self.open.total())


@asynccontextmanager
async def webhook_receiver(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver that runs while the block does."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


async def _call(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    request, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(request.split()[1], headers, body)


def _bytes(reply: Reply) -> bytes:
    headers = {"content-length": str(len(reply.body)), "connection": "close", **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + reply.body

"""A page of the bot's own, for its browser alone: on loopback, at an address that nobody guesses.

It may hold secrets (tokens), which other programs of the machine must not get by asking.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

HEADERS: Final = (
    "Content-Type: text/html; charset=utf-8",
    "Cache-Control: no-store",
    # Its address is part of the secret.
    "Referrer-Policy: no-referrer",
    "X-Frame-Options: DENY",
    "Connection: close",
)
EMPTY: Final = "<!doctype html>\n<title>-</title>\n"
MOST_BYTES: Final = 64 * 1024
ASKED_WITHIN_S: Final = 10.0
Anew = Callable[[], Awaitable[str | None]]


class LocalPage:
    """Serves one page, once `serve` was called, until `close`."""

    def __init__(self) -> None:
        self._path = f"/{secrets.token_urlsafe(24)}"
        self._html = ""
        self._anew: Anew | None = None
        self._loads = 0
        self._server: asyncio.Server | None = None

    async def serve(self, html: str, anew: Anew | None = None) -> str:
        """The page's address. Addresses below it are empty pages. Whoever asks for it again gets what `anew` makes of
        it; where that is nothing, the last one."""
        self._html, self._anew = html, anew
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=MOST_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._path}"

    def close(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(ASKED_WITHIN_S):
                request = await reader.readuntil(b"\r\n\r\n")
            response = await self._response(request.split(b"\r\n", 1)[0].decode("latin-1"))
            async with asyncio.timeout(ASKED_WITHIN_S):
                writer.write(response)
                await writer.drain()
        writer.close()

    async def _response(self, asked: str) -> bytes:
        method, _, rest = asked.partition(" ")
        path = rest.split(" ")[0].partition("?")[0]
        mine = secrets.compare_digest(path.encode(), self._path.encode())
        found = method == "GET" and (mine or path.startswith(f"{self._path}/"))
        body = (await self._page() if mine else EMPTY) if found else ""
        head = ("HTTP/1.1 200 OK" if found else "HTTP/1.1 404 Not Found", f"Content-Length: {len(body.encode())}")
        return ("\r\n".join((*head, *HEADERS)) + "\r\n\r\n" + body).encode()

    async def _page(self) -> str:
        self._loads += 1
        if self._anew is not None and self._loads > 1:
            self._html = await self._anew() or self._html
        return self._html

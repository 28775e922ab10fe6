"""The bot's picture from a real server on loopback."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from minutebook.bots.runner.picture import PictureSource
from minutebook.config import OutgoingSettings

ALLOWED = OutgoingSettings(allow=["127.0.0.1"])
ANSWERS = {
    "/bot.png": (200, "image/png", b"\x89PNG"),
    "/bot.jpg": (200, "image/jpeg; charset=binary", b"\xff\xd8"),
    "/page": (200, "text/html", b"<html>"),
    "/drawing": (200, "image/svg+xml", b"<svg/>"),
    "/gone.png": (404, "image/png", b""),
}


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, media_type, body = ANSWERS[self.path]
            self.send_response(status)
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}", asked
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize(("path", "media_type"), [("/bot.png", "image/png"), ("/bot.jpg", "image/jpeg")])
async def test_it_is_fetched_once(server: tuple[str, list[str]], path: str, media_type: str) -> None:
    address, asked = server
    notices: list[str] = []
    source = PictureSource(address + path, ALLOWED, notices.append)
    first, second = await source.get(), await source.get()
    assert first is second
    assert first is not None
    assert (first.media_type, first.data) == (media_type, ANSWERS[path][2])
    assert asked == [path]
    assert notices == []


@pytest.mark.parametrize("path", ["/page", "/drawing", "/gone.png"])
async def test_what_is_no_picture_is_not_shown(server: tuple[str, list[str]], path: str) -> None:
    notices: list[str] = []
    assert await PictureSource(server[0] + path, ALLOWED, notices.append).get() is None
    assert len(notices) == 1


@pytest.mark.parametrize("url", ["{here}/bot.png", "http://10.0.0.1/bot.png", "data:image/png;base64,AAAA", "nonsense"])
async def test_private_addresses_are_not_asked(server: tuple[str, list[str]], url: str) -> None:
    notices: list[str] = []
    source = PictureSource(url.format(here=server[0]), OutgoingSettings(), notices.append)
    assert await source.get() is None
    assert server[1] == []
    assert "image is not shown" in notices[0]


async def test_a_bot_without_a_picture_asks_nobody() -> None:
    assert await PictureSource(None, OutgoingSettings(), pytest.fail).get() is None

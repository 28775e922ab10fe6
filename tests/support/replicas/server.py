"""The played platforms as a web server of their own on loopback, and a browser to which it is the whole network.

The bot is the unmodified one and opens the platforms' own addresses: its Chromium is started by a small script that
has every name lead to this server, whose certificate it takes. Nothing leaves the machine.
"""

import asyncio
import base64
import hashlib
import shlex
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from support.calls.chromium import CHROMIUM
from support.replicas.room import Room
from support.server import free_port
from support.tls import self_signed

PAGES = Path(__file__).with_name("pages")
NOWHERE = "teams.microsoftonline.cn"
"""A name that nobody knows here."""
HOSTS = {"meet.google.com": "google_meet", "zoom.us": "zoom", "teams.microsoft.com": "teams"}
READY_WITHIN_S = 20.0
PAGE = """<!doctype html><html lang="en" data-room="{room}"><meta charset="utf-8"><title>{title}</title>
<body><div id="stage"></div>
<script src="/replica/base.js"></script><script src="/replica/{platform}.js"></script></body>"""
PLAIN = "<!doctype html><html lang='en'><meta charset='utf-8'><title>{host}</title><body><h1>{host}</h1>{back}</body>"
BACK = "<script>setTimeout(() => location.replace({back!r}), 1500)</script>"
FRAME = """<!doctype html><title>Zoom</title><style>iframe {{ width: 900px; height: 500px }}</style>
<iframe src="{src}"></iframe>"""


class Replicas:
    """The server in a thread of its own. `rooms` are by what their address says last."""

    def __init__(self, folder: Path) -> None:
        self.rooms: dict[str, Room] = {}
        self.port = free_port()
        certificate = self_signed(folder / "replicas.pem")
        self.chromium = _browser(folder / "chromium", self.port, certificate)
        routes = [
            WebSocketRoute("/replica/socket/{room}", self._socket),
            Route("/replica/{name}", self._file),
            Route("/{path:path}", self._page),
        ]
        configuration = uvicorn.Config(
            Starlette(routes=routes),
            host="127.0.0.1",
            port=self.port,
            ws="websockets-sansio",
            log_level="warning",
            timeout_graceful_shutdown=1,
            ssl_certfile=str(certificate),
        )
        self._server = uvicorn.Server(configuration)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="replicas", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._server.started:
            assert time.monotonic() < deadline, "the replicas are not up"
            time.sleep(0.05)

    def close(self, room: Room) -> None:
        """Nobody needs this meeting any more."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(room.close(), self._loop).result(10)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve()

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        await self.rooms[socket.path_params["room"]].welcome(socket)

    async def _file(self, request: Request) -> Response:
        return FileResponse(PAGES / request.path_params["name"], headers={"cache-control": "no-store"})

    async def _page(self, request: Request) -> Response:
        host = request.url.hostname or ""
        name = next((part for part in request.url.path.split("/") if part in self.rooms), None)
        if not any(host == each or host.endswith(f".{each}") for each in HOSTS) or name is None:
            back = request.query_params.get("replica", "")
            return _html(PLAIN.format(host=host, back=BACK.format(back=back) if back else ""))
        room = self.rooms[name]
        await asyncio.sleep(room.slow_s)
        if (hop := room.next_hop()) is not None:
            return RedirectResponse(f"{hop}{'&' if '?' in hop else '?'}{urlencode({'replica': str(request.url)})}")
        if room.layout.startswith("framed") and "inner" not in request.query_params:
            return _html(FRAME.format(src=f"{request.url.path}?inner=1"))
        return _html(PAGE.format(room=name, title=room.platform, platform=room.platform))


@contextmanager
def replicas(folder: Path) -> Iterator[Replicas]:
    """The server for the length of a block."""
    running = Replicas(folder)
    try:
        yield running
    finally:
        running.stop()


def _html(text: str) -> Response:
    return Response(text, media_type="text/html", headers={"cache-control": "no-store"})


def _browser(script: Path, port: int, certificate: Path) -> Path:
    """A program that starts Chromium with everything leading here."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
    flags = [
        f"--host-resolver-rules=MAP {NOWHERE} ~NOTFOUND, MAP * 127.0.0.1:{port}",
        f"--ignore-certificate-errors-spki-list={digest}",
    ]
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(CHROMIUM))} {shlex.join(flags)} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def address_of(platform: str, number: int, host: str | None = None) -> tuple[str, str]:
    """The address of a meeting of this platform, as an invitation has it, and the part of it that names the room."""
    if platform == "google_meet":
        key = f"abc-defg-{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}x"
        return f"https://{host or 'meet.google.com'}/{key}", key
    if platform == "teams":
        key = str(2345678900000 + number)
        return f"https://{host or 'teams.microsoft.com'}/meet/{key}?p=Abc123", key
    key = str(81234500000 + number)
    return f"https://{host or 'us02web.zoom.us'}/j/{key}?pwd=U2VjcmV0", key

"""The played platforms as a web server of their own on loopback, and a browser to which it is the whole network.

The bot is the unmodified one and opens the platforms' own addresses: its Chromium is started by a small script that
has every name lead to this server, whose certificate it takes. Nothing leaves the machine.
"""

import asyncio
import base64
import hashlib
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from support.calls.chromium import CHROMIUM
from support.replicas.room import Room
from support.replicas.serving import Serving
from support.tls import self_signed

PAGES = Path(__file__).with_name("pages")
NOWHERE = "teams.microsoftonline.cn"
"""A name that nobody knows here."""
HOSTS = {"meet.google.com": "google_meet", "zoom.us": "zoom", "teams.microsoft.com": "teams"}
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
        certificate = self_signed(folder / "replicas.pem")
        routes = [
            WebSocketRoute("/replica/socket/{room}", self._socket),
            Route("/replica/{name}", self._file),
            Route("/{path:path}", self._page),
        ]
        self._serving = Serving(routes, certificate)
        self.chromium = _browser(folder / "chromium", self._serving.port, certificate)

    def close(self, room: Room) -> None:
        """Nobody needs this meeting any more."""
        self._serving.do(room.close())

    def stop(self) -> None:
        self._serving.stop()

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

"""Zoom as a bot with a token meets it, at one address on loopback: its OAuth and API (`support.zoom`), the files of the
Meeting SDK (a stand-in), and meetings that the SDK joins, over real WebRTC.

Whoever joins is checked as Zoom documents it: the signature by the app's secret, the passcode, the token.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from support.replicas.room import Room
from support.replicas.serving import Serving
from support.zoom import CLIENT, FakeZoom

VERSION = "6.2.0"
PAGES = Path(__file__).with_name("pages")
STAND_IN = Path(__file__).parents[2] / "data" / "platforms" / "zoom_sdk" / f"zoom-meeting-{VERSION}.min.js"
ROOT = """document.body.insertAdjacentHTML("beforeend", '<div id="zmmtg-root"><div id="stage"></div></div>');\n"""
ZAK = "zak-SECRET"
ANYBODY = {"access-control-allow-origin": "*"}
OK = (0, "")
NOT_EXIST = (3001, "Meeting does not exist.")
WRONG_PASSCODE = (3004, "Passcode wrong.")
NOT_STARTED = (3008, "Meeting has not started.")
TOKEN_ERROR = (3265, "Token error.")
INVALID_SIGNATURE = (3712, "Signature is invalid.")
"""Numbers of developers.zoom.us/docs/meeting-sdk/web/error-codes."""


@dataclass
class Meeting:
    """A meeting that the SDK can join, and with what each one did who tried."""

    room: Room
    passcode: str = ""
    started: bool = True
    joins: list[dict[str, Any]] = field(default_factory=list)


class PlayedZoom:
    """`meetings` are by number, `secrets` are of the apps by id. Those tokens are good that `zoom` gave, and `ZAK`."""

    def __init__(self) -> None:
        self.zoom = FakeZoom(lambda: datetime.now(UTC))
        self.meetings: dict[str, Meeting] = {}
        self.secrets: Mapping[str, str] = dict([CLIENT])
        self._used: set[str] = set()
        self._serving = Serving(
            [
                WebSocketRoute("/replica/socket/{room}", self._socket),
                Route(f"/{VERSION}/zoom-meeting-{VERSION}.min.js", self._sdk),
                Route(f"/{VERSION}/lib/vendor/{{name}}", self._vendor),
                Route(f"/{VERSION}/join", self._join, methods=["POST"]),
                Route("/zak", self._zak),
                Route("/{path:path}", self._api, methods=["GET", "POST"]),
            ]
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._serving.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What has a server of ours take this for Zoom."""
        return {
            "MINUTEBOOK_ZOOM__SDK_URL": f"{self.url}/{VERSION}",
            "MINUTEBOOK_ZOOM__OAUTH_URL": self.url,
            "MINUTEBOOK_ZOOM__API_URL": self.url,
        }

    def stop(self) -> None:
        for meeting in self.meetings.values():
            self._serving.do(meeting.room.close())
        self._serving.stop()

    def answer(self, told: Mapping[str, Any]) -> tuple[int, str]:
        """What the SDK is told who joins so: Zoom's number and its text."""
        meeting = self.meetings.get(str(told["meetingNumber"]))
        if not self._is_signed(told):
            return INVALID_SIGNATURE
        if meeting is None:
            return NOT_EXIST
        if told["passWord"] != meeting.passcode:
            return WRONG_PASSCODE
        if told.get("zak") != ZAK and not self._spent(told.get("obfToken", "")):
            return TOKEN_ERROR
        return OK if meeting.started else NOT_STARTED

    def _spent(self, token: str) -> bool:
        """Whether this on-behalf-of token was still good: each is, for one time."""
        good = token.startswith("obf-") and token in self.zoom.secrets and token not in self._used
        self._used.add(token)
        return good

    def _is_signed(self, told: Mapping[str, Any]) -> bool:
        """By the secret of an app that is known, for this meeting, for now."""
        for app, secret in self.secrets.items():
            try:
                claims = jwt.decode(told["signature"], OctKey.import_key(secret), algorithms=["HS256"]).claims
            except JoseError:
                continue
            named = (claims["appKey"], str(claims["mn"])) == (app, str(told["meetingNumber"]))
            return named and claims["iat"] <= time.time() < claims["exp"]
        return False

    async def _join(self, request: Request) -> Response:
        told = json.loads(await request.body())
        code, text = self.answer(told)
        if (meeting := self.meetings.get(str(told["meetingNumber"]))) is not None:
            meeting.joins.append(told | {"errorCode": code})
        return JSONResponse({"errorCode": code, "errorMessage": text}, headers=ANYBODY)

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        await self.meetings[socket.path_params["room"]].room.welcome(socket)

    async def _sdk(self, request: Request) -> Response:
        parts = [PAGES / f"{name}.js" for name in ("base", "zoom", "zoom_sdk")]
        text = ROOT + "\n".join(part.read_text("utf-8") for part in (STAND_IN, *parts))
        return Response(text, media_type="text/javascript")

    async def _vendor(self, request: Request) -> Response:
        return Response("", media_type="text/javascript")

    async def _zak(self, request: Request) -> Response:
        return PlainTextResponse(ZAK)

    async def _api(self, request: Request) -> Response:
        """Both of Zoom's hosts."""
        host = self.zoom.oauth_host if request.url.path.startswith("/oauth/") else self.zoom.api_host
        address = request.url.replace(scheme="https", netloc=host)
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        asked = httpx.Request(request.method, str(address), headers=headers, content=await request.body())
        said = await self.zoom.handle(asked)
        return Response(said.content, said.status_code, media_type=said.headers.get("content-type"))


@contextmanager
def played_zoom() -> Iterator[PlayedZoom]:
    """It for the length of a block."""
    running = PlayedZoom()
    try:
        yield running
    finally:
        running.stop()

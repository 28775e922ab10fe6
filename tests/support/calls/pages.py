"""The web server of the tests' calls, on loopback: Janus' own pages, and a peer-to-peer page of ours with a lobby."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from support.calls.janus import DEMOS
from support.server import free_port

PAGE = Path(__file__).with_name("p2p.html")
READY_WITHIN_S = 20.0


@dataclass(eq=False)
class Guest:
    """One open page. `place` is where its person is: lobby, call, or how they went."""

    id: str
    name: str
    socket: WebSocket
    place: str = "lobby"

    async def tell(self, **message: object) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self.socket.send_text(json.dumps(message))


@dataclass
class Room:
    """A room of the peer-to-peer page. `lobby`: newcomers wait until somebody admits them; `seats`: how many fit in."""

    lobby: bool = False
    seats: int = 16
    guests: dict[str, Guest] = field(default_factory=dict)
    chat: list[tuple[str, str]] = field(default_factory=list)
    seen: list[tuple[float, str, str]] = field(default_factory=list)
    """What happened: epoch seconds, name, and `lobby`, `call`, `denied`, `removed`, `ended`, `full` or `left`."""

    def inside(self) -> list[Guest]:
        return [guest for guest in self.guests.values() if guest.place == "call"]

    def named(self, name: str, place: str) -> Guest | None:
        return next((each for each in self.guests.values() if (each.name, each.place) == (name, place)), None)

    def note(self, guest: Guest, what: str) -> None:
        self.seen.append((time.time(), guest.name, what))

    async def arrive(self, guest: Guest) -> None:
        self.guests[guest.id] = guest
        if len(self.inside()) >= self.seats:
            await self.turn_out(guest, "full")
        elif self.lobby:
            self.note(guest, "lobby")
            await guest.tell(type="lobby")
        else:
            await self.admit(guest)

    async def admit(self, guest: Guest) -> None:
        others = [{"id": each.id, "name": each.name} for each in self.inside()]
        guest.place = "call"
        self.note(guest, "call")
        await guest.tell(type="welcome", id=guest.id, participants=others)

    async def turn_out(self, guest: Guest, how: str) -> None:
        was_inside, guest.place = guest.place == "call", how
        self.note(guest, how)
        await guest.tell(type=how)
        if was_inside:
            await self.tell_all(type="left", id=guest.id)

    async def depart(self, guest: Guest) -> None:
        self.guests.pop(guest.id, None)
        if guest.place in {"call", "lobby"}:
            self.note(guest, "left")
            await self.tell_all(type="left", id=guest.id)

    async def tell_all(self, **message: object) -> None:
        for each in self.inside():
            await each.tell(**message)

    async def hear(self, guest: Guest, message: dict[str, Any]) -> None:
        """Pass on what a page in the call sends."""
        if message["type"] == "signal" and (other := self.guests.get(message["to"])) and other.place == "call":
            await other.tell(**{"type": "signal", "from": guest.id, "name": guest.name, "data": message["data"]})
        elif message["type"] == "chat":
            self.chat.append((guest.name, message["text"]))
            await self.tell_all(type="chat", name=guest.name, text=message["text"])


class CallPages:
    """The server in a thread of its own. Its methods may be called from any thread and wait for their effect."""

    def __init__(self, janus_websocket: str | None = None) -> None:
        self.rooms: dict[str, Room] = {}
        self._janus_websocket = janus_websocket
        self._port = free_port()
        self._arrivals = 0
        configuration = uvicorn.Config(
            Starlette(routes=self._routes()),
            host="127.0.0.1",
            port=self._port,
            ws="websockets-sansio",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(configuration)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="call pages", daemon=True)
        self._thread.start()
        _wait(lambda: self._server.started, READY_WITHIN_S, "the call pages are not up")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def p2p(self, room: str, **query: str) -> str:
        """The address of a room of our page."""
        return f"{self.url}/p2p.html?room={room}" + "".join(f"&{key}={value}" for key, value in query.items())

    def janus(self, room: int) -> str:
        """The address of a room on Janus' own page."""
        return f"{self.url}/demos/videoroomtest.html?room={room}"

    def room(self, name: str, *, lobby: bool = False, seats: int = 16) -> Room:
        """A room that is set up before anybody comes."""
        return self.rooms.setdefault(name, Room(lobby, seats))

    def wait(self, room: str, name: str, place: str, within_s: float = 60.0) -> None:
        """Until somebody of that name is in the `lobby` or the `call`."""
        _wait(
            lambda: self.room(room).named(name, place) is not None,
            within_s,
            f"{name} did not come to the {place} of {room}; seen: {self.room(room).seen}",
        )

    def admit(self, room: str, name: str) -> None:
        self._do(lambda found, guest: found.admit(guest), room, name, "lobby")

    def deny(self, room: str, name: str) -> None:
        self._do(lambda found, guest: found.turn_out(guest, "denied"), room, name, "lobby")

    def remove(self, room: str, name: str) -> None:
        self._do(lambda found, guest: found.turn_out(guest, "removed"), room, name, "call")

    def end(self, room: str) -> None:
        """End the call for everybody."""
        for guest in list(self.room(room).inside()):
            self._do(lambda found, guest: found.turn_out(guest, "ended"), room, guest.name, "call")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _do(self, change: Callable[[Room, Guest], Coroutine[Any, Any, None]], room: str, name: str, place: str) -> None:
        self.wait(room, name, place)
        found = self.room(room)
        guest = found.named(name, place)
        assert guest is not None
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(change(found, guest), self._loop).result(10)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve()

        asyncio.run(serve())

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/p2p.html", self._page),
            WebSocketRoute("/signalling/{room}", self._signalling),
            Route("/demos/settings.js", self._settings),
        ]
        if DEMOS.exists():
            routes.append(Mount("/demos", StaticFiles(directory=DEMOS, html=True, follow_symlink=True)))
        return routes

    async def _page(self, request: Request) -> Response:
        return FileResponse(PAGE)

    async def _settings(self, request: Request) -> Response:
        """What Janus' pages read to find their server, in place of the file that comes with them."""
        settings = f'var server = "{self._janus_websocket}"; var iceServers = []; var token = ""; var apisecret = "";'
        return Response(settings, media_type="text/javascript")

    async def _signalling(self, socket: WebSocket) -> None:
        await socket.accept()
        room = self.room(socket.path_params["room"])
        guest: Guest | None = None
        try:
            while True:
                message = json.loads(await socket.receive_text())
                if message["type"] == "join":
                    self._arrivals += 1
                    guest = Guest(f"p{self._arrivals}", message["name"], socket)
                    await room.arrive(guest)
                elif guest is not None and guest.place == "call":
                    await room.hear(guest, message)
        except WebSocketDisconnect:
            pass
        finally:
            if guest is not None:
                await room.depart(guest)


@contextmanager
def call_pages(janus_websocket: str | None = None) -> Iterator[CallPages]:
    """The pages for the length of a block."""
    running = CallPages(janus_websocket)
    try:
        yield running
    finally:
        running.stop()


def _wait(condition: Callable[[], bool], within_s: float, failure: str) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{failure} (after {within_s:.0f} s)")
        time.sleep(0.05)

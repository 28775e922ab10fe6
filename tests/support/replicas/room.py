"""One played meeting: who is in it, what its page shows, who visits it. What happens there, `script` lets happen."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from support.replicas.media import Leg
from support.replicas.people import BOT_ID, FRAME_S, Company, roster_frame

LIGHTS_S = 0.1


@dataclass(eq=False)
class Visitor:
    """One open page."""

    socket: WebSocket
    asked: bool = False
    name: str = ""
    leg: Leg | None = None

    async def tell(self, **message: Any) -> None:
        await self.send(json.dumps(message))

    async def send(self, text: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self.socket.send_text(text)


@dataclass
class Room:
    """A meeting; `play` runs from when its page is first opened. `log` holds what happened, with its moment. The
    `network` tells who is there, and by `sources` who is heard."""

    platform: str
    play: Callable[["Room"], Coroutine[Any, Any, None]]
    layout: str = ""
    hops: Sequence[str] = ()
    slow_s: float = 0.0
    network: bool = True
    sources: bool = True
    company: Company = field(default_factory=Company)
    visitors: list[Visitor] = field(default_factory=list)
    visits: int = 0
    scene: dict[str, Any] = field(default_factory=dict)
    wall: dict[str, Any] | None = None
    refuses: bool = False
    log: list[tuple[float, str]] = field(default_factory=list)
    on_stop: Callable[[], None] = lambda: None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _hopped: int = 0

    def at(self, what: str) -> float:
        """When something that begins like this was noted first."""
        return next(at for at, each in self.log if each.startswith(what))

    def lobbies(self) -> list[tuple[float, float]]:
        """When the page showed a lobby: from when until when."""
        found: list[tuple[float, float]] = []
        for place, (at, what) in enumerate(self.log):
            if what == "shown lobby":
                after = (when for when, each in self.log[place + 1 :] if _ends_lobby(each))
                found.append((at, next(after, time.time())))
        return found

    def note(self, what: str) -> None:
        self.log.append((time.time(), what))

    def next_hop(self) -> str | None:
        """Where the page leads before it shows the meeting."""
        self._hopped += 1
        return self.hops[self._hopped - 1] if self._hopped <= len(self.hops) else None

    def begin(self) -> None:
        """Start the script, with the first page."""
        if not self._tasks:
            self._tasks = [asyncio.ensure_future(self.play(self)), asyncio.ensure_future(self._light())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for visitor in list(self.visitors):
            if visitor.leg is not None:
                await visitor.leg.close()

    async def welcome(self, socket: WebSocket) -> None:
        """Serve one page until it is closed."""
        again = socket.query_params.get("again", "")
        visitor = Visitor(socket, asked=bool(again), name=again)
        self.visitors.append(visitor)
        self.visits += not again
        self.note(f"again {again}" if again else f"visit {self.visits}")
        self.begin()
        try:
            await self._show(visitor)
            while True:
                await self._hear(visitor, json.loads(await socket.receive_text()))
        except WebSocketDisconnect:
            pass
        finally:
            self.visitors.remove(visitor)
            self.note("gone")
            if visitor.leg is not None:
                await visitor.leg.close()

    async def _hear(self, visitor: Visitor, message: dict[str, Any]) -> None:
        match message["type"]:
            case "asked":
                visitor.asked, visitor.name = True, message["name"]
                self.note(f"asked as {message['name']}")
                self.asked.set()
                await self._show(visitor)
            case "offer" if not self.refuses:
                if visitor.leg is not None:
                    await visitor.leg.close()
                visitor.leg = Leg(self.company, self.platform, sources=self.network and self.sources)
                await visitor.tell(type="answer", sdp=await visitor.leg.answer(message["sdp"]))
                await self._introduce(visitor)
            case "shown":
                self.note(f"shown {message['scene']}")
            case "left":
                self.note("left")

    async def _show(self, visitor: Visitor) -> None:
        shown = self.wall or (self.scene if visitor.asked and self.scene else {"scene": "entry"})
        await visitor.tell(type="scene", **shown)
        await self._introduce(visitor)

    async def _introduce(self, visitor: Visitor) -> None:
        people = [
            {"id": p.id, "name": p.name, "video": p.video, "share": p.share, "source": p.source}
            for p in self.company.here
        ]
        await visitor.tell(type="people", own=BOT_ID, people=people)
        if self.platform == "teams" and self.network and visitor.leg is not None:
            await visitor.send(roster_frame(self.company.people, visitor.name))

    async def _light(self) -> None:
        """Tell the pages who is heard, as the platforms' own pages know it."""
        before: list[str] = []
        while True:
            await asyncio.sleep(LIGHTS_S)
            heard = [person.id for person, _ in self.company.moment(int(time.time() / FRAME_S)).heard]
            if heard != before:
                before = heard
                for visitor in self.visitors:
                    await visitor.tell(type="speaking", ids=heard)

    async def change(self, scene: dict[str, Any]) -> None:
        """The page shows something else from now on."""
        self.scene = scene
        for visitor in list(self.visitors):
            await self._show(visitor)

    async def tell_all(self, **message: Any) -> None:
        for visitor in list(self.visitors):
            await visitor.tell(**message)

    async def introduce_all(self) -> None:
        for visitor in list(self.visitors):
            await self._introduce(visitor)


def _ends_lobby(what: str) -> bool:
    return what.partition(" ")[0] in {"call", "blank", "shown", "end", "go", "freeze", "stop"}

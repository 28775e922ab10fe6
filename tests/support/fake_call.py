"""A meeting that is only played: scripted platform, page, capture and tab, for calls in virtual time."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minutebook.bots.platforms.ports import NOTHING, CannotJoinError, Guest, Place, Platform, Sight
from minutebook.bots.protocol import Orders
from minutebook.bots.runner.ports import CallPorts, Picture
from minutebook.bots.runner.streaming.sender import Say
from minutebook.bots.sound_trouble import SoundTrouble
from minutebook.bots.states import BotState
from minutebook.kit.clock import Clock
from support.virtual_time import LoopClock

Scene = Place | Exception | None
"""What a look finds: a place, an error, or nothing ever (it hangs)."""


@dataclass
class Stage:
    """The script: from which second (of virtual time) on the page shows what, who is there, when somebody speaks."""

    scenes: Sequence[tuple[float, Scene]]
    people: Sequence[tuple[float, int]] = ((0, 0),)
    sounds: Sequence[float] = ()
    crashes: Sequence[float] = ()
    crash_visits: int = 0
    """So many browsers break down as soon as they are started."""
    start_error: Exception | None = None
    chat: bool = True
    picture: Picture | None = None
    stop_hangs: bool = False
    capture_fails_at: float | None = None
    cut_off_at: float | None = None
    cut_off_until: float = math.inf
    clock: Clock = field(default_factory=LoopClock)
    names: Sequence[str] = ()
    captures_asked: Sequence[float] = ()
    troubles: Sequence[tuple[float, SoundTrouble]] = ()

    access: Mapping[str, str] = field(default_factory=dict)

    muted: bool = True

    visits: int = 0
    told: list[tuple[float, str]] = field(default_factory=list)
    """Everything that happened, in order, with its second."""

    def now(self) -> float:
        return round(asyncio.get_running_loop().time(), 2)

    def tell(self, what: str) -> None:
        self.told.append((self.now(), what))

    def at(self, what: str) -> float:
        return next(when for when, said in self.told if said == what)

    def count(self, what: str) -> int:
        return sum(said == what for _, said in self.told)

    @property
    def states(self) -> list[str]:
        return [what.removeprefix("state ") for _, what in self.told if what.startswith("state ")]

    @property
    def notices(self) -> list[str]:
        return [what.removeprefix("notice ") for _, what in self.told if what.startswith("notice ")]

    def scene(self) -> Scene:
        found: Scene = _latest(self.scenes, self.now())
        return found

    def ports(self) -> CallPorts:
        return CallPorts(
            clock=self.clock,
            reports=FakeReports(self),
            screens=FakeScreens(self),
            captures=FakeCaptures(self),
            streaming=FakeStreaming(self),
            platform=lambda: FakePlatform(self),
            tab=lambda: FakeTab(self),
            capture=lambda _: FakeCapture(self),
            picture=self._picture,
            access=self._access,
            sound=self._sound,
            company=lambda: self.tell("company"),
        )

    async def _access(self) -> Mapping[str, str]:
        return self.access

    async def _sound(self, command_id: str) -> bytes:
        return bytes(32_000)

    async def _picture(self) -> Picture | None:
        return self.picture


def _latest(script: Sequence[tuple[float, Any]], now: float) -> Any:
    return [what for since, what in script if since <= now][-1]


class FakePage:
    """As much of a page as a visit touches itself."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def goto(self, address: str, **_: object) -> None:
        self._stage.tell(f"goto {address}")


class FakeContext:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def add_init_script(self, script: str) -> None:
        self._stage.tell("page script")


class FakeTab:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.lost = asyncio.Event()

    async def start(self) -> Any:
        self._stage.visits += 1
        self._stage.tell("browser")
        if self._stage.start_error is not None:
            raise self._stage.start_error
        loop = asyncio.get_running_loop()
        if self._stage.visits <= self._stage.crash_visits:
            self.lost.set()
        for crash in self._stage.crashes:
            if crash > loop.time():
                loop.call_at(crash, self.lost.set)
        return FakeContext(self._stage)

    async def open(self) -> Any:
        return FakePage(self._stage)

    async def close(self) -> None:
        self._stage.tell("closed")


class FakePlatform:
    name = "fake"
    page_script = "script"
    speaking_lag_ms = 0
    facts_version = "fake"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def address(self, meeting_url: str, access: Mapping[str, str] = NOTHING) -> str:
        if not meeting_url.startswith("https://"):
            raise CannotJoinError(Place.INVALID, "This is no address.")
        return meeting_url

    def local_page(self, access: Mapping[str, str]) -> str | None:
        return access.get("local")

    async def step(self, page: Any, guest: Guest) -> None:
        self._stage.tell(f"step as {guest.name}")
        if guest.microphone and self._stage.muted:
            self._stage.muted = False
            self._stage.tell("microphone")

    async def look(self, page: Any) -> Sight:
        scene = self._stage.scene()
        if scene is None:
            await asyncio.Event().wait()
        if isinstance(scene, Exception):
            raise scene
        assert scene is not None
        return Sight(scene, f"shows {scene}")

    async def scrubbed(self, page: Any) -> tuple[str, list[str]]:
        return "", []

    async def post(self, page: Any, text: str) -> bool:
        self._stage.tell(f"post {text}")
        return self._stage.chat

    async def open_chat(self, page: Any) -> bool:
        self._stage.tell("open chat")
        return self._stage.chat

    async def leave(self, page: Any) -> None:
        self._stage.tell("leave")


class FakeCapture:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._started = False
        self._paused = False

    @property
    def failure(self) -> BaseException | None:
        at = self._stage.capture_fails_at
        return OSError("the disk is full") if at is not None and self._stage.now() >= at else None

    @property
    def participants(self) -> Mapping[str, str]:
        number = _latest(self._stage.people, self._stage.now()) if self._started else 0
        names = [*self._stage.names, *(f"Guest {at}" for at in range(len(self._stage.names), number))]
        return {f"p{at}": names[at] for at in range(number)}

    @property
    def last_sound_ms(self) -> int | None:
        heard = [at for at in self._stage.sounds if at <= self._stage.now()] if self._started else []
        start = self._stage.clock.now().timestamp() - asyncio.get_running_loop().time()
        return round(1000 * (start + heard[-1])) if heard else None

    @property
    def cut_off(self) -> bool:
        since, until = self._stage.cut_off_at, self._stage.cut_off_until
        return since is not None and since <= self._stage.now() < until

    def notices(self) -> list[SoundTrouble]:
        return [notice for at, notice in self._stage.troubles if at == self._stage.now()]

    async def install(self, context: Any) -> None:
        self._stage.tell("install")

    async def start(self, page: Any) -> None:
        self._started = True
        self._stage.tell("record")

    async def stop(self) -> None:
        self._stage.tell("record no more")
        if self._stage.stop_hangs:
            await asyncio.Event().wait()

    def on_sound(self, listener: Callable[[bytes], None]) -> None: ...

    def on_speaking(self, listener: Callable[[list[Any]], None]) -> None: ...

    async def say(self, pcm: bytes, rate: int) -> None: ...

    async def speak(self, pcm: bytes, rate: int) -> None:
        await asyncio.sleep(len(pcm) / 2 / rate)
        self._stage.tell(f"said {len(pcm)} at {rate}")

    def pause(self, paused: bool) -> None:
        if paused != self._paused:
            self._stage.tell("pause" if paused else "resume")
        self._paused = paused

    async def show(self, image: bytes, media_type: str) -> None:
        self._stage.tell(f"show {media_type}")


class FakeReports:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def state(self, state: BotState) -> None:
        self._stage.tell(f"state {state}")

    def notice(self, message: str, code: str | None = None) -> None:
        self._stage.tell(f"notice {code}" if code else f"notice {message}")


class FakeScreens:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._last = 0.0

    @property
    def is_due(self) -> bool:
        return self._stage.now() - self._last >= 30

    async def take(self, page: Any, name: str, *, small: bool = False) -> bool:
        self._last = self._stage.now()
        self._stage.tell(f"shot {name}")
        return True


class FakeCaptures:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def watch(self, page: Any) -> None: ...

    def asked(self) -> bool:
        return self._stage.now() in self._stage.captures_asked

    async def keep(self, page: Any, platform: Platform, sight: Sight, why: str) -> None:
        self._stage.tell("page kept")


class FakeStreaming:
    say: Say | None = None

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def start(self) -> None:
        self._stage.tell("stream")

    def hear(self, pcm: bytes) -> None: ...

    def speaking(self, change: Any) -> None: ...


def orders(**changes: Any) -> Orders:
    """Orders for a played call."""
    rules = {"waiting_room_s": 600, "noone_joined_s": 300, "silence_s": 400, "alone_s": 60, "longest_s": 1000}
    given: dict[str, Any] = {
        "bot_id": "b",
        "attempt": 1,
        "bot_name": "Ada's bot",
        "meeting_url": "https://meet.example/room",
        "platform": "fake",
        "video": False,
        "leave": rules,
    }
    return Orders(**{**given, **changes})

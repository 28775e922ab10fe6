"""What a call is made of, as far as the call itself knows: a tab, capture, screenshots, streams, reports."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from minutebook.bots.platforms.ports import Platform, Sight
from minutebook.bots.runner.streaming.sender import Say, Speaking
from minutebook.bots.sound_trouble import SoundTrouble
from minutebook.bots.states import BotState
from minutebook.kit.clock import Clock

if TYPE_CHECKING:
    import asyncio

    from playwright.async_api import BrowserContext, Page


@dataclass(frozen=True, slots=True)
class Picture:
    """An image for the bot's camera."""

    data: bytes
    media_type: str


class CannotSpeakError(Exception):
    """The bot cannot say anything; the message says why."""


class TabPort(Protocol):
    """A browser with one page (`browser.Tab`)."""

    lost: "asyncio.Event"

    async def start(self) -> "BrowserContext": ...
    async def open(self) -> "Page": ...
    async def close(self) -> None: ...


class CapturePort(Protocol):
    """What is recorded of a page (`capture.capture.Capture`)."""

    @property
    def failure(self) -> BaseException | None: ...
    @property
    def participants(self) -> Mapping[str, str]: ...
    @property
    def last_sound_ms(self) -> int | None: ...
    @property
    def cut_off(self) -> bool: ...
    def notices(self) -> list[SoundTrouble]: ...
    async def install(self, context: "BrowserContext") -> None: ...
    async def start(self, page: "Page") -> None: ...
    async def stop(self) -> None: ...
    def on_sound(self, listener: Callable[[bytes], None]) -> None: ...
    def on_speaking(self, listener: Callable[[list[Any]], None]) -> None: ...
    async def say(self, pcm: bytes, rate: int) -> None: ...
    async def speak(self, pcm: bytes, rate: int) -> None: ...
    def pause(self, paused: bool) -> None: ...
    async def show(self, image: bytes, media_type: str) -> None: ...


class ScreensPort(Protocol):
    """Screenshots (`screens.Screens`)."""

    @property
    def is_due(self) -> bool: ...
    async def take(self, page: "Page", name: str, *, small: bool = False) -> bool: ...


class CapturesPort(Protocol):
    """Captures of the page (`page_captures.PageCaptures`)."""

    def watch(self, page: "Page") -> None: ...
    def asked(self) -> bool: ...
    async def keep(self, page: "Page", platform: Platform, sight: Sight, why: str) -> None: ...


class StreamingPort(Protocol):
    """Live sound (`streaming.Streaming`)."""

    say: Say | None

    def start(self) -> None: ...
    def hear(self, pcm: bytes) -> None: ...
    def speaking(self, change: Speaking) -> None: ...


class ReportsPort(Protocol):
    """Where states and notices go (`reports.Reports`)."""

    def state(self, state: BotState) -> None: ...
    def notice(self, message: str, code: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class CallPorts:
    """Everything a call needs. `platform`, `tab` and `capture` make a new one for each visit; `picture` is awaited
    once per visit; `access` each time the bot joins, and answers with what lets it in; `sound` fetches what a command
    has the bot say (s16le mono); `company` is called when another participant is first seen."""

    clock: Clock
    reports: ReportsPort
    screens: ScreensPort
    captures: CapturesPort
    streaming: StreamingPort
    platform: Callable[[], Platform]
    tab: Callable[[], TabPort]
    capture: Callable[[Platform], CapturePort]
    picture: Callable[[], Awaitable[Picture | None]]
    access: Callable[[], Awaitable[Mapping[str, str]]]
    sound: Callable[[str], Awaitable[bytes]]
    company: Callable[[], None]

"""How a visit does what the bot is told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from minutebook.bots.commands import SOUND_RATE, CommandKind
from minutebook.bots.platforms.ports import Platform
from minutebook.bots.protocol import CommandOrder
from minutebook.bots.runner.commands import CommandFailedError
from minutebook.bots.runner.ports import CannotSpeakError, CapturePort, ScreensPort

if TYPE_CHECKING:
    from playwright.async_api import Page

ACT_WITHIN_S: Final = 20.0
"""The longest time that a page gets for what is done to it."""

NO_CHAT: Final = "The meeting shows the bot no chat, or does not let it write there."
NO_ANSWER: Final = "The page did not answer in time."
NO_PICTURE: Final = "The page could not be pictured."

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Doing:
    """A visit's page, as far as commands need it. `unmute` switches the bot's microphone on; `pause` pauses the
    recording, or resumes it; `sound` fetches what is to be said."""

    page: "Page"
    platform: Platform
    capture: CapturePort
    screens: ScreensPort
    sound: Callable[[str], Awaitable[bytes]]
    unmute: Callable[[], Awaitable[None]]
    pause: Callable[[bool], Awaitable[None]]

    async def do(self, order: CommandOrder) -> None:
        """Do it. Raises `CommandFailedError`."""
        match order.kind:
            case CommandKind.CHAT:
                if not await _in_time(self.platform.post(self.page, order.text or "")):
                    raise CommandFailedError(NO_CHAT)
            case CommandKind.OPEN_CHAT:
                if not await _in_time(self.platform.open_chat(self.page)):
                    raise CommandFailedError(NO_CHAT)
            case CommandKind.SAY:
                await self._say(await self.sound(order.id))
            case CommandKind.SCREENSHOT:
                if not await self.screens.take(self.page, "asked"):
                    raise CommandFailedError(NO_PICTURE)
            case CommandKind.PAUSE | CommandKind.RESUME:
                await self.pause(order.kind == CommandKind.PAUSE)
            case _:
                raise CommandFailedError(f"This bot does not know how to {order.kind}.")

    async def _say(self, pcm: bytes) -> None:
        await _in_time(self.unmute())
        try:
            await self.capture.speak(pcm, SOUND_RATE)
        except CannotSpeakError as error:
            raise CommandFailedError(str(error)) from error


async def _in_time(doing: Awaitable[Answer]) -> Answer:
    from playwright.async_api import Error

    try:
        async with asyncio.timeout(ACT_WITHIN_S):
            return await doing
    except (Error, TimeoutError) as error:
        raise CommandFailedError(NO_ANSWER) from error

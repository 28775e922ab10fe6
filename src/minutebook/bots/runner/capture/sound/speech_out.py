"""Speaking into the call: what is to be said goes into the page a little ahead of its time."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from minutebook.bots.runner.capture.page_script import HANDLE
from minutebook.bots.runner.ports import CannotSpeakError

if TYPE_CHECKING:
    from playwright.async_api import Frame

logger = logging.getLogger(__name__)

PIECE_S: Final = 0.5
OPENED_WITHIN_S: Final = 15.0
"""A page that is to switch the bot's microphone on gets so long to ask for it."""
AHEAD_S: Final = 1.5
"""So much is in the page before it is said: enough for a busy machine, little to wait for or to hold."""

SAY: Final = f"([pcm, rate]) => window.{HANDLE}.say(pcm, rate)"


class SpeechOut:
    """Says one thing after the other, once the page has asked for a microphone."""

    def __init__(self) -> None:
        self._queue: deque[tuple[bytes, int, asyncio.Future[float] | None]] = deque()
        self._opened = asyncio.Event()
        self._frame: Frame | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def opened(self, frame: Frame) -> None:
        """This frame of the page has the bot's microphone now."""
        self._frame = frame
        self._opened.set()
        self._wake.set()

    async def speak(self, pcm: bytes, rate: int) -> None:
        """As `say`, but returns when it was said. Raises `CannotSpeakError`."""
        try:
            async with asyncio.timeout(OPENED_WITHIN_S):
                await self._opened.wait()
        except TimeoutError as error:
            raise CannotSpeakError("The page gave the bot no microphone.") from error
        done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.say(pcm, rate, done)
        left_s = await done
        if left_s < 0:
            raise CannotSpeakError("The page went while the bot was speaking.")
        await asyncio.sleep(left_s)

    def say(self, pcm: bytes, rate: int, done: asyncio.Future[float] | None = None) -> None:
        """Queue s16le mono samples at `rate` Hz. `done` is told how many seconds of it are left to be said when all of
        it is in the page; -1 when the page went."""
        size = 2 * max(1, round(rate * PIECE_S))
        whole = pcm[: len(pcm) & ~1]
        starts = range(0, len(whole), size)
        last = starts[-1] if starts else 0
        self._queue.extend((whole[at : at + size], rate, done if at == last else None) for at in starts)
        if done is not None and not starts:
            done.set_result(0.0)
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="mouth")

    async def close(self) -> None:
        """Say nothing more."""
        for _, _, done in self._queue:
            if done is not None and not done.done():
                done.set_result(-1.0)
        self._queue.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            if not self._queue or self._frame is None:
                self._wake.clear()
                continue
            pcm, rate, done = self._queue.popleft()
            left_s = await self._put(self._frame, pcm, rate)
            if done is not None and not done.done():
                done.set_result(-1.0 if left_s is None else left_s)
            await asyncio.sleep(max(0.0, (left_s or 0.0) - AHEAD_S))

    async def _put(self, frame: Frame, pcm: bytes, rate: int) -> float | None:
        from playwright.async_api import Error

        try:
            return float(await frame.evaluate(SAY, [base64.b64encode(pcm).decode(), rate]))
        except Error as error:
            logger.warning("The page could not be spoken into: %s", error)
            if self._frame is frame:
                self._frame = None
            return None

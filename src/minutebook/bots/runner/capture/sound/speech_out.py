"""Speaking into the call: what is to be said goes into the page a little ahead of its time."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from minutebook.bots.runner.capture.page_script import HANDLE

if TYPE_CHECKING:
    from playwright.async_api import Frame

logger = logging.getLogger(__name__)

PIECE_S: Final = 0.5
AHEAD_S: Final = 1.5
"""So much is in the page before it is said: enough for a busy machine, little to wait for or to hold."""

SAY: Final = f"([pcm, rate]) => window.{HANDLE}.say(pcm, rate)"


class SpeechOut:
    """Says one thing after the other, once the page has asked for a microphone."""

    def __init__(self) -> None:
        self._queue: deque[tuple[bytes, int]] = deque()
        self._frame: Frame | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def opened(self, frame: Frame) -> None:
        """This frame of the page has the bot's microphone now."""
        self._frame = frame
        self._wake.set()

    def say(self, pcm: bytes, rate: int) -> None:
        """Queue s16le mono samples at `rate` Hz."""
        size = 2 * max(1, round(rate * PIECE_S))
        whole = pcm[: len(pcm) & ~1]
        self._queue.extend((whole[at : at + size], rate) for at in range(0, len(whole), size))
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="mouth")

    async def close(self) -> None:
        """Say nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            if not self._queue or self._frame is None:
                self._wake.clear()
                continue
            pcm, rate = self._queue.popleft()
            left_s = await self._put(self._frame, pcm, rate)
            await asyncio.sleep(max(0.0, left_s - AHEAD_S))

    async def _put(self, frame: Frame, pcm: bytes, rate: int) -> float:
        from playwright.async_api import Error

        try:
            return float(await frame.evaluate(SAY, [base64.b64encode(pcm).decode(), rate]))
        except Error as error:
            logger.warning("The page could not be spoken into: %s", error)
            if self._frame is frame:
                self._frame = None
            return 0.0

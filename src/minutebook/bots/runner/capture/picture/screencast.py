"""The picture of the call: the browser's screencast as H.264 in pieces, with the times of its frames."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from minutebook.bots.protocol import VIDEO
from minutebook.bots.runner.capture.picture.h264 import HEIGHT, WIDTH, PictureWriter

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

    from minutebook.bots.runner.capture.spool import Spool

logger = logging.getLogger(__name__)

FRAME_S: Final = 0.1
"""At most ten frames a second: the browser sends the next one only when the last one was acknowledged."""

JPEG_QUALITY: Final = 70
WAITING_FRAMES: Final = 8
"""Frames that wait for the encoder; beyond, they are left out."""

STOPPED_WITHIN_S: Final = 3.0


class Screencast:
    """Records one page until it is stopped."""

    def __init__(self, spool: Spool, chunk_s: float, now_ms: Callable[[], int]) -> None:
        self._writer = PictureWriter(spool, VIDEO, round(1000 * chunk_s))
        self._now_ms = now_ms
        self._encoder = ThreadPoolExecutor(1, "video")
        self._waiting = 0
        self._session: CDPSession | None = None
        self._acknowledging: set[asyncio.Task[None]] = set()
        self._next_ack = 0.0
        self._broken = False
        self._paused = False
        self._held: str | None = None

    def pause(self, paused: bool) -> None:
        """Show nothing of the page from now on; or show it again, as it is now."""
        if paused == self._paused:
            return
        self._paused = paused
        if paused:
            self._encode(self._writer.blank, self._now_ms())
        elif self._held is not None:
            self._encode(self._writer.picture, self._now_ms(), self._held)
        self._held = None

    async def start(self, page: Page) -> None:
        """Begin."""
        self._session = await page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._frame)
        await self._session.send(
            "Page.startScreencast",
            {"format": "jpeg", "quality": JPEG_QUALITY, "maxWidth": WIDTH, "maxHeight": HEIGHT, "everyNthFrame": 1},
        )

    def tick(self, now_ms: int) -> None:
        """Keep pieces short and still pictures alive."""
        if not self._waiting:
            self._encode(self._writer.advance, now_ms)

    async def stop(self) -> None:
        """End; the last piece goes to the spool."""
        from playwright.async_api import Error

        if self._session is not None:
            try:
                async with asyncio.timeout(STOPPED_WITHIN_S):
                    await self._session.send("Page.stopScreencast")
                    await self._session.detach()
            except (Error, TimeoutError) as error:
                logger.info("The screencast did not end in good order: %s", error or "it took too long")
        for task in self._acknowledging:
            task.cancel()
        await asyncio.gather(*self._acknowledging, return_exceptions=True)
        self._encode(self._writer.close, self._now_ms())
        await asyncio.to_thread(self._encoder.shutdown)

    def _frame(self, event: dict[str, Any]) -> None:
        at_s = event["metadata"].get("timestamp")
        at_ms = self._now_ms() if at_s is None else round(1000 * at_s)
        if self._paused:
            # A page that stands still sends no further picture when it is to be seen again.
            self._held = event["data"]
        elif self._waiting < WAITING_FRAMES:
            self._encode(self._writer.picture, at_ms, event["data"])
        task = asyncio.create_task(self._acknowledge(event["sessionId"]))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _acknowledge(self, number: int) -> None:
        from playwright.async_api import Error

        now = asyncio.get_running_loop().time()
        self._next_ack = max(now, self._next_ack + FRAME_S)
        await asyncio.sleep(self._next_ack - now)
        try:
            assert self._session is not None
            await self._session.send("Page.screencastFrameAck", {"sessionId": number})
        except Error as error:
            logger.info("The page of the screencast is gone: %s", error)

    def _encode(self, work: Callable[..., None], *args: Any) -> None:
        if self._broken:
            return
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._encoder, work, *args)
        future.add_done_callback(self._encoded)

    def _encoded(self, future: asyncio.Future[None]) -> None:
        """A picture that cannot be recorded any more is no reason to record no sound."""
        self._waiting -= 1
        if not future.cancelled() and (error := future.exception()) is not None and not self._broken:
            self._broken = True
            logger.error("The picture is not recorded any more", exc_info=error)

"""What a bot takes out of a call and puts into it, through scripts in the page and the browser's screencast."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from minutebook.bots.runner.capture.page_messages import Message, message_of
from minutebook.bots.runner.capture.page_script import HANDLE, page_script
from minutebook.bots.runner.capture.participants import Participants
from minutebook.bots.runner.capture.picture.screencast import Screencast
from minutebook.bots.runner.capture.recording import Recording, SoundListener
from minutebook.bots.runner.capture.sound.speaking import SpeakingListener
from minutebook.bots.runner.capture.sound.speech_out import SpeechOut
from minutebook.bots.sound_trouble import SoundTrouble

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Frame, Page

    from minutebook.bots.protocol import Orders
    from minutebook.bots.runner.capture.spool import Spool

logger = logging.getLogger(__name__)

TICK_S: Final = 0.05
FLUSH_S: Final = 0.3
"""What the page still holds when the recording stops gets so long to arrive."""

SHOW: Final = f"([data, type]) => window.{HANDLE}.show(data, type)"
FLUSH: Final = f"() => window.{HANDLE}?.flush()"


class Capture:
    """One bot's ears, eyes, mouth and picture. To be used in this order: `install`, `start`, `stop`.

    `speaking_lag_ms` is the platform's: how late the page's own signs of speech are. `failure` is set when recording
    broke down (a full disk); the same error comes out of `stop`.
    """

    def __init__(self, orders: Orders, spool: Spool, *, now_ms: Callable[[], int], speaking_lag_ms: int = 0) -> None:
        self._orders = orders
        self._spool = spool
        self._now_ms = now_ms
        self._lag_ms = speaking_lag_ms
        self._people_file = spool.folder / "people.json"
        self._people = _load_people(self._people_file)
        self._saved = self._people.to_json()
        self._recording: Recording | None = None
        self._before: dict[tuple[str, str], tuple[Message, int]] = {}
        self._sound_listeners: list[SoundListener] = []
        self._speaking_listeners: list[SpeakingListener] = []
        self._screencast: Screencast | None = None
        self._speech_out = SpeechOut()
        self._cameras: set[Frame] = set()
        self._picture: tuple[str, str] | None = None
        self._page: Page | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._paused = False
        self._stopped = False
        self._finished = False
        self.failure: BaseException | None = None

    async def install(self, context: BrowserContext) -> None:
        """Put the scripts into every page of this browser context; before the platform's script and any page."""
        binding = f"_{secrets.token_hex(8)}"
        await context.expose_binding(binding, self._told)
        await context.add_init_script(page_script(binding, self._orders.bot_name))

    async def start(self, page: Page) -> None:
        """The recording begins now: sound, tracks, observations, and the picture when it was ordered."""
        self._page = page
        recording = Recording(self._now_ms(), self._spool, self._people, speaking_lag_ms=self._lag_ms)
        recording.pause(self._paused, recording.start_ms)
        recording.sound_listeners = self._sound_listeners
        recording.speaking_listeners = self._speaking_listeners
        for message, at_ms in self._before.values():
            recording.take(message, at_ms)
        self._before.clear()
        self._recording = recording
        self._ticking = asyncio.create_task(self._tick(recording), name="capture")
        self._ticking.add_done_callback(self._ticked)
        if self._orders.video:
            self._screencast = Screencast(self._spool, self._orders.chunk_s, self._now_ms)
            self._screencast.pause(self._paused)
            await self._screencast.start(page)

    async def stop(self) -> None:
        """Flush everything into finished pieces. Raises what broke the recording, if anything did. A second call does
        nothing."""
        if self._stopped:
            return
        self._stopped = True
        until_ms = self._now_ms()
        await self._speech_out.close()
        await self._flush_page()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if self._screencast is not None:
            await self._screencast.stop()
        self._finished = True
        try:
            if self._recording is not None and self.failure is None:
                self._recording.finish(until_ms)
            await asyncio.to_thread(self._spool.close)
        except (OSError, ValueError) as error:
            self._break_down(error)
        if self.failure is not None:
            raise self.failure

    @property
    def participants(self) -> Mapping[str, str]:
        """Key → name of those in the call now, without the bot."""
        return self._recording.presence.names if self._recording else {}

    @property
    def ever_present(self) -> bool:
        """Whether anybody but the bot was ever there."""
        return self._recording is not None and self._recording.ever_present

    @property
    def last_sound_ms(self) -> int | None:
        """When somebody was last heard (epoch, ms)."""
        return self._recording.last_sound_ms if self._recording else None

    @property
    def cut_off(self) -> bool:
        """Whether all connections of the call are lost at the moment."""
        return self._recording is not None and self._recording.is_cut_off(self._now_ms())

    def notices(self) -> list[SoundTrouble]:
        """What is to be told of the sound since this was asked last."""
        return self._recording.health.notices() if self._recording is not None else []

    def on_sound(self, listener: SoundListener) -> None:
        """Hand the mix to `listener` in real time: s16le at 24 kHz, 100 ms at a time, silence too."""
        self._sound_listeners.append(listener)

    def on_speaking(self, listener: SpeakingListener) -> None:
        """Tell `listener` who is there and who of them speaks, whenever that changes: rows of `name`, `id`, `timestamp`
        (epoch, ms), `isSpeaking`."""
        self._speaking_listeners.append(listener)

    async def say(self, pcm: bytes, rate: int) -> None:
        """Say s16le mono samples into the call, after what is being said; queued."""
        self._speech_out.say(pcm, rate)

    async def speak(self, pcm: bytes, rate: int) -> None:
        """As `say`, but returns when it was said. Raises `CannotSpeakError`."""
        await self._speech_out.speak(pcm, rate)

    def pause(self, paused: bool) -> None:
        """Record nothing of what is heard, said, written or shown from now on; or record it again. Before `start` it
        counts from there on."""
        self._paused = paused
        if self._recording is not None and not self._finished:
            self._recording.pause(paused, self._now_ms())
        if self._screencast is not None:
            self._screencast.pause(paused)

    async def show(self, image: bytes, media_type: str) -> None:
        """Show an image in place of the bot's name on its camera, now or as soon as the page asks for a camera."""
        self._picture = (base64.b64encode(image).decode(), media_type)
        for frame in list(self._cameras):
            await self._show_in(frame)

    def _told(self, source: dict[str, Any], text: str) -> None:
        message = message_of(text)
        if message is None:
            return
        if message.kind == "microphone":
            self._speech_out.opened(source["frame"])
        elif message.kind == "camera":
            self._cameras.add(source["frame"])
            task = asyncio.ensure_future(self._show_in(source["frame"]))
            task.add_done_callback(_raise_nothing)
        elif message.kind == "fault":
            logger.warning("The page script met a fault: %s", str(message.content)[:500])
        elif self._recording is not None:
            self._take(self._recording, message)
        elif message.kind in {"roster", "tracks", "speaking", "cut off"}:
            self._before[message.document, message.kind] = message, self._now_ms()

    def _take(self, recording: Recording, message: Message) -> None:
        """A message during the recording; what goes wrong is no business of the page that sent it."""
        if self.failure is not None or self._finished:
            return
        try:
            recording.take(message, self._now_ms())
        except (OSError, ValueError) as error:
            self._break_down(error)

    async def _tick(self, recording: Recording) -> None:
        try:
            while self.failure is None:
                now_ms = self._now_ms()
                recording.tick(now_ms)
                if self._screencast is not None:
                    self._screencast.tick(now_ms)
                self._save_people()
                await asyncio.sleep(TICK_S)
        except (OSError, ValueError) as error:
            self._break_down(error)

    def _ticked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._break_down(error)

    def _break_down(self, error: BaseException) -> None:
        self.failure = self.failure or error
        logger.error("The recording broke down", exc_info=error)

    async def _flush_page(self) -> None:
        from playwright.async_api import Error

        if self._page is None or self._page.is_closed():
            return
        try:
            await asyncio.wait_for(self._page.evaluate(FLUSH), FLUSH_S)
        except (Error, TimeoutError) as error:
            logger.info("The page could not be asked for its last sound: %s", error)
        await asyncio.sleep(FLUSH_S)

    async def _show_in(self, frame: Frame) -> None:
        from playwright.async_api import Error

        if self._picture is None:
            return
        try:
            await frame.evaluate(SHOW, list(self._picture))
        except Error as error:
            self._cameras.discard(frame)
            logger.warning("The bot's image cannot be shown: %s", str(error)[:300])

    def _save_people(self) -> None:
        rows = self._people.to_json()
        if rows == self._saved:
            return
        self._saved = rows
        new = self._people_file.with_suffix(".tmp")
        new.write_text(json.dumps(rows), "utf-8")
        new.replace(self._people_file)


def _load_people(path: Path) -> Participants:
    return Participants.from_json(json.loads(path.read_text("utf-8"))) if path.exists() else Participants()


def _raise_nothing(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("The bot's image cannot be shown", exc_info=error)

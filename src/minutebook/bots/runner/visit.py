"""One visit of a call: one browser goes in, records, and comes out.

Two things happen side by side. `_live` does what has to do with the page, and may hang as the page does. `_watch` never
touches the page: it holds the progress of the call against the rules, a few times a second.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from minutebook.bots.model import EndReason, LeaveRules
from minutebook.bots.platforms.ports import CannotJoinError, Guest, Place, Sight
from minutebook.bots.protocol import GALLERY_VIEW, SPEAKER_VIEW, CommandOrder, Orders
from minutebook.bots.runner.browser import BrowserMissingError
from minutebook.bots.runner.commands import CommandFailedError
from minutebook.bots.runner.doing import Doing
from minutebook.bots.runner.local_page import LocalPage
from minutebook.bots.runner.ports import CallPorts
from minutebook.bots.runner.rules.company import is_bot
from minutebook.bots.runner.rules.exits import Cause, Exit, exit_of
from minutebook.bots.runner.rules.leaving import decide, lost_by
from minutebook.bots.runner.rules.progress import CallProgress
from minutebook.bots.sound_trouble import SENTENCES
from minutebook.bots.states import BotState

if TYPE_CHECKING:
    from playwright.async_api import Page

log = logging.getLogger(__name__)

WATCH_S: Final = 0.25
LOOK_S: Final = 0.5
REOPEN_S: Final = 5.0
"""A page that could not be reached is asked for again so often."""
LOADED_WITHIN_MS: Final = 45_000
STOPPED_WITHIN_S: Final = 30.0
LEFT_WITHIN_S: Final = 10.0
TEND_S: Final = 3.0
TENDED_WITHIN_S: Final = 5.0
"""In the call, the platform gets a step now and then: dialogues come up there, too."""
GREETING_TRIES: Final = 4
GREETING_EVERY_S: Final = 3.0
"""The chat may need a moment after admission: 12 s in all."""


class Visit:
    """One visit. `progress` is what is known up to now; `tell` it words by replacing it."""

    def __init__(
        self, orders: Orders, rules: LeaveRules, ports: CallPorts, progress: CallProgress, *, greets: bool
    ) -> None:
        self.progress = progress
        self.trouble = ""
        """What broke the browser, as far as it said something."""
        self.lost: Cause | None = None
        """How the call was lost, where that was the end of the visit."""
        self.closing: asyncio.Task[None] | None = None
        """The end of the browser, for whoever has to wait for it."""
        self._orders = orders
        self._rules = rules
        self._ports = ports
        self._greets = greets
        self._platform = ports.platform()
        self._capture = ports.capture(self._platform)
        self._tab = ports.tab()
        self._page: Page | None = None
        self._local = LocalPage()
        self._reported: BotState | None = None
        self._guest = Guest(
            orders.bot_name,
            orders.zoom,
            microphone=orders.stream_input is not None,
            camera=orders.bot_image is not None,
            speaker_view=orders.layout == SPEAKER_VIEW,
            gallery_view=orders.layout == GALLERY_VIEW,
        )
        self._sight = Sight(Place.JOINING)
        self._went_s = 0.0
        self._tended_s = 0.0
        self._load_error = ""
        self._errands: set[asyncio.Task[None]] = set()

    async def run(self) -> Exit | None:
        """Go in, stay, come out; None when the browser was lost and another visit is worth it."""
        living = asyncio.create_task(self._live(), name="visit")
        way_out = None
        try:
            self._report_state()
            way_out = await self._watch(living)
        finally:
            await _cancelled({living, *self._errands})
            await self._depart(way_out)
        return way_out

    async def _watch(self, living: asyncio.Task[None]) -> Exit | None:
        from playwright.async_api import Error

        while True:
            self._look_around()
            way_out = decide(self.progress, self._rules, self._now_s())
            if way_out is None and self._capture.failure is not None:
                way_out = self._exit(Cause.BROKEN, str(self._capture.failure))
            if way_out is not None:
                return way_out
            if self._tab.lost.is_set():
                return None
            self.lost = lost_by(self.progress, self._now_s())
            if self.lost is not None:
                return None
            if living.done():
                try:
                    living.result()
                except BrowserMissingError as error:
                    return self._exit(Cause.NO_BROWSER, str(error))
                except (Error, TimeoutError) as error:
                    self.trouble = _first_line(error)
                    return None
            await self._ports.clock.sleep(WATCH_S)

    async def _live(self) -> None:
        """Everything on the page, until cancelled. Ends by itself where there is no way in."""
        context = await self._tab.start()
        await self._capture.install(context)
        if self._platform.page_script:
            await context.add_init_script(self._platform.page_script)
        page = self._page = await self._tab.open()
        self._ports.captures.watch(page)
        self._errand(self._show_picture())
        try:
            access = await self._ports.access()
            address = self._platform.address(self._orders.meeting_url, access)
            if html := self._platform.local_page(access):
                address = await self._local.serve(html, self._page_made_anew)
        except CannotJoinError as error:
            self.progress = self.progress.seen(Sight(error.place, error.message), self._now_s())
            return
        await self._go(page, address)
        while True:
            await self._look(page)
            await self._tend(page)
            if self._is_to_reopen:
                await self._go(page, address)
            await self._ports.clock.sleep(LOOK_S)

    async def _page_made_anew(self) -> str | None:
        return self._platform.local_page(await self._ports.access())

    async def _go(self, page: "Page", address: str) -> None:
        """Open the meeting's page. What comes of it, the next look tells."""
        from playwright.async_api import Error

        self._went_s, self._load_error = self._now_s(), ""
        self.progress = self.progress.opening()
        try:
            await page.goto(address, wait_until="domcontentloaded", timeout=LOADED_WITHIN_MS)
        except Error as error:
            self._load_error = _first_line(error)
            log.info("the meeting's page did not load: %s", self._load_error)
        self.progress = self.progress.opened(self._now_s())

    @property
    def _is_to_reopen(self) -> bool:
        """Whether the page could not be reached; in the call another visit does that better."""
        unreachable = self.progress.place is Place.UNREACHABLE and self.progress.admitted_s is None
        return unreachable and self._now_s() - self._went_s >= REOPEN_S

    async def _look(self, page: "Page") -> None:
        from playwright.async_api import Error

        began_s = self._now_s()
        try:
            if not self.progress.in_call:
                await self._platform.step(page, self._guest)
                self.progress = self.progress.acted(self._now_s() - began_s)
            sight = await self._platform.look(page)
        except CannotJoinError as error:
            sight = Sight(error.place, error.message)
        except Error as error:
            # Most often a page on its way to the next one; one that stays like this is frozen, by the rules.
            log.debug("a look failed: %s", error.message)
            return
        if sight.place is Place.UNREACHABLE and self._load_error:
            sight = Sight(sight.place, self._load_error)
        self._sight = sight
        await self._see(page, sight)
        if self._ports.captures.asked():
            self._errand(self._ports.captures.keep(page, self._platform, sight, "asked for"))
        if self._ports.screens.is_due and not self.progress.paused:
            self._errand(self._shoot(page, "watch", small=True))

    async def _tend(self, page: "Page") -> None:
        from playwright.async_api import Error

        if not self.progress.in_call or self._now_s() - self._tended_s < TEND_S:
            return
        self._tended_s = self._now_s()
        with suppress(Error, CannotJoinError, TimeoutError):
            async with asyncio.timeout(TENDED_WITHIN_S):
                await self._platform.step(page, self._guest)

    async def _see(self, page: "Page", sight: Sight) -> None:
        if sight.place is not self.progress.place:
            log.info("the bot is somewhere else", extra={"place": sight.place, "sign": sight.sign})
        self.progress = self.progress.seen(sight, self._now_s())
        self._report_state()
        if self.progress.in_call and not self.progress.recording:
            await self._record(page)

    async def _record(self, page: "Page") -> None:
        streaming, capture = self._ports.streaming, self._capture
        capture.on_sound(streaming.hear)
        capture.on_speaking(streaming.speaking)
        capture.pause(self.progress.paused)
        await capture.start(page)
        self.progress = self.progress.recorded(self._now_s())
        self._report_state()
        streaming.say = capture.say
        streaming.start()
        if self._greets and self._orders.entry_message:
            self._errand(self._greet(page, self._orders.entry_message))

    async def _greet(self, page: "Page", text: str) -> None:
        from playwright.async_api import Error

        for _ in range(GREETING_TRIES):
            with suppress(Error):
                if await self._platform.post(page, text):
                    return
            await self._ports.clock.sleep(GREETING_EVERY_S)
        self._ports.reports.notice("The entry message was not posted: the meeting shows the bot no chat.")

    async def do(self, order: CommandOrder) -> None:
        """Do what the bot is told in the call. Raises `CommandFailedError`."""
        if self._page is None:
            raise CommandFailedError("The bot's browser is not ready.")
        ports, page = self._ports, self._page

        async def unmute() -> None:
            self._guest = replace(self._guest, microphone=True)
            await self._platform.step(page, self._guest)

        doing = Doing(page, self._platform, self._capture, ports.screens, ports.sound, unmute, self._pause)
        await doing.do(order)

    async def _pause(self, paused: bool) -> None:
        self.progress = self.progress.pausing(paused)
        self._capture.pause(paused)

    async def _shoot(self, page: "Page", name: str, *, small: bool = False) -> None:
        await self._ports.screens.take(page, name, small=small)

    async def _show_picture(self) -> None:
        picture = await self._ports.picture()
        if picture is not None:
            await self._capture.show(picture.data, picture.media_type)

    def _look_around(self) -> None:
        """Who is there and who was heard, by what capture knows."""
        if not self.progress.recording:
            return
        sound_ms, before = self._capture.last_sound_ms, self.progress.ever_present
        sound_s = None if sound_ms is None else sound_ms / 1000
        others = any(not is_bot(name) for name in self._capture.participants.values())
        self.progress = self.progress.heard(others, sound_s, self._now_s(), cut_off=self._capture.cut_off)
        for notice in self._capture.notices():
            self._ports.reports.notice(SENTENCES[notice], notice)
        if self.progress.ever_present and not before:
            self._ports.company()

    def _report_state(self) -> None:
        state = self.progress.state
        if state is self._reported:
            return
        self._reported = state
        self._ports.reports.state(state)
        if self._page is not None:
            self._errand(self._shoot(self._page, state))

    async def _depart(self, way_out: Exit | None) -> None:
        """Come out: the recording is finished first, then the bot says goodbye, then the browser is ended. One that was
        lost is ended on the side: the next one is needed soon."""
        self._ports.streaming.say = None
        try:
            await self._stop_recording()
            if self._page is not None and way_out is not None and not self._tab.lost.is_set():
                await self._leave(self._page, way_out)
        finally:
            self._local.close()
            self.closing = asyncio.create_task(self._tab.close())
            if way_out is not None:
                await self.closing

    async def _stop_recording(self) -> None:
        try:
            async with asyncio.timeout(STOPPED_WITHIN_S):
                await self._capture.stop()
        except (OSError, ValueError, TimeoutError) as error:
            log.exception("the recording could not be finished")
            self._ports.reports.notice(f"The end of the recording may be missing: {_first_line(error)}")

    async def _leave(self, page: "Page", way_out: Exit) -> None:
        from playwright.async_api import Error

        await self._ports.screens.take(page, way_out.cause)
        if way_out.cause is not Cause.STOP and (way_out.failure or way_out.end_reason is EndReason.ERROR):
            await self._ports.captures.keep(page, self._platform, self._sight, way_out.cause)
        try:
            async with asyncio.timeout(LEFT_WITHIN_S):
                await self._platform.leave(page)
        except (Error, TimeoutError) as error:
            log.info("the bot could not leave in good order: %s", _first_line(error))

    def _errand(self, errand: Coroutine[Any, Any, None]) -> None:
        """Something small on the side, which must not hold up the visit."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errand_done)

    def _errand_done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("something on the side of the visit failed", exc_info=error)

    def _exit(self, cause: Cause, detail: str) -> Exit:
        return exit_of(cause, self.progress, self._rules, detail)

    def _now_s(self) -> float:
        return self._ports.clock.now().timestamp()


async def _cancelled(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for them, but not for ever: one may be stuck with its page."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=LEFT_WITHIN_S)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]

"""A runner's life: ask home for orders, be in the call, bring everything home, say how it ended.

Whatever happens to the call, everything recorded is delivered before the end is reported, so that home can put the
record together when it hears of it.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from minutebook.bots.platforms import open_platform
from minutebook.bots.platforms.ports import Platform
from minutebook.bots.protocol import CommandOrder, Orders, Ticket
from minutebook.bots.runner.access import Access
from minutebook.bots.runner.browser import BrowserMissingError, Tab, find_chromium, surroundings
from minutebook.bots.runner.call import NOT_IN_CALL, Call, rules_of
from minutebook.bots.runner.capture.capture import Capture
from minutebook.bots.runner.capture.spool import Spool, finished, salvage
from minutebook.bots.runner.commands import CommandFailedError, Commands
from minutebook.bots.runner.delivery.home import (
    Home,
    HomeAwayError,
    HomeError,
    HomeRefusedError,
    HomeUnwantedError,
    home_client,
    patiently,
)
from minutebook.bots.runner.delivery.reports import Reports
from minutebook.bots.runner.delivery.uploads import Uploads
from minutebook.bots.runner.page_captures import PageCaptures
from minutebook.bots.runner.picture import PictureSource
from minutebook.bots.runner.ports import CallPorts, CapturePort
from minutebook.bots.runner.rules.exits import LIFE_S, Cause, Exit, exit_of
from minutebook.bots.runner.rules.progress import CallProgress, Instruction
from minutebook.bots.runner.screens import Screens
from minutebook.bots.runner.streaming.sender import Streaming
from minutebook.config import Settings
from minutebook.kit.address import AddressPolicy
from minutebook.kit.clock import Clock, SteadyClock

log = logging.getLogger(__name__)

HEARTBEAT_S: Final = 1.0
TERMINATED_PATIENCE_S: Final = 5.0
"""A process that is told to end delivers what it can in so long; another attempt brings the rest."""
ALL_S: Final = LIFE_S + 3600
"""No runner lives longer, whatever it waits for."""

DONE: Final = 0
UNWANTED: Final = 3
TERMINATED: Final = 4
HOMELESS: Final = 5
"""Exit codes: everything delivered and the end reported; not wanted any more; told to end; home was away for too long,
and what is left stays in the spool."""

COMPANY: Final = "company"
"""A file in the spool folder: somebody else was in the call, in whichever attempt."""


async def run(ticket: Ticket, settings: Settings, clock: Clock | None = None) -> int:
    """Be one attempt of a bot, from its ticket to the end; returns the exit code."""
    async with asyncio.timeout(ALL_S), home_client() as client:
        runner = Runner(ticket, Home(ticket, client), settings, clock or SteadyClock())
        try:
            return await runner.run()
        except HomeUnwantedError as error:
            log.warning("home does not want this bot any more: %s", error)
            return UNWANTED
        except HomeError as error:
            log.error("home is not to be reached; what was recorded stays in the spool: %s", error)
            return HOMELESS


class Runner:
    """One attempt at a bot: the line home, and the call."""

    def __init__(self, ticket: Ticket, home: Home, settings: Settings, clock: Clock) -> None:
        self._ticket = ticket
        self._home = home
        self._settings = settings
        self._clock = clock
        self._folder = Path(ticket.spool)
        self._call: Call | None = None
        self._word = Instruction.NONE
        self.reports = Reports(home, clock)
        self.uploads = Uploads(home, self._folder, clock, finished)
        self.commands = Commands(clock, self._do)

    async def run(self) -> int:
        """Raises `HomeUnwantedError`, `HomeAwayError` and `HomeRefusedError` when home made an end of it."""
        with self._signals():
            # The heart beats already while home fetches tokens for the orders, which may take a minute.
            async with self._heart():
                orders = await patiently(self._home.orders, self._clock)
                return await self._follow(orders)

    async def _follow(self, orders: Orders) -> int:
        async with self._deliveries() as deliveries:
            # Before anything is uploaded: what dead attempts left unfinished becomes whole pieces, in their order.
            await asyncio.to_thread(salvage, self._folder, self._ticket.attempt)
            way_out = await self._carry_out(orders)
            at_ms = self._now_ms()
            log.info("the call is over", extra={"cause": way_out.cause, "said": way_out.message})
            return await self._bring_home(way_out, at_ms, *deliveries)

    async def _carry_out(self, orders: Orders) -> Exit:
        rules = rules_of(orders.leave)
        if problem := orders.zoom.get("problem"):
            self.reports.notice(problem)
        began_s = None if orders.recording_started_ms is None else orders.recording_started_ms / 1000
        progress = CallProgress.begun(self._clock.now().timestamp(), record_began_s=began_s)
        if orders.stop:
            return exit_of(Cause.STOP, progress, rules)
        streaming = Streaming(orders, AddressPolicy(self._settings.outgoing.allow), self.reports.notice)
        try:
            with surroundings(orders.bot_id):
                ports = self._ports(orders, streaming)
                self._call = Call(orders, ports, ever_present=(self._folder / COMPANY).exists())
                self._call.tell(self._word)
                return await self._call.run()
        except BrowserMissingError as error:
            return exit_of(Cause.NO_BROWSER, progress, rules, str(error))
        finally:
            await streaming.stop()

    def _ports(self, orders: Orders, streaming: Streaming) -> CallPorts:
        chromium = find_chromium(self._settings.bots.chromium)
        spool = Spool(self._folder, self._ticket.attempt, orders.chunk_s)
        picture = PictureSource(orders.bot_image, self._settings.outgoing, self.reports.notice)

        def capture(platform: Platform) -> CapturePort:
            lag_ms = platform.speaking_lag_ms
            return Capture(orders, spool, now_ms=self._now_ms, speaking_lag_ms=lag_ms)

        return CallPorts(
            clock=self._clock,
            reports=self.reports,
            screens=Screens(self._folder, self._ticket.attempt, self._clock),
            captures=PageCaptures(self._folder.parent, self._ticket.attempt, self._clock),
            streaming=streaming,
            platform=partial(open_platform, orders.platform, orders.meeting_url, self._settings.bots.facts),
            tab=partial(Tab, chromium, video=orders.video),
            capture=capture,
            picture=picture.get,
            access=Access(orders, self._home.orders),
            sound=self._sound,
            company=(self._folder / COMPANY).touch,
        )

    async def _bring_home(
        self, way_out: Exit, at_ms: int, uploading: asyncio.Task[None], reporting: asyncio.Task[None]
    ) -> int:
        """Deliver everything, then the end."""
        self.uploads.close()
        if not way_out.is_reported:
            self.reports.close()
            await asyncio.wait({uploading, reporting}, timeout=TERMINATED_PATIENCE_S)
            return TERMINATED if way_out.cause is Cause.TERMINATED else UNWANTED
        await uploading
        if self.uploads.refused:
            self.reports.notice(f"{self.uploads.refused} pieces of the recording were refused by the server.")
        self.reports.ended(way_out, at_ms)
        self.reports.close()
        await reporting
        return DONE

    def tell(self, word: Instruction) -> None:
        """Tell the call something, now or when it begins."""
        self._word = word
        if self._call is not None:
            self._call.tell(word)

    @asynccontextmanager
    async def _deliveries(self) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Task[None]]]:
        tasks = (asyncio.create_task(self.uploads.run()), asyncio.create_task(self.reports.run()))
        for task in tasks:
            task.add_done_callback(self._delivery_ended)
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _delivery_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and isinstance(task.exception(), HomeUnwantedError):
            self.tell(Instruction.UNWANTED)

    @asynccontextmanager
    async def _heart(self) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await self.commands.close()

    async def _do(self, order: CommandOrder, until_s: float) -> None:
        if self._call is None:
            raise CommandFailedError(NOT_IN_CALL)
        await self._call.do(order, until_s)

    async def _sound(self, command_id: str) -> bytes:
        try:
            return await self._home.sound(command_id)
        except HomeError as error:
            raise CommandFailedError("What is to be said could not be fetched from the server.") from error

    async def _beat(self) -> None:
        while True:
            state = self._call.state if self._call is not None else CallProgress.begun(0).state
            answers = self.commands.answers()
            try:
                beat = await self._home.heartbeat(state, self.uploads.sent, answers)
                self.commands.delivered(answers)
                self.commands.take(beat.commands)
                if beat.stop:
                    self.tell(Instruction.STOP)
            except HomeUnwantedError:
                self.tell(Instruction.UNWANTED)
                return
            except HomeAwayError as error:
                log.info("no heartbeat: %s", error)
            except HomeRefusedError as error:
                log.error("the heartbeat was refused: %s", error)
            await self._clock.sleep(HEARTBEAT_S)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.tell, Instruction.TERMINATED)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

"""A bot's call from beginning to end: as many visits as it takes, one exit."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from minutebook.bots.model import LeaveRules
from minutebook.bots.platforms.ports import CannotJoinError
from minutebook.bots.protocol import CommandOrder, Orders
from minutebook.bots.runner.commands import CommandFailedError
from minutebook.bots.runner.ports import CallPorts
from minutebook.bots.runner.rules.exits import Cause, Exit, exit_of
from minutebook.bots.runner.rules.leaving import STEADY_S, cause_of, decide
from minutebook.bots.runner.rules.progress import CallProgress, Instruction
from minutebook.bots.runner.visit import Visit
from minutebook.bots.states import BotState
from minutebook.kit.backoff import Backoff

log = logging.getLogger(__name__)

MOST_LOSSES: Final = 5
"""So many browsers in a row that broke down soon, and the bot gives up."""
READY_S: Final = 0.2
"""How often a command looks whether the bot is in the call."""
NOT_IN_CALL: Final = "The bot was not in the call."
RELAUNCH: Final = Backoff(first_s=1.0, factor=2.0, longest_s=8.0)


class Call:
    """One attempt's call."""

    def __init__(self, orders: Orders, ports: CallPorts, *, ever_present: bool = False) -> None:
        started_ms = orders.recording_started_ms
        record_began_s = None if started_ms is None else started_ms / 1000
        self.rules = rules_of(orders.leave)
        self.progress = CallProgress.begun(
            ports.clock.now().timestamp(), record_began_s=record_began_s, ever_present=ever_present
        ).pausing(orders.paused)
        self._orders = orders
        self._ports = ports
        self._visit: Visit | None = None

    @property
    def state(self) -> BotState:
        """Where the bot is now."""
        return self._known.state

    def tell(self, word: Instruction) -> None:
        """The bot was told something; it is acted upon at once."""
        self._known = self._known.hears(word)

    async def do(self, order: CommandOrder, until_s: float) -> None:
        """Do what the bot is told, as soon as it is in the call and records. Raises `CommandFailedError`."""
        while (visit := self._visit) is None or not visit.progress.recording:
            if self._now_s() >= until_s:
                raise CommandFailedError(NOT_IN_CALL)
            await self._ports.clock.sleep(READY_S)
        await visit.do(order)

    async def run(self) -> Exit:
        """Be in the call, until there is a reason to leave that stands."""
        closings: list[asyncio.Task[None]] = []
        try:
            return await self._visits(closings)
        finally:
            await asyncio.gather(*closings)

    async def _visits(self, closings: list[asyncio.Task[None]]) -> Exit:
        losses, greets = 0, not self._orders.rejoin
        while (way_out := decide(self.progress, self.rules, self._now_s())) is None:
            try:
                visit = self._visit = Visit(self._orders, self.rules, self._ports, self.progress, greets=greets)
            except CannotJoinError as error:
                return exit_of(cause_of(error.place), self.progress, self.rules, error.message)
            began_s = self._now_s()
            way_out = await visit.run()
            if way_out is not None:
                break
            if visit.closing is not None:
                closings.append(visit.closing)
            losses = 1 if visit.progress.recording and self._now_s() - began_s >= STEADY_S else losses + 1
            greets = greets and visit.progress.admitted_s is None
            if losses >= MOST_LOSSES:
                return exit_of(Cause.CRASHED, visit.progress, self.rules, visit.trouble)
            self._ports.reports.notice(_notice(visit))
            if losses > 1:
                await self._ports.clock.sleep(RELAUNCH.delay_s(losses - 1))
            self.progress, self._visit = visit.progress.again(self._now_s(), lost=visit.lost is not None), None
        return way_out

    @property
    def _known(self) -> CallProgress:
        return self.progress if self._visit is None else self._visit.progress

    @_known.setter
    def _known(self, progress: CallProgress) -> None:
        if self._visit is None:
            self.progress = progress
        else:
            self._visit.progress = progress

    def _now_s(self) -> float:
        return self._ports.clock.now().timestamp()


def _notice(visit: Visit) -> str:
    if visit.lost is not None:
        return f"The call was lost ({visit.lost}) and is joined anew."
    return f"The bot's browser broke down and is started anew. {visit.trouble}".rstrip()


def rules_of(leave: Mapping[str, int]) -> LeaveRules:
    """The rules as orders carry them; what they do not name keeps its default."""
    known = {each.name for each in fields(LeaveRules)}
    return LeaveRules(**{name: int(value) for name, value in leave.items() if name in known})

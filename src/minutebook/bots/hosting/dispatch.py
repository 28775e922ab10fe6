"""Which host sends which bot: claims, and what happens to bots whose runners are gone. Every method is right with any
number of hosts at once, on SQLite and on Postgres."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.endings import CallEnd
from minutebook.bots.hosting.verdicts import Next, next_attempt
from minutebook.bots.lifecycle import Lifecycle, retry_at, without_runner
from minutebook.bots.model import Attempt, Bot, EndReason, Failure
from minutebook.bots.repository import attempts as attempts_repository
from minutebook.bots.repository import bots as repository
from minutebook.bots.states import BotState
from minutebook.db.database import Database
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_secret

log = logging.getLogger("minutebook.bots")

HANDOVER: Final = timedelta(seconds=5)
"""An interrupted bot stays so long with the host that lost it: what the dead runner left is on that disk."""
REFUSED_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Claim:
    """A bot that this host is to start a runner for; the runner's token is known to nobody else."""

    bot: Bot
    attempt: Attempt
    token: str


class Dispatch:
    """Hands bots to hosts."""

    def __init__(self, db: Database, clock: Clock, life: Lifecycle, attempts: int) -> None:
        self._db = db
        self._clock = clock
        self._life = life
        self._attempts = attempts

    async def claim(self, host: str, capacity: int) -> Sequence[Claim]:
        """Bots that are due, for this host to send; at most so many that it runs `capacity` in all. Bots for meetings
        that no bot can join fail here, without any runner."""
        async with self._db.reading() as read:
            has_room = await attempts_repository.count_running(read, host) < capacity
            if not await attempts_repository.is_anything_due(read, self._clock.now(), joinable=has_room):
                return ()
        async with self._db.transaction() as tx:
            for bot in await attempts_repository.due_without_platform(tx, self._clock.now(), REFUSED_AT_ONCE):
                await self._life.fail(tx, bot, Failure.INVALID_URL)
            # One claim at a time for a machine: two host processes on it would both see the same free places.
            await attempts_repository.hold(tx, f"bots of {host}")
            free = capacity - await attempts_repository.count_running(tx, host)
            if free <= 0:
                return ()
            due = await attempts_repository.due(tx, host, self._clock.now(), free, HANDOVER)
            claims = [await self._claimed(tx, bot, host) for bot in due]
            return [claim for claim in claims if claim is not None]

    async def started(self, claim: Claim, pid: int | None) -> None:
        """Note the process of a claimed attempt."""
        async with self._db.transaction() as tx:
            await attempts_repository.change(tx, claim.bot.id, claim.attempt.attempt, pid=pid)

    async def running(self) -> Sequence[tuple[Attempt, Bot]]:
        """All attempts, of all hosts, whose process has not ended, with their bots."""
        async with self._db.reading() as read:
            return await attempts_repository.running(read)

    async def gone(self, bot_id: str, attempt: int) -> None:
        """An attempt's process is gone. A bot that still needed it is interrupted, and due again soon; it ends when it
        was sent often enough."""
        async with self._db.transaction() as tx:
            bot = await repository.load(tx, bot_id, lock=True)
            now = self._clock.now()
            if bot is None or not await attempts_repository.close(tx, bot_id, attempt, now):
                return
            if attempt != bot.attempt or not bot.state.is_live:
                return
            log.warning("bot %s: the runner of attempt %d is gone", bot_id, attempt)
            bot = await self._life.interrupt(tx, bot, retry_at(now, attempt))
            await self._settle(tx, bot)

    async def _claimed(self, tx: AsyncConnection, bot: Bot, host: str) -> Claim | None:
        now, token = self._clock.now(), new_secret("mbr")
        stop_reason: EndReason | None = None
        if bot.state is BotState.INTERRUPTED:
            step, reason = next_attempt(bot, now, self._attempts)
            if step is Next.NOTHING:
                await self._settle(tx, bot)
                return None
            stop_reason = reason if step is Next.DELIVER else None
        attempt = Attempt(bot.id, bot.attempt + 1, fingerprint(token), host, now, now, stop_reason=stop_reason)
        await attempts_repository.add(tx, attempt)
        joining = await self._life.reach(tx, replace(bot, attempt=attempt.attempt), BotState.JOINING, now)
        return Claim(joining, attempt, token)

    async def _settle(self, tx: AsyncConnection, bot: Bot) -> None:
        """End an interrupted bot that no attempt is made for any more."""
        now = self._clock.now()
        step, reason = next_attempt(bot, now, self._attempts)
        if step is Next.NOTHING:
            how = without_runner(bot.attempt) if reason is EndReason.ERROR else CallEnd(reason)
            await self._life.end(tx, bot, now, how)

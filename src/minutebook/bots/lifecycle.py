"""Takes bots from state to state: row, status change and event in one transaction, each final event once.

The caller holds the bot's row (`repository.load(…, lock=True)`) and passes the bot as it stands there.
"""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots import events as bot_events
from minutebook.bots.endings import SENTENCES, CallEnd, change_reached
from minutebook.bots.events import bot_event, status_event
from minutebook.bots.model import Bot, EndReason, Failure
from minutebook.bots.repository import attempts as attempts_repository
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository import commands as commands_repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.bots.states import BotState, StatusChange
from minutebook.bots.storage_keys import media_prefix
from minutebook.db.events import Events
from minutebook.jobs.ports import Job, Jobs
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id
from minutebook.recordings.service import Recordings

log = logging.getLogger("minutebook.bots")

FINISH_TASK: Final = "bots.finish"


class Lifecycle:
    """The only place where bots change their state."""

    def __init__(self, jobs: Jobs, events: Events, clock: Clock, recordings: Recordings) -> None:
        self._jobs = jobs
        self._recordings = recordings
        self._events = events
        self._clock = clock

    async def reach(self, tx: AsyncConnection, bot: Bot, to: BotState, at: datetime) -> Bot:
        """A state on the way in, or `recording`, was reached at `at`. One that cannot follow is passed over."""
        if to is bot.state:
            return bot
        moments = _moments(bot, to, at)
        if not await repository.move(tx, bot.id, to, self._clock.now(), **asdict(moments)):
            log.info("bot %s: %s does not follow on %s", bot.id, to, bot.state)
            return bot
        was_in, had_recorded = bot.joined_at is not None, bot.recording_started_at is not None
        change = change_reached(to, joined_before=was_in, recorded_before=had_recorded)
        if change is StatusChange.RESUMED and await commands_repository.is_paused(tx, bot.id):
            change = None
        if change is not None:
            await self._tell_once(tx, bot, change, at)
        return replace(bot, state=to, **asdict(moments))

    async def interrupt(self, tx: AsyncConnection, bot: Bot, retry_at: datetime) -> Bot:
        """A bot that is at work lost its runner; another one is due at `retry_at`."""
        now = self._clock.now()
        exited_at = bot.exited_at or (now if bot.joined_at else None)
        if not await repository.move(tx, bot.id, BotState.INTERRUPTED, now, due_at=retry_at, exited_at=exited_at):
            return bot
        if bot.state is BotState.RECORDING and not await commands_repository.is_paused(tx, bot.id):
            await self.tell(tx, bot, StatusChange.PAUSED, now)
        return replace(bot, state=BotState.INTERRUPTED, exited_at=exited_at)

    async def end(self, tx: AsyncConnection, bot: Bot, at: datetime, how: CallEnd) -> None:
        """The call is over for the bot, which left at `at`. What it recorded is put together by durable work; where
        nothing was recorded, the bot has failed."""
        left = {"exited_at": bot.exited_at or (at if bot.joined_at else None)}
        if await pieces_repository.has_sound(tx, bot.id):
            now = self._clock.now()
            ended = {**left, "ended_at": now, "end_reason": how.with_recording.value}
            if await repository.move(tx, bot.id, BotState.ENDED, now, **ended):
                await self.tell(tx, bot, StatusChange.ENDED, at)
                await self._jobs.enqueue(tx, finish_job(bot))
            return
        if bot.state is BotState.RECORDING:
            await repository.move(tx, bot.id, BotState.ENDED, self._clock.now())
        if bot.recording_started_at is not None:
            await self.tell(tx, bot, StatusChange.ENDED, at)
        await self.fail(tx, bot, how.without_recording, how.message, at=at, **left)

    async def fail(
        self,
        tx: AsyncConnection,
        bot: Bot,
        failure: Failure,
        message: str | None = None,
        *,
        at: datetime | None = None,
        **columns: object,
    ) -> bool:
        """End a bot without a record. False when it is final already."""
        now = self._clock.now()
        sentence = message or SENTENCES[failure]
        kept = {
            **columns,
            "failure": failure.value,
            "failure_message": sentence,
            "end_reason": None,
            "ended_at": bot.ended_at or now,
        }
        if not await repository.move(tx, bot.id, BotState.FAILED, now, **kept):
            return False
        if not await pieces_repository.has_sound(tx, bot.id):
            # Sound that was recorded is never thrown away because something else went wrong.
            await pieces_repository.remove_of(tx, bot.id)
            await self._recordings.dispose(tx, media_prefix(bot.id))
        failed = replace(bot, failure=failure, failure_message=sentence)
        if bot.recording_started_at is None:
            await self.tell(tx, failed, StatusChange.FAILED, at or now)
        await self._events.publish(tx, bot_event(bot_events.FAILED, bot))
        return True

    async def finish_again(self, tx: AsyncConnection, bot: Bot) -> bool:
        """Try once more to put together what a failed bot recorded; False when there is nothing of it."""
        if bot.state is not BotState.FAILED or not await pieces_repository.has_sound(tx, bot.id):
            return False
        reason = EndReason.ERROR.value
        kept = {"failure": None, "failure_message": None, "end_reason": reason}
        await repository.move(tx, bot.id, BotState.ENDED, self._clock.now(), **kept)
        await self._jobs.enqueue(tx, replace(finish_job(bot), key=f"{finish_key(bot.id)}:{new_id()}"))
        return True

    async def ask_anew(self, tx: AsyncConnection) -> int:
        """Request the work on all recordings that are to be put together, for a queue that has forgotten it; returns
        how many these are."""
        waiting = await repository.unfinished(tx)
        for bot in waiting:
            await self._jobs.enqueue(tx, replace(finish_job(bot), key=f"{finish_key(bot.id)}:{new_id()}"))
        return len(waiting)

    async def cancel(self, tx: AsyncConnection, bot: Bot) -> bool:
        """End a bot that was not sent yet. One whose time had come is reported as stopped; one that was only planned
        goes silently."""
        now = self._clock.now()
        stopped = replace(bot, failure=Failure.STOPPED, failure_message=SENTENCES[Failure.STOPPED])
        kept = {
            "failure": Failure.STOPPED.value,
            "failure_message": stopped.failure_message,
            "ended_at": now,
            "stop_requested_at": now,
        }
        if not await repository.move(tx, bot.id, BotState.CANCELLED, now, **kept):
            return False
        if bot.start_at <= now:
            await self.tell(tx, stopped, StatusChange.FAILED, now)
            await self._events.publish(tx, bot_event(bot_events.FAILED, bot))
        return True

    async def recorded(self, tx: AsyncConnection, bot: Bot, meeting_id: str) -> None:
        """Tell that what a bot recorded has its meeting."""
        await self._events.publish(tx, bot_event(bot_events.RECORDED, bot, {"meeting_id": meeting_id}))

    async def complete(self, tx: AsyncConnection, bot: Bot) -> bool:
        """A bot's record is there. False when it is final already."""
        if not await repository.move(tx, bot.id, BotState.COMPLETED, self._clock.now()):
            return False
        await self._events.publish(tx, bot_event(bot_events.COMPLETED, bot))
        return True

    async def _tell_once(self, tx: AsyncConnection, bot: Bot, change: StatusChange, at: datetime) -> None:
        """Attempts after the first one do not repeat how they get into the call."""
        if change is StatusChange.RESUMED or not await attempts_repository.was_told(tx, bot.id, change):
            await self.tell(tx, bot, change, at)

    async def tell(self, tx: AsyncConnection, bot: Bot, change: StatusChange, at: datetime) -> None:
        """Note a status change, and publish it."""
        details: dict[str, object] = {}
        if change is StatusChange.FAILED and bot.failure is not None:
            details = {"failure": bot.failure.value, "message": bot.failure_message}
        seq = await attempts_repository.tell(tx, bot.id, change, at, details)
        await self._events.publish(tx, status_event(bot, seq, change, at, details))


@dataclass(frozen=True, slots=True)
class _Moments:
    joined_at: datetime | None
    recording_started_at: datetime | None
    exited_at: datetime | None


def _moments(bot: Bot, to: BotState, at: datetime) -> _Moments:
    """The bot's moments after it reached a state: the first time counts; who is back in the call has not left it."""
    if to is BotState.RECORDING:
        return _Moments(bot.joined_at or at, bot.recording_started_at or at, None)
    if to is BotState.IN_CALL:
        return _Moments(bot.joined_at or at, bot.recording_started_at, None)
    return _Moments(bot.joined_at, bot.recording_started_at, bot.exited_at)


def finish_job(bot: Bot) -> Job:
    """The work of putting a bot's recording together."""
    return Job(task=FINISH_TASK, key=finish_key(bot.id), args={"bot_id": bot.id}, owner_id=bot.owner_id)


def finish_key(bot_id: str) -> str:
    """The identity of that work."""
    return f"bot-finish:{bot_id}"


def bot_of_finish_key(key: str) -> str | None:
    """The bot of that work; None for a job that is about something else."""
    name, _, rest = key.partition(":")
    return rest.partition(":")[0] or None if name == "bot-finish" else None


def retry_at(now: datetime, attempts: int) -> datetime:
    """When the next runner is sent, after so many: at once after the first, then after 1, 2, 4 … s."""
    return now + timedelta(seconds=0 if attempts <= 1 else min(2.0 ** (attempts - 2), 15.0))


def without_runner(attempts: int) -> CallEnd:
    """The end of a bot whose runners all died."""
    return CallEnd(
        EndReason.ERROR,
        Failure.INTERNAL,
        f"The bot's process ended unexpectedly {attempts} times. The log of the bot's machine has the details.",
    )

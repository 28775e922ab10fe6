"""What a runner's home knows and keeps: orders, heartbeats, reports, pieces of media, screenshots.

A runner is known by the token of its ticket, which is good for its bot as a whole: a second attempt delivers what the
first one left behind. Errors of the kinds `unauthenticated` and `not_found` say that nobody wants this bot any more.
"""

import logging
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.endings import CallEnd
from minutebook.bots.home.orders import orders_for
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.live.service import LiveCommands, order_of
from minutebook.bots.model import Attempt, Bot, EndReason, Failure, StoredPiece
from minutebook.bots.protocol import (
    AUDIO,
    OBSERVATIONS,
    TRACK_PREFIX,
    VIDEO,
    Beat,
    CommandAnswer,
    Orders,
    ReportKind,
    RunnerReport,
)
from minutebook.bots.repository import attempts as attempts_repository
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.bots.sound_trouble import SoundNotice, trouble_of
from minutebook.bots.states import BotState
from minutebook.bots.storage_keys import piece_key, screenshot_key
from minutebook.config import BotSettings
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, is_id
from minutebook.kit.text import clean_line
from minutebook.sealing import Sealing
from minutebook.storage.ports import Storage

log = logging.getLogger("minutebook.bots")

PIECE_MAX_BYTES: Final = 64 * 1024 * 1024
"""Ten seconds of video are two megabytes; what a dead attempt left unfinished may be longer."""
SCREENSHOT_MAX_BYTES: Final = 16 * 1024 * 1024
PIECE_MAX_MS: Final = 3_600_000
INDEX_MAX: Final = 10_000_000
MOMENT_MAX_MS: Final = 253_402_300_799_000
"""The end of the year 9999."""
MESSAGE_MAX_CHARS: Final = 2000
BEAT_EVERY_S: Final = 2.0
"""Heartbeats are written down no more often than this: each one is a commit."""

_TRACK = re.compile(re.escape(TRACK_PREFIX) + r"[A-Za-z0-9_-]{1,80}")


class Reception:
    """The server's side of `bots.protocol`."""

    def __init__(
        self,
        db: Database,
        storage: Storage,
        clock: Clock,
        sealing: Sealing,
        settings: BotSettings,
        life: Lifecycle,
        live: LiveCommands,
    ) -> None:
        self._db = db
        self._storage = storage
        self._clock = clock
        self._sealing = sealing
        self._settings = settings
        self._life = life
        self._live = live
        self._beat_every = timedelta(seconds=min(BEAT_EVERY_S, settings.lost_after_s / 8))

    async def orders(self, tx: AsyncConnection, bot_id: str, attempt: int, token: str) -> Orders:
        """What this attempt is to do; `attempt_superseded` for one that is not the bot's current one."""
        return (await self.owner_and_orders(tx, bot_id, attempt, token))[1]

    async def owner_and_orders(self, tx: AsyncConnection, bot_id: str, attempt: int, token: str) -> tuple[str, Orders]:
        """Whose bot it is, and its orders."""
        bot, known = await self._admitted(tx, bot_id, attempt, token)
        if not _is_current(bot, known):
            raise _superseded()
        platform = await repository.platform_of(tx, bot_id)
        paused = await self._live.is_paused(tx, bot_id)
        return bot.owner_id, orders_for(bot, known, platform or "", self._sealing, self._settings, paused=paused)

    async def heartbeat(self, bot_id: str, attempt: int, token: str, answers: Sequence[CommandAnswer] = ()) -> Beat:
        """The runner lives, and says what became of commands; whether it is to leave, deliver and end, and what it is
        told. A command comes again until it is answered."""
        async with self._db.reading() as read:
            bot, known = await self._admitted(read, bot_id, attempt, token)
            is_current = _is_current(bot, known)
            told = await self._live.waiting(read, bot, attempt) if is_current else ()
        now = self._clock.now()
        is_due = now - known.heartbeat_at >= self._beat_every
        if is_due or answers or any(each.attempt != attempt for each in told):
            async with self._db.transaction() as tx:
                if is_due:
                    await attempts_repository.change(tx, bot_id, attempt, heartbeat_at=now)
                if answers and (locked := await repository.load(tx, bot_id, lock=True)) is not None:
                    await self._live.answered(tx, locked, attempt, answers)
                await self._live.hand_over(tx, told, attempt)
        stop = not is_current or bot.stop_requested or known.stop_reason is not None
        done = {each.id for each in answers}
        return Beat(stop, tuple(order_of(each, now) for each in told if each.id not in done))

    async def sound(self, bot_id: str, attempt: int, token: str, command_id: str) -> bytes:
        """What a command has the bot say; `command_not_found`."""
        async with self._db.reading() as read:
            await self._admitted(read, bot_id, attempt, token)
            key = await self._live.sound_of(read, bot_id, command_id)
        return await self._storage.get_bytes(key)

    async def report(
        self, tx: AsyncConnection, bot_id: str, attempt: int, token: str, reports: Sequence[RunnerReport]
    ) -> int:
        """Take reports in; returns the number that is expected next. Known ones are passed over, and so is everything
        behind a gap; states that an attempt reports which is not the current one (any more) are only counted."""
        bot, known = await self._admitted(tx, bot_id, attempt, token, lock=True)
        expected = known.next_seq
        for report in sorted(reports, key=lambda each: each.seq):
            if report.seq != expected:
                continue
            expected += 1
            if _counts(report, bot, known):
                bot = await self._take(tx, bot, known, report)
        if expected != known.next_seq:
            await attempts_repository.change(tx, bot_id, attempt, next_seq=expected)
        return expected

    async def keep_piece(
        self,
        bot_id: str,
        attempt: int,
        token: str,
        stream: str,
        index: int,
        chunks: AsyncIterator[bytes],
        *,
        start_ms: int,
        length_ms: int,
    ) -> None:
        """Store a piece of media; the same one again replaces it. `media_invalid` for a name, number or time that no
        runner sends, `bot_over` once the bot's recording is being put together."""
        _check_piece(stream, index, start_ms, length_ms)
        async with self._db.reading() as read:
            _check_open((await self._admitted(read, bot_id, attempt, token))[0])
        key = piece_key(bot_id, attempt, stream, index)
        stored = await self._storage.put_stream(key, chunks, max_bytes=PIECE_MAX_BYTES)
        async with self._db.transaction() as tx:
            # What came too late after all is taken away with the other pieces.
            _check_open((await self._admitted(tx, bot_id, attempt, token, lock=True))[0])
            piece = StoredPiece(bot_id, attempt, stream, index, start_ms, length_ms, key, stored.size)
            await pieces_repository.keep(tx, piece)

    async def keep_screenshot(
        self,
        bot_id: str,
        attempt: int,
        token: str,
        index: int,
        chunks: AsyncIterator[bytes],
        *,
        name: str,
        taken_ms: int,
    ) -> None:
        """Store a screenshot (PNG); the same one again replaces it."""
        if not 0 <= index <= INDEX_MAX or not 0 <= taken_ms <= MOMENT_MAX_MS:
            raise _media_invalid("index or time of the screenshot")
        label = clean_line(name, "name", at_most=200)
        async with self._db.reading() as read:
            _check_open((await self._admitted(read, bot_id, attempt, token))[0])
        key = screenshot_key(bot_id, attempt, index)
        await self._storage.put_stream(key, chunks, max_bytes=SCREENSHOT_MAX_BYTES)
        async with self._db.transaction() as tx:
            _check_open((await self._admitted(tx, bot_id, attempt, token, lock=True))[0])
            await pieces_repository.keep_screenshot(tx, bot_id, attempt, index, label, _moment(taken_ms), key)

    async def _admitted(
        self, tx: AsyncConnection, bot_id: str, attempt: int, token: str, *, lock: bool = False
    ) -> tuple[Bot, Attempt]:
        """The bot and the attempt, for a runner of this bot; `token_invalid`, `bot_not_found`, `attempt_not_found`."""
        bot = await repository.load(tx, bot_id, lock=lock) if is_id(bot_id) else None
        if bot is None:
            raise not_found("bot")
        attempts = await attempts_repository.of_bot(tx, bot_id)
        if fingerprint(token) not in {each.token_hash for each in attempts.values()}:
            raise MinutebookError(Kind.UNAUTHENTICATED, "token_invalid", "This is no token of a runner of this bot.")
        if attempt not in attempts:
            raise not_found("attempt")
        return bot, attempts[attempt]

    async def _take(self, tx: AsyncConnection, bot: Bot, attempt: Attempt, report: RunnerReport) -> Bot:
        at = min(max(_moment(report.at_ms), bot.created_at), self._clock.now())
        message = sentence(report.message)
        match report.kind:
            case ReportKind.STATE:
                return await self._life.reach(tx, bot, _reported_state(report.state), at)
            case ReportKind.ENDED:
                await self._life.end(tx, bot, at, _reported_end(bot, attempt, report, message))
                return await repository.load(tx, bot.id) or bot
            case ReportKind.NOTICE:
                log.warning("bot %s: %s", bot.id, message)
                trouble = trouble_of(report.code)
                if trouble is not None:
                    await pieces_repository.keep_notice(tx, bot.id, SoundNotice(trouble, at))
        return bot


def _is_current(bot: Bot, attempt: Attempt) -> bool:
    """Whether this attempt is the one that the bot's state is about."""
    return attempt.attempt == bot.attempt and attempt.ended_at is None and bot.state.is_live


def _counts(report: RunnerReport, bot: Bot, attempt: Attempt) -> bool:
    """Whether a report is believed. A runner that was taken for dead, and is not, may say that the call is over for as
    long as no other one has taken its place; that it is still in the call is of no use to anybody."""
    is_last = attempt.attempt == bot.attempt and bot.state.is_live
    return _is_current(bot, attempt) or (is_last and report.kind is ReportKind.ENDED)


def sentence(text: str | None) -> str | None:
    """What a runner says, as it can be kept: it may quote a page."""
    storable = (text or "").replace("\x00", "").encode("utf-8", "replace").decode()
    return storable.strip()[:MESSAGE_MAX_CHARS] or None


def _reported_state(name: str | None) -> BotState:
    try:
        state = BotState(name or "")
    except ValueError:
        state = BotState.QUEUED
    if state not in {BotState.JOINING, BotState.WAITING_ROOM, BotState.IN_CALL, BotState.RECORDING}:
        raise invalid("state_invalid", f"No runner reaches the state {name!r}.", "state")
    return state


def _reported_end(bot: Bot, attempt: Attempt, report: RunnerReport, message: str | None) -> CallEnd:
    """What was reported; the reason why the attempt had nothing to join any more counts more. Once a stop was asked
    for, however the runner came to leave, that is why."""
    if attempt.stop_reason is not None:
        return CallEnd(attempt.stop_reason, message=message)
    try:
        reason = EndReason(report.end_reason) if report.end_reason else None
        failure = Failure(report.failure) if report.failure else None
    except ValueError as error:
        raise invalid("report_invalid", f"This is no way to end: {error}.") from error
    return CallEnd(reason, failure, message)


def _check_piece(stream: str, index: int, start_ms: int, length_ms: int) -> None:
    if stream not in {AUDIO, VIDEO, OBSERVATIONS} and not _TRACK.fullmatch(stream):
        raise _media_invalid("stream")
    if not 0 <= index <= INDEX_MAX:
        raise _media_invalid("index")
    if not (0 <= start_ms <= MOMENT_MAX_MS and 0 <= length_ms <= PIECE_MAX_MS):
        raise _media_invalid("time")


def _check_open(bot: Bot) -> None:
    if not bot.state.is_live:
        raise MinutebookError(Kind.NOT_FOUND, "bot_over", "The call is over for this bot; nothing more is kept.")


def _media_invalid(what: str) -> MinutebookError:
    return invalid("media_invalid", f"The {what} of this piece is not one that a runner sends.")


def _superseded() -> MinutebookError:
    return MinutebookError(Kind.NOT_FOUND, "attempt_superseded", "Another attempt has taken this one's place.")


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(min(max(ms, 0), MOMENT_MAX_MS) / 1000, UTC)

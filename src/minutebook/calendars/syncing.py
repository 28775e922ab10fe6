"""Reading calendars: claim one, fetch what changed, write the difference with its webhook and its bots in one
transaction. Any number of workers may do so at once; whoever dies leaves a claim that runs out, and nothing else."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import random
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars import events as calendar_events
from minutebook.calendars import ports
from minutebook.calendars.diff import Changes, diff
from minutebook.calendars.model import (
    Calendar,
    CalendarState,
    Fetch,
    FetchedEvent,
    ProviderName,
    Window,
)
from minutebook.calendars.placing import Placing, spots_of
from minutebook.calendars.ports import CursorGoneError, Provider
from minutebook.calendars.providers.calls import UnauthorisedError
from minutebook.calendars.pushing import Pushing
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.repository import connections as connections_repository
from minutebook.calendars.repository import events as events_repository
from minutebook.calendars.repository.events import Place
from minutebook.calendars.rooms import meeting_url_of, room_of
from minutebook.calendars.tokens import Tokens
from minutebook.calendars.wishes import Wishes
from minutebook.config import CalendarSettings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.errors import MinutebookError
from minutebook.kit.backoff import Backoff
from minutebook.kit.clock import Clock
from minutebook.kit.ids import new_id

log = logging.getLogger("minutebook.calendars")

CLAIM: Final = timedelta(seconds=60)
EXTEND_S: Final = 20.0
LONGEST_S: Final = 600.0
"""A calendar that takes longer to read than this is tried again later: others wait."""
PAST: Final = timedelta(hours=12)
"""A window begins so long ago: what runs, or has just ended, is known too."""
AHEAD: Final = timedelta(days=1)
"""A window reaches this much further than it has to, so that a new one is needed once a day."""
AGAIN: Final = Backoff(first_s=30.0, longest_s=1800.0, jitter=0.3)
REVOKED_AGAIN: Final = Backoff(first_s=300.0, longest_s=6 * 3600.0, jitter=0.1)
"""A provider that refuses credentials is asked again, ever more rarely: some do so by mistake."""
RETRIES: Final = 2
SEVERAL: Final = 3
"""A calendar that has lost so many events and has no other is believed when its provider has said so for some minutes:
what is being rebuilt, or has lost its data, answers like that."""
DOUBTED: Final = 3
"""After so many failures one after the other, a cursor may be what its provider stumbles over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading a calendar came to: the ids of events that changed, or what went wrong."""

    affected: tuple[str, ...] = ()
    error: MinutebookError | None = None


class Syncing:
    """Reads calendars."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        events: Events,
        providers: Mapping[ProviderName, Provider],
        tokens: Tokens,
        pushing: Pushing,
        placing: Placing,
        wishes: Wishes,
        settings: CalendarSettings,
        webrtc_pages: Sequence[str],
        facts: Path | None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._events = events
        self._providers = providers
        self._tokens = tokens
        self._pushing = pushing
        self._placing = placing
        self._wishes = wishes
        self._settings = settings
        self._webrtc_pages = webrtc_pages
        self._facts = facts

    async def sync_due(self) -> int:
        """Read the calendars that are due, several at once; returns how many. A chore of every worker."""
        lanes = [self._lane() for _ in range(self._settings.concurrency)]
        return sum(await asyncio.gather(*lanes))

    async def sync(self, calendar_id: str, *, days: int | None = None) -> Outcome:
        """Read one calendar now and whole, `days` ahead; waits while somebody else reads it."""
        for _ in range(round(LONGEST_S / 0.2)):
            claim, now = new_id(), self._clock.now()
            async with self._db.transaction() as tx:
                calendar = await repository.claim_one(tx, calendar_id, claim, now, now + CLAIM)
                exists = calendar is not None or await repository.load(tx, calendar_id) is not None
            if calendar is not None:
                return await self._read(calendar, claim, now, whole=True, days=days)
            if not exists:
                return Outcome()
            await self._clock.sleep(0.2)
        return Outcome(error=_stuck())

    async def _lane(self) -> int:
        """Read what is due, one after the other, until nothing is. A slow calendar keeps one lane busy, not all."""
        read = 0
        while True:
            claim, now = new_id(), self._clock.now()
            async with self._db.reading() as reading:
                if not await repository.is_any_due(reading, now):
                    return read
            async with self._db.transaction() as tx:
                calendar = await repository.claim_due(tx, claim, now, now + CLAIM)
            if calendar is None:
                return read
            await self._read(calendar, claim, now)
            read += 1

    async def _read(
        self, calendar: Calendar, claim: str, began: datetime, *, whole: bool = False, days: int | None = None
    ) -> Outcome:
        try:
            async with self._held(calendar, claim), asyncio.timeout(LONGEST_S):
                fetch = await self._fetched(calendar, began, whole=whole, days=days)
                outcome = await self._write(calendar, claim, fetch)
                await self._pushing.keep(calendar)
                return outcome
        except (MinutebookError, UnauthorisedError, TimeoutError) as error:
            return await self._failed(calendar, claim, _explained(error))
        except Exception as error:
            # What nobody foresaw must not keep the calendar claimed, nor the lane from others.
            log.exception("calendar %s: reading it failed", calendar.id)
            return await self._failed(calendar, claim, _explained(error))

    async def _fetched(self, calendar: Calendar, now: datetime, *, whole: bool, days: int | None) -> Fetch:
        window = self._window(now, days)
        provider = self._providers[calendar.provider]
        doubted = calendar.failures > 0 and calendar.failures % DOUBTED == 0
        cursor = None if whole or doubted or self._rolls(calendar, now) else calendar.cursor
        refused: str | None = None
        for attempt in range(RETRIES + 1):
            access = await self._tokens.access(calendar.connection_id, refused=refused)
            try:
                return await provider.fetch(access, calendar.raw, window, cursor)
            except CursorGoneError:
                if cursor is None:
                    raise
                log.info("calendar %s: the provider has forgotten where we were; it is read as a whole", calendar.id)
                cursor = None
            except UnauthorisedError:
                if attempt == RETRIES or access.token is None:
                    raise
                refused = access.token
        raise _stuck()

    def _rolls(self, calendar: Calendar, now: datetime) -> bool:
        """Whether a new window is due: once a day, though nothing changed."""
        if calendar.window_until is None or calendar.read_at is None or now - calendar.read_at >= AHEAD:
            return True
        return calendar.window_until < now + timedelta(days=self._settings.window_days)

    def _window(self, now: datetime, days: int | None) -> Window:
        ahead = timedelta(days=max(days or 0, self._settings.window_days))
        return Window(now - PAST, now + ahead + AHEAD)

    async def _write(self, calendar: Calendar, claim: str, fetch: Fetch) -> Outcome:
        """The difference, its bots, its webhook and the new cursor, all or nothing; nothing when the claim was lost."""
        async with self._db.transaction() as tx:
            held = await repository.hold_claimed(tx, calendar.id, claim)
            if held is None:
                return Outcome()
            changes = diff(await events_repository.known_for(tx, calendar.id, fetch), fetch)
            if fetch.complete and not fetch.events and len(changes.deleted) >= SEVERAL and not _is_sure(held):
                raise _emptied()
            affected = await self._apply(tx, held, changes) if changes else ()
            now = self._clock.now()
            whole = {"window_until": fetch.window.until, "read_at": now} if fetch.complete else {}
            await repository.settle(
                tx,
                calendar.id,
                now + self._pause(held),
                cursor=fetch.cursor,
                state=CalendarState.CONNECTED.value,
                error_message=None,
                failures=0,
                synced_at=now,
                **whole,
            )
            if affected:
                at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                await self._events.publish(tx, calendar_events.synced(held, affected, at))
        return Outcome(affected)

    async def _apply(self, tx: AsyncConnection, calendar: Calendar, changes: Changes) -> tuple[str, ...]:
        now = self._clock.now()
        before = await events_repository.of_ids(tx, (*(key for key, _ in changes.changed), *changes.deleted))
        added = {new_id(): (event, self._place(event)) for event in changes.added}
        await events_repository.add(tx, calendar.id, calendar.owner_id, added, now)
        for event_id, event in changes.changed:
            await events_repository.rewrite(tx, event_id, event, self._place(event), now)
        await events_repository.mark_deleted(tx, changes.deleted, now)
        alive = (*added, *(key for key, _ in changes.changed))
        after = await self._wishes.renew(tx, calendar, await events_repository.of_ids(tx, alive))
        await self._placing.settle(tx, calendar.owner_id, spots_of((*before, *after)))
        return (*alive, *changes.deleted)

    def _place(self, event: FetchedEvent) -> Place:
        url = meeting_url_of(event.addresses, event.texts, self._webrtc_pages, self._facts)
        return Place(url, room_of(url, self._webrtc_pages, self._facts))

    def _pause(self, calendar: Calendar) -> timedelta:
        """Until the next reading without being told to."""
        now = self._clock.now()
        if calendar.push is not None and calendar.push.expires_at > now:
            return timedelta(seconds=self._settings.push_poll_s)
        return timedelta(seconds=self._settings.poll_s or self._providers[calendar.provider].poll_s)

    async def _failed(self, calendar: Calendar, claim: str, error: MinutebookError) -> Outcome:
        log.warning("calendar %s: %s", calendar.id, error.code)
        async with self._db.transaction() as tx:
            if await repository.hold_claimed(tx, calendar.id, claim) is None:
                return Outcome(error=error)
            now = self._clock.now()
            if error.code == "grant_revoked":
                for each in await repository.revoke(tx, calendar.connection_id, error.message):
                    event = calendar_events.calendar_event(calendar_events.REVOKED, each, message=error.message)
                    await self._events.publish(tx, event)
                pause = timedelta(seconds=REVOKED_AGAIN.delay_s(calendar.failures + 1, random()))  # noqa: S311
                await repository.settle(tx, calendar.id, now + pause, failures=calendar.failures + 1)
                return Outcome(error=error)
            pause = timedelta(seconds=error.retry_after_s or AGAIN.delay_s(calendar.failures + 1, random()))  # noqa: S311
            if error.code == "provider_busy":
                # The limit is the account's: its other calendars wait too, everybody else's do not.
                await connections_repository.pause(tx, calendar.connection_id, now + pause)
            columns = {"failures": calendar.failures + 1, "error_message": error.message}
            failing = {"state": CalendarState.FAILING.value} if calendar.state is CalendarState.CONNECTED else {}
            await repository.settle(tx, calendar.id, now + pause, **columns, **failing)
        return Outcome(error=error)

    @asynccontextmanager
    async def _held(self, calendar: Calendar, claim: str) -> AsyncIterator[None]:
        """Keep the claim while the block runs."""

        async def extend() -> None:
            while True:
                await asyncio.sleep(EXTEND_S)
                async with self._db.transaction() as tx:
                    await repository.extend(tx, calendar.id, claim, self._clock.now() + CLAIM)

        task = asyncio.create_task(extend())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _explained(error: Exception) -> MinutebookError:
    match error:
        case MinutebookError():
            return error
        case UnauthorisedError():
            return ports.revoked("The provider", f"{error} It does not take its own fresh tokens.")
        case TimeoutError():
            return ports.unavailable("The provider", "reading the calendar took too long.")
        case _:
            return ports.unavailable("The provider", f"reading the calendar failed ({type(error).__name__}).")


def _is_sure(calendar: Calendar) -> bool:
    """Whether the calendar was found empty before, and not for the first time."""
    return calendar.failures >= DOUBTED and calendar.error_message == _emptied().message


def _emptied() -> MinutebookError:
    return ports.unavailable("The provider", "all events are gone at once; it is asked again before that is believed.")


def _stuck() -> MinutebookError:
    return ports.unavailable("The provider", "the calendar is being read already, or cannot be read as a whole.")

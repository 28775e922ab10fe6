"""What can be done with calendars: connecting them, reading them, and having bots at their events."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.service import Bots
from minutebook.calendars.connecting import Connecting
from minutebook.calendars.event_bots import EventBots
from minutebook.calendars.finding import calendar_of, event_of
from minutebook.calendars.model import Calendar, EventQuery, ProviderName, StoredEvent
from minutebook.calendars.placing import Placing
from minutebook.calendars.ports import revoked
from minutebook.calendars.providers.calls import UnauthorisedError
from minutebook.calendars.providers.registry import providers_of
from minutebook.calendars.pushing import Notification, Pushing
from minutebook.calendars.records import Records
from minutebook.calendars.repository import bots as bots_repository
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.repository import connections as connections_repository
from minutebook.calendars.repository import events as events_repository
from minutebook.calendars.syncing import Outcome, Syncing
from minutebook.calendars.tokens import Tokens
from minutebook.calendars.wishes import Wishes
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.kit.clock import Clock
from minutebook.meetings.service import Meetings
from minutebook.outgoing.client import OutgoingClient
from minutebook.sealing import Sealing

AT_ONCE: Final = 4
FORGET_AT_ONCE: Final = 500
UNUSED: Final = timedelta(days=1)
"""Credentials that opened an account, but that no calendar came to use, are kept so long."""


Answer = TypeVar("Answer")


class Calendars:
    """Calendars of their owners. `connecting` connects them, `event_bots` sends bots to their events; what is here
    finds and reads them."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        events: Events,
        outgoing: OutgoingClient,
        sealing: Sealing,
        bots: Bots,
        meetings: Meetings,
        settings: Settings,
    ) -> None:
        self._db = db
        self._clock = clock
        self._keep = timedelta(days=settings.calendars.keep_days)
        pages, facts = settings.bots.webrtc_pages, settings.bots.facts
        providers = providers_of(outgoing, settings.google, settings.microsoft, clock)
        tokens = Tokens(db, clock, sealing, providers)
        pushing = Pushing(db, clock, providers, tokens, settings.http.base_url)
        placing, wishes = Placing(clock, bots, sealing, pages, facts), Wishes()
        syncing = Syncing(
            db, clock, events, providers, tokens, pushing, placing, wishes, settings.calendars, pages, facts
        )
        self._tokens = tokens
        self._pushing = pushing
        self._placing = placing
        self._syncing = syncing
        self._records = Records(bots, meetings)
        self.connecting = Connecting(db, clock, events, sealing, providers, tokens, pushing, placing, syncing)
        self.event_bots = EventBots(clock, sealing, placing, wishes)

    def subscribe(self, events: Events) -> None:
        """Follow bots that are sent by hand, and what bots bring home: called once, by wiring."""
        self._placing.subscribe(events)
        self._records.subscribe(events)

    # --- finding ---

    async def get(self, tx: AsyncConnection, owner_id: str, calendar_id: str) -> Calendar:
        """One calendar; `calendar_not_found` when there is none of this owner."""
        return await calendar_of(tx, owner_id, calendar_id)

    async def list(self, tx: AsyncConnection, owner_id: str) -> Sequence[Calendar]:
        """An owner's calendars, oldest first."""
        return await repository.of_owner(tx, owner_id)

    async def load(self, tx: AsyncConnection, calendar_id: str) -> Calendar | None:
        """A calendar, for work in its owner's name."""
        return await repository.load(tx, calendar_id)

    async def page(self, tx: AsyncConnection, owner_id: str, query: EventQuery) -> Sequence[tuple[int, StoredEvent]]:
        """Events of a calendar with their numbers; `calendar_not_found`."""
        await calendar_of(tx, owner_id, query.calendar_id)
        return await events_repository.page(tx, query)

    async def event(self, tx: AsyncConnection, owner_id: str, event_id: str) -> StoredEvent:
        """One event, deleted ones too; `event_not_found`."""
        return await event_of(tx, owner_id, event_id)

    async def event_of_bot(self, tx: AsyncConnection, bot_id: str) -> str | None:
        """The event that a bot was sent to, the first where it serves several; None for a bot sent by hand."""
        found = await events_repository.with_bots(tx, [bot_id])
        return found[0].id if found else None

    # --- what else their grants open ---

    async def connections(self, tx: AsyncConnection, owner_id: str, provider: ProviderName) -> Sequence[str]:
        """The ids of the accounts at this provider whose calendars the owner has connected, oldest first."""
        calendars = await repository.of_owner(tx, owner_id)
        return list(dict.fromkeys(each.connection_id for each in calendars if each.provider is provider))

    async def with_access(self, connection_id: str, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        """What `call` brings with an account's access token, renewed once where the provider does not take it. Raises
        as `call` does, and `grant_revoked`, `connection_gone`."""
        access = await self._tokens.access(connection_id)
        try:
            return await call(access.token or "")
        except UnauthorisedError:
            access = await self._tokens.access(connection_id, refused=access.token)
        try:
            return await call(access.token or "")
        except UnauthorisedError as error:
            raise revoked("The provider", str(error)) from error

    # --- reading them ---

    async def sync(self, owner_id: str, calendar_id: str) -> Outcome:
        """Read one calendar now and whole."""
        async with self._db.reading() as read:
            await calendar_of(read, owner_id, calendar_id)
        return await self._syncing.sync(calendar_id)

    async def resync_all(self, owner_id: str, days: int | None) -> Mapping[str, Outcome]:
        """Read all calendars of an owner now and whole, `days` ahead; by calendar, what came of it."""
        async with self._db.reading() as read:
            calendars = await repository.of_owner(read, owner_id)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(calendar: Calendar) -> Outcome:
            async with places:
                return await self._syncing.sync(calendar.id, days=days)

        outcomes = await asyncio.gather(*(one(calendar) for calendar in calendars))
        return {calendar.id: outcome for calendar, outcome in zip(calendars, outcomes, strict=True)}

    async def sync_due(self) -> int:
        """Read the calendars that are due. A chore of every worker, each second."""
        return await self._syncing.sync_due()

    async def audit(self) -> int:
        """See that the meetings of the next minutes have their bots. A chore of every worker."""
        async with self._db.transaction() as tx:
            return await self._placing.audit(tx)

    async def forget_old(self) -> int:
        """Delete events that ended long ago; returns how many. A chore of every worker, now and then."""
        now, forgotten = self._clock.now(), 0
        before = now - self._keep
        async with self._db.transaction() as tx:
            await connections_repository.forget_unused(tx, now - UNUSED)
        while True:
            async with self._db.transaction() as tx:
                removed = await events_repository.forget(tx, before, FORGET_AT_ONCE)
                await bots_repository.forget(tx, before)
            forgotten += removed
            if removed < FORGET_AT_ONCE:
                return forgotten

    async def told(self, provider: ProviderName, notifications: Sequence[Notification]) -> int:
        """A provider's notifications; returns how many were ours."""
        return await self._pushing.told(provider, notifications)

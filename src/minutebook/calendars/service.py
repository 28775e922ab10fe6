"""What can be done with calendars. Methods that ask a provider take no transaction: they open their own once the
provider has answered."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.model import BotWish
from minutebook.bots.service import Bots
from minutebook.bots.wish_json import check_json, wish_from_json, wish_to_json
from minutebook.calendars import events as calendar_events
from minutebook.calendars.model import (
    Calendar,
    CalendarState,
    EventQuery,
    ProviderName,
    RawCalendar,
    Rule,
    StoredEvent,
)
from minutebook.calendars.placing import Placing
from minutebook.calendars.providers.calls import UnauthorisedError
from minutebook.calendars.providers.registry import providers_of
from minutebook.calendars.pushing import Notification, Pushing
from minutebook.calendars.records import Records
from minutebook.calendars.repository import bots as bots_repository
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.repository import connections as connections_repository
from minutebook.calendars.repository import events as events_repository
from minutebook.calendars.repository.connections import Connection
from minutebook.calendars.rules import is_wanted_by, rule_to_json
from minutebook.calendars.syncing import Outcome, Syncing
from minutebook.calendars.tokens import Opened, Tokens
from minutebook.calendars.wishes import Wishes
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.errors import Kind, MinutebookError, invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, is_id, new_id
from minutebook.meetings.service import Meetings
from minutebook.outgoing.client import OutgoingClient
from minutebook.sealing import Sealing

log = logging.getLogger("minutebook.calendars")

MOST_CALENDARS: Final = 1000
AT_ONCE: Final = 4
FORGET_AT_ONCE: Final = 500
PREVIEW_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials that are good, and the calendars that they open."""

    provider: ProviderName
    opened: Opened
    calendars: tuple[RawCalendar, ...]
    known: Connection | None = None

    @property
    def key(self) -> str:
        """Which account this is: equal for all its calendars."""
        secrets = self.opened.secrets
        if "refresh_token" in secrets:
            email = self.calendars[0].email if self.calendars else ""
            return f"{secrets['client_id']} {email.casefold()}"
        return f"{secrets['url']} {secrets.get('username', '')}"


class Calendars:
    """Calendars of their owners: nobody else's are ever found."""

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
        self._events = events
        self._sealing = sealing
        self._settings = settings.calendars
        pages = settings.bots.webrtc_pages
        providers = providers_of(outgoing, settings.google, settings.microsoft, clock)
        self._providers = providers
        self._tokens = Tokens(db, clock, sealing, providers)
        self._pushing = Pushing(db, clock, providers, self._tokens, settings.http.base_url)
        self._placing = Placing(clock, bots, sealing, pages)
        self._records = Records(bots, meetings)
        self._wishes = Wishes()
        self._syncing = Syncing(
            db,
            clock,
            events,
            providers,
            self._tokens,
            self._pushing,
            self._placing,
            self._wishes,
            settings.calendars,
            pages,
        )

    def subscribe(self, events: Events) -> None:
        """Follow bots that are sent by hand, and what bots bring home: called once, by wiring."""
        self._placing.subscribe(events)
        self._records.subscribe(events)

    # --- accounts and calendars ---

    async def raw(self, owner_id: str, provider: ProviderName, secrets: Mapping[str, str]) -> Sequence[RawCalendar]:
        """The calendars that these credentials open; nothing is stored. Raises `grant_revoked`, `provider_refused`,
        `provider_busy`, `provider_unavailable`."""
        return (await self._account(owner_id, provider, secrets)).calendars

    async def connect(
        self,
        owner_id: str,
        provider: ProviderName,
        secrets: Mapping[str, str],
        *,
        raw_calendar_id: str | None = None,
        api_key: str | None = None,
        rule: Rule | None = None,
    ) -> Calendar:
        """Connect a calendar, the primary one where none is named, and read it for the first time. One that is
        connected already gets the fresh credentials and is read anew. Raises as `raw` does, and
        `raw_calendar_unknown`, `calendars_too_many`."""
        account = await self._account(owner_id, provider, secrets)
        raw = _chosen(account.calendars, raw_calendar_id)
        async with self._db.transaction() as tx:
            connection_id = await self._keep(tx, owner_id, account, secrets)
            known = await repository.of_connection(tx, connection_id, raw.id)
            calendar = known or await self._add(tx, owner_id, connection_id, account.provider, raw, api_key, rule)
            if known is not None:
                sealed = self._sealing.seal(api_key) if api_key else known.sealed_api_key
                columns = {"state": CalendarState.CONNECTED.value, "error_message": None, "sealed_api_key": sealed}
                await repository.change(tx, known.id, **columns)
        await self._syncing.sync(calendar.id)
        return await self._loaded(owner_id, calendar.id)

    async def reconnect(
        self,
        owner_id: str,
        calendar_id: str,
        provider: ProviderName,
        secrets: Mapping[str, str],
    ) -> Calendar:
        """Give a calendar other credentials: its bots are unscheduled, then it is read as a whole. It stays the same
        calendar of its provider where the credentials open that, else it becomes the primary one. Raises as `connect`
        does, and `calendar_connected` (a conflict) where that one is connected already."""
        async with self._db.reading() as read:
            before = await self.get(read, owner_id, calendar_id)
        account = await self._account(owner_id, provider, secrets)
        same = [each for each in account.calendars if each.id == before.provider_calendar_id]
        raw = same[0] if same and provider is before.provider else _chosen(account.calendars, None)
        if provider is not before.provider or not same:
            await self._pushing.stop(before)
        async with self._db.transaction() as tx:
            await self.get(tx, owner_id, calendar_id, lock=True)
            connection_id = await self._keep(tx, owner_id, account, secrets)
            other = await repository.of_connection(tx, connection_id, raw.id)
            if other is not None and other.id != calendar_id:
                message = "This calendar is connected already, under another id."
                raise MinutebookError(Kind.CONFLICT, "calendar_connected", message)
            await self._unschedule_all(tx, owner_id, calendar_id)
            push = {} if same else repository.push_columns(None)
            await repository.change(
                tx,
                calendar_id,
                connection_id=connection_id,
                provider=provider.value,
                provider_calendar_id=raw.id,
                calendar_key=fingerprint(raw.id),
                name=raw.name,
                email=raw.email,
                state=CalendarState.CONNECTED.value,
                error_message=None,
                failures=0,
                cursor=None,
                window_until=None,
                read_at=None,
                claim=None,
                claimed_until=None,
                **push,
            )
            await connections_repository.remove_unused(tx, before.connection_id)
        await self._syncing.sync(calendar_id)
        return await self._loaded(owner_id, calendar_id)

    async def get(self, tx: AsyncConnection, owner_id: str, calendar_id: str, *, lock: bool = False) -> Calendar:
        """One calendar; `calendar_not_found` when there is none of this owner."""
        found = await repository.find(tx, owner_id, calendar_id, lock=lock) if is_id(calendar_id) else None
        if found is None:
            raise not_found("calendar")
        return found

    async def list(self, tx: AsyncConnection, owner_id: str) -> Sequence[Calendar]:
        """An owner's calendars, oldest first."""
        return await repository.of_owner(tx, owner_id)

    async def load(self, tx: AsyncConnection, calendar_id: str) -> Calendar | None:
        """A calendar, for work in its owner's name."""
        return await repository.load(tx, calendar_id)

    async def remove(self, owner_id: str, calendar_id: str) -> None:
        """Stop a calendar's notifications, call its bots off and delete it with its events. The grant at its provider
        stays."""
        async with self._db.reading() as read:
            calendar = await self.get(read, owner_id, calendar_id)
        await self._pushing.stop(calendar)
        async with self._db.transaction() as tx:
            calendar = await self.get(tx, owner_id, calendar_id, lock=True)
            wished = await events_repository.wished_of(tx, calendar.id, self._clock.now() - timedelta(days=1))
            await repository.remove(tx, calendar.id)
            await self._placing.settle(tx, owner_id, {event.room for event in wished})
            await connections_repository.remove_unused(tx, calendar.connection_id)
            await self._events.publish(tx, calendar_events.calendar_event(calendar_events.REMOVED, calendar))

    # --- reading them ---

    async def sync(self, owner_id: str, calendar_id: str) -> Outcome:
        """Read one calendar now and whole."""
        async with self._db.reading() as read:
            await self.get(read, owner_id, calendar_id)
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
        before = self._clock.now() - timedelta(days=self._settings.keep_days)
        forgotten = 0
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

    # --- events and their bots ---

    async def page(self, tx: AsyncConnection, owner_id: str, query: EventQuery) -> Sequence[tuple[int, StoredEvent]]:
        """Events of a calendar with their numbers; `calendar_not_found`."""
        await self.get(tx, owner_id, query.calendar_id)
        return await events_repository.page(tx, query)

    async def event(self, tx: AsyncConnection, owner_id: str, event_id: str) -> StoredEvent:
        """One event, deleted ones too; `event_not_found`."""
        found = await events_repository.find(tx, owner_id, event_id) if is_id(event_id) else None
        if found is None:
            raise not_found("event")
        return found

    async def event_of_bot(self, tx: AsyncConnection, bot_id: str) -> str | None:
        """The event that a bot was sent to, the first where it serves several; None for a bot sent by hand."""
        found = await events_repository.with_bots(tx, [bot_id])
        return found[0].id if found else None

    async def schedule(
        self,
        tx: AsyncConnection,
        owner_id: str,
        event_id: str,
        wish: BotWish,
        *,
        api_key: str | None,
        all_occurrences: bool = False,
    ) -> Sequence[StoredEvent]:
        """Ask for a bot at an event, in place of what was asked before; with `all_occurrences` at every stored one of
        its series and at those to come. Returns these events. Raises `event_not_found`, `event_deleted` and
        `event_over` (conflicts), `event_without_link`, `json_invalid`."""
        event = await self.event(tx, owner_id, event_id)
        _check_joinable(event, self._clock.now(), every=all_occurrences)
        check_json(wish.extra, "extra")
        kept = wish_to_json(replace(wish, meeting_url="", start_at=None))
        sealed = self._sealing.seal(api_key) if api_key else None
        if all_occurrences and event.series_id is not None:
            await events_repository.wish_for_series(tx, event.calendar_id, event.series_id, kept, sealed)
        columns = {"wish": kept, "by_rule": False, "refused": False, "sealed_api_key": sealed}
        return await self._changed(tx, event, columns, every=all_occurrences)

    async def patch(
        self,
        tx: AsyncConnection,
        owner_id: str,
        event_id: str,
        change: Callable[[BotWish], BotWish],
        *,
        all_occurrences: bool = False,
    ) -> Sequence[StoredEvent]:
        """Change what is asked of a scheduled bot. Raises `event_not_found`, `bot_not_scheduled`, `json_invalid`."""
        event = await self.event(tx, owner_id, event_id)
        if event.wish is None:
            raise MinutebookError(Kind.NOT_FOUND, "bot_not_scheduled", "No bot is scheduled for this event.")

        def changed(wish: Mapping[str, object]) -> dict[str, object]:
            after = change(wish_from_json(dict(wish)))
            check_json(after.extra, "extra")
            return wish_to_json(after)

        events = await self._targets(tx, event, every=all_occurrences)
        if all_occurrences and event.series_id is not None:
            of_series = await events_repository.series_wishes_of(tx, event.calendar_id, [event.series_id])
            for wish, key in of_series.values():
                await events_repository.wish_for_series(tx, event.calendar_id, event.series_id, changed(wish), key)
        for each in events:
            if each.wish is not None:
                # What was changed by hand is not the rule's any more.
                await events_repository.change(tx, [each.id], wish=changed(each.wish), by_rule=False)
        return await self._settled(tx, event, events)

    async def unschedule(
        self, tx: AsyncConnection, owner_id: str, event_id: str, *, all_occurrences: bool = False
    ) -> Sequence[StoredEvent]:
        """Take the bot away, also the one that a rule asked for; no error where there is none. Raises
        `event_not_found`."""
        event = await self.event(tx, owner_id, event_id)
        if all_occurrences and event.series_id is not None:
            await events_repository.wish_for_series(tx, event.calendar_id, event.series_id, None, None)
        columns = {"wish": None, "by_rule": False, "refused": True, "sealed_api_key": None}
        return await self._changed(tx, event, columns, every=all_occurrences)

    # --- rules ---

    async def preview(self, tx: AsyncConnection, owner_id: str, calendar_id: str, rule: Rule) -> Sequence[StoredEvent]:
        """The meetings of the next seven days that a rule would send a bot to; nothing is changed."""
        calendar = await self.get(tx, owner_id, calendar_id)
        now = self._clock.now()
        coming = await events_repository.upcoming(tx, calendar.id, now, now + timedelta(days=PREVIEW_DAYS))
        return [event for event in coming if is_wanted_by(rule, event) and not event.refused]

    async def set_rule(self, tx: AsyncConnection, owner_id: str, calendar_id: str, rule: Rule | None) -> Calendar:
        """Switch a rule on, or off with None, for what is in the calendar and what is to come."""
        calendar = await self.get(tx, owner_id, calendar_id, lock=True)
        kept = rule_to_json(rule) if rule is not None else None
        await repository.change(tx, calendar.id, rule=kept)
        calendar = replace(calendar, rule=rule)
        events = await events_repository.upcoming(tx, calendar.id, self._clock.now())
        renewed = await self._wishes.renew(tx, calendar, events)
        await self._placing.settle(tx, owner_id, {event.room for event in renewed})
        return calendar

    # --- within ---

    async def _account(self, owner_id: str, provider: ProviderName, secrets: Mapping[str, str]) -> Account:
        """Try the credentials. A refresh token that was handed over before may have been replaced by its provider
        since: what is stored counts then."""
        known = None
        given = secrets.get("refresh_token")
        if given is not None:
            async with self._db.reading() as read:
                known = await connections_repository.of_given(read, owner_id, provider, _print(secrets))
        try:
            if known is not None:
                access = await self._tokens.access(known.id)
                opened = Opened(access, self._tokens.secrets_of(known))
            else:
                opened = await self._tokens.opened(provider, secrets)
        except MinutebookError as error:
            if known is None or error.code != "grant_revoked":
                raise
            known, opened = None, await self._tokens.opened(provider, secrets)
        try:
            calendars = await self._providers[provider].calendars(opened.access)
        except UnauthorisedError as error:
            raise invalid("provider_refused", f"The provider refused its own access token: {error}") from error
        return Account(provider, opened, tuple(calendars), known)

    async def _keep(self, tx: AsyncConnection, owner_id: str, account: Account, secrets: Mapping[str, str]) -> str:
        """Store an account's credentials; returns the connection's id."""
        if account.known is not None:
            return account.known.id
        now = self._clock.now()
        known = await connections_repository.of_account(tx, owner_id, account.provider, account.key)
        sealed_access, life_s = self._tokens.sealed_access(account.opened)
        connection = Connection(
            id=known.id if known is not None else new_id(),
            owner_id=owner_id,
            provider=account.provider,
            sealed_secrets=self._tokens.sealed(account.opened.secrets),
            sealed_access=sealed_access,
            access_until=now + timedelta(seconds=life_s) if life_s is not None else None,
        )
        given = _print(secrets) if "refresh_token" in secrets else None
        await connections_repository.put(tx, connection, account.key, given, now)
        return connection.id

    async def _add(
        self,
        tx: AsyncConnection,
        owner_id: str,
        connection_id: str,
        provider: ProviderName,
        raw: RawCalendar,
        api_key: str | None,
        rule: Rule | None,
    ) -> Calendar:
        if await repository.count(tx, owner_id) >= MOST_CALENDARS:
            raise invalid("calendars_too_many", f"At most {MOST_CALENDARS} calendars can be connected.")
        now = self._clock.now()
        calendar = Calendar(
            id=new_id(),
            owner_id=owner_id,
            connection_id=connection_id,
            provider=provider,
            provider_calendar_id=raw.id,
            name=raw.name,
            email=raw.email,
            state=CalendarState.CONNECTED,
            created_at=now,
            due_at=now,
            rule=rule,
            sealed_api_key=self._sealing.seal(api_key) if api_key else None,
        )
        await repository.add(tx, calendar)
        await self._events.publish(tx, calendar_events.calendar_event(calendar_events.CONNECTED, calendar))
        return calendar

    async def _loaded(self, owner_id: str, calendar_id: str) -> Calendar:
        async with self._db.reading() as read:
            return await self.get(read, owner_id, calendar_id)

    async def _unschedule_all(self, tx: AsyncConnection, owner_id: str, calendar_id: str) -> None:
        events = await events_repository.wished_of(tx, calendar_id, self._clock.now())
        asked = [event.id for event in events if not event.by_rule]
        await events_repository.change(tx, asked, wish=None, sealed_api_key=None)
        await events_repository.forget_series_wishes(tx, calendar_id)
        await self._placing.settle(tx, owner_id, {event.room for event in events})

    async def _targets(self, tx: AsyncConnection, event: StoredEvent, *, every: bool) -> Sequence[StoredEvent]:
        if not every or event.series_id is None:
            return [event]
        return await events_repository.of_series(tx, event.calendar_id, event.series_id)

    async def _changed(
        self, tx: AsyncConnection, event: StoredEvent, columns: Mapping[str, object], *, every: bool
    ) -> Sequence[StoredEvent]:
        events = await self._targets(tx, event, every=every)
        now, asks = self._clock.now(), columns["wish"] is not None
        await events_repository.change(tx, [each.id for each in events if each.end > now or not asks], **columns)
        return await self._settled(tx, event, events)

    async def _settled(
        self, tx: AsyncConnection, event: StoredEvent, events: Sequence[StoredEvent]
    ) -> Sequence[StoredEvent]:
        await self._placing.settle(tx, event.owner_id, {each.room for each in events})
        return await events_repository.of_ids(tx, [each.id for each in events], with_raw=True)


def _chosen(calendars: Sequence[RawCalendar], raw_calendar_id: str | None) -> RawCalendar:
    if raw_calendar_id is None:
        found = next((each for each in calendars if each.is_primary), calendars[0] if calendars else None)
    else:
        found = next((each for each in calendars if each.id == raw_calendar_id), None)
    if found is None:
        message = "The account has no calendar of this id." if raw_calendar_id else "The account has no calendar."
        raise invalid("raw_calendar_unknown", message, "raw_calendar_id")
    return found


def _check_joinable(event: StoredEvent, now: datetime, *, every: bool) -> None:
    if event.deleted:
        raise MinutebookError(Kind.CONFLICT, "event_deleted", "This event was deleted in its calendar.")
    if every and event.series_id is not None:
        return
    if event.end <= now:
        raise MinutebookError(Kind.CONFLICT, "event_over", "This event is over: no bot can join it.")
    if event.room is None:
        message = "This event has no link to a meeting that a bot can join (Google Meet, Teams, Zoom)."
        raise invalid("event_without_link", message)


def _print(secrets: Mapping[str, str]) -> str:
    return fingerprint("\n".join((secrets["client_id"], secrets["client_secret"], secrets["refresh_token"])))

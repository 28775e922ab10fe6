"""Connecting calendars and letting them go. Every method asks a provider, so none takes a transaction: each opens its
own once the provider has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.calendars import events as calendar_events
from minutebook.calendars.finding import calendar_of
from minutebook.calendars.model import Calendar, CalendarState, ProviderName, RawCalendar, Rule
from minutebook.calendars.placing import Placing, spots_of
from minutebook.calendars.providers.calls import UnauthorisedError
from minutebook.calendars.pushing import Pushing
from minutebook.calendars.repository import calendars as repository
from minutebook.calendars.repository import connections as connections_repository
from minutebook.calendars.repository import events as events_repository
from minutebook.calendars.syncing import Syncing
from minutebook.calendars.tokens import Opened, Providers, Tokens
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.db.locks import hold
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.clock import Clock
from minutebook.kit.ids import fingerprint, new_id
from minutebook.sealing import Sealing

MOST_CALENDARS: Final = 1000


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials that are good, and the calendars that they open; `known` is the connection that has them already."""

    provider: ProviderName
    opened: Opened
    calendars: tuple[RawCalendar, ...]
    known: str | None = None

    @property
    def key(self) -> str:
        """Which account this is: equal for all its calendars."""
        secrets = self.opened.secrets
        if "refresh_token" in secrets:
            email = self.calendars[0].email if self.calendars else ""
            return f"{secrets['client_id']} {email.casefold()}"
        return f"{secrets['url']} {secrets.get('username', '')}"


class Connecting:
    """Connects calendars with their owners' credentials."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        events: Events,
        sealing: Sealing,
        providers: Providers,
        tokens: Tokens,
        pushing: Pushing,
        placing: Placing,
        syncing: Syncing,
    ) -> None:
        self._db = db
        self._clock = clock
        self._events = events
        self._sealing = sealing
        self._providers = providers
        self._tokens = tokens
        self._pushing = pushing
        self._placing = placing
        self._syncing = syncing

    async def raw(self, owner_id: str, provider: ProviderName, secrets: Mapping[str, str]) -> Sequence[RawCalendar]:
        """The calendars that these credentials open; nothing is stored but a refresh token that the provider has
        replaced. Raises `grant_revoked`, `provider_refused`, `provider_busy`, `provider_unavailable`."""
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
            before = await calendar_of(read, owner_id, calendar_id)
        account = await self._account(owner_id, provider, secrets)
        same = [each for each in account.calendars if each.id == before.provider_calendar_id]
        raw = same[0] if same and provider is before.provider else _chosen(account.calendars, None)
        if provider is not before.provider or not same:
            await self._pushing.stop(before)
        async with self._db.transaction() as tx:
            await calendar_of(tx, owner_id, calendar_id, lock=True)
            connection_id = await self._keep(tx, owner_id, account, secrets)
            other = await repository.of_connection(tx, connection_id, raw.id)
            if other is not None and other.id != calendar_id:
                message = "This calendar is connected already, under another id."
                raise MinutebookError(Kind.CONFLICT, "calendar_connected", message)
            await self._unschedule_all(tx, owner_id, calendar_id)
            push = {} if same else repository.push_columns(None)
            columns = {
                "connection_id": connection_id,
                "provider": provider.value,
                **repository.raw_columns(raw),
                **push,
            }
            await repository.change(tx, calendar_id, **columns, **repository.UNREAD)
            await connections_repository.remove_unused(tx, before.connection_id)
        await self._syncing.sync(calendar_id)
        return await self._loaded(owner_id, calendar_id)

    async def remove(self, owner_id: str, calendar_id: str) -> None:
        """Stop a calendar's notifications, call its bots off and delete it with its events. The grant at its provider
        stays."""
        async with self._db.reading() as read:
            calendar = await calendar_of(read, owner_id, calendar_id)
        await self._pushing.stop(calendar)
        async with self._db.transaction() as tx:
            calendar = await calendar_of(tx, owner_id, calendar_id, lock=True)
            wished = await events_repository.wished_of(tx, calendar.id, self._clock.now() - timedelta(days=1))
            await repository.remove(tx, calendar.id)
            await self._placing.settle(tx, owner_id, spots_of(wished))
            await connections_repository.remove_unused(tx, calendar.connection_id)
            await self._events.publish(tx, calendar_events.calendar_event(calendar_events.REMOVED, calendar))

    async def _account(self, owner_id: str, provider: ProviderName, secrets: Mapping[str, str]) -> Account:
        """Try the credentials. A refresh token that was handed over before may have been replaced by its provider
        since: what is stored counts then."""
        known = None
        if "refresh_token" in secrets:
            async with self._db.reading() as read:
                known = await connections_repository.of_given(read, owner_id, provider, _print(secrets))
        try:
            opened = await (self._tokens.known(known) if known else self._tokens.opened(provider, secrets))
        except MinutebookError as error:
            if known is None or error.code != "grant_revoked":
                raise
            known, opened = None, await self._tokens.opened(provider, secrets)
        try:
            calendars = await self._providers[provider].calendars(opened.access)
        except UnauthorisedError as error:
            raise invalid("provider_refused", f"The provider refused its own access token: {error}") from error
        account = Account(provider, opened, tuple(calendars), known)
        if opened.granted is not None and opened.granted.refresh_token is not None:
            # What was handed over is used up, whatever becomes of this request: the next one with it finds this.
            async with self._db.transaction() as tx:
                account = replace(account, known=await self._keep(tx, owner_id, account, secrets))
        return account

    async def _keep(self, tx: AsyncConnection, owner_id: str, account: Account, secrets: Mapping[str, str]) -> str:
        """Store an account's credentials; returns the connection's id."""
        if account.known is not None:
            return account.known
        await hold(tx, [f"calendar account {owner_id} {account.provider} {account.key}"])
        known = await connections_repository.of_account(tx, owner_id, account.provider, account.key)
        connection_id = known or new_id()
        given = _print(secrets) if "refresh_token" in secrets else None
        grant = self._tokens.columns_of(account.opened)
        await connections_repository.put(
            tx, connection_id, owner_id, account.provider, account.key, given, grant, self._clock.now()
        )
        return connection_id

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
            return await calendar_of(read, owner_id, calendar_id)

    async def _unschedule_all(self, tx: AsyncConnection, owner_id: str, calendar_id: str) -> None:
        events = await events_repository.wished_of(tx, calendar_id, self._clock.now())
        asked = [event.id for event in events if not event.by_rule]
        await events_repository.change(tx, asked, wish=None, sealed_api_key=None)
        await events_repository.forget_series_wishes(tx, calendar_id)
        await self._placing.settle(tx, owner_id, spots_of(events))


def _chosen(calendars: Sequence[RawCalendar], raw_calendar_id: str | None) -> RawCalendar:
    if raw_calendar_id is None:
        found = next((each for each in calendars if each.is_primary), calendars[0] if calendars else None)
    else:
        found = next((each for each in calendars if each.id == raw_calendar_id), None)
    if found is None:
        message = "The account has no calendar of this id." if raw_calendar_id else "The account has no calendar."
        raise invalid("raw_calendar_unknown", message, "raw_calendar_id")
    return found


def _print(secrets: Mapping[str, str]) -> str:
    return fingerprint("\n".join((secrets["client_id"], secrets["client_secret"], secrets["refresh_token"])))

"""Calendars over any database, with fakes for all providers behind the one outgoing client, under a virtual clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from sqlalchemy import select

from minutebook.accounts.model import User
from minutebook.bots.repository.bots import bots as bots_table
from minutebook.calendars.model import Calendar, ProviderName, StoredEvent
from minutebook.calendars.repository import events as events_repository
from minutebook.calendars.repository.tables import calendars as calendars_table
from minutebook.calendars.repository.tables import events as events_table
from minutebook.calendars.service import Calendars
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import outbox
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.outgoing.client import OutgoingClient
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.calendars.google import FakeGoogle
from support.calendars.graph import FakeGraph
from support.calendars.provider import Account, FakeProvider
from support.calendars.published import FakePublisher
from support.calendars.world import Instance, Series, Truth
from support.zoom import FakeZoom

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PUBLIC = "https://minutebook.example.org"
API_KEY = "mbk_a-key-of-somebody"
MEET = "https://meet.google.com/abc-defg-hij"


@dataclass
class Rig:
    """A server's calendars, one owner, and the providers that it talks to."""

    db: Database
    clock: VirtualClock
    settings: Settings
    google: FakeGoogle
    graph: FakeGraph
    published: FakePublisher
    services: Services
    owner: User
    truths: dict[str, Truth] = field(default_factory=dict)

    @property
    def calendars(self) -> Calendars:
        return self.services.calendars

    def restart(self) -> None:
        """As after a restart: nothing is left but the database."""
        self.services = build(self.settings, self.db, self.clock, (self.google, self.graph, self.published))

    async def connected(
        self, provider: ProviderName, truth: Truth, email: str = "ada@example.com", **kwargs: Any
    ) -> Calendar:
        """A calendar of the owner's, at this provider, that shows this truth."""
        fake = {ProviderName.GOOGLE: self.google, ProviderName.MICROSOFT: self.graph}.get(provider)
        if fake is None:
            path = f"/{email}-{len(self.published.files)}.ics"
            self.published.files[path] = truth
            secrets = {"url": f"https://calendars.example.com{path}", "email": email}
        else:
            account = next((each for each in fake.accounts if each.email == email), None) or fake.account(email)
            key = email if not account.calendars else f"calendar-{len(account.calendars)}"
            account.calendars[key] = truth
            secrets = fake.secrets(account)
            kwargs.setdefault("raw_calendar_id", key)
        made = await self.calendars.connecting.connect(self.owner.id, provider, secrets, api_key=API_KEY, **kwargs)
        self.truths[made.id] = truth
        return made

    async def calendar(self, calendar_id: str) -> Calendar:
        async with self.db.reading() as read:
            return await self.calendars.get(read, self.owner.id, calendar_id)

    async def events(self, calendar_id: str, *, deleted: bool = False) -> list[StoredEvent]:
        """What is stored of a calendar, by start."""
        async with self.db.reading() as read:
            query = select(events_table.c.id).where(events_table.c.calendar_id == calendar_id)
            ids = [row.id for row in await read.execute(query)]
            found = await events_repository.of_ids(read, ids, with_raw=True)
        return [event for event in found if deleted or not event.deleted]

    async def event(self, calendar_id: str, title: str) -> StoredEvent:
        return next(event for event in await self.events(calendar_id) if event.title == title)

    async def bots(self) -> list[Any]:
        """Rows of all bots that have not been called off, by start."""
        async with self.db.reading() as read:
            query = select(bots_table).where(bots_table.c.state != "cancelled").order_by(bots_table.c.start_at)
            return list(await read.execute(query))

    async def told(self, kind: str = "calendar.synced") -> list[Mapping[str, Any]]:
        """The payloads of events of this kind, in order."""
        async with self.db.reading() as read:
            rows = await read.execute(
                select(outbox).where(outbox.c.kind == kind).order_by(outbox.c.created_at, outbox.c.id)
            )
            return [row.payload for row in rows]

    async def later(self, seconds: float = 61.0) -> int:
        """Let time pass and read what is due."""
        self.clock.advance(seconds)
        return await self.calendars.sync_due()

    async def dues(self) -> dict[str, datetime]:
        async with self.db.reading() as read:
            return {row.id: row.due_at for row in await read.execute(select(calendars_table))}

    async def quiet(self) -> None:
        """Let failures be over and everything be read."""
        for _ in range(6):
            await self.later(3600.0)

    async def check_shows_truth(self, calendar_id: str) -> None:
        """That the store and the provider say the same of the time that the window covers."""
        now = self.clock.now()
        since, until = now, now + timedelta(days=30)
        truth = self.truths[calendar_id].instances(since, until)
        stored = {
            (event.title, event.start, event.end, event.meeting_url)
            for event in await self.events(calendar_id)
            if event.start < until and event.end > since
        }
        assert stored == {(each.title, each.start, each.end, each.url) for each in truth.values()}


async def rig_over(db: Database, folder: Path, **settings: Any) -> Rig:
    """A rig whose database has its tables already."""
    clock = VirtualClock(START)
    fakes = (FakeGoogle(clock.now), FakeGraph(clock.now), FakePublisher(clock.now))
    made = Settings(_env_file=None, data_dir=folder, **settings)
    services = build(made, db, clock, fakes)
    async with db.transaction() as tx:
        owner = await services.accounts.local_user(tx)
    return Rig(db, clock, made, *fakes, services, owner)


def build(
    settings: Settings,
    db: Database,
    clock: VirtualClock,
    fakes: tuple[FakeProvider, ...],
    zoom: FakeZoom | None = None,
) -> Services:
    """The services, whose requests to the outside go to the fakes."""

    async def route(request: httpx.Request) -> httpx.Response:
        for fake in fakes:
            if request.url.host in {fake.host, fake.token_host}:
                return fake.handle(request)
        if zoom is not None and request.url.host in {zoom.oauth_host, zoom.api_host}:
            return await zoom.handle(request)
        raise httpx.ConnectError(f"nobody at {request.url.host}", request=request)

    class Wired(OutgoingClient):
        def _client(self, timeout_s: float) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.MockTransport(route), follow_redirects=True)

    with patch("minutebook.records.OutgoingClient", Wired):
        return build_services(settings, db, storage_of(settings), DurableJobs(), clock)


def meeting(key: str, hours: float, *, url: str = MEET, title: str | None = None, **members: Any) -> Instance:
    """A single event so many hours after the start."""
    return Instance(key, title or key, START + timedelta(hours=hours), members.pop("minutes", 60), url, **members)


def account_of(fake: FakeProvider) -> Account:
    return fake.accounts[0]


def weekly(key: str = "weekly", **members: object) -> Series:
    given = {"title": key, "url": "https://zoom.us/j/12345678901?pwd=abc", "first": date(2026, 2, 2), "at": time(10)}
    return Series(**{"key": key, "zone": "Europe/Berlin", "every_days": 7, **given, **members})  # type: ignore[arg-type]


def busy_truth() -> Truth:
    truth = Truth()
    for number in range(8):
        truth.put(meeting(f"single{number}", 3 + 7 * number))
    truth.put_series(weekly())
    truth.put_series(weekly("daily", every_days=1, zone="America/New_York"))
    return truth

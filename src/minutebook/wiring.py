"""The one composition root: settings become ports, ports become services, services become tasks."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from minutebook.access_log.service import AccessLog
from minutebook.accounts.service import Accounts
from minutebook.analysis.corrections import Corrections
from minutebook.analysis.naming import SpeakerNaming
from minutebook.analysis.remembering import Remembering
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.analysis.service import Analysis
from minutebook.analysis.watching import Watching
from minutebook.answers.service import Answers
from minutebook.bots.home.reception import Reception
from minutebook.bots.home.zoom_tokens import ZoomTokens
from minutebook.bots.hosting.dispatch import Dispatch
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.live.service import LiveCommands
from minutebook.bots.live.voice import Voice
from minutebook.bots.record.links import MediaLinks
from minutebook.bots.service import Bots
from minutebook.bots.v1.messages import Renderers
from minutebook.calendars.messages import renderers as calendar_renderers
from minutebook.calendars.service import Calendars
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.db.migrations import is_new, migrate
from minutebook.errors import Kind, MinutebookError
from minutebook.imports.providers import providers_of
from minutebook.imports.service import Imports
from minutebook.jobs.apart import Apart, Process, in_place
from minutebook.jobs.ports import Jobs
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import Clock, SystemClock
from minutebook.language.producers.choice import model_of
from minutebook.library.service import Library
from minutebook.meetings.service import Meetings
from minutebook.oauth.service import OAuth
from minutebook.outgoing.client import OutgoingClient
from minutebook.recordings.model import FOLDER
from minutebook.recordings.service import Recordings
from minutebook.recordings.uploads.service import Uploads
from minutebook.removal.service import Removal
from minutebook.retention.service import Retention
from minutebook.sealing import Sealing, key_from, load_or_make_keys
from minutebook.search.service import Search
from minutebook.sharing.repository import shared_with
from minutebook.sharing.service import Sharing
from minutebook.storage import storage_of
from minutebook.storage.ports import Storage
from minutebook.storage.private import make_private
from minutebook.storage.room import NOTHING_LOCAL, Reserve
from minutebook.takeout.service import Takeout
from minutebook.templates.service import Templates
from minutebook.webhooks.service import Webhooks
from minutebook.zoom.service import ZoomConnections

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all services stand on."""

    settings: Settings
    clock: Clock
    db: Database
    storage: Storage
    jobs: Jobs
    events: Events
    outgoing: OutgoingClient
    sealing: Sealing


@dataclass(frozen=True, slots=True)
class Records(Ground):
    """Meetings, what was recorded of them, and what is made of that."""

    accounts: Accounts
    meetings: Meetings
    recordings: Recordings
    uploads: Uploads
    templates: Templates
    scheduler: Scheduler
    analysis: Analysis
    watching: Watching
    results: Results
    search: Search


@dataclass(frozen=True, slots=True)
class Services(Records):
    """Everything that the edges (HTTP, command line, workers) may use."""

    oauth: OAuth
    naming: SpeakerNaming
    remembering: Remembering
    corrections: Corrections
    library: Library
    sharing: Sharing
    bots: Bots
    bot_life: Lifecycle
    bot_reception: Reception
    live_commands: LiveCommands
    bot_voice: Voice
    bot_dispatch: Dispatch
    calendars: Calendars
    zoom: ZoomConnections
    zoom_tokens: ZoomTokens
    imports: Imports
    media_links: MediaLinks
    webhooks: Webhooks
    access_log: AccessLog
    removal: Removal
    retention: Retention
    answers: Answers
    takeout: Takeout


def build_services(
    settings: Settings, db: Database, storage: Storage, jobs: Jobs, clock: Clock, apart: Apart = in_place
) -> Services:
    """Put the services together over these ports; starts nothing."""
    events, outgoing, sealing = Events(clock), OutgoingClient(settings.outgoing), sealing_of(settings)
    ground = Ground(settings, clock, db, storage, jobs, events, outgoing, sealing)
    records = _records_of(ground, apart)
    accounts, meetings, recordings = records.accounts, records.meetings, records.recordings
    analysis, results, access_log = records.analysis, records.results, AccessLog(clock, settings.access_log_days)
    bot_life = Lifecycle(jobs, events, clock, recordings)
    live = LiveCommands(clock, storage, bot_life)
    bots = Bots(bot_life, events, clock, meetings, recordings, analysis, sealing, settings.bots)
    media_links = MediaLinks(sealing, settings.http.address, settings.bots.media_url_s, clock)
    calendars = Calendars(db, clock, events, outgoing, sealing, bots, meetings, settings)
    zoom = ZoomConnections(db, clock, outgoing, sealing, settings.zoom)
    importers = providers_of(settings, outgoing, calendars, zoom, clock.now)
    renderers = Renderers(bots, results, media_links, sealing, calendars.event_of_bot).renderers()
    webhooks = Webhooks(db, clock, outgoing, sealing, {**renderers, **calendar_renderers(calendars, sealing)})
    for each in (recordings, analysis, records.search, bots, calendars, webhooks):
        each.subscribe(events)
    corrections, sharing = Corrections(events, clock, recordings, results), Sharing(clock, accounts, meetings)
    remembering = Remembering(jobs, events, clock, sealing, recordings, results)
    return Services(
        **_members(records),
        oauth=OAuth(settings.oauth, clock, accounts),
        naming=SpeakerNaming(events, recordings, results),
        remembering=remembering,
        corrections=corrections,
        library=Library(db, meetings, recordings, analysis, records.search),
        sharing=sharing,
        bots=bots,
        bot_life=bot_life,
        bot_reception=Reception(db, storage, clock, sealing, settings.bots, bot_life, live),
        live_commands=live,
        bot_voice=Voice(settings.bots.voice),
        bot_dispatch=Dispatch(db, clock, bot_life, settings.bots.attempts),
        calendars=calendars,
        zoom=zoom,
        zoom_tokens=ZoomTokens(zoom, outgoing, clock),
        imports=Imports(db, clock, accounts, meetings, recordings, bots, importers, settings.bots),
        media_links=media_links,
        webhooks=webhooks,
        access_log=access_log,
        removal=Removal(db, clock, accounts, meetings, recordings),
        retention=Retention(db, clock, meetings, recordings),
        takeout=Takeout(
            db, clock, meetings, recordings, results, corrections, records.templates, sharing, access_log, remembering
        ),
        answers=Answers(db, records.search, recordings, results, model_of(settings.llm)),
    )


def _records_of(ground: Ground, apart: Apart) -> Records:
    settings, db, clock, events = ground.settings, ground.db, ground.clock, ground.events
    storage, jobs, outgoing, reserve = ground.storage, ground.jobs, ground.outgoing, reserve_of(settings)
    meetings, templates = Meetings(clock, events), Templates(clock)
    recordings = Recordings(db, storage, jobs, events, clock, meetings, outgoing, settings.http, reserve)
    scheduler = Scheduler(jobs, events, clock, recordings)
    results = Results(meetings, recordings, apart)
    return Records(
        **_members(ground),
        accounts=Accounts(clock),
        meetings=meetings,
        recordings=recordings,
        uploads=Uploads(db, storage, clock, recordings, settings.http.max_upload_bytes),
        templates=templates,
        scheduler=scheduler,
        analysis=Analysis(jobs, meetings, recordings, templates, scheduler),
        watching=Watching(db, clock, recordings),
        results=results,
        search=Search(db, meetings, recordings, results, shared_with),
    )


def _members(built: Ground) -> dict[str, Any]:
    return {each.name: getattr(built, each.name) for each in fields(built)}


def reserve_of(settings: Settings) -> Reserve:
    """What stays free on the disk of the data directory, where database or recordings are kept there."""
    local = settings.storage_url is None or settings.database_url is None
    return Reserve(settings.data_dir, settings.http.reserve_bytes) if local else NOTHING_LOCAL


def sealing_of(settings: Settings) -> Sealing:
    """Seals and signs with the configured key, or with the one in the data directory; keys of before still open."""
    given, older = settings.secret_key, settings.old_secret_keys
    keys = [key_from(given.get_secret_value())] if given else load_or_make_keys(key_file(settings))
    return Sealing(*keys, *(key_from(each) for each in (older.get_secret_value().split() if older else ())))


def key_file(settings: Settings) -> Path:
    """Where the keys are when none is configured."""
    return settings.data_dir / "secret.key"


@asynccontextmanager
async def open_stores(settings: Settings) -> AsyncIterator[tuple[Database, Storage]]:
    """Database and storage alone, as they are: nothing is migrated."""
    db = Database(settings.sqlalchemy_url)
    try:
        yield db, storage_of(settings)
    finally:
        await db.close()


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The services over the configured database and storage, migrated and ready; closed at the end."""
    if mended := await asyncio.to_thread(make_private, settings.data_dir):
        log.warning("the data directory was open to others on this machine; it is closed now", extra={"mended": mended})
    db, apart, storage = Database(settings.sqlalchemy_url), Process(), storage_of(settings)
    try:
        if await is_new(db) and await _any_recording(storage):
            raise _lost(settings)
        await migrate(db)
        yield build_services(settings, db, storage, DurableJobs(), SystemClock(), apart)
    finally:
        apart.close()
        await db.close()


async def _any_recording(storage: Storage) -> bool:
    try:
        async for found in storage.listing():
            if found.key.startswith(FOLDER):
                return True
    except MinutebookError:  # an outage is told where objects are needed
        pass
    return False


def _lost(settings: Settings) -> MinutebookError:
    """A database that is gone or was emptied: whoever came next would own an installation whose
    recordings nobody finds."""
    place = settings.storage_url or settings.data_dir
    message = (
        f"The database is empty, but there are recordings in the storage ({place}). "
        "Restore the last backup (`minutebook restore`); docs/operations.md says how. To begin anew, move the "
        "recordings away first. Nothing was changed."
    )
    return MinutebookError(Kind.UNAVAILABLE, "database_lost", message)


async def ask_anew(services: Services) -> int:
    """Request all work that somebody waits for, for a queue that has forgotten it; returns how much that is."""
    async with services.db.transaction() as tx:
        return await services.scheduler.ask_anew(tx) + await services.bot_life.ask_anew(tx)

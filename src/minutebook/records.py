"""The half of the composition root that reads and keeps records: settings become ports, ports become the services of
meetings, recordings and what is made of them. `wiring` puts the rest on top; a command that needs no more loads no
more.
"""

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
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.analysis.service import Analysis
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.db.migrations import is_new, migrate
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.apart import Apart, Process, in_place
from minutebook.jobs.ports import Jobs
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import Clock, SystemClock
from minutebook.meetings.service import Meetings
from minutebook.oauth.service import OAuth
from minutebook.outgoing.client import OutgoingClient
from minutebook.recordings.model import FOLDER
from minutebook.recordings.service import Recordings
from minutebook.sealing import Sealing, key_from, load_or_make_keys
from minutebook.search.service import Search
from minutebook.sharing.repository import shared_with
from minutebook.storage import storage_of
from minutebook.storage.ports import Storage
from minutebook.storage.private import make_private
from minutebook.storage.room import NOTHING_LOCAL, Reserve
from minutebook.templates.service import Templates

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
    oauth: OAuth
    access_log: AccessLog
    meetings: Meetings
    recordings: Recordings
    templates: Templates
    scheduler: Scheduler
    analysis: Analysis
    results: Results
    naming: SpeakerNaming
    corrections: Corrections
    search: Search


def build_records(
    settings: Settings, db: Database, storage: Storage, jobs: Jobs, clock: Clock, apart: Apart = in_place
) -> Records:
    """Put the services together over these ports; starts nothing."""
    events, outgoing, sealing = Events(clock), OutgoingClient(settings.outgoing), sealing_of(settings)
    ground = Ground(settings, clock, db, storage, jobs, events, outgoing, sealing)
    accounts, meetings, templates = Accounts(clock), Meetings(clock, events), Templates(clock)
    reserve = reserve_of(settings)
    recordings = Recordings(db, storage, jobs, events, clock, meetings, outgoing, settings.http, reserve)
    scheduler = Scheduler(jobs, events, clock, recordings)
    analysis = Analysis(jobs, meetings, recordings, templates, scheduler)
    results = Results(meetings, recordings, apart)
    search = Search(db, meetings, recordings, results, shared_with)
    for each in (recordings, analysis, search):
        each.subscribe(events)
    return Records(
        **members(ground),
        accounts=accounts,
        oauth=OAuth(settings.oauth, clock, accounts),
        access_log=AccessLog(clock, settings.access_log_days),
        meetings=meetings,
        recordings=recordings,
        templates=templates,
        scheduler=scheduler,
        analysis=analysis,
        results=results,
        naming=SpeakerNaming(events, recordings, results),
        corrections=Corrections(events, clock, recordings, results),
        search=search,
    )


def members(built: Ground) -> dict[str, Any]:
    """By name, for what is put on top."""
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
async def open_records(settings: Settings) -> AsyncIterator[Records]:
    """The services over the configured database and storage, migrated and ready; closed at the end."""
    if mended := await asyncio.to_thread(make_private, settings.data_dir):
        log.warning("the data directory was open to others on this machine; it is closed now", extra={"mended": mended})
    db, apart, storage = Database(settings.sqlalchemy_url), Process(), storage_of(settings)
    try:
        if await is_new(db) and await _any_recording(storage):
            raise _lost(settings)
        await migrate(db)
        yield build_records(settings, db, storage, DurableJobs(), SystemClock(), apart)
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

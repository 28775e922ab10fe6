"""The one composition root: settings become ports, ports become services, services become tasks."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from minutebook.access_log.service import AccessLog
from minutebook.accounts.service import Accounts
from minutebook.analysis.corrections import Corrections
from minutebook.analysis.making.attempt import give_up
from minutebook.analysis.making.provided import Providers
from minutebook.analysis.naming import SpeakerNaming
from minutebook.analysis.remembering import Remembering
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.analysis.service import Analysis
from minutebook.analysis.tasks import analysis_tasks
from minutebook.analysis.watching import Watching
from minutebook.answers.service import Answers
from minutebook.bots.finishing import Finishing
from minutebook.bots.home.reception import Reception
from minutebook.bots.home.zoom_tokens import ZoomTokens
from minutebook.bots.hosting.dispatch import Dispatch
from minutebook.bots.hosting.host import BotHost, home_probe
from minutebook.bots.hosting.launchers import Launcher
from minutebook.bots.hosting.launchers.fake import FakeLauncher
from minutebook.bots.hosting.launchers.process import ProcessLauncher
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.live.service import LiveCommands
from minutebook.bots.live.voice import Voice
from minutebook.bots.record.links import MediaLinks
from minutebook.bots.service import Bots
from minutebook.bots.tasks import bot_tasks, give_up_finishing
from minutebook.bots.v1.messages import Renderers
from minutebook.calendars.messages import renderers as calendar_renderers
from minutebook.calendars.service import Calendars
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.db.events import Events
from minutebook.db.migrations import migrate
from minutebook.imports.providers import providers_of
from minutebook.imports.service import Imports
from minutebook.jobs.apart import Apart, Process, in_place
from minutebook.jobs.ports import Jobs
from minutebook.jobs.requests import DurableJobs
from minutebook.jobs.runner import Chore, JobRunner
from minutebook.jobs.worker import Work
from minutebook.kit.clock import Clock, SystemClock
from minutebook.language.producers.choice import producer_of
from minutebook.library.service import Library
from minutebook.meetings.service import Meetings
from minutebook.oauth.service import OAuth
from minutebook.outgoing.client import OutgoingClient
from minutebook.recordings.service import Recordings
from minutebook.recordings.tasks import recording_tasks
from minutebook.recordings.uploads.service import Uploads
from minutebook.removal.service import Removal
from minutebook.retention.service import Retention
from minutebook.sealing import Sealing, key_from, load_or_make_keys
from minutebook.search.service import Search
from minutebook.sharing.repository import shared_with
from minutebook.sharing.service import Sharing
from minutebook.speech.catalogue import chosen
from minutebook.speech.pipeline import SpeechPipeline
from minutebook.storage import storage_of
from minutebook.storage.ports import Storage
from minutebook.storage.private import make_private
from minutebook.storage.room import NOTHING_LOCAL, Reserve
from minutebook.takeout.service import Takeout
from minutebook.templates.service import Templates
from minutebook.webhooks.service import Webhooks
from minutebook.zoom.service import ZoomConnections

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 600.0
"""How often storage is cleared of what uploads that never completed have left."""
PURGE_EVERY_S = 3600.0
BACKFILL_EVERY_S = 60.0
WEBHOOKS_EVERY_S = 0.5
FORGET_EVERY_S = 3600.0
CALENDARS_EVERY_S = 1.0
AUDIT_EVERY_S = 15.0


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
        answers=Answers(db, records.search, recordings, results, producer_of(settings.llm)),
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
    db, apart = Database(settings.sqlalchemy_url), Process()
    try:
        await migrate(db)
        yield build_services(settings, db, storage_of(settings), DurableJobs(), SystemClock(), apart)
    finally:
        apart.close()
        await db.close()


def work_of(services: Services) -> Work:
    """The durable tasks over these services, what a runner does besides, and what happens to work that is given up.

    Models are loaded when the first recording needs them; pipeline and producer are shared by all tasks of a process.
    """
    settings, db = services.settings, services.db
    scratch = settings.data_dir / "scratch"
    finishing = Finishing(
        db,
        services.storage,
        services.clock,
        services.bot_life,
        services.accounts,
        services.meetings,
        services.recordings,
        services.analysis,
        scratch / "bots",
    )
    tasks = {
        **recording_tasks(services.recordings),
        **analysis_tasks(
            db,
            services.storage,
            services.recordings,
            services.scheduler,
            services.results,
            SpeechPipeline(chosen(settings.speech, settings.models_dir), settings.models_dir),
            producer_of(settings.llm),
            settings.speech,
            scratch / "reports",
            Providers(settings.speech, services.outgoing, services.sealing, services.clock),
            sealing=services.sealing,
            clock=services.clock,
        ),
        **bot_tasks(db, services.bots, finishing),
    }

    async def abandoned(key: str) -> None:
        await give_up(db, services.scheduler, key)
        await give_up_finishing(db, services.bots, key)

    return Work(db, tasks, on_abandoned=abandoned, chores=_chores(services), ask_anew=partial(ask_anew, services))


def _chores(services: Services) -> tuple[Chore, ...]:
    """What every worker looks after, now and then."""
    settings, db = services.settings, services.db
    return (
        Chore("empty the trash", PURGE_EVERY_S, services.library.purge),
        Chore("remove what is old", PURGE_EVERY_S, services.retention.sweep),
        Chore("sweep", SWEEP_EVERY_S, services.recordings.sweep),
        Chore("index meetings", BACKFILL_EVERY_S, services.search.backfill),
        Chore("forget uploads", FORGET_EVERY_S, services.uploads.forget_expired),
        Chore("abort unfinished uploads", FORGET_EVERY_S, services.recordings.abort_unfinished),
        Chore("forget events", FORGET_EVERY_S, partial(services.events.forget, db, settings.events_days)),
        Chore("deliver webhooks", WEBHOOKS_EVERY_S, services.webhooks.deliver_due),
        Chore("forget webhooks", FORGET_EVERY_S, services.webhooks.forget_old),
        Chore("forget sign-ins", SWEEP_EVERY_S, _forgetting(services)),
        Chore("read calendars", CALENDARS_EVERY_S, services.calendars.sync_due),
        Chore("check meetings' bots", AUDIT_EVERY_S, services.calendars.audit),
        Chore("forget events of calendars", FORGET_EVERY_S, services.calendars.forget_old),
    )


async def ask_anew(services: Services) -> int:
    """Request all work that somebody waits for, for a queue that has forgotten it; returns how much that is."""
    async with services.db.transaction() as tx:
        return await services.scheduler.ask_anew(tx) + await services.bot_life.ask_anew(tx)


def _forgetting(services: Services) -> Callable[[], Awaitable[None]]:
    async def forget() -> None:
        async with services.db.transaction() as tx:
            await services.oauth.forget_expired(tx)
            await services.accounts.forget_expired(tx)
            await services.access_log.forget_old(tx)

    return forget


@asynccontextmanager
async def open_work(settings: Settings, more: Sequence[Callable[[Services], Chore]] = ()) -> AsyncIterator[Work]:
    """What a worker process runs; `more` are chores of its edge."""
    async with open_services(settings) as services:
        work = work_of(services)
        yield replace(work, chores=(*work.chores, *(chore(services) for chore in more)))


@asynccontextmanager
async def open_runner(services: Services) -> AsyncIterator[JobRunner]:
    """A runner in this process, for the one-process command line."""
    work = work_of(services)
    # Somebody sits before it: what cannot be reached is told at once.
    async with JobRunner(
        services.settings.jobs,
        work.database,
        work.tasks,
        on_abandoned=work.on_abandoned,
        chores=work.chores,
        patient=False,
        ask_anew=work.ask_anew,
    ) as runner:
        yield runner


def bot_host_of(services: Services) -> BotHost:
    """The bot host of this machine."""
    settings, folder = services.settings, services.settings.data_dir / "bots"
    home = settings.bots.home_url or settings.http.local_address
    launcher: Launcher = ProcessLauncher(folder)
    if settings.bots.launcher == "fake":
        launcher = FakeLauncher(services.db, services.clock, services.bot_reception)
    return BotHost(
        services.db,
        services.clock,
        services.bot_dispatch,
        launcher,
        settings.bots,
        name=socket.gethostname(),
        home=home,
        folder=folder,
        is_home_up=home_probe(home),
    )

"""The one composition root: over the services of records, those that everything else works with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from minutebook.analysis.remembering import Remembering
from minutebook.analysis.watching import Watching
from minutebook.answers.service import Answers
from minutebook.bots.home.reception import Reception
from minutebook.bots.home.zoom_sdk import ZoomSdk
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
from minutebook.imports.providers import providers_of
from minutebook.imports.service import Imports
from minutebook.jobs.apart import Apart, in_place
from minutebook.jobs.ports import Jobs
from minutebook.kit.clock import Clock
from minutebook.language.producers.choice import model_of
from minutebook.library.service import Library
from minutebook.recordings.uploads.service import Uploads
from minutebook.records import Records, build_records, members, open_records
from minutebook.removal.service import Removal
from minutebook.retention.service import Retention
from minutebook.sharing.service import Sharing
from minutebook.storage.ports import Storage
from minutebook.takeout.service import Takeout
from minutebook.webhooks.service import Webhooks
from minutebook.zoom.service import ZoomConnections


@dataclass(frozen=True, slots=True)
class Services(Records):
    """Everything that the edges (HTTP, command line, workers) may use."""

    uploads: Uploads
    watching: Watching
    remembering: Remembering
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
    removal: Removal
    retention: Retention
    answers: Answers
    takeout: Takeout


def build_services(
    settings: Settings, db: Database, storage: Storage, jobs: Jobs, clock: Clock, apart: Apart = in_place
) -> Services:
    """Put the services together over these ports; starts nothing."""
    return services_over(build_records(settings, db, storage, jobs, clock, apart))


def services_over(records: Records) -> Services:
    """Put the others on top of these; once for the same ones, because those here follow their events."""
    settings, db, clock, events, sealing = records.settings, records.db, records.clock, records.events, records.sealing
    storage, jobs, outgoing, accounts = records.storage, records.jobs, records.outgoing, records.accounts
    meetings, recordings, results = records.meetings, records.recordings, records.results
    corrections, templates = records.corrections, records.templates
    bot_life = Lifecycle(jobs, events, clock, recordings)
    live = LiveCommands(clock, storage, bot_life)
    bots = Bots(bot_life, events, clock, meetings, recordings, records.analysis, sealing, settings.bots)
    media_links = MediaLinks(sealing, settings.http.address, settings.bots.media_url_s, clock)
    calendars = Calendars(db, clock, events, outgoing, sealing, bots, meetings, settings)
    zoom = ZoomConnections(db, clock, outgoing, sealing, settings.zoom)
    zoom_sdk = ZoomSdk(zoom, clock, settings.zoom.sdk_url, settings.bots.facts)
    importers = providers_of(settings, outgoing, calendars, zoom, clock.now)
    renderers = Renderers(bots, results, media_links, sealing, calendars.event_of_bot).renderers()
    webhooks = Webhooks(db, clock, outgoing, sealing, {**renderers, **calendar_renderers(calendars, sealing)})
    for each in (bots, calendars, webhooks):
        each.subscribe(events)
    sharing = Sharing(clock, accounts, meetings)
    remembering = Remembering(jobs, events, clock, sealing, recordings, results)
    return Services(
        **members(records),
        uploads=Uploads(db, storage, clock, recordings, settings.http.max_upload_bytes),
        watching=Watching(db, clock, recordings),
        remembering=remembering,
        library=Library(db, meetings, recordings, records.analysis, records.search),
        sharing=sharing,
        bots=bots,
        bot_life=bot_life,
        bot_reception=Reception(db, storage, clock, sealing, settings.bots, bot_life, live),
        live_commands=live,
        bot_voice=Voice(settings.bots.voice),
        bot_dispatch=Dispatch(db, clock, bot_life, settings.bots.attempts),
        calendars=calendars,
        zoom=zoom,
        zoom_tokens=ZoomTokens(zoom, outgoing, clock, zoom_sdk),
        imports=Imports(db, clock, accounts, meetings, recordings, bots, importers, settings.bots),
        media_links=media_links,
        webhooks=webhooks,
        removal=Removal(db, clock, accounts, meetings, recordings),
        retention=Retention(db, clock, meetings, recordings),
        takeout=Takeout(
            db, clock, meetings, recordings, results, corrections, templates, sharing, records.access_log, remembering
        ),
        answers=Answers(db, records.search, recordings, results, model_of(settings.llm)),
    )


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The services over the configured database and storage, migrated and ready; closed at the end."""
    async with open_records(settings) as records:
        yield services_over(records)


async def ask_anew(services: Services) -> int:
    """Request all work that somebody waits for, for a queue that has forgotten it; returns how much that is."""
    async with services.db.transaction() as tx:
        return await services.scheduler.ask_anew(tx) + await services.bot_life.ask_anew(tx)

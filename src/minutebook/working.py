"""What works besides answering, over the services: durable tasks, what a worker looks after, and the host of bots."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from minutebook.analysis.making.attempt import give_up
from minutebook.analysis.making.provided import Providers
from minutebook.analysis.tasks import analysis_tasks
from minutebook.bots.finishing import Finishing
from minutebook.bots.hosting.host import BotHost, home_probe
from minutebook.bots.hosting.launchers import Launcher
from minutebook.bots.hosting.launchers.fake import FakeLauncher
from minutebook.bots.hosting.launchers.process import ProcessLauncher
from minutebook.bots.tasks import bot_tasks, give_up_finishing
from minutebook.config import Settings
from minutebook.jobs.runner import Chore, JobRunner
from minutebook.jobs.worker import Work
from minutebook.language.producers.choice import producer_of
from minutebook.recordings.tasks import recording_tasks
from minutebook.speech.catalogue import chosen
from minutebook.speech.pipeline import SpeechPipeline
from minutebook.wiring import Services, ask_anew, open_services

SWEEP_EVERY_S = 600.0
"""How often storage is cleared of what uploads that never completed have left."""
PURGE_EVERY_S = 3600.0
BACKFILL_EVERY_S = 60.0
WEBHOOKS_EVERY_S = 0.5
FORGET_EVERY_S = 3600.0
CALENDARS_EVERY_S = 1.0
AUDIT_EVERY_S = 15.0


def finishing_of(services: Services) -> Finishing:
    """What puts together what bots have sent, over these services."""
    return Finishing(
        services.db,
        services.storage,
        services.clock,
        services.bot_life,
        services.accounts,
        services.meetings,
        services.recordings,
        services.analysis,
        services.settings.data_dir / "scratch" / "bots",
    )


def work_of(services: Services) -> Work:
    """The durable tasks over these services, what a runner does besides, and what happens to work that is given up.

    Models are loaded when the first recording needs them; pipeline and producer are shared by all tasks of a process.
    """
    settings, db = services.settings, services.db
    scratch = settings.data_dir / "scratch"
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
        **bot_tasks(db, services.bots, finishing_of(services)),
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

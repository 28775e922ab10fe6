"""What tests of bots share: the services over any database, runners that are played by hand, a host under a clock."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import select

from minutebook.accounts.model import User
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.analysis.kinds import DERIVE_TASK, NAMES_TASK, TRANSCRIBE_TASK
from minutebook.analysis.model import AnalysisType, Failure, Report
from minutebook.analysis.reports.scheduler import Scheduler
from minutebook.analysis.results import Results
from minutebook.analysis.service import Analysis
from minutebook.bots.finishing import Finishing
from minutebook.bots.home.reception import Reception
from minutebook.bots.hosting.dispatch import Claim, Dispatch
from minutebook.bots.hosting.host import BotHost
from minutebook.bots.hosting.launchers.fake import silence
from minutebook.bots.hosting.launchers.ports import Launcher
from minutebook.bots.lifecycle import Lifecycle
from minutebook.bots.live.service import LiveCommands
from minutebook.bots.model import Bot, BotWish
from minutebook.bots.protocol import (
    AUDIO,
    OBSERVATIONS,
    Beat,
    CommandAnswer,
    Observation,
    ReportKind,
    Ticket,
    epoch_ms,
    observations_to_lines,
)
from minutebook.bots.protocol import (
    RunnerReport as Told,
)
from minutebook.bots.repository.bots import bot_status_changes
from minutebook.bots.service import Bots
from minutebook.bots.states import BotState
from minutebook.bots.tasks import bot_tasks
from minutebook.config import BotSettings, Settings
from minutebook.db.database import Database
from minutebook.db.events import Events, outbox
from minutebook.jobs.fake import InlineJobs
from minutebook.jobs.ports import Json, Steps
from minutebook.kit.clock import VirtualClock
from minutebook.meetings.service import Meetings
from minutebook.outgoing.client import OutgoingClient
from minutebook.recordings.service import Recordings
from minutebook.recordings.tasks import recording_tasks
from minutebook.sealing import Sealing
from minutebook.storage.places import local_storage
from minutebook.storage.ports import Storage
from minutebook.templates.service import Templates

MEETING_URL = "https://meet.google.com/abc-defg-hij"
API_KEY = "mbk_a-key-of-somebody"
WAY_IN = (BotState.JOINING, BotState.IN_CALL, BotState.RECORDING)


@dataclass
class Stage:
    """Everything that bots need, and an owner. Transcriptions are planned and not made: `transcribe` ends one."""

    db: Database
    storage: Storage
    objects: Path
    jobs: InlineJobs
    clock: VirtualClock
    settings: BotSettings
    meetings: Meetings
    recordings: Recordings
    analysis: Analysis
    scheduler: Scheduler
    results: Results
    sealing: Sealing
    bots: Bots
    bot_reception: Reception
    live_commands: LiveCommands
    bot_dispatch: Dispatch
    finishing: Finishing
    owner: User

    async def sent(self, wish: BotWish | None = None, **members: Any) -> Bot:
        """A new bot of the owner's."""
        wish = wish or BotWish(**{"meeting_url": MEETING_URL, "bot_name": "Scribe", **members})
        async with self.db.transaction() as tx:
            return await self.bots.create(tx, self.owner.id, wish, api_key=API_KEY)

    async def bot(self, bot_id: str) -> Bot:
        """The bot as it stands now."""
        async with self.db.reading() as read:
            return await self.bots.get(read, self.owner.id, bot_id)

    async def left(self, bot_id: str) -> Bot:
        """Have the bot leave."""
        async with self.db.transaction() as tx:
            return await self.bots.leave(tx, self.owner.id, bot_id)

    async def claimed(self, host: str = "here", capacity: int = 4) -> list[Claim]:
        """What this host is to start now."""
        return list(await self.bot_dispatch.claim(host, capacity))

    async def runner(self, host: str = "here") -> "Runner":
        """The runner of the one bot that is due."""
        (claim,) = await self.claimed(host)
        await self.bot_dispatch.started(claim, 4711)
        return Runner(self, claim)

    async def transcribe(self, recording_id: str, *, succeeds: bool = True) -> None:
        """End the transcription of a recording."""
        async with self.db.transaction() as tx:
            reports = await self.analysis.progress(tx, self.owner.id, recording_id)
            report = next(each for each in reports if each.type is AnalysisType.TRANSCRIPTION)
            await self._end(tx, report, succeeds)

    async def _end(self, tx: Any, report: Report, succeeds: bool) -> None:
        started = await self.scheduler.start(tx, report.id, report.attempt)
        assert started is not None
        if succeeds:
            assert await self.scheduler.complete(tx, started, "{}")
        else:
            assert await self.scheduler.fail(tx, report.id, report.attempt, Failure("broken", "Broken.", False))

    async def events(self, bot_id: str) -> list[tuple[str, Mapping[str, Any]]]:
        """The bot's events, in the order in which they were published."""
        async with self.db.reading() as read:
            query = select(outbox.c.kind, outbox.c.payload).where(outbox.c.subject_id == bot_id)
            return [(row.kind, row.payload) for row in await read.execute(query.order_by(outbox.c.created_at))]

    async def kinds(self, bot_id: str) -> list[str]:
        """The bot's events but its status changes, sorted."""
        return sorted(kind for kind, _ in await self.events(bot_id) if kind != "bot.status_changed")

    async def told(self, bot_id: str) -> list[str]:
        """The bot's status changes, in order, `failed` with its failure; each of them was published too."""
        async with self.db.reading() as read:
            query = select(bot_status_changes).where(bot_status_changes.c.bot_id == bot_id)
            rows = (await read.execute(query.order_by(bot_status_changes.c.seq))).all()
        events = [payload for kind, payload in await self.events(bot_id) if kind == "bot.status_changed"]
        published = {payload["seq"]: _in_short(payload["change"], payload) for payload in events}
        assert published == {row.seq: _in_short(row.change, row.details) for row in rows}
        return [_in_short(row.change, row.details) for row in rows]

    def stored(self) -> list[str]:
        """The keys of everything in the storage."""
        return sorted(str(path.relative_to(self.objects)) for path in self.objects.rglob("*") if path.is_file())

    def host(self, launcher: Launcher, folder: Path, *, name: str = "here", is_up: bool = True) -> BotHost:
        """A host of this stage."""

        async def is_home_up() -> bool:
            return is_up

        return BotHost(
            self.db,
            self.clock,
            self.bot_dispatch,
            launcher,
            self.settings,
            name=name,
            home="http://127.0.0.1:9",
            folder=folder,
            is_home_up=is_home_up,
        )


@dataclass
class Runner:
    """A runner that a test plays."""

    stage: Stage
    claim: Claim
    seq: int = 0
    index: dict[str, int] = field(default_factory=dict)

    @property
    def bot_id(self) -> str:
        return self.claim.bot.id

    @property
    def attempt(self) -> int:
        return self.claim.attempt.attempt

    async def tell(self, *told: Told) -> int:
        """Report these as they are."""
        async with self.stage.db.transaction() as tx:
            reception = self.stage.bot_reception
            return await reception.report(tx, self.bot_id, self.attempt, self.claim.token, told)

    async def reach(self, *states: BotState) -> "Runner":
        """Report these states, one second apart."""
        for state in states:
            self.stage.clock.advance(1)
            await self.tell(self._told(ReportKind.STATE, state=state.value))
        return self

    async def notice(self, *codes: str) -> None:
        """Report trouble with the sound, one second apart."""
        for code in codes:
            self.stage.clock.advance(1)
            await self.tell(self._told(ReportKind.NOTICE, message=f"The sound is {code}.", code=code))

    async def end(self, **how: str) -> None:
        """Report the end."""
        self.stage.clock.advance(1)
        await self.tell(self._told(ReportKind.ENDED, **how))

    async def record(self, seconds: float = 2.0, stream: str = AUDIO, data: bytes | None = None) -> None:
        """Deliver a piece that begins now, and let its time pass."""
        index = self.index.get(stream, 0)
        self.index[stream] = index + 1
        start_ms = epoch_ms(self.stage.clock.now())
        await self.deliver(stream, index, data or silence(seconds), start_ms, round(seconds * 1000))
        if stream == AUDIO:
            self.stage.clock.advance(seconds)

    async def observe(self, observations: Iterable[Observation]) -> None:
        """Deliver observations."""
        await self.record(0, OBSERVATIONS, observations_to_lines(observations))

    async def deliver(self, stream: str, index: int, data: bytes, start_ms: int, length_ms: int) -> None:
        """Deliver a piece as it is."""
        await self.stage.bot_reception.keep_piece(
            self.bot_id,
            self.attempt,
            self.claim.token,
            stream,
            index,
            chunks(data),
            start_ms=start_ms,
            length_ms=length_ms,
        )

    async def beat(self) -> bool:
        """A heartbeat; True when the bot is to leave."""
        return (await self.beats()).stop

    async def beats(self, *answers: CommandAnswer) -> Beat:
        """A heartbeat with answers to commands; what home says to it."""
        return await self.stage.bot_reception.heartbeat(self.bot_id, self.attempt, self.claim.token, answers)

    async def die(self) -> None:
        """Its host notices that the process is gone."""
        await self.stage.bot_dispatch.gone(self.bot_id, self.attempt)

    def _told(self, kind: ReportKind, **members: str) -> Told:
        told = Told(self.seq, kind, epoch_ms(self.stage.clock.now()), **members)
        self.seq += 1
        return told


class RecordingLauncher:
    """A launcher that notes what it is asked; `exited` holds the attempts whose runner is gone."""

    def __init__(self) -> None:
        self.launched: list[tuple[str, int]] = []
        self.tickets: dict[tuple[str, int], Ticket] = {}
        self.ended_ones: list[tuple[str, int]] = []
        self.swept: list[set[tuple[str, int]]] = []
        self.exited: set[tuple[str, int]] = set()
        self.refuse: Callable[[Ticket], bool] = lambda _ticket: False

    async def launch(self, ticket: Ticket) -> int:
        if self.refuse(ticket):
            raise OSError("no more processes")
        self.launched.append((ticket.bot_id, ticket.attempt))
        self.tickets[ticket.bot_id, ticket.attempt] = ticket
        return 4711

    async def ended(self, bot_id: str, attempt: int) -> bool:
        return (bot_id, attempt) in self.exited or (bot_id, attempt) not in self.tickets

    async def end(self, bot_id: str, attempt: int) -> None:
        self.ended_ones.append((bot_id, attempt))
        self.exited.add((bot_id, attempt))

    async def sweep(self, current: Collection[tuple[str, int]]) -> None:
        self.swept.append(set(current))


async def open_stage(db: Database, folder: Path, **settings: Any) -> Stage:
    """The services over this database; files in `folder`."""
    clock = VirtualClock()
    events = Events(clock)
    own = Settings(_env_file=None, data_dir=folder)
    jobs, storage = InlineJobs(db), local_storage(folder / "objects")
    accounts = Accounts(clock, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    meetings = Meetings(clock, events)
    recordings = Recordings(db, storage, jobs, events, clock, meetings, OutgoingClient(own.outgoing), own.http)
    scheduler = Scheduler(jobs, events, clock, recordings)
    analysis = Analysis(jobs, meetings, recordings, Templates(clock), scheduler)
    sealing, bot_settings = Sealing(b"k" * 32), replace_settings(own.bots, settings)
    life = Lifecycle(jobs, events, clock, recordings)
    live = LiveCommands(clock, storage, life)
    bots = Bots(life, events, clock, meetings, recordings, analysis, sealing, bot_settings)
    for each in (recordings, analysis, bots):
        each.subscribe(events)
    finishing = Finishing(db, storage, clock, life, accounts, meetings, recordings, analysis, folder / "scratch")
    jobs.tasks = {
        **recording_tasks(recordings),
        **bot_tasks(db, bots, finishing),
        **dict.fromkeys((TRANSCRIBE_TASK, DERIVE_TASK, NAMES_TASK), _nothing),
    }
    async with db.transaction() as tx:
        owner = await accounts.create_user(tx, "ada@example.com", "correct horse battery", "Ada Lovelace")
    return Stage(
        db,
        storage,
        folder / "objects",
        jobs,
        clock,
        bot_settings,
        meetings,
        recordings,
        analysis,
        scheduler,
        Results(meetings, recordings),
        sealing,
        bots,
        Reception(db, storage, clock, sealing, bot_settings, life, live),
        live,
        Dispatch(db, clock, life, bot_settings.attempts),
        finishing,
        owner,
    )


def _in_short(change: str, details: Mapping[str, Any]) -> str:
    return f"{change}: {details['failure']}" if "failure" in details else change


def replace_settings(settings: BotSettings, changed: Mapping[str, Any]) -> BotSettings:
    """These settings with some of them changed."""
    return settings.model_copy(update=dict(changed))


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    """Bytes as they come over a wire."""
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def _nothing(_steps: Steps, _args: Mapping[str, Json]) -> None:
    return None

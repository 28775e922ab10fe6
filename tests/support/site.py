"""The web app as a browser reaches it: the real application on a loopback port, in a thread of this process, with a
scripted talk in place of ears so that a recording is a record within a second."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.config import BotSettings, Settings
from minutebook.db.database import Database
from minutebook.db.migrations import migrate
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import SystemClock
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.formats import media_type_of
from minutebook.recordings.model import Incoming
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.records import Worker
from support.server import EMAIL, PASSWORD, free_port

Result = TypeVar("Result")
Talk = Sequence[tuple[str, float, float, str]]

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "launch.flac"
PEOPLE = ("Maria Silva", "Tom Berg", "Priya Nair", "Dana Weiss")
WORK_EVERY_S = 0.1


def launch_talk() -> Talk:
    """What is said in the sample recording, by numbered voices."""
    turns = json.loads((ROOT / "tests" / "data" / "meetings" / "launch.turns.json").read_text(encoding="utf-8"))
    voices: dict[str, str] = {}
    for turn in turns:
        voices.setdefault(turn["speaker"], f"speaker_{len(voices) + 1}")
    return [(voices[t["speaker"]], t["start"], t["end"], t["text"]) for t in turns]


@dataclass
class Site:
    """One installation. `talk` is what its recogniser hears in the next recordings."""

    folder: Path
    talk: Talk = field(default_factory=launch_talk)
    port: int = field(default_factory=free_port)
    services: Services = field(init=False)
    owner: User = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve until `stop`."""
        settings = Settings(_env_file=None, data_dir=self.folder, bots=BotSettings(launcher="fake"))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._start(settings))

    def stop(self) -> None:
        """End everything."""
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Result], within_s: float = 60) -> Result:
        """Have something done where the services live."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    def add_meeting(
        self, title: str = "Launch of the new billing", recording: Path | None = SAMPLE, within_s: float = 60
    ) -> str:
        """A meeting of the owner's, its recording worked on; returns its id."""
        return self.run(self._add_meeting(title, recording), within_s)

    def session(self, user: User | None = None) -> str:
        """The secret of a browser session, for its cookie."""
        return self.run(self._session(user or self.owner))

    async def _start(self, settings: Settings) -> None:
        database = Database(settings.sqlalchemy_url)
        await migrate(database)
        self.services = build_services(settings, database, storage_of(settings), DurableJobs(), SystemClock())
        async with database.transaction() as tx:
            self.owner = await self.services.accounts.create_user(tx, EMAIL, PASSWORD, "Ada Lovelace")
        config = uvicorn.Config(create_app(self.services), port=self.port, log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        self.worker = Worker(self.services)
        self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while True:
            self.worker.pipeline.talk = self.talk
            await self.worker.drain()
            await asyncio.sleep(WORK_EVERY_S)

    async def rest(self) -> None:
        """Work on nothing any more."""
        self._working.cancel()

    async def _stop(self) -> None:
        self._working.cancel()
        with suppress(asyncio.CancelledError):
            await self._working
        self._server.should_exit = True
        self._server.force_exit = True
        await self._serving
        await self.services.db.close()

    async def _add_meeting(self, title: str, recording: Path | None) -> str:
        services = self.services
        people = [AttendeeDraft(f"{name.split()[0].lower()}@example.com", name) for name in PEOPLE]
        async with services.db.transaction() as tx:
            meeting = await services.meetings.create(tx, self.owner.id, MeetingDraft(title, attendees=people))
        if recording is not None:
            incoming = Incoming(recording.name, media_type_of(recording.name), _bytes(recording))
            stored = await services.recordings.add(self.owner.id, meeting.id, incoming)
            while True:
                async with services.db.reading() as read:
                    outcomes = await services.analysis.outcomes(read, [stored.id])
                if outcomes[stored.id] != "processing":
                    break
                await asyncio.sleep(0.05)
        return meeting.id

    async def _session(self, user: User) -> str:
        async with self.services.db.transaction() as tx:
            return await self.services.accounts.open_web_session(tx, user)


async def _bytes(path: Path) -> AsyncIterator[bytes]:
    yield path.read_bytes()

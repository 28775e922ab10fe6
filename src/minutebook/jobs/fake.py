"""Jobs without an engine, for tests: what was committed runs when `drain` is awaited, in this process."""

from collections.abc import Awaitable, Callable, Mapping

from minutebook.db.database import Database
from minutebook.jobs.ports import Json, Task
from minutebook.jobs.requests import RUN, DurableJobs, Request, remove_requests, waiting_requests
from minutebook.jobs.steps import attempt_step, outcome_of


async def _at_once(_seconds: float) -> None:
    return None


class InlineSteps:
    """Steps that are run and not remembered."""

    patient = False

    async def run(self, name: str, step: Callable[[], Awaitable[Json]], *, attempts: int = 1) -> Json:
        """See the port."""
        return outcome_of(await attempt_step(name, step, attempts, sleep=_at_once))


class InlineJobs(DurableJobs):
    """The jobs port over the same outbox; `tasks` may be set after the services that need this port are built."""

    def __init__(self, database: Database, tasks: Mapping[str, Task] | None = None) -> None:
        self.tasks: Mapping[str, Task] = tasks or {}
        self._database = database
        self._known: set[str] = set()

    async def drain(self) -> int:
        """Run waiting jobs, and the ones that they ask for, until none is left; returns how many ran. What a task lets
        escape is raised here."""
        ran = 0
        while requests := await self._take():
            for request in requests:
                ran += await self._dealt_with(request)
        return ran

    async def _take(self) -> list[Request]:
        async with self._database.transaction() as tx:
            requests = await waiting_requests(tx, 1)
            await remove_requests(tx, requests)
        return requests

    async def _dealt_with(self, request: Request) -> bool:
        job = request.job
        new = job.key not in self._known
        self._known.add(job.key)
        if request.wanted != RUN or not new:
            return False
        await self.tasks[job.task](InlineSteps(), job.args)
        return True

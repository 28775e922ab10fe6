"""The fake of the jobs port keeps the promises that tests rely on."""

from collections.abc import Mapping

import pytest

from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs.fake import InlineJobs
from minutebook.jobs.ports import Job, Json, Steps
from minutebook.jobs.requests import DurableJobs
from minutebook.jobs.states import job_states


async def enqueue(database: Database, jobs: DurableJobs, key: str, task: str = "note", **args: Json) -> None:
    async with database.transaction() as tx:
        await jobs.enqueue(tx, Job(task, key, {"key": key, **args}))


async def test_what_was_committed_runs_once_in_order(database: Database) -> None:
    ran: list[str] = []
    jobs = InlineJobs(database)

    async def note(steps: Steps, args: Mapping[str, Json]) -> None:
        async def one() -> Json:
            ran.append(str(args["key"]))
            return None

        await steps.run("one", one)
        if args["key"] == "a":
            await enqueue(database, jobs, "asked for by a")

    jobs.tasks = {"note": note}
    await enqueue(database, jobs, "a")
    await enqueue(database, jobs, "b")
    await enqueue(database, jobs, "a")
    assert ran == []
    assert (await job_states(database))["waiting"] == 3
    assert await jobs.drain() == 3
    assert ran == ["a", "b", "asked for by a"]
    await enqueue(database, jobs, "b")
    assert await jobs.drain() == 0


async def test_rolled_back_and_withdrawn_requests_do_not_run(database: Database) -> None:
    jobs = InlineJobs(database, {})

    async def ask_and_fail() -> None:
        async with database.transaction() as tx:
            await jobs.enqueue(tx, Job("note", "rolled back"))
            raise LookupError

    with pytest.raises(LookupError):
        await ask_and_fail()
    await enqueue(database, jobs, "withdrawn")
    async with database.transaction() as tx:
        await jobs.cancel(tx, "withdrawn")
    assert await jobs.drain() == 0


async def test_what_a_task_lets_escape_is_raised(database: Database) -> None:
    async def fail(steps: Steps, _args: Mapping[str, Json]) -> None:
        async def step() -> Json:
            raise MinutebookError(Kind.INVALID, "media_empty", "Nothing in it.")

        await steps.run("step", step, attempts=3)

    jobs = InlineJobs(database, {"fail": fail})
    await enqueue(database, jobs, "f", "fail")
    with pytest.raises(MinutebookError, match="Nothing in it"):
        await jobs.drain()


@pytest.mark.parametrize("key", ["", "  ", "x" * 201])
async def test_keys_that_are_none(database: Database, key: str) -> None:
    async with database.transaction() as tx:
        with pytest.raises(ValueError, match="no key"):
            await DurableJobs().enqueue(tx, Job("note", key))

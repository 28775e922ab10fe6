"""Durable jobs on SQLite and Postgres: in this process, and in worker processes that are killed."""

import asyncio
import errno
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from minutebook.config import JobSettings
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.jobs import outages
from minutebook.jobs.ports import Job, Json, QueueName, Steps
from minutebook.jobs.requests import DurableJobs, job_requests
from minutebook.jobs.runner import Chore, JobRunner
from minutebook.jobs.states import job_states
from minutebook.jobs.supervisor import Supervisor
from minutebook.jobs.system import SystemTables, open_system, system_url
from minutebook.kit.backoff import Backoff
from minutebook.kit.clock import VirtualClock
from support.jobs import QUICK, WITHIN_S, Tasks, Traces, cancel, enqueue, runner_of

ROOT = Path(__file__).parents[1]
StartWorker = Callable[..., Awaitable[Process]]


@pytest.fixture
async def left(database: Database) -> Traces:
    traces = Traces(database)
    await traces.create()
    return traces


@pytest.fixture
def tasks(left: Traces) -> Tasks:
    return Tasks(left)


@pytest.fixture
async def start_worker(database_url: str, left: Traces) -> AsyncIterator[StartWorker]:
    """Starts worker processes; they are killed, by their handles, when the test is over."""
    async with AsyncExitStack() as stack:

        async def start(*options: str) -> Process:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "support.jobs", database_url, *options, cwd=ROOT, stdin=PIPE
            )
            stack.push_async_callback(_end, process)
            return process

        yield start


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
    assert process.stdin is not None
    process.stdin.close()


async def settled(database: Database) -> dict[str, str]:
    """The state of each job, once none is waiting or running."""
    engine = open_system(system_url(database.url))
    flows = SystemTables(engine).workflows
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                with engine.connect() as connection:
                    states = dict(connection.execute(sa.select(flows.c.workflow_uuid, flows.c.status)).all())
                if not {"ENQUEUED", "PENDING", "DELAYED"} & set(states.values()):
                    return states
                await asyncio.sleep(0.05)
    finally:
        engine.dispose()


async def requests_left(database: Database) -> int:
    """Requests that no runner has handed over yet."""
    async with database.reading() as tx:
        return int((await tx.execute(sa.select(sa.func.count()).select_from(job_requests))).scalar_one())


async def dispatches(database: Database, key: str) -> int:
    """How often a job was begun and did not come to an orderly end."""
    engine = open_system(system_url(database.url))
    flows = SystemTables(engine).workflows
    with engine.connect() as connection:
        count = connection.execute(
            sa.select(flows.c.recovery_attempts).where(flows.c.workflow_uuid == key)
        ).scalar_one()
    engine.dispose()
    return int(count)


async def test_a_job_runs_once_after_its_commit(database: Database, tasks: Tasks, left: Traces) -> None:
    async with runner_of(database, tasks):
        await enqueue(database, "count", "a", n=2)
        found = await left.until("done a")
    assert Counter(found) == Counter(
        ["begin a 0", "effect a 0", "begin a 1", "effect a 1", "effect a total 1", "done a"]
    )


async def test_a_rolled_back_request_is_none(database: Database, tasks: Tasks, left: Traces) -> None:
    async def ask_and_fail() -> None:
        async with database.transaction() as tx:
            await DurableJobs().enqueue(tx, Job("count", "lost", {"key": "lost"}))
            raise LookupError

    with pytest.raises(LookupError):
        await ask_and_fail()
    async with runner_of(database, tasks):
        await enqueue(database, "count", "kept")
        await left.until("done kept")
    assert not [what for what in await left.all() if "lost" in what]


async def test_a_key_is_run_once(database: Database, tasks: Tasks, left: Traces) -> None:
    await enqueue(database, "count", "same")
    async with runner_of(database, tasks):
        await enqueue(database, "count", "same")
        await left.until("done same")
        await enqueue(database, "count", "same")
        await enqueue(database, "count", "other")
        await left.until("done other")
    assert (await left.all()).count("done same") == 1


async def test_what_waits_can_be_withdrawn(database: Database, tasks: Tasks, left: Traces) -> None:
    await enqueue(database, "count", "withdrawn")
    await cancel(database, "withdrawn")
    await cancel(database, "never heard of")
    async with runner_of(database, tasks):
        for index in range(5):  # one at a time in this queue: the others wait in the engine
            await enqueue(database, "wait", f"speech {index}", QueueName.SPEECH)
        await left.until("holding speech 0")
        await cancel(database, "speech 3")
        await enqueue(database, "count", "marker")
        await left.until("done marker")
        tasks.hold.set()
        await left.until("done speech 4")
    found = await left.all()
    assert "holding speech 3" not in found
    assert not [what for what in found if "withdrawn" in what]


async def test_what_runs_stops_at_its_next_step(database: Database, tasks: Tasks, left: Traces) -> None:
    async with runner_of(database, tasks):
        await enqueue(database, "wait", "running")
        await left.until("holding running")
        await cancel(database, "running")
        await enqueue(database, "count", "marker")
        await left.until("done marker")
        tasks.hold.set()
        states = await settled(database)
    assert states["running"] == "CANCELLED"
    assert "after running" not in await left.all()
    assert "abandoned running" not in await left.all()


async def test_speech_runs_alone_and_others_together(database: Database, tasks: Tasks, left: Traces) -> None:
    async with runner_of(database, tasks):
        for index in range(3):
            await enqueue(database, "wait", f"speech {index}", QueueName.SPEECH)
        await left.until("holding speech 0")
        await asyncio.sleep(QUICK.poll_s * 6)
        assert tasks.most_at_once == 1
        await enqueue(database, "wait", "default 0")
        await enqueue(database, "wait", "default 1")
        await left.until("holding default 1")
        assert tasks.most_at_once == 3
        tasks.hold.set()
        await left.until("done speech 2")


async def test_how_steps_fail(database: Database, left: Traces) -> None:
    tries: Counter[str] = Counter()
    caught: list[MinutebookError] = []
    full = MinutebookError(Kind.UNAVAILABLE, "storage_full", "No room.", field="f", retryable=True, retry_after_s=2.5)
    final = MinutebookError(Kind.INVALID, "media_empty", "Nothing in it.")

    async def task(steps: Steps, _args: Mapping[str, Json]) -> None:
        async def run(name: str, error: Exception, attempts: int) -> None:
            async def step() -> Json:
                tries[name] += 1
                raise error

            try:
                await steps.run(name, step, attempts=attempts)
            except MinutebookError as failure:
                caught.append(failure)

        await run("retryable", full, 2)
        await run("final", final, 5)
        await run("defect", ZeroDivisionError("secret text"), 1)
        await left.note("done")

    async with JobRunner(QUICK, database, {"task": task}, patient=False):
        await enqueue(database, "task", "t")
        await left.until("done")
    assert tries == {"retryable": 2, "final": 1, "defect": 1}
    told = [(e.kind, e.code, e.message, e.field, e.retryable, e.retry_after_s) for e in caught]
    assert told[:2] == [(e.kind, e.code, e.message, e.field, e.retryable, e.retry_after_s) for e in (full, final)]
    assert caught[2].code == "internal_error"
    assert "secret text" not in caught[2].message


async def test_a_job_that_was_taken_and_never_begun_is_given_back(
    database: Database, tasks: Tasks, left: Traces
) -> None:
    """As when the database goes away between the taking of a job and its begin."""
    async with runner_of(database, tasks) as runner:
        await enqueue(database, "wait", "before", QueueName.SPEECH)
        await left.until("holding before")
        await enqueue(database, "count", "a", QueueName.SPEECH)
        while await requests_left(database):
            await asyncio.sleep(0.02)
        engine = open_system(system_url(database.url))
        flows = SystemTables(engine).workflows
        with engine.begin() as connection:
            taken = {"status": "PENDING", "executor_id": runner._engine.executor_id}
            connection.execute(sa.update(flows).where(flows.c.workflow_uuid == "a").values(**taken))
        engine.dispose()
        tasks.hold.set()
        await left.until("done a")
    assert (await left.all()).count("done a") == 1


@pytest.mark.parametrize("where", ["in a step", "between steps"])
async def test_an_outage_uses_no_attempt(database: Database, left: Traces, where: str) -> None:
    """However often it is met: the work waits, and goes on behind its last completed step."""
    away = 3

    async def outage() -> Json:
        nonlocal away
        if away:
            away -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return None

    async def task(steps: Steps, _args: Mapping[str, Json]) -> None:
        async def before() -> Json:
            await left.note("before")
            return None

        await steps.run("before", before)
        await (steps.run("outage", outage) if where == "in a step" else outage())
        await left.note("done")

    with_short_waits = Backoff(first_s=0.05, factor=1.0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(outages, "BETWEEN_LOOKS", with_short_waits)
        patched.setattr(outages, "LONGEST_WISH_S", 0.05)
        async with JobRunner(QUICK, database, {"task": task}, on_abandoned=Tasks(left).abandoned):
            await enqueue(database, "task", "t")
            found = await left.until("done")
            states = await settled(database)
    assert found == ["before", "done"]
    assert states == {"t": "SUCCESS"}
    assert away == 0


async def test_what_waits_for_an_outage_leaves_its_place(database: Database, tasks: Tasks, left: Traces) -> None:
    async def away(_steps: Steps, _args: Mapping[str, Json]) -> None:
        raise MinutebookError(Kind.UNAVAILABLE, "endpoint_unavailable", "Away.", retryable=True)

    async with JobRunner(QUICK, database, {**tasks.by_name(), "away": away}):
        await enqueue(database, "away", "a", QueueName.SPEECH)
        await enqueue(database, "count", "b", QueueName.SPEECH)
        await left.until("done b")
        assert (await job_states(database))["waiting"] == 1
        await cancel(database, "a")
        states = await settled(database)
    assert states == {"a": "CANCELLED", "b": "SUCCESS"}


async def test_owners_take_turns(database: Database, tasks: Tasks, left: Traces) -> None:
    """A has twenty waiting, then B comes with one: it is among the first three."""
    order: list[str] = []

    async def note(_steps: Steps, args: Mapping[str, Json]) -> None:
        order.append(str(args["key"]))
        if len(order) == 1:
            await tasks.hold.wait()

    async def ask(key: str, owner: str) -> None:
        async with database.transaction() as tx:
            await DurableJobs().enqueue(tx, Job("note", key, {"key": key}, QueueName.SPEECH, owner))

    async with JobRunner(QUICK, database, {"note": note}):
        for index in range(20):
            await ask(f"A{index:02d}", "owner A")
        await ask("B", "owner B")
        async with asyncio.timeout(WITHIN_S):
            while await requests_left(database):
                await asyncio.sleep(0.05)
        tasks.hold.set()
        await settled(database)
    assert order.index("B") < 3
    assert [key for key in order if key != "B"] == [f"A{index:02d}" for index in range(20)]


async def test_a_failed_step_fails_the_same_way_again(database: Database, tasks: Tasks, left: Traces) -> None:
    """The task takes the branch that it took before the restart, although the step would succeed now."""
    broken = True

    async def task(steps: Steps, _args: Mapping[str, Json]) -> None:
        async def fragile() -> Json:
            if broken:
                raise MinutebookError(Kind.INVALID, "media_empty", "Nothing in it.")
            return None

        try:
            await steps.run("fragile", fragile)
            branch = "success"
        except MinutebookError as error:
            branch = error.code

        async def hold() -> Json:
            await left.note(f"branch {branch}")
            await tasks.hold.wait()
            return None

        await steps.run(f"hold {branch}", hold)
        await left.note("done")

    async with JobRunner(QUICK, database, {"task": task}):
        await enqueue(database, "task", "t")
        await left.until("branch media_empty")
    broken = False
    tasks.hold.set()
    async with JobRunner(QUICK, database, {"task": task}):
        await left.until("done")
    assert "branch success" not in await left.all()


async def test_what_a_task_lets_escape_is_reported(database: Database, tasks: Tasks, left: Traces) -> None:
    async with runner_of(database, tasks):
        await enqueue(database, "fail", "failing")
        await enqueue(database, "no such task", "unknown")
        await left.until("abandoned failing")
        await left.until("abandoned unknown")
        assert await settled(database) == {"failing": "ERROR", "unknown": "ERROR"}
    assert await job_states(database) == {"waiting": 0, "running": 0, "finished": 0, "failed": 2, "cancelled": 0}


async def test_an_orderly_stop_gives_work_back(database: Database, tasks: Tasks, left: Traces) -> None:
    """At once, without waiting for a lease, and as often as one likes: it is no failed attempt."""
    patient = JobSettings(poll_s=QUICK.poll_s, heartbeat_s=1.0, lease_s=3600.0)
    await enqueue(database, "wait", "a")
    for turn in range(1, 5):
        async with JobRunner(patient, database, tasks.by_name(), on_abandoned=tasks.abandoned, attempts=2):
            await left.until("holding a", times=turn)
        assert await dispatches(database, "a") == 0
    tasks.hold.set()
    async with JobRunner(patient, database, tasks.by_name(), on_abandoned=tasks.abandoned, attempts=2):
        await left.until("done a")
    assert "abandoned a" not in await left.all()


async def test_one_runner_a_process(database: Database, tasks: Tasks) -> None:
    async with runner_of(database, tasks):
        second = runner_of(database, tasks)
        with pytest.raises(RuntimeError, match="one runner at a time"):
            await second.start()


async def test_a_chore_that_fails_is_tried_again(database: Database, left: Traces) -> None:
    async def chore() -> None:
        await left.note("chore")
        raise LookupError

    async with JobRunner(QUICK, database, {}, chores=[Chore("chore", 3600.0, chore)]):
        await left.until("chore", times=2)


async def test_to_thread_still_works_after_a_stop(database: Database, tasks: Tasks) -> None:
    async with runner_of(database, tasks):
        pass
    assert await asyncio.to_thread(int, "7") == 7


async def test_ended_jobs_are_forgotten_in_time(database: Database, tasks: Tasks, left: Traces) -> None:
    async with runner_of(database, tasks) as runner:
        await enqueue(database, "count", "a")
        await settled_after(left, database, "a")
        engine = runner._engine
        assert await asyncio.to_thread(engine.forget, 1.0) == 0
        assert await asyncio.to_thread(engine.forget, 4102444800.0) == 1
        with engine.database.connect() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(engine.tables.steps)).scalar_one() == 0


async def settled_after(left: Traces, database: Database, key: str) -> None:
    await left.until(f"done {key}")
    await settled(database)


async def test_killed_in_the_middle(database: Database, left: Traces, start_worker: StartWorker) -> None:
    """Each step's effect is there once, completed steps are not begun again, the next worker ends the job."""
    await enqueue(database, "count", "job", n=6, pause_s=0.15)
    for index in (1, 3):
        worker = await start_worker()
        await left.until(f"begin job {index}")
        worker.kill()
        await worker.wait()
    await start_worker()
    found = Counter(await left.until("done job"))
    assert all(found[f"effect job {index}"] == 1 for index in range(6))
    assert found["effect job total 15"] == 1
    begun = [found[f"begin job {index}"] for index in range(6)]
    assert sum(begun) <= 6 + 2, "only the step that was running may begin again, once a kill"
    assert "abandoned job" not in found


async def test_work_of_one_that_never_beat(database: Database, left: Traces, start_worker: StartWorker) -> None:
    await enqueue(database, "count", "job", n=3, pause_s=0.3)
    worker = await start_worker()
    await left.until("begin job 1")
    worker.kill()
    await worker.wait()
    engine = open_system(system_url(database.url))
    with engine.begin() as connection:
        connection.execute(sa.delete(SystemTables(engine).runners))
    engine.dispose()
    await start_worker()
    await left.until("done job")


async def test_two_workers_share_the_work(database: Database, left: Traces, start_worker: StartWorker) -> None:
    await asyncio.gather(start_worker(), start_worker())
    for index in range(30):
        await enqueue(database, "count", f"job {index}", n=2, pause_s=0.02)
    await asyncio.gather(*(left.until(f"done job {index}") for index in range(30)))
    found = Counter(await left.until("done job 0"))
    assert {what: times for what, times in found.items() if times > 1} == {}
    assert len([what for what in found if what.startswith("begin")]) == 60


async def test_one_of_two_workers_is_killed(database: Database, left: Traces, start_worker: StartWorker) -> None:
    victim, _ = await asyncio.gather(start_worker(), start_worker())
    for index in range(10):
        await enqueue(database, "count", f"job {index}", n=4, pause_s=0.1)
    await left.until("begin job 3 0")
    victim.kill()
    for index in range(10):
        found = Counter(await left.until(f"done job {index}"))
    assert {what: n for what, n in found.items() if what.startswith("effect") and n > 1} == {}


async def test_a_job_that_kills_its_workers_is_given_up(
    database: Database, left: Traces, tasks: Tasks, start_worker: StartWorker
) -> None:
    await enqueue(database, "die", "poison")
    for death in (1, 2):
        worker = await start_worker()
        await left.until("dying poison", times=death)
        assert await worker.wait() == -signal.SIGKILL
    async with runner_of(database, tasks, attempts=2):
        await left.until("abandoned poison")
        assert await settled(database) == {"poison": "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}
    assert (await left.all()).count("dying poison") == 2


async def test_a_worker_stops_when_asked(database: Database, left: Traces, start_worker: StartWorker) -> None:
    worker = await start_worker()
    await enqueue(database, "wait", "a")
    await left.until("holding a")
    worker.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WITHIN_S):
        assert await worker.wait() == 0


async def test_a_worker_does_not_outlive_its_supervisor(left: Traces, start_worker: StartWorker) -> None:
    worker = await start_worker("--supervised")
    await enqueue(left.database, "wait", "a")
    await left.until("holding a")
    assert worker.stdin is not None
    worker.stdin.close()  # what the system does when the supervisor is killed
    async with asyncio.timeout(WITHIN_S):
        await worker.wait()


async def test_a_supervisor_restarts_its_workers(
    database_url: str, left: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", "support.jobs", database_url, "--supervised"]
    async with Supervisor(command, 1, clock=VirtualClock()) as supervisor:
        await enqueue(left.database, "count", "job", n=4, pause_s=0.2)
        await left.until("begin job 1")
        (first,) = supervisor.pids
        os.kill(first, signal.SIGKILL)
        await left.until("done job")
        (second,) = supervisor.pids
        assert second != first
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)

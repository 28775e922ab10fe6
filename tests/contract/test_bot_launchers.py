"""The launcher port: one suite over the launchers, then what only processes do."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from minutebook.bots.hosting.launchers import process
from minutebook.bots.hosting.launchers.fake import FakeLauncher
from minutebook.bots.hosting.launchers.ports import Launcher
from minutebook.bots.hosting.launchers.process import (
    ATTEMPT_VARIABLE,
    HOME_VARIABLE,
    ProcessLauncher,
    runner_environment,
)
from minutebook.bots.protocol import Ticket
from minutebook.db.database import Database
from minutebook.kit.ids import new_id
from support.bots import Stage, open_stage

WITHIN_S = 30.0

RUNNER = """
import json, subprocess, sys, time
ticket = json.loads(sys.stdin.readline())
# Something like a browser: a session of its own, and below it a process that hides its environment.
hidden = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], env={})"
browser = f"import subprocess, sys, time; {hidden}; time.sleep(300)"
subprocess.Popen([sys.executable, "-c", browser], start_new_session=True)
print("hello from", ticket["token"], file=sys.stderr, flush=True)
time.sleep(300)
"""


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    database = Database(sqlite_url)
    yield await open_stage(database, tmp_path)
    await database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "bots"


@pytest.fixture
async def processes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ProcessLauncher]:
    monkeypatch.setattr(process, "JUST_LAUNCHED_S", 0.0)
    launcher = ProcessLauncher(folder, [sys.executable, "-c", RUNNER])
    yield launcher
    await launcher.sweep(set())


@pytest.fixture(params=["process", "fake"])
def launcher(request: pytest.FixtureRequest, stage: Stage) -> Launcher:
    if request.param == "fake":
        return FakeLauncher(stage.db, stage.clock, stage.bot_reception)
    processes: ProcessLauncher = request.getfixturevalue("processes")
    return processes


Prepare = Callable[[], Awaitable[Ticket]]


@pytest.fixture
def ticket(stage: Stage, folder: Path) -> Prepare:
    """A ticket for a new bot that was claimed."""

    async def prepare() -> Ticket:
        await stage.sent(deduplication_key=new_id())
        (claim,) = await stage.claimed(capacity=10)
        return Ticket("http://127.0.0.1:9", claim.bot.id, 1, claim.token, str(folder))

    return prepare


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.02)


async def test_what_was_launched_is_there_until_it_is_ended(launcher: Launcher, ticket: Prepare) -> None:
    one, other = await ticket(), await ticket()
    assert await launcher.ended(one.bot_id, 1)
    await launcher.launch(one)
    await launcher.launch(other)
    assert not await launcher.ended(one.bot_id, 1)
    assert await launcher.ended(one.bot_id, 2)
    await launcher.end(one.bot_id, 1)
    await launcher.end(one.bot_id, 1)
    assert await launcher.ended(one.bot_id, 1)
    assert not await launcher.ended(other.bot_id, 1)
    await launcher.end(other.bot_id, 1)


async def test_a_sweep_ends_what_is_not_current(launcher: Launcher, ticket: Prepare) -> None:
    one, other = await ticket(), await ticket()
    await launcher.launch(one)
    await launcher.launch(other)
    await launcher.sweep({(other.bot_id, 1)})
    assert await launcher.ended(one.bot_id, 1)
    assert not await launcher.ended(other.bot_id, 1)
    await launcher.sweep(set())
    assert await launcher.ended(other.bot_id, 1)


async def test_the_fake_plays_a_call_and_leaves_when_told(ticket: Prepare, stage: Stage) -> None:
    launcher, one = FakeLauncher(stage.db, stage.clock, stage.bot_reception), await ticket()
    await launcher.launch(one)
    assert await stage.told(one.bot_id) == ["joining", "in_call", "recording"]
    await stage.left(one.bot_id)
    assert await launcher.ended(one.bot_id, 1)
    await stage.jobs.drain()
    assert await stage.kinds(one.bot_id) == ["bot.completed", "bot.created", "bot.recorded"]


def of_attempt(bot_id: str) -> list[psutil.Process]:
    """The processes that carry the mark of this bot's attempts, and their descendants."""
    found: dict[int, psutil.Process] = {}
    for each in psutil.process_iter():
        try:
            marked = each.environ().get(ATTEMPT_VARIABLE, "").startswith(bot_id)
            if marked and each.status() != psutil.STATUS_ZOMBIE:
                found |= {one.pid: one for one in (each, *each.children(recursive=True))}
        except psutil.Error:
            continue
    return list(found.values())


async def test_nothing_that_a_runner_started_stays(processes: ProcessLauncher, folder: Path) -> None:
    ticket = Ticket("http://127.0.0.1:9", new_id(), 1, "mbr_secret", str(folder))
    pid = await processes.launch(ticket)
    await until(lambda: len(of_attempt(ticket.bot_id)) == 3)
    log = folder / ticket.bot_id / "runner.log"
    await until(lambda: "hello from mbr_secret" in log.read_text())
    assert os.getsid(pid) == pid, "a session of its own"
    line = " ".join(psutil.Process(pid).cmdline()) + json.dumps(psutil.Process(pid).environ())
    assert ticket.token not in line, "others on this machine can read both"
    everything = of_attempt(ticket.bot_id)
    await processes.end(ticket.bot_id, 1)
    assert [each for each in everything if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []


async def test_what_a_dead_runner_started_is_ended_too(processes: ProcessLauncher, folder: Path) -> None:
    ticket = Ticket("http://127.0.0.1:9", new_id(), 1, "mbr_secret", str(folder))
    pid = await processes.launch(ticket)
    await until(lambda: len(of_attempt(ticket.bot_id)) == 3)
    psutil.Process(pid).kill()
    async with asyncio.timeout(WITHIN_S):
        while not await processes.ended(ticket.bot_id, 1):
            await asyncio.sleep(0.02)
    assert len(of_attempt(ticket.bot_id)) == 2
    await processes.sweep(set())
    assert of_attempt(ticket.bot_id) == []


async def test_the_next_host_finds_the_runners_of_the_last_one(processes: ProcessLauncher, folder: Path) -> None:
    ticket = Ticket("http://127.0.0.1:9", new_id(), 1, "mbr_secret", str(folder))
    pid = await processes.launch(ticket)
    # For a moment after `exec` a process shows no environment yet; the next host comes seconds later.
    await until(lambda: len(of_attempt(ticket.bot_id)) == 3)
    after = ProcessLauncher(folder, [sys.executable, "-c", RUNNER])
    assert not await after.ended(ticket.bot_id, 1)
    assert await after.ended(ticket.bot_id, 2)
    psutil.Process(pid).kill()
    async with asyncio.timeout(WITHIN_S):
        while not await after.ended(ticket.bot_id, 1):
            await asyncio.sleep(0.02)


async def test_other_installations_and_young_processes_are_left_alone(
    processes: ProcessLauncher, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = ProcessLauncher(tmp_path / "theirs", [sys.executable, "-c", RUNNER])
    ticket = Ticket("http://127.0.0.1:9", new_id(), 1, "mbr_secret", str(folder))
    await theirs.launch(ticket)
    await processes.sweep(set())
    assert not await theirs.ended(ticket.bot_id, 1)
    monkeypatch.setattr(process, "JUST_LAUNCHED_S", 3600.0)
    await theirs.sweep(set())
    assert not await theirs.ended(ticket.bot_id, 1)
    monkeypatch.setattr(process, "JUST_LAUNCHED_S", 0.0)
    await theirs.sweep(set())
    assert await theirs.ended(ticket.bot_id, 1)


async def test_a_runner_that_ends_at_once(folder: Path) -> None:
    launcher = ProcessLauncher(folder, [sys.executable, "-c", "raise SystemExit(3)"])
    ticket = Ticket("http://127.0.0.1:9", new_id(), 1, "mbr_secret", str(folder))
    await launcher.launch(ticket)
    async with asyncio.timeout(WITHIN_S):
        while not await launcher.ended(ticket.bot_id, 1):
            await asyncio.sleep(0.02)
    missing = ProcessLauncher(folder, [str(folder / "no-such-program")])
    with pytest.raises(OSError, match="no-such-program"):
        await missing.launch(replace(ticket, attempt=2))


def test_a_runner_outlives_its_host(folder: Path) -> None:
    bot_id = new_id()
    host = (
        "import asyncio, sys; from pathlib import Path\n"
        "from minutebook.bots.hosting.launchers.process import ProcessLauncher\n"
        "from minutebook.bots.protocol import Ticket\n"
        f"launcher = ProcessLauncher(Path({str(folder)!r}), [sys.executable, '-c', {RUNNER!r}])\n"
        f"print(asyncio.run(launcher.launch(Ticket('http://127.0.0.1:9', {bot_id!r}, 1, 't', 's'))))\n"
    )
    started = subprocess.run([sys.executable, "-W", "ignore", "-c", host], capture_output=True, text=True, check=True)
    runner = psutil.Process(int(started.stdout))
    assert runner.is_running()
    asyncio.run(ProcessLauncher(folder).end(bot_id, 1))
    assert of_attempt(bot_id) == []


def test_runners_get_no_secrets() -> None:
    own = {
        "PATH": "/bin",
        "MINUTEBOOK_DATABASE_URL": "x",
        "MINUTEBOOK_SECRET_KEY": "x",
        "MINUTEBOOK_BOTS__CHROMIUM": "/usr/bin/chromium",
        ATTEMPT_VARIABLE: "of somebody else",
        HOME_VARIABLE: "elsewhere",
    }
    assert runner_environment(own) == {"PATH": "/bin", "MINUTEBOOK_BOTS__CHROMIUM": "/usr/bin/chromium"}

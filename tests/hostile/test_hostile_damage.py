"""Files that are damaged or come from a newer program: a sentence that says what to do, an exit code of its own, not
ready; and a queue of work that is rebuilt from the reports."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.cli.exits import OPERATOR
from minutebook.config import Settings
from minutebook.jobs.requests import remove_requests, waiting_requests
from minutebook.kit.clock import VirtualClock
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.model import Incoming
from minutebook.wiring import Services, ask_anew


def ruin(file: Path) -> None:
    """What a disk that lost its mind leaves."""
    file.write_bytes(b"not a database at all " * 1000)


def minutebook(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MINUTEBOOK_")}
    return subprocess.run(
        [sys.executable, "-m", "minutebook", *arguments],
        env=clean | {"MINUTEBOOK_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def is_told(done: subprocess.CompletedProcess[str], code: str) -> None:
    assert done.returncode == OPERATOR, done.stderr
    assert f"({code})" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a user in it."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "minutebook", "admin", "create-user", "ada@example.com", "--password-stdin"]
    environment = os.environ | {"MINUTEBOOK_DATA_DIR": str(folder)}
    subprocess.run(command, env=environment, input="correct horse battery", text=True, check=True, timeout=120)
    return folder


def test_a_newer_database(installed: Path) -> None:
    with closing(sqlite3.connect(installed / "minutebook.db")) as connection:
        (known,) = connection.execute("select version_num from alembic_version").fetchone()
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
    done = minutebook(installed, "admin", "create-api-key", "ada@example.com")
    is_told(done, "database_newer")
    assert "9999" in done.stderr
    with closing(sqlite3.connect(installed / "minutebook.db")) as connection:
        connection.execute("update alembic_version set version_num = ?", (known,))
        connection.commit()


def test_a_damaged_queue_ends_the_worker_and_is_rebuilt(installed: Path) -> None:
    ruin(installed / "jobs.db")
    is_told(minutebook(installed, "worker"), "jobs_damaged")
    doctor = minutebook(installed, "doctor", "--json")
    assert json.loads(doctor.stdout)["system"]["queue"] == {
        "ok": False,
        "detail": "jobs_damaged",
        "advice": "The queue of work (jobs.db) is damaged; nothing is lost, but nothing runs. Stop the server, run "
        "`minutebook admin repair`, and start it again.",
        "path": "",
    }
    done = minutebook(installed, "admin", "repair")
    assert done.returncode == 0, done.stderr
    assert "kept as jobs.db.damaged-" in done.stdout
    assert not (installed / "jobs.db").exists()
    assert len(list(installed.glob("jobs.db.damaged-*"))) == 1


def test_a_damaged_database(installed: Path) -> None:
    for beside in installed.glob("minutebook.db-*"):
        beside.unlink()
    ruin(installed / "minutebook.db")
    is_told(minutebook(installed, "admin", "create-api-key", "ada@example.com"), "database_damaged")
    finding = json.loads(minutebook(installed, "doctor", "--json").stdout)["system"]["database"]
    assert (finding["ok"], finding["detail"]) == (False, "database_damaged")


@pytest.mark.parametrize("emptied", [True, False])
def test_a_database_that_was_emptied_or_lost_beside_recordings_greets_no_new_owner(
    tmp_path: Path, emptied: bool
) -> None:
    recording = tmp_path / "objects" / "recordings" / "01a2" / "original.flac"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"what was said")
    if emptied:
        (tmp_path / "minutebook.db").touch()
    is_told(minutebook(tmp_path, "admin", "create-api-key", "ada@example.com"), "database_lost")
    assert recording.read_bytes() == b"what was said"
    recording.rename(tmp_path / "moved.flac")
    assert "database_lost" not in minutebook(tmp_path, "admin", "create-api-key", "ada@example.com").stderr


async def test_not_ready_with_a_damaged_queue(app: FastAPI, settings: Settings) -> None:
    ruin(settings.data_dir / "jobs.db")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert "`minutebook admin repair`" in answer.json()["checks"]["jobs"]


async def test_what_waits_is_asked_for_anew(services: Services, user: User, clock: VirtualClock) -> None:
    """Reports that are at work, and those that may start; once each."""
    flac = Path(__file__).parents[2] / "samples" / "launch.flac"

    async def chunks() -> object:
        yield flac.read_bytes()

    reports = []
    for title in ("At work", "Waiting"):
        async with services.db.transaction() as tx:
            meeting = await services.meetings.create(
                tx, user.id, MeetingDraft(title=title, attendees=[AttendeeDraft("a@example.com", "A")])
            )
        incoming = Incoming("a.flac", "audio/flac", chunks())  # type: ignore[arg-type]  # an async generator
        recording = await services.recordings.add(user.id, meeting.id, incoming)
        async with services.db.reading() as tx:
            found = await services.analysis.progress(tx, user.id, recording.id)
        reports.append(next(report for report in found if report.type == "transcription"))
    async with services.db.transaction() as tx:
        await remove_requests(tx, await waiting_requests(tx, 100))  # the queue took them, and was lost
        assert await services.scheduler.start(tx, reports[0].id, 1) is not None
    assert await ask_anew(services) == 2
    async with services.db.transaction() as tx:
        asked = [request.job.key for request in await waiting_requests(tx, 100)]
    assert sorted(asked) == sorted(f"report:{report.id}:1" for report in reports)

"""The runner as a process: its ticket, its deliveries to a real home, its exit codes. None of it needs a browser."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minutebook.bots.model import EndReason, Failure
from minutebook.bots.runner.capture.spool import Spool
from minutebook.bots.runner.main import DONE, TERMINATED, UNWANTED
from minutebook.kit.ids import new_id
from support.calls.home import RunnerAtHome, orders_for, runner


def leftovers(folder: Path) -> None:
    """What a first attempt left when it was killed: two finished pieces, one that was growing."""
    spool = Spool(folder / "spool", 1, 1.0)
    for second in range(2):
        spool.sound("audio", 1_700_000_000_000 + 1000 * second, bytes(48_000))
    spool.close()
    growing = Spool(folder / "spool", 1, 10.0)
    growing.sound("audio", 1_700_000_002_000, bytes(24_000))


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_with_nothing_to_join_it_delivers_what_is_left_and_ends(tmp_path: Path) -> None:
    leftovers(tmp_path)
    orders = replace(
        orders_for("http://127.0.0.1:1/", new_id()), stop=True, rejoin=True, recording_started_ms=1_700_000_000_000
    )
    with runner(replace(orders, attempt=2), tmp_path) as running:
        ending = running.wait_end()
        assert running.process.returncode == DONE
        assert (ending.end_reason, ending.failure) == (EndReason.STOPPED, None)
        assert sorted(running.pieces) == [("audio", 0), ("audio", 1), ("audio", 2)]
        assert running.states == []


def test_a_stop_before_anything_was_recorded_is_a_failure_by_request(tmp_path: Path) -> None:
    orders = replace(orders_for("http://127.0.0.1:1/", new_id()), stop=True)
    with runner(orders, tmp_path) as running:
        ending = running.wait_end()
        assert (ending.end_reason, ending.failure) == (None, Failure.STOPPED)


def test_a_platform_that_there_is_not_needs_no_browser(tmp_path: Path) -> None:
    orders = replace(orders_for("https://example.com/", new_id()), platform="none")
    with runner(orders, tmp_path) as running:
        ending = running.wait_end()
        assert ending.failure == Failure.INVALID_URL
        assert running.process.returncode == DONE


def test_where_nobody_wants_it_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunnerAtHome, "answer", lambda *_: None)
    with runner(orders_for("http://127.0.0.1:1/", new_id()), tmp_path) as running:
        assert running.process.wait(30) == UNWANTED
        assert running.reports == []


def test_home_may_be_away_when_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, asked = RunnerAtHome.answer, []

    def busy_at_first(self: RunnerAtHome, path: str, body: bytes, query: str = "") -> dict[str, object] | bytes | None:
        asked.append(path)
        if len(asked) <= 3:
            raise ConnectionError("The connection breaks off.")
        return answer(self, path, body, query)

    monkeypatch.setattr(RunnerAtHome, "answer", busy_at_first)
    monkeypatch.setattr("socketserver.BaseServer.handle_error", lambda *_: None)
    orders = replace(orders_for("http://127.0.0.1:1/", new_id()), stop=True)
    with runner(orders, tmp_path) as running:
        assert running.wait_end().failure == Failure.STOPPED


def test_told_to_end_it_leaves_the_rest_to_another_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("MINUTEBOOK_BOTS__CHROMIUM", str(tmp_path / "chromium"))
    sleeper = tmp_path / "chromium"
    sleeper.write_text("#!/bin/sh\nexec sleep 120\n")
    sleeper.chmod(0o755)
    with runner(orders_for("http://127.0.0.1:1/", new_id()), tmp_path) as running:
        running.wait_state("joining")
        running.process.terminate()
        assert running.process.wait(30) == TERMINATED
        assert running.ending is None


@pytest.mark.parametrize("line", ["", "nonsense\n", "{}\n", "[1]\n"])
def test_without_a_ticket_it_says_so(line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "minutebook", "bot", "run"], input=line, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "ticket" in done.stderr
    assert "Traceback" not in done.stderr

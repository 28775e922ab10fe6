"""kill -9 of the worker in the middle of a long recording: the work goes on behind the last finished step, nothing is
done twice, and the result equals the one of an undisturbed run. `make soak` does it with three hours."""

import json
import os
import re
import signal
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from support.audio import looped
from support.server import Server, client_of, create_meeting, reports, upload, wait_final

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
QUICK = {
    "MINUTEBOOK_SPEECH__MODEL": "tiny.en",
    "MINUTEBOOK_JOBS__POLL_S": "0.1",
    "MINUTEBOOK_JOBS__HEARTBEAT_S": "0.5",
    "MINUTEBOOK_JOBS__LEASE_S": "2",
}


def wait_progress(client: httpx.Client, recording_id: str, session_id: str, at_least: float, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = reports(client, recording_id, session_id)["transcription"]
        assert found["status"] != "failed", found
        if float(str(found["progress"])) >= at_least:
            return
        time.sleep(0.2)
    raise AssertionError(f"no progress beyond {found['progress']} within {within_s} s")


def transcript_of(found: dict[str, dict[str, object]]) -> object:
    assert found["transcription"]["status"] == "completed", found
    return json.loads(str(found["transcription"]["report_content"]))


def finished_steps(server: Server) -> Counter[str]:
    """How often each durable step of each report was finished, from the workers' log."""
    return Counter(re.findall(r"report \S+: finished step [\w-]+", server.log.read_text(encoding="utf-8")))


def a_kill_changes_nothing(tmp_path: Path, duration_s: float, chunk_s: float, within_s: float) -> None:
    recording = looped(SAMPLE, tmp_path / "long.flac", duration_s)
    server = Server(tmp_path / "data", QUICK | {"MINUTEBOOK_SPEECH__CHUNK_S": str(chunk_s)})
    server.start()
    try:
        with client_of(server, server.owner_token()) as client:
            undisturbed_session = create_meeting(client, "undisturbed")
            undisturbed = upload(client, undisturbed_session, recording)
            expected = transcript_of(wait_final(client, undisturbed, undisturbed_session, within_s))
            session_id = create_meeting(client, "killed")
            recording_id = upload(client, session_id, recording)
            for progress in (0.3, 0.6):
                wait_progress(client, recording_id, session_id, progress, within_s)
                for worker in server.workers():
                    os.kill(worker, signal.SIGKILL)
            assert transcript_of(wait_final(client, recording_id, session_id, within_s)) == expected
    finally:
        server.stop()
    steps = finished_steps(server)
    assert len(steps) >= 2 * duration_s / chunk_s
    assert not {step: count for step, count in steps.items() if count > 1}


def test_a_killed_worker_changes_nothing(tmp_path: Path) -> None:
    a_kill_changes_nothing(tmp_path, duration_s=90, chunk_s=15, within_s=150)


@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_a_killed_worker_changes_nothing_in_three_hours(tmp_path: Path) -> None:
    a_kill_changes_nothing(tmp_path, duration_s=3 * 3600, chunk_s=600, within_s=3600)

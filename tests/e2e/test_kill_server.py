"""kill -9 of the server at random points between upload and note: whatever was acknowledged is never lost, every report
exists once, and all of them complete. `make soak` runs 20 points on each database, `make e2e` three."""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.audio import looped
from support.server import Server, client_of, create_meeting, upload, wait_final

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
CLIP_S = 20.0
QUICK = {
    "MINUTEBOOK_SPEECH__MODEL": "tiny.en",
    "MINUTEBOOK_SPEECH__CHUNK_S": "5",
    "MINUTEBOOK_JOBS__POLL_S": "0.1",
    "MINUTEBOOK_JOBS__HEARTBEAT_S": "0.5",
    "MINUTEBOOK_JOBS__LEASE_S": "2",
}
WORK_TAKES_S = 8.0
"""About how long upload and analyses of the clip take: the range in which the moment of the kill is drawn."""


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    environment = dict(QUICK)
    if request.param == "postgres":
        environment["MINUTEBOOK_DATABASE_URL"] = request.getfixturevalue("empty_postgres_url")
    running = Server(tmp_path / "data", environment)
    running.start()
    yield running
    running.stop()


def kill_at_random_points(server: Server, points: int) -> None:
    clip = looped(SAMPLE, server.data_dir / "clip.flac", CLIP_S)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    token = server.owner_token()
    for point in range(points):
        after_s = moments.uniform(0.0, WORK_TAKES_S)
        survives_one_kill(server, token, clip, f"point {point}, killed after {after_s:.2f} s", after_s)


def survives_one_kill(server: Server, token: str, clip: Path, what: str, after_s: float) -> None:
    killer = threading.Timer(after_s, server.kill)
    started = time.monotonic()
    with client_of(server, token) as client:
        session_id = create_meeting(client, what)
        killer.start()
        try:
            recording_id: str | None = upload(client, session_id, clip)
        except httpx.TransportError:
            recording_id = None
        killer.join()
        print(f"{what}: upload {'acknowledged' if recording_id else 'cut off'}")
        server.start()
        if recording_id is None:
            meeting = client.get(f"/api/sessions/{session_id}").json()
            recording_id = meeting["recording"]["id"] if meeting["recording"] else upload(client, session_id, clip)
        found = wait_final(client, recording_id, session_id, within_s=120)
        every_report_once(client, recording_id, session_id)
    assert {kind: report["status"] for kind, report in found.items()} == {
        "transcription": "completed",
        "meeting note": "completed",
    }, (what, found)
    print(f"  all complete {time.monotonic() - started:.1f} s after the upload began")


def every_report_once(client: httpx.Client, recording_id: str, session_id: str) -> None:
    """No type stands twice in the answer, and no report is a second version that nobody asked for."""
    answer = client.get(f"/api/recordings/{recording_id}/analysis", params={"session_id": session_id}).json()
    kinds = [report["analysis_type"] for report in answer]
    assert len(kinds) == len(set(kinds)), kinds
    assert {report["version"] for report in answer} == {1}


def test_nothing_is_lost_at_a_few_points(server: Server) -> None:
    kill_at_random_points(server, 3)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_is_lost_at_twenty_points(server: Server) -> None:
    kill_at_random_points(server, 20)

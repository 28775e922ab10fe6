"""Backups of a server that people upload to, restored elsewhere: what was acknowledged before the backup is in it."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.audio import looped
from support.server import EMAIL, Server, client_of, create_meeting, upload

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
IDLE = {"MINUTEBOOK_JOBS__WORKERS": "0", "MINUTEBOOK_BOTS__CONCURRENCY": "0"}
"""Nobody works on what is uploaded: the test is about what is kept."""


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    environment = dict(IDLE)
    if request.param == "postgres":
        environment["MINUTEBOOK_DATABASE_URL"] = request.getfixturevalue("empty_postgres_url")
    running = Server(tmp_path / "data", environment)
    running.start()
    yield running
    running.stop()


class Uploads:
    """Somebody who uploads without a pause; `acknowledged` are meetings whose recording the server has taken."""

    def __init__(self, client: httpx.Client, clip: Path) -> None:
        self.acknowledged: dict[str, str] = {}
        self.some = threading.Event()
        self._done = threading.Event()
        self._client = client
        self._clip = clip
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Uploads":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            meeting = create_meeting(self._client, f"Meeting {len(self.acknowledged)}")
            self.acknowledged[meeting] = upload(self._client, meeting, self._clip)
            if len(self.acknowledged) >= 5:
                self.some.set()


def test_what_was_acknowledged_comes_back(server: Server, tmp_path: Path) -> None:
    token = server.owner_token()
    clip = looped(SAMPLE, tmp_path / "clip.flac", 5.0)
    folder = str(tmp_path / "backups")
    with client_of(server, token) as client, Uploads(client, clip) as uploads:
        assert uploads.some.wait(60)
        server.command("backup", folder)
        before = dict(uploads.acknowledged)
        told = server.command("backup", folder)
    assert "copied now: " in told
    server.stop()

    # Always restored to SQLite: from Postgres that is a move.
    restored = Server(tmp_path / "elsewhere", IDLE)
    assert "every sum is right" in restored.command("restore", folder)
    restored.start()
    try:
        with client_of(restored, token) as client:
            for meeting, recording in before.items():
                answer = client.get(f"/api/recordings/{recording}/media", params={"session_id": meeting})
                assert answer.status_code == 200, answer.text
                assert answer.content == clip.read_bytes()
        assert EMAIL in restored.command("admin", "users")
        assert restored.command("upgrade", "--check") == "The database is up to date."
    finally:
        restored.stop()
    manifest = json.loads(sorted((tmp_path / "backups" / "backups").glob("*/manifest.json"))[-1].read_text())
    assert len(manifest["objects"]) >= len(before)

"""A data directory of the previous release, killed in the middle of its work: it opens, migrates and loses nothing, and
its work goes on."""

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.server import EMAIL, Server, client_of, reports, wait_final

PREVIOUS = Path(__file__).parents[1] / "data" / "previous"
REVISION = "3bc7ad0"
EXPECTED: dict[str, Any] = json.loads((PREVIOUS / f"{REVISION}.json").read_text(encoding="utf-8"))
CHANGES = {"alembic_version", "job_requests", "events", "storage_disposals", "reports", "report_contents"}
"""Tables in which the work that goes on changes rows; what it does there is looked at through the API."""
AGED = {"oauth_grants", "oauth_tokens"}
"""Tables whose rows are forgotten some time after they have expired: the data do not get younger."""


def rows_of(file: Path) -> dict[str, set[str]]:
    """The first column, which is the key, of all rows by table."""
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        return {name: {str(row[0]) for row in connection.execute(f'select * from "{name}"')} for name in names}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    with tarfile.open(PREVIOUS / f"{REVISION}.tar.xz") as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path / "data"


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    running = Server(data_dir, {"MINUTEBOOK_SPEECH__MODEL": "tiny.en", "MINUTEBOOK_BOTS__LAUNCHER": "fake"})
    yield running
    running.stop()


def test_the_data_of_the_previous_release(server: Server) -> None:
    file = server.data_dir / "minutebook.db"
    before = rows_of(file)
    server.start()
    with client_of(server, server.command("admin", "create-token", EMAIL)) as client:
        is_as_it_was(client)
        for session, recording in EXPECTED["waiting"]:
            found = wait_final(client, recording, session, within_s=200)
            assert {name: report["status"] for name, report in found.items()} == {
                "transcription": "completed",
                "meeting note": "completed",
            }
    after = rows_of(file)
    missing = {name: keys - after[name] for name, keys in before.items() if name not in CHANGES | AGED}
    assert {name: keys for name, keys in missing.items() if keys} == {}
    assert before["reports"] <= after["reports"]
    assert before["report_contents"] <= after["report_contents"]


def lost(before: Any, now: Any, where: str = "") -> list[str]:
    """What is missing or another thing now; a later version may show members that the earlier one did not have."""
    if isinstance(before, dict) and isinstance(now, dict):
        members = ((value, now.get(name), f"{where}/{name}") for name, value in before.items())
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        members = ((value, now[at], f"{where}/{at}") for at, value in enumerate(before))
    else:
        return [] if before == now else [f"{where}: {before!r} is {now!r}"]
    return [each for one, other, place in members for each in lost(one, other, place)]


def is_as_it_was(client: httpx.Client) -> None:
    found = reports(client, EXPECTED["recording"], EXPECTED["session"])
    shown = {name: report["report_content"] for name, report in found.items()}
    assert shown.keys() == EXPECTED["reports"].keys()
    for name, content in EXPECTED["reports"].items():
        assert lost(json.loads(content), json.loads(str(shown[name]))) == [], name
    original = client.get(f"/api/recordings/{EXPECTED['recording']}/media")
    assert original.status_code == 200
    assert client.get("/api/note-templates").json()["templates"] == [EXPECTED["template"]]
    assert client.get("/api/sessions").json()["total"] == 3

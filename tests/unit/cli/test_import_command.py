"""`minutebook import`: what the organiser recorded at Zoom, into this machine's records."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app
from minutebook.cli.services import with_services
from minutebook.zoom.model import App
from support.zoom import CLIENT, REDIRECT, FakeZoom, outgoing_to
from support.zoom_recordings import RECORDING_SCOPES, ZoomMeeting

if TYPE_CHECKING:
    from minutebook.wiring import Services

MEETING = "https://zoom.us/j/81234567890"
M4A = b"\0\0\0\x1cftypM4A " + bytes(4000)


def test_looking_choosing_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zoom = FakeZoom(lambda: datetime.now(UTC))
    account = zoom.account(scopes=RECORDING_SCOPES)
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("minutebook.records.OutgoingClient", outgoing_to(zoom))

    def said(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["import", *arguments])
        return done.exit_code, " ".join(done.output.split())

    code, told = said(MEETING)
    assert (code != 0, "No account at Zoom is connected" in told) == (True, True)
    assert "no address of a meeting" in said("nonsense")[1]

    async def connect(services: "Services") -> None:
        async with services.db.transaction() as tx:
            owner = await services.accounts.local_user(tx)
        await services.zoom.connect(owner.id, App(*CLIENT), zoom.code(account), REDIRECT)

    with_services(None, connect)
    assert said(MEETING) == (0, "Zoom says: Meeting does not exist: 81234567890.")
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    people = [{"name": "Grace", "user_email": "grace@example.com"}]
    account.held += [
        ZoomMeeting(81234567890, f"u{hour}", start + timedelta(hours=hour), people=people, data=M4A) for hour in (0, 4)
    ]
    code, told = said(MEETING, "--near", "2026-03-02T10:00", "--json")
    first, second = json.loads(told)["recordings"]
    assert (first["started_at"], second["meeting"]) == ("2026-03-02T09:00:00+00:00", None)
    code, told = said(MEETING, "--near", "2026-03-02T10:00", "--recording", first["id"])
    assert (code, "is imported" in told) == (0, True)
    code, told = said(MEETING, "--json")
    assert (code, json.loads(told)["already_imported"]) == (0, False), "the latest, which is the only one there"
    assert "had been imported before" in said(MEETING)[1]
    told = said(MEETING, "--near", "2026-03-02T10:00", "--list")[1]
    assert (told.count("Weekly"), "recording" in told) == (2, True)

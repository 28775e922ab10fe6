"""`minutebook bots address`: what the bots make of what people paste."""

import json

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app

RUN = CliRunner()
INVITATION = "Ada invites you.\nhttps://us02web.zoom.us/j/81234567890\nPasscode: aB3xY9\n"


def test_an_address() -> None:
    said = RUN.invoke(app, ["bots", "address", "meet.google.com/ABCDEFGHIJ.", "--json"])
    assert json.loads(said.stdout) == {
        "platform": "google_meet",
        "url": "https://meet.google.com/ABCDEFGHIJ",
        "opens": "https://meet.google.com/abc-defg-hij?hl=en",
    }


def test_an_invitation_on_standard_input() -> None:
    said = RUN.invoke(app, ["bots", "address", "-", "--json"], input=INVITATION)
    assert json.loads(said.stdout)["opens"] == "https://app.zoom.us/wc/81234567890/join?pwd=aB3xY9"


def test_nothing_to_join() -> None:
    said = RUN.invoke(app, ["bots", "address", "https://zoom.us/signin", "--json"])
    assert (said.exit_code, json.loads(said.stdout)) == (0, None)
    plain = RUN.invoke(app, ["bots", "address", "https://zoom.us/signin"])
    assert plain.exit_code == 4
    assert "no address" in plain.stderr


def test_operators_pages_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINUTEBOOK_BOTS__WEBRTC_PAGES", '["https://calls.example.org/rooms/"]')
    said = RUN.invoke(app, ["bots", "address", "https://calls.example.org/rooms/daily", "--json"])
    assert json.loads(said.stdout)["platform"] == "webrtc"

"""docs/calendars.md: its commands are run, against a published file and a real CalDAV server."""

import http.server
import json
import re
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app
from support.calendars.caldav import PASSWORD, caldav_server
from support.calendars.published import ics_of
from support.calendars.rig import MEET
from support.calendars.world import Instance, Truth

PAGE = (Path(__file__).parents[2] / "docs" / "calendars.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^\$ (minutebook calendars .+)$", PAGE, flags=re.MULTILINE)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def files(folder: Path) -> Iterator[str]:
    """A web server for a folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def week() -> Truth:
    truth = Truth()
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for day, title in enumerate(("Planning", "Review", "Lunch"), start=1):
        truth.put(Instance(title, title, start + timedelta(days=day), 30, MEET))
    return truth


def test_the_pages_commands_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MINUTEBOOK_OUTGOING__ALLOW", "127.0.0.1")
    monkeypatch.setenv("MINUTEBOOK_CALENDAR_PASSWORD", PASSWORD)
    published, collections = tmp_path / "published", tmp_path / "server"
    published.mkdir()
    collections.mkdir()
    (published / "me.ics").write_text(ics_of(week()))
    runner = CliRunner()

    def run(arguments: list[str]) -> str:
        done = runner.invoke(app, arguments)
        assert done.exit_code == 0, (arguments, done.output)
        return done.output

    with files(published) as web, caldav_server("radicale", collections) as server:
        server.follow(week())
        places = {
            "https://calendar.example.com": web,
            "https://dav.example.com/ada/work/": server.calendar,
            "https://dav.example.com/": f"{server.base}/",
        }
        said = []
        for command in COMMANDS:
            listed = json.loads(run(["calendars", "list", "--json"])) if "CALENDAR" in command else []
            given = [listed[0]["id"] if part == "CALENDAR" else part for part in command]
            for written, real in places.items():
                given = [part.replace(written, real) for part in given]
            said.append(run(given))
        assert "3 meetings in the next seven days" in said[0]
        assert "Published" in said[1]
        assert "3 meetings in the next seven days to which a bot would go:" in said[2]
        assert "2 meetings in the next seven days to which a bot goes:" in said[3]
        assert "Work is connected" in said[-2]
        assert "0 events changed" in run(["calendars", "sync"])
        calendars = json.loads(run(["calendars", "list", "--json"]))
        assert [(each["provider"], each["state"]) for each in calendars] == [
            ("ics", "connected"),
            ("caldav", "connected"),
        ]
        for each in calendars:
            run(["calendars", "remove", each["id"][:23]])
        assert "No calendar" in run(["calendars", "list"])
    kept = (tmp_path / "data" / "minutebook.db").read_bytes()
    assert PASSWORD.encode() not in kept

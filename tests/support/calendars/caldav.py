"""Real CalDAV servers, in processes of their own on loopback: Radicale and Xandikos."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from support.calendars.published import ics_of
from support.calendars.world import Truth
from support.server import free_port

USER, PASSWORD = "ada", "correct horse"
CALENDARS = {"radicale": f"/{USER}/work/", "xandikos": "/user/calendars/work/"}
MKCALENDAR = (
    '<?xml version="1.0"?><c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
    "<d:displayname>Work</d:displayname></d:prop></d:set></c:mkcalendar>"
)


class CalDavServer:
    """One server with one calendar, whose objects follow a truth."""

    def __init__(self, name: str, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.calendar = f"{self.base}{CALENDARS[name]}"
        self._http = httpx.Client(auth=(USER, PASSWORD), timeout=20)
        self._there: dict[str, str] = {}

    def make(self) -> None:
        answer = self._http.request("MKCALENDAR", self.calendar, content=MKCALENDAR)
        assert answer.status_code in {201, 405}, (answer.status_code, answer.text)

    def follow(self, truth: Truth) -> None:
        """Put what changed and delete what is gone, one object an event or a series."""
        wanted: dict[str, str] = {}
        for key, single in truth.singles.items():
            part = Truth()
            part.singles = {key: single}
            wanted[key] = ics_of(part)
        for key, series in truth.series.items():
            part = Truth()
            part.series = {key: series}
            wanted[key] = ics_of(part)
        for key, text in wanted.items():
            if self._there.get(key) != text:
                url, kind = f"{self.calendar}{key}.ics", {"content-type": "text/calendar; charset=utf-8"}
                answer = self._http.put(url, content=text.encode(), headers=kind)
                assert answer.is_success, (answer.status_code, answer.text)
        for key in self._there.keys() - wanted.keys():
            assert self._http.delete(f"{self.calendar}{key}.ics").is_success
        self._there = wanted

    def close(self) -> None:
        self._http.close()


@contextmanager
def caldav_server(name: str, folder: Path) -> Iterator[CalDavServer]:
    """A running server."""
    port = free_port()
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD}\n")
    hosts, collections = f"127.0.0.1:{port}", str(folder / "collections")
    auth = ("--auth-type", "htpasswd", "--auth-htpasswd-filename", str(users), "--auth-htpasswd-encryption", "plain")
    commands = {
        "radicale": ("-m", "radicale", "--hosts", hosts, "--storage-filesystem-folder", collections, *auth),
        "xandikos": (
            *("-m", "xandikos", "serve", "-d", collections, "--defaults", "-l", "127.0.0.1", "-p", str(port)),
            *("--no-detect-systemd", "--state-dir", str(folder / "state")),
        ),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *commands[name]], stdout=log, stderr=log)
        server = CalDavServer(name, port)
        try:
            _wait(server, process, folder / "log")
            server.make()
            yield server
        finally:
            server.close()
            process.terminate()
            process.wait(20)


def _wait(server: CalDavServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(server.base, timeout=2)
        except httpx.HTTPError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text())

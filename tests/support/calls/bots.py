"""An installation that sends bots, as a v1 client sees it, and the processes that work there."""

import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from support.calls.chromium import CHROMIUM
from support.server import Server, client_of

ATTEMPT = "MINUTEBOOK_BOT_ATTEMPT"
QUICK = {
    "MINUTEBOOK_JOBS__POLL_S": "0.1",
    "MINUTEBOOK_JOBS__HEARTBEAT_S": "0.5",
    "MINUTEBOOK_JOBS__LEASE_S": "3",
    "MINUTEBOOK_OUTGOING__ALLOW": "127.0.0.1",
}


class BotServer(Server):
    """A server whose bots may join the tests' pages. `token` and `key` are the owner's, for the two APIs."""

    def __init__(self, data_dir: Path, pages_url: str, environment: Mapping[str, str] | None = None) -> None:
        pages = {"MINUTEBOOK_BOTS__WEBRTC_PAGES": pages_url, "MINUTEBOOK_BOTS__CHROMIUM": str(CHROMIUM)}
        super().__init__(data_dir, QUICK | pages | dict(environment or {}))
        self.token = ""
        self.key = ""

    def set_up(self) -> None:
        """Start for the first time, with an owner."""
        self.start()
        self.token, self.key = self.owner("create-token", "create-api-key")

    def v1(self) -> httpx.Client:
        """A client of the v1 API."""
        return httpx.Client(base_url=self.url, headers={"x-meeting-baas-api-key": self.key}, timeout=30)

    def paxs(self) -> httpx.Client:
        """A client of the PAXS API, of the same user."""
        return client_of(self, self.token)

    def send(self, meeting_url: str, **wish: object) -> str:
        """`POST /bots/`; the id of the bot."""
        with self.v1() as client:
            answer = client.post("/bots/", json={"meeting_url": meeting_url, "bot_name": "Minutebook"} | wish)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["bot_id"])

    def leave(self, bot_id: str) -> None:
        with self.v1() as client:
            answer = client.delete(f"/bots/{bot_id}")
        assert (answer.status_code, answer.json()) == (200, {"ok": True}), answer.text

    def meeting_data(self, bot_id: str) -> dict[str, Any]:
        with self.v1() as client:
            answer = client.get("/bots/meeting_data", params={"bot_id": bot_id})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def recorded_meetings(self) -> list[dict[str, Any]]:
        """The meetings of the PAXS API that have a recording."""
        with self.paxs() as client:
            answer = client.get("/api/sessions", params={"page_size": 100})
        assert answer.status_code == 200, answer.text
        return [meeting for meeting in answer.json()["items"] if meeting["recording"]]

    def fetch(self, url: str, to: Path) -> Path:
        """Download from a signed link, without any key."""
        answer = httpx.get(url, timeout=60)
        assert answer.status_code == 200, (url, answer.text)
        to.write_bytes(answer.content)
        return to

    def children(self, *words: str) -> list[psutil.Process]:
        """Processes that this server started whose command line has all the words."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if set(words) <= set(child.cmdline()):
                    found.append(child)
        return found


@contextmanager
def bot_server(data_dir: Path, pages_url: str, environment: Mapping[str, str] | None = None) -> Iterator[BotServer]:
    """A running installation; whatever its bots leave behind is ended with it."""
    server = BotServer(data_dir, pages_url, environment)
    server.set_up()
    try:
        yield server
    finally:
        server.stop()
        for process in attempts(str(data_dir)):
            with suppress(psutil.NoSuchProcess):
                process.kill()


def attempts(owner: str) -> list[psutil.Process]:
    """The processes of bots' attempts in whose environment `owner` stands: a bot's id, or a data directory."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            environment = process.environ()
            if ATTEMPT in environment and any(owner in value for value in environment.values()):
                found.append(process)
    return found


def runners(bot_id: str) -> list[psutil.Process]:
    """The runners of a bot."""
    return [each for each in attempts(bot_id) if _is(each, "bot", "run")]


def browsers(bot_id: str) -> list[psutil.Process]:
    """The main processes of a bot's browsers: those that are no helpers of another one."""
    return [
        each
        for each in attempts(bot_id)
        if any("--remote-debugging" in word for word in _words(each)) and not any("--type=" in w for w in _words(each))
    ]


def wait_gone(bot_id: str, within_s: float) -> float:
    """Until no process of a bot is left; returns how long that took."""
    begun = time.monotonic()
    while left := attempts(bot_id):
        if time.monotonic() - begun > within_s:
            raise AssertionError(f"after {within_s:.0f} s still there: {[(p.pid, _words(p)[:4]) for p in left]}")
        time.sleep(0.2)
    return time.monotonic() - begun


def kill(processes: Iterable[psutil.Process]) -> int:
    """kill -9; how many."""
    killed = 0
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
    return killed


def _words(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        found: list[str] = process.cmdline()
        return found
    return []


def _is(process: psutil.Process, *words: str) -> bool:
    return set(words) <= set(_words(process))

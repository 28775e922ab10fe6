"""A home for one runner, and the runner itself as a process: to see what it reports when its rules are short."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from minutebook.bots.protocol import CommandAnswer, CommandOrder, Orders, ReportKind, RunnerReport, Ticket, to_json

TOKEN = "a-token-of-the-tests"


class RunnerAtHome:
    """A runner process and what it told. `reports` are in order; `pieces` by stream and index,
    `times` their start (epoch) and length in ms. `commands` are given until they are answered, `sounds` are what they
    have the bot say."""

    def __init__(self, orders: Orders, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.orders = orders
        self.reports: list[RunnerReport] = []
        self.pieces: dict[tuple[str, int], bytes] = {}
        self.times: dict[tuple[str, int], tuple[int, int]] = {}
        self.stop_requested = False
        self.commands: list[CommandOrder] = []
        self.sounds: dict[str, bytes] = {}
        self.answers: dict[str, CommandAnswer] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, name="home", daemon=True).start()
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "runner.log"
        home = f"http://127.0.0.1:{self._server.server_address[1]}"
        ticket = Ticket(home, orders.bot_id, orders.attempt, TOKEN, str(folder / "spool"))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "minutebook", "bot", "run"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ
                | {"MINUTEBOOK_BOT_ATTEMPT": f"{orders.bot_id}/{orders.attempt}"}
                | dict(environment or {}),
            )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(to_json(ticket)).encode() + b"\n")
        self.process.stdin.close()

    @property
    def states(self) -> list[str]:
        """The states that were reached, in order."""
        return [str(each.state) for each in self.reports if each.kind is ReportKind.STATE]

    @property
    def ending(self) -> RunnerReport | None:
        return next((each for each in self.reports if each.kind is ReportKind.ENDED), None)

    def wait_state(self, state: str, within_s: float = 60.0) -> RunnerReport:
        """Until a state is reported."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for each in self.reports:
                if each.state == state:
                    return each
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"never {state}: {self.states}, {self.ending}; {self.log.read_text()[-3000:]}")

    def do(self, *orders: CommandOrder, within_s: float = 60.0) -> list[CommandAnswer]:
        """Tell the bot these at once; what it answers."""
        self.commands = list(orders)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and not all(each.id in self.answers for each in orders):
            time.sleep(0.05)
        missing = [each.kind for each in orders if each.id not in self.answers]
        assert not missing, (missing, self.log.read_text()[-3000:])
        return [self.answers[each.id] for each in orders]

    def wait_end(self, within_s: float = 60.0) -> RunnerReport:
        """Until the end is reported and the process has gone."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still there: {self.states}; {self.log.read_text()[-3000:]}") from None
        assert self.ending is not None, self.log.read_text()[-3000:]
        return self.ending

    def request_stop(self) -> None:
        """The bot is told to leave, with its next heartbeat."""
        self.stop_requested = True

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        home = self
        # A token is good for the bot as a whole: an attempt delivers what earlier ones left behind.
        ours = re.compile(rf"/internal/bots/{self.orders.bot_id}/attempts/\d+/")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                address = urlsplit(self.path)
                answer: dict[str, object] | bytes | None = None
                found = ours.match(address.path)
                if self.headers.get("authorization") == f"Bearer {TOKEN}" and found:
                    answer = home.answer(address.path[found.end() :], body, address.query)
                self.send_response(404 if answer is None else 200)
                data = answer if isinstance(answer, bytes) else json.dumps(answer or {}).encode()
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = _respond  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def answer(self, path: str, body: bytes, query: str = "") -> dict[str, object] | bytes | None:
        """What home says, as `bots.protocol` lays it down; None for an address that does not exist."""
        match path.split("/"):
            case ["orders"]:
                return asdict(self.orders)
            case ["heartbeat"]:
                for row in json.loads(body)["answers"]:
                    self.answers[row["id"]] = CommandAnswer(**row)
                waiting = [asdict(each) for each in self.commands if each.id not in self.answers]
                return {"stop": self.stop_requested, "commands": waiting}
            case ["commands", command, "sound"]:
                return self.sounds.get(command)
            case ["reports"]:
                for row in json.loads(body):
                    if row["seq"] == len(self.reports):
                        self.reports.append(RunnerReport(**{**row, "kind": ReportKind(row["kind"])}))
                return {"next": len(self.reports)}
            case ["media", stream, index]:
                self.pieces[stream, int(index)] = body
                times = parse_qs(query)
                self.times[stream, int(index)] = (int(times["start_ms"][0]), int(times["length_ms"][0]))
                return {}
            case ["screenshots", _]:
                return {}
            case _:
                return None


def orders_for(address: str, bot_id: str, **rules: int) -> Orders:
    """Orders for a bot without picture on a page, with rules (`waiting_room_s`, `silence_s` …) as short as wanted."""
    leave = {"waiting_room_s": 60, "noone_joined_s": 60, "silence_s": 60, "alone_s": 60, "longest_s": 600}
    plain = Orders(bot_id, 1, "Minutebook", address, "webrtc", video=False, leave={})
    return replace(plain, leave={**leave, **rules})


@contextmanager
def runner(orders: Orders, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[RunnerAtHome]:
    """A runner for the length of a block; `environment` adds settings."""
    running = RunnerAtHome(orders, folder, environment)
    try:
        yield running
    finally:
        running.close()

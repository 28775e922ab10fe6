"""A real `minutebook serve` in processes of its own, for tests that kill, restart and measure it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

EMAIL = "owner@example.com"
PASSWORD = "correct horse battery staple"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 30.0
SEVERAL = """
import json, sys
from minutebook.cli import main
for arguments in json.loads(sys.argv.pop()):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
    print(end="\\0")
"""
"""Runs commands one behind the other; what each prints ends with a zero."""


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """Start, kill and restart one installation. `environment` adds settings (database, storage, model …),
    `open_files` is the most that the process may have open."""

    data_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    open_files: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data_dir / "server.log"

    def _environment(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("MINUTEBOOK_")}
        return clean | {"MINUTEBOOK_DATA_DIR": str(self.data_dir)} | dict(self.environment)

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Run another `minutebook` command on the same installation; returns what it printed."""
        return self._run("-m", "minutebook", *arguments, stdin=stdin)

    def commands(self, *several: Sequence[str], stdin: str = "") -> list[str]:
        """Several commands, one behind the other in one process: loading what they need takes longer than they do."""
        printed = self._run("-c", SEVERAL, json.dumps(several), stdin=stdin).split("\0")
        return [each.strip() for each in printed[:-1]]

    def _run(self, *arguments: str, stdin: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> None:
        """Start and wait until it is ready."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._limited(), sys.executable, "-m", "minutebook", "serve", "--port", str(self.port)],
                env=self._environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_ready()

    def _limited(self) -> list[str]:
        return ["bash", "-c", f'ulimit -n {self.open_files}; exec "$@"', "limited"] if self.open_files else []

    def wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready after {READY_WITHIN_S} s: {self.log.read_text()}")

    def workers(self) -> list[int]:
        """Process ids of the worker processes that this server started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def kill(self) -> None:
        """kill -9 of the server process alone; its workers must notice by themselves."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOPPED_WITHIN_S)
        self.process = None

    def stop(self) -> None:
        """An orderly stop."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(STOPPED_WITHIN_S)
        self.process = None

    def owner_token(self) -> str:
        """Create the owner and an access token."""
        return self.owner("create-token")[0]

    def owner(self, *secrets: str, email: str = EMAIL) -> list[str]:
        """Create the owner, or another user, and these secrets of theirs: `create-token`, `create-api-key`."""
        user = ("admin", "create-user", email, "--password-stdin")
        return self.commands(user, *(("admin", secret, email) for secret in secrets), stdin=PASSWORD)[1:]


def client_of(server: Server, token: str) -> httpx.Client:
    """A plain HTTP client with the token."""
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def create_meeting(client: httpx.Client, title: str = "Test") -> str:
    """A meeting with one attendee; returns its id."""
    attendees = [{"email": "ada@example.com", "displayName": "Ada Lovelace"}]
    answer = client.post("/api/sessions", json={"title": title, "attendees": attendees})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def upload(client: httpx.Client, session_id: str, path: Path, media_type: str = "audio/flac") -> str:
    """Upload a recording; returns its id."""
    with path.open("rb") as file:
        answer = client.post(
            "/api/recordings", data={"session_id": session_id}, files={"file": (path.name, file, media_type)}
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def reports(client: httpx.Client, recording_id: str, session_id: str) -> dict[str, dict[str, object]]:
    """The newest report of each type."""
    answer = client.get(f"/api/recordings/{recording_id}/analysis", params={"session_id": session_id})
    assert answer.status_code == 200, answer.text
    return {report["analysis_type"]: report for report in answer.json()}


def wait_final(
    client: httpx.Client, recording_id: str, session_id: str, within_s: float
) -> dict[str, dict[str, object]]:
    """Wait until no report is open any more."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            found = reports(client, recording_id, session_id)
            if found and all(report["status"] in {"completed", "failed"} for report in found.values()):
                return found
        time.sleep(0.3)
    raise AssertionError(f"not final after {within_s} s: {found}")

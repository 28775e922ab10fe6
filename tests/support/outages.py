"""What can be taken away from a running installation for a while, and given back: a speech endpoint, the way to a
server, the room on a disk, a worker's processor."""

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from support.server import free_port

SAID = {
    "text": "We launch on Monday.",
    "language": "english",
    "words": [
        {"word": word, "start": 0.2 * place, "end": 0.2 * place + 0.15}
        for place, word in enumerate(["We", "launch", "on", "Monday."])
    ],
    "segments": [{"start": 0.0, "end": 0.8, "avg_logprob": -0.1, "no_speech_prob": 0.01, "text": "We launch."}],
}


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body: ClassVar[bytes] = json.dumps(SAID).encode()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Listening(ThreadingHTTPServer):
    """Knows its connections, so that they end with it: one that is kept alive would be answered in an outage."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Answer)
        self.connections: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def server_close(self) -> None:
        super().server_close()
        for each in self.connections:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Endpoint:
    """An OpenAI-compatible endpoint that hears the same in everything."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: _Listening | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        self._server = _Listening(self.port)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()


class Relay:
    """A loopback port that leads to another one; stopped, it refuses and breaks off what was open."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self._to = to
        self._open: list[socket.socket] = []
        self._listening: socket.socket | None = None

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stop(self) -> None:
        assert self._listening is not None
        # A listener in accept() stays open until that returns.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                threading.Thread(target=self._relay, args=(near,), daemon=True).start()

    def _relay(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._to)) as far:
            self._open += [near, far]
            back = threading.Thread(target=_copy, args=(far, near), daemon=True)
            back.start()
            _copy(near, far)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def small_disk(at: Path, mebibytes: int) -> Iterator[Callable[[], Path] | None]:
    """A disk of its own; gives what fills it to the last byte (removing the returned file ends that), or None where
    nothing may be mounted."""
    at.mkdir(parents=True)
    size = f"size={mebibytes}m"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", at], capture_output=True, check=False)
    if done.returncode != 0:
        yield None
        return

    def fill() -> Path:
        ballast = at / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        return ballast

    try:
        yield fill
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that gets no processor."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)

"""Real servers on loopback that a bot talks to: one for webhooks, one for its sound."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server as SocketServer
from websockets.sync.server import ServerConnection, serve


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as it came. `at` is seconds since the epoch."""

    at: float
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def event(self) -> str:
        return str(self.body["event"])

    @property
    def bot_id(self) -> str:
        return str(self.body["data"]["bot_id"])

    @property
    def code(self) -> str | None:
        """The status code of a `bot.status_change`."""
        status = self.body["data"].get("status")
        return status["code"] if isinstance(status, dict) else None


class WebhookReceiver:
    """Keeps everything and answers 200."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                headers = {key.lower(): value for key, value in self.headers.items()}
                receiver.deliveries.append(Delivery(time.time(), headers, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="webhooks", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

    def of(self, bot_id: str) -> list[Delivery]:
        """What came for one bot, once per event id, in the order of arrival."""
        unique = {each.headers["webhook-id"]: each for each in reversed(self.deliveries) if each.bot_id == bot_id}
        return list(reversed(unique.values()))

    def told(self, bot_id: str) -> list[str]:
        """The same in short: status codes, and the names of other events."""
        return [each.code or each.event for each in self.of(bot_id)]

    def wait(self, bot_id: str, what: str, within_s: float = 60.0) -> Delivery:
        """Until a status code or an event has come for a bot."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for each in self.of(bot_id):
                if what in {each.code, each.event}:
                    return each
            time.sleep(0.05)
        raise AssertionError(f"no {what} for {bot_id} within {within_s:.0f} s: {self.told(bot_id)}")

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@dataclass
class Listener:
    """A WebSocket server that a bot streams to. `sound` is what came as binary, `texts` what came as text, both with
    the moment of their arrival (seconds since the epoch); `send` speaks to every bot that is connected."""

    path: str = "/listen?token=a%20b"
    paths: list[str] = field(default_factory=list)
    texts: list[tuple[float, Any]] = field(default_factory=list)
    sound: list[tuple[float, bytes]] = field(default_factory=list)
    _connections: list[ServerConnection] = field(default_factory=list)
    _server: SocketServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}{self.path}"

    @property
    def pcm(self) -> bytes:
        return b"".join(data for _, data in self.sound)

    def send(self, pcm: bytes, rate: int) -> None:
        """Send s16le samples in pieces of 100 ms, as fast as they are heard."""
        piece = rate // 10 * 2
        begun = time.monotonic()
        for number, offset in enumerate(range(0, len(pcm), piece)):
            time.sleep(max(0.0, begun + 0.1 * number - time.monotonic()))
            for connection in self._connections:
                connection.send(pcm[offset : offset + piece])

    def start(self) -> None:
        self._server = serve(self._handle, "127.0.0.1", 0, compression=None)
        threading.Thread(target=self._server.serve_forever, name="listener", daemon=True).start()

    def stop(self) -> None:
        assert self._server is not None
        self._server.shutdown()

    def _handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self._connections.append(connection)
        try:
            for message in connection:
                if isinstance(message, str):
                    self.texts.append((time.time(), json.loads(message)))
                else:
                    self.sound.append((time.time(), message))
        except ConnectionClosed:
            pass
        finally:
            self._connections.remove(connection)


@contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    try:
        yield receiver
    finally:
        receiver.stop()


@contextmanager
def listener() -> Iterator[Listener]:
    running = Listener()
    running.start()
    try:
        yield running
    finally:
        running.stop()

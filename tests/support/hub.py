"""A model hub on loopback: repositories as folders of bytes, and what can go wrong with it."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

COMMIT = "5f2c0ffee0"
LARGE = 1000
"""Files from this many bytes on have a sha256 in the listing, as the real hub's have."""


@dataclass
class StandInHub:
    """Serves `repositories`. `cut_after` breaks the next answers off after so many bytes; `spoil` changes a byte of a
    file; without `ranges` it gives every file from its beginning. `requests` are the paths that were asked for."""

    repositories: dict[str, dict[str, bytes]]
    cut_after: list[int] = field(default_factory=list)
    spoil: set[str] = field(default_factory=set)
    ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def listing(self, repository: str) -> dict[str, Any]:
        """As the real hub answers to `?blobs=true`."""
        rows = []
        for name, content in self.repositories[repository].items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            row: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
            if len(content) >= LARGE:
                row["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
            rows.append(row)
        return {"id": repository, "sha": COMMIT, "siblings": rows}


class _Handler(BaseHTTPRequestHandler):
    hub: StandInHub

    def do_GET(self) -> None:
        path, _, _ = self.path.partition("?")
        self.hub.requests.append((path, self.headers.get("Range")))
        if path.startswith("/api/models/"):
            repository = path.removeprefix("/api/models/").split("/revision/")[0]
            self._send(200, json.dumps(self.hub.listing(repository)).encode())
            return
        repository, _, rest = path.strip("/").partition("/resolve/")
        name = rest.partition("/")[2]
        content = self.hub.repositories.get(repository, {}).get(name)
        if content is None:
            self._send(404, b"not found")
            return
        if name in self.hub.spoil:
            content = bytes([content[0] ^ 1]) + content[1:]
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.hub.ranges else 0
        self._send(206 if start else 200, content[start:], breakable=True)

    def _send(self, status: int, body: bytes, breakable: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        keep = self.hub.cut_after.pop(0) if breakable and self.hub.cut_after else len(body)
        self.wfile.write(body[:keep])
        if keep < len(body):
            self.wfile.flush()
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

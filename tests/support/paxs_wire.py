"""The HTTP face of the PAXS double: calls come in as values, uploads are counted and hashed as they stream by."""

import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlsplit

from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PIECE = 256 * 1024


@dataclass
class Part:
    """One part of a form, without its bytes."""

    name: str
    filename: str | None
    content_type: str | None
    size: int = 0
    value: bytes = b""
    sha256: str = ""


@dataclass
class Call:
    """What came in over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    json: dict[str, Any] | None = None
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def bearer(self) -> str | None:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ") or None


class Service(Protocol):
    """What answers; the counters say how many of the next uploads break off midway, and how many answers get lost."""

    calls: list[Call]
    cut_uploads: int
    lose_uploads: int
    lose_refreshes: int

    def answer(self, call: Call) -> tuple[int, dict[str, str], object]: ...


def serving(service: Service) -> ThreadingHTTPServer:
    """A server on a free loopback port, bound and not yet serving."""
    bound = type("Bound", (_Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = True
    server.block_on_close = False
    return server


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        call = Call(self.command, url.path, query, {name.lower(): value for name, value in self.headers.items()})
        kind, options = parse_options_header(call.headers.get("content-type", ""))
        length = int(call.headers.get("content-length", 0))
        if kind == b"multipart/form-data":
            if self._drops_upload(length):
                return
            call.parts = self._form(options[b"boundary"], length)
        elif kind == b"application/json":
            call.json = json.loads(self.rfile.read(length))
        else:
            self.rfile.read(length)
        self.service.calls.append(call)
        status, headers, body = self.service.answer(call)
        if self._loses_answer(call):
            self.close_connection = True
        else:
            self._send(status, headers, body)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815  (the standard library's names)

    def _drops_upload(self, length: int) -> bool:
        if not self.service.cut_uploads:
            return False
        self.service.cut_uploads -= 1
        self.rfile.read(min(length // 2, PIECE))
        self.close_connection = True
        return True

    def _loses_answer(self, call: Call) -> bool:
        if call.parts and self.service.lose_uploads:
            self.service.lose_uploads -= 1
            return True
        if call.path.endswith("/token") and self.service.lose_refreshes:
            self.service.lose_refreshes -= 1
            return True
        return False

    def _form(self, boundary: bytes, length: int) -> dict[str, Part]:
        form = _Form()
        parser = MultipartParser(boundary, form.callbacks())
        while length:
            piece = self.rfile.read(min(length, PIECE))
            if not piece:
                raise ConnectionError("the body ended early")
            length -= len(piece)
            parser.write(piece)
        parser.finalize()
        return form.parts

    def _send(self, status: int, headers: dict[str, str], body: object) -> None:
        text = isinstance(body, str)
        content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8" if text else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Request-Id", f"req-{len(self.service.calls)}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _Form:
    """Collects parts as they stream by; file contents are only counted and hashed."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": lambda data, start, end: setattr(self, "_name", self._name + data[start:end]),
            "on_header_value": lambda data, start, end: setattr(self, "_value", self._value + data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _header_end(self) -> None:
        self._headers[self._name.decode().lower()] = self._value
        self._name = self._value = b""

    def _begin(self) -> None:
        _, options = parse_options_header(self._headers["content-disposition"])
        filename, kind = options.get(b"filename"), self._headers.get("content-type")
        self._part = Part(
            options[b"name"].decode(), filename.decode() if filename else None, kind.decode() if kind else None
        )
        self._hash = hashlib.sha256()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._part.size += end - start
        if self._part.filename is None:
            self._part.value += data[start:end]
        self._hash.update(data[start:end])

    def _end(self) -> None:
        self._part.sha256 = self._hash.hexdigest()
        self.parts[self._part.name] = self._part

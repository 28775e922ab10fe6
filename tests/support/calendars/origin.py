"""Google, Microsoft and Zoom behind one origin, over real HTTP on loopback: what the settings of addresses are for."""

import asyncio
import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from support.calendars.google import FakeGoogle
from support.calendars.graph import FakeGraph
from support.zoom import FakeZoom

HOSTS: Mapping[str, str] = {
    "/token": "oauth2.googleapis.com",
    "/calendar/v3/": "www.googleapis.com",
    "/common/oauth2/": "login.microsoftonline.com",
    "/v1.0/": "graph.microsoft.com",
    "/oauth/token": "zoom.us",
    "/v2/": "api.zoom.us",
}
"""Whose a path is."""


class Origin:
    """The fakes, and where they are."""

    def __init__(self) -> None:
        self.google, self.graph, self.zoom = FakeGoogle(_now), FakeGraph(_now), FakeZoom(_now)
        self.url = ""

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a server that asks here."""
        names = ("GOOGLE__OAUTH", "GOOGLE__API", "MICROSOFT__LOGIN", "MICROSOFT__GRAPH", "ZOOM__OAUTH", "ZOOM__API")
        return {f"MINUTEBOOK_{name}_URL": self.url for name in names} | {"MINUTEBOOK_OUTGOING__ALLOW": "127.0.0.1"}

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the provider says whose path it is."""
        host = next((host for path, host in HOSTS.items() if request.url.path.startswith(path)), None)
        if host is None:
            return httpx.Response(404)
        there = httpx.Request(
            request.method, request.url.copy_with(scheme="https", host=host, port=None),
            headers=request.headers, content=request.content,
        )  # fmt: skip
        if host in {self.zoom.oauth_host, self.zoom.api_host}:
            return asyncio.run(self.zoom.handle(there))
        fake = self.google if host in {self.google.host, self.google.token_host} else self.graph
        return fake.handle(there)


@contextmanager
def origin() -> Iterator[Origin]:
    """The origin, running."""
    made = Origin()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            url = f"{made.url}{self.path}"
            said = made.answer(httpx.Request(self.command, url, headers=dict(self.headers), content=body))
            # Graph's own links lead to where it is asked.
            content = said.content.replace(b"https://graph.microsoft.com", made.url.encode())
            self.send_response(said.status_code)
            self.send_header("content-type", said.headers.get("content-type", "text/plain"))
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 (names of the library)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _now() -> datetime:
    return datetime.now(UTC)

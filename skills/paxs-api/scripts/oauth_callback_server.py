#!/usr/bin/env python3
"""Sign in to a PAXS server through a callback on this machine: prints the link, waits, stores the tokens.

python oauth_callback_server.py --port 3000 --paxs-url https://paxs.example.com
"""

# ruff: noqa: T201  (standard output is how these scripts speak)

from __future__ import annotations

import argparse
import hmac
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from paxs_http import LOCAL, SIGN_IN, Problem, Server, authorization_link, redeem

PATH = "/callback"
WAIT_S = 300
PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>PAXS</title><main><p>{}</p></main></html>'


class Callback(ThreadingHTTPServer):
    """Takes the one answer that carries the right state."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.state = ""
        self.code: str | None = None
        self.refusal: str | None = None
        self.answered = threading.Event()

    def take(self, query: dict[str, list[str]]) -> None:
        """Judge what the browser brought."""
        given = {name: values[0] for name, values in query.items()}
        if not hmac.compare_digest(given.get("state", "").encode(), self.state.encode()):
            self.refusal = "The answer does not belong to this sign-in (wrong state); it was refused."
        elif given.get("error") == "access_denied":
            self.refusal = "Access was refused on the consent page."
        elif not given.get("code"):
            self.refusal = "The server ended the sign-in without a code."
        else:
            self.code = given["code"]


class Handler(BaseHTTPRequestHandler):
    """One page for the browser that comes back."""

    server: Callback
    timeout = 10

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path != PATH or self.server.answered.is_set():
            self.send_error(404)
            return
        self.server.take(parse_qs(url.query))
        text = self.server.refusal or "Signed in. You can close this page."
        body = PAGE.format(text).encode()
        self.send_response(400 if self.server.refusal else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
        self.server.answered.set()

    def log_message(self, format: str, *arguments: object) -> None:
        """The address holds a secret: nothing is logged."""


def sign_in(server: Server, port: int) -> None:
    """Show the link, wait for the browser, exchange the code."""
    try:
        callback = Callback(port)
    except OSError as error:
        raise Problem(f"Port {port} is in use ({error.strerror}). Choose another with --port.", LOCAL) from None
    with callback:
        link, remembered = authorization_link(server, f"http://localhost:{callback.server_address[1]}{PATH}")
        callback.state = remembered["state"]
        print("Open this link to sign in and to let this assistant use your PAXS meetings:", link, sep="\n", flush=True)
        threading.Thread(target=callback.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        answered = callback.answered.wait(WAIT_S)
        callback.shutdown()
    if not answered:
        raise Problem("Nobody signed in within five minutes. Begin again.", SIGN_IN)
    if callback.code is None:
        raise Problem(str(callback.refusal), SIGN_IN)
    redeem(server, remembered, callback.code)


def main() -> int:
    """Run; the exit code says how it ended."""
    parser = argparse.ArgumentParser(description="Sign in to a PAXS server.")
    parser.add_argument("--port", type=int, default=3000, help="port of the callback on this machine")
    parser.add_argument("--paxs-url", help="address of the PAXS server")
    parser.add_argument("--tokens", type=Path, help="token file, instead of the skill's own")
    options = parser.parse_args()
    try:
        sign_in(Server(options.paxs_url, options.tokens), options.port)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    print("Signed in; the tokens are stored.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

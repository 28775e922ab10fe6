"""A real server with 1,024 file descriptors, and more silent connections than that."""

import socket
from contextlib import ExitStack
from pathlib import Path

import httpx

from support.server import Server

IDLE = 1100


def test_idle_connections_do_not_stop_the_server(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"MINUTEBOOK_JOBS__WORKERS": "0", "MINUTEBOOK_BOTS__CONCURRENCY": "0"})
    server.open_files = 1024
    server.start()
    try:
        with ExitStack() as held:
            for i in range(IDLE):
                idle = held.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                if i % 2:
                    idle.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            answers = [httpx.get(f"{server.url}/healthz", timeout=5).status_code for _ in range(20)]
            # And from another address, which is not crowded.
            with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"), timeout=5) as other:
                answers += [other.get(f"{server.url}/healthz").status_code for _ in range(20)]
            # Nobody is believed about the address that they come from.
            spoofed = {"X-Forwarded-For": "203.0.113.1", "X-Forwarded-Host": "evil.example"}
            issuer = httpx.get(f"{server.url}/.well-known/oauth-authorization-server", headers=spoofed).json()["issuer"]
        assert answers == [200] * 40
        assert issuer == server.url
        assert server.log.stat().st_size < 200_000
    finally:
        server.stop()

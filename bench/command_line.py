"""CPU time of the command line's commands, up to the answer to their first request: user and system seconds.

    python bench/command_line.py [PYTHON]

A server of one line answers each request with 404, so that what is measured is the start of a command.
"""

import http.server
import os
import resource
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from minutebook.client import FileTokens, Tokens

RECORDING = Path(__file__).parent.parent / "samples" / "launch.flac"
TIMES = 3


class Nothing(http.server.BaseHTTPRequestHandler):
    """Has nothing."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def commands(server: str, tokens: Path) -> list[list[str]]:
    """What is measured."""
    there = ["--server", server, "--tokens", str(tokens)]
    remote: list[list[str]] = [
        ["whoami"],
        ["meetings", "list"],
        ["meetings", "show", "last"],
        ["export", "last"],
        ["search", "budget"],
        ["analyze", "last", "--type", "key_points"],
        ["process", str(RECORDING), "--attendee", "Ada Lovelace <ada@example.com>"],
    ]
    return [["--version"], ["--help"], ["process", "--help"], *([*each, *there] for each in remote)]


def cpu_s(python: str, arguments: list[str], home: str) -> float:
    """User and system seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clean = {"HOME": home, "PATH": os.environ["PATH"], "COLUMNS": "100"}
    subprocess.run([python, "-m", "minutebook", *arguments], env=clean, cwd=home, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the least of three runs of each command."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server, tempfile.TemporaryDirectory() as home:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address, tokens = f"http://127.0.0.1:{server.server_port}", Path(home) / "tokens.json"
        FileTokens(tokens, address).save(Tokens("none", "none"))
        for arguments in commands(address, tokens):
            least = min(cpu_s(python, arguments, home) for _ in range(TIMES))
            name = " ".join(each for each in arguments if not each.startswith(("http", "/")))
            print(f"{least:6.2f} s  {name}")
        server.shutdown()


if __name__ == "__main__":
    main()

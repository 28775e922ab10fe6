"""`minutebook serve`: what it says, and how it ends when it cannot listen."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from minutebook.cli.serve import from_elsewhere, quiet_on_a_terminal
from minutebook.config import HttpSettings, Settings
from support.server import free_port


def serve(data_dir: Path, port: int) -> subprocess.Popen[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MINUTEBOOK_")}
    alone = {"MINUTEBOOK_JOBS__WORKERS": "0", "MINUTEBOOK_BOTS__CONCURRENCY": "0", "MINUTEBOOK_LOG_LEVEL": "error"}
    return subprocess.Popen(
        [sys.executable, "-m", "minutebook", "serve", "--port", str(port)],
        env=clean | alone | {"MINUTEBOOK_DATA_DIR": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_address_is_told_when_it_answers_and_then_the_link_to_set_up(tmp_path: Path) -> None:
    port = free_port()
    with serve(tmp_path, port) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline() == f"Minutebook listens on http://127.0.0.1:{port}\n"
            link = process.stderr.readline().partition(": ")[2].strip()
            for address in (f"http://127.0.0.1:{port}/healthz", link):
                with urllib.request.urlopen(address, timeout=10) as answer:
                    assert answer.status == 200
        finally:
            process.terminate()
        assert process.stderr.read() == ""


def test_a_port_that_is_taken_has_its_sentence_and_its_exit_code(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with serve(tmp_path, other.getsockname()[1]) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 8
    assert said.startswith("Error (port_taken): Another program listens at 127.0.0.1, port")


def test_who_listens_everywhere_is_told_where_others_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minutebook.cli.serve.own_address", lambda: "192.0.2.7")
    everywhere = HttpSettings(host="0.0.0.0", port=8001)
    assert from_elsewhere(everywhere) == "Other computers of your network reach it at http://192.0.2.7:8001"
    assert from_elsewhere(HttpSettings()) == ""
    assert from_elsewhere(everywhere.model_copy(update={"base_url": "https://minutes.example.com"})) == ""
    monkeypatch.setattr("minutebook.cli.serve.own_address", lambda: None)
    assert from_elsewhere(everywhere) == ""


def test_a_terminal_gets_no_log_of_what_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert quiet_on_a_terminal(Settings(_env_file=None)).log_level == "warning"
    assert quiet_on_a_terminal(Settings(_env_file=None, log_level="info")).log_level == "info"
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert quiet_on_a_terminal(Settings(_env_file=None)).log_level == "info"

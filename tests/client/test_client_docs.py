"""The examples of docs/client.md and docs/skill.md, run as a reader would run them."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

import minutebook.client
from minutebook.cli.app import app
from minutebook.cli.exits import EXIT_CODES, FAILED, INTERRUPTED
from minutebook.cli.remote import connection
from minutebook.client import AsyncPaxs, FileTokens, Paxs, PaxsError, Tokens
from support.media_files import write_recording
from support.paxs_client import Pauses
from support.paxs_double import PaxsDouble

ROOT = Path(__file__).parents[2]
CLIENT = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
SKILL = (ROOT / "docs" / "skill.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: Pauses) -> Path:
    """A folder with recordings and a list of people."""
    for name in ("weekly.m4a", "monday.m4a", "tuesday.mp3", "talk.m4a"):
        write_recording(tmp_path / name, 1.0)
    (tmp_path / "people.csv").write_text("name,email\nAda Lovelace,ada@example.com\n")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("minutebook.client.Paxs", partial(Paxs, sleep=pauses))
    monkeypatch.setattr("minutebook.client.AsyncPaxs", partial(AsyncPaxs, sleep=pauses.awaited))
    monkeypatch.setattr(connection, "Paxs", partial(Paxs, sleep=pauses))
    return tmp_path


def open_link(link: str) -> bool:
    threading.Thread(target=httpx.get, args=(link,), kwargs={"follow_redirects": True}, daemon=True).start()
    return True


def test_the_commands_of_the_client_page(
    desk: Path, double: PaxsDouble, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setattr("webbrowser.open", open_link)
    commands = [line for block in blocks(CLIENT, "console") for line in block.splitlines()]
    assert len(commands) == 12
    for command in commands:
        program, *arguments = shlex.split(command.replace(ADDRESS, double.url))
        assert program == "minutebook"
        arguments += ["--port", str(unused_port)] if arguments[0] == "login" else []
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"{command}: {done.output}"
    assert (desk / "board.srt").read_text().startswith("srt")
    assert {held["title"] for held in double.sessions.values()} == {"weekly.m4a", "monday.m4a", "tuesday.mp3"}


def test_the_python_of_the_client_page(desk: Path, double: PaxsDouble, capsys: pytest.CaptureFixture[str]) -> None:
    FileTokens(desk / "tokens.json", double.url).save(Tokens(**double.issue()))
    names: dict[str, object] = {}
    for block in blocks(CLIENT, "python"):
        exec(compile(block.replace(ADDRESS, double.url), "docs/client.md", "exec"), names)
    said = capsys.readouterr().out
    for part in (
        "# Weekly",
        "('The launch is on Thursday.',)",
        "Ada Lovelace",
        "100%",
        "Speaker 2: Agreed.",
        "['weekly.m4a']",
    ):
        assert part in said


def test_the_client_page_names_every_method_and_error() -> None:
    with Paxs(ADDRESS) as client:
        for resource in ("users", "sessions", "recordings", "analysis", "oauth"):
            [row] = re.findall(rf"^\| `{resource}` \| (.*) \|$", CLIENT, re.MULTILINE)
            methods = {name for name in dir(getattr(client, resource)) if not name.startswith("_")}
            assert set(re.findall(r"`(\w+)`", row)) == methods
    for name, value in vars(minutebook.client).items():
        if isinstance(value, type) and issubclass(value, PaxsError):
            assert f"`{name}`" in CLIENT


def test_the_client_page_lists_every_exit_code() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", CLIENT, re.MULTILINE)}
    assert listed == {0, FAILED, INTERRUPTED, *EXIT_CODES.values()}


def test_the_commands_of_the_skill_page(desk: Path, double: PaxsDouble) -> None:
    (desk / "time").mkdir()
    (desk / "time" / "sitecustomize.py").write_text("import time\ntime.sleep = lambda seconds: None\n")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MINUTEBOOK": str(ROOT),
        "PAXS_URL": double.url,
        "PYTHONPATH": str(desk / "time"),
    }
    said = []
    for command in (line for block in blocks(SKILL, "console") for line in block.splitlines()):
        done = subprocess.run(
            ["bash", "-c", command], cwd=desk, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        said.append(done.stdout)
        if "login-link" in command:
            httpx.get(done.stdout.splitlines()[-1])
    assert len(said) == 7
    assert "Speakers: Speaker 1, Speaker 2" in said[-2]
    kept = json.loads((desk / ".claude/skills/paxs-api/.tokens.json").read_text())
    assert set(kept) == {"access_token", "refresh_token", "server"}

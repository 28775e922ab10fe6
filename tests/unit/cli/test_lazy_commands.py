"""The command line answers fast because a command loads what it needs and nothing else."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import COMMANDS, app, whole
from support.own_records import own_record

RUN = """
import sys
from minutebook.cli import main
sys.argv = ["minutebook", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("loaded:", *sorted(sys.modules))
"""
SERVER = {"minutebook.wiring", "minutebook.records", "minutebook.db", "minutebook.config", "minutebook.api"}
SERVER |= {"sqlalchemy", "numpy", "fastapi", "pydantic_settings", "dbos", "av", "onnxruntime", "babel"}
ELSEWHERE = ("--server", "http://127.0.0.1:9")
"""Nothing listens there, and nobody is signed in: the command ends before its first request."""


def loaded(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={"HOME": str(folder), "COLUMNS": "100"},
    )
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_first_answers_need_no_command(tmp_path: Path, option: str) -> None:
    modules = loaded(tmp_path, option)
    commands = {place.partition(":")[0] for _, place, *_ in COMMANDS}
    assert not modules & (commands | SERVER | {"httpx"})
    assert len({name for name in modules if name.startswith("minutebook")}) <= 9


@pytest.mark.parametrize(
    "command",
    [
        ("whoami",),
        ("meetings", "list"),
        ("export", "last"),
        ("search", "budget"),
        ("analyze", "last", "--type", "key_points"),
        ("process", "https://example.com/weekly.mp3", "--attendee", "Ada <ada@example.com>"),
    ],
    ids=lambda command: command[0],
)
def test_a_client_s_command_loads_no_server(tmp_path: Path, command: tuple[str, ...]) -> None:
    modules = loaded(tmp_path, *command, *ELSEWHERE)
    assert "minutebook.client" in modules
    assert not modules & SERVER


@pytest.mark.parametrize(
    "command",
    [
        ("meetings", "list"),
        ("meetings", "show", "last"),
        ("search", "launch"),
        ("export", "last"),
        ("speakers", "list", "last"),
        ("speakers", "set", "last", "Speaker 1=Grace Hopper"),
        ("correct", "last", "March", "April"),
        ("meetings", "create", "--title", "Weekly", "--attendee", "Ada <ada@example.com>"),
    ],
    ids=" ".join,
)
def test_a_command_on_own_records_loads_what_keeps_them(tmp_path: Path, command: tuple[str, ...]) -> None:
    asyncio.run(own_record(tmp_path / "data", [("speaker_1", "The launch moves to March.")], note="It moves."))
    modules = loaded(tmp_path, *command, "--data-dir", str(tmp_path / "data"))
    assert "minutebook.records" in modules
    beyond = {"minutebook.wiring", "minutebook.working", "minutebook.bots", "minutebook.calendars"}
    beyond |= {"minutebook.webhooks", "minutebook.imports", "minutebook.zoom", "minutebook.speech.pipeline"}
    beyond |= {"minutebook.api.app", "minutebook.api.web", "minutebook.api.baas.routes"}
    beyond |= {"alembic", "numpy", "av", "dbos", "onnxruntime", "playwright", "prometheus_client", "jinja2"}
    assert modules & beyond == set()
    assert len({name for name in modules if name.startswith("minutebook.")}) <= 230


@pytest.mark.parametrize("command", ["admin", "webhooks", "calendars", "backup", "restore", "upgrade"])
def test_an_operator_s_help_loads_no_server(tmp_path: Path, command: str) -> None:
    assert not loaded(tmp_path, command, "--help") & (SERVER - {"minutebook.db"})


@pytest.mark.parametrize(("name", "help"), [(name, help) for name, _, help, _ in COMMANDS])
def test_the_table_says_what_the_commands_say(name: str, help: str) -> None:
    command: Any = whole().commands[name]
    assert " ".join((command.help or "").split()) == help


def test_a_mistyped_command_names_the_nearest() -> None:
    done = CliRunner().invoke(app, ["meeting"])
    assert done.exit_code == 2
    assert "'meetings'" in done.output

"""What commands print: on a terminal wrapped between words, elsewhere in lines as long as what they say."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minutebook.cli import doctor
from minutebook.cli.app import app
from support.own_records import own_record

WORDS = "The supplier in Porto delivers the second half of the printed circuit boards by the tenth of March"
NOTE = f"{WORDS}, and everybody who is on the list of those who test them is told a week before that."


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A meeting with long lines."""
    folder = tmp_path_factory.mktemp("data")
    asyncio.run(own_record(folder, [("speaker_1", NOTE)], title="Boards", note=NOTE))
    return folder


@pytest.fixture(autouse=True)
def here(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """These are this machine's records, and nobody is signed in."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(data_dir))


def printed(*arguments: str, columns: int | None = None) -> list[str]:
    """The lines of a command's output: on a terminal of so many columns, or where there is none."""
    terminal = {"TTY_COMPATIBLE": "1", "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)} if columns else {}
    done = CliRunner().invoke(app, arguments, env=terminal or {"COLUMNS": "80"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output.splitlines()


COMMANDS = (
    ("meetings", "show", "last"),
    ("correct", "last", "--note"),
    ("search", "Porto"),
    ("meetings", "list"),
    ("meetings", "show", f"No such meeting: {NOTE}"),
)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_s_lines_end_between_words(command: tuple[str, ...], columns: int) -> None:
    lines = printed(*command, columns=columns)
    assert max(map(len, lines)) <= columns
    words = set(" ".join(printed(*command)).split())
    assert {word for line in lines for word in line.split()} <= words | {"•", "│", "▌"}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_s_lines_are_neither_wrapped_nor_filled(command: tuple[str, ...]) -> None:
    lines = printed(*command)
    assert [line for line in lines if line != line.rstrip()] == []
    if command != ("meetings", "list"):
        assert any(NOTE in line for line in lines)


@pytest.mark.parametrize("columns", [80, 120, None])
def test_what_doctor_finds_is_wrapped_behind_its_name(
    tmp_path: Path, columns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(_settings: object) -> doctor.Finding:
        return doctor.Finding(True, "there is room for more", NOTE, path="/data")

    monkeypatch.setattr(doctor, "CHECKS", {"system": {"disk": found}})
    lines = printed("doctor", "--data-dir", str(tmp_path), columns=columns)
    assert lines[0].startswith("note  system.disk  there is room for more (/data). The supplier")
    assert (len(lines) == 1) is (columns is None)
    assert all(line.startswith(" " * 19) and len(line) <= (columns or 0) for line in lines[1:])
    assert " ".join(" ".join(lines).split()).endswith(NOTE)
    assert json.loads("".join(printed("doctor", "--data-dir", str(tmp_path), "--json")))["system"]["disk"]["ok"]

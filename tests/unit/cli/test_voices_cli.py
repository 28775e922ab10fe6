"""`minutebook voices`: by hand on the server what the settings do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app


def test_switching_listing_and_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path))

    def said(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["voices", *arguments])
        return done.exit_code, done.output

    assert "remembers no voices" in said("list")[1]
    assert said("on")[0] == 0
    code, output = said("list")
    assert (code, "recognised in" in output) == (0, True)
    assert said("list", "--json") == (0, "[]\n")
    assert "There is no voice “x”. `minutebook voices list` shows what there is." in said("forget", "x")[1]
    assert "There is no such recording" in said("remember", "x", "speaker_1", "--consent", "Yes.")[1]
    assert said("off") == (0, "")
    assert "remembers no voices" in said("list")[1]

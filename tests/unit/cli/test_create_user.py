"""`minutebook admin create-user` says what it did to people, and prints the id to programs."""

import io
import re
import sys
from pathlib import Path

import pytest

from minutebook.cli.admin import create_user

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_sentence_or_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    create_user("ada@example.com", password_stdin=True, name="Ada Lovelace", data_dir=tmp_path)
    said = capsys.readouterr().out.strip()
    if terminal:
        assert re.fullmatch(rf"Ada Lovelace \(ada@example\.com\) has an account now .*\. Its id: {UUID}", said)
    else:
        assert re.fullmatch(UUID, said)

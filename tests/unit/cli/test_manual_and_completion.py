"""The manual page and the completion know every command, since they ask the commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minutebook.cli.app import whole
from minutebook.cli.manual import page


def test_the_manual_names_every_command_option_and_exit_code() -> None:
    text = "\n".join(page(whole()))
    for said in (".SS minutebook process", ".SS minutebook meetings delete", ".B \\-\\-instruction", ".B 130"):
        assert said in text
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith("'")]
    assert {line.split()[0] for line in lines if line.startswith(".")} <= {".TH", ".SH", ".SS", ".TP", ".B", ".I"}


@pytest.mark.parametrize(
    ("shell", "words", "expected"),
    [
        ("bash", {"COMP_WORDS": "minutebook meetings s", "COMP_CWORD": "2"}, "show"),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "minutebook meetings s"}, '"show"'),
        ("fish", {"_TYPER_COMPLETE_ARGS": "minutebook meetings s", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, "show"),
    ],
)
def test_shells_are_told_what_may_follow(tmp_path: Path, shell: str, words: dict[str, str], expected: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "_MINUTEBOOK_COMPLETE": f"complete_{shell}"}
    command = [str(Path(sys.executable).with_name("minutebook"))]
    done = subprocess.run(command, env=environment | words, capture_output=True, text=True, check=False)
    assert expected in done.stdout
    assert done.stderr == ""

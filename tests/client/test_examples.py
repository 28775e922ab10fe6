"""The examples of the client, as their user runs them."""

import os
import subprocess
import sys
from pathlib import Path

from minutebook.client import FileTokens
from support.paxs_double import PaxsDouble

EXAMPLE = Path(__file__).parents[2] / "examples" / "one_shot.py"


def run(folder: Path, double: PaxsDouble, tokens: Path, *recordings: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            str(EXAMPLE),
            double.url,
            str(tokens),
            "Ada Lovelace <ada@example.com>",
            *map(str, recordings),
        ],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_recordings_become_records(
    tmp_path: Path, double: PaxsDouble, store: FileTokens, token_path: Path, recording: Path
) -> None:
    done = run(tmp_path, double, token_path, recording)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# ")
    assert "\n- " in done.stdout


def test_what_failed_is_told_and_counted(
    tmp_path: Path, double: PaxsDouble, store: FileTokens, token_path: Path, recording: Path
) -> None:
    double.failing["transcription"] = 99
    done = run(tmp_path, double, token_path, recording)
    assert done.returncode == 1
    assert str(recording.name) in done.stderr

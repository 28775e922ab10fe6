"""CONTRIBUTING.md names files: all of them are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_path_is_there() -> None:
    named = {each for each in re.findall(r"`([\w./-]+)`", PAGE) if "/" in each}
    assert len(named) > 30
    missing = {
        each for each in named if not any((base / each).exists() for base in (ROOT, ROOT / "src" / "minutebook"))
    }
    assert not missing


def test_ten_questions_have_answers() -> None:
    rows = re.findall(r"^\| Where .+\? \| .*`.+` *.*\|$", PAGE, flags=re.MULTILINE)
    assert len(rows) == 10


def test_every_target_named_is_one_of_make() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for line in re.findall(r"(?:^|`)make ([a-z0-9 -]+)", PAGE, flags=re.MULTILINE):
        assert set(line.split()) <= targets, line

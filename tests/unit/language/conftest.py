"""Scripted meetings, shared with the notes benchmark."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from bench.notes_scoring import Meeting, load  # noqa: E402


@pytest.fixture(scope="session")
def meetings() -> dict[str, Meeting]:
    """The scripted meetings by name."""
    return {meeting.name: meeting for meeting in load(ROOT / "tests" / "data" / "meetings")}

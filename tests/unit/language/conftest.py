"""Scripted meetings, shared with the notes benchmark."""

from pathlib import Path

import pytest
from bench.notes_scoring import Meeting, load

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def meetings() -> dict[str, Meeting]:
    """The scripted meetings by name."""
    return {meeting.name: meeting for meeting in load(ROOT / "tests" / "data" / "meetings")}

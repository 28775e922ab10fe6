"""What the client's tests stand on: the double, time that stands still, small files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from minutebook.client import FileTokens, Paxs, Tokens
from support.paxs_client import Pauses, written
from support.paxs_double import PaxsDouble


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def double() -> Iterator[PaxsDouble]:
    with PaxsDouble() as service:
        yield service


@pytest.fixture
def token_path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "tokens.json"


@pytest.fixture
def store(double: PaxsDouble, token_path: Path) -> FileTokens:
    """A token file with a valid pair."""
    tokens = FileTokens(token_path, double.url)
    tokens.save(Tokens(**double.issue()))
    return tokens


@pytest.fixture
def paxs(double: PaxsDouble, store: FileTokens, pauses: Pauses) -> Iterator[Paxs]:
    """A client that is signed in to the double."""
    with Paxs(double.url, store, sleep=pauses, chance=lambda: 1.0) as client:
        yield client


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file that the double takes for a recording."""
    return written(tmp_path / "weekly.wav")

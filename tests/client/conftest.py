"""What the client's tests stand on: the double, time that stands still, small files."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from minutebook.client import FileTokens, Paxs, Tokens
from support.paxs_client import Pauses, written
from support.paxs_double import PaxsDouble
from support.paxs_target import Target, person
from support.server import EMAIL, PASSWORD, Server, free_port


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


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Our own server in its own processes, with the smallest model."""
    server = Server(tmp_path_factory.mktemp("real") / "data", {"MINUTEBOOK_SPEECH__MODEL": "tiny.en"})
    server.start()
    try:
        server.owner()
        yield Target("real", server.url, EMAIL, person(server.url, EMAIL, PASSWORD))
    finally:
        server.stop()


@pytest.fixture(params=["double", "real"])
def target(request: pytest.FixtureRequest) -> Target:
    """Each server that speaks the protocol: the double and our own."""
    if request.param == "real":
        found: Target = request.getfixturevalue("real_server")
        return found
    service: PaxsDouble = request.getfixturevalue("double")

    def decide(link: str, allow: bool) -> str:
        service.consent = "allow" if allow else "deny"
        return httpx.get(link, follow_redirects=True).text

    return Target("double", service.url, service.user["email"], decide)


@pytest.fixture
def unused_port() -> int:
    """A loopback port that nobody uses at this moment."""
    return free_port()

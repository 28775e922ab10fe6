"""Outages under a real server with work in hand: nothing fails for good, nothing is done twice, and the API says what
is the matter. Here with few recordings and short outages; `make soak` takes each thing away for a minute, from twenty
recordings."""

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from support.audio import looped
from support.backends import S3, Postgres, ServerMissingError, s3
from support.outages import Endpoint, Relay, small_disk, stopped
from support.server import Server, client_of, create_meeting, reports, upload

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
CLIP_S = 6.0
QUICK = {
    "MINUTEBOOK_SPEECH__ENGINE": "openai",
    "MINUTEBOOK_SPEECH__LANGUAGE": "en",
    "MINUTEBOOK_BOTS__CONCURRENCY": "0",
    "MINUTEBOOK_HTTP__RESERVE_BYTES": str(4 << 20),
}
FEW, SHORT_S = 2, 5.0
MANY, LONG_S = 20, 60.0
RECOVERS_WITHIN_S = 900.0


@dataclass
class Rig:
    """An installation, and what can be taken away from it. `seen` is what the API told in the outage."""

    server: Server
    away: Callable[[], AbstractContextManager[None]]
    seen: Callable[["Rig", httpx.Client], object]
    folder: Path
    work: list[tuple[str, str]] = field(default_factory=list)


def sees_503(path: str) -> Callable[[Rig, httpx.Client], object]:
    def seen(_rig: Rig, client: httpx.Client) -> object:
        answer = client.get(path)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        return answer.json()["error"]["code"]

    return seen


def sees_a_refused_upload(rig: Rig, client: httpx.Client) -> object:
    """At once, and `/readyz` says why."""
    session = create_meeting_if_possible(client) or rig.work[0][0]
    with (rig.folder / "clip.flac").open("rb") as file:
        answer = client.post(
            "/api/recordings", data={"session_id": session}, files={"file": ("c.flac", file, "audio/flac")}
        )
    assert answer.status_code == 503, answer.text
    time.sleep(3.5)  # readiness is looked at every three seconds
    ready = httpx.get(f"{rig.server.url}/readyz", timeout=20)
    assert ready.status_code == 503
    return answer.json()["error"]["code"], {name: said for name, said in ready.json()["checks"].items() if said != "ok"}


def create_meeting_if_possible(client: httpx.Client) -> str | None:
    answer = client.post("/api/sessions", json={"title": "In the outage", "attendees": [{"email": "a@example.com"}]})
    return str(answer.json()["id"]) if answer.status_code == 201 else None


def sees_what_is_waited_for(rig: Rig, client: httpx.Client) -> object:
    """Some report says what it waits for and since when."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for session, recording in rig.work:
            waiting = reports(client, recording, session)["transcription"]["waiting"]
            if isinstance(waiting, dict):
                assert waiting["since"]
                return waiting["code"]
        time.sleep(0.5)
    raise AssertionError("no report says what it waits for")


def sees_health(rig: Rig, _client: httpx.Client) -> object:
    return httpx.get(f"{rig.server.url}/healthz", timeout=5).status_code


@contextmanager
def gone(stop: Callable[[], object], start: Callable[[], object]) -> Iterator[None]:
    stop()
    try:
        yield
    finally:
        start()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    serving = Endpoint()
    serving.start()
    yield serving
    serving.stop()


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack, endpoint: Endpoint) -> Iterator[Rig]:
    environment = QUICK | {"MINUTEBOOK_SPEECH__BASE_URL": endpoint.url}
    made = BUILDERS[request.param](tmp_path, environment, stack, endpoint)
    looped(SAMPLE, tmp_path / "clip.flac", CLIP_S)
    made.server.start()
    yield made
    made.server.stop()


Builder = Callable[[Path, dict[str, str], ExitStack, Endpoint], Rig]


def with_endpoint(folder: Path, environment: dict[str, str], _stack: ExitStack, endpoint: Endpoint) -> Rig:
    server = Server(folder / "data", environment)
    return Rig(server, lambda: gone(endpoint.stop, endpoint.start), sees_what_is_waited_for, folder)


def with_postgres(folder: Path, environment: dict[str, str], stack: ExitStack, _endpoint: Endpoint) -> Rig:
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mbpg", ignore_cleanup_errors=True)))
    try:
        database = Postgres(place)
    except ServerMissingError as missing:
        pytest.skip(str(missing))
    stack.callback(database.stop)
    url = database.new_database(empty=True)
    server = Server(folder / "data", environment | {"MINUTEBOOK_DATABASE_URL": url})
    return Rig(server, lambda: gone(database.pause, database.resume), sees_503("/api/sessions"), folder)


def with_s3(folder: Path, environment: dict[str, str], stack: ExitStack, _endpoint: Endpoint) -> Rig:
    try:
        bucket = stack.enter_context(s3())
    except ServerMissingError as missing:
        pytest.skip(str(missing))
    relay = Relay(int(bucket.endpoint.rpartition(":")[2]))
    relay.start()
    stack.callback(relay.stop)
    storage = {
        "MINUTEBOOK_STORAGE_URL": f"s3://{S3.bucket}/chaos",
        "MINUTEBOOK_STORAGE_ENDPOINT": f"http://127.0.0.1:{relay.port}",
        "MINUTEBOOK_STORAGE_ACCESS_KEY": S3.access_key,
        "MINUTEBOOK_STORAGE_SECRET_KEY": S3.secret_key,
    }
    server = Server(folder / "data", environment | storage)
    return Rig(server, lambda: gone(relay.stop, relay.start), sees_what_is_waited_for, folder)


def with_disk(folder: Path, environment: dict[str, str], stack: ExitStack, _endpoint: Endpoint) -> Rig:
    fill = stack.enter_context(small_disk(folder / "disk", 64))
    if fill is None:
        pytest.skip("no disk can be mounted here")

    @contextmanager
    def away() -> Iterator[None]:
        ballast = fill()
        try:
            yield
        finally:
            ballast.unlink()

    return Rig(Server(folder / "disk" / "data", environment), away, sees_a_refused_upload, folder)


def with_workers(folder: Path, environment: dict[str, str], _stack: ExitStack, _endpoint: Endpoint) -> Rig:
    """Two workers, one of which gets no processor: the other takes its work over."""
    server = Server(folder / "data", environment | {"MINUTEBOOK_JOBS__WORKERS": "2"})
    return Rig(server, lambda: stopped(server.workers()[0]), sees_health, folder)


BUILDERS: dict[str, Builder] = {
    "endpoint": with_endpoint,
    "postgres": with_postgres,
    "s3": with_s3,
    "disk": with_disk,
    "worker": with_workers,
}


def costs_nothing(rig: Rig, count: int, away_s: float) -> None:
    clip, begun = rig.folder / "clip.flac", time.monotonic()
    with client_of(rig.server, rig.server.owner_token()) as client:
        for number in range(count):
            session = create_meeting(client, f"Recording {number}")
            rig.work.append((session, upload(client, session, clip)))
        wait_until_at_work(client, rig)
        with rig.away():
            since = time.monotonic()
            time.sleep(1.0)
            told = rig.seen(rig, client)
            time.sleep(max(0.0, away_s - (time.monotonic() - since)))
            lasted = time.monotonic() - since
        outcome = wait_until_ended(client, rig)
    doubled = {step: n for step, n in finished(rig.server).items() if n > 1}
    print(f"away {lasted:.0f} s, told {told}; {outcome}; doubled {doubled}; {time.monotonic() - begun:.0f} s in all")
    assert outcome == {("transcription", "completed", 1): count, ("meeting note", "completed", 1): count}
    assert not doubled


def wait_until_at_work(client: httpx.Client, rig: Rig) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [reports(client, recording, session)["transcription"] for session, recording in rig.work]
        if any(report["status"] != "pending" for report in found):
            return
        time.sleep(0.2)
    raise AssertionError("no work has begun")


def wait_until_ended(client: httpx.Client, rig: Rig) -> Counter[tuple[str, str, int]]:
    """How many reports of each type came to which end, in which version; work of an outage may wait a minute for the
    next look."""
    deadline = time.monotonic() + RECOVERS_WITHIN_S
    while time.monotonic() < deadline:
        found = [
            (str(report["analysis_type"]), str(report["status"]), int(str(report["version"])))
            for session, recording in rig.work
            for report in reports(client, recording, session).values()
        ]
        if all(status in {"completed", "failed"} for _, status, _ in found):
            return Counter(found)
        time.sleep(3.0)
    raise AssertionError(f"not ended: {Counter(found)}: {rig.server.log.read_text()[-3000:]}")


def finished(server: Server) -> Counter[str]:
    """How often each report was completed: the last steps of the durable work, from the workers' log."""
    text = server.log.read_text(encoding="utf-8", errors="replace")
    return Counter(re.findall(r"report \S+: finished step (?:finish|make)\b", text))


@pytest.mark.parametrize("rig", ["endpoint", "postgres"], indirect=True)
def test_an_outage_costs_nothing(rig: Rig) -> None:
    costs_nothing(rig, FEW, SHORT_S)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rig", list(BUILDERS), indirect=True)
def test_a_minute_without_it_costs_nothing(rig: Rig) -> None:
    costs_nothing(rig, MANY, LONG_S)

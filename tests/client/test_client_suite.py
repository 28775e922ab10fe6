"""One suite for every server that speaks the protocol: what the client relies on, and what it makes of it."""

import hashlib
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minutebook.client import (
    AnalysisType,
    AsyncPaxs,
    Attendee,
    BadRequest,
    CodeExpired,
    ConsentDenied,
    FileLedger,
    FileTokens,
    MemoryTokens,
    NotAuthenticated,
    NotFound,
    Paxs,
    Polling,
    Tokens,
    Wishes,
    WrongState,
)
from minutebook.client.protocol import operations
from minutebook.client.protocol.request import Operation, Request
from minutebook.client.sign_in.flows import SignIn, by_code
from support.audio import looped
from support.media_files import EXTENSIONS, write_recording
from support.paxs_client import ADA, on_disk
from support.paxs_target import Target, brief

PATIENT = Polling(at_most=400)
SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


@pytest.fixture
def client(target: Target, path: Path) -> Iterator[Paxs]:
    store = FileTokens(path, target.url)
    store.save(target.tokens())
    with Paxs(target.url, store, sleep=brief) as client:
        yield client


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample meeting's first twelve seconds."""
    return looped(SAMPLE, tmp_path_factory.mktemp("speech") / "launch.flac", 12.0)


# signing in


def test_sign_in_through_the_callback(target: Target, path: Path) -> None:
    with Paxs(target.url, FileTokens(path, target.url), sleep=brief) as client:
        pages: list[str] = []

        def invite(link: str) -> None:
            threading.Thread(target=lambda: pages.append(target.decide(link, True)), daemon=True).start()

        client.oauth.by_callback(invite, port=0, wait_s=30)
        assert client.users.me().email == target.email


async def test_sign_in_by_agent(target: Target, path: Path) -> None:
    async def pause(seconds: float) -> None:
        brief(seconds)

    async with AsyncPaxs(target.url, FileTokens(path, target.url), sleep=pause) as client:
        await client.oauth.by_agent(lambda link: target.decide(link, True))
        assert (await client.users.me()).email == target.email


def test_consent_denied(target: Target, path: Path) -> None:
    store = FileTokens(path, target.url)
    with Paxs(target.url, store, sleep=brief) as client:

        def refuse(link: str) -> None:
            threading.Thread(target=target.decide, args=(link, False), daemon=True).start()

        with pytest.raises(ConsentDenied):
            client.oauth.by_callback(refuse, port=0, wait_s=30)
        with pytest.raises(ConsentDenied):
            client.oauth.by_agent(lambda link: target.decide(link, False))
    assert store.load() is None


def test_a_wrong_state_is_refused(target: Target, path: Path) -> None:
    with Paxs(target.url, FileTokens(path, target.url), sleep=brief) as client:

        def forge(link: str) -> None:
            head, _, state = link.partition("state=")
            forged = head + "state=" + "A" * 43 + state[43:]
            threading.Thread(target=target.decide, args=(forged, True), daemon=True).start()

        with pytest.raises(WrongState):
            client.oauth.by_callback(forge, port=0, wait_s=30)


def test_a_code_works_once(target: Target) -> None:
    with Paxs(target.url, sleep=brief) as client:
        sign_in = SignIn.begin(target.url + operations.AGENT_CALLBACK, pkce=False, agent=True)
        target.decide(sign_in.link(target.url), True)
        answer = client.run(operations.poll(sign_in.state))
        assert answer["status"] == "complete"
        client.follow(by_code(sign_in, str(answer["code"])))
        with pytest.raises(CodeExpired):
            client.follow(by_code(sign_in, str(answer["code"])))
        with pytest.raises(NotFound):
            client.run(operations.poll(sign_in.state))


# tokens


def test_an_expired_token_is_renewed_and_stored(target: Target, client: Paxs, path: Path) -> None:
    old = on_disk(path)
    FileTokens(path, target.url).save(Tokens("expired", old["refresh_token"]))
    assert client.users.me().email == target.email
    new = on_disk(path)
    assert new["access_token"] not in {old["access_token"], "expired"}
    assert new["refresh_token"] != old["refresh_token"]


def test_twenty_calls_at_once_survive_an_expired_token(target: Target, client: Paxs, path: Path) -> None:
    FileTokens(path, target.url).save(Tokens("expired", on_disk(path)["refresh_token"]))
    with ThreadPoolExecutor(20) as pool:
        emails = set(pool.map(lambda _: client.users.me().email, range(20)))
    assert emails == {target.email}
    assert client.users.me().email == target.email


def test_a_token_that_cannot_be_renewed_ends_the_sign_in(target: Target) -> None:
    store = MemoryTokens(Tokens("expired", "unknown"))
    with Paxs(target.url, store) as client, pytest.raises(NotAuthenticated) as caught:
        client.users.me()
    assert caught.value.code == "refresh_refused"


def test_a_revoked_sign_in_is_over(target: Target, client: Paxs) -> None:
    client.oauth.revoke()
    with pytest.raises(NotAuthenticated):
        client.users.me()


# meetings


def test_a_meeting_s_life(client: Paxs) -> None:
    grace = Attendee("grace@example.com", "Grace Hopper", role="host", source="event")
    title = f"Board {uuid.uuid4()}"
    made = client.sessions.create([ADA, grace], title=title, description="About the launch")
    assert (made.title, made.description, made.attendees) == (title, "About the launch", (ADA, grace))
    assert made.created_at is not None
    assert made.created_at.tzinfo is not None
    assert client.sessions.get(made.id).title == title
    assert client.sessions.update(made.id, {"title": title + "!"}).title == title + "!"
    assert client.sessions.list(page_size=1).items[0].id == made.id
    assert [found.id for found in client.sessions.list(search=title.split()[1]).items] == [made.id]
    client.sessions.delete(made.id)
    with pytest.raises(NotFound):
        client.sessions.get(made.id)


def test_pages_are_newest_first_and_complete(client: Paxs) -> None:
    made = [client.sessions.create([ADA], title=f"Page {number}").id for number in range(5)]
    pages = [client.sessions.list(page=number, page_size=2) for number in (1, 2, 3)]
    assert [found.id for page in pages for found in page.items][:5] == made[::-1]
    assert pages[0].total >= 5


def test_a_meeting_without_a_title_has_one(client: Paxs) -> None:
    assert client.sessions.create([ADA]).title


def test_the_same_key_creates_once(client: Paxs) -> None:
    key = str(uuid.uuid4())
    assert (
        client.sessions.create([ADA], title="Once", idempotency_key=key).id
        == client.sessions.create([ADA], title="Once", idempotency_key=key).id
    )


def test_attendees_are_required_by_the_server_too(client: Paxs) -> None:
    raw = Operation(Request("POST", "/api/sessions", json={"title": "x", "attendees": []}), lambda reply: reply.body)
    with pytest.raises(BadRequest) as caught:
        client.run(raw)
    assert caught.value.status == 400
    assert caught.value.field == "attendees"


@pytest.mark.parametrize("identifier", ["a7baabd0-210b-4fe1-b6ce-7831a92213e8", "no-id", "../users/me", "a b?c=d#e"])
def test_what_does_not_exist_is_not_found(client: Paxs, identifier: str) -> None:
    with pytest.raises(NotFound) as caught:
        client.sessions.get(identifier)
    assert caught.value.request_id


# recordings and results


def test_all_thirteen_formats_arrive_whole(client: Paxs, tmp_path: Path) -> None:
    meeting = client.sessions.create([ADA], title="Formats")
    for extension in EXTENSIONS:
        file = write_recording(tmp_path / f"talk{extension}", 1.0)
        uploaded = client.recordings.upload(meeting.id, file)
        assert (uploaded.filename, uploaded.size) == (file.name, file.stat().st_size)
        assert uploaded.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        current = client.sessions.get(meeting.id).recording
        assert current is not None
        assert current.id == uploaded.id
    client.sessions.delete(meeting.id)


def test_session_id_in_the_query_alone_is_refused(client: Paxs, speech: Path) -> None:
    meeting = client.sessions.create([ADA])
    right = operations.upload(meeting.id, speech).request
    wrong = Request("POST", f"/api/recordings?session_id={meeting.id}", form={"x": "y"}, upload=right.upload)
    with pytest.raises(BadRequest) as caught:
        client.run(Operation(wrong, lambda reply: reply.body))
    assert caught.value.status == 400
    assert "session_id" in caught.value.message


def test_an_upload_to_no_meeting_is_not_found(client: Paxs, speech: Path) -> None:
    with pytest.raises(NotFound):
        client.recordings.upload(str(uuid.uuid4()), speech)


def test_from_a_recording_to_everything(client: Paxs, speech: Path, tmp_path: Path) -> None:
    wishes = Wishes((ADA,), types=(AnalysisType.KEY_POINTS, AnalysisType.SENTIMENT), polling=PATIENT)
    [result] = client.process_files([speech], wishes, ledger=FileLedger(tmp_path / "state"))
    assert result.error is None
    assert set(result.reports) == set(AnalysisType)
    assert all(report.completed for report in result.reports.values())
    transcription = result.reports[AnalysisType.TRANSCRIPTION].transcription
    assert transcription.language == "en"
    assert transcription.speakers
    assert {segment.speaker for segment in transcription.segments} <= {voice.name for voice in transcription.speakers}
    assert "launch" in " ".join(segment.text for segment in transcription.segments).lower()
    assert result.reports[AnalysisType.MEETING_NOTE].markdown.startswith("#")
    assert result.reports[AnalysisType.SENTIMENT].content["overall"]["label"]
    assert result.recording is not None
    for format in operations.EXPORTS:
        assert "launch" in client.recordings.export(result.recording.id, format).lower()
    assert result.meeting is not None
    [only] = client.analysis.reports(result.recording.id, result.meeting.id, AnalysisType.SENTIMENT)
    assert only.analysis_type is AnalysisType.SENTIMENT
    again = client.analysis.request(result.recording.id, result.meeting.id, [AnalysisType.KEY_POINTS])
    assert AnalysisType.KEY_POINTS in {report.analysis_type for report in again}
    newest = client.analysis.wait_for(
        result.recording.id, result.meeting.id, [AnalysisType.KEY_POINTS], polling=PATIENT
    )
    assert newest[AnalysisType.KEY_POINTS].version == 2


def test_results_belong_to_their_meeting(client: Paxs, speech: Path) -> None:
    first, second = client.sessions.create([ADA]), client.sessions.create([ADA])
    uploaded = client.recordings.upload(first.id, speech)
    with pytest.raises(NotFound):
        client.analysis.reports(uploaded.id, second.id)
    client.sessions.delete(first.id)

"""What the client puts on the wire, call by call."""

import asyncio
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minutebook.client import (
    AnalysisType,
    AsyncPaxs,
    BadRequest,
    ConnectionFailed,
    FileTokens,
    Forbidden,
    NotAuthenticated,
    NotFound,
    Paxs,
    RateLimited,
    ServerError,
    Tokens,
    TooLarge,
    UnsupportedFormat,
)
from minutebook.client.protocol.formats import MEDIA_TYPES
from support.paxs_client import ADA, Pauses, on_disk, written
from support.paxs_double import PaxsDouble
from support.paxs_wire import Call

TOKEN = "/api/oauth/provider/token"


def test_no_call_is_made_before_a_token_exists(double: PaxsDouble, token_path: Path, recording: Path) -> None:
    with Paxs(double.url, FileTokens(token_path)) as client:
        for attempt in (client.users.me, client.sessions.list, lambda: client.recordings.upload("x", recording)):
            with pytest.raises(NotAuthenticated, match="minutebook login"):
                attempt()
    token_path.parent.mkdir()
    token_path.write_text("")
    with Paxs(double.url, FileTokens(token_path)) as client, pytest.raises(NotAuthenticated):
        client.users.me()
    assert double.calls == []


def test_session_id_is_a_form_field_and_not_in_the_query(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    meeting = paxs.sessions.create([ADA], title="Weekly")
    uploaded = paxs.recordings.upload(meeting.id, recording)
    [call] = double.calls_to("POST", "/api/recordings")
    assert call.query == {}
    assert call.parts["session_id"].value.decode() == meeting.id
    assert call.parts["session_id"].filename is None
    assert uploaded.size == recording.stat().st_size == call.parts["file"].size


@pytest.mark.parametrize("extension", MEDIA_TYPES)
def test_each_format_carries_its_media_type(paxs: Paxs, double: PaxsDouble, tmp_path: Path, extension: str) -> None:
    meeting = paxs.sessions.create([ADA])
    paxs.recordings.upload(meeting.id, written(tmp_path / f"Talk.{extension.upper()}", 100))
    [call] = double.calls_to("POST", "/api/recordings")
    assert call.parts["file"].content_type == MEDIA_TYPES[extension]


def test_an_unsupported_format_is_refused_before_anything_is_sent(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedFormat, match=r"notes\.txt.*MP3, WAV"):
        paxs.recordings.upload("any", written(tmp_path / "notes.txt"))
    assert double.calls == []


def test_progress_ends_at_the_file_s_size(paxs: Paxs, recording: Path) -> None:
    meeting = paxs.sessions.create([ADA])
    seen: list[tuple[int, int]] = []
    paxs.recordings.upload(meeting.id, recording, on_progress=lambda sent, total: seen.append((sent, total)))
    size = recording.stat().st_size
    assert seen[-1] == (size, size)
    assert [sent for sent, _ in seen] == sorted(sent for sent, _ in seen)
    assert len(seen) >= size // 65536


def test_creation_carries_a_key_and_the_same_key_creates_once(paxs: Paxs, double: PaxsDouble) -> None:
    first = paxs.sessions.create([ADA], idempotency_key="one")
    again = paxs.sessions.create([ADA], idempotency_key="one")
    paxs.sessions.create([ADA])
    paxs.sessions.create([ADA])
    keys = [call.headers["idempotency-key"] for call in double.calls_to("POST", "/api/sessions")]
    assert first.id == again.id
    assert len(set(keys)) == 3


def test_attendees_are_sent_as_the_protocol_names_them(paxs: Paxs, double: PaxsDouble) -> None:
    made = paxs.sessions.create([ADA], title="Weekly", description="About the launch")
    [call] = double.calls_to("POST", "/api/sessions")
    assert call.json == {
        "title": "Weekly",
        "description": "About the launch",
        "attendees": [
            {"email": "ada@example.com", "displayName": "Ada Lovelace", "role": "Unknown", "source": "manual"}
        ],
    }
    assert made.attendees == (ADA,)


def test_a_meeting_without_attendees_is_refused_here(paxs: Paxs, double: PaxsDouble) -> None:
    with pytest.raises(BadRequest) as caught:
        paxs.sessions.create([])
    assert (caught.value.code, caught.value.field) == ("attendees_required", "attendees")
    assert double.calls == []


def test_a_note_is_always_requested_with_an_instruction(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    meeting = paxs.sessions.create([ADA])
    uploaded = paxs.recordings.upload(meeting.id, recording)
    paxs.analysis.request(uploaded.id, meeting.id, [AnalysisType.MEETING_NOTE], meeting_type="team")
    [call] = double.calls_to("POST", "/api/analysis/request")
    assert call.json == {
        "session_id": meeting.id,
        "attachment_id": uploaded.id,
        "analysis_types": ["meeting note"],
        "instruction": "Generate a detailed meeting summary",
        "meeting_type": "team",
    }


def test_twenty_concurrent_calls_refresh_exactly_once(paxs: Paxs, double: PaxsDouble, token_path: Path) -> None:
    together = threading.Barrier(20)

    def call(_: int) -> str:
        together.wait()
        return paxs.users.me().email

    double.expire_access_tokens()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))
    assert answers == ["ada@example.com"] * 20
    assert len(double.calls_to("POST", TOKEN)) == 1
    assert double.reused_refresh_tokens == 0
    assert len(double.calls_to("GET", "/api/users/me")) <= 40


async def test_twenty_concurrent_tasks_refresh_exactly_once(double: PaxsDouble, store: FileTokens) -> None:
    double.expire_access_tokens()
    async with AsyncPaxs(double.url, store) as client:
        users = await asyncio.gather(*(client.users.me() for _ in range(20)))
    assert {user.email for user in users} == {"ada@example.com"}
    assert len(double.calls_to("POST", TOKEN)) == 1


async def test_a_cancelled_caller_does_not_lose_the_new_pair(
    double: PaxsDouble, store: FileTokens, token_path: Path
) -> None:
    held, answered = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(call: Call) -> None:
        if call.path == TOKEN:
            loop.call_soon_threadsafe(answered.set)
            held.wait(10)

    double.expire_access_tokens()
    double.on_call = hold
    before = on_disk(token_path)
    async with AsyncPaxs(double.url, store) as client:
        impatient = asyncio.create_task(client.users.me())
        await answered.wait()
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        held.set()
        user = await client.users.me()
    assert user.email == "ada@example.com"
    assert on_disk(token_path)["refresh_token"] != before["refresh_token"]
    assert len(double.calls_to("POST", TOKEN)) == 1


def test_the_new_pair_is_on_disk_before_the_retry(paxs: Paxs, double: PaxsDouble, token_path: Path) -> None:
    stored: list[bool] = []

    def look(call: Call) -> None:
        if call.path == "/api/users/me":
            stored.append(on_disk(token_path)["access_token"] == call.bearer)

    old = on_disk(token_path)
    double.expire_access_tokens()
    double.on_call = look
    paxs.users.me()
    assert stored == [True, True]
    assert [call.path for call in double.calls] == ["/api/users/me", TOKEN, "/api/users/me"]
    new = on_disk(token_path)
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert stat.S_IMODE(os.stat(token_path).st_mode) == 0o600


def test_tokens_are_read_before_every_call(paxs: Paxs, double: PaxsDouble, store: FileTokens) -> None:
    paxs.users.me()
    other = Tokens(**double.issue())
    store.save(other)
    paxs.users.me()
    assert double.calls[-1].bearer == other.access_token


def test_a_second_401_is_final(paxs: Paxs, double: PaxsDouble) -> None:
    double.script("GET", "/api/users/me", 401, times=5)
    with pytest.raises(NotAuthenticated):
        paxs.users.me()
    assert [call.path for call in double.calls] == ["/api/users/me", TOKEN, "/api/users/me"]


def test_a_refused_refresh_says_to_sign_in_and_keeps_the_file(paxs: Paxs, double: PaxsDouble, token_path: Path) -> None:
    before = on_disk(token_path)
    double.expire_access_tokens()
    double.refresh_works = False
    with pytest.raises(NotAuthenticated, match="minutebook login") as caught:
        paxs.users.me()
    assert caught.value.code == "refresh_refused"
    assert on_disk(token_path) == before


def test_a_refresh_whose_answer_got_lost_is_repeated(
    paxs: Paxs, double: PaxsDouble, token_path: Path, pauses: Pauses
) -> None:
    double.expire_access_tokens()
    double.lose_refreshes = 1
    assert paxs.users.me().email == "ada@example.com"
    first, second = double.calls_to("POST", TOKEN)
    assert first.json == second.json
    assert pauses.seconds == [0.5]
    assert double.calls[-1].bearer == on_disk(token_path)["access_token"]


def test_an_upload_is_sent_again_whole_after_a_refresh(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    meeting = paxs.sessions.create([ADA])
    double.expire_access_tokens()
    uploaded = paxs.recordings.upload(meeting.id, recording)
    assert uploaded.size == recording.stat().st_size
    assert len(double.calls_to("POST", "/api/recordings")) == 2


@pytest.mark.parametrize("status", [502, 503, 504, 429])
def test_idempotent_calls_are_repeated_with_backoff(
    paxs: Paxs, double: PaxsDouble, pauses: Pauses, status: int
) -> None:
    double.script("GET", "/api/users/me", status, times=3)
    assert paxs.users.me().email == "ada@example.com"
    assert pauses.seconds == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500, 501])
def test_other_answers_are_not_repeated(paxs: Paxs, double: PaxsDouble, pauses: Pauses, status: int) -> None:
    double.script("GET", "/api/users/me", status, times=3)
    with pytest.raises((BadRequest, Forbidden, NotFound, TooLarge, ServerError)) as caught:
        paxs.users.me()
    assert caught.value.code == "scripted"
    assert caught.value.status == status
    assert caught.value.request_id == "req-1"
    assert pauses.seconds == []


def test_retry_after_is_obeyed(paxs: Paxs, double: PaxsDouble, pauses: Pauses) -> None:
    double.script("GET", "/api/users/me", 429, retry_after="7")
    double.script("GET", "/api/users/me", 503, retry_after="3")
    paxs.users.me()
    assert pauses.seconds == [7.0, 3.0]


def test_a_long_retry_after_is_told_and_not_waited_for(paxs: Paxs, double: PaxsDouble, pauses: Pauses) -> None:
    double.script("GET", "/api/users/me", 429, retry_after="3600")
    with pytest.raises(RateLimited) as caught:
        paxs.users.me()
    assert caught.value.retry_after_s == 3600
    assert pauses.seconds == []


def test_creation_is_repeated_under_its_key(paxs: Paxs, double: PaxsDouble) -> None:
    double.script("POST", "/api/sessions", 503)
    paxs.sessions.create([ADA])
    first, second = double.calls_to("POST", "/api/sessions")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert len(double.sessions) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_calls_with_effects_are_not_repeated(
    paxs: Paxs, double: PaxsDouble, recording: Path, pauses: Pauses, status: int
) -> None:
    meeting = paxs.sessions.create([ADA])
    double.script("POST", "/api/recordings", status)
    double.script("POST", "/api/analysis/request", status)
    with pytest.raises(ServerError):
        paxs.recordings.upload(meeting.id, recording)
    with pytest.raises(ServerError):
        paxs.analysis.request("any", meeting.id, [AnalysisType.KEY_POINTS])
    assert len(double.calls_to("POST", "/api/recordings")) == 1
    assert pauses.seconds == []


def test_a_429_was_not_acted_on_so_even_an_upload_is_repeated(
    paxs: Paxs, double: PaxsDouble, recording: Path, pauses: Pauses
) -> None:
    meeting = paxs.sessions.create([ADA])
    double.script("POST", "/api/recordings", 429, retry_after="2")
    paxs.recordings.upload(meeting.id, recording)
    assert pauses.seconds == [2.0]


def test_a_lost_answer_to_an_upload_is_not_repeated_silently(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    meeting = paxs.sessions.create([ADA])
    double.lose_uploads = 1
    with pytest.raises(ConnectionFailed) as caught:
        paxs.recordings.upload(meeting.id, recording)
    assert caught.value.code == "connection_lost"
    assert len(double.calls_to("POST", "/api/recordings")) == 1


def test_an_answer_that_is_not_the_protocol_s_is_a_sentence(paxs: Paxs, double: PaxsDouble) -> None:
    double.script("GET", "/api/users/me", 200, body={"hello": "world"})
    with pytest.raises(ServerError, match="PAXS server"):
        paxs.users.me()


def test_a_token_never_goes_to_another_server(double: PaxsDouble, token_path: Path) -> None:
    FileTokens(token_path, "https://elsewhere.example").save(Tokens("at", "rt"))
    with Paxs(double.url, FileTokens(token_path, double.url)) as client, pytest.raises(NotAuthenticated) as caught:
        client.users.me()
    assert caught.value.code == "tokens_of_another_server"
    assert double.calls == []


def test_a_token_file_of_another_client_is_accepted(double: PaxsDouble, token_path: Path) -> None:
    import json

    token_path.parent.mkdir()
    token_path.write_text(json.dumps(double.issue()))
    with Paxs(double.url, FileTokens(token_path, double.url)) as client:
        assert client.users.me().email == "ada@example.com"

"""A bot's record through the v1 API: files by signed links, the transcript, the list, deleting, doing it again."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import schemathesis
from examples import send_bot
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.analysis.tasks import analysis_tasks
from minutebook.api.baas.document import contract
from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.bots.record.files import file_key
from minutebook.bots.repository import bots as repository
from minutebook.bots.tasks import bot_tasks
from minutebook.jobs.fake import InlineJobs
from minutebook.kit.clock import VirtualClock
from minutebook.language.producers.choice import producer_of
from minutebook.recordings.tasks import recording_tasks
from minutebook.speech.diarization import ChunkVoices
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import Chunk
from minutebook.speech.ports import Recognised
from minutebook.speech.tracks import Clip
from minutebook.transcript.model import Turn, Word
from minutebook.wiring import Services
from minutebook.working import finishing_of
from support.bots import WAY_IN, Runner, Stage, chunks
from support.browser import IssueToken
from support.records import TALK, Paxs, ScriptedPipeline, stored_files

EMPTY_FILTERS = ("filter_by_extra", "bot_name", "created_after")
MEETING = "https://meet.google.com/abc-defg-hij"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
PEOPLE = (("a", "Ada"), ("t", "Tom"))
HOST = "http://minutebook.example"


class ScriptedCall(ScriptedPipeline):
    """The scripted talk for a call, where the platform says who speaks when."""

    def other_voices(self, pcm: Pcm, chunk: Chunk, of_tracks: Mapping[str, Pcm]) -> ChunkVoices:
        return self.voices(pcm, chunk)

    def recognise_clips(
        self,
        clips: Sequence[Clip],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        lines = {start: text for _, start, _, text in TALK}
        return [Recognised(clip.turn, spoken(clip.turn, lines[clip.turn.start])) for clip in clips]


def spoken(turn: Turn, text: str) -> tuple[Word, ...]:
    """The words of a line, equally long."""
    words = text.split()
    step = (turn.end - turn.start) / len(words)
    starts = [turn.start + place * step for place in range(len(words))]
    return tuple(Word(word, start, start + step, 0.9) for word, start in zip(words, starts, strict=True))


class Bots:
    """A client of the v1 API, and the hands that play runners and workers for it."""

    def __init__(self, http: httpx.AsyncClient, services: Services) -> None:
        self.http = http
        self.services = services
        self.jobs = InlineJobs(services.db)
        self.notices: Sequence[str] = ()
        """What runners say of the sound, one after the other."""
        self.jobs.tasks = {
            **recording_tasks(services.recordings),
            **bot_tasks(services.db, services.bots, finishing_of(services)),
            **analysis_tasks(
                services.db,
                services.storage,
                services.recordings,
                services.scheduler,
                services.results,
                ScriptedCall(services),
                producer_of(services.settings.llm),
                services.settings.speech,
                services.settings.data_dir / "scratch" / "reports",
                sealing=services.sealing,
                clock=services.clock,
            ),
        }

    async def send(self, **wish: object) -> str:
        answer = await self.http.post("/bots/", json={"meeting_url": MEETING, "bot_name": "Notes"} | wish)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["bot_id"])

    async def recorded(self, **wish: object) -> str:
        """A bot that was in a call in which two people spoke, and its record."""
        bot_id = await self.send(**wish)
        (claim,) = await self.services.bot_dispatch.claim("here", 4)
        await self.services.bot_dispatch.started(claim, 4711)
        runner = Runner(cast(Stage, self.services), claim)
        await self.services.bot_reception.keep_screenshot(
            bot_id, 1, claim.token, 0, chunks(PNG), name="before joining", taken_ms=1_772_442_000_123
        )
        await runner.reach(*WAY_IN)
        begin = round(self.services.clock.now().timestamp() * 1000)
        seen = [
            Observation(ObservationKind.PARTICIPANT, begin, key, name) for key, name in (("a", "Ada"), ("t", "Tom"))
        ]
        for speaker, start, end, _ in TALK:
            spoke = Observation(
                ObservationKind.SPEAKING,
                begin,
                "a" if speaker == "speaker_1" else "t",
                start_ms=begin + round(start * 1000),
                end_ms=begin + round(end * 1000),
                source="page",
            )
            seen.append(spoke)
        await runner.observe(seen)
        await runner.record(15.0)
        await runner.notice(*self.notices)
        await runner.end(end_reason="meeting_ended")
        await self.jobs.drain()
        return bot_id

    async def data(self, bot_id: str, **params: str) -> dict[str, Any]:
        answer = await self.http.get("/bots/meeting_data", params={"bot_id": bot_id} | params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def bots(app: FastAPI, services: Services, user: User) -> AsyncIterator[Bots]:
    async with services.db.transaction() as tx:
        _, key = await services.accounts.management.create_api_key(tx, user)
    headers = {"x-meeting-baas-api-key": key}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST, headers=headers) as http:
        yield Bots(http, services)


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a key, who can only have a link."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as http:
        yield http


async def test_a_record_has_everything_that_clients_read(bots: Bots, anybody: httpx.AsyncClient) -> None:
    bot_id = await bots.recorded(speech_to_text="Default", extra={"customer": "7"})
    shown = await bots.data(bot_id)
    bot = shown["bot_data"]["bot"]
    assert shown["duration"] == 15
    assert bot["bot_joined_at"] == "2026-03-02T09:00:02.000Z"
    assert bot["ended_at"].endswith("Z")
    assert bot["bot_exited_at"].endswith("Z")
    assert bot["session_id"]
    rows = shown["bot_data"]["transcripts"]
    assert [row["speaker"] for row in rows] == ["Ada", "Tom", "Ada"]
    assert [row["id"] for row in rows] == [1, 2, 3]
    words = [word for row in rows for word in row["words"]]
    assert [word["id"] for word in words] == list(range(1, len(words) + 1))
    assert " ".join(word["text"] for word in rows[0]["words"]) == TALK[0][3]
    assert {row["bot_id"] for row in rows} == {word["bot_id"] for word in words} == {bot["id"]}
    assert rows[0]["lang"] == "en"
    assert shown == await bots.data(bot_id), "ids are stable"
    assert (await bots.data(bot_id, include_transcripts="false"))["bot_data"]["transcripts"] == []
    audio = await anybody.get(shown["audio"])
    assert (audio.status_code, audio.headers["content-type"]) == (200, "audio/wav")
    assert audio.content[:4] == b"RIFF"
    assert shown["mp4"] == ""
    for name in ("speaker_diarization_file", "meeting_participants_file"):
        answer = await anybody.get(shown[name])
        assert answer.status_code == 200, name
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert all(json.loads(line) for line in answer.text.splitlines())
    (entry,) = (await bots.http.get("/bots/bots_with_metadata?filter_by_extra=customer:7")).json()["bots"]
    assert (entry["uuid"], entry["duration"], sorted(entry["speakers"])) == (bot_id, 15, ["Ada", "Tom"])


async def test_what_was_wrong_with_the_sound_is_said_once_in_the_log_the_api_and_the_record(
    bots: Bots, caplog: pytest.LogCaptureFixture
) -> None:
    bots.notices = ("lossy", "nameless", "lossy", "of a later release")
    bot_id = await bots.recorded(speech_to_text="Default")
    said = (await bots.data(bot_id))["bot_data"]
    assert [(each["code"], each["date"]) for each in said["notices"]] == [
        ("lossy", "2026-03-02T09:00:19.000Z"),
        ("nameless", "2026-03-02T09:00:20.000Z"),
    ]
    assert [text for text in caplog.messages if "lossy" in text], "the runner's own words"
    async with bots.services.db.reading() as read:
        bot = await bots.services.bots.load(read, bot_id)
        assert bot is not None
        kept = await bots.services.results.kept_transcript(read, bot.owner_id, bot.recording_id or "")
    told = await bots.services.results.rendered(kept, lambda transcript: "\n".join(transcript.notices))
    places = [text for text in told.splitlines() if text.startswith("At 0:1")]
    assert places == [f"At 0:{at}: {each['message']}" for at, each in zip((16, 17), said["notices"], strict=True)]
    await bots.http.post(f"/bots/{bot_id}/delete_data")
    assert (await bots.data(bot_id))["bot_data"]["notices"] == said["notices"], "it holds nothing of the people"


async def test_answers_about_a_record_are_as_the_document_says(bots: Bots) -> None:
    bots.notices = ("silent",)
    bot_id = await bots.recorded(
        speech_to_text={"provider": "Gladia"},
        extra={"a": [1]},
        streaming={"output": "wss://a.example", "audio_frequency": "16khz"},
        webhook_url="https://example.com/hook",
    )
    await bots.send(deduplication_key="2", start_time=2_000_000_000)
    document = schemathesis.openapi.from_dict(contract())
    for method, path, url, status in (
        ("GET", "/bots/meeting_data", f"/bots/meeting_data?bot_id={bot_id}", 200),
        ("GET", "/bots/bots_with_metadata", "/bots/bots_with_metadata?limit=1", 200),
        ("GET", "/bots/all", "/bots/all?limit=10&offset=0", 200),
        ("GET", "/bots/{uuid}/screenshots", f"/bots/{bot_id}/screenshots", 200),
        ("POST", "/bots/retry_webhook", f"/bots/retry_webhook?bot_uuid={bot_id}", 200),
        ("POST", "/bots/{uuid}/delete_data", f"/bots/{bot_id}/delete_data", 200),
        ("GET", "/bots/meeting_data", f"/bots/meeting_data?bot_id={bot_id}", 200),
        ("DELETE", "/bots/{uuid}", f"/bots/{bot_id}", 200),
        ("DELETE", "/bots/{uuid}", "/bots/unknown", 404),
    ):
        answer = await bots.http.request(method, url)
        assert answer.status_code == status, (url, answer.text)
        document[path][method].validate_response(answer)


async def test_the_record_is_a_meeting_of_the_other_api(
    bots: Bots, client: httpx.AsyncClient, user_token: IssueToken
) -> None:
    bot_id = await bots.recorded()
    ada = Paxs(client, await user_token())
    (session,) = (await ada.get("/api/sessions")).json()["items"]
    assert session["id"] == (await bots.data(bot_id))["bot_data"]["bot"]["session_id"]
    assert (await bots.data(bot_id))["bot_data"]["transcripts"] == [], "none was asked for here"
    assert set(await ada.reports(session["recording"]["id"])) >= {"transcription", "meeting note"}


async def test_lists_have_old_and_new_names(bots: Bots) -> None:
    await bots.recorded(bot_name="Ada's notes")
    body = (await bots.http.get("/bots/bots_with_metadata")).json()
    assert body["bots"] == body["recent_bots"] == body["recentBots"]
    assert body["next_cursor"] is body["nextCursor"] is None
    assert body["last_updated"] == body["lastUpdated"]
    assert body["last_updated"].endswith("Z")
    (entry,) = body["bots"]
    assert isinstance(entry["id"], int)
    assert entry["name"] == entry["bot_name"] == "Ada's notes"
    assert entry["createdAt"] == entry["created_at"]
    assert entry["endedAt"] == entry["ended_at"]
    assert entry["meetingUrl"] == entry["meeting_url"] == MEETING


async def test_pages_follow_each_other(bots: Bots, clock: VirtualClock) -> None:
    sent = []
    for number in range(7):
        sent.append(
            await bots.send(meeting_url=f"{MEETING}?authuser={number}", extra={"n": number % 3, "all": "x,y"[:1]})
        )
        clock.advance(1)
    seen, cursor, pages = [], "", 0
    while True:
        query: dict[str, str | int] = {
            "limit": 3,
            "cursor": cursor,
            "filter_by_extra": "",
            "bot_name": "",
            "created_after": "",
        }
        page = (await bots.http.get("/bots/bots_with_metadata", params=query)).json()
        seen += [entry["uuid"] for entry in page["bots"]]
        cursor, pages = page["next_cursor"], pages + 1
        if cursor is None:
            break
    assert (seen, pages) == (sent[::-1], 3)

    async def found(**params: str) -> list[int]:
        answer = await bots.http.get("/bots/bots_with_metadata", params=params)
        return [sent.index(entry["uuid"]) for entry in answer.json()["bots"]]

    assert await found(filter_by_extra="n:1") == [4, 1]
    assert await found(filter_by_extra="n:1, all:x") == [4, 1]
    assert await found(filter_by_extra="n:1,all:y") == []
    assert await found(sort_by_extra="n") == [6, 3, 0, 4, 1, 5, 2]
    assert await found(sort_by_extra="n:desc", meeting_url="HIJ") == [5, 2, 4, 1, 6, 3, 0]
    assert await found(created_after="2026-03-02T09:00:05") == [6, 5]
    assert await found(created_before="2026-03-02 09:00:01Z") == [1, 0]
    assert await found(created_before="2026-03-02T10:00:01 01:00") == [1, 0]
    assert await found(ended_after="2026-01-01") == []
    overview = (await bots.http.get("/bots/all?limit=2&offset=1")).json()
    assert [sent.index(entry["uuid"]) for entry in overview["bots"]] == [5, 4]
    assert overview["has_more"] is True
    assert overview["bots"][0]["status"]["type"] == "pending"


async def test_files_come_in_parts_and_without_a_body(bots: Bots, anybody: httpx.AsyncClient) -> None:
    shown = await bots.data(await bots.recorded())
    whole = await anybody.get(shown["audio"])
    etag = whole.headers["etag"]
    part = await anybody.get(shown["audio"], headers={"range": "bytes=4-11", "origin": "https://a.example"})
    assert (part.status_code, part.content) == (206, whole.content[4:12])
    assert part.headers["content-range"] == f"bytes 4-11/{len(whole.content)}"
    assert part.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in part.headers["access-control-expose-headers"]
    assert part.headers["cross-origin-resource-policy"] == "cross-origin"
    assert (await anybody.get(shown["audio"], headers={"range": "bytes=99999999-"})).status_code == 416
    assert (await anybody.get(shown["audio"], headers={"if-none-match": etag})).status_code == 304
    head = await anybody.head(shown["audio"])
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(whole.content)
    assert head.headers["accept-ranges"] == "bytes"
    below = shown["audio"].replace(f"{HOST}/", f"{HOST}/meetingbaas/")
    assert (await anybody.get(below)).status_code == 200


async def test_links_expire_and_cannot_be_changed(bots: Bots, anybody: httpx.AsyncClient, clock: VirtualClock) -> None:
    first, second = await bots.recorded(), await bots.recorded(deduplication_key="2")
    link = (await bots.data(first))["audio"]
    query = parse_qs(urlsplit(link).query)
    later = str(int(query["expires"][0]) + 1)
    for wrong in (
        link.split("?", maxsplit=1)[0],
        link.replace(query["expires"][0], later),
        link.replace(query["expires"][0], "soon"),
        link[:-1],
        link + "x",
        link.replace(first, second),
        link.replace("recording.wav", "participants.jsonl"),
        link.replace("recording.wav", "..%2F..%2Fx"),
        f"{HOST}/media/bots/{first}/recording.wav?expires=1&signature=%00",
    ):
        answer = await anybody.get(wrong)
        assert answer.status_code == 403, wrong
        assert answer.json()["code"] == "link_invalid"
    clock.advance(bots.services.settings.bots.media_url_s - 20)
    assert (await anybody.get(link)).status_code == 200
    clock.advance(40)
    answer = await anybody.get(link)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")
    assert answer.json()["message"].endswith(".")
    assert (await anybody.get((await bots.data(first))["audio"])).status_code == 200


async def test_links_end_with_the_key_they_were_made_for(
    bots: Bots, anybody: httpx.AsyncClient, services: Services, user: User
) -> None:
    bot_id = await bots.recorded()
    link = (await bots.data(bot_id))["audio"]
    assert (await anybody.get(link)).status_code == 200
    async with services.db.transaction() as tx:
        _, other = await services.accounts.management.create_api_key(tx, user, "other")
        (first,) = [key for key in await services.accounts.management.api_keys(tx, user.id) if key.name != "other"]
        await services.accounts.management.revoke_api_key(tx, user.id, first.id)
    answer = await anybody.get(link)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_revoked")
    bots.http.headers["x-meeting-baas-api-key"] = other
    again = (await bots.data(bot_id))["audio"]
    assert (await anybody.get(again)).status_code == 200
    async with services.db.transaction() as tx:
        bot = await services.bots.load(tx, bot_id)
        assert bot is not None
        assert bot.recording_id is not None
        log = await services.access_log.of_recording(tx, user.id, bot.recording_id)
        assert ("link", "other", "played", "recording.wav") in {(x.via, x.label, x.action, x.detail) for x in log}
        assert ("api_key", "other", "read", "meeting_data") in {(x.via, x.label, x.action, x.detail) for x in log}
    slashed = (await bots.http.get("/meetingbaas/bots/meeting_data/", params={"bot_id": bot_id})).json()
    assert slashed["audio"]


async def test_a_download_by_a_link_breaks_off_when_its_key_is_revoked(
    bots: Bots, anybody: httpx.AsyncClient, services: Services, user: User, clock: VirtualClock, monkeypatch: Any
) -> None:
    link = (await bots.data(await bots.recorded()))["audio"]
    media, sent = services.storage.stream, 0

    async def slow(key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        nonlocal sent
        async for chunk in media(key, start, end):
            for at in range(0, len(chunk), 1000):
                if sent == 10:
                    async with services.db.transaction() as tx:
                        (made,) = await services.accounts.management.api_keys(tx, user.id)
                        await services.accounts.management.revoke_api_key(tx, user.id, made.id)
                sent += 1
                clock.advance(1)
                yield chunk[at : at + 1000]

    monkeypatch.setattr(services.storage, "stream", slow)
    with pytest.raises(AssertionError):  # the transport of the tests wants answers that end
        await anybody.get(link)
    assert 10 < sent <= 10 + 30


async def test_a_film_and_its_type(bots: Bots, anybody: httpx.AsyncClient) -> None:
    bot_id = await bots.recorded()
    async with bots.services.db.transaction() as tx:
        bot = await bots.services.bots.load(tx, bot_id)
        assert bot is not None
        assert bot.recording_id is not None
        await repository.change(tx, bot_id, bots.services.clock.now(), files=["recording.mp4"])
    await bots.services.storage.put_stream(file_key(bot.recording_id, "recording.mp4"), chunks(b"film"), max_bytes=10)
    shown = await bots.data(bot_id)
    assert shown["bot_data"]["bot"]["mp4_s3_path"]
    assert shown["speaker_diarization_file"] == ""
    answer = await anybody.get(shown["mp4"])
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "video/mp4", b"film")
    assert "media-src 'self'" in answer.headers["content-security-policy"]


async def test_screenshots(bots: Bots, anybody: httpx.AsyncClient) -> None:
    bot_id = await bots.recorded()
    (shot,) = (await bots.http.get(f"/bots/{bot_id}/screenshots")).json()
    assert shot["date"] == "2026-03-02T09:00:00.123Z"
    answer = await anybody.get(shot["url"])
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", PNG)
    assert (await bots.http.get(f"/bots/{await bots.send(deduplication_key='2')}/screenshots")).json() == []


async def test_deleting_leaves_nothing_but_what_was_asked_for(bots: Bots, anybody: httpx.AsyncClient) -> None:
    bot_id = await bots.recorded(speech_to_text="Default", extra={"a": 1})
    link = (await bots.data(bot_id))["audio"]
    (shot,) = (await bots.http.get(f"/bots/{bot_id}/screenshots")).json()
    answer = await bots.http.post(f"/bots/{bot_id}/delete_data")
    assert answer.json() == {"ok": True, "status": "deleted"}
    for url in (link, shot["url"]):
        gone = await anybody.get(url)
        assert (gone.status_code, gone.json()["code"]) == (404, "file_not_found")
    await bots.jobs.drain()
    assert stored_files(bots.services) == []
    shown = await bots.data(bot_id)
    assert shown["audio"] == shown["speaker_diarization_file"] == shown["meeting_participants_file"] == ""
    assert shown["bot_data"]["transcripts"] == []
    assert shown["bot_data"]["bot"]["extra"] == {"a": 1}
    assert shown["bot_data"]["bot"]["session_id"] is None
    assert (await bots.http.get(f"/bots/{bot_id}/screenshots")).json() == []
    again = await bots.http.post(f"/bots/{bot_id}/delete_data")
    assert again.json() == {"ok": True, "status": "alreadyDeleted"}


async def test_transcribed_afterwards(bots: Bots) -> None:
    bot_id = await bots.recorded()
    assert (await bots.data(bot_id))["bot_data"]["transcripts"] == []
    body = {"bot_uuid": bot_id, "speech_to_text": {"provider": "Default"}, "webhook_url": None, "unknown": 1}
    answer = await bots.http.post("/bots/retranscribe", json=body)
    assert (answer.status_code, answer.content) == (200, b"")
    await bots.jobs.drain()
    assert len((await bots.data(bot_id))["bot_data"]["transcripts"]) == 3
    answer = await bots.http.post("/bots/retry_webhook", params={"bot_uuid": bot_id})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_links_are_made_for_the_public_address(bots: Bots, services: Services) -> None:
    public = services.settings.http.model_copy(update={"base_url": "https://notes.example/"})
    bot_id = await bots.recorded()
    transport = bots.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    cast(FastAPI, transport.app).state.services = replace(
        services, settings=services.settings.model_copy(update={"http": public})
    )
    assert (await bots.data(bot_id))["audio"].startswith(f"https://notes.example/media/bots/{bot_id}/recording.wav?")


async def test_the_example_sends_a_bot_and_prints_who_said_what(bots: Bots) -> None:
    bot_id = await send_bot.send(bots.http, "https://meet.google.com/xyz-defg-hij")
    paused = []

    async def leave(seconds: float) -> None:
        paused.append(seconds)
        assert (await bots.http.delete(f"/bots/{bot_id}")).status_code == 200

    assert send_bot.lines(await send_bot.ended(bots.http, bot_id, leave))
    assert paused == [send_bot.LOOK_EVERY_S]
    record = await send_bot.ended(bots.http, await bots.recorded(speech_to_text="Default"))
    assert [line.partition(":")[0] for line in send_bot.lines(record)] == ["Ada", "Tom", "Ada"]
    assert all(len(line) > len("Ada: ") for line in send_bot.lines(record))

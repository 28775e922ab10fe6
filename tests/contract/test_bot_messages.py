"""What receivers hear of a bot: the walk of a real one over both databases, in the bodies of the v1 API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from minutebook.analysis.model import AnalysisType
from minutebook.analysis.reports.contents import kept_transcript, transcript_facts
from minutebook.bots.model import Bot, SpeechToText
from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.bots.record.links import MediaLinks
from minutebook.bots.states import BotState
from minutebook.bots.v1.messages import Renderers, segments_of
from minutebook.config import OutgoingSettings
from minutebook.db.database import Database
from minutebook.outgoing.client import OutgoingClient
from minutebook.transcript.model import Segment, Speaker, Transcript, Word
from minutebook.webhooks.service import Webhooks
from support.bots import API_KEY, WAY_IN, Runner, Stage, open_stage
from support.webhook_receiver import Receiver, Reply, webhook_receiver

LINK_S = 7200
EXTRA = {"crm": "42", "nested": {"a": [1, None]}}
TRANSCRIPT = Transcript(
    language="en",
    duration_s=3.0,
    speakers=(Speaker("speaker_1", "Ada", 1.0), Speaker("speaker_2", "Grace", 0.9)),
    segments=(
        Segment("speaker_2", 0.2, 1.1, "Shall we?", (Word("Shall", 0.2, 0.6, 0.9), Word("we?", 0.7, 1.1, 0.9))),
        Segment("speaker_1", 1.5, 2.0, "Yes.", (Word("Yes.", 1.5, 2.0, 0.8),)),
    ),
)


@dataclass
class Told:
    """A stage with webhooks, and who listens to them."""

    stage: Stage
    links: MediaLinks
    webhooks: Webhooks
    receiver: Receiver

    async def heard(self) -> list[dict[str, Any]]:
        """The bodies that arrived until now."""
        await self.webhooks.deliver_due()
        return [call.json for call in self.receiver.accepted]

    async def sent(self, **members: Any) -> Runner:
        await self.stage.sent(webhook_url=self.receiver.url(), extra=EXTRA, **members)
        return await self.stage.runner()

    async def transcribe(self, bot: Bot, transcript: Transcript) -> None:
        """End the transcription of the bot's recording with this."""
        assert bot.recording_id is not None
        scheduler = self.stage.scheduler
        async with self.stage.db.transaction() as tx:
            reports = await self.stage.analysis.progress(tx, bot.owner_id, bot.recording_id)
            report = next(each for each in reports if each.type is AnalysisType.TRANSCRIPTION)
            started = await scheduler.start(tx, report.id, report.attempt)
            assert started is not None
            facts = transcript_facts(transcript)
            assert await scheduler.complete(tx, started, kept_transcript(transcript), facts=facts)


@pytest.fixture
async def told(database: Database, tmp_path: Path) -> AsyncIterator[Told]:
    stage = await open_stage(database, tmp_path)
    links = MediaLinks(stage.sealing, "https://minutes.example", LINK_S, stage.clock)
    renderers = Renderers(stage.bots, stage.results, links, stage.sealing).renderers()
    outgoing = OutgoingClient(OutgoingSettings(allow=["127.0.0.1"]))
    webhooks = Webhooks(database, stage.clock, outgoing, stage.sealing, renderers)
    webhooks.subscribe(stage.bots._events)
    async with webhook_receiver() as receiver:
        yield Told(stage, links, webhooks, receiver)


async def recorded(runner: Runner) -> None:
    """Into the call, three seconds of two people, and out again."""
    await runner.reach(*WAY_IN)
    at_ms = round(runner.stage.clock.now().timestamp() * 1000)
    people = [Observation(ObservationKind.PARTICIPANT, at_ms, key, name) for key, name in (("p1", "Ada"), ("p2", "Bo"))]
    spoke = Observation(
        ObservationKind.SPEAKING, at_ms + 900, "p1", start_ms=at_ms, end_ms=at_ms + 800, source="network"
    )
    await runner.observe([*people, spoke])
    await runner.record(3.0)
    await runner.end(end_reason="meeting_ended")
    await runner.stage.jobs.drain()


def codes(bodies: list[dict[str, Any]]) -> list[str]:
    return [body["data"]["status"]["code"] if "status" in body["data"] else body["event"] for body in bodies]


def checked_link(told: Told, bot: Bot, url: str, name: str) -> int:
    """When a link to this file expires; fails unless it works now."""
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"https://minutes.example/media/bots/{bot.id}/{name}"
    query = parse_qs(parts.query)
    (expires,), (signature,) = query["expires"], query["signature"]
    told.links.check(bot.id, name, expires, query.get("key", [""])[0], signature)
    return int(expires)


async def test_the_walk_of_a_bot_with_a_transcript(told: Told) -> None:
    runner = await told.sent(speech_to_text=SpeechToText())
    bot_id = runner.bot_id
    await recorded(runner)
    way = ["joining_call", "in_call_not_recording", "in_call_recording", "call_ended"]
    bodies = await told.heard()
    assert codes(bodies) == way
    bot = await told.stage.bot(bot_id)
    assert bot.recording_started_at is not None
    for body in bodies:
        assert body["event"] == "bot.status_change"
        assert set(body) == {"event", "data"}
        assert body["data"]["bot_id"] == bot_id
        assert body["data"]["status"]["created_at"].endswith("Z")
    assert set(bodies[0]["data"]["status"]) == {"code", "created_at"}
    started_ms = round(bot.recording_started_at.timestamp() * 1000)
    assert bodies[2]["data"]["status"]["start_time"] == started_ms

    await told.transcribe(bot, TRANSCRIPT)
    bodies = await told.heard()
    assert codes(bodies) == [*way, "complete"]
    data = bodies[-1]["data"]
    checked_link(told, bot, data.pop("audio"), "recording.wav")
    assert data == {
        "bot_id": bot_id,
        "event_uuid": None,
        "event": "complete",
        "extra": EXTRA,
        "mp4": "",
        "speakers": ["Grace", "Ada"],
        "transcript": [
            {
                "speaker": "Grace",
                "offset": 0.2,
                "start_time": 0.2,
                "end_time": 1.1,
                "words": [{"start": 0.2, "end": 0.6, "word": "Shall"}, {"start": 0.7, "end": 1.1, "word": "we?"}],
            },
            {
                "speaker": "Ada",
                "offset": 1.5,
                "start_time": 1.5,
                "end_time": 2.0,
                "words": [{"start": 1.5, "end": 2.0, "word": "Yes."}],
            },
        ],
    }
    assert {call.headers["x-meeting-baas-api-key"] for call in told.receiver.calls} == {API_KEY}


async def test_a_transcript_is_only_told_to_those_who_asked_for_one(told: Told) -> None:
    await recorded(await told.sent())
    bodies = await told.heard()
    assert codes(bodies)[-1] == "complete"
    assert "transcript" not in bodies[-1]["data"]
    assert bodies[-1]["data"]["speakers"] == ["Ada"]


async def test_a_transcription_that_failed_leaves_an_empty_transcript(told: Told) -> None:
    runner = await told.sent(speech_to_text=SpeechToText())
    await recorded(runner)
    bot = await told.stage.bot(runner.bot_id)
    assert bot.recording_id is not None
    await told.stage.transcribe(bot.recording_id, succeeds=False)
    assert (await told.heard())[-1]["data"]["transcript"] == []


async def test_a_bot_without_a_record(told: Told) -> None:
    runner = await told.sent()
    await runner.reach(BotState.JOINING, BotState.WAITING_ROOM)
    await runner.end(failure="not_accepted", message="Somebody said no.")
    await told.stage.jobs.drain()
    bodies = await told.heard()
    assert codes(bodies) == ["joining_call", "in_waiting_room", "bot_rejected", "failed"]
    assert bodies[-1] == {
        "event": "failed",
        "data": {
            "bot_id": runner.bot_id,
            "event_uuid": None,
            "error": "BotNotAccepted",
            "message": "Somebody said no.",
            "extra": EXTRA,
        },
    }


async def test_an_error_of_the_meeting_says_what_it_was(told: Told) -> None:
    runner = await told.sent()
    await runner.reach(BotState.JOINING)
    await runner.end(failure="cannot_join", message="The page shows no call.")
    await told.stage.jobs.drain()
    status = (await told.heard())[1]["data"]["status"]
    assert set(status) == {"code", "created_at", "error_message", "error_type"}
    assert (status["code"], status["error_message"]) == ("meeting_error", "The page shows no call.")


async def test_links_are_fresh_when_the_receiver_comes_back(told: Told) -> None:
    await recorded(runner := await told.sent())
    told.receiver.replies(Reply(503))
    assert await told.heard() == []
    bot = await told.stage.bot(runner.bot_id)
    told.stage.clock.advance(72 * 3600)
    told.receiver.replies(Reply())
    data = (await told.heard())[-1]["data"]
    assert data["event"] == "complete"
    assert checked_link(told, bot, data["audio"], "recording.wav") >= told.stage.clock.now().timestamp() + LINK_S - 1


async def test_a_record_that_was_deleted_meanwhile_is_not_told_of(told: Told) -> None:
    runner = await told.sent(speech_to_text=SpeechToText())
    await recorded(runner)
    told.receiver.replies(Reply(503))
    await told.transcribe(await told.stage.bot(runner.bot_id), TRANSCRIPT)
    assert await told.heard() == []
    async with told.stage.db.transaction() as tx:
        await told.stage.bots.delete_data(tx, told.stage.owner.id, runner.bot_id)
    told.stage.clock.advance(3600)
    told.receiver.replies(Reply())
    data = (await told.heard())[-1]["data"]
    assert data["event"] == "complete"
    assert (data["audio"], data["mp4"], data["transcript"]) == ("", "", [])
    assert "Shall" not in str([call.json for call in told.receiver.accepted])


async def test_the_final_event_told_again_somewhere_else(told: Told) -> None:
    await recorded(runner := await told.sent())
    await told.heard()
    async with webhook_receiver() as elsewhere:
        async with told.stage.db.transaction() as tx:
            await told.stage.bots.resend_final(tx, told.stage.owner.id, runner.bot_id, elsewhere.url())
        before = len(told.receiver.calls)
        await told.webhooks.deliver_due()
        assert [call.json["event"] for call in elsewhere.accepted] == ["complete"]
    assert len(told.receiver.calls) == before


async def test_a_second_transcription_is_told_when_it_is_there(told: Told) -> None:
    runner = await told.sent(speech_to_text=SpeechToText())
    await recorded(runner)
    bot = await told.stage.bot(runner.bot_id)
    await told.transcribe(bot, TRANSCRIPT)
    async with webhook_receiver() as elsewhere:
        async with told.stage.db.transaction() as tx:
            await told.stage.bots.retranscribe(tx, bot.owner_id, bot.id, None, elsewhere.url())
        await told.stage.jobs.drain()
        await told.transcribe(bot, TRANSCRIPT)
        await told.webhooks.deliver_due()
        bodies = [call.json for call in elsewhere.accepted]
    assert bodies == [{"event": "transcription_complete", "data": {"bot_id": bot.id}}]


def test_without_a_transcript_there_are_no_segments() -> None:
    assert segments_of(None) == []

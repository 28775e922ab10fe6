"""From pieces to a meeting: what is stored, what is cleared, what happens when it cannot be done."""

import io
import json
import wave
from pathlib import Path
from typing import Any

import pytest

from minutebook.accounts.model import LOCAL_EMAIL
from minutebook.accounts.repository import users
from minutebook.bots.finishing import Stored, speakers_of, stored_from_json, to_json
from minutebook.bots.hosting.launchers.fake import silence
from minutebook.bots.lifecycle import finish_key
from minutebook.bots.model import Bot, Deletion, Failure, SpeechProvider, SpeechToText
from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.bots.record.files import file_key
from minutebook.bots.states import BotState
from minutebook.bots.tasks import give_up_finishing
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.ids import new_id
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.model import Incoming, Received
from minutebook.recordings.sources import Interval, Participant, Sources, sources_from_json, sources_key, track_key
from support.bots import WAY_IN, Runner, Stage, chunks, open_stage


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    return await open_stage(database, tmp_path)


async def recorded(stage: Stage, **members: Any) -> Runner:
    """A bot that has recorded two people for three seconds, and has left."""
    await stage.sent(**members)
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    at_ms = round(stage.clock.now().timestamp() * 1000)
    await runner.observe(
        [
            Observation(ObservationKind.PARTICIPANT, at_ms, "p1", "Ada", track=True),
            Observation(ObservationKind.PARTICIPANT, at_ms, "p2", "Grace"),
            Observation(
                ObservationKind.SPEAKING, at_ms + 900, "p1", start_ms=at_ms, end_ms=at_ms + 800, source="track"
            ),
        ]
    )
    await runner.record(1.0, "track.p1", silence(1.0))
    await runner.record(3.0)
    await runner.end(end_reason="meeting_ended")
    return runner


async def test_everything_of_a_call_is_stored_under_its_recording(stage: Stage) -> None:
    bot_id = (await recorded(stage)).bot_id
    await stage.jobs.drain()
    bot = await stage.bot(bot_id)
    assert bot.recording_id is not None
    assert stage.stored() == sorted(
        [
            f"recordings/{bot.recording_id}/original.wav",
            sources_key(bot.recording_id),
            track_key(bot.recording_id, "p1"),
            file_key(bot.recording_id, "diarization.jsonl"),
            file_key(bot.recording_id, "participants.jsonl"),
        ]
    ), "and the pieces are gone"
    sound = await stage.storage.get_bytes(f"recordings/{bot.recording_id}/original.wav")
    with wave.open(io.BytesIO(sound)) as wav:
        assert wav.getnframes() / wav.getframerate() == 3.0 == bot.duration_s
    sources = sources_from_json(await stage.storage.get_bytes(sources_key(bot.recording_id)))
    assert [each.name for each in sources.participants] == ["Ada", "Grace"]
    async with stage.db.reading() as read:
        media = await stage.bots.media(read, bot)
        recording = await stage.recordings.load(read, bot.recording_id)
        meeting = await stage.meetings.get(read, stage.owner.id, bot.meeting_id or "")
        reports = await stage.analysis.progress(read, stage.owner.id, bot.recording_id)
    assert recording is not None
    assert (recording.duration_s, recording.content_type) == (3.0, "audio/wav")
    assert media.audio == f"recordings/{bot.recording_id}/original.wav"
    assert media.diarization == file_key(bot.recording_id, "diarization.jsonl")
    assert media.participants == file_key(bot.recording_id, "participants.jsonl")
    assert (media.mp4, media.network_diarization) == (None, None)
    first = json.loads((await stage.storage.get_bytes(media.diarization)).splitlines()[0])
    assert (first[0]["name"], first[0]["isSpeaking"]) == ("Ada", True)
    assert meeting.title == "Scribe · meet.google.com · 2026-03-02 09:00"
    assert [(a.email, a.display_name) for a in meeting.attendees] == [("ada@example.com", "Ada Lovelace")]
    assert {report.type.value for report in reports} == {"transcription", "meeting note", "key_points", "sentiment"}
    assert list((stage.objects.parent / "scratch").iterdir()) == []


async def test_the_wished_provider_transcribes(stage: Stage) -> None:
    wish = SpeechToText(SpeechProvider.GLADIA, "sealed", {"language": "de"})
    bot_id = (await recorded(stage, speech_to_text=wish)).bot_id
    await stage.jobs.drain()
    bot = await stage.bot(bot_id)
    async with stage.db.reading() as read:
        reports = await stage.analysis.progress(read, stage.owner.id, bot.recording_id or "")
    options = {report.type.value: report.options for report in reports}
    assert options["transcription"].provider == "Gladia"
    assert options["transcription"].sealed_api_key == "sealed"
    assert options["transcription"].provider_parameters == {"language": "de"}
    assert options["meeting note"].sealed_api_key is None


async def test_steps_that_run_again_make_no_second_meeting(stage: Stage) -> None:
    bot_id = (await recorded(stage)).bot_id
    kept = await stage.finishing.store(bot_id)
    again = await stage.finishing.store(bot_id)  # the worker was killed before the step was remembered
    assert isinstance(kept, dict)
    assert isinstance(again, dict)
    await stage.finishing.publish(bot_id, stored_from_json(again))
    await stage.finishing.publish(bot_id, stored_from_json(kept))
    assert await stage.finishing.store(bot_id) is None
    await stage.jobs.drain()
    async with stage.db.reading() as read:
        assert (await stage.meetings.list(read, stage.owner.id)).total == 1
    assert await stage.kinds(bot_id) == ["bot.completed", "bot.created", "bot.recorded"]
    stage.clock.advance(49 * 3600)
    await stage.recordings.sweep()
    own = (await stage.bot(bot_id)).recording_id
    assert own is not None
    assert {key.split("/")[1] for key in stage.stored()} == {own}, "the recording that nobody needed is gone"


async def test_a_call_is_recorded_before_anybody_has_an_account(stage: Stage) -> None:
    """`minutebook calendars add` on a new machine acts for a user who stands in, whose address is none."""
    async with stage.db.transaction() as tx:
        await tx.execute(users.update().values(email=LOCAL_EMAIL, display_name="You"))
    bot_id = (await recorded(stage)).bot_id
    await stage.jobs.drain()
    assert (await stage.bot(bot_id)).state is BotState.COMPLETED
    async with stage.db.reading() as read:
        (meeting,) = (await stage.meetings.list(read, stage.owner.id)).items
    assert [(each.display_name, each.address) for each in meeting.attendees] == [("You", None)]


async def test_sound_that_cannot_be_read_at_all(stage: Stage) -> None:
    await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    await runner.record(1.0, data=b"this is no sound")
    await runner.end(end_reason="meeting_ended")
    await stage.jobs.drain()
    bot = await stage.bot(runner.bot_id)
    assert bot.state.is_final
    assert len(await stage.kinds(bot.id)) == 3
    assert bot.state is BotState.COMPLETED or (bot.failure is Failure.INTERNAL and bot.failure_message)


async def test_storage_that_lost_the_pieces(stage: Stage) -> None:
    runner = await recorded(stage)
    await stage.storage.delete_prefix(f"bots/{runner.bot_id}/media")
    await stage.jobs.drain()
    bot = await stage.bot(runner.bot_id)
    assert (bot.state, bot.failure) == (BotState.FAILED, Failure.INTERNAL)
    assert await stage.kinds(bot.id) == ["bot.created", "bot.failed"]


async def test_work_that_takes_its_worker_down_is_given_up(stage: Stage) -> None:
    runner = await recorded(stage)
    await give_up_finishing(stage.db, stage.bots, "report:something:1")
    assert (await stage.bot(runner.bot_id)).state is BotState.ENDED
    for _ in range(2):
        await give_up_finishing(stage.db, stage.bots, finish_key(runner.bot_id))
    assert (await stage.bot(runner.bot_id)).state is BotState.FAILED
    assert await stage.kinds(runner.bot_id) == ["bot.created", "bot.failed"]


async def test_what_was_recorded_is_kept_and_put_together_when_that_becomes_possible(stage: Stage) -> None:
    runner = await recorded(stage)
    await give_up_finishing(stage.db, stage.bots, finish_key(runner.bot_id))
    failed = await stage.bot(runner.bot_id)
    assert failed.state is BotState.FAILED
    assert "POST /bots/retranscribe" in (failed.failure_message or "")
    await retranscribed(stage, failed.id)
    await stage.jobs.drain()
    bot = await stage.bot(failed.id)
    assert (bot.state, bot.failure, bot.failure_message) == (BotState.COMPLETED, None, None)
    assert bot.recording_id is not None
    assert sorted(await stage.kinds(bot.id)) == ["bot.completed", "bot.created", "bot.failed", "bot.recorded"]


async def test_pieces_again_and_too_late(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    for _ in range(2):
        await runner.deliver("audio", 0, silence(1.0), 1772442003000, 1000)
    bad = [
        ("audio", -1, 0, 1),
        ("music", 0, 0, 1),
        ("track.../x", 0, 0, 1),
        ("audio", 0, -1, 1),
        ("audio", 0, 0, 10**8),
    ]
    for stream, index, start_ms, length_ms in bad:
        with pytest.raises(MinutebookError) as error:
            await runner.deliver(stream, index, b"", start_ms, length_ms)
        assert error.value.code == "media_invalid"
    await runner.end(end_reason="meeting_ended")
    with pytest.raises(MinutebookError) as error:
        await runner.deliver("audio", 1, silence(1.0), 1772442004000, 1000)
    assert error.value.code == "bot_over"
    await stage.jobs.drain()
    assert (await stage.bot(bot.id)).duration_s == 1.0


async def test_screenshots(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    reception, token = stage.bot_reception, runner.claim.token
    for index, name in ((1, "denied"), (0, "join\x07ing"), (1, "denied")):
        await reception.keep_screenshot(
            bot.id, 1, token, index, chunks(b"png"), name=name, taken_ms=1772442000000 + index
        )
    async with stage.db.reading() as read:
        shots = await stage.bots.screenshots(read, bot)
    assert [(shot.name, shot.number) for shot in shots] == [("joining", 1), ("denied", 0)]
    assert await stage.storage.get_bytes(shots[0].key) == b"png"


async def deletion(stage: Stage, bot_id: str) -> Deletion:
    async with stage.db.transaction() as tx:
        return await stage.bots.delete_data(tx, stage.owner.id, bot_id)


async def test_deleting_takes_every_byte(stage: Stage) -> None:
    runner = await recorded(stage, extra={"team": "sales"})
    bot_id = runner.bot_id
    with pytest.raises(MinutebookError) as error:
        await deletion(stage, bot_id)
    assert error.value.code == "bot_running"
    await stage.jobs.drain()
    assert stage.stored()
    assert await deletion(stage, bot_id) is Deletion.DELETED
    assert await deletion(stage, bot_id) is Deletion.ALREADY_DELETED
    await stage.jobs.drain()
    assert stage.stored() == []
    bot = await stage.bot(bot_id)
    assert (bot.data_deleted, bot.recording_id, bot.meeting_id) == (True, None, None)
    assert (bot.state, bot.wish.extra) == (BotState.COMPLETED, {"team": "sales"})
    async with stage.db.reading() as read:
        assert (await stage.meetings.list(read, stage.owner.id)).total == 0
        assert (await stage.bots.media(read, bot)).audio is None
    with pytest.raises(MinutebookError) as error:
        await retranscribed(stage, bot_id)
    assert error.value.code == "bot_has_no_recording"
    assert await stage.kinds(bot_id) == ["bot.completed", "bot.created", "bot.recorded"]


async def test_deleting_where_there_is_nothing(stage: Stage) -> None:
    bot = await stage.sent()
    assert await deletion(stage, bot.id) is Deletion.NO_DATA_FOUND
    runner = await stage.runner()
    with pytest.raises(MinutebookError):
        await deletion(stage, bot.id)
    await runner.end(failure="not_accepted")
    assert await deletion(stage, bot.id) is Deletion.NO_DATA_FOUND
    with pytest.raises(MinutebookError):
        await deletion(stage, new_id())


async def test_deleting_before_the_transcript_ends_the_wait(stage: Stage) -> None:
    runner = await recorded(stage, speech_to_text=SpeechToText())
    await stage.jobs.drain()
    assert await deletion(stage, runner.bot_id) is Deletion.DELETED
    bot = await stage.bot(runner.bot_id)
    assert (bot.state, bot.failure) == (BotState.FAILED, Failure.STOPPED)
    assert await stage.kinds(bot.id) == ["bot.created", "bot.failed", "bot.recorded"]


async def test_a_recording_that_is_replaced_is_the_bots_no_more(stage: Stage) -> None:
    runner = await recorded(stage, speech_to_text=SpeechToText())
    await stage.jobs.drain()
    bot = await stage.bot(runner.bot_id)
    sound = await stage.storage.get_bytes(f"recordings/{bot.recording_id}/original.wav")
    await stage.recordings.add(stage.owner.id, bot.meeting_id or "", Incoming("b.wav", "audio/wav", chunks(sound)))
    bot = await stage.bot(runner.bot_id)
    assert (bot.state, bot.meeting_id, bot.recording_id) == (BotState.FAILED, None, None)


async def retranscribed(stage: Stage, bot_id: str, url: str | None = None) -> None:
    async with stage.db.transaction() as tx:
        await stage.bots.retranscribe(tx, stage.owner.id, bot_id, SpeechToText(), url)


async def done(stage: Stage) -> Bot:
    runner = await recorded(stage, speech_to_text=SpeechToText(SpeechProvider.RUNPOD))
    await stage.jobs.drain()
    bot = await stage.bot(runner.bot_id)
    await stage.transcribe(bot.recording_id or "")
    return await stage.bot(bot.id)


async def test_a_transcription_that_is_asked_for_again(stage: Stage) -> None:
    bot = await done(stage)
    assert bot.recording_id is not None
    await retranscribed(stage, bot.id, "https://example.com/again")
    await retranscribed(stage, bot.id)
    await stage.transcribe(bot.recording_id)
    told = [payload for kind, payload in await stage.events(bot.id) if kind == "bot.transcribed"]
    assert sorted(told, key=len) == [{}, {"webhook_url": "https://example.com/again"}]
    assert (await stage.bot(bot.id)).state is BotState.COMPLETED
    async with stage.db.reading() as read:
        reports = await stage.analysis.progress(read, stage.owner.id, bot.recording_id)
    newest = next(report for report in reports if report.type == "transcription")
    assert (newest.version, newest.options.provider) == (2, "")
    await retranscribed(stage, bot.id)
    await stage.transcribe(bot.recording_id, succeeds=False)
    assert len([kind for kind, _ in await stage.events(bot.id) if kind == "bot.transcribed"]) == 2
    assert (await stage.kinds(bot.id)).count("bot.completed") == 1


async def test_another_way_to_transcribe_waits_until_the_one_under_way_has_ended(stage: Stage) -> None:
    bot = await done(stage)
    await retranscribed(stage, bot.id)
    async with stage.db.transaction() as tx:
        with pytest.raises(MinutebookError) as error:
            await stage.bots.retranscribe(tx, stage.owner.id, bot.id, SpeechToText(parameters={"language": "de"}), None)
    assert (error.value.code, error.value.retryable) == ("transcription_running", True)
    await stage.transcribe(bot.recording_id or "")
    async with stage.db.transaction() as tx:
        await stage.bots.retranscribe(tx, stage.owner.id, bot.id, SpeechToText(parameters={"language": "de"}), None)
    async with stage.db.reading() as read:
        reports = await stage.analysis.progress(read, stage.owner.id, bot.recording_id or "")
    newest = next(report for report in reports if report.type == "transcription")
    assert (newest.version, newest.options.language) == (3, "de")


async def test_nobody_elses_meeting_is_touched_by_reports_of_other_recordings(stage: Stage) -> None:
    async with stage.db.transaction() as tx:
        draft = MeetingDraft(title="Mine", attendees=[AttendeeDraft("ada@example.com", "Ada")])
        meeting = await stage.meetings.create(tx, stage.owner.id, draft)
    sound = silence(1.0)
    recording = await stage.recordings.add(stage.owner.id, meeting.id, Incoming("a.flac", "audio/flac", chunks(sound)))
    await stage.transcribe(recording.id)
    async with stage.db.transaction() as tx:
        await stage.meetings.delete(tx, stage.owner.id, meeting.id)


def test_what_a_step_remembers_comes_back() -> None:
    stored = Stored(Received("id", "a.wav", "audio/wav", 5, "00", "recordings/id/a.wav"), 7, 3.5, ("x",), ("Ada",))
    assert stored_from_json(json.loads(json.dumps(to_json(stored)))) == stored


def test_speakers_are_those_who_spoke() -> None:
    people = (Participant("1", "Ada"), Participant("2", "Grace"), Participant("3", "Ada", person="1"))
    assert speakers_of(Sources(people)) == ("Ada", "Grace")
    assert speakers_of(Sources(people, (Interval("3", 0, 1, "page"),))) == ("Ada",)

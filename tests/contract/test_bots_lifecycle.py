"""Bots from their creation to their final event, with runners played by hand, on SQLite and Postgres."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from minutebook.bots.model import (
    BotWish,
    EndReason,
    Failure,
    LeaveRules,
    SpeechProvider,
    SpeechToText,
    Streaming,
    ZoomAccess,
)
from minutebook.bots.protocol import ReportKind, RunnerReport
from minutebook.bots.states import BotState
from minutebook.bots.v1.messages import status_of
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.ids import new_id
from support.bots import API_KEY, MEETING_URL, WAY_IN, Stage, open_stage

SPOKEN = SpeechToText()
TOLD_ON_THE_WAY_IN = ["joining", "in_call", "recording"]


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    return await open_stage(database, tmp_path)


async def test_a_bot_comes_back_as_it_was_asked_for(stage: Stage) -> None:
    wish = BotWish(
        meeting_url=MEETING_URL,
        bot_name="Schreiber Ä",
        bot_image="https://example.com/a.png",
        entry_message="hello",
        start_at=stage.clock.now() + timedelta(hours=1),
        speech_to_text=SpeechToText(SpeechProvider.GLADIA, stage.sealing.seal("key"), {"a": [1, None, "x"]}),
        leave=LeaveRules(120, 180, 300),
        streaming=Streaming("wss://example.com/out", "wss://example.com/in", 16_000),
        webhook_url="https://example.com/hook",
        deduplication_key="one",
        extra={"team": "sales", "n": 1, "long": "x" * 5000, "y" * 300: "z", "nul": "a\x00b", "half": "\ud800"},
        zoom=ZoomAccess(sealed_obf_token=stage.sealing.seal("obf")),
    )
    bot = await stage.sent(wish)
    kept = await stage.bot(bot.id)
    assert kept == bot
    assert kept.wish.extra == wish.extra
    assert (kept.state, kept.start_at, kept.created_at) == (BotState.QUEUED, wish.start_at, stage.clock.now())
    assert stage.sealing.open(kept.sealed_api_key or "") == API_KEY
    assert (await stage.sent(bot_name="other", deduplication_key="2")).number > bot.number
    assert await stage.kinds(bot.id) == ["bot.created"]


async def test_nobody_elses_bot_is_found(stage: Stage) -> None:
    bot = await stage.sent()
    for owner, bot_id in ((new_id(), bot.id), (stage.owner.id, new_id()), (stage.owner.id, "no id")):
        async with stage.db.reading() as read:
            with pytest.raises(MinutebookError, match="no such bot") as error:
                await stage.bots.get(read, owner, bot_id)
        assert (error.value.kind, error.value.code) == (Kind.NOT_FOUND, "bot_not_found")


async def test_numbers_that_json_does_not_know_are_refused(stage: Stage) -> None:
    with pytest.raises(MinutebookError) as error:
        await stage.sent(extra={"a": float("nan")})
    assert (error.value.kind, error.value.field) == (Kind.INVALID, "extra")


async def test_the_same_bot_within_five_minutes_is_one_too_many(stage: Stage) -> None:
    first = await stage.sent()
    with pytest.raises(MinutebookError, match=first.id) as error:
        await stage.sent()
    assert (error.value.kind, error.value.code) == (Kind.CONFLICT, "bot_duplicate")
    await stage.sent(deduplication_key="another")
    await stage.sent(meeting_url=MEETING_URL[:-1] + "k")
    later = stage.clock.now() + timedelta(minutes=5)
    await stage.sent(start_at=later)
    with pytest.raises(MinutebookError):
        await stage.sent(start_at=later + timedelta(seconds=299))
    async with stage.db.transaction() as tx:
        await stage.bots.create(tx, stage.owner.id, BotWish(MEETING_URL, "Scribe"), api_key="mbk_another")
    await stage.left(first.id)
    assert (await stage.bot(first.id)).state is BotState.CANCELLED
    await stage.sent()


async def test_of_many_alike_at_once_one_is_made(stage: Stage) -> None:
    results = await asyncio.gather(*(stage.sent() for _ in range(8)), return_exceptions=True)
    refused = [each for each in results if isinstance(each, MinutebookError)]
    assert [each.code for each in refused] == ["bot_duplicate"] * 7
    assert len(results) - len(refused) == 1


async def test_the_whole_walk_without_a_transcript(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    assert (await stage.bot(bot.id)).state is BotState.JOINING
    began = stage.clock.now()
    await runner.reach(BotState.JOINING, BotState.WAITING_ROOM, BotState.IN_CALL, BotState.RECORDING)
    await runner.record(2.0)
    await runner.record(1.0)
    await runner.end(end_reason="meeting_ended")
    ended = await stage.bot(bot.id)
    assert (ended.state, ended.end_reason) == (BotState.ENDED, EndReason.MEETING_ENDED)
    assert ended.joined_at == began + timedelta(seconds=3)
    assert ended.recording_started_at == began + timedelta(seconds=4)
    assert ended.exited_at == ended.ended_at == began + timedelta(seconds=8)
    assert ended.duration_s == 0
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert (done.state, done.duration_s, done.failure) == (BotState.COMPLETED, 3.0, None)
    assert await stage.kinds(bot.id) == ["bot.completed", "bot.created", "bot.recorded"]
    assert await stage.told(bot.id) == [
        "joining",
        "waiting_room",
        "in_call",
        "recording",
        "ended",
    ]
    recording = next(p for kind, p in await stage.events(bot.id) if p.get("change") == "recording")
    assert recording["at"] == "2026-03-02T09:00:04+00:00"
    assert status_of(recording)["created_at"] == "2026-03-02T09:00:04.000Z"
    assert status_of(recording)["start_time"] == 1772442004000


async def test_a_transcript_is_waited_for_and_may_fail(stage: Stage) -> None:
    for succeeds in (True, False):
        bot = await stage.sent(speech_to_text=SPOKEN, deduplication_key=str(succeeds))
        runner = await stage.runner()
        await runner.reach(*WAY_IN)
        await runner.record()
        await runner.end(end_reason="no_attendees")
        await stage.jobs.drain()
        waiting = await stage.bot(bot.id)
        assert (waiting.state, await stage.kinds(bot.id)) == (BotState.ENDED, ["bot.created", "bot.recorded"])
        await stage.transcribe(waiting.recording_id or "", succeeds=succeeds)
        assert (await stage.bot(bot.id)).state is BotState.COMPLETED
        assert await stage.kinds(bot.id) == ["bot.completed", "bot.created", "bot.recorded"]


@pytest.mark.parametrize(
    ("how", "state", "failure"),
    [
        ({"failure": "not_accepted"}, BotState.WAITING_ROOM, "not_accepted"),
        ({"failure": "not_admitted_in_time"}, BotState.WAITING_ROOM, "not_admitted_in_time"),
        ({"failure": "removed"}, BotState.IN_CALL, "removed"),
        ({"failure": "invalid_url"}, BotState.JOINING, "invalid_url"),
        ({"failure": "stopped"}, BotState.JOINING, "stopped"),
        ({"failure": "cannot_join", "message": "No way in."}, BotState.JOINING, "cannot_join"),
        ({"end_reason": "stopped"}, BotState.IN_CALL, "stopped"),
        ({"end_reason": "no_attendees"}, BotState.IN_CALL, "cannot_join"),
    ],
)
async def test_a_bot_without_a_recording_fails_with_its_own_failure(
    stage: Stage, how: dict[str, str], state: BotState, failure: str
) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*dict.fromkeys((BotState.JOINING, state)))
    await runner.end(**how)
    failed = await stage.bot(bot.id)
    assert failed.state is BotState.FAILED
    assert failed.failure_message == how.get("message", failed.failure_message)
    assert failed.failure_message
    assert failed.ended_at == stage.clock.now()
    assert (failed.exited_at is not None) == (state is BotState.IN_CALL)
    told = await stage.told(bot.id)
    assert told[-1] == f"failed: {failure}"
    assert "ended" not in told
    assert await stage.kinds(bot.id) == ["bot.created", "bot.failed"]
    last = max((p for _, p in await stage.events(bot.id) if "seq" in p), key=lambda p: p["seq"])
    assert last["message"] == failed.failure_message
    assert ("error_type" in status_of(last)) == (failure == "cannot_join")
    assert await stage.jobs.drain() <= 1, "only storage is cleared"


async def test_a_recording_of_which_nothing_came_home_fails(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    await runner.end(end_reason="error")
    assert (await stage.bot(bot.id)).failure is Failure.INTERNAL
    assert await stage.told(bot.id) == [*TOLD_ON_THE_WAY_IN, "ended"]
    assert await stage.kinds(bot.id) == ["bot.created", "bot.failed"]


async def test_a_lost_runner_is_followed_by_another_and_the_recording_goes_on(stage: Stage) -> None:
    bot = await stage.sent()
    first = await stage.runner()
    await first.reach(*WAY_IN)
    await first.record(2.0)
    await first.die()
    interrupted = await stage.bot(bot.id)
    assert (interrupted.state, interrupted.exited_at) == (BotState.INTERRUPTED, stage.clock.now())
    second = await stage.runner()
    async with stage.db.reading() as read:
        orders = await stage.bot_reception.orders(read, bot.id, 2, second.claim.token)
    assert (orders.rejoin, orders.stop, orders.platform) == (True, False, "google_meet")
    assert orders.recording_started_ms == 1772442003000
    assert await first.beat(), "the old one is to go if it should live"
    await first.tell(RunnerReport(3, ReportKind.STATE, 0, state="recording"))
    assert (await stage.bot(bot.id)).state is BotState.JOINING
    await first.record(1.0)  # kept all the same
    await second.reach(*WAY_IN)
    assert (await stage.bot(bot.id)).exited_at is None
    await second.record(2.0)
    await second.end(end_reason="silence")
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert done.exited_at == stage.clock.now()
    assert (done.state, done.attempt, done.end_reason) == (BotState.COMPLETED, 2, EndReason.SILENCE)
    assert done.duration_s == pytest.approx(8.0)
    assert await stage.told(bot.id) == [*TOLD_ON_THE_WAY_IN, "paused", "resumed", "ended"]
    assert await stage.kinds(bot.id) == ["bot.completed", "bot.created", "bot.recorded"]


async def test_a_runner_that_was_taken_for_dead_and_is_not(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    await runner.record()
    await runner.die()
    await runner.reach(BotState.JOINING, BotState.IN_CALL)
    assert (await stage.bot(bot.id)).state is BotState.INTERRUPTED
    assert await runner.beat(), "it is to leave"
    async with stage.db.reading() as read:
        with pytest.raises(MinutebookError, match="taken this one's place"):
            await stage.bot_reception.orders(read, bot.id, 1, runner.claim.token)
    await runner.end(end_reason="meeting_ended")
    await stage.jobs.drain()
    assert (await stage.bot(bot.id)).state is BotState.COMPLETED
    assert await stage.claimed() == []


async def test_a_bot_that_cannot_rejoin_keeps_its_record(stage: Stage) -> None:
    bot = await stage.sent()
    first = await stage.runner()
    await first.reach(*WAY_IN)
    await first.record()
    await first.die()
    second = await stage.runner()
    await second.reach(BotState.WAITING_ROOM)
    await second.end(failure="not_accepted")
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert (done.state, done.end_reason, done.failure) == (BotState.COMPLETED, EndReason.REMOVED, None)
    assert (await stage.told(bot.id))[-1] == "ended"


async def test_a_stop_request_during_an_interruption_only_fetches_what_is_left(stage: Stage) -> None:
    bot = await stage.sent()
    first = await stage.runner()
    await first.reach(*WAY_IN)
    await first.record()
    await first.die()
    gone_at = stage.clock.now()
    await stage.left(bot.id)
    second = await stage.runner()
    async with stage.db.reading() as read:
        assert (await stage.bot_reception.orders(read, bot.id, 2, second.claim.token)).stop
    await second.end(end_reason="error")
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert (done.state, done.end_reason) == (BotState.COMPLETED, EndReason.STOPPED)
    assert done.exited_at == gone_at


async def test_sound_of_a_runner_that_could_not_say_that_it_records(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(BotState.JOINING)
    began = stage.clock.now()
    await runner.record()
    await stage.left(bot.id)
    await runner.die()
    await (await stage.runner()).end(end_reason="stopped")
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert (done.state, done.duration_s) == (BotState.COMPLETED, 2.0)
    assert (done.joined_at, done.recording_started_at, done.exited_at) == (began, began, done.ended_at)


async def test_attempts_are_limited_and_what_is_left_is_fetched_first(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    await runner.record()
    stops = []
    for _ in range(20):
        await runner.die()
        stage.clock.advance(20)
        if not (claims := await stage.claimed()):
            break
        runner.claim = claims[0]
        stops.append(runner.claim.attempt.stop_reason)
    assert stops == [None] * 5 + [EndReason.ERROR] * 2
    await stage.jobs.drain()
    done = await stage.bot(bot.id)
    assert (done.state, done.end_reason, done.attempt) == (BotState.COMPLETED, EndReason.ERROR, 8)
    assert await stage.kinds(bot.id) == ["bot.completed", "bot.created", "bot.recorded"]


async def test_a_bot_whose_runners_all_die_on_the_way_fails(stage: Stage) -> None:
    bot = await stage.sent()
    for _ in range(20):
        stage.clock.advance(20)
        for claim in await stage.claimed():
            await stage.bot_dispatch.gone(claim.bot.id, claim.attempt.attempt)
    failed = await stage.bot(bot.id)
    assert (failed.state, failed.failure) == (BotState.FAILED, Failure.INTERNAL)
    assert "8 times" in (failed.failure_message or "")
    assert await stage.told(bot.id) == ["joining", "failed: internal"]
    assert await stage.kinds(bot.id) == ["bot.created", "bot.failed"]


async def test_leaving(stage: Stage) -> None:
    planned = await stage.sent(start_at=stage.clock.now() + timedelta(hours=1))
    assert (await stage.left(planned.id)).state is BotState.CANCELLED
    assert (await stage.told(planned.id), await stage.kinds(planned.id)) == ([], ["bot.created"])
    waiting = await stage.sent()
    gone = await stage.left(waiting.id)
    assert (gone.state, gone.failure) == (BotState.CANCELLED, Failure.STOPPED)
    assert await stage.told(waiting.id) == ["failed: stopped"]
    assert await stage.kinds(waiting.id) == ["bot.created", "bot.failed"]
    assert await stage.left(waiting.id) == gone
    assert await stage.claimed() == []

    live = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    assert not await runner.beat()
    assert (await stage.left(live.id)).stop_requested
    assert await runner.beat()
    await runner.record()
    await runner.end(end_reason="stopped")
    assert await runner.beat()
    await stage.jobs.drain()
    assert (await stage.bot(live.id)).end_reason is EndReason.STOPPED


async def test_a_meeting_that_no_bot_can_join_is_refused(stage: Stage) -> None:
    with pytest.raises(MinutebookError, match="Google Meet, Microsoft Teams or Zoom") as error:
        await stage.sent(meeting_url="https://example.com/talk")
    assert (error.value.kind, error.value.field) == (Kind.INVALID, "meeting_url")
    assert "MINUTEBOOK_BOTS__WEBRTC_PAGES" in error.value.message


async def test_a_meeting_that_no_bot_can_join_any_more(stage: Stage) -> None:
    """As `create_all` takes it, or as it was asked for before the operator's list changed."""
    wish = BotWish(meeting_url="https://example.com/talk", bot_name="Scribe")
    async with stage.db.transaction() as tx:
        (bot,) = await stage.bots.create_all(tx, stage.owner.id, [(wish, None)])
    assert (await stage.bot(bot.id)).state is BotState.QUEUED
    assert await stage.claimed(capacity=1) == []
    failed = await stage.bot(bot.id)
    assert (failed.state, failed.failure) == (BotState.FAILED, Failure.INVALID_URL)
    assert await stage.told(bot.id) == ["failed: invalid_url"]
    assert await stage.kinds(bot.id) == ["bot.created", "bot.failed"]


async def test_reports_are_taken_once_and_in_order(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    told = [RunnerReport(i, ReportKind.STATE, 0, state=state.value) for i, state in enumerate(WAY_IN)]
    assert await runner.tell(told[1], told[2]) == 0, "the first is missing"
    assert await runner.tell(*told[:2]) == 2
    assert await runner.tell(*told) == 3
    assert await runner.tell(*told) == 3
    assert await runner.tell(RunnerReport(3, ReportKind.NOTICE, 0, message="a\x00b\ud800" * 3000)) == 4
    assert await stage.told(bot.id) == TOLD_ON_THE_WAY_IN
    with pytest.raises(MinutebookError, match="completed"):
        await runner.tell(RunnerReport(4, ReportKind.STATE, 0, state="completed"))
    with pytest.raises(MinutebookError):
        await runner.tell(RunnerReport(4, ReportKind.ENDED, 0, failure="Whatever"))
    joined = (await stage.bot(bot.id)).joined_at
    assert joined == bot.created_at, "a runner whose clock is wrong joins no bot before it was made"


async def test_many_ends_at_once_are_one(stage: Stage) -> None:
    bot = await stage.sent()
    runner = await stage.runner()
    await runner.reach(*WAY_IN)
    await runner.record()
    ended = RunnerReport(3, ReportKind.ENDED, 0, end_reason="meeting_ended")
    await asyncio.gather(*(runner.tell(ended) for _ in range(6)), runner.die())

    async def finish() -> None:
        stored = await stage.finishing.store(bot.id)
        if isinstance(stored, dict):
            from minutebook.bots.finishing import stored_from_json

            await stage.finishing.publish(bot.id, stored_from_json(stored))

    await asyncio.gather(*(finish() for _ in range(4)), return_exceptions=False)
    await stage.jobs.drain()
    assert await stage.kinds(bot.id) == ["bot.completed", "bot.created", "bot.recorded"]
    assert (await stage.told(bot.id)).count("ended") == 1
    async with stage.db.reading() as read:
        assert (await stage.meetings.list(read, stage.owner.id)).total == 1


async def test_final_events_again(stage: Stage) -> None:
    bot = await stage.sent()
    async with stage.db.transaction() as tx:
        with pytest.raises(MinutebookError) as error:
            await stage.bots.resend_final(tx, stage.owner.id, bot.id, None)
    assert error.value.code == "bot_not_final"
    runner = await stage.runner()
    await runner.end(failure="removed")
    async with stage.db.transaction() as tx:
        await stage.bots.resend_final(tx, stage.owner.id, bot.id, "https://example.com/again")
    payloads = [payload for kind, payload in await stage.events(bot.id) if kind == "bot.failed"]
    assert sorted(payloads, key=len) == [{}, {"repeated": True, "webhook_url": "https://example.com/again"}]

"""What is done when receivers fail: ladders, order, 410, Retry-After, redirects; over SQLite and Postgres."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import pytest

from minutebook.db.database import Database
from minutebook.webhooks.model import MessageState
from support.webhook_receiver import Call, Reply, webhook_receiver
from support.webhook_rig import CODES, HOUR, NO, Rig, webhook_rig
from support.webhook_sender import FINAL, STATUS


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with webhook_rig(database) as opened:
        yield opened


async def test_after_three_days_of_silence_everything_arrives_once_and_in_order(rig: Rig) -> None:
    rig.receiver.replies(Reply(0))
    ids = {f"bot {n}": await rig.call_of(f"bot {n}") for n in range(2)}
    await rig.let_time_pass(72 * HOUR)
    assert rig.receiver.accepted == []
    rig.receiver.replies(Reply())
    await rig.let_time_pass(20 * HOUR)
    arrived = rig.receiver.processed
    assert sorted(call.id for call in arrived) == sorted(event_id for of_bot in ids.values() for event_id in of_bot)
    for bot_id, expected in ids.items():
        assert [call.id for call in arrived if call.json["data"]["bot_id"] == bot_id] == expected
    assert len(rig.receiver.accepted) == len(arrived), "nothing that was accepted is sent again"
    for message_id in ids["bot 0"]:
        assert (await rig.message(message_id)).state is MessageState.DELIVERED


async def test_a_final_event_climbs_its_ladder_and_is_given_up(rig: Rig) -> None:
    rig.receiver.replies(NO)
    message_id = await rig.publish()
    await rig.let_time_pass(100 * HOUR)
    shown = await rig.shown(message_id)
    assert shown.message.state is MessageState.FAILED
    assert len(rig.receiver.calls) == shown.message.attempts == len(shown.attempts) == 10
    assert {attempt.status for attempt in shown.attempts} == {500}
    assert {attempt.answer for attempt in shown.attempts} == {"not today"}
    assert {call.id for call in rig.receiver.calls} == {message_id}
    gaps = [(b.at - a.at).total_seconds() for a, b in zip(shown.attempts, shown.attempts[1:], strict=False)]
    for gap, rung in zip(gaps, (5, 300, 1800, *(hours * HOUR for hours in (2, 5, 10, 14, 20, 24))), strict=True):
        assert rung <= gap <= rung * 1.1 + 1


async def test_a_status_change_that_is_never_accepted_keeps_the_final_event_back_for_seconds(rig: Rig) -> None:
    async def answer(call: Call) -> Reply:
        return NO if call.json["data"].get("code") == CODES[1] else Reply()

    rig.receiver.answer = answer
    first, poison, *others = await rig.call_of("bot")
    await rig.let_time_pass(20)
    assert [call.id for call in rig.receiver.processed] == [first, *others]
    assert (await rig.message(poison)).state is MessageState.WAITING
    await rig.let_time_pass(100 * HOUR)
    assert (await rig.message(poison)).state is MessageState.FAILED


async def test_410_stops_an_address_until_somebody_asks_again(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.receiver.replies(Reply(410))
    await rig.set_account_url(rig.receiver.url())
    stopped = [await rig.publish(url=None), await rig.publish(url=None, bot_id="other")]
    await rig.webhooks.deliver_due()
    rig.clock.advance(60)
    stopped.append(await rig.publish(url=None))
    await rig.webhooks.deliver_due()
    assert {(await rig.message(each)).state for each in stopped} == {MessageState.STOPPED}
    assert len(rig.receiver.calls) < len(stopped)
    assert "410 Gone" in (await rig.shown(stopped[-1])).attempts[-1].error
    assert "nothing more is sent to this address" in caplog.text

    rig.receiver.replies(Reply())
    rig.clock.advance(60)
    await rig.set_account_url(rig.receiver.url())
    again = await rig.publish(url=None)
    await rig.webhooks.deliver_due()
    assert (await rig.message(again)).state is MessageState.DELIVERED


async def test_a_replay_reaches_an_address_that_was_gone(rig: Rig) -> None:
    rig.receiver.replies(Reply(410))
    await rig.set_account_url(rig.receiver.url())
    message_id = await rig.publish(url=None)
    await rig.webhooks.deliver_due()
    rig.receiver.replies(Reply())
    rig.clock.advance(1)
    await rig.replay(message_id)
    await rig.webhooks.deliver_due()
    assert [call.id for call in rig.receiver.accepted] == [message_id]
    later = await rig.publish(url=None)
    await rig.webhooks.deliver_due()
    assert (await rig.message(later)).state is MessageState.DELIVERED


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_honoured(rig: Rig, form: str) -> None:
    date = format_datetime(rig.clock.now() + timedelta(seconds=900), usegmt=True)
    rig.receiver.replies(Reply(503, {"retry-after": "900" if form == "seconds" else date}), Reply())
    first, second = await rig.publish(), None
    await rig.webhooks.deliver_due()
    # The receiver asked to be left alone: not only by this one message.
    second = await rig.publish()
    await rig.let_time_pass(899)
    assert len(rig.receiver.calls) == 1
    await rig.let_time_pass(2)
    assert [call.id for call in rig.receiver.accepted] == [first, second]


async def test_retry_after_is_bounded(rig: Rig) -> None:
    rig.receiver.replies(Reply(429, {"retry-after": "99999999"}), Reply())
    await rig.publish()
    await rig.let_time_pass(24 * HOUR + 1)
    assert len(rig.receiver.accepted) == 1


async def test_a_status_change_cannot_be_put_off_for_hours(rig: Rig) -> None:
    rig.receiver.replies(Reply(429, {"retry-after": "36000"}), Reply())
    ids = await rig.call_of("bot")
    await rig.let_time_pass(61)
    assert [call.id for call in rig.receiver.accepted] == ids


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure(rig: Rig, status: int) -> None:
    async with webhook_receiver() as elsewhere:
        rig.receiver.replies(Reply(status, {"location": elsewhere.url()}))
        message_id = await rig.publish()
        await rig.webhooks.deliver_due()
        assert elsewhere.calls == []
    shown = await rig.shown(message_id)
    assert shown.message.state is MessageState.WAITING
    assert "redirect" in shown.attempts[0].error


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_is_success(rig: Rig, status: int) -> None:
    rig.receiver.replies(Reply(status))
    message_id = await rig.publish()
    await rig.webhooks.deliver_due()
    assert (await rig.message(message_id)).state is MessageState.DELIVERED


async def test_what_an_answer_says_is_kept_in_part_and_does_no_harm(rig: Rig) -> None:
    rig.receiver.replies(Reply(body=b"\x00\x1b[2J\xff fine\n" + b"a" * 5_000_000))
    message_id = await rig.publish()
    await rig.webhooks.deliver_due()
    (attempt,) = (await rig.shown(message_id)).attempts
    assert attempt.error == ""
    assert attempt.answer.startswith("\ufffd\ufffd[2J\ufffd fine\naaa")
    assert len(attempt.answer) <= 1024


async def test_a_message_that_cannot_be_made_is_tried_again_and_keeps_nobody_else_back(rig: Rig) -> None:
    broken = await rig.publish(STATUS, "bot", broken=True)
    later = await rig.publish(FINAL, "bot")
    other = await rig.publish(FINAL, "other")
    await rig.webhooks.deliver_due()
    assert [call.id for call in rig.receiver.accepted] == [other]
    assert "could not be made (LookupError)" in (await rig.shown(broken)).attempts[0].error
    await rig.let_time_pass(20)
    assert [call.id for call in rig.receiver.accepted] == [other, later]

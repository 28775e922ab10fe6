"""Receivers that are slow or dead, senders that are many or lost; over SQLite and Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from minutebook.db.database import Database
from minutebook.webhooks.model import Limits, MessageState
from support.webhook_receiver import Call, Reply, webhook_receiver
from support.webhook_rig import NO, Rig, webhook_rig
from support.webhook_sender import FINAL, STATUS, webhooks_over


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with webhook_rig(database) as opened:
        yield opened


async def test_a_dead_receiver_does_not_slow_the_others(rig: Rig) -> None:
    """The dead one answers nothing until everybody else has got everything: if its 16 messages kept the others back,
    this would never end."""
    others_done = asyncio.Event()

    async def never(_call: Call) -> Reply:
        await others_done.wait()
        return Reply(0)

    async with webhook_receiver() as quick:

        async def answer(_call: Call) -> Reply:
            if len({call.id for call in quick.calls}) == 10 * 5:
                others_done.set()
            return Reply()

        rig.receiver.answer, quick.answer = never, answer
        for n in range(16):
            await rig.publish(FINAL, f"dead {n}")
        for n in range(10):
            await rig.call_of(f"bot {n}", quick.url())
        patient = webhooks_over(rig.database, rig.clock, Limits(timeout_s=60))
        await asyncio.wait_for(patient.deliver_due(), 120)
        assert len(quick.accepted) == 50
    assert rig.receiver.most_open == Limits().per_host


async def test_there_is_a_bound_for_all_receivers_together(rig: Rig) -> None:
    async with AsyncExitStack() as stack:
        receivers = [await stack.enter_async_context(webhook_receiver()) for _ in range(6)]
        open_now, most, all_there = 0, 0, asyncio.Event()

        async def answer(_call: Call) -> Reply:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            if open_now == 5:
                all_there.set()
            await all_there.wait()
            await asyncio.sleep(0.02)
            open_now -= 1
            return Reply()

        for place, receiver in enumerate(receivers):
            receiver.answer = answer
            for n in range(4):
                await rig.publish(FINAL, f"{place} {n}", url=receiver.url())
        await webhooks_over(rig.database, rig.clock, Limits(overall=5)).deliver_due()
        assert sum(len(receiver.accepted) for receiver in receivers) == 24
    assert most == 5


async def test_a_slow_receiver_is_given_up_in_time_and_asked_again(rig: Rig) -> None:
    over = asyncio.Event()

    async def answer(_call: Call) -> Reply:
        await over.wait()
        return Reply()

    rig.receiver.answer = answer
    message_id = await rig.publish()
    await webhooks_over(rig.database, rig.clock, Limits(timeout_s=0.2)).deliver_due()
    shown = await rig.shown(message_id)
    assert "did not answer in time" in shown.attempts[0].error
    over.set()
    rig.clock.advance(6)
    await rig.webhooks.deliver_due()
    assert (await rig.message(message_id)).state is MessageState.DELIVERED


async def test_several_senders_never_send_a_bot_s_messages_at_the_same_time(rig: Rig) -> None:
    async def answer(_call: Call) -> Reply:
        await asyncio.sleep(0.005)
        return Reply()

    rig.receiver.answer = answer
    ids = {f"bot{n}": await rig.call_of(f"bot{n}", rig.receiver.url(f"/bot{n}")) for n in range(8)}
    senders = [rig.another_sender() for _ in range(4)]
    await asyncio.gather(*(sender.deliver_due() for sender in senders))
    assert set(rig.receiver.at_once.values()) == {1}
    for bot_id, expected in ids.items():
        assert [call.id for call in rig.receiver.calls if call.path == f"/{bot_id}"] == expected


async def test_what_a_lost_sender_had_in_hand_is_sent_by_another(rig: Rig) -> None:
    holding, over = asyncio.Event(), asyncio.Event()

    async def answer(_call: Call) -> Reply:
        if len(rig.receiver.calls) == 1:
            holding.set()
            await over.wait()
            return Reply(0)
        return Reply()

    rig.receiver.answer = answer
    ids = await rig.call_of("bot")
    lost = asyncio.create_task(rig.another_sender().deliver_due())
    await holding.wait()
    assert await rig.webhooks.deliver_due() == 0, "it is in another one's hands"
    lost.cancel()
    await asyncio.gather(lost, return_exceptions=True)
    rig.clock.advance(Limits().lease_s - 1)
    assert await rig.webhooks.deliver_due() == 0
    rig.clock.advance(2)
    assert await rig.webhooks.deliver_due() == 5
    assert [call.id for call in rig.receiver.accepted] == ids
    assert rig.receiver.calls[0].id == ids[0]
    over.set()


async def test_a_sender_that_comes_back_too_late_changes_nothing(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """It slept for longer than its claim lasts, with a request under way; another one has gone on meanwhile."""
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_call: Call) -> Reply:
        if len(rig.receiver.calls) == 1:
            holding.set()
            await go_on.wait()
            return NO
        return Reply()

    rig.receiver.answer = answer
    ids = await rig.call_of("bot")
    slow = asyncio.create_task(rig.another_sender().deliver_due())
    await holding.wait()
    rig.clock.advance(Limits().lease_s + 1)
    assert await rig.webhooks.deliver_due() == 5
    go_on.set()
    assert await slow == 1
    assert "another one took its queue over" in caplog.text
    assert [(await rig.message(each)).state for each in ids] == [MessageState.DELIVERED] * 5


async def test_events_that_come_while_a_queue_is_sent_are_not_forgotten(rig: Rig) -> None:
    late: list[str] = []

    async def answer(_call: Call) -> Reply:
        if len(rig.receiver.calls) < 20:
            late.append(await rig.publish(STATUS, "bot"))
        return Reply()

    rig.receiver.answer = answer
    first = await rig.publish(STATUS, "bot")
    await rig.webhooks.deliver_due()
    assert [call.id for call in rig.receiver.accepted] == [first, *late]

"""What is kept of deliveries, and sending again; over SQLite and Postgres."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.ids import new_id
from minutebook.webhooks import repository
from minutebook.webhooks.model import MessageQuery, MessageState
from support.webhook_receiver import Reply
from support.webhook_rig import HOUR, NO, Rig, webhook_rig
from support.webhook_sender import FINAL


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with webhook_rig(database) as opened:
        yield opened


async def test_a_replay_keeps_the_id(rig: Rig) -> None:
    message_id = await rig.publish()
    await rig.webhooks.deliver_due()
    rig.clock.advance(HOUR)
    await rig.replay(message_id)
    await rig.webhooks.deliver_due()
    assert [call.id for call in rig.receiver.calls] == [message_id, message_id]
    shown = await rig.shown(message_id)
    assert (shown.message.state, shown.message.attempts) == (MessageState.DELIVERED, 2)
    assert [attempt.status for attempt in shown.attempts] == [200, 200]
    assert shown.attempts[1].at - shown.attempts[0].at == timedelta(hours=1)


async def test_a_replay_begins_the_ladder_anew(rig: Rig) -> None:
    rig.receiver.replies(NO)
    message_id = await rig.publish()
    await rig.let_time_pass(100 * HOUR)
    await rig.replay(message_id)
    await rig.let_time_pass(4)
    assert (await rig.message(message_id)).state is MessageState.WAITING
    rig.receiver.replies(Reply())
    await rig.let_time_pass(4)
    assert (await rig.message(message_id)).state is MessageState.DELIVERED


async def test_an_unknown_message_is_not_replayed(rig: Rig) -> None:
    with pytest.raises(MinutebookError) as caught:
        await rig.replay(new_id())
    assert caught.value.code == "message_not_found"


async def test_lists_are_newest_first_and_know_what_to_leave_out(rig: Rig) -> None:
    rig.receiver.replies(NO)
    waiting = await rig.publish(bot_id="one")
    await rig.webhooks.deliver_due()
    rig.receiver.replies(Reply())
    delivered = await rig.publish(bot_id="two")
    await rig.webhooks.deliver_due()
    stranger = replace(rig.publisher, owner_id=new_id())
    others = await stranger.publish(FINAL, "three", url=rig.receiver.url())

    async def ids(**query: object) -> list[str]:
        async with rig.database.reading() as tx:
            return [each.id for each in await rig.webhooks.list(tx, MessageQuery(**query))]  # type: ignore[arg-type]

    assert await ids(owner_id=rig.owner_id) == [delivered, waiting]
    assert others in await ids()
    assert await ids(subject_id="one") == [waiting]
    assert await ids(owner_id=rig.owner_id, state=MessageState.DELIVERED) == [delivered]
    assert await ids(owner_id=rig.owner_id, limit=1) == [delivered]


async def test_what_has_ended_is_forgotten_after_a_month(rig: Rig) -> None:
    ended = await rig.publish(bot_id="one")
    await rig.webhooks.deliver_due()
    rig.clock.advance(29 * 24 * HOUR)
    assert await rig.webhooks.forget_old() == 0
    fresh = await rig.publish(bot_id="two")
    await rig.webhooks.deliver_due()
    rig.receiver.replies(NO)
    waiting = await rig.publish(bot_id="three")
    await rig.webhooks.deliver_due()
    rig.clock.advance(2 * 24 * HOUR)
    assert await rig.webhooks.forget_old() == 1
    assert {(await rig.message(each)).id for each in (fresh, waiting)} == {fresh, waiting}
    with pytest.raises(MinutebookError, match="no such message"):
        await rig.message(ended)
    async with rig.database.reading() as tx:
        keys = (await tx.execute(select(repository.queues.c.order_key))).scalars().all()
        left = (await tx.execute(select(func.count()).select_from(repository.attempts))).scalar_one()
    assert sorted(keys) == ["three", "two"]
    assert left == 2

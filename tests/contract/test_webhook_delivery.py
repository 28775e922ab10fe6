"""Delivery over SQLite and Postgres, to real receivers on loopback, with a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from minutebook.accounts.model import User
from minutebook.accounts.repository import add_user
from minutebook.db.database import Database
from minutebook.db.events import Event
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.webhooks import repository
from minutebook.webhooks.model import Limits, Message, MessageQuery, MessageState, Shown
from minutebook.webhooks.service import Webhooks
from support.webhook_receiver import Call, Receiver, Reply, webhook_receiver
from support.webhook_sender import API_KEY, FINAL, STATUS, Publisher, webhooks_over

HOUR = 3600.0
CODES = ("joining_call", "in_call_not_recording", "in_call_recording", "call_ended")
NO = Reply(500, body=b"not today")


@dataclass
class Rig:
    """One installation: an account, a service, a receiver."""

    database: Database
    clock: VirtualClock
    webhooks: Webhooks
    publisher: Publisher
    receiver: Receiver
    more: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def owner_id(self) -> str:
        return self.publisher.owner_id

    async def publish(self, kind: str = FINAL, bot_id: str = "bot", **payload: object) -> str:
        return await self.publisher.publish(kind, bot_id, **{"url": self.receiver.url(), **payload})

    async def call_of(self, bot_id: str, url: str | None = None) -> list[str]:
        """All messages of one bot, published at once."""
        to = {"url": url or self.receiver.url()}
        ids = [await self.publish(STATUS, bot_id, code=code, **to) for code in CODES]
        return [*ids, await self.publish(FINAL, bot_id, **to)]

    async def shown(self, message_id: str) -> Shown:
        async with self.database.reading() as tx:
            return await self.webhooks.show(tx, message_id)

    async def message(self, message_id: str) -> Message:
        return (await self.shown(message_id)).message

    async def replay(self, message_id: str) -> None:
        async with self.database.transaction() as tx:
            await self.webhooks.replay(tx, message_id)

    async def set_account_url(self, url: str | None) -> None:
        async with self.database.transaction() as tx:
            await self.webhooks.set_account_url(tx, self.owner_id, url)

    async def next_try(self) -> datetime | None:
        queues = repository.queues
        at = func.coalesce(queues.c.paused_until, queues.c.due_at)
        query = select(func.max(queues.c.due_at, at) if self.database.is_sqlite else func.greatest(queues.c.due_at, at))
        async with self.database.reading() as tx:
            moments = [row[0] for row in await tx.execute(query.where(queues.c.due_at.is_not(None)))]
        # A function of columns is a plain text on SQLite.
        moments = [datetime.fromisoformat(each) if isinstance(each, str) else each for each in moments]
        return min((each.replace(tzinfo=UTC) for each in moments), default=None)

    async def let_time_pass(self, seconds: float) -> None:
        """Deliver what is due whenever something is, for so long."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.webhooks.deliver_due()
        while (due := await self.next_try()) is not None and due <= end:
            self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
            await self.webhooks.deliver_due()
        self.clock.advance((end - self.clock.now()).total_seconds())

    def another_sender(self, limits: Limits | None = None) -> Webhooks:
        """A second worker: a service with connections of its own."""
        database = Database(self.database.url.render_as_string(hide_password=False))
        self.more.push_async_callback(database.close)
        return webhooks_over(database, self.clock, limits)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def rig(database: Database, clock: VirtualClock) -> AsyncIterator[Rig]:
    user = User(new_id(), "ada@example.com", "Ada", True, clock.now())
    async with database.transaction() as tx:
        await add_user(tx, user, "no password")
    webhooks = webhooks_over(database, clock)
    async with webhook_receiver() as receiver, AsyncExitStack() as more:
        yield Rig(database, clock, webhooks, Publisher(database, webhooks, clock, user.id), receiver, more)


# What a receiver gets


async def test_a_message_carries_key_and_signature(rig: Rig) -> None:
    event_id = await rig.publish(answer=42, name="Zoë 😀 \udc00")
    assert await rig.webhooks.deliver_due() == 1
    (call,) = rig.receiver.calls
    assert call.json == {
        "event": FINAL,
        "data": {"bot_id": "bot", "url": rig.receiver.url(), "answer": 42, "name": "Zoë 😀 \udc00"},
    }
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-meeting-baas-api-key"] == API_KEY
    assert call.headers["user-agent"] == "meetingbaas/1.0"
    assert call.id == event_id
    secret = rig.webhooks.secret(rig.owner_id)
    assert secret.startswith("whsec_")
    assert Webhook(secret).verify(call.body, dict(call.headers)) == call.json
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(call.body + b" ", dict(call.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(rig.webhooks.secret(new_id())).verify(call.body, dict(call.headers))


async def test_an_event_that_does_not_happen_is_not_told(rig: Rig) -> None:
    async def publish_and_fail() -> None:
        async with rig.database.transaction() as tx:
            event = Event(FINAL, rig.owner_id, "bot", {"url": rig.receiver.url()})
            await rig.publisher.events.publish(tx, event)
            raise LookupError

    with pytest.raises(LookupError):
        await publish_and_fail()
    assert await rig.webhooks.deliver_due() == 0
    assert rig.receiver.calls == []


async def test_each_bot_s_messages_arrive_in_order_and_once(rig: Rig) -> None:
    ids = {f"bot {n}": await rig.call_of(f"bot {n}") for n in range(12)}
    assert await rig.webhooks.deliver_due() == 12 * 5
    for bot_id, expected in ids.items():
        assert [call.id for call in rig.receiver.calls if call.json["data"]["bot_id"] == bot_id] == expected
    assert await rig.webhooks.deliver_due() == 0


# Where to


async def test_without_an_address_nothing_is_kept(rig: Rig) -> None:
    await rig.publish(url=None)
    async with rig.database.reading() as tx:
        assert await rig.webhooks.list(tx, MessageQuery()) == []


async def test_the_account_s_address_is_for_what_has_none_of_its_own(rig: Rig) -> None:
    await rig.set_account_url(rig.receiver.url("/account"))
    await rig.publish(url=None)
    await rig.publish(url=rig.receiver.url("/own"))
    await rig.webhooks.deliver_due()
    assert [call.path for call in rig.receiver.calls] == ["/account", "/own"]


async def test_an_address_that_was_corrected_gets_what_still_waits(rig: Rig) -> None:
    rig.receiver.replies(NO)
    await rig.set_account_url(rig.receiver.url("/wrong"))
    await rig.publish(url=None)
    await rig.webhooks.deliver_due()
    rig.receiver.replies(Reply())
    await rig.set_account_url(rig.receiver.url("/right"))
    await rig.let_time_pass(10)
    assert [call.path for call in rig.receiver.accepted] == ["/right"]


async def test_an_address_that_was_taken_away_gets_nothing_more(rig: Rig) -> None:
    rig.receiver.replies(NO)
    await rig.set_account_url(rig.receiver.url())
    message_id = await rig.publish(url=None)
    await rig.webhooks.deliver_due()
    await rig.set_account_url(None)
    await rig.let_time_pass(10)
    shown = await rig.shown(message_id)
    assert shown.message.state is MessageState.DROPPED
    assert "no address" in shown.attempts[-1].error
    assert len(rig.receiver.calls) == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "webhook_url_invalid"),
        ("example.com/hook", "webhook_url_invalid"),
        ("", "webhook_url_invalid"),
        ("https://example.com/" + "a" * 2048, "webhook_url_invalid"),
        ("https://example.com/\x00", "webhook_url_invalid"),
        ("https:///hook", "webhook_url_refused"),
        ("https://ada:secret@example.com/", "webhook_url_refused"),
        ("http://10.1.2.3/hook", "webhook_url_refused"),
        ("http://localhost:3000/hook", "webhook_url_refused"),
        ("http://169.254.169.254/latest", "webhook_url_refused"),
        ("http://[::1]:80/", "webhook_url_refused"),
    ],
)
async def test_an_address_that_cannot_be_used_is_not_taken(rig: Rig, url: str, code: str) -> None:
    with pytest.raises(MinutebookError) as caught:
        await rig.set_account_url(url)
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.INVALID, code, "webhook_url")


async def test_the_account_s_address(rig: Rig) -> None:
    async def url() -> str | None:
        async with rig.database.reading() as tx:
            return await rig.webhooks.account_url(tx, rig.owner_id)

    assert await url() is None
    await rig.set_account_url(" https://example.com/hook ")
    assert await url() == "https://example.com/hook"
    await rig.set_account_url("https://example.com/other")
    assert await url() == "https://example.com/other"
    await rig.set_account_url(None)
    assert await url() is None


async def test_a_private_address_is_refused_at_delivery_too(rig: Rig) -> None:
    strict = webhooks_over(rig.database, rig.clock, allow=())
    message_id = await rig.publish()
    await strict.deliver_due()
    shown = await rig.shown(message_id)
    assert rig.receiver.calls == []
    assert shown.message.state is MessageState.WAITING
    assert "MINUTEBOOK_OUTGOING__ALLOW" in shown.attempts[0].error


# Failure


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


# Receivers that are slow, senders that are many


async def test_a_dead_receiver_does_not_slow_the_others(rig: Rig) -> None:
    """The dead one answers nothing until everybody else has got everything: if its 60 messages kept the others back,
    this would never end."""
    others_done = asyncio.Event()

    async def never(_call: Call) -> Reply:
        await others_done.wait()
        return Reply(0)

    async with webhook_receiver() as quick:

        async def answer(_call: Call) -> Reply:
            if len({call.id for call in quick.calls}) == 30 * 5:
                others_done.set()
            return Reply()

        rig.receiver.answer, quick.answer = never, answer
        for n in range(60):
            await rig.publish(FINAL, f"dead {n}")
        for n in range(30):
            await rig.call_of(f"bot {n}", quick.url())
        patient = webhooks_over(rig.database, rig.clock, Limits(timeout_s=60))
        await asyncio.wait_for(patient.deliver_due(), 120)
        assert len(quick.accepted) == 150
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
    async def answer(call: Call) -> Reply:
        if len(rig.receiver.calls) == 1:
            await asyncio.sleep(30)
        return Reply()

    rig.receiver.answer = answer
    impatient = webhooks_over(rig.database, rig.clock, Limits(timeout_s=0.2))
    message_id = await rig.publish()
    await impatient.deliver_due()
    shown = await rig.shown(message_id)
    assert "did not answer in time" in shown.attempts[0].error
    rig.clock.advance(6)
    await impatient.deliver_due()
    assert (await rig.message(message_id)).state is MessageState.DELIVERED


async def test_several_senders_never_send_a_bot_s_messages_at_the_same_time(rig: Rig) -> None:
    async def answer(_call: Call) -> Reply:
        await asyncio.sleep(0.005)
        return Reply()

    rig.receiver.answer = answer
    ids = {f"bot{n}": await rig.call_of(f"bot{n}", rig.receiver.url(f"/bot{n}")) for n in range(15)}
    senders = [rig.another_sender() for _ in range(4)]
    await asyncio.gather(*(sender.deliver_due() for sender in senders))
    assert set(rig.receiver.at_once.values()) == {1}
    for bot_id, expected in ids.items():
        assert [call.id for call in rig.receiver.calls if call.path == f"/{bot_id}"] == expected


async def test_what_a_lost_sender_had_in_hand_is_sent_by_another(rig: Rig) -> None:
    holding = asyncio.Event()

    async def answer(_call: Call) -> Reply:
        if len(rig.receiver.calls) == 1:
            holding.set()
            await asyncio.sleep(30)
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


# The log


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

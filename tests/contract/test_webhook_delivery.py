"""What receivers get and where it goes, over SQLite and Postgres, to real receivers on loopback."""

from collections.abc import AsyncIterator

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from minutebook.db.database import Database
from minutebook.db.events import Event
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.ids import new_id
from minutebook.webhooks.model import MessageQuery, MessageState
from support.webhook_receiver import Reply
from support.webhook_rig import NO, Rig, webhook_rig
from support.webhook_sender import API_KEY, FINAL, webhooks_over


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with webhook_rig(database) as opened:
        yield opened


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
    ids = {f"bot {n}": await rig.call_of(f"bot {n}") for n in range(6)}
    assert await rig.webhooks.deliver_due() == 6 * 5
    for bot_id, expected in ids.items():
        assert [call.id for call in rig.receiver.calls if call.json["data"]["bot_id"] == bot_id] == expected
    assert await rig.webhooks.deliver_due() == 0


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

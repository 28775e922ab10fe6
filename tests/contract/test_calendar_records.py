"""What the calendar knows of a meeting is in its record, and the record says which event it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from minutebook.bots.model import BotWish
from minutebook.calendars.model import Person, ProviderName, Rule
from minutebook.calendars.records import with_invited
from minutebook.db.database import Database
from minutebook.meetings.model import AttendeeDraft, AttendeeSource
from minutebook.meetings.service import MeetingDraft
from support.calendars.rig import Rig, meeting, rig_over
from support.calendars.world import Truth


@pytest.fixture
async def rig(database: Database, tmp_path: Path) -> Rig:
    return await rig_over(database, tmp_path)


async def test_title_and_invited_people_are_copied(rig: Rig) -> None:
    truth = Truth()
    truth.put(meeting("Budget", 3))
    calendar = await rig.connected(ProviderName.GOOGLE, truth, rule=Rule())
    event = await rig.event(calendar.id, "Budget")
    assert event.bot_id is not None
    async with rig.db.transaction() as tx:
        (bot,) = await rig.services.bots.of_ids(tx, [event.bot_id])
        draft = MeetingDraft(title="Scribe · meet.google.com", attendees=[AttendeeDraft("Ada@example.com", "Ada")])
        record = await rig.services.meetings.create(tx, rig.owner.id, draft)
        await rig.services.bot_life.recorded(tx, bot, record.id)
        kept = await rig.services.meetings.get(tx, rig.owner.id, record.id)
        assert await rig.calendars.event_of_bot(tx, bot.id) == event.id
        assert await rig.calendars.event_of_bot(tx, event.id) is None
    assert kept.title == "Budget"
    assert [(each.display_name, each.source) for each in kept.attendees] == [
        ("Ada", AttendeeSource.MANUAL),
        ("Grace", AttendeeSource.EVENT),
    ]


async def test_who_has_no_address_is_left_out(rig: Rig) -> None:
    truth = Truth()
    truth.put(meeting("Budget", 3))
    calendar = await rig.connected(ProviderName.GOOGLE, truth)
    event = await rig.event(calendar.id, "Budget")
    people = (Person("nobody"), Person("", "x"), Person("a@b.example", None), Person("A@B.example"))
    odd = replace(event, attendees=people)
    assert [(each.email, each.display_name) for each in with_invited((), [odd])] == [("a@b.example", "a")]


async def test_a_bot_sent_by_hand_serves_the_event_and_comes_back_when_it_is_called_off(rig: Rig) -> None:
    truth = Truth()
    truth.put(meeting("Budget", 1))
    calendar = await rig.connected(ProviderName.GOOGLE, truth, rule=Rule())
    event = await rig.event(calendar.id, "Budget")
    async with rig.db.transaction() as tx:
        wish = BotWish("https://meet.google.com/abc-defg-hij?authuser=1", "By hand", start_at=event.start)
        hand = await rig.services.bots.create(tx, rig.owner.id, wish, api_key=None)
    assert [bot.id for bot in await rig.bots()] == [hand.id]
    assert (await rig.event(calendar.id, "Budget")).bot_id == hand.id
    async with rig.db.transaction() as tx:
        await rig.services.bots.leave(tx, rig.owner.id, hand.id)
    rig.clock.advance(3500)
    await rig.calendars.audit()
    (bot,) = await rig.bots()
    assert (bot.id != hand.id, bot.start_at) == (True, event.start)


async def test_copies_of_an_event_in_two_calendars_share_a_bot(rig: Rig) -> None:
    first, second = Truth(), Truth()
    first.put(meeting("Budget", 3))
    second.put(meeting("imported-budget", 3))
    one = await rig.connected(ProviderName.GOOGLE, first, rule=Rule())
    other = await rig.connected(ProviderName.MICROSOFT, second, rule=Rule())
    (bot,) = await rig.bots()
    shown = [await rig.event(one.id, "Budget"), await rig.event(other.id, "imported-budget")]
    assert [event.bot_id for event in shown] == [bot.id] * 2
    await rig.calendars.connecting.remove(rig.owner.id, one.id)
    assert [each.id for each in await rig.bots()] == [bot.id]
    second.remove("imported-budget")
    await rig.later()
    assert await rig.bots() == []

"""Which bots a room needs: one per room and time, none too many, none too few, whatever was there before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minutebook.calendars.plan import (
    TOGETHER,
    Gathering,
    Holder,
    KnownBot,
    Phase,
    Plan,
    Wanted,
    gatherings,
    plan,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def wanted(key: str, minutes: int, *, length: int = 60, asked: str = "x", bot: str | None = None) -> Wanted:
    return Wanted(key, at(minutes), at(minutes + length), asked, (False, key), bot)


def ours(key: str, minutes: int, phase: Phase = Phase.WAITING, *holders: Holder, asked: str = "x") -> KnownBot:
    return KnownBot(key, at(minutes), phase, True, asked, holders)


def by_hand(key: str, minutes: int, phase: Phase = Phase.WAITING) -> KnownBot:
    return KnownBot(key, at(minutes), phase, False)


def test_an_event_gets_a_bot() -> None:
    made = plan([wanted("a", 10)], [], NOW)
    assert [each.start for each in made.create] == [at(10)]
    assert not made.release


def test_a_copy_in_another_calendar_shares_the_bot() -> None:
    made = plan([wanted("a", 10), wanted("copy", 10)], [], NOW)
    assert len(made.create) == 1
    assert {event.event_id for event in made.create[0].events} == {"a", "copy"}


def test_two_events_of_a_standing_room_have_two_bots() -> None:
    assert [each.start for each in plan([wanted("a", 10), wanted("b", 40)], [], NOW).create] == [at(10), at(40)]


def test_a_moved_event_takes_its_bot_along() -> None:
    for minutes in (30, -20):
        made = plan(
            [wanted("a", minutes, bot="1")], [ours("1", 10, Phase.WAITING, Holder("a", True, at(minutes)))], NOW
        )
        assert {key: each.start for key, each in made.change.items()} == {"1": at(minutes)}
        assert not made.create
        assert not made.release


def test_another_wish_changes_the_waiting_bot() -> None:
    made = plan([wanted("a", 10, asked="y", bot="1")], [ours("1", 10, asked="x")], NOW)
    assert made.change["1"].print == "y"


def test_a_bot_that_nobody_wants_is_called_off() -> None:
    for phase in (Phase.WAITING, Phase.JOINING, Phase.IN_CALL):
        assert plan([], [ours("1", 0, phase)], NOW).release == ("1",)


def test_an_event_moved_while_its_bot_joins_has_another_bot() -> None:
    made = plan([wanted("a", 120, bot="1")], [ours("1", 0, Phase.JOINING, Holder("a", True, at(120)))], NOW)
    assert made.release == ("1",)
    assert len(made.create) == 1


def test_a_call_that_is_recorded_is_not_left_when_its_event_moves() -> None:
    made = plan([wanted("a", 120, bot="1")], [ours("1", 0, Phase.IN_CALL, Holder("a", True, at(120)))], NOW)
    assert made.release == ()
    assert len(made.create) == 1


def test_a_running_event_moved_by_little_keeps_the_bot_that_is_there() -> None:
    for phase in (Phase.JOINING, Phase.IN_CALL):
        made = plan([wanted("a", -30, bot="1")], [ours("1", 0, phase, Holder("a", True, at(-30)))], NOW)
        assert made == Plan(assign={"a": "1"})


def test_a_meeting_that_runs_over_keeps_its_bot() -> None:
    held = Holder("a", True, at(-60))
    assert plan([], [ours("1", -60, Phase.IN_CALL, held)], NOW).release == ()
    assert plan([], [ours("1", -60, Phase.JOINING, held)], NOW).release == ()


def test_no_second_bot_after_the_first_is_over() -> None:
    over = ours("1", -20, Phase.OVER, Holder("a", True, at(-20)))
    assert plan([wanted("a", -20, bot="1")], [over], NOW) == Plan(assign={"a": "1"})
    called_off = replace(over, phase=Phase.CANCELLED)
    assert plan([wanted("a", -20, bot="1")], [called_off], NOW) == Plan(assign={"a": "1"})


def test_a_bot_sent_by_hand_serves_the_event_and_ours_goes() -> None:
    held = Holder("a", True, at(10))
    made = plan([wanted("a", 10, bot="1")], [ours("1", 10, Phase.WAITING, held), by_hand("hand", 8)], NOW)
    assert made.assign == {"a": "hand"}
    assert made.release == ("1",)
    assert not made.create


def test_a_bot_sent_by_hand_and_called_off_does_not_count() -> None:
    made = plan([wanted("a", 10, bot="hand")], [by_hand("hand", 8, Phase.CANCELLED)], NOW)
    assert len(made.create) == 1


def test_a_bot_sent_by_hand_is_never_called_off() -> None:
    assert plan([], [by_hand("hand", 8), by_hand("there", -8, Phase.IN_CALL)], NOW).release == ()


wants = st.lists(
    st.builds(
        wanted,
        st.sampled_from("abcdef"),
        st.integers(-90, 90),
        length=st.integers(1, 90),
        asked=st.sampled_from("xy"),
    ),
    max_size=6,
    unique_by=lambda each: each.event_id,
).map(lambda found: [each for each in found if each.end > NOW])


class Room:
    """A room whose plans are carried out."""

    def __init__(self) -> None:
        self.bots: dict[str, KnownBot] = {}
        self.has: dict[str, str] = {}
        self.made = 0

    def settle(self, events: list[Wanted], now: datetime) -> Plan:
        current = [replace(event, bot_id=self.has.get(event.event_id)) for event in events]
        self.has = {event.event_id: event.bot_id for event in current if event.bot_id}
        bots = [self._held(bot, current) for bot in self.bots.values()]
        done = plan(current, bots, now)
        for bot_id in done.release:
            del self.bots[bot_id]
            self.has = {key: bot for key, bot in self.has.items() if bot != bot_id}
        for bot_id, gathering in done.change.items():
            self.bots[bot_id] = self._bot(bot_id, gathering)
        self.has |= done.assign
        for gathering in done.create:
            self.made += 1
            self.bots[str(self.made)] = self._bot(str(self.made), gathering)
            self.has |= {event.event_id: str(self.made) for event in gathering.events}
        return done

    def _held(self, bot: KnownBot, events: list[Wanted]) -> KnownBot:
        held = tuple(Holder(event.event_id, True, event.start) for event in events if event.bot_id == bot.id)
        return replace(bot, holders=held)

    def _bot(self, key: str, gathering: Gathering) -> KnownBot:
        return KnownBot(key, gathering.start, Phase.WAITING, True, gathering.print)


@given(st.lists(wants, min_size=1, max_size=5))
def test_whatever_happens_each_gathering_has_one_bot_at_its_time(history: list[list[Wanted]]) -> None:
    room = Room()
    for events in history:
        room.settle(events, NOW)
        expected = [(each.start, each.print) for each in gatherings(events)]
        assert sorted((bot.start, bot.print or "") for bot in room.bots.values()) == expected
        for event in events:
            assert timedelta(0) <= event.start - room.bots[room.has[event.event_id]].start < TOGETHER
        again = room.settle(events, NOW)
        assert (again.create, again.change, again.release) == ((), {}, ())

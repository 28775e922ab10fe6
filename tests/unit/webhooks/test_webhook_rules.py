"""Ladders, order, pauses and verdicts, as values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.db.events import Event
from minutebook.db.messages import Lane
from minutebook.webhooks.model import DeliveryAttempt, Message, MessageState, Outcome, Verdict
from minutebook.webhooks.rules import (
    JITTER,
    LADDERS,
    LONGEST_PAUSE_S,
    QUICK_S,
    Settlement,
    is_late,
    next_due,
    next_to_send,
    retry_after_s,
    settle,
    verdict_of,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = 3600.0
STATUS, FINAL = Lane.STATUS, Lane.FINAL


def message(number: int, lane: Lane = STATUS, failures: int = 0, due_in_s: float = 0.0) -> Message:
    return Message(
        number=number,
        event=Event("bot.status_changed", "owner", "bot", {}),
        lane=lane,
        order_key="bot",
        host="127.0.0.1:1",
        state=MessageState.WAITING,
        failures=failures,
        attempts=failures,
        created_at=NOW,
        due_at=NOW + timedelta(seconds=due_in_s),
    )


def outcome(verdict: Verdict, retry_after: float | None = None) -> Outcome:
    return Outcome(DeliveryAttempt(NOW, 0.1, "http://a.example", 500, "No."), verdict, retry_after)


def seconds_until(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - NOW).total_seconds()


# The ladders


def test_final_events_climb_the_ladder_that_the_contract_names() -> None:
    hours = [2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
    assert list(LADDERS[FINAL]) == [5, 300, 1800, *hours]


def test_a_status_change_is_retried_within_seconds_before_it_is_late() -> None:
    assert list(LADDERS[STATUS][: len(QUICK_S)]) == [1, 3, 10]


@pytest.mark.parametrize("lane", Lane)
def test_every_ladder_outlasts_three_days(lane: Lane) -> None:
    assert sum(LADDERS[lane]) > 72 * HOUR


@pytest.mark.parametrize(("lane", "rung"), [(lane, rung) for lane in Lane for rung in range(len(LADDERS[lane]))])
@given(chance=st.floats(0, 1, exclude_max=True))
def test_each_failure_leads_to_the_next_rung(lane: Lane, rung: int, chance: float) -> None:
    settled = settle(message(1, lane, rung), outcome(Verdict.RETRY), NOW, chance)
    assert (settled.state, settled.failures, settled.paused_until) == (MessageState.WAITING, rung + 1, None)
    assert LADDERS[lane][rung] <= seconds_until(settled.due_at) <= LADDERS[lane][rung] * (1 + JITTER)


@pytest.mark.parametrize("lane", Lane)
def test_after_the_last_rung_a_message_is_given_up(lane: Lane) -> None:
    settled = settle(message(1, lane, len(LADDERS[lane])), outcome(Verdict.RETRY), NOW, 0.5)
    assert settled.state is MessageState.FAILED


@pytest.mark.parametrize("lane", Lane)
@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.DELIVERED, MessageState.DELIVERED),
        (Verdict.GONE, MessageState.STOPPED),
        (Verdict.STOPPED, MessageState.STOPPED),
        (Verdict.NOBODY, MessageState.DROPPED),
    ],
)
def test_the_other_verdicts_end_a_message_on_every_rung(lane: Lane, verdict: Verdict, state: MessageState) -> None:
    for failures in range(len(LADDERS[lane]) + 1):
        waiting = message(1, lane, failures)
        assert settle(waiting, outcome(verdict), NOW, 0.5) == Settlement(state, failures, waiting.due_at)


def test_a_late_message_sent_along_keeps_its_rung_and_its_time() -> None:
    late = message(1, STATUS, 6, due_in_s=500)
    settled = settle(late, outcome(Verdict.RETRY), NOW, 0.5)
    assert settled == Settlement(MessageState.WAITING, 6, late.due_at)


# Pauses


@pytest.mark.parametrize("lane", Lane)
@given(asked=st.floats(0.001, 1e12))
def test_a_pause_is_kept_and_bounded(lane: Lane, asked: float) -> None:
    settled = settle(message(1, lane), outcome(Verdict.RETRY, asked), NOW, 0.0)
    expected = min(asked, LONGEST_PAUSE_S[lane])
    assert seconds_until(settled.paused_until) == pytest.approx(expected, abs=1e-3)
    assert seconds_until(settled.due_at) == pytest.approx(max(expected, LADDERS[lane][0]), abs=1e-3)


def test_no_pause_by_a_status_change_is_longer_than_a_minute() -> None:
    assert LONGEST_PAUSE_S[STATUS] == 60


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 400, 1e9),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("Mon, 02 Mar 2026 11:00:30 +0200", 30.0),
        ("Mon, 02 Mar 2026 09:00:30", 30.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_both_forms_of_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, NOW) == expected


@given(st.text())
def test_no_retry_after_breaks_anything(value: str) -> None:
    asked = retry_after_s(value, NOW)
    assert asked is None or asked >= 0


# Verdicts


def test_every_status_has_its_verdict() -> None:
    by_verdict: dict[Verdict, set[int]] = {}
    for status in range(100, 600):
        by_verdict.setdefault(verdict_of(status), set()).add(status)
    assert by_verdict[Verdict.DELIVERED] == set(range(200, 300))
    assert by_verdict[Verdict.GONE] == {410}
    assert {301, 302, 307, 308, 404, 429, 500, 503} <= by_verdict[Verdict.RETRY]


# Order


def numbers(chosen: Message | None) -> int | None:
    return chosen.number if chosen else None


LATE = len(QUICK_S) + 1


@pytest.mark.parametrize(
    ("queue", "tried", "along", "expected"),
    [
        ([], (), True, None),
        ([message(1, due_in_s=1)], (), True, None),
        ([message(1), message(2)], (), True, 1),
        # Within its quick retries a status change keeps everything back …
        ([message(1, STATUS, 1, due_in_s=1), message(2)], (), True, None),
        ([message(1, STATUS, 3, due_in_s=9), message(2, FINAL)], (), True, None),
        # … and late it goes first, due or not, but keeps nothing back.
        ([message(1, STATUS, LATE, due_in_s=900), message(2)], (), True, 1),
        ([message(1, STATUS, LATE, due_in_s=900), message(2)], (1,), False, 2),
        ([message(1, STATUS, LATE, due_in_s=900), message(2, FINAL)], (1,), False, 2),
        ([message(1, STATUS, LATE, due_in_s=900), message(2, FINAL)], (1, 2), False, None),
        # When the first late one fails, the receiver is taken to be down: the others are not sent along.
        ([message(1, STATUS, LATE, 900), message(2, STATUS, LATE, 900), message(3, FINAL)], (1,), False, 3),
        # Nothing is due: late ones alone are no reason to send.
        ([message(1, STATUS, LATE, due_in_s=900), message(2, FINAL, 1, due_in_s=5)], (), True, None),
        # Final events do not wait for each other.
        ([message(1, FINAL, 1, due_in_s=5), message(2, FINAL)], (), True, 2),
        ([message(1, FINAL, 1, due_in_s=5), message(2, STATUS)], (), True, 2),
    ],
)
def test_which_message_is_next(
    queue: Sequence[Message], tried: tuple[int, ...], along: bool, expected: int | None
) -> None:
    assert numbers(next_to_send(queue, NOW, tried, along=along)) == expected


def test_a_queue_is_looked_at_again_when_something_may_be_sent() -> None:
    assert next_due([]) is None
    held_back = [message(1, STATUS, 2, due_in_s=3), message(2, FINAL)]
    assert seconds_until(next_due(held_back)) == 3
    late = [message(1, STATUS, LATE, due_in_s=300), message(2, FINAL, 1, due_in_s=5)]
    assert seconds_until(next_due(late)) == 5


@dataclass
class Bench:
    """A queue, its receiver and the time: what delivery does, without delivery."""

    accepts: Callable[[float, int], bool]
    chance: Callable[[], float] = lambda: 0.99
    now_s: float = 0.0
    queue: list[Message] = field(default_factory=list)
    attempts: list[tuple[float, int]] = field(default_factory=list)
    delivered: list[tuple[float, int]] = field(default_factory=list)
    ended: dict[int, MessageState] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.now_s)

    def add(self, number: int, lane: Lane) -> None:
        self.queue.append(replace(message(number, lane), created_at=self.now, due_at=self.now))

    def send(self) -> None:
        tried: set[int] = set()
        along = True
        while (chosen := next_to_send(self.queue, self.now, tried, along=along)) is not None:
            assert not any(m.lane is STATUS and not is_late(m) for m in self.queue[: self.queue.index(chosen)]), (
                "sent although a status change before it was within its quick retries"
            )
            self.attempts.append((self.now_s, chosen.number))
            good = self.accepts(self.now_s, chosen.number)
            settled = settle(chosen, outcome(Verdict.DELIVERED if good else Verdict.RETRY), self.now, self.chance())
            place = self.queue.index(chosen)
            if settled.state is MessageState.WAITING:
                self.queue[place] = replace(chosen, failures=settled.failures, due_at=settled.due_at)
                tried.add(chosen.number)
                along = along and not is_late(chosen)
            else:
                del self.queue[place]
                self.ended[chosen.number] = settled.state
                if good:
                    self.delivered.append((self.now_s, chosen.number))

    def run(self, arrivals: Sequence[tuple[float, Lane]]) -> None:
        """Let messages, numbered from 0, arrive at these seconds, and send until nothing waits."""
        coming = list(enumerate(arrivals))
        while coming or self.queue:
            due = next_due(self.queue)
            at = [seconds_until(due)] if due else []
            self.now_s = max(self.now_s, min([*at, *(arrival for _, (arrival, _) in coming[:1])]))
            while coming and coming[0][1][0] <= self.now_s:
                number, (_, lane) = coming.pop(0)
                self.add(number, lane)
            self.send()


call_of_a_bot = st.lists(st.floats(0, 4 * HOUR), min_size=1, max_size=8).map(
    lambda moments: [(at, FINAL if at == max(moments) else STATUS) for at in sorted(moments)]
)


@given(
    arrivals=call_of_a_bot,
    down_from=st.floats(0, 4 * HOUR),
    down_for=st.floats(0, 72 * HOUR),
    random=st.randoms(use_true_random=False),
)
def test_after_an_outage_of_up_to_three_days_everything_arrives_in_order(
    arrivals: list[tuple[float, Lane]], down_from: float, down_for: float, random: Random
) -> None:
    bench = Bench(lambda at, _number: not down_from <= at < down_from + down_for, random.random)
    bench.run(arrivals)
    finals = [number for number, (_, lane) in enumerate(arrivals) if lane is FINAL]
    arrived = [number for _, number in bench.delivered]
    assert sorted(arrived) == list(range(len(arrivals)))
    statuses = [number for number in arrived if number not in finals]
    assert statuses == sorted(statuses)
    assert all(arrived.index(number) > arrived.index(before) for number in finals for before in range(finals[0]))


@given(arrivals=call_of_a_bot, refused=st.sets(st.integers(0, 7)))
def test_a_status_change_that_is_never_accepted_keeps_the_final_event_back_for_seconds(
    arrivals: list[tuple[float, Lane]], refused: set[int]
) -> None:
    last = len(arrivals) - 1
    bench = Bench(lambda _at, number: number not in refused - {last})
    bench.run(arrivals)
    arrived = {number: at for at, number in bench.delivered}
    quick_s = sum(QUICK_S) * (1 + JITTER)
    assert arrived[last] - arrivals[last][0] <= quick_s * len(arrivals)


@pytest.mark.parametrize("lane", Lane)
def test_a_dead_receiver_is_asked_once_per_rung(lane: Lane) -> None:
    bench = Bench(lambda _at, _number: False)
    bench.run([(0.0, lane)])
    moments = [at for at, _ in bench.attempts]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps == pytest.approx([wait_s * (1 + JITTER * 0.99) for wait_s in LADDERS[lane]])
    assert bench.ended == {0: MessageState.FAILED}


def test_a_dead_receiver_is_asked_a_bounded_number_of_times_for_a_whole_call() -> None:
    bench = Bench(lambda _at, _number: False)
    bench.run([*((60.0 * minute, STATUS) for minute in range(6)), (400.0, FINAL)])
    assert len(bench.attempts) < 150
    assert set(bench.ended.values()) == {MessageState.FAILED}

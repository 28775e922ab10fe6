"""What a host decides about runners and about the next attempt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.hosting.verdicts import (
    DELIVERIES,
    FAREWELL_S,
    FIRST_WORD_S,
    LEAVING_S,
    SLACK_S,
    STARTING_S,
    Limits,
    Next,
    Verdict,
    next_attempt,
    verdict,
)
from minutebook.bots.lifecycle import retry_at
from minutebook.bots.model import Attempt, Bot, BotWish, EndReason, LeaveRules
from minutebook.bots.states import BotState

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BOT = Bot(
    id="b",
    number=1,
    owner_id="o",
    wish=BotWish("https://meet.google.com/abc-defg-hij", "Scribe", leave=LeaveRules(600, 600, 600, 60, 3600)),
    state=BotState.RECORDING,
    created_at=T0,
    updated_at=T0,
    start_at=T0,
    attempt=1,
    joined_at=T0,
    recording_started_at=T0,
)
ATTEMPT = Attempt("b", 1, "", "here", T0, T0, pid=7)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def judged(
    seconds: float,
    bot: Bot = BOT,
    attempt: Attempt = ATTEMPT,
    *,
    since: float = 0,
    is_ours: bool = True,
    exited: bool = False,
) -> Verdict:
    return verdict(attempt, bot, at(seconds), Limits(15.0, at(since)), is_ours=is_ours, exited=exited)


def test_a_runner_that_beats_is_fine() -> None:
    assert judged(3000, attempt=replace(ATTEMPT, heartbeat_at=at(2990))) is Verdict.FINE


def test_an_exit_counts_at_once_once_the_process_was_known() -> None:
    assert judged(0, exited=True) is Verdict.LOST
    starting = replace(ATTEMPT, pid=None)
    assert judged(STARTING_S - 1, attempt=starting, exited=True) is Verdict.FINE
    assert judged(STARTING_S, attempt=starting, exited=True) is Verdict.LOST
    assert judged(0, exited=True, is_ours=False) is Verdict.FINE, "another machine's processes are not seen here"


@pytest.mark.parametrize(
    ("seconds", "since", "is_ours", "expected"),
    [
        (14.9, 0, True, Verdict.FINE),
        (15.0, 0, True, Verdict.SILENT),
        (19.9, 0, False, Verdict.FINE),
        (20.0, 0, False, Verdict.SILENT),
        (100.0, 90, True, Verdict.FINE),
        (105.0, 90, True, Verdict.SILENT),
    ],
)
def test_silence(seconds: float, since: float, is_ours: bool, expected: Verdict) -> None:
    heard_once = replace(ATTEMPT, started_at=at(-1))
    assert judged(seconds, attempt=heard_once, since=since, is_ours=is_ours) is expected


def test_the_first_word_may_take_longer() -> None:
    assert judged(15.0 + FIRST_WORD_S - 0.1) is Verdict.FINE
    assert judged(15.0 + FIRST_WORD_S) is Verdict.SILENT


def test_what_nobody_needs_is_ended_when_it_lingers() -> None:
    over = replace(BOT, state=BotState.ENDED, ended_at=at(100))
    beating = replace(ATTEMPT, heartbeat_at=at(100 + FAREWELL_S))
    assert judged(101, over, beating) is Verdict.FINE
    assert judged(101, over, beating, exited=True) is Verdict.OVER
    assert judged(100 + FAREWELL_S, over, beating) is Verdict.OVER
    assert judged(1, replace(BOT, attempt=2), beating) is Verdict.OVER, "another attempt has taken its place"
    assert judged(200, over, is_ours=False) is Verdict.OVER


def test_a_runner_that_hangs_is_lost_although_it_beats() -> None:
    def hanging(seconds: float, bot: Bot, *, since: float = 0) -> Verdict:
        return judged(seconds, bot, replace(ATTEMPT, heartbeat_at=at(seconds)), since=since)

    assert hanging(3600 + SLACK_S - 1, BOT) is Verdict.FINE
    assert hanging(3600 + SLACK_S, BOT) is Verdict.LOST
    assert hanging(3600 + SLACK_S, BOT, since=3600 + SLACK_S - 1) is Verdict.FINE, "the host has just begun to watch"
    waiting = replace(BOT, state=BotState.WAITING_ROOM, recording_started_at=None)
    assert hanging(600 + SLACK_S - 1, waiting) is Verdict.FINE
    assert hanging(600 + SLACK_S, waiting) is Verdict.LOST
    told = replace(BOT, stop_requested=True, stop_requested_at=at(1000))
    assert hanging(1000 + LEAVING_S - 1, told) is Verdict.FINE
    assert hanging(1000 + LEAVING_S, told) is Verdict.LOST
    delivering = replace(ATTEMPT, stop_reason=EndReason.LONGEST, heartbeat_at=at(LEAVING_S))
    assert judged(LEAVING_S, attempt=delivering) is Verdict.LOST


@given(
    state=st.sampled_from(BotState),
    seconds=st.floats(0, 1e6),
    beat=st.floats(0, 1e6),
    exited=st.booleans(),
    is_ours=st.booleans(),
    attempt=st.integers(1, 3),
)
def test_only_what_a_bot_needs_is_lost_and_all_else_ends(
    state: BotState, seconds: float, beat: float, exited: bool, is_ours: bool, attempt: int
) -> None:
    bot = replace(BOT, state=state, attempt=2)
    own = replace(ATTEMPT, attempt=attempt, heartbeat_at=at(min(beat, seconds)))
    decided = judged(seconds, bot, own, is_ours=is_ours, exited=exited)
    needed = attempt == 2 and state.is_live
    assert (decided in {Verdict.LOST, Verdict.SILENT}) <= needed
    assert (decided is Verdict.OVER) <= (not needed)
    assert not (is_ours and exited and not needed and decided is Verdict.FINE)


INTERRUPTED = replace(BOT, state=BotState.INTERRUPTED)


@pytest.mark.parametrize(
    ("bot", "seconds", "expected"),
    [
        (INTERRUPTED, 10, (Next.REJOIN, EndReason.ERROR)),
        (replace(INTERRUPTED, attempt=5), 10, (Next.REJOIN, EndReason.ERROR)),
        (replace(INTERRUPTED, attempt=6), 10, (Next.DELIVER, EndReason.ERROR)),
        (replace(INTERRUPTED, attempt=5 + DELIVERIES), 10, (Next.DELIVER, EndReason.ERROR)),
        (replace(INTERRUPTED, attempt=6 + DELIVERIES), 10, (Next.NOTHING, EndReason.ERROR)),
        (replace(INTERRUPTED, stop_requested=True), 10, (Next.DELIVER, EndReason.STOPPED)),
        (INTERRUPTED, 3599, (Next.REJOIN, EndReason.ERROR)),
        (INTERRUPTED, 3600, (Next.DELIVER, EndReason.LONGEST)),
        (replace(INTERRUPTED, recording_started_at=None), 3600, (Next.REJOIN, EndReason.ERROR)),
        (replace(INTERRUPTED, stop_requested=True, attempt=8), 10, (Next.NOTHING, EndReason.STOPPED)),
    ],
)
def test_the_next_attempt(bot: Bot, seconds: float, expected: tuple[Next, EndReason]) -> None:
    assert next_attempt(bot, at(seconds), 5) == expected


@given(attempts=st.integers(0, 20), stop=st.booleans(), seconds=st.floats(0, 1e5))
def test_attempts_come_to_an_end(attempts: int, stop: bool, seconds: float) -> None:
    steps = []
    for number in range(1, attempts + DELIVERIES + 3):
        bot = replace(INTERRUPTED, attempt=number, stop_requested=stop)
        steps.append(next_attempt(bot, at(seconds), attempts)[0])
    order = [Next.REJOIN, Next.DELIVER, Next.NOTHING]
    assert steps == sorted(steps, key=order.index)
    assert steps[-1] is Next.NOTHING
    assert Next.DELIVER in steps


def test_waits_between_attempts() -> None:
    assert [(retry_at(T0, n) - T0).total_seconds() for n in range(1, 8)] == [0, 1, 2, 4, 8, 15, 15]

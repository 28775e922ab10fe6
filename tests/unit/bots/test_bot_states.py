"""The tables of states, status changes and endings, looked at entry by entry."""

from itertools import product

import pytest

from minutebook.bots.endings import REACHED, SENTENCES, CallEnd, change_reached
from minutebook.bots.model import EndReason, Failure
from minutebook.bots.states import LIVE, TRANSITIONS, BotState, StatusChange, sources_of

S = BotState

WAYS = {
    S.QUEUED: {S.JOINING, S.FAILED, S.CANCELLED},
    S.JOINING: {S.WAITING_ROOM, S.IN_CALL, S.ENDED, S.FAILED, S.INTERRUPTED},
    S.WAITING_ROOM: {S.IN_CALL, S.ENDED, S.FAILED, S.INTERRUPTED},
    S.IN_CALL: {S.RECORDING, S.ENDED, S.FAILED, S.INTERRUPTED},
    S.RECORDING: {S.ENDED, S.INTERRUPTED},
    S.INTERRUPTED: {S.JOINING, S.ENDED, S.FAILED},
    S.ENDED: {S.COMPLETED, S.FAILED},
    S.FAILED: {S.ENDED},
}


@pytest.mark.parametrize(("before", "after"), list(product(BotState, BotState)))
def test_every_way_and_no_other(before: BotState, after: BotState) -> None:
    is_way = after in WAYS.get(before, set())
    assert (after in TRANSITIONS[before]) == is_way
    assert (before in sources_of(after)) == is_way


def test_every_bot_can_come_to_an_end() -> None:
    for state in BotState:
        reached, frontier = {state}, {state}
        while frontier:
            frontier = {target for source in frontier for target in TRANSITIONS[source]} - reached
            reached |= frontier
        assert any(each.is_final for each in reached)
    assert {state for state in BotState if state.is_final} == {S.COMPLETED, S.FAILED, S.CANCELLED}
    assert not any(state.is_final for state in LIVE)
    assert {S.ENDED, S.QUEUED} & LIVE == set()


def test_a_live_bot_that_loses_its_runner_can_be_interrupted() -> None:
    for state in LIVE - {S.INTERRUPTED}:
        assert S.INTERRUPTED in TRANSITIONS[state]


def test_what_is_told_of_a_state() -> None:
    assert {state: change_reached(state, joined_before=False, recorded_before=False) for state in REACHED} == {
        S.JOINING: StatusChange.JOINING,
        S.WAITING_ROOM: StatusChange.WAITING_ROOM,
        S.IN_CALL: StatusChange.IN_CALL,
        S.RECORDING: StatusChange.RECORDING,
    }
    assert {state: change_reached(state, joined_before=True, recorded_before=True) for state in REACHED} == {
        S.JOINING: None,
        S.WAITING_ROOM: None,
        S.IN_CALL: None,
        S.RECORDING: StatusChange.RESUMED,
    }
    assert change_reached(S.WAITING_ROOM, joined_before=True, recorded_before=False) is None
    assert change_reached(S.RECORDING, joined_before=True, recorded_before=False) is StatusChange.RECORDING
    for state in set(BotState) - set(REACHED):
        assert change_reached(state, joined_before=False, recorded_before=False) is None
    for failure in Failure:
        assert SENTENCES[failure].endswith((".", "`."))


@pytest.mark.parametrize(
    ("how", "with_recording", "without"),
    [
        (CallEnd(EndReason.MEETING_ENDED), EndReason.MEETING_ENDED, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.NO_ATTENDEES), EndReason.NO_ATTENDEES, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.SILENCE), EndReason.SILENCE, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.LONGEST), EndReason.LONGEST, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.REMOVED), EndReason.REMOVED, Failure.REMOVED),
        (CallEnd(EndReason.STOPPED), EndReason.STOPPED, Failure.STOPPED),
        (CallEnd(EndReason.ERROR), EndReason.ERROR, Failure.INTERNAL),
        (CallEnd(failure=Failure.REMOVED), EndReason.REMOVED, Failure.REMOVED),
        (CallEnd(failure=Failure.NOT_ACCEPTED), EndReason.REMOVED, Failure.NOT_ACCEPTED),
        (CallEnd(failure=Failure.STOPPED), EndReason.STOPPED, Failure.STOPPED),
        (CallEnd(failure=Failure.CAPTCHA), EndReason.ERROR, Failure.CAPTCHA),
        (CallEnd(EndReason.SILENCE, Failure.INTERNAL), EndReason.SILENCE, Failure.INTERNAL),
        (CallEnd(), EndReason.ERROR, Failure.INTERNAL),
    ],
)
def test_an_end_with_and_without_a_recording(how: CallEnd, with_recording: EndReason, without: Failure) -> None:
    assert how.with_recording is with_recording
    assert how.without_recording is without

"""The tables of states, codes and outcomes, looked at entry by entry."""

from itertools import product

import pytest

from minutebook.bots.endings import FAILED, REACHED, SENTENCES, CallEnd, code_of_failure, code_reached
from minutebook.bots.model import EndReason, Failure
from minutebook.bots.states import LIVE, TRANSITIONS, BotState, StatusCode, sources_of

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


def test_codes() -> None:
    assert {state: code_reached(state, joined_before=False, recorded_before=False) for state in REACHED} == {
        S.JOINING: StatusCode.JOINING_CALL,
        S.WAITING_ROOM: StatusCode.IN_WAITING_ROOM,
        S.IN_CALL: StatusCode.IN_CALL_NOT_RECORDING,
        S.RECORDING: StatusCode.IN_CALL_RECORDING,
    }
    assert {state: code_reached(state, joined_before=True, recorded_before=True) for state in REACHED} == {
        S.JOINING: None,
        S.WAITING_ROOM: None,
        S.IN_CALL: None,
        S.RECORDING: StatusCode.RECORDING_RESUMED,
    }
    assert code_reached(S.WAITING_ROOM, joined_before=True, recorded_before=False) is None
    assert code_reached(S.RECORDING, joined_before=True, recorded_before=False) is StatusCode.IN_CALL_RECORDING
    for state in set(BotState) - set(REACHED):
        assert code_reached(state, joined_before=False, recorded_before=False) is None
    for failure in Failure:
        assert code_of_failure(failure) is FAILED.get(failure, StatusCode.MEETING_ERROR)
        assert SENTENCES[failure].endswith((".", "`."))


@pytest.mark.parametrize(
    ("how", "with_recording", "without"),
    [
        (CallEnd(EndReason.MEETING_ENDED), EndReason.MEETING_ENDED, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.NO_ATTENDEES), EndReason.NO_ATTENDEES, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.SILENCE), EndReason.SILENCE, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.LONGEST), EndReason.LONGEST, Failure.CANNOT_JOIN),
        (CallEnd(EndReason.REMOVED), EndReason.REMOVED, Failure.REMOVED),
        (CallEnd(EndReason.API_REQUEST), EndReason.API_REQUEST, Failure.STOPPED),
        (CallEnd(EndReason.MEETING_ERROR), EndReason.MEETING_ERROR, Failure.INTERNAL),
        (CallEnd(failure=Failure.REMOVED), EndReason.REMOVED, Failure.REMOVED),
        (CallEnd(failure=Failure.NOT_ACCEPTED), EndReason.REMOVED, Failure.NOT_ACCEPTED),
        (CallEnd(failure=Failure.STOPPED), EndReason.API_REQUEST, Failure.STOPPED),
        (CallEnd(failure=Failure.CAPTCHA), EndReason.MEETING_ERROR, Failure.CAPTCHA),
        (CallEnd(EndReason.SILENCE, Failure.INTERNAL), EndReason.SILENCE, Failure.INTERNAL),
        (CallEnd(), EndReason.MEETING_ERROR, Failure.INTERNAL),
    ],
)
def test_an_end_with_and_without_a_recording(how: CallEnd, with_recording: EndReason, without: Failure) -> None:
    assert how.with_recording is with_recording
    assert how.without_recording is without

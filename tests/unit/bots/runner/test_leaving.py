"""The leaving rules: each alone, each against the others, and what holds for all courses."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.model import EndReason, Failure, LeaveRules
from minutebook.bots.platforms.ports import Hint, Place, Sight
from minutebook.bots.runner.rules.exits import (
    FROZEN_S,
    JOINING_S,
    LIFE_S,
    MEANINGS,
    NOT_RECORDING_S,
    REJOINING_S,
    UNREACHABLE_S,
    Cause,
    exit_of,
)
from minutebook.bots.runner.rules.leaving import HEARD_S, LOST_AFTER_S, PLACES, STEADY_S, UNSEEN_S, decide, lost_by
from minutebook.bots.runner.rules.progress import CallProgress, Instruction
from minutebook.bots.states import BotState, StatusChange
from minutebook.bots.v1.codes import StatusCode, code_of

RULES = LeaveRules(waiting_room_s=600, noone_joined_s=300, silence_s=400, alone_s=60, longest_s=4000)
T0 = 1_000_000.0


def progress(*steps: tuple[float, Place]) -> CallProgress:
    """A progress with looks at these places, in seconds after the start, each answered."""
    made = CallProgress.begun(T0)
    for at, place in steps:
        made = made.seen(Sight(place, place.value), T0 + at)
    return made


def recording(at: float = 10) -> CallProgress:
    """In the call and recording since `at`; nobody else seen yet."""
    return progress((at, Place.IN_CALL)).recorded(T0 + at)


def answered(made: CallProgress, at: float) -> CallProgress:
    """The page goes on answering the same."""
    return made.seen(Sight(made.place, made.sign), T0 + at)


def cause_at(made: CallProgress, at: float, rules: LeaveRules = RULES) -> Cause | None:
    """Why it leaves at that moment, with a page that answers all the time."""
    way_out = decide(answered(made, at), rules, T0 + at)
    return way_out.cause if way_out else None


def first_exit(made: CallProgress, until: float = LIFE_S + 1, step: float = 1.0) -> tuple[float, Cause]:
    """Play on second by second until it leaves."""
    at = 0.0
    while at <= until:
        if cause := cause_at(made, at):
            return at, cause
        at += step
    raise AssertionError("it stays for ever")


# --- each rule -------------------------------------------------------------------------------------------------------


def test_a_page_that_gets_nowhere_has_a_limit_of_its_own() -> None:
    assert first_exit(progress((0, Place.JOINING))) == (JOINING_S, Cause.NOT_ARRIVED)


def test_the_waiting_room_counts_from_entering_it() -> None:
    assert first_exit(progress((0, Place.JOINING), (50, Place.WAITING))) == (650, Cause.NOT_ADMITTED)


def test_a_page_between_two_screens_does_not_stop_the_waiting_rooms_clock() -> None:
    made = progress((50, Place.WAITING), (100, Place.JOINING), (101, Place.WAITING))
    assert first_exit(made) == (650, Cause.NOT_ADMITTED)


def test_waiting_longer_than_joining_may_take_is_no_failure_to_join() -> None:
    assert cause_at(progress((5, Place.WAITING)), JOINING_S + 50) is None


def test_nobody_came_counts_from_admission() -> None:
    made = progress((5, Place.WAITING), (500, Place.IN_CALL)).recorded(T0 + 500)
    assert first_exit(made) == (800, Cause.NOBODY_CAME)


def test_nobody_came_is_over_as_soon_as_somebody_was_there() -> None:
    made = recording().heard(True, None, T0 + 300)
    assert cause_at(made, 311) is None


def test_last_one_left() -> None:
    made = recording().heard(True, T0 + 90, T0 + 20).heard(False, None, T0 + 100)
    assert first_exit(made) == (160, Cause.ALONE)


def test_somebody_comes_back_before_the_bot_leaves() -> None:
    made = recording().heard(True, T0 + 90, T0 + 20).heard(False, None, T0 + 100).heard(True, None, T0 + 155)
    assert cause_at(made, 200) is None
    assert cause_at(made.heard(False, None, T0 + 300), 359) is None
    assert cause_at(made.heard(False, None, T0 + 300), 360) is Cause.ALONE


def test_silence_counts_from_the_last_sound() -> None:
    made = recording().heard(True, T0 + 30, T0 + 30).heard(True, T0 + 100, T0 + 120)
    assert first_exit(made) == (500, Cause.SILENCE)


def test_silence_counts_from_the_first_guest_when_nobody_ever_spoke() -> None:
    assert first_exit(recording().heard(True, None, T0 + 200)) == (600, Cause.SILENCE)


def test_silence_says_nothing_before_somebody_was_there_and_before_it_records() -> None:
    rules = replace(RULES, noone_joined_s=2000, silence_s=100)
    assert cause_at(recording(), 1500, rules) is None
    unrecorded = progress((10, Place.IN_CALL)).heard(True, None, T0 + 11)
    assert cause_at(unrecorded, 10 + NOT_RECORDING_S - 1, replace(RULES, silence_s=5)) is None


def test_the_longest_time_counts_from_the_records_beginning_in_whichever_attempt() -> None:
    made = CallProgress.begun(T0, record_began_s=T0 - 3900, ever_present=True)
    made = made.seen(Sight(Place.IN_CALL), T0 + 10).recorded(T0 + 10).heard(True, T0 + 10, T0 + 10)
    assert first_exit(made) == (100, Cause.LONGEST)


def test_no_bot_lives_longer_than_the_engine_lets_it() -> None:
    rules = LeaveRules(waiting_room_s=10**6)
    assert cause_at(progress((5, Place.WAITING)), LIFE_S - 1, rules) is None
    assert cause_at(progress((5, Place.WAITING)), LIFE_S, rules) is Cause.LIFE


def test_recording_has_to_begin() -> None:
    assert first_exit(progress((10, Place.IN_CALL))) == (10 + NOT_RECORDING_S, Cause.NOT_RECORDED)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_without_a_way_on_ends_it_at_once_with_what_the_page_shows(place: Place) -> None:
    way_out = decide(progress((7, place)), RULES, T0 + 7)
    assert way_out is not None
    assert way_out.cause is PLACES[place]
    assert place.value in way_out.message


def test_an_address_that_cannot_be_reached_is_tried_for_a_while() -> None:
    assert first_exit(progress((3, Place.UNREACHABLE))) == (3 + UNREACHABLE_S, Cause.UNREACHABLE)


def test_a_page_that_is_opened_anew_and_cannot_be_reached_again_has_one_limit() -> None:
    again = [(at, place) for at in range(3, 60, 10) for place in (Place.UNREACHABLE, Place.JOINING)]
    made = progress(*again, (62, Place.UNREACHABLE))
    assert first_exit(made) == (3 + UNREACHABLE_S, Cause.UNREACHABLE)
    assert first_exit(progress(*again)) == (53 + JOINING_S, Cause.NOT_ARRIVED), "the way in has its own time"
    let_wait = progress(*again, (60, Place.WAITING), (62, Place.UNREACHABLE))
    assert cause_at(let_wait, 62 + UNREACHABLE_S - 1) is None, "a lobby was reached meanwhile"


def test_a_frozen_page() -> None:
    made = progress((5, Place.WAITING))
    assert decide(made, RULES, T0 + 5 + FROZEN_S - 0.1) is None
    way_out = decide(made, RULES, T0 + 5 + FROZEN_S)
    assert way_out is not None
    assert way_out.cause is Cause.FROZEN


def test_a_page_that_is_being_loaded_is_not_frozen() -> None:
    assert decide(progress((5, Place.JOINING)).opening(), RULES, T0 + 60) is None


TROUBLES: dict[Cause, Callable[[CallProgress, float], CallProgress]] = {
    Cause.FROZEN: lambda made, at: made,
    Cause.LOST: lambda made, at: made.seen(Sight(Place.JOINING), T0 + at),
    Cause.UNREACHABLE: lambda made, at: made.seen(Sight(Place.UNREACHABLE), T0 + at),
    Cause.CUT_OFF: lambda made, at: answered(made, at).heard(True, None, T0 + at, cut_off=True),
}
"""What a call that is lost looks like from a moment on."""


def trouble(cause: Cause, made: CallProgress, at: float) -> CallProgress:
    """The same, and a page that answers as far as it does."""
    made = TROUBLES[cause](made, at)
    return made if cause is Cause.FROZEN else answered(made, at + LOST_AFTER_S)


@pytest.mark.parametrize("cause", TROUBLES)
def test_a_call_that_is_lost_is_joined_anew_and_not_left(cause: Cause) -> None:
    made = trouble(cause, recording(), 10)
    assert lost_by(made, T0 + 10 + LOST_AFTER_S - 0.1) is None
    assert lost_by(made, T0 + 10 + LOST_AFTER_S) is cause
    assert decide(made, RULES, T0 + 10 + LOST_AFTER_S) is None


@pytest.mark.parametrize("cause", TROUBLES)
def test_a_call_that_is_lost_again_is_left(cause: Cause) -> None:
    joined_anew = recording().again(T0 + 20, lost=True).seen(Sight(Place.IN_CALL), T0 + 30).recorded(T0 + 30)
    made = trouble(cause, joined_anew, 30)
    assert lost_by(made, T0 + 30 + LOST_AFTER_S) is None
    way_out = decide(made, RULES, T0 + 30 + LOST_AFTER_S)
    assert way_out is not None
    assert way_out.cause is cause


@pytest.mark.parametrize("cause", TROUBLES)
def test_what_goes_wrong_after_a_good_while_is_a_new_trouble(cause: Cause) -> None:
    at = 30 + STEADY_S
    joined_anew = recording().again(T0 + 20, lost=True).seen(Sight(Place.IN_CALL), T0 + 30).recorded(T0 + 30)
    assert lost_by(trouble(cause, answered(joined_anew, at), at), T0 + at + LOST_AFTER_S) is cause


def test_the_way_back_into_a_call_has_a_shorter_limit() -> None:
    made = recording().again(T0 + 20, lost=True)
    assert cause_at(made, 20 + REJOINING_S - 1) is None
    assert cause_at(made, 20 + REJOINING_S) is Cause.NOT_ARRIVED


def test_connections_that_come_back_in_time_are_no_trouble() -> None:
    made = recording().heard(True, None, T0 + 11, cut_off=True).heard(True, None, T0 + 15)
    made = answered(made.heard(True, None, T0 + 16, cut_off=True), 24)
    assert lost_by(made, T0 + 24) is None


@pytest.mark.parametrize("place", PLACES)
def test_in_the_call_one_look_alone_ends_nothing(place: Place) -> None:
    made = recording().seen(Sight(place), T0 + 20)
    assert decide(made, RULES, T0 + 20.4) is None
    assert cause_at(made.seen(Sight(Place.IN_CALL), T0 + 20.5), 21) is None
    assert cause_at(made, 20.5) is PLACES[place]


# --- people who are heard and not seen -------------------------------------------------------------------------------


def test_a_loud_meeting_is_not_one_to_which_nobody_came() -> None:
    made = recording()
    for at in range(20, 1000, 10):
        made = made.heard(False, T0 + at, T0 + at)
    assert cause_at(made, 1000) is None
    assert cause_at(made, 990 + HEARD_S) is Cause.NOBODY_CAME


def test_nobody_is_alone_while_others_are_heard() -> None:
    made = recording().heard(True, T0 + 20, T0 + 20).heard(False, None, T0 + 30)
    for at in range(40, 400, 10):
        made = made.heard(False, T0 + at, T0 + at)
    assert cause_at(made, 400) is None
    assert cause_at(made, 390 + HEARD_S) is Cause.ALONE


def test_sound_that_nobody_is_seen_with_keeps_no_bot_for_ever() -> None:
    rules = replace(RULES, longest_s=LIFE_S, silence_s=LIFE_S)
    made = recording().heard(False, T0 + 10 + UNSEEN_S, T0 + 10 + UNSEEN_S)
    assert cause_at(made, 10 + UNSEEN_S - 1, rules) is None
    assert cause_at(made, 10 + UNSEEN_S, rules) is Cause.NOBODY_CAME


# --- what the page says beyond the place -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "hint", "cause"),
    [
        (Place.INVALID, Hint.PASSCODE_REQUIRED, Cause.PASSCODE_REQUIRED),
        (Place.SIGN_IN, Hint.REGISTRATION_REQUIRED, Cause.REGISTRATION_REQUIRED),
    ],
)
def test_the_cause_is_the_one_that_the_page_gives(place: Place, hint: Hint, cause: Cause) -> None:
    made = CallProgress.begun(T0).seen(Sight(place, "shown", hint), T0 + 5)
    assert cause_at(made, 6) is not None
    way_out = decide(made, RULES, T0 + 5)
    assert way_out is not None
    assert (way_out.cause, way_out.message.endswith("(shown)")) == (cause, True)


def test_a_meeting_that_its_host_did_not_start_is_not_one_that_let_nobody_in() -> None:
    made = CallProgress.begun(T0).seen(Sight(Place.WAITING, "", Hint.HOST_NOT_STARTED), T0)
    way_out = decide(made, replace(RULES, waiting_room_s=15), T0 + 15)
    assert way_out is not None
    assert (way_out.cause, way_out.failure) == (Cause.HOST_NOT_STARTED, Failure.HOST_NOT_STARTED)
    begun = made.seen(Sight(Place.WAITING), T0 + 10)
    way_out = decide(begun, replace(RULES, waiting_room_s=15), T0 + 15)
    assert way_out is not None
    assert way_out.cause is Cause.NOT_ADMITTED


# --- who wins --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", list(Place))
def test_a_stop_wins_over_everything(place: Place) -> None:
    made = progress((5, Place.WAITING), (6, place)).hears(Instruction.STOP)
    for at in (8, 700, LIFE_S + 1):
        way_out = decide(made, RULES, T0 + at)
        assert way_out is not None
        assert way_out.cause is Cause.STOP


def test_a_stronger_word_stands() -> None:
    made = recording().hears(Instruction.UNWANTED).hears(Instruction.STOP)
    assert cause_at(made, 12) is Cause.UNWANTED


def test_a_timeout_that_had_passed_is_not_reported_as_the_denial_that_came_of_it() -> None:
    made = progress((0, Place.WAITING), (601, Place.DENIED))
    assert cause_at(made, 601) is Cause.NOT_ADMITTED


def test_a_denial_before_the_timeout_stays_one() -> None:
    made = progress((0, Place.WAITING), (599, Place.DENIED))
    assert cause_at(made, 650) is Cause.DENIED


def test_back_in_the_waiting_room_the_rules_of_the_call_rest() -> None:
    made = recording().heard(True, T0 + 11, T0 + 11).heard(False, None, T0 + 50)
    made = made.seen(Sight(Place.WAITING), T0 + 60)
    assert cause_at(made, 500) is None
    assert cause_at(made, 660) is Cause.NOT_ADMITTED
    back = made.seen(Sight(Place.IN_CALL), T0 + 300)
    assert cause_at(back, 359) is None
    assert cause_at(back, 360) is Cause.ALONE


def test_a_page_that_shows_nothing_for_a_moment_does_not_begin_the_call_anew() -> None:
    made = recording().seen(Sight(Place.JOINING), T0 + 100).seen(Sight(Place.IN_CALL), T0 + 101)
    assert first_exit(made) == (310, Cause.NOBODY_CAME)


def test_an_address_that_was_never_reached_is_no_lost_call() -> None:
    assert lost_by(progress((3, Place.UNREACHABLE)), T0 + 50) is None


def test_another_visit_keeps_what_was_lived_through() -> None:
    made = recording().heard(True, T0 + 50, T0 + 50).again(T0 + 100)
    assert made.state is BotState.JOINING
    assert cause_at(made, 100 + JOINING_S) is Cause.NOT_ARRIVED
    made = made.seen(Sight(Place.IN_CALL), T0 + 110).recorded(T0 + 111)
    assert made.record_began_s == T0 + 10
    assert first_exit(made) == (170, Cause.ALONE)


# --- what it is called -----------------------------------------------------------------------------------------------

WITHOUT_RECORDING = {
    Cause.STOP: (Failure.STOPPED, StatusCode.API_REQUEST_STOP),
    Cause.DENIED: (Failure.NOT_ACCEPTED, StatusCode.BOT_REJECTED),
    Cause.REMOVED: (Failure.REMOVED, StatusCode.BOT_REMOVED),
    Cause.INVALID: (Failure.INVALID_URL, StatusCode.INVALID_MEETING_URL),
    Cause.NOT_ADMITTED: (Failure.NOT_ADMITTED_IN_TIME, StatusCode.WAITING_ROOM_TIMEOUT),
    Cause.SIGN_IN: (Failure.SIGN_IN_REQUIRED, StatusCode.MEETING_ERROR),
    Cause.PASSCODE_REQUIRED: (Failure.PASSCODE_REQUIRED, StatusCode.INVALID_MEETING_URL),
    Cause.REGISTRATION_REQUIRED: (Failure.REGISTRATION_REQUIRED, StatusCode.MEETING_ERROR),
    Cause.HOST_NOT_STARTED: (Failure.HOST_NOT_STARTED, StatusCode.WAITING_ROOM_TIMEOUT),
    Cause.BLOCKED: (Failure.BLOCKED, StatusCode.MEETING_ERROR),
    Cause.CAPTCHA: (Failure.CAPTCHA, StatusCode.MEETING_ERROR),
    Cause.NOT_ARRIVED: (Failure.CANNOT_JOIN, StatusCode.MEETING_ERROR),
    Cause.NO_BROWSER: (Failure.INTERNAL, StatusCode.MEETING_ERROR),
}
WITH_RECORDING = {
    Cause.STOP: EndReason.STOPPED,
    Cause.REMOVED: EndReason.REMOVED,
    Cause.DENIED: EndReason.REMOVED,
    Cause.ENDED: EndReason.MEETING_ENDED,
    Cause.NOBODY_CAME: EndReason.NO_ATTENDEES,
    Cause.ALONE: EndReason.NO_ATTENDEES,
    Cause.SILENCE: EndReason.SILENCE,
    Cause.LONGEST: EndReason.LONGEST,
    Cause.NOT_ADMITTED: EndReason.ERROR,
    Cause.CRASHED: EndReason.ERROR,
}


@pytest.mark.parametrize(("cause", "said"), WITHOUT_RECORDING.items())
def test_without_a_recording_there_is_a_failure(cause: Cause, said: tuple[Failure, StatusCode]) -> None:
    way_out = exit_of(cause, progress((5, Place.JOINING)), RULES)
    assert way_out.failure is not None
    assert (way_out.failure, code_of(StatusChange.FAILED, way_out.failure)) == said
    assert way_out.end_reason is None


@pytest.mark.parametrize(("cause", "reason"), WITH_RECORDING.items())
def test_with_a_recording_there_is_an_end_reason(cause: Cause, reason: EndReason) -> None:
    way_out = exit_of(cause, recording(), RULES)
    assert (way_out.end_reason, way_out.failure) == (reason, None)


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_sentence(cause: Cause) -> None:
    for made in (progress((5, Place.JOINING)), recording()):
        message = exit_of(cause, made, RULES).message
        assert message.endswith(".")
        assert "{" not in message


def test_no_timeout_is_called_a_denial() -> None:
    timeouts = {cause for cause in Cause if cause not in PLACES.values()}
    assert all(MEANINGS[cause].failure is not Failure.NOT_ACCEPTED for cause in timeouts)
    codes = {code_of(StatusChange.FAILED, MEANINGS[cause].failure) for cause in timeouts}
    assert StatusCode.BOT_REJECTED not in codes


def test_a_process_that_ends_for_another_one_says_nothing() -> None:
    unreported = {cause for cause in Cause if not exit_of(cause, recording(), RULES).is_reported}
    assert unreported == {Cause.TERMINATED, Cause.UNWANTED}


# --- all courses -----------------------------------------------------------------------------------------------------

seconds = st.floats(0, 20_000, allow_nan=False).map(lambda value: round(value, 1))
steps: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.tuples(st.just("seen"), st.sampled_from(list(Place))),
    st.tuples(st.just("heard"), st.booleans()),
    st.tuples(st.just("recorded"), st.none()),
    st.tuples(st.just("opening"), st.none()),
    st.tuples(st.just("again"), st.none()),
)
rules = st.builds(
    LeaveRules,
    waiting_room_s=st.integers(120, 1800),
    noone_joined_s=st.integers(120, 1800),
    silence_s=st.integers(300, 1800),
    alone_s=st.integers(1, 600),
    longest_s=st.integers(60, 14_400),
)


@st.composite
def courses(draw: st.DrawFn) -> tuple[CallProgress, float]:
    """Any progress as a visit makes it, and the moment of its last step: recording begins only in the call."""
    now = T0
    made = CallProgress.begun(now, record_began_s=draw(st.none() | st.just(T0 - 100)), ever_present=draw(st.booleans()))
    for name, value in draw(st.lists(steps, max_size=12)):
        now += draw(st.floats(0, 700, allow_nan=False))
        match name:
            case "seen":
                made = made.seen(Sight(value), now)
            case "heard":
                made = made.heard(value, now - 1 if value else None, now)
            case "recorded" if made.in_call:
                made = made.recorded(now)
            case "opening":
                made = made.opening()
            case "again":
                made = made.again(now)
    return made, now


@given(courses(), rules, seconds, seconds)
def test_an_exit_stays_the_same_however_late_it_is_asked_for(
    walk: tuple[CallProgress, float], given_rules: LeaveRules, earlier: float, later: float
) -> None:
    made, now = walk
    first = decide(made, given_rules, now + earlier)
    if first is not None:
        assert decide(made, given_rules, now + earlier + later) == first


@given(courses(), rules)
def test_every_course_ends(walk: tuple[CallProgress, float], given_rules: LeaveRules) -> None:
    made, _ = walk
    assert decide(made, given_rules, made.began_s + LIFE_S) is not None


@given(courses(), rules, seconds)
def test_an_exit_is_either_a_failure_or_an_end_reason(
    walk: tuple[CallProgress, float], given_rules: LeaveRules, later: float
) -> None:
    made, now = walk
    way_out = decide(made, given_rules, now + later)
    if way_out is not None:
        assert (way_out.failure is None) is (made.record_began_s is not None)
        assert (way_out.end_reason is None) is (made.record_began_s is None)


@given(courses(), rules, seconds)
def test_a_stop_wins_in_every_course(walk: tuple[CallProgress, float], given_rules: LeaveRules, later: float) -> None:
    made, now = walk
    way_out = decide(made.hears(Instruction.STOP), given_rules, now + later)
    assert way_out is not None
    assert way_out.cause is Cause.STOP


@given(courses(), rules, seconds)
def test_rules_of_the_call_need_a_call(walk: tuple[CallProgress, float], given_rules: LeaveRules, later: float) -> None:
    made, now = walk
    way_out = decide(made, given_rules, now + later)
    in_call_only = {Cause.NOBODY_CAME, Cause.ALONE, Cause.SILENCE, Cause.CUT_OFF, Cause.LOST, Cause.NOT_RECORDED}
    if way_out is not None and way_out.cause in in_call_only:
        assert made.admitted_s is not None


@given(courses())
def test_no_bot_in_a_waiting_room_is_said_to_record(walk: tuple[CallProgress, float]) -> None:
    made, _ = walk
    if made.admitted_s is None:
        assert made.state in {BotState.JOINING, BotState.WAITING_ROOM}
    if made.state is BotState.RECORDING:
        assert made.recording

"""The call's loop on a played meeting, in virtual time: what happens, when, and in which order."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Error

from minutebook.bots.model import EndReason, Failure
from minutebook.bots.platforms.ports import CannotJoinError, Place
from minutebook.bots.runner.browser import BrowserMissingError
from minutebook.bots.runner.call import MOST_LOSSES, Call
from minutebook.bots.runner.ports import Picture
from minutebook.bots.runner.rules.exits import Cause, Exit
from minutebook.bots.runner.rules.progress import Instruction
from minutebook.bots.sound_trouble import SoundTrouble
from minutebook.kit.clock import SteadyClock
from support.fake_call import Stage, orders
from support.virtual_time import START, LoopClock, run_virtually

STRAIGHT = ((0, Place.JOINING), (3, Place.IN_CALL))


def play(stage: Stage, *, told: tuple[float, Instruction] | None = None, **changes: Any) -> tuple[Exit, float]:
    """Play a call to its end; returns the exit and the second of it."""

    async def whole() -> tuple[Exit, float]:
        call = Call(orders(**changes), stage.ports())
        if told is not None:
            asyncio.get_running_loop().call_at(told[0], call.tell, told[1])
        return await call.run(), stage.now()

    return run_virtually(whole())


def test_from_the_waiting_room_into_the_call_and_out_again() -> None:
    stage = Stage(
        ((0, Place.JOINING), (2, Place.WAITING), (20, Place.IN_CALL), (120, Place.ENDED)),
        people=((0, 2),),
        sounds=(30,),
    )
    way_out, at = play(stage)
    assert (way_out.cause, way_out.end_reason) == (Cause.ENDED, EndReason.MEETING_ENDED)
    assert at == pytest.approx(120, abs=1.5)
    assert stage.states == ["joining", "waiting_room", "in_call", "recording"]
    assert stage.at("state recording") == pytest.approx(20, abs=0.6)
    order = [what for _, what in stage.told]
    assert order.index("browser") < order.index("install") < order.index("page script")
    assert order.index("page script") < order.index("goto https://meet.example/room")
    assert order.index("state in_call") < order.index("record") < order.index("state recording")
    last = [what for what in order if what in {"record no more", "shot ended", "leave", "closed"}]
    assert last == ["record no more", "shot ended", "leave", "closed"]


def test_the_page_is_looked_at_twice_a_second_and_helped_until_the_bot_is_in() -> None:
    stage = Stage(((0, Place.JOINING), (10, Place.IN_CALL)), people=((0, 1),))
    play(stage, told=(10, Instruction.STOP))
    assert 18 <= stage.count("step as Ada's bot") <= 22


def test_in_the_call_dialogues_are_looked_after_now_and_then() -> None:
    stage = Stage(((0, Place.IN_CALL),), people=((0, 1),))
    play(stage, told=(60, Instruction.STOP))
    assert 19 <= stage.count("step as Ada's bot") <= 22


def test_nothing_is_recorded_in_the_waiting_room() -> None:
    stage = Stage(((0, Place.WAITING),), people=((0, 3),), sounds=(1, 2, 3))
    way_out, at = play(stage)
    assert (way_out.cause, way_out.failure) == (Cause.NOT_ADMITTED, Failure.NOT_ADMITTED_IN_TIME)
    assert at == pytest.approx(600, abs=1.5)
    assert stage.states == ["joining", "waiting_room"]
    assert not stage.count("record")
    assert stage.count("page kept") == 1


@pytest.mark.parametrize("place", [Place.DENIED, Place.INVALID, Place.SIGN_IN, Place.BLOCKED, Place.CAPTCHA])
def test_a_wall_is_reported_with_the_page_kept(place: Place) -> None:
    stage = Stage(((0, Place.JOINING), (4, place)))
    way_out, at = play(stage)
    assert way_out.cause.value == place.value
    assert way_out.failure is not None
    assert f"shows {place}" in way_out.message
    assert at < 6
    assert stage.count("page kept") == 1
    assert stage.states == ["joining"]


def test_an_address_that_is_none() -> None:
    stage = Stage(STRAIGHT)
    way_out, _ = play(stage, meeting_url="hello")
    assert (way_out.cause, way_out.failure) == (Cause.INVALID, Failure.INVALID_URL)
    assert "This is no address." in way_out.message


def test_a_platform_that_cannot_be_opened_needs_no_browser() -> None:
    stage = Stage(STRAIGHT)

    def refuse() -> Any:
        raise CannotJoinError(Place.INVALID, "There is no such platform.")

    async def whole() -> Exit:
        from dataclasses import replace

        return await Call(orders(), replace(stage.ports(), platform=refuse)).run()

    assert run_virtually(whole()).cause is Cause.INVALID
    assert not stage.count("browser")


def test_a_way_in_that_closes_while_walking() -> None:
    stage = Stage(((0, Place.JOINING), (5, CannotJoinError(Place.SIGN_IN, "Guests are not allowed."))))
    way_out, _ = play(stage)
    assert way_out.cause is Cause.SIGN_IN
    assert "Guests are not allowed." in way_out.message


def test_nobody_came() -> None:
    way_out, at = play(Stage(STRAIGHT))
    assert way_out.end_reason is EndReason.NO_ATTENDEES
    assert at == pytest.approx(303, abs=1.5)


def test_the_last_one_left() -> None:
    stage = Stage(STRAIGHT, people=((0, 0), (50, 2), (100, 1), (150, 0)), sounds=(60,))
    way_out, at = play(stage)
    assert way_out.cause is Cause.ALONE
    assert at == pytest.approx(210, abs=1.5)
    assert stage.count("company") == 1


def test_silence() -> None:
    way_out, at = play(Stage(STRAIGHT, people=((0, 2),), sounds=(10, 70)))
    assert way_out.end_reason is EndReason.SILENCE
    assert at == pytest.approx(470, abs=1.5)


def test_the_longest_time() -> None:
    way_out, at = play(Stage(STRAIGHT, people=((0, 2),), sounds=range(0, 2000, 10)))
    assert way_out.end_reason is EndReason.LONGEST
    assert at == pytest.approx(1003, abs=1.5)


def test_a_stop_is_acted_upon_at_once_and_in_good_order() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),))
    way_out, at = play(stage, told=(40, Instruction.STOP))
    assert (way_out.cause, way_out.end_reason) == (Cause.STOP, EndReason.STOPPED)
    assert at == pytest.approx(40, abs=0.5)
    assert stage.count("leave") == 1


def test_a_stop_on_the_way_in_is_a_failure_by_request() -> None:
    way_out, at = play(Stage(((0, Place.WAITING),)), told=(40, Instruction.STOP))
    assert (way_out.failure, way_out.end_reason) == (Failure.STOPPED, None)
    assert at == pytest.approx(40, abs=0.5)


def test_a_stop_reaches_a_page_that_hangs() -> None:
    way_out, at = play(Stage(((0, Place.JOINING), (5, None))), told=(8, Instruction.STOP))
    assert way_out.cause is Cause.STOP
    assert at == pytest.approx(8, abs=0.5)


LOSSES: dict[Cause, dict[str, Any]] = {
    Cause.FROZEN: {"scenes": ((0, Place.IN_CALL), (50, None))},
    Cause.LOST: {"scenes": ((0, Place.IN_CALL), (50, Place.JOINING))},
    Cause.UNREACHABLE: {"scenes": ((0, Place.IN_CALL), (50, Place.UNREACHABLE))},
    Cause.CUT_OFF: {"scenes": ((0, Place.IN_CALL),), "cut_off_at": 50},
}


@pytest.mark.parametrize("cause", LOSSES)
def test_a_call_that_is_lost_for_good_is_joined_once_more_and_left(cause: Cause) -> None:
    stage = Stage(people=((0, 1),), sounds=range(0, 2000, 10), **LOSSES[cause])
    way_out, at = play(stage)
    assert way_out.end_reason is EndReason.ERROR
    assert stage.visits == 2
    assert stage.at("closed") == pytest.approx(60, abs=1.5)
    assert at < 60 + 65
    assert any(f"({cause})" in notice for notice in stage.notices)


@pytest.mark.parametrize("cause", LOSSES)
def test_a_call_that_is_lost_and_found_goes_on(cause: Cause) -> None:
    scenes = (*LOSSES[cause]["scenes"], (59 if cause is Cause.FROZEN else 61, Place.IN_CALL))
    stage = Stage(scenes, people=((0, 1),), sounds=range(0, 2000, 10), cut_off_at=LOSSES[cause].get("cut_off_at"))
    stage.cut_off_until = 61
    way_out, at = play(stage)
    assert (way_out.cause, stage.visits) == (Cause.LONGEST, 2)
    assert at == pytest.approx(1000, abs=1.5)


def test_a_clock_that_is_set_ends_no_call() -> None:
    def wall() -> datetime:
        elapsed = asyncio.get_running_loop().time()
        return START + timedelta(seconds=elapsed + (21 if elapsed > 50 else 0) - (4000 if elapsed > 100 else 0))

    async def whole() -> tuple[Exit, float]:
        clock = SteadyClock(wall, asyncio.get_running_loop().time)
        stage = Stage(STRAIGHT, people=((0, 1),), sounds=range(0, 2000, 10), clock=clock)
        return await Call(orders(), stage.ports()).run(), stage.now()

    way_out, at = run_virtually(whole())
    assert way_out.cause is Cause.LONGEST
    assert at == pytest.approx(1003, abs=1.5)


def test_trouble_with_the_sound_is_told_at_once() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), troubles=((60, SoundTrouble.SILENT),))
    play(stage, told=(100, Instruction.STOP))
    assert stage.at("notice silent") == pytest.approx(60, abs=0.5)


def test_a_capture_is_made_when_it_is_asked_for() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), captures_asked=(20,))
    play(stage, told=(100, Instruction.STOP))
    assert stage.at("page kept") == pytest.approx(20, abs=0.5)


def test_a_meeting_of_bots_is_over() -> None:
    names = ("Fred's Notetaker", "Fireflies.ai Notetaker Ada", "Ada")
    stage = Stage(STRAIGHT, people=((0, 3), (100, 2)), sounds=(30,), names=names)
    way_out, at = play(stage)
    assert way_out.cause is Cause.ALONE
    assert at == pytest.approx(160, abs=1.5)


def test_two_bots_alone_do_not_wait_for_each_other() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), names=("Otter.ai",))
    way_out, at = play(stage)
    assert way_out.cause is Cause.NOBODY_CAME
    assert at == pytest.approx(303, abs=1.5)


def test_a_page_that_freezes_on_the_way_in() -> None:
    way_out, at = play(Stage(((0, Place.WAITING), (50, Error("The page does not answer.")))))
    assert way_out.cause is Cause.FROZEN
    assert at == pytest.approx(70, abs=1.5)


def test_a_page_between_two_pages_is_no_trouble() -> None:
    gone = Error("Execution context was destroyed")
    stage = Stage(((0, Place.JOINING), (5, gone), (12, Place.IN_CALL), (60, Place.REMOVED)), people=((0, 1),))
    way_out, _ = play(stage)
    assert way_out.cause is Cause.REMOVED


def test_a_browser_that_breaks_down_is_started_anew_and_the_record_goes_on() -> None:
    stage = Stage(STRAIGHT, people=((0, 2),), sounds=range(0, 2000, 10), crashes=(100,))
    way_out, at = play(stage)
    assert way_out.end_reason is EndReason.LONGEST
    assert at == pytest.approx(1003, abs=2)
    assert stage.visits == 2
    assert stage.states == ["joining", "in_call", "recording"] * 2
    again = [when for when, what in stage.told if what == "state recording"][1]
    assert again == pytest.approx(100, abs=2)
    assert any("broke down" in notice for notice in stage.notices)
    assert stage.count("record no more") == 2
    assert stage.count("closed") == 2


def test_a_bot_that_was_in_company_does_not_wait_again_for_the_first_guest() -> None:
    stage = Stage(STRAIGHT, people=((0, 2), (90, 0)), sounds=(80,), crashes=(100,))
    way_out, at = play(stage)
    assert way_out.cause is Cause.ALONE
    assert at == pytest.approx(161, abs=2)


def test_a_browser_that_breaks_down_again_and_again_is_given_up() -> None:
    stage = Stage(((0, Place.JOINING),), crash_visits=100)
    way_out, _ = play(stage)
    assert (way_out.cause, way_out.failure) == (Cause.CRASHED, Failure.INTERNAL)
    assert stage.visits == MOST_LOSSES
    assert stage.count("closed") == MOST_LOSSES


def test_a_machine_without_a_browser_says_what_to_do() -> None:
    stage = Stage(STRAIGHT, start_error=BrowserMissingError("Install Chromium."))
    way_out, _ = play(stage)
    assert way_out.cause is Cause.NO_BROWSER
    assert "Install Chromium." in way_out.message
    assert stage.visits == 1


def test_a_call_that_lost_its_server_is_joined_again() -> None:
    scenes = (
        (0, Place.IN_CALL),
        (50, Place.UNREACHABLE),
        (61.5, Place.JOINING),
        (64, Place.IN_CALL),
        (90, Place.ENDED),
    )
    stage = Stage(scenes, people=((0, 1),))
    way_out, _ = play(stage)
    assert way_out.cause is Cause.ENDED
    assert stage.visits == 2


def test_a_page_that_cannot_be_reached_is_asked_for_again() -> None:
    stage = Stage(((0, Place.UNREACHABLE), (21, Place.IN_CALL), (40, Place.ENDED)))
    play(stage)
    assert 4 <= stage.count("goto https://meet.example/room") <= 6
    assert stage.visits == 1


def test_a_recording_that_breaks_down_ends_the_call() -> None:
    way_out, at = play(Stage(STRAIGHT, people=((0, 1),), capture_fails_at=80))
    assert (way_out.cause, way_out.end_reason) == (Cause.BROKEN, EndReason.ERROR)
    assert "the disk is full" in way_out.message
    assert at == pytest.approx(80, abs=1)


def test_a_capture_that_does_not_stop_holds_nothing_up_for_ever() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), stop_hangs=True)
    _, at = play(stage, told=(40, Instruction.STOP))
    assert at < 40 + 35
    assert stage.count("closed") == 1
    assert any("may be missing" in notice for notice in stage.notices)


def test_the_entry_message_is_posted_once() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), crashes=(50,))
    play(stage, told=(100, Instruction.STOP), entry_message="Hello, I record.")
    assert stage.count("post Hello, I record.") == 1
    assert stage.at("post Hello, I record.") == pytest.approx(3, abs=1)


def test_the_entry_message_is_not_posted_on_a_rejoin() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),))
    play(stage, told=(100, Instruction.STOP), entry_message="Hello, I record.", rejoin=True)
    assert not stage.count("post Hello, I record.")


def test_a_meeting_without_a_chat_is_told_about() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), chat=False)
    play(stage, told=(100, Instruction.STOP), entry_message="Hello")
    assert stage.count("post Hello") == 4
    assert len([notice for notice in stage.notices if "entry message" in notice]) == 1


def test_a_rejoin_that_is_not_let_in_ends_the_record_that_there_is() -> None:
    async def whole() -> Exit:
        began_ms = round(LoopClock().now().timestamp() * 1000) - 60_000
        return await Call(orders(rejoin=True, recording_started_ms=began_ms), Stage(((0, Place.DENIED),)).ports()).run()

    way_out = run_virtually(whole())
    assert (way_out.end_reason, way_out.failure) == (EndReason.REMOVED, None)


def test_screenshots_at_each_state_and_now_and_then() -> None:
    stage = Stage(((0, Place.JOINING), (2, Place.WAITING), (20, Place.IN_CALL)), people=((0, 1),))
    play(stage, told=(200, Instruction.STOP))
    taken = [what.removeprefix("shot ") for _, what in stage.told if what.startswith("shot ")]
    assert [name for name in taken if name != "watch"] == ["waiting_room", "in_call", "recording", "stop"]
    assert 5 <= taken.count("watch") <= 7


def test_the_bots_picture_is_shown() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),), picture=Picture(b"x", "image/png"))
    play(stage, told=(10, Instruction.STOP))
    assert stage.count("show image/png") == 1


def test_a_terminated_process_leaves_and_says_nothing() -> None:
    stage = Stage(STRAIGHT, people=((0, 1),))
    way_out, _ = play(stage, told=(30, Instruction.TERMINATED))
    assert not way_out.is_reported
    assert stage.count("leave") == 1


def test_a_page_of_the_bots_own_is_opened_in_place_of_the_meetings() -> None:
    stage = Stage(STRAIGHT, access={"local": "<p>page"})
    play(stage, told=(6, Instruction.STOP))
    (opened,) = [what for _, what in stage.told if what.startswith("goto ")]
    assert opened.startswith("goto http://127.0.0.1:")

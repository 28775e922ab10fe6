"""What a bot is told in its call, carried out on a played meeting in virtual time."""

import asyncio

import pytest

from minutebook.bots.model import LeaveRules
from minutebook.bots.platforms.ports import Place
from minutebook.bots.protocol import CommandAnswer, CommandOrder
from minutebook.bots.runner.call import NOT_IN_CALL, Call
from minutebook.bots.runner.commands import BROKEN, LATE, CommandFailedError, Commands
from minutebook.bots.runner.rules.progress import CallProgress, Instruction
from minutebook.bots.runner.visit import Visit
from support.fake_call import Stage, orders
from support.virtual_time import LoopClock, run_virtually

HERE = ((0, Place.JOINING), (3, Place.IN_CALL))


Answers = dict[str, CommandAnswer]


def play(stage: Stage, *told: tuple[float, CommandOrder], until: float = 60, paused: bool = False) -> Answers:
    """A call in which a bot is told these, each twice; what it answers."""

    async def whole() -> dict[str, CommandAnswer]:
        call = Call(orders(paused=paused), stage.ports())
        commands = Commands(LoopClock(), call.do)
        loop = asyncio.get_running_loop()
        for at, order in told:
            loop.call_at(at, commands.take, [order])
            loop.call_at(at + 1, commands.take, [order])
        loop.call_at(until, call.tell, Instruction.STOP)
        await call.run()
        await commands.close()
        return {each.id: each for each in commands.answers()}

    return run_virtually(whole())


def test_each_is_done_once_and_what_is_said_does_not_hold_up_the_rest() -> None:
    stage = Stage(HERE, people=((0, 2),), sounds=tuple(range(60)))
    answers = play(
        stage,
        (10, CommandOrder("a", "say", sound=True)),
        (10, CommandOrder("b", "say", sound=True)),
        (10, CommandOrder("c", "chat", "Hello")),
        (10, CommandOrder("d", "screenshot")),
        (10, CommandOrder("e", "open_chat")),
    )
    assert {each.id for each in answers.values() if each.done} == set("abcde")
    happened = [what for _, what in stage.told]
    assert happened.count("said 32000 at 16000") == 2
    assert [happened.count(what) for what in ("post Hello", "shot asked", "open chat", "microphone")] == [1, 1, 1, 1]
    times = [at for at, what in stage.told if what.startswith("said")]
    assert times == [pytest.approx(11, abs=0.5), pytest.approx(12, abs=0.5)]
    assert stage.at("post Hello") == pytest.approx(10, abs=0.5)


def test_a_pause_is_kept_through_a_lost_browser_and_makes_no_pictures() -> None:
    stage = Stage(HERE, people=((0, 2),), sounds=tuple(range(200)), crashes=(100,))
    answers = play(stage, (10, CommandOrder("a", "pause")), (150, CommandOrder("b", "resume")), until=200)
    assert [answers[each].done for each in "ab"] == [True, True]
    assert [what for _, what in stage.told if what in {"pause", "resume"}] == ["pause", "pause", "resume"]
    watched = [at for at, what in stage.told if what == "shot watch"]
    assert not [at for at in watched if 10 < at < 150]
    assert [at for at in watched if at >= 150]


@pytest.mark.parametrize(
    ("layout", "views"), [("speaker_view", (True, False)), ("gallery_view", (False, True)), ("", (False, False))]
)
def test_a_guest_sees_the_others_as_it_was_ordered(layout: str, views: tuple[bool, bool]) -> None:
    stage = Stage(HERE, people=((0, 2),))
    visit = Visit(orders(layout=layout), LeaveRules(), stage.ports(), CallProgress.begun(0), greets=False)
    assert (visit._guest.speaker_view, visit._guest.gallery_view) == views


def test_a_bot_that_comes_back_is_still_paused() -> None:
    stage = Stage(HERE, people=((0, 2),))
    play(stage, until=20, paused=True)
    happened = [what for _, what in stage.told]
    assert happened.index("pause") < happened.index("record")


def test_what_cannot_be_done_is_said() -> None:
    stage = Stage(((0, Place.WAITING), (20, Place.IN_CALL)), people=((0, 2),), chat=False)
    answers = play(
        stage,
        (1, CommandOrder("early", "screenshot", left_s=5)),
        (2, CommandOrder("patient", "screenshot", left_s=50)),
        (3, CommandOrder("late", "screenshot", left_s=0)),
        (30, CommandOrder("mute", "chat", "Hello")),
        (40, CommandOrder("odd", "dance")),
    )
    assert answers["early"] == CommandAnswer("early", done=False, message=NOT_IN_CALL)
    assert answers["late"].message == LATE
    assert answers["patient"].done
    assert answers["mute"].message == "The meeting shows the bot no chat, or does not let it write there."
    assert "dance" in (answers["odd"].message or "")


def test_answers_stay_until_home_has_them() -> None:
    async def whole() -> None:
        async def do(order: CommandOrder, _until_s: float) -> None:
            if order.kind == "pause":
                raise RuntimeError("a fault")
            if order.kind == "resume":
                raise CommandFailedError("No.")

        commands = Commands(LoopClock(), do)
        commands.take([CommandOrder("a", "chat", "x"), CommandOrder("b", "pause"), CommandOrder("c", "resume")])
        await asyncio.sleep(1)
        answers = commands.answers()
        expected = {"a": (True, None), "b": (False, BROKEN), "c": (False, "No.")}
        assert {each.id: (each.done, each.message) for each in answers} == expected
        assert commands.answers() == answers
        commands.delivered(answers)
        assert commands.answers() == ()
        await commands.close()

    run_virtually(whole())

"""Many bots side by side in virtual time: those whose calls hang are ended, and no other one is."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from minutebook.bots.platforms.ports import Place
from minutebook.bots.runner.call import Call
from minutebook.bots.runner.ports import CallPorts
from minutebook.bots.runner.rules.exits import Cause, Exit
from support.fake_call import FakeCapture, Scene, Stage, orders
from support.virtual_time import LoopClock, run_virtually

SPEECH_EVERY_S = 30
HANG_S = 60.0
HANGS: Sequence[Scene] = (None, Place.JOINING, Place.UNREACHABLE)
RULES = {"waiting_room_s": 600, "noone_joined_s": 600, "silence_s": 600, "alone_s": 60, "longest_s": 4 * 3600}


class BusyClock(LoopClock):
    """The clock of a machine that has much to do: each wait takes `at_least_s`, less than after which a call counts as
    lost."""

    def __init__(self, at_least_s: float) -> None:
        self._at_least_s = at_least_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, self._at_least_s))


class Lively(FakeCapture):
    """Somebody speaks twice a minute."""

    @property
    def last_sound_ms(self) -> int | None:
        now = LoopClock().now().timestamp()
        return round(1000 * (now - now % SPEECH_EVERY_S))


class Moving(Stage):
    """A stage whose script begins when its call does."""

    began = 0.0

    def now(self) -> float:
        return round(asyncio.get_running_loop().time() - self.began, 2)

    def ports(self) -> CallPorts:
        return replace(super().ports(), capture=lambda _: Lively(self))


def stage(scenes: Sequence[tuple[float, Scene]], slowness_s: float) -> Moving:
    made = Moving(scenes, people=((0, 2),), clock=BusyClock(slowness_s))
    made.began = asyncio.get_running_loop().time()
    return made


async def healthy(until_s: float, longest_s: int, slowness_s: float) -> list[Exit]:
    """One call after the other, of the longest length, until the time is up."""
    ends = []
    while asyncio.get_running_loop().time() < until_s:
        played = stage(((0, Place.JOINING), (4, Place.IN_CALL)), slowness_s)
        ends.append(await Call(orders(leave={**RULES, "longest_s": longest_s}), played.ports()).run())
    return ends


async def hanging(until_s: float, hang: Scene, slowness_s: float) -> list[float]:
    """Calls that hang a minute after they began; how long each hung."""
    hung = []
    while asyncio.get_running_loop().time() < until_s:
        played = stage(((0, Place.JOINING), (4, Place.IN_CALL), (HANG_S, hang)), slowness_s)
        await Call(orders(leave=RULES), played.ports()).run()
        hung.append(played.now() - HANG_S)
    return hung


def play(
    hours: float, well: int, ill: int, longest_s: int = 4 * 3600, slowness_s: float = 0.0
) -> tuple[list[list[Exit]], list[list[float]]]:
    """`slowness_s` is how long each wait of a healthy bot takes at least; half of that for one that hangs."""

    async def whole() -> tuple[Any, Any]:
        calls = asyncio.gather(*(healthy(hours * 3600, longest_s, slowness_s) for _ in range(well)))
        hangs = asyncio.gather(
            *(hanging(hours * 3600, HANGS[number % len(HANGS)], slowness_s / 2) for number in range(ill))
        )
        return await calls, await hangs

    return run_virtually(whole())


def judge(found: tuple[list[list[Exit]], list[list[float]]]) -> None:
    calls, hangs = found
    assert {way_out.cause for ends in calls for way_out in ends} == {Cause.LONGEST}, "no healthy one is ended"
    assert max(hung for each in hangs for hung in each) < 180, "every hanging one is ended soon"


def test_healthy_and_hanging_bots_side_by_side() -> None:
    judge(play(0.15, 2, len(HANGS), longest_s=300))


@pytest.mark.parametrize(
    ("hours", "healthy"), [(5, 8), pytest.param(12, 50, marks=pytest.mark.soak)], ids=["short", "whole"]
)
def test_hours_of_healthy_and_ten_hanging_bots_on_a_busy_machine(hours: float, healthy: int) -> None:
    calls, hangs = found = play(hours, healthy, 10, slowness_s=9.0)
    judge(found)
    assert (len(calls), len(hangs)) == (healthy, 10)
    assert min(len(ends) for ends in calls) >= hours // 4, "of four hours each"


@pytest.mark.soak
def test_twelve_hours_of_fifty_healthy_and_ten_hanging_bots() -> None:
    judge(play(12, 50, 10))

"""A runner and its orders, in virtual time: what it does while home makes them, and what it gets to join anew with."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from minutebook.bots.protocol import Beat, CommandAnswer, Orders, RunnerReport, Ticket
from minutebook.bots.runner.access import Access
from minutebook.bots.runner.delivery.home import Home, HomeAwayError
from minutebook.bots.runner.main import DONE, Runner
from minutebook.config import Settings
from support.fake_call import orders
from support.virtual_time import LoopClock, run_virtually

SLOW_S = 60.0
LONGEST_SILENCE_S = 5.0


class SlowHome(Home):
    """A home that asks addresses for tokens before it gives orders."""

    def __init__(self, told: Orders) -> None:
        self.told = told
        self.beats: list[float] = []

    async def orders(self) -> Orders:
        await asyncio.sleep(SLOW_S)
        return self.told

    async def heartbeat(self, state: str, sent: int, answers: Sequence[CommandAnswer] = ()) -> Beat:
        self.beats.append(asyncio.get_running_loop().time())
        return Beat(stop=False)

    async def report(self, reports: Sequence[RunnerReport]) -> int:
        return reports[-1].seq + 1


def test_a_runner_is_heard_while_home_makes_its_orders(tmp_path: Path) -> None:
    async def main() -> list[float]:
        home = SlowHome(orders(stop=True))
        ticket = Ticket("http://home.test", "b", 1, "secret", str(tmp_path))
        assert await Runner(ticket, home, Settings(), LoopClock()).run() == DONE
        return home.beats

    beats = run_virtually(main())
    assert beats[0] < LONGEST_SILENCE_S
    assert max(after - before for before, after in pairwise(beats)) < LONGEST_SILENCE_S
    assert beats[-1] > SLOW_S - LONGEST_SILENCE_S


async def test_each_time_it_joins_it_has_a_token_of_its_own() -> None:
    tokens = iter(["second", "", "away", "third"])

    async def ask() -> Orders:
        token = next(tokens)
        if token == "away":
            raise HomeAwayError("away")
        return replace(first, zoom={"obf_token": token} if token else {"problem": "Zoom is away."})

    first = orders(zoom={"obf_token": "first"})
    access = Access(first, ask)
    said = [(await access())["obf_token"] for _ in range(5)]
    assert said == ["first", "second", "second", "second", "third"]


def test_a_home_that_takes_its_time_does_not_keep_a_bot_out_of_its_call() -> None:
    async def ask() -> Orders:
        await asyncio.sleep(SLOW_S)
        raise AssertionError("waited for")

    async def main() -> float:
        access = Access(orders(zoom={"obf_token": "first"}), ask)
        assert await access() == await access()
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) < 10


async def test_without_tokens_nobody_is_asked() -> None:
    async def ask() -> Orders:
        raise AssertionError("asked")

    access = Access(orders(), ask)
    assert [await access(), await access()] == [{}, {}]

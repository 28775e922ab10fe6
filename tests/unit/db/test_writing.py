"""Turns to write: who gives up while waiting, or is given the turn while giving up, holds up nobody."""

import asyncio
import random

import pytest

from minutebook.db.writing import Writing, writes_for


@pytest.mark.parametrize("seed", range(20))
async def test_whoever_gives_up_the_turn_goes_on(seed: int) -> None:
    chance, writing, served, together = random.Random(seed), Writing(), 0, 0

    async def write(caller: str) -> None:
        nonlocal served, together
        writes_for("user", caller)
        async with writing.turn():
            together += 1
            assert together == 1
            try:
                await asyncio.sleep(0)
                served += 1
            finally:
                together -= 1

    tasks = [asyncio.create_task(write(chance.choice("abc"))) for _ in range(40)]
    for _ in range(25):
        chance.choice(tasks).cancel()
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, return_exceptions=True)
        await write("last")
    assert served == 1 + sum(not task.cancelled() for task in tasks)
    assert writing.waiting == 0


async def test_an_error_hands_the_turn_on() -> None:
    writing = Writing()

    async def fail() -> None:
        async with writing.turn():
            await asyncio.sleep(0)
            raise LookupError

    results = await asyncio.gather(*(fail() for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in results] == [LookupError] * 5
    async with asyncio.timeout(10), writing.turn():
        pass

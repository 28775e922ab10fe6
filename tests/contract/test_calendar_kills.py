"""Workers that are killed while they read a calendar, and two that read it at once: it comes to the truth, and each
change is told once."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minutebook.calendars.model import ProviderName, Rule
from minutebook.db.database import Database
from support.calendars.mortal import edited, rejoined
from support.calendars.rig import busy_truth, rig_over

TESTS = Path(__file__).parents[1]
APART_S = 300.0
POINTS = (61,)
EVERY_POINT = tuple(range(1, 120, 6))


def killed(url: str, folder: Path, dies_at: int, after_s: float) -> int | None:
    """Read the calendar in another process; how many statements it made, None when it was killed."""
    command = [sys.executable, "-m", "support.calendars.mortal", url, str(folder), str(dies_at), str(after_s)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, timeout=120, check=False
    )
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr.decode()
    return int(done.stdout.split()[-1])


@pytest.mark.parametrize(
    "points", [pytest.param(POINTS, id="one"), pytest.param(EVERY_POINT, id="20", marks=pytest.mark.soak)]
)
async def test_a_killed_reading_is_made_up_for_and_told_once(
    database_url: str, tmp_path: Path, points: tuple[int, ...]
) -> None:
    database = Database(database_url)
    calendar = await (await rig_over(database, tmp_path)).connected(ProviderName.GOOGLE, busy_truth(), rule=Rule())
    deaths = 0
    for place, dies_at in enumerate(points, start=1):
        # What the one before had claimed is free again by then: each of them begins to read.
        deaths += killed(database_url, tmp_path, dies_at, place * APART_S) is None
    assert deaths > len(points) // 2, "a sync that has less statements than that is not killed"
    rig = await rejoined(database, tmp_path, edited())
    rig.truths[calendar.id] = edited()
    await rig.later((len(points) + 3) * APART_S)
    await rig.check_shows_truth(calendar.id)
    told = await rig.told()
    assert len(told) == 2
    stored = {event.id for event in await rig.events(calendar.id, deleted=True)}
    assert len(told[1]["affected"]) == len(set(told[1]["affected"]))
    assert set(told[1]["affected"]) <= stored
    starts = [(bot.wish["meeting_url"], bot.start_at) for bot in await rig.bots()]
    assert len(starts) == len(set(starts))
    await database.close()


async def test_two_workers_read_a_calendar_once(database: Database, database_url: str, tmp_path: Path) -> None:
    truth = busy_truth()
    rig = await rig_over(database, tmp_path)
    calendar = await rig.connected(ProviderName.GOOGLE, truth, rule=Rule())
    other = Database(database_url)
    second = await rejoined(other, tmp_path, truth)
    second.google.accounts, second.google.tokens = rig.google.accounts, rig.google.tokens
    for number in range(4):
        truth.change_series("daily", title=f"Stand-up {number}")
        truth.remove(f"single{number}")
        rig.clock.advance(61)
        second.clock.advance(61)
        read = await asyncio.gather(
            rig.calendars.sync_due(),
            second.calendars.sync_due(),
            rig.calendars.sync(rig.owner.id, calendar.id),
            second.calendars.sync(rig.owner.id, calendar.id),
        )
        assert read[0] + read[1] <= 1
        await rig.check_shows_truth(calendar.id)
    told = await rig.told()
    assert len(told) == 5, "one webhook a change, whoever read it"
    starts = [(bot.wish["meeting_url"], bot.start_at) for bot in await rig.bots()]
    assert len(starts) == len(set(starts))
    await other.close()

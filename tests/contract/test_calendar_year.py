"""Weeks of meetings, as people make, move and cancel them, on both databases: no bot missed, none doubled, each there
within two seconds. `CALENDAR_DAYS=365 CALENDAR_SERIES=100` is the whole year. With `CALENDAR_FROM=180` the calendars
are connected on that day of the same year: a short way to what was found late."""

import os
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import select, update

from minutebook.bots.repository.bots import bots as bots_table
from minutebook.bots.states import BotState
from minutebook.calendars.model import ProviderName, Rule
from minutebook.calendars.rooms import room_of
from minutebook.db.database import Database
from support.calendars.edits import LINKS, ZONES, Editor
from support.calendars.rig import START, Rig, rig_over
from support.calendars.world import Series, Truth

DAYS = int(os.environ.get("CALENDAR_DAYS", "4"))
FROM = int(os.environ.get("CALENDAR_FROM", "0"))
SERIES = int(os.environ.get("CALENDAR_SERIES", "8"))
STEP = timedelta(hours=6)
PROVIDERS = (ProviderName.GOOGLE, ProviderName.MICROSOFT, ProviderName.ICS)
WITHIN = timedelta(seconds=2)
RESTART_EVERY = 17

Places = Counter[tuple[str, datetime]]


async def sent(rig: Rig) -> Places:
    """The bots whose time has come, by room and time; their calls end at once."""
    due = (bots_table.c.state == BotState.QUEUED.value, bots_table.c.start_at <= rig.clock.now())
    async with rig.db.transaction() as tx:
        rows = list(await tx.execute(select(bots_table.c.wish, bots_table.c.start_at).where(*due)))
        await tx.execute(update(bots_table).where(*due).values(state=BotState.FAILED.value))
    return Counter((room_of(row.wish["meeting_url"], ()) or "", row.start_at) for row in rows)


def expected(truths: list[Truth], since: datetime, until: datetime) -> Places:
    """Where bots have to be: one per room and time, whichever calendars the meetings are in."""
    return Counter(
        {
            (room, each.start): 1
            for truth in truths
            for each in truth.instances(since, until + WITHIN).values()
            if since < each.start <= until and not each.declined and (room := room_of(each.url, ())) is not None
        }
    )


def standing(truths: list[Truth], chance: Random) -> None:
    """Series in four zones; some meet in one room, some stand in two calendars."""
    for number in range(SERIES):
        link, zone = chance.choice(LINKS[:4]), chance.choice(ZONES)
        at = time(chance.randrange(24), chance.choice((0, 15, 30)))
        first = date(2026, 2, 1) + timedelta(days=chance.randrange(14))
        series = Series(f"s{number}", f"s{number}", link, first, at, zone, chance.choice((1, 7, 14)))
        for truth in chance.sample(truths, chance.choice((1, 1, 2))):
            truth.put_series(series)


def edited(editors: list[Editor], chance: Random, began: datetime) -> None:
    """Six hours of people's edits."""
    for editor in editors:
        for _ in range(chance.randrange(3)):
            editor.edit(began, began + 2 * STEP)
        editor.tidy(began)


async def read_from(rig: Rig, truths: list[Truth]) -> None:
    """Connect the calendars; what runs already has its bots at once."""
    rig.clock.advance(FROM * 4 * STEP.total_seconds())
    for provider, truth in zip(PROVIDERS, truths, strict=True):
        await rig.connected(provider, truth, rule=Rule())
    await sent(rig)


async def test_every_meeting_has_its_bot_and_no_second_one(database: Database, tmp_path: Path) -> None:
    rig, chance = await rig_over(database, tmp_path), Random(11)
    rig.google.page = rig.graph.page = 200
    truths = [Truth() for _ in PROVIDERS]
    standing(truths, chance)
    editors = [Editor(truth, chance, f"c{place}", SERIES) for place, truth in enumerate(truths)]
    there = 0
    for step in range(DAYS * 4):
        began = START + step * STEP
        if step == FROM * 4:
            await read_from(rig, truths)
        edited(editors, chance, began)
        if step < FROM * 4:
            continue
        if step % RESTART_EVERY == 0:
            rig.restart()
        await rig.later(STEP.total_seconds())
        await rig.calendars.audit()
        wanted, found = expected(truths, began, rig.clock.now()), await sent(rig)
        late = {place: count for place, count in found.items() if place not in wanted}
        for room, at in list(late):
            near = next((each for each in wanted if each[0] == room and abs(each[1] - at) <= WITHIN), None)
            if near is not None:
                found[near] += found.pop((room, at))
        missed, more = wanted - found, found - wanted
        assert not missed, f"step {step}: missed {missed}"
        assert not more, f"step {step}: too many {more}"
        there += sum(found.values())
        if step % 40 == 39:
            print(f"{(step + 1) // 4} days: {there} bots", flush=True)
    assert there > DAYS - FROM
    assert rig.clock.now() == START + DAYS * 4 * STEP
    print(f"{there} bots in {DAYS - FROM} days, {len(truths)} calendars, {SERIES} series")

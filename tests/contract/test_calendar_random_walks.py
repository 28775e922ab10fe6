"""Random edits, faults and pauses: after quiet the store equals what the provider shows, on both databases.

`CALENDAR_WALKS=1000` makes the full count; a walk that fails names its seed.
"""

import os
from pathlib import Path
from random import Random

import pytest

from minutebook.calendars.model import ProviderName
from minutebook.db.database import Database
from support.calendars.edits import Editor
from support.calendars.google import error as google_error
from support.calendars.provider import FakeProvider, Fault, answer, failing, too_slow, unreachable
from support.calendars.rig import Rig, rig_over
from support.calendars.world import Truth

WALKS = int(os.environ.get("CALENDAR_WALKS", "3"))
STEPS = 10
PROVIDERS = (ProviderName.GOOGLE, ProviderName.MICROSOFT, ProviderName.ICS)
SEEDS: tuple[int, ...] = ()
"""Seeds that found something once; they are walked every time."""

FAULTS: tuple[Fault, ...] = (
    *(failing(500), failing(503, None, retry_after="30"), failing(429, None, retry_after="90")),
    *(unreachable, too_slow, failing(401, {"error": {"code": "InvalidAuthenticationToken"}})),
    lambda _request: answer(200, ["no object"]),
    lambda _request: google_error(403, "userRateLimitExceeded", "User Rate Limit Exceeded"),
)


async def walk(rig: Rig, seed: int) -> None:
    """One calendar through ten steps of edits, faults, forgotten cursors and pauses."""
    chance = Random(seed)
    provider = PROVIDERS[seed % len(PROVIDERS)]
    fake: FakeProvider = {ProviderName.GOOGLE: rig.google, ProviderName.MICROSOFT: rig.graph}.get(
        provider, rig.published
    )
    truth = Truth()
    editor = Editor(truth, chance, f"w{seed}x")
    for _ in range(6):
        editor.edit(rig.clock.now(), rig.clock.now())
    calendar = await rig.connected(provider, truth, email=f"walker{seed}@example.com")
    for _ in range(STEPS):
        for _ in range(chance.randrange(4)):
            editor.edit(rig.clock.now(), rig.clock.now())
        if chance.random() < 0.4:
            fake.faults.extend(chance.choices(FAULTS, k=chance.randrange(1, 4)))
        if chance.random() < 0.1:
            rig.google.tokens.clear()
            rig.graph.links.clear()
        if chance.random() < 0.1:
            for account in fake.accounts:
                account.access.clear()
        await rig.later(chance.choice((1, 70, 400, 4000, 90_000)))
    fake.faults.clear()
    await rig.quiet()
    await rig.check_shows_truth(calendar.id)
    await rig.calendars.connecting.remove(rig.owner.id, calendar.id)


async def test_after_quiet_the_store_is_as_the_provider(database: Database, tmp_path: Path) -> None:
    rig = await rig_over(database, tmp_path)
    rig.google.page = rig.graph.page = 20
    for seed in (*SEEDS, *range(WALKS)):
        try:
            await walk(rig, seed)
        except AssertionError:
            pytest.fail(f"seed {seed} does not come to the truth")

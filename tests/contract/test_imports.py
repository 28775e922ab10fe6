"""Imports on both databases: two at once are one meeting, and what nobody needs is gone."""

import asyncio
from datetime import timedelta
from pathlib import Path

from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.kit.clock import VirtualClock
from minutebook.zoom.model import App
from support.zoom import CLIENT, REDIRECT, FakeZoom, services_with
from support.zoom_recordings import RECORDING_SCOPES, ZoomMeeting

M4A = b"\0\0\0\x1cftypM4A " + bytes(4000)
PEOPLE = [{"name": "Grace", "user_email": "grace@example.com"}]


async def test_two_at_once_are_one_meeting(database: Database, tmp_path: Path) -> None:
    clock = VirtualClock()
    zoom = FakeZoom(clock.now)
    account = zoom.account(scopes=RECORDING_SCOPES)
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key="of this test")
    services = services_with(zoom, settings, database, clock)
    async with database.transaction() as tx:
        owner = await services.accounts.local_user(tx)
    await services.zoom.connect(owner.id, App(*CLIENT), zoom.code(account), REDIRECT)
    start = clock.now() - timedelta(hours=1)
    account.held.append(ZoomMeeting(81234567890, "u1", start, people=PEOPLE, data=M4A))
    platform, wanted = services.imports.wanted("https://zoom.us/j/81234567890", clock.now())
    (found,) = (await services.imports.look(owner.id, platform, wanted)).found.recordings
    brought = await asyncio.gather(*(services.imports.bring(owner.id, platform, wanted, found.key) for _ in range(3)))
    assert len({each.imported.meeting_id for each in brought}) == 1
    assert sorted(each.already for each in brought) == [False, True, True]
    assert len(list(tmp_path.rglob("original.*"))) == 1
    listed = await services.imports.look(owner.id, platform, wanted)
    assert listed.imported[found.key].started_at == start
    async with database.transaction() as tx:
        await services.meetings.delete(tx, owner.id, brought[0].imported.meeting_id)
    assert (await services.imports.look(owner.id, platform, wanted)).imported == {}

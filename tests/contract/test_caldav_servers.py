"""CalDAV against real servers, Radicale and Xandikos: found, read and followed with their own sync tokens."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from minutebook.calendars.model import CalendarState, ProviderName
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.jobs.requests import DurableJobs
from minutebook.storage import storage_of
from minutebook.wiring import build_services
from support.calendars.caldav import PASSWORD, USER, caldav_server
from support.calendars.rig import START, Rig, busy_truth, meeting, rig_over, weekly
from support.calendars.world import Change

SERVERS = ("radicale", "xandikos")


async def reached(database: Database, folder: Path) -> Rig:
    """A rig that reaches real servers on loopback."""
    rig = await rig_over(database, folder, outgoing={"allow": ["127.0.0.1"]})
    rig.services = build_services(rig.settings, database, storage_of(rig.settings), DurableJobs(), rig.clock)
    return rig


def secrets(url: str, **members: str) -> dict[str, Any]:
    return {"url": url, "username": USER, "password": PASSWORD, **members}


@pytest.mark.parametrize("name", SERVERS)
async def test_a_calendar_is_found_read_and_followed(database: Database, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    truth = busy_truth()
    with caldav_server(name, folder) as server:
        server.follow(truth)
        rig = await reached(database, tmp_path)
        found = await rig.calendars.connecting.raw(rig.owner.id, ProviderName.CALDAV, secrets(server.base))
        assert server.calendar in {each.id for each in found}
        calendar = await rig.calendars.connecting.connect(
            rig.owner.id, ProviderName.CALDAV, secrets(server.base), raw_calendar_id=server.calendar
        )
        by_address = await rig.calendars.connecting.raw(rig.owner.id, ProviderName.CALDAV, secrets(server.calendar))
        assert [each.id for each in by_address] == [server.calendar]
        assert calendar.state is CalendarState.CONNECTED
        assert calendar.cursor is not None
        rig.truths[calendar.id] = truth
        await rig.check_shows_truth(calendar.id)
        occurrence = next(iter(weekly().instances(START, START + timedelta(days=14)))).original
        assert occurrence is not None
        truth.put(meeting("new", 5))
        truth.change("single1", start=START + timedelta(hours=30))
        truth.remove("single3")
        truth.change_occurrence("weekly", occurrence, Change(start=occurrence + timedelta(hours=5)))
        truth.change_series("daily", title="Stand-up")
        server.follow(truth)
        told = len(await rig.told())
        await rig.later()
        await rig.check_shows_truth(calendar.id)
        assert len(await rig.told()) == told + 1
        truth.remove("daily")
        server.follow(truth)
        await rig.later()
        await rig.check_shows_truth(calendar.id)
        await rig.later()
        assert len(await rig.told()) == told + 2, "nothing changed, nothing is told"
        await rig.later(24 * 3600)
        await rig.check_shows_truth(calendar.id)


async def test_a_wrong_password_is_told(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    with caldav_server("radicale", folder) as server:
        rig = await reached(database, tmp_path)
        with pytest.raises(MinutebookError) as refused:
            await rig.calendars.connecting.connect(
                rig.owner.id, ProviderName.CALDAV, secrets(server.calendar, password="wrong")
            )
        assert refused.value.code == "grant_revoked"

"""Retention over SQLite and Postgres: what is old goes with a receipt, what is held or young stays."""

import hashlib
import json
from pathlib import Path

import pytest

from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.preferences import repository as preferences
from minutebook.preferences.model import Preferences, checked_days, checked_vocabulary
from minutebook.wiring import Services
from support.searching import meeting, recorded, search, services_over

SAID = [("speaker_1", "Budgets are planned until Thursday.")]
DAY_S = 86_400


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Services:
    return services_over(database, tmp_path)


async def user(services: Services) -> str:
    async with services.db.transaction() as tx:
        address = f"{new_id()}@example.com"
        return (await services.accounts.create_user(tx, address, "a password that lasts", "Ada")).id


async def wish(services: Services, owner_id: str, **wished: int) -> None:
    async with services.db.transaction() as tx:
        await preferences.save(tx, owner_id, Preferences(**wished))  # type: ignore[arg-type]


def pass_days(services: Services, days: int) -> None:
    assert isinstance(services.clock, VirtualClock)
    services.clock.advance(days * DAY_S)


async def test_sound_goes_first_and_the_meeting_later(services: Services) -> None:
    ada, grace = await user(services), await user(services)
    old = await meeting(services, ada, "Old")
    recording_id = await recorded(services, old, SAID, owner_id=ada)
    hers = await meeting(services, grace, "Hers")
    await recorded(services, hers, SAID, owner_id=grace)
    held = await meeting(services, ada, "Held")
    held_recording = await recorded(services, held, SAID, owner_id=ada)
    async with services.db.transaction() as tx:
        await services.meetings.hold(tx, ada, held, held=True)
    await wish(services, ada, sound_days=7, meeting_days=30)

    assert await services.retention.sweep() == 0
    pass_days(services, 8)
    young = await meeting(services, ada, "Young")
    async with services.db.reading() as read:
        assert await services.retention.due(read, ada, await preferences.load(read, ada)) == (1, 0)
        assert await services.retention.due(read, ada, Preferences(meeting_days=7)) == (0, 1)
        assert await services.retention.due(read, ada, Preferences()) == (0, 0)
    assert await services.retention.sweep() == 1
    assert await services.retention.sweep() == 0
    async with services.db.reading() as read:
        assert (await services.recordings.get(read, ada, recording_id)).sound_removed_at == services.clock.now()
        assert (await services.recordings.get(read, ada, held_recording)).sound_removed_at is None
        (receipt,) = await services.retention.receipts(read, ada)
        assert await services.retention.receipts(read, grace) == []
    assert [each["recording_id"] for each in receipt["sounds"]] == [recording_id]
    rest = {name: value for name, value in receipt.items() if name != "sha256"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert receipt["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert {m.meeting_id for m in (await search(services, "budget", owner_id=ada)).meetings} == {old, held}

    pass_days(services, 23)
    assert await services.retention.sweep() == 1
    assert {m.meeting_id for m in (await search(services, "budget", owner_id=ada)).meetings} == {held}
    async with services.db.reading() as read:
        assert (await services.meetings.get(read, ada, young)).title == "Young"
        assert (await services.meetings.get(read, grace, hers)).title == "Hers"
        receipts = await services.retention.receipts(read, ada)
        assert [[each["meeting_id"] for each in one["meetings"]] for one in receipts] == [[old], []]


async def test_what_is_held_is_deleted_by_nobody(services: Services) -> None:
    _owner, ada = await user(services), await user(services)
    held = await meeting(services, ada, "Held")
    async with services.db.transaction() as tx:
        await services.meetings.hold(tx, ada, held, held=True)
        await services.meetings.trash(tx, ada, [held])
        with pytest.raises(MinutebookError, match="held"):
            await services.meetings.delete(tx, ada, held)
        with pytest.raises(MinutebookError, match="no such session"):
            await services.meetings.hold(tx, new_id(), held, held=False)
    pass_days(services, 31)
    assert await services.library.purge() == 0
    with pytest.raises(MinutebookError, match="1 meeting of this user is held") as kept:
        await services.removal.remove_user(ada)
    assert kept.value.code == "meeting_held"
    async with services.db.transaction() as tx:
        await services.meetings.hold(tx, ada, held, held=False)
    assert await services.library.purge() == 1


def test_wishes_are_checked() -> None:
    assert checked_vocabulary(" Priya  Nair \n\nKubernetes\nPriya Nair") == ("Priya Nair", "Kubernetes")
    assert [checked_days(text, "d") for text in ("", " 30 ", "36500")] == [None, 30, 36_500]
    for wrong in ("0", "-1", "36501", "ten", "1.5", "³", "9" * 50):
        with pytest.raises(MinutebookError):
            checked_days(wrong, "d")
    with pytest.raises(MinutebookError):
        checked_vocabulary("\n".join(str(number) for number in range(201)))

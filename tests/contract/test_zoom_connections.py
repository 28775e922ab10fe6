"""Zoom connections on both databases: one refresh at a time, nothing lost by it, nothing told."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from minutebook.accounts.model import User
from minutebook.config import Settings
from minutebook.db.database import Database, metadata
from minutebook.errors import MinutebookError
from minutebook.grants import repository
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.sealing import Sealing
from minutebook.wiring import Services
from minutebook.zoom.model import App, ConnectionState, ZoomConnection
from minutebook.zoom.repository import connections
from support.calendars.provider import failing, unreachable
from support.zoom import CLIENT, REDIRECT, FakeZoom, ZoomAccount, services_with


class PatientClock(VirtualClock):
    """Stands still while somebody waits for somebody else, as far as rules are concerned."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


@dataclass
class Stage:
    db: Database
    clock: PatientClock
    settings: Settings
    zoom: FakeZoom
    services: Services
    owner: User

    def another(self, db: Database) -> Services:
        """As another process has it."""
        return services_with(self.zoom, self.settings, db, self.clock)

    async def connected(self, account: ZoomAccount) -> ZoomConnection:
        return await self.services.zoom.connect(self.owner.id, App(*CLIENT), self.zoom.code(account), REDIRECT)

    async def connection(self, connection_id: str) -> ZoomConnection:
        async with self.db.reading() as read:
            return await self.services.zoom.get(read, self.owner.id, connection_id)

    async def row(self, connection_id: str) -> Mapping[str, Any]:
        """What is kept of a connection."""
        async with self.db.reading() as read:
            return await repository.load(read, connections, connection_id) or {}

    async def token(self, account: ZoomAccount) -> str:
        return await self.services.zoom.on_behalf_token(self.owner.id, account.id)


@pytest.fixture
async def stage(database: Database, tmp_path: Path) -> Stage:
    clock = PatientClock()
    zoom = FakeZoom(clock.now)
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key="of this test")
    services = services_with(zoom, settings, database, clock)
    async with database.transaction() as tx:
        owner = await services.accounts.local_user(tx)
    return Stage(database, clock, settings, zoom, services, owner)


async def test_a_connection_and_the_same_user_again(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    assert (made.zoom_user_id, made.zoom_account_id, made.state) == ("zoom-user-1", "acct-1", ConnectionState.CONNECTED)
    stage.clock.advance(60)
    again = await stage.connected(account)
    assert (again.id, again.created_at) == (made.id, made.created_at)
    assert again.updated_at > made.updated_at
    assert (await stage.token(account)).startswith("obf-")
    first, second = await asyncio.gather(*(stage.connected(stage.zoom.account("zoom-user-2")) for _ in range(2)))
    assert first.id == second.id


async def test_eight_ask_in_two_processes_and_one_refreshes(stage: Stage, database_url: str) -> None:
    account = stage.zoom.account()
    await stage.connected(account)
    other_db = Database(database_url)
    other = stage.another(other_db)
    for _ in range(3):
        stage.clock.advance(3600)
        askers = [services.zoom for services in (stage.services, other) for _ in range(4)]
        tokens = await asyncio.gather(*(zoom.on_behalf_token(stage.owner.id, account.id) for zoom in askers))
        assert len(set(tokens)) == 8, "each gets a fresh one"
    await other_db.close()
    assert (stage.zoom.refreshes, stage.zoom.most_at_once) == (3, 1)


async def test_the_new_refresh_token_is_stored_before_the_access_token_is_used(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    stage.clock.advance(3600)
    stored: list[bool] = []

    async def look(authorization: str) -> None:
        assert authorization
        sealed = (await stage.row(made.id))["sealed_secrets"]
        stored.append(account.refresh_token in Sealing.open(stage.services.sealing, sealed))

    stage.zoom.before_api = look
    await stage.token(account)
    assert stored == [True]


async def test_whoever_goes_during_a_refresh_loses_nothing(stage: Stage) -> None:
    account = stage.zoom.account()
    await stage.connected(account)
    stage.clock.advance(3600)
    replaced, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        replaced.set()
        await go_on.wait()

    stage.zoom.pause = hold
    asking = asyncio.create_task(stage.token(account))
    await replaced.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    go_on.set()
    stage.zoom.pause = None
    assert (await stage.token(account)).startswith("obf-")
    assert stage.zoom.refreshes == 1


async def test_a_claim_that_nobody_gives_back_is_taken_over(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    stage.clock.advance(3600)
    now = stage.clock.now()
    async with stage.db.transaction() as tx:
        assert await repository.claim(tx, connections, made.id, "a dead process", now, now.replace(year=2027))
    waiting = asyncio.create_task(stage.token(account))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    stage.clock.advance(400 * 86400)
    assert (await waiting).startswith("obf-")


async def test_a_grant_that_was_taken_back(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    account.revoked = True
    with pytest.raises(MinutebookError) as refused:
        await stage.token(account)
    assert refused.value.code == "zoom_grant_refused"
    marked = await stage.connection(made.id)
    assert (marked.state, (await stage.row(made.id))["sealed_access"]) == (ConnectionState.DISCONNECTED, None)
    assert "Invalid Token!" in str(marked.error_message)
    asked = len(stage.zoom.requests)
    with pytest.raises(MinutebookError, match="Invalid Token!"):
        await stage.token(account)
    assert len(stage.zoom.requests) == asked, "Zoom is not asked again for nothing"
    again = await stage.connected(account)
    assert (again.id, again.state, again.error_message) == (made.id, ConnectionState.CONNECTED, None)
    assert (await stage.token(account)).startswith("obf-")


async def test_what_passes_disconnects_nobody(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    stage.clock.advance(3600)
    broken = (
        failing(502, None),
        failing(429, {"error": "x"}, retry_after="7"),
        unreachable,
        failing(404),
        failing(200, []),
    )
    for fault in broken:
        stage.zoom.faults.append(fault)
        with pytest.raises(MinutebookError) as later:
            await stage.token(account)
        assert (later.value.code, later.value.retryable) == ("zoom_unavailable", True)
    assert (await stage.connection(made.id)).state is ConnectionState.CONNECTED
    assert (await stage.token(account)).startswith("obf-")


async def test_a_token_that_zoom_dropped_early_is_renewed(stage: Stage) -> None:
    account = stage.zoom.account()
    await stage.connected(account)
    account.access.clear()
    assert (await stage.token(account)).startswith("obf-")
    assert stage.zoom.refreshes == 1


async def test_a_new_grant_during_a_refresh_stays(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    stage.clock.advance(3600)

    async def connect_anew() -> None:
        stage.zoom.pause = None
        await stage.connected(account)

    stage.zoom.pause = connect_anew
    assert (await stage.token(account)).startswith("obf-")
    kept = (await stage.row(made.id))["sealed_secrets"]
    assert account.refresh_token in stage.services.sealing.open(kept)


async def test_somebody_elses_connections_are_not_there(stage: Stage) -> None:
    account = stage.zoom.account()
    made = await stage.connected(account)
    other_id = new_id()
    async with stage.db.transaction() as tx:
        assert await stage.services.zoom.list(tx, other_id) == []
        with pytest.raises(MinutebookError):
            await stage.services.zoom.remove(tx, other_id, made.id)
    with pytest.raises(MinutebookError) as missing:
        await stage.services.zoom.on_behalf_token(other_id, account.id)
    assert missing.value.code == "zoom_not_connected"


async def test_no_secret_is_in_the_database_or_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account = stage.zoom.account()
    await stage.connected(account)
    stage.clock.advance(3600)
    await stage.token(account)
    account.revoked = True
    account.access.clear()
    with pytest.raises(MinutebookError) as refused:
        await stage.token(account)
    async with stage.db.reading() as read:
        rows = [str(tuple(row)) for table in metadata.sorted_tables for row in await read.execute(select(table))]
    told = "\n".join([*rows, caplog.text, refused.value.message])
    assert "zoom-user-1" in told
    for secret in {*stage.zoom.secrets, CLIENT[1]}:
        assert secret not in told

"""Refreshing, reuse, revoking: the life of a family of tokens."""

import asyncio

import httpx
import pytest
from sqlalchemy import select

from minutebook.accounts.model import User
from minutebook.kit.clock import VirtualClock
from minutebook.oauth.repository import codes, grants, tokens
from minutebook.wiring import Services

TOKEN = "/api/oauth/provider/token"
REVOKE = "/api/oauth/provider/revoke"


@pytest.fixture
async def pair(services: Services, user: User) -> dict[str, str]:
    async with services.db.transaction() as tx:
        issued = await services.oauth.issue_token(tx, user, "session media analysis user:read")
    return {"access_token": issued.access_token, "refresh_token": issued.refresh_token}


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(TOKEN, json={"grant_type": "refresh_token", "refresh_token": token})


async def me(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_refreshing_gives_a_new_pair(client: httpx.AsyncClient, pair: dict[str, str]) -> None:
    answer = await refresh(client, pair["refresh_token"])
    assert answer.status_code == 200
    new = answer.json()
    assert new["expires_in"] == 3600
    assert new["access_token"] != pair["access_token"]
    assert new["refresh_token"] != pair["refresh_token"]
    assert await me(client, new["access_token"]) == 200


async def test_an_access_token_refreshes_nothing(client: httpx.AsyncClient, pair: dict[str, str]) -> None:
    assert (await refresh(client, pair["access_token"])).json()["error"] == "invalid_grant"


async def test_lost_answer_repeat_within_ten_seconds_gives_the_same_pair(
    client: httpx.AsyncClient, pair: dict[str, str], clock: VirtualClock
) -> None:
    first = (await refresh(client, pair["refresh_token"])).json()
    clock.advance(10)
    again = await refresh(client, pair["refresh_token"])
    assert again.status_code == 200
    assert again.json() == first | {"expires_in": 3590}
    assert await me(client, again.json()["access_token"]) == 200
    assert (await refresh(client, again.json()["refresh_token"])).status_code == 200


async def test_reuse_after_the_grace_revokes_the_family(
    client: httpx.AsyncClient, pair: dict[str, str], clock: VirtualClock
) -> None:
    new = (await refresh(client, pair["refresh_token"])).json()
    clock.advance(10.001)
    reuse = await refresh(client, pair["refresh_token"])
    assert (reuse.status_code, reuse.json()["error"]) == (400, "invalid_grant")
    assert await me(client, new["access_token"]) == 401
    assert await me(client, pair["access_token"]) == 401
    assert (await refresh(client, new["refresh_token"])).json()["error"] == "invalid_grant"


async def test_repeat_after_the_answer_was_used_is_reuse(client: httpx.AsyncClient, pair: dict[str, str]) -> None:
    new = (await refresh(client, pair["refresh_token"])).json()
    newest = (await refresh(client, new["refresh_token"])).json()
    assert (await refresh(client, pair["refresh_token"])).status_code == 400
    assert await me(client, newest["access_token"]) == 401


async def test_refreshing_twice_at_once_gives_one_pair(client: httpx.AsyncClient, pair: dict[str, str]) -> None:
    answers = await asyncio.gather(*(refresh(client, pair["refresh_token"]) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_a_refresh_token_lives_thirty_days_from_its_own_issue(
    client: httpx.AsyncClient, pair: dict[str, str], clock: VirtualClock
) -> None:
    clock.advance(30 * 24 * 3600 - 1)
    new = (await refresh(client, pair["refresh_token"])).json()
    clock.advance(30 * 24 * 3600)
    assert (await refresh(client, new["refresh_token"])).json()["error"] == "invalid_grant"


async def test_revoking_a_refresh_token_ends_the_family(client: httpx.AsyncClient, pair: dict[str, str]) -> None:
    answer = await client.post(REVOKE, data={"token": pair["refresh_token"], "token_type_hint": "refresh_token"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert await me(client, pair["access_token"]) == 401
    assert (await refresh(client, pair["refresh_token"])).status_code == 400


async def test_revoking_an_access_token_ends_it_alone(client: httpx.AsyncClient, pair: dict[str, str]) -> None:
    assert (await client.post(REVOKE, json={"token": pair["access_token"]})).status_code == 200
    assert await me(client, pair["access_token"]) == 401
    assert (await refresh(client, pair["refresh_token"])).status_code == 200


async def test_revoking_what_is_unknown_is_no_error(client: httpx.AsyncClient) -> None:
    assert (await client.post(REVOKE, data={"token": "mbr_nothing"})).status_code == 200
    answer = await client.post(REVOKE, data={})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_no_secret_is_kept(client: httpx.AsyncClient, pair: dict[str, str], services: Services) -> None:
    new = (await refresh(client, pair["refresh_token"])).json()
    async with services.db.reading() as connection:
        rows = [
            str(row) for table in (tokens, grants, codes) for row in (await connection.execute(select(table))).all()
        ]
    for secret in (*pair.values(), new["access_token"], new["refresh_token"]):
        assert not any(secret in row for row in rows)


async def test_the_salt_goes_when_the_following_token_is_used(
    client: httpx.AsyncClient, pair: dict[str, str], services: Services
) -> None:
    new = (await refresh(client, pair["refresh_token"])).json()
    await refresh(client, new["refresh_token"])
    async with services.db.reading() as connection:
        salts = [
            row.salt for row in (await connection.execute(select(tokens).where(tokens.c.used_at.is_not(None)))).all()
        ]
    assert len(salts) == 2
    assert sum(salt is not None for salt in salts) == 1

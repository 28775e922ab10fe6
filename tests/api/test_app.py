"""What holds for every address."""

import httpx


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_me_is_the_tokens_user(client: httpx.AsyncClient, user_token, other_user_token) -> None:
    mine = await client.get("/api/users/me", headers=bearer(await user_token()))
    theirs = await client.get("/api/users/me", headers=bearer(await other_user_token()))
    assert mine.status_code == 200
    assert mine.json()["email"] == "ada@example.com"
    assert mine.json()["display_name"] == "Ada Lovelace"
    assert set(mine.json()) == {"id", "email", "display_name", "created_at"}
    assert theirs.json()["email"] == "grace@example.com"


async def test_without_a_good_token_401(client: httpx.AsyncClient, user_token, clock) -> None:
    token = await user_token()
    for headers in (
        {},
        bearer("mba_wrong"),
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer "},
        bearer(token[:-1]),
    ):
        answer = await client.get("/api/users/me", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["code"] in {"token_missing", "token_invalid"}
    clock.advance(3599)
    assert (await client.get("/api/users/me", headers=bearer(token))).status_code == 200
    clock.advance(1)
    answer = await client.get("/api/users/me", headers=bearer(token))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_expired")


async def test_without_the_scope_403(client: httpx.AsyncClient, user_token) -> None:
    answer = await client.get("/api/users/me", headers=bearer(await user_token("session media analysis")))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_not_granted")


async def test_unknown_address_and_method(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "route_not_found")
    answer = await client.delete("/api/users/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"

"""Single requests that once were answered with 500, or held everything up."""

import httpx
import pytest

from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs


@pytest.fixture
async def key(client: httpx.AsyncClient, user_token: IssueToken) -> dict[str, str]:
    made = await Paxs(client, await user_token("account")).call("POST", "/api/account/keys", json={})
    return {"x-meeting-baas-api-key": made.json()["secret"]}


@pytest.mark.parametrize("path", ["token", "revoke"])
async def test_half_a_character_as_a_key(client: httpx.AsyncClient, path: str) -> None:
    for body in (b'{"\\ud800": "x"}', b'{"grant_type": "\\ud800"}', b'{"\\ud800": "x", "\\ud800": "y"}'):
        headers = {"Content-Type": "application/json"}
        answer = await client.post(f"/api/oauth/provider/{path}", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", 99_999_999_999, "2150-01-01T00:00:00Z"])
async def test_a_bot_for_the_end_of_time(client: httpx.AsyncClient, key: dict[str, str], moment: object) -> None:
    body = {"meeting_url": "https://meet.google.com/abc-defg-hij", "bot_name": "B", "reserved": False}
    answer = await client.post("/bots", json=body | {"start_time": moment}, headers=key)
    assert answer.status_code == 400
    assert answer.json()["field"] == "start_time"


@pytest.mark.parametrize("path", ["/bots/all", "/bots/bots_with_metadata"])
async def test_dates_at_the_ends_of_the_calendar(client: httpx.AsyncClient, key: dict[str, str], path: str) -> None:
    for name in ("start_date", "end_date", "created_after", "created_before", "ended_after"):
        for value in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31"):
            assert (await client.get(path, params={name: value}, headers=key)).status_code in {200, 400}


@pytest.mark.parametrize("name", ["meeting_url_contains", "meeting_url", "bot_uuid"])
async def test_a_list_without_end(client: httpx.AsyncClient, key: dict[str, str], name: str) -> None:
    same = await client.get("/bots/all", params={name: "%," * 5000}, headers=key)
    different = await client.get("/bots/all", params={name: ",".join(map(str, range(5000)))}, headers=key)
    assert same.status_code == 200
    assert (different.status_code, different.json()["code"]) == (400, f"{name}_too_many")


async def test_errors_do_not_quote_at_length(client: httpx.AsyncClient, services: Services) -> None:
    answer = await client.post("/api/oauth/provider/token", json={"x" * 100_000: "é"})
    assert len(answer.content) < 5000

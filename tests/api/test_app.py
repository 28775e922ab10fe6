"""What holds for every address."""

import logging
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.types import Message, Receive, Scope, Send

from minutebook.accounts.model import User
from minutebook.api.app import create_app
from minutebook.config import Settings
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.storage.ports import Storage
from minutebook.wiring import Services
from support.browser import IssueToken


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_me_is_the_tokens_user(
    client: httpx.AsyncClient, user_token: IssueToken, other_user_token: IssueToken
) -> None:
    mine = await client.get("/api/users/me", headers=bearer(await user_token()))
    theirs = await client.get("/api/users/me", headers=bearer(await other_user_token()))
    assert mine.status_code == 200
    assert mine.json()["email"] == "ada@example.com"
    assert mine.json()["display_name"] == "Ada Lovelace"
    assert set(mine.json()) == {"id", "email", "display_name", "created_at"}
    assert theirs.json()["email"] == "grace@example.com"


async def test_without_a_good_token_401(client: httpx.AsyncClient, user_token: IssueToken, clock: VirtualClock) -> None:
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
    key = await client.get("/api/users/me", headers=bearer("mbk_key"))
    assert (key.status_code, key.json()["error"]["code"]) == (401, "token_invalid")
    assert "This is an API key" in key.json()["error"]["message"]
    clock.advance(3599)
    assert (await client.get("/api/users/me", headers=bearer(token))).status_code == 200
    clock.advance(1)
    answer = await client.get("/api/users/me", headers=bearer(token))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_expired")


async def test_without_the_scope_403(client: httpx.AsyncClient, user_token: IssueToken) -> None:
    answer = await client.get("/api/users/me", headers=bearer(await user_token("session media analysis")))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_not_granted")


async def test_unknown_address_and_method(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "route_not_found")
    answer = await client.delete("/api/users/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


@pytest.fixture
def echo(services: Services) -> FastAPI:
    """The application with two more addresses: one reads its body piece by piece, one breaks."""
    app = create_app(services)

    @app.post("/echo")
    async def read(request: Request) -> dict[str, int]:
        return {"bytes": sum([len(piece) async for piece in request.stream()])}

    @app.post("/thing/{number}")
    async def thing(number: int, body: Thing) -> Thing:
        return body

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret detail")

    return app


class Thing(BaseModel):
    displayName: str = Field(min_length=1)  # noqa: N815
    parts: list[int] = Field(default=[], max_length=2)


@pytest.fixture
async def echo_client(echo: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(echo), base_url="http://minutebook.example") as http:
        yield http


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"{", "body_not_json", None),
        (b"", "body_required", None),
        (b"[]", "body_required", None),
        (b"null", "body_required", None),
        (b"{}", "display_name_required", "displayName"),
        (b'{"displayName":""}', "display_name_required", "displayName"),
        (b'{"displayName":7}', "display_name_invalid", "displayName"),
        (b'{"displayName":"a","parts":[1,"x"]}', "parts_invalid", "parts[1]"),
        (b'{"displayName":"a","parts":[1,2,3]}', "parts_invalid", "parts"),
        (b'{"displayName":"\\ud800"}', "display_name_invalid", "displayName"),
        (b"[" * 100_000, "body_unreadable", None),
        (b'{"displayName":' + b"9" * 10_000 + b"}", "body_unreadable", None),
        (b"\xff", "body_unreadable", None),
    ],
)
async def test_bad_bodies_are_400_and_say_what_is_wrong(
    echo_client: httpx.AsyncClient, body: bytes, code: str, field: str | None
) -> None:
    answer = await echo_client.post("/thing/1", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"].endswith(".")


async def test_a_path_that_cannot_be_is_404(echo_client: httpx.AsyncClient) -> None:
    answer = await echo_client.post("/thing/x", json={"displayName": "a"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_what_nobody_foresaw_is_a_500_that_tells_nothing(
    echo_client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await echo_client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret detail" not in answer.text
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "secret detail" in caplog.text


async def test_bodies_are_limited_by_what_they_declare_and_by_what_they_bring(
    echo_client: httpx.AsyncClient, settings: Settings
) -> None:
    limit = settings.http.max_body_bytes

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * (limit // 4)

    assert (await echo_client.post("/echo", content=pieces(4))).json() == {"bytes": limit}
    for answer in (
        await echo_client.post("/echo", content=b"x" * (limit + 1)),
        await echo_client.post("/echo", content=pieces(5)),
        await echo_client.post("/thing/1", content=pieces(5), headers={"content-type": "application/json"}),
        await echo_client.post("/api/sessions", content=b"x" * (limit + 1)),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


async def test_too_large_a_token_request_has_an_oauth_body(client: httpx.AsyncClient, settings: Settings) -> None:
    answer = await client.post("/api/oauth/provider/token", content=b"x" * (settings.http.max_body_bytes + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


async def test_protective_headers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


async def test_https_is_kept(services: Services) -> None:
    services.settings.http.base_url = "https://minutebook.example/"
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as http:
        answer = await http.get("/.well-known/oauth-authorization-server")
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert answer.json()["issuer"] == "https://minutebook.example"


async def test_neither_queries_nor_tokens_are_logged(
    client: httpx.AsyncClient, user_token: IssueToken, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = await user_token()
    await client.get("/api/users/me", headers=bearer(token), params={"q": "very-private"})
    lines = [record for record in caplog.records if record.name == "minutebook.api"]
    assert [(vars(line)["method"], vars(line)["route"], vars(line)["status"]) for line in lines] == [
        ("GET", "/api/users/me", 200)
    ]
    own = " ".join(str(vars(line)) for line in lines)
    assert "very-private" not in own
    assert token not in own


async def test_health(client: httpx.AsyncClient, services: Services) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    checks = dict.fromkeys(("database", "jobs", "storage", "disk"), "ok")
    assert (await client.get("/readyz")).json() == {"status": "ok", "checks": checks}


async def test_not_ready_without_storage(services: Services) -> None:
    class Broken:
        async def look(self) -> None:
            raise MinutebookError(Kind.UNAVAILABLE, "storage_unwritable", "The disk is full: free some space.")

    transport = httpx.ASGITransport(create_app(replace(services, storage=cast(Storage, Broken()))))
    async with httpx.AsyncClient(transport=transport, base_url="http://minutebook.example") as http:
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    found = {"database": "ok", "jobs": "ok", "storage": "The disk is full: free some space.", "disk": "ok"}
    assert answer.json()["checks"] == found


async def test_metrics_count_by_route(client: httpx.AsyncClient) -> None:
    await client.get("/api/no/such/address")
    await client.request("MADEUP", "/healthz")
    await client.get("/healthz")
    text = (await client.get("/metrics")).text
    assert 'minutebook_http_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert 'method="GET",route="(no route)",status="404"' in text
    assert "MADEUP" not in text


async def test_openapi_names_every_scope(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    flow = document["components"]["securitySchemes"]["OAuth"]["flows"]["authorizationCode"]
    assert set(flow["scopes"]) == {"session", "media", "analysis", "user:read", "account"}
    assert document["paths"]["/api/users/me"]["get"]["security"] == [{"OAuth": ["user:read"]}]


async def test_openapi_reads_well(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operations = [operation for each in document["paths"].values() for operation in each.values()]
    names = [operation["operationId"] for operation in operations]
    assert {"sessions.create", "recordings.upload", "analysis.request", "note_templates.create"} <= set(names)
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", name) for name in names)
    assert len(names) == len(set(names))
    undescribed = [
        (operation["operationId"], parameter["name"])
        for operation in operations
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert undescribed == []
    assert document["info"]["description"]
    assert document["servers"]


async def test_bodies_have_the_members_that_are_described_and_no_others(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    open_ones = set()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if name := schema.get("$ref", "").rpartition("/")[2]:
                schema = document["components"]["schemas"][name]
            if schema and schema.get("additionalProperties") is not False:
                open_ones.add(path)
    # RFC 6749, section 3.2: what is not known of a request for tokens is ignored.
    assert open_ones == {"/api/oauth/provider/token", "/api/oauth/provider/revoke"}


async def test_the_contract_of_bots_comes_in_a_form_for_generators(client: httpx.AsyncClient) -> None:
    contract = (await client.get("/meetingbaas/openapi.json")).json()
    document = (await client.get("/meetingbaas/openapi.json?for=generators")).json()
    schemas = document["components"]["schemas"]
    assert contract["components"]["schemas"]["BotWithParams"]["properties"]["transcription_payloads"] is True
    assert not [name for name, each in schemas.items() if True in each.get("properties", {}).values()]
    assert schemas["Extra"] == {"type": "object", "additionalProperties": True}
    assert "default" not in schemas["JoinRequest"]["properties"]["extra"]
    assert all(operation["tags"] for each in document["paths"].values() for operation in each.values())
    assert {path: sorted(each) for path, each in document["paths"].items()} == {
        path: sorted(each) for path, each in contract["paths"].items()
    }
    assert (await client.get("/meetingbaas/openapi.json?for=people")).status_code == 400


async def test_the_description_comes_in_a_form_for_generators(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/openapi.json")).json()
    document = (await client.get("/openapi.json?for=generators")).json()
    assert [*whole["paths"]] == [*document["paths"]]
    bodies = {
        operation["operationId"]: [*operation["requestBody"]["content"]]
        for each in document["paths"].values()
        for operation in each.values()
        if "requestBody" in operation
    }
    assert {len(media_types) for media_types in bodies.values()} == {1}
    assert bodies["recordings.upload"] == ["multipart/form-data"]
    assert "image/png" in str(whole)
    assert "image/png" not in str(document)
    assert (await client.get("/openapi.json?for=people")).status_code == 400
    assert (await client.get("/openapi.json")).json() == whole


@pytest.mark.parametrize(
    ("path", "headers", "says"),
    [
        ("/api/sessions", {"Authorization": "mbat_0123456789"}, "word Bearer is missing"),
        ("/api/sessions", {"x-meeting-baas-api-key": "mb_0123456789"}, "API key opens /bots"),
        ("/api/sessions", {}, "Send an access token"),
        ("/bots/bots_with_metadata", {"Authorization": "Bearer 0123456789"}, "access tokens open the API below /api"),
    ],
)
async def test_what_is_sent_in_the_wrong_place_is_told(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], says: str
) -> None:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 401
    assert says in answer.text
    assert "0123456789" not in answer.text


async def test_openapi_promises_no_422(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    statuses = {
        status
        for operations in document["paths"].values()
        for operation in operations.values()
        for status in operation["responses"]
    }
    assert {"200", "400", "404"} <= statuses
    assert "422" not in statuses
    assert "ValidationError" not in str(document)


async def test_a_write_is_committed_before_its_answer_goes_out(services: Services, user: User) -> None:
    """Whoever has the answer can read what it says: the transaction ends before the first byte is sent."""
    seen = []
    app = create_app(services)

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                async with services.db.reading() as connection:
                    found = await connection.execute(text("SELECT count(*) FROM oauth_agent_requests"))
                    seen.append(found.scalar_one())
            await send(message)

        await app(scope, receive, noting)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(watching), base_url="http://x") as http:
        await http.get("/api/oauth/provider/poll", params={"state": secrets.token_hex(16)})
    assert seen == [1]

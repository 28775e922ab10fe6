"""Every operation of both documents with what no client would send: no 5xx, and no request that holds the event loop.

Time on the loop is the processor time of its thread, so that a crowded machine fails nothing."""

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import thread_time
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from minutebook.api.baas.document import contract
from minutebook.kit.collector import settle
from minutebook.wiring import Services
from support.browser import IssueToken
from support.records import Paxs, Worker

HELD_MOST_S, HELD_MOST_BUSY_S = 0.2, 1.5
"""A request on the loop. A machine with many others at work stretches processor time as well: the exact limit is for
runs by hand."""
ELSEWHERE: Final = ("/calendars", "/zoom_oauth_connections")
"""Operations that ask another service, which does not answer here: that is a 503."""

LONGEST_IN_HEAD, LONGEST_BODY = 60_000, 1_000_000
"""Longer heads are the server's to refuse (uvicorn: 64 KiB), longer bodies the limit's."""

SURROGATE, NUL, HUGE = "\ud800", "\0", 10**400
VALUES: Final[tuple[Any, ...]] = (
    *(SURROGATE, NUL, "", " ", "%", "%25," * 5000, "." * 20_000 + "x", "w" * 100_000, "\u202egnp.exe", "😀" * 5000),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "../../etc/passwd", "' OR 1=1 --", "1e400"),
    *(HUGE, -HUGE, 2**63, -1, 0, 1.5, True, None),
    *([], ["x"] * 10_000, [["x"]] * 10_000, {}, {"a": SURROGATE}, {SURROGATE: 1}),
)
FEW: Final = (SURROGATE, NUL, "%25," * 5000, "w" * 100_000, HUGE, -1, None, ["x"] * 10_000, {SURROGATE: 1})
"""What every run sends; all values are for by hand."""

DEEP: Final = b"[" * 100_000
RAW: Final = (b"", b"{", b"null", b"[]", b'"x"', DEEP, b'{"\\ud800": "x"}', b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}')


@pytest.fixture(autouse=True)
def _as_a_server_runs() -> None:
    """What pytest and its plugins have loaded is no part of a request."""
    settle()


@dataclass
class Tried:
    """What was sent, how it was answered, and what must not be."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    held_most_s: float = HELD_MOST_BUSY_S

    def note(self, what: str, status: int, held_s: float) -> None:
        self.statuses[status] += 1
        self.longest_s = max(self.longest_s, held_s)
        elsewhere = status == 503 and what.partition(" ")[2].startswith(ELSEWHERE)
        if (status >= 500 and not elsewhere) or held_s > self.held_most_s:
            self.wrong.append(f"{what}: {status}, {held_s * 1000:.0f} ms")

    def report(self) -> str:
        return (
            f"{self.statuses.total()} requests, {dict(sorted(self.statuses.items()))}, longest {self.longest_s:.3f} s"
        )


@dataclass
class Door:
    """One API: its document, its credentials, and ids that exist."""

    http: httpx.AsyncClient
    document: dict[str, Any]
    headers: dict[str, str]
    ids: dict[str, str]
    values: Sequence[Any] = FEW

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                if method in {"get", "post", "put", "patch", "delete"}:
                    yield method.upper(), path, operation

    def path_of(self, path: str) -> str:
        for name, value in self.ids.items():
            path = path.replace("{" + name + "}", value)
        return path

    def body_of(self, operation: dict[str, Any]) -> dict[str, Any] | None:
        """An object that has every property of the body's schema."""
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        return None if content is None else self._example(content["schema"])

    def _example(self, schema: dict[str, Any], depth: int = 0) -> Any:
        if depth > 6:
            return None
        if "$ref" in schema:
            return self._example(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth + 1)
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._example(schema[several][0], depth + 1)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                members = schema.get("properties", {})
                return {name: self._example(member, depth + 1) for name, member in members.items()}
            case "array":
                return [self._example(schema.get("items", {}), depth + 1)]
            case "integer" | "number":
                return 300
            case "boolean":
                return False
            case _:
                return self.ids.get("text", "https://meet.google.com/abc-defg-hij")

    async def send(self, tried: Tried, what: str, method: str, path: str, **kwargs: Any) -> None:
        headers = self.headers | kwargs.pop("headers", {})
        begun = thread_time()
        answer = await self.http.request(method, path, headers=headers, **kwargs)
        tried.note(f"{method} {what}", answer.status_code, thread_time() - begun)


def text_of(value: Any) -> str:
    """A value as it stands in an address."""
    if isinstance(value, str):
        return quote(value.encode("utf-8", "surrogatepass"), safe="")
    return quote(json.dumps(value)[:20_000], safe="")


def mutations(
    values: Sequence[Any], body: Any, put: Callable[[Any], Any] = lambda x: x, path: str = ""
) -> Iterator[tuple[str, Any]]:
    """The body with each of its members replaced by each hostile value, one at a time."""
    for value in values:
        yield f"{path}={str(value)[:20]!r}", put(value)
    members = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, inner in members:

        def put_inner(value: Any, key: Any = key) -> Any:
            changed = copy.copy(body)
            changed[key] = value
            return put(changed)

        yield from mutations(values, inner, put_inner, f"{path}.{key}")


async def fuzzed(door: Door) -> Tried:
    tried = Tried(held_most_s=HELD_MOST_S if door.values is VALUES else HELD_MOST_BUSY_S)
    for method, path, operation in door.operations():
        for parameter in operation.get("parameters", []):
            await _parameter(door, tried, method, path, parameter)
        if operation.get("requestBody"):
            await _body(door, tried, method, path, operation)
    return tried


async def _parameter(door: Door, tried: Tried, method: str, path: str, parameter: dict[str, Any]) -> None:
    here, where, name = door.path_of(path), parameter["in"], parameter["name"]
    for text in map(text_of, door.values):
        if len(text) > LONGEST_IN_HEAD:
            continue
        what = f"{path} {where} {name}={text[:20]}"
        if where == "query":
            await door.send(tried, what, method, f"{here}?{quote(name)}={text}")
        elif where == "path":
            await door.send(tried, what, method, path.replace("{" + name + "}", text))
        else:
            await door.send(tried, what, method, here, headers={name: text})


async def _body(door: Door, tried: Tried, method: str, path: str, operation: dict[str, Any]) -> None:
    here, kind = door.path_of(path), {"Content-Type": "application/json"}
    for raw in RAW:
        await door.send(tried, f"{path} {raw[:20]!r}", method, here, content=raw, headers=kind)
    for what, changed in mutations(door.values, door.body_of(operation) or {}):
        content = json.dumps(changed).encode()
        if len(content) < LONGEST_BODY:
            await door.send(tried, f"{path} {what}", method, here, content=content, headers=kind)


@pytest.fixture
async def paxs(client: httpx.AsyncClient, services: Services, user_token: IssueToken) -> Door:
    ada = Paxs(client, await user_token("session media analysis user:read account"))
    session = await ada.create_session()
    recording = await ada.upload(session["id"])
    await Worker(services).drain()
    document = (await client.get("/openapi.json")).json()
    ids = {"session_id": session["id"], "recording_id": recording["id"], "text": "transcription"}
    return Door(client, document, {"Authorization": f"Bearer {ada.token}"}, ids)


@pytest.fixture
async def baas(client: httpx.AsyncClient, services: Services, user_token: IssueToken) -> Door:
    ada = Paxs(client, await user_token("account"))
    key = (await ada.call("POST", "/api/account/keys", json={})).json()["secret"]
    headers = {"x-meeting-baas-api-key": key}
    body = {"meeting_url": "https://meet.google.com/abc-defg-hij", "bot_name": "B", "reserved": False}
    bot = (await client.post("/bots", json=body, headers=headers)).json()["bot_id"]
    return Door(client, contract(), headers, {"uuid": bot, "bot_id": bot})


async def check(name: str, door: Door) -> None:
    tried = await fuzzed(door)
    print(f"\n{name}: {tried.report()}")
    assert tried.statuses.total() > 400
    assert not tried.wrong, "\n".join(tried.wrong)


async def test_no_operation_of_paxs_fails_or_blocks(paxs: Door) -> None:
    await check("paxs", paxs)


async def test_no_operation_of_meeting_baas_fails_or_blocks(baas: Door) -> None:
    await check("baas", baas)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_no_operation_of_paxs_fails_or_blocks_whatever_comes(paxs: Door) -> None:
    await check("paxs, all values", replace(paxs, values=VALUES))


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_no_operation_of_meeting_baas_fails_or_blocks_whatever_comes(baas: Door) -> None:
    await check("baas, all values", replace(baas, values=VALUES))

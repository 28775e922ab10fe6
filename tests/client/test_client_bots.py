"""What the client and the command line tell bots in their calls, byte by byte, and what they make of the answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from minutebook.cli import telling
from minutebook.cli.app import app
from minutebook.client import AsyncPaxs, ChatLine, Command, MemoryTokens, Paxs, Tokens

DONE = {"id": "c 1", "kind": "chat", "state": "done", "text": None, "message": None}
CHAT = {"lines": [{"at_s": 1.5, "author": "Ada", "text": "Hello"}, {"at_s": 2.0, "author": "", "text": "Bye"}]}


class Bots:
    """A server that notes what it is told; commands go through these states."""

    def __init__(self, *states: str, message: str | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._states, self._message = list(states) or ["done"], message

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if request.method == "GET" and path.endswith("/chat"):
            return httpx.Response(200, json=CHAT)
        if request.method == "GET" and path.endswith("/screenshot"):
            return httpx.Response(200, content=b"\x89PNG")
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return httpx.Response(202, json={**DONE, "state": state, "message": self._message})

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(each.method, each.url.raw_path.decode()) for each in self.requests]


def client(bots: Bots) -> Paxs:
    return Paxs("http://test", MemoryTokens(Tokens("token")), transport=httpx.MockTransport(bots))


def test_each_call_of_both_clients() -> None:
    bots = Bots()
    paxs = client(bots)
    assert paxs.bots.write("a/b", "Hello") == Command("c 1", "chat", "done")
    paxs.bots.say("b", "Hello")
    paxs.bots.play("b", b"RIFF")
    for call in (paxs.bots.open_chat, paxs.bots.pause, paxs.bots.resume, paxs.bots.take_screenshot):
        assert call("b").is_over
    assert paxs.bots.command("b", "c 1").state == "done"
    assert paxs.bots.chat("b")[0] == ChatLine(1.5, "Ada", "Hello")
    assert paxs.bots.screenshot("b") == b"\x89PNG"
    whats = ("say", "sound", "chat/open", "pause", "resume", "screenshot")
    assert bots.asked == [
        ("POST", "/api/bots/a%2Fb/chat"),
        *(("POST", f"/api/bots/b/{what}") for what in whats),
        ("GET", "/api/bots/b/commands/c%201"),
        ("GET", "/api/bots/b/chat"),
        ("GET", "/api/bots/b/screenshot"),
    ]
    assert [json.loads(each.content) for each in bots.requests[:2]] == [{"text": "Hello"}] * 2
    assert bots.requests[2].content == b"RIFF"
    keys = {each.headers["idempotency-key"] for each in bots.requests if each.method == "POST"}
    assert len(keys) == 7, "each call is a command of its own"


async def test_the_asyncio_client_asks_the_same() -> None:
    bots = Bots()
    async with AsyncPaxs("http://test", MemoryTokens(Tokens("token")), transport=httpx.MockTransport(bots)) as paxs:
        assert (await paxs.bots.pause("b")).kind == "chat"
        assert len(await paxs.bots.chat("b")) == 2
    assert bots.asked == [("POST", "/api/bots/b/pause"), ("GET", "/api/bots/b/chat")]


def run(monkeypatch: pytest.MonkeyPatch, bots: Bots, *words: str) -> Any:
    @contextmanager
    def connected(*_: object) -> Iterator[Paxs]:
        yield client(bots)

    monkeypatch.setattr(telling, "connect", connected)
    monkeypatch.setattr(telling, "ASK_S", 0.0)
    return CliRunner().invoke(app, ["bots", *words])


def test_a_command_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    bots = Bots("waiting", "given", "done")
    done = run(monkeypatch, bots, "pause", "b")
    assert (done.exit_code, done.output) == (0, "Done.\n")
    assert [method for method, _ in bots.asked] == ["POST", "GET", "GET"]


def test_what_was_not_done_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = run(monkeypatch, Bots("failed", message="The meeting shows the bot no chat."), "chat", "b", "Hello")
    assert refused.exit_code == 5
    assert "The meeting shows the bot no chat." in refused.output
    assert run(monkeypatch, Bots(), "say", "b").exit_code == 2, "neither a text nor a file"
    assert run(monkeypatch, Bots(), "say", "b", "--file", "/nowhere/at/all.wav").exit_code == 2


def test_the_chat_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run(monkeypatch, Bots(), "chat", "b")
    assert (shown.exit_code, shown.output) == (0, "Ada: Hello\n?: Bye\n")

"""What fakes of providers share: accounts whose tokens run out and turn over, faults to order, and notifications."""

import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from support.calendars.world import Truth

Fault = Callable[[httpx.Request], httpx.Response]


@dataclass
class Account:
    """Somebody's account: calendars by the provider's id, and the tokens that are good at the moment."""

    email: str
    calendars: dict[str, Truth] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    access: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False


@dataclass
class Channel:
    """A subscription."""

    id: str
    calendar: str
    address: str
    secret: str
    expires_at: datetime
    account: Account


class FakeProvider:
    """A provider's HTTP side. `faults` are answered first, one request each; `requests` is all that came, in order."""

    host = ""
    token_host = ""
    rotates = False
    life_s = 3600

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.accounts: list[Account] = []
        self.faults: deque[Fault] = deque()
        self.requests: list[httpx.Request] = []
        self.channels: dict[str, Channel] = {}
        self.refreshed: list[str] = []
        self._numbers = itertools.count(1)

    def account(self, email: str, **calendars: Truth) -> Account:
        account = Account(email, dict(calendars), refresh_tokens={f"refresh-{email}"})
        self.accounts.append(account)
        return account

    def secrets(self, account: Account) -> dict[str, str]:
        """What the account's owner hands over."""
        return {"client_id": "the-client", "client_secret": "the-secret", "refresh_token": f"refresh-{account.email}"}

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.faults:
            return self.faults.popleft()(request)
        return self.token(request) if request.url.host == self.token_host else self.api(request)

    def api(self, request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    def token(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode()))
        given = form.get("refresh_token", "")
        account = next((each for each in self.accounts if given in each.refresh_tokens), None)
        if form.get("grant_type") != "refresh_token":
            return answer(400, {"error": "unsupported_grant_type"})
        if form.get("client_id") != "the-client" or form.get("client_secret") != "the-secret":
            return answer(401, {"error": "invalid_client", "error_description": "The OAuth client was not found."})
        if account is None or account.revoked:
            return answer(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        number = next(self._numbers)
        self.refreshed.append(given)
        account.access[f"access-{number}"] = self.now() + timedelta(seconds=self.life_s)
        said: dict[str, Any] = {"access_token": f"access-{number}", "expires_in": self.life_s, "token_type": "Bearer"}
        if self.rotates:
            account.refresh_tokens = {f"refresh-{number}"}
            said["refresh_token"] = f"refresh-{number}"
        return answer(200, said)

    def caller(self, request: httpx.Request) -> Account | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return next(
            (each for each in self.accounts if each.access.get(token, self.now()) > self.now() and not each.revoked),
            None,
        )


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    content = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers={"content-type": "application/json", **headers})


class Pieces(httpx.AsyncByteStream):
    """A file on its way, in pieces of 1000 bytes; `cut` breaks off after the first."""

    def __init__(self, data: bytes, *, cut: bool = False) -> None:
        self._data = data
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for begin in range(0, len(self._data), 1000):
            if self._cut and begin:
                raise httpx.ReadError("cut")
            yield self._data[begin : begin + 1000]


def file(data: bytes, content_type: str = "application/octet-stream", *, cut: bool = False) -> httpx.Response:
    return httpx.Response(200, stream=Pieces(data, cut=cut), headers={"content-type": content_type})


def failing(status: int, body: object = None, **headers: str) -> Fault:
    return lambda _request: answer(status, body, **{name.replace("_", "-"): value for name, value in headers.items()})


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def too_slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)

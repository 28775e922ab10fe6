"""A Zoom that refuses what the real one refuses: OAuth with codes that are good once and refresh tokens that each
refresh replaces, and the two calls of the API that connections need. Answers as in Zoom's documentation (2026-11)."""

import asyncio
import base64
import itertools
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, parse_qsl

import httpx

from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import Clock
from minutebook.outgoing.client import OutgoingClient
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.calendars.provider import Fault, answer
from support.zoom_recordings import ZoomMeeting, download, list_of_host, of_meeting, people

CLIENT = ("zoom-client", "zoom-client-secret")
REDIRECT = "https://app.example.com/zoom/callback"
CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(seconds=3600)
SCOPES = "user:read:user user:read:token"


@dataclass
class ZoomAccount:
    """A user at Zoom, and the tokens of theirs that are good at the moment."""

    id: str
    account_id: str = "acct-1"
    scopes: str = SCOPES
    refresh_token: str = ""
    access: dict[str, datetime] = field(default_factory=dict)
    revoked: bool = False
    held: list[ZoomMeeting] = field(default_factory=list)


class FakeZoom:
    """Both hosts. `faults` are answered first, one request each; `pause` is awaited inside of each refresh, after Zoom
    has replaced the token and before it says so."""

    oauth_host, api_host, files_host = "zoom.us", "api.zoom.us", "us02web.zoom.us"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.accounts: list[ZoomAccount] = []
        self.faults: deque[Fault] = deque()
        self.requests: list[httpx.Request] = []
        self.secrets: set[str] = set()
        self.refreshes = 0
        self.at_once = 0
        self.most_at_once = 0
        self.pause: Callable[[], Awaitable[None]] | None = None
        self.before_api: Callable[[str], Awaitable[None]] | None = None
        self._codes: dict[str, tuple[ZoomAccount, datetime]] = {}
        self._numbers = itertools.count(1)

    def account(self, user_id: str = "zoom-user-1", **members: Any) -> ZoomAccount:
        account = ZoomAccount(user_id, **members)
        self.accounts.append(account)
        return account

    def code(self, account: ZoomAccount) -> str:
        """What the consent page hands over."""
        code = self._secret("code")
        self._codes[code] = (account, self.now() + CODE_LIFE)
        return code

    def body(self, account: ZoomAccount, **members: str) -> dict[str, str]:
        """What connects this account over the v1 API."""
        return {
            "authorization_code": self.code(account),
            "redirect_uri": REDIRECT,
            "zoom_client_id": CLIENT[0],
            "zoom_client_secret": CLIENT[1],
            **members,
        }

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.faults:
            return self.faults.popleft()(request)
        if request.url.host == self.oauth_host:
            return await self._token(request)
        if self.before_api is not None:
            await self.before_api(request.headers.get("authorization", ""))
        return self._api(request)

    async def _token(self, request: httpx.Request) -> httpx.Response:
        if (request.method, request.url.path, request.url.query) != ("POST", "/oauth/token", b""):
            return answer(404, {"reason": "Not found", "error": "not_found"})
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return answer(400, {"reason": "Missing grant type", "error": "invalid_request"})
        expected = base64.b64encode(":".join(CLIENT).encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return answer(401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
        form = dict(parse_qsl(request.content.decode()))
        match form:
            case {"grant_type": "authorization_code", "code": code, "redirect_uri": uri}:
                account, until = self._codes.pop(code, (None, self.now()))
                if account is None or until <= self.now():
                    return answer(400, {"reason": "Invalid authorization code", "error": "invalid_grant"})
                if uri != REDIRECT:
                    return answer(400, {"reason": "Redirect URI mismatch", "error": "invalid_request"})
                account.revoked = False
                return self._granted(account)
            case {"grant_type": "refresh_token", "refresh_token": token}:
                return await self._refreshed(token)
        return answer(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"})

    async def _refreshed(self, token: str) -> httpx.Response:
        account = next((each for each in self.accounts if each.refresh_token == token), None)
        if account is None or account.revoked:
            return answer(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
        self.refreshes += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        said = self._granted(account)
        try:
            await asyncio.sleep(0.02)
            if self.pause is not None:
                await self.pause()
        finally:
            self.at_once -= 1
        return said

    def _granted(self, account: ZoomAccount) -> httpx.Response:
        account.refresh_token, access = self._secret("refresh"), self._secret("access")
        account.access[access] = self.now() + ACCESS_LIFE
        return answer(
            200,
            {
                "access_token": access,
                "token_type": "bearer",
                "refresh_token": account.refresh_token,
                "expires_in": 3599,
                "scope": account.scopes,
                "api_url": f"https://{self.api_host}",
            },
        )

    def _api(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        account = next((each for each in self.accounts if each.access.get(token, self.now()) > self.now()), None)
        if account is None or account.revoked:
            return answer(401, {"code": 124, "message": "Invalid access token."})
        query = parse_qs(request.url.query.decode())
        if request.url.host == self.files_host:
            return download(account.held, account.scopes, request.url.path)
        if request.method != "GET":
            return answer(405, {"code": 405, "message": "Method not allowed"})
        if request.url.path == "/v2/users/me":
            return answer(200, {"id": account.id, "account_id": account.account_id, "email": "ada@example.com"})
        if request.url.path == "/v2/users/me/token":
            if "user:read:token" not in account.scopes:
                message = "Invalid access token, does not contain scopes:[user:read:token]."
                return answer(400, {"code": 4711, "message": message})
            if query != {"type": ["onbehalf"]}:
                return answer(400, {"code": 300, "message": "Validation Failed."})
            return answer(200, {"token": self.on_behalf()})
        return self._records(request, account, query)

    @staticmethod
    def _records(request: httpx.Request, account: ZoomAccount, query: dict[str, list[str]]) -> httpx.Response:
        match request.url.raw_path.decode().partition("?")[0].split("/"):
            case ["", "v2", "users", "me", "recordings"]:
                return list_of_host(account.held, account.scopes, query)
            case ["", "v2", "meetings", key, "recordings"]:
                return of_meeting(account.held, account.scopes, key)
            case ["", "v2", "past_meetings", uuid, "participants"]:
                return people(account.held, account.scopes, uuid, query)
        return answer(404, {"code": 2300, "message": "This API endpoint is not recognized."})

    def on_behalf(self) -> str:
        """A fresh on-behalf-of token."""
        return self._secret("obf")

    def _secret(self, kind: str) -> str:
        secret = f"{kind}-SECRET-{next(self._numbers)}"
        self.secrets.add(secret)
        return secret


Others = Callable[[httpx.Request], httpx.Response]


def outgoing_to(zoom: FakeZoom, others: Others | None = None) -> type[OutgoingClient]:
    """A client whose requests go to this Zoom, and to `others` what is for nobody there."""

    async def route(request: httpx.Request) -> httpx.Response:
        if request.url.host in {zoom.oauth_host, zoom.api_host, zoom.files_host}:
            return await zoom.handle(request)
        if others is not None:
            return others(request)
        raise httpx.ConnectError(f"nobody at {request.url.host}", request=request)

    class Wired(OutgoingClient):
        def _client(self, timeout_s: float) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=httpx.MockTransport(route), follow_redirects=True)

    return Wired


def services_with(
    zoom: FakeZoom,
    settings: Settings,
    db: Database,
    clock: Clock,
    others: Others | None = None,
) -> Services:
    """The services, whose requests to the outside go there."""
    with patch("minutebook.records.OutgoingClient", outgoing_to(zoom, others)):
        return build_services(settings, db, storage_of(settings), DurableJobs(), clock)

"""People in front of browsers without scripts, and what they hold."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.wiring import Services

BASE = "http://minutebook.example"
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Person:
    """Somebody in front of a browser without scripts, signed in."""

    http: httpx.AsyncClient
    user: User

    async def open(self, path: str, **kwargs: Any) -> httpx.Response:
        return await self.http.get(path, **kwargs)

    async def part(self, path: str) -> httpx.Response:
        """What a script gets."""
        return await self.http.get(path, headers={"HX-Request": "true"})

    async def token(self) -> str:
        found = TOKEN.search((await self.open("/")).text)
        assert found is not None
        return found[1]

    async def send(self, path: str, fields: dict[str, Any] | None = None, **kwargs: Any) -> httpx.Response:
        data = {"form_token": await self.token(), **(fields or {})}
        return await self.http.post(path, data=data, **kwargs)


async def person(app: FastAPI, services: Services, who: User) -> Person:
    async with services.db.transaction() as tx:
        secret = await services.accounts.open_web_session(tx, who)
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=BASE, cookies={"minutebook_session": secret}, timeout=30
    )
    return Person(http, who)


@dataclass(frozen=True)
class Held:
    """A meeting of Ada's, worked on."""

    meeting_id: str
    recording_id: str

    @property
    def path(self) -> str:
        return f"/meetings/{self.meeting_id}"

"""A person who is signed in, and a meeting with everything that can be there."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.conftest import (
    app,
    client,
    clock,
    db,
    other_user,
    passwords,
    recordings_are_read_once,
    services,
    settings,
    user,
    user_token,
)
from minutebook.accounts.model import User
from minutebook.wiring import Services
from support.people import Held, Person, person
from support.records import Paxs, Worker

__all__ = [
    "app",
    "client",
    "clock",
    "db",
    "other_user",
    "passwords",
    "recordings_are_read_once",
    "services",
    "settings",
    "user",
    "user_token",
]


@pytest.fixture
async def ada(app: FastAPI, services: Services, user: User) -> AsyncIterator[Person]:
    made = await person(app, services, user)
    yield made
    await made.http.aclose()


@pytest.fixture
async def grace(app: FastAPI, services: Services, other_user: User) -> AsyncIterator[Person]:
    made = await person(app, services, other_user)
    yield made
    await made.http.aclose()


@pytest.fixture
async def held(client: httpx.AsyncClient, services: Services, user_token: Any) -> Held:
    paxs = Paxs(client, await user_token())
    session = await paxs.create_session()
    recording = await paxs.upload(session["id"])
    await Worker(services).drain()
    return Held(session["id"], recording["id"])

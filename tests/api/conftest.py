"""The application on SQLite, with real services and a clock that stands still."""

from collections.abc import AsyncIterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from minutebook.accounts.model import User
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.api.app import create_app
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.oauth.model import SCOPES
from minutebook.oauth.service import OAuth
from minutebook.storage import storage_of
from minutebook.wiring import Services, build_services
from support.backends import new_sqlite
from support.browser import PASSWORD, Browser, IssueToken
from support.read_once import read_once


@pytest.fixture(autouse=True)
def recordings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("minutebook.speech.media.decode"), "run", read_once)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    new_sqlite(settings.data_dir / "minutebook.db")
    database = Database(settings.sqlalchemy_url)

    @event.listens_for(database.writer.sync_engine, "connect")
    def _no_waiting_for_the_disk(connection: DBAPIConnection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    yield database
    await database.close()


@pytest.fixture
def passwords() -> Passwords:
    """Real argon2id, with the cheapest parameters: the tests are about the rules, not about the cost."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def services(settings: Settings, clock: VirtualClock, db: Database, passwords: Passwords) -> Services:
    """Everything real but the clock and the cost of a password; jobs are written down and nobody runs them."""
    built = build_services(settings, db, storage_of(settings), DurableJobs(), clock)
    accounts = Accounts(clock, passwords)
    return replace(built, accounts=accounts, oauth=OAuth(settings.oauth, clock, accounts))


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutebook.example") as http:
        yield http


@pytest.fixture
async def user(services: Services) -> User:
    async with services.db.transaction() as tx:
        return await services.accounts.create_user(tx, "ada@example.com", PASSWORD, "Ada Lovelace")


@pytest.fixture
async def other_user(services: Services, user: User) -> User:
    async with services.db.transaction() as tx:
        return await services.accounts.create_user(tx, "grace@example.com", PASSWORD, "Grace Hopper")


@pytest.fixture
def user_token(services: Services, user: User) -> IssueToken:
    """`await user_token()` or `await user_token("session media")` gives an access token."""
    return _issuer(services, user)


@pytest.fixture
def other_user_token(services: Services, other_user: User) -> IssueToken:
    """The same for somebody else."""
    return _issuer(services, other_user)


def _issuer(services: Services, user: User) -> IssueToken:
    async def issue(scopes: str = " ".join(SCOPES)) -> str:
        async with services.db.transaction() as tx:
            return (await services.oauth.issue_token(tx, user, scopes)).access_token

    return issue


@pytest.fixture
async def browser(app: FastAPI, user: User) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutebook.example") as http:
        yield Browser(http)

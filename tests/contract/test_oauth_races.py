"""Things that may happen once, tried many times at once, on SQLite and on Postgres."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.limits import RateRule, count_try
from minutebook.accounts.model import User
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.config import OAuthSettings
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.oauth.model import PollAnswer, Refusal, TokenPair
from minutebook.oauth.requests import AuthorizeRequest
from minutebook.oauth.service import OAuth

BASE = "https://minutebook.example"
CALLBACK = "http://localhost:3000/callback"
AT_ONCE = 8


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def accounts(clock: VirtualClock) -> Accounts:
    return Accounts(clock, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


@pytest.fixture
def oauth(clock: VirtualClock, accounts: Accounts) -> OAuth:
    return OAuth(OAuthSettings(), clock, accounts)


@pytest.fixture
async def user(database: Database, accounts: Accounts) -> User:
    async with database.transaction() as tx:
        return await accounts.create_user(tx, "ada@example.com", "correct horse", "Ada")


async def at_once(database: Database, work: Callable[[AsyncConnection], Awaitable[object]]) -> list[object]:
    """What each of several simultaneous transactions returns or raises."""

    async def one() -> object:
        async with database.transaction() as tx:
            return await work(tx)

    return await asyncio.gather(*(one() for _ in range(AT_ONCE)), return_exceptions=True)


def sort_out(results: list[object], good: type, bad: type) -> list[object]:
    """The good results; everything else is of the bad type and nothing worse."""
    wanted = [result for result in results if isinstance(result, good)]
    assert [type(result) for result in results if not isinstance(result, good | bad)] == []
    return wanted


def agent_request(oauth: OAuth, state: str) -> AuthorizeRequest:
    request = oauth.request([("response_type", "code"), ("flow", "agent"), ("state", state)], BASE)
    assert isinstance(request, AuthorizeRequest)
    return request


async def test_a_code_is_exchanged_once(database: Database, oauth: OAuth, user: User) -> None:
    request = oauth.request([("response_type", "code"), ("redirect_uri", CALLBACK)], BASE)
    assert isinstance(request, AuthorizeRequest)
    async with database.transaction() as tx:
        location = await oauth.allow(tx, user, request)
    assert location is not None
    code = location.removeprefix(f"{CALLBACK}?code=")
    results = await at_once(database, lambda tx: oauth.exchange(tx, code, CALLBACK, None))
    (pair,) = sort_out(results, TokenPair, Refusal)
    assert isinstance(pair, TokenPair)
    async with database.reading() as connection:
        with pytest.raises(MinutebookError) as error:
            await oauth.authenticate(connection, pair.access_token)
    assert error.value.code == "token_revoked"


async def test_refreshing_at_once_gives_everybody_the_same_pair(database: Database, oauth: OAuth, user: User) -> None:
    async with database.transaction() as tx:
        first = await oauth.issue_token(tx, user, "session")
    results = await at_once(database, lambda tx: oauth.refresh(tx, first.refresh_token))
    pairs = sort_out(results, TokenPair, TokenPair)
    assert len(pairs) == AT_ONCE
    assert len(set(pairs)) == 1


async def test_an_agents_code_is_handed_out_once(database: Database, oauth: OAuth, user: User) -> None:
    state = secrets.token_hex(16)
    request = agent_request(oauth, state)
    opened = await at_once(database, lambda tx: oauth.open(tx, request, "192.0.2.1"))
    assert opened == [None] * AT_ONCE
    allowed = await at_once(database, lambda tx: oauth.allow(tx, user, request))
    assert len(sort_out(allowed, type(None), MinutebookError)) == 1
    answers = await at_once(database, lambda tx: oauth.poll(tx, state, "192.0.2.1"))
    (answer,) = sort_out(answers, PollAnswer, MinutebookError)
    assert isinstance(answer, PollAnswer)
    assert answer.status == "complete"


async def test_the_first_polls_of_a_state(database: Database, oauth: OAuth) -> None:
    state = secrets.token_hex(16)
    answers = await at_once(database, lambda tx: oauth.poll(tx, state, "192.0.2.1"))
    (first, *others) = answers
    assert isinstance(first, PollAnswer)
    assert (first.status, first.code) == ("pending", None)
    assert first.user_code
    assert others == [first] * (AT_ONCE - 1)


async def test_one_owner_is_set_up(database: Database, accounts: Accounts) -> None:
    async with database.transaction() as tx:
        token = await accounts.setup_token(tx) or ""
    names = iter(range(AT_ONCE))
    results = await at_once(
        database, lambda tx: accounts.set_up(tx, token, f"user{next(names)}@example.com", "correct horse", "Owner")
    )
    assert len(sort_out(results, User, MinutebookError)) == 1


async def test_an_address_is_taken_once(database: Database, accounts: Accounts) -> None:
    results = await at_once(database, lambda tx: accounts.create_user(tx, "ada@example.com", "correct horse", "Ada"))
    assert len(sort_out(results, User, MinutebookError)) == 1


async def test_every_try_is_counted(database: Database, clock: VirtualClock) -> None:
    rule = RateRule("test", limit=3, window_s=60)
    results = await at_once(database, lambda tx: count_try(tx, clock, [(rule, "x")]))
    assert len(sort_out(results, type(None), MinutebookError)) == 3

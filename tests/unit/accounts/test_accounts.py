"""Users, passwords, keys, limits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.limits import RateRule, count_try
from minutebook.accounts.model import ExternalIdentity, User, checked_display_name, checked_email, checked_password
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.repository import rate_limits, sign_in_places, users, web_sessions
from minutebook.accounts.service import Accounts
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from support.backends import new_sqlite

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(new_sqlite(tmp_path / "test.db"))
    yield database
    await database.close()


@pytest.fixture
def accounts(clock: VirtualClock) -> Accounts:
    return Accounts(clock, Passwords(CHEAP))


async def create(db: Database, accounts: Accounts, email: str = "ada@example.com") -> User:
    async with db.transaction() as tx:
        return await accounts.create_user(tx, email, PASSWORD, "Ada")


def code_of(error: pytest.ExceptionInfo[MinutebookError]) -> str:
    return error.value.code


async def test_the_first_user_is_the_owner(db: Database, accounts: Accounts) -> None:
    assert (await create(db, accounts)).is_owner
    assert not (await create(db, accounts, "grace@example.com")).is_owner


async def test_addresses_differ_by_more_than_case(db: Database, accounts: Accounts) -> None:
    user = await create(db, accounts, "Ada@Example.com")
    assert user.email == "Ada@example.com"
    with pytest.raises(MinutebookError) as error:
        await create(db, accounts, " aDA@EXAMPLE.COM ")
    assert code_of(error) == "email_taken"
    async with db.reading() as connection:
        assert (await accounts.user_by_email(connection, "ADA@example.com")).id == user.id


async def test_passwords_are_kept_as_argon2id(db: Database, clock: VirtualClock) -> None:
    async with db.transaction() as tx:
        await Accounts(clock).create_user(tx, "ada@example.com", PASSWORD, "Ada")
    async with db.reading() as connection:
        kept = (await connection.execute(select(users.c.password_hash))).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_authenticate(db: Database, accounts: Accounts) -> None:
    user = await create(db, accounts)
    assert (await accounts.authenticate(db, "ADA@example.com", PASSWORD, "a")).id == user.id
    for email, password in (("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("", ""), ("\0", "\ud800")):
        with pytest.raises(MinutebookError) as error:
            await accounts.authenticate(db, email, password, "a")
        assert code_of(error) == "sign_in_failed"


async def test_unknown_users_cost_the_same_work(
    db: Database, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(db, accounts)
    verified: list[str | bytes] = []
    original = CHEAP.verify

    class Counting(PasswordHasher):
        def verify(self, stored: str | bytes, password: str | bytes) -> Literal[True]:
            verified.append(stored)
            return original(stored, password)

    watched = Accounts(VirtualClock(), Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)))
    for email in ("ada@example.com", "nobody@example.com"):
        with pytest.raises(MinutebookError):
            await watched.authenticate(db, email, "wrong", "a")
    assert len(verified) == 2


async def test_old_hashes_are_renewed_at_sign_in(db: Database, accounts: Accounts, clock: VirtualClock) -> None:
    await create(db, accounts)
    stronger = Accounts(clock, Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)))
    await stronger.authenticate(db, "ada@example.com", PASSWORD, "a")
    async with db.reading() as connection:
        kept = (await connection.execute(select(users.c.password_hash))).scalar_one()
    assert "m=16,t=2" in kept
    await stronger.authenticate(db, "ada@example.com", PASSWORD, "a")


async def test_sign_in_is_limited_per_person_and_address(db: Database, accounts: Accounts, clock: VirtualClock) -> None:
    await create(db, accounts)
    for _ in range(10):
        with pytest.raises(MinutebookError) as error:
            await accounts.authenticate(db, "ada@example.com", "wrong", "a")
        assert code_of(error) == "sign_in_failed"
    with pytest.raises(MinutebookError) as error:
        await accounts.authenticate(db, "ada@example.com", PASSWORD, "a")
    assert code_of(error) == "rate_limited"
    assert 0 < (error.value.retry_after_s or 0) <= 900
    await accounts.authenticate(db, "ada@example.com", PASSWORD, "b")
    clock.advance(error.value.retry_after_s or 0)
    await accounts.authenticate(db, "ada@example.com", PASSWORD, "a")


async def test_success_starts_the_count_anew(db: Database, accounts: Accounts) -> None:
    await create(db, accounts)
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(MinutebookError):
                await accounts.authenticate(db, "ada@example.com", "wrong", "a")
        await accounts.authenticate(db, "ada@example.com", PASSWORD, "a")


async def test_tries_at_once_are_all_counted(db: Database, clock: VirtualClock) -> None:
    rule = RateRule("test", limit=3, window_s=60)

    async def one() -> bool:
        try:
            async with db.transaction() as tx:
                await count_try(tx, clock, [(rule, "x")])
        except MinutebookError:
            return False
        return True

    assert sum(await asyncio.gather(*(one() for _ in range(10)))) == 3


async def test_setup_link_works_once_and_only_without_users(db: Database, accounts: Accounts) -> None:
    async with db.transaction() as tx:
        old, token = await accounts.setup_token(tx), await accounts.setup_token(tx)
    assert old
    assert token
    for wrong in (old, "mbs_x", ""):
        with pytest.raises(MinutebookError) as error:
            async with db.transaction() as tx:
                await accounts.set_up(tx, wrong, "ada@example.com", PASSWORD, "Ada")
        assert code_of(error) == "setup_link_invalid"
    with pytest.raises(MinutebookError) as error:
        async with db.transaction() as tx:
            await accounts.set_up(tx, token, "ada@example.com", "short", "Ada")
    assert code_of(error) == "password_too_short"
    async with db.transaction() as tx:
        assert (await accounts.set_up(tx, token, "ada@example.com", PASSWORD, "Ada")).is_owner
        assert await accounts.setup_token(tx) is None
        assert not await accounts.can_set_up(tx, token)


async def test_api_keys(db: Database, accounts: Accounts) -> None:
    user = await create(db, accounts)
    async with db.transaction() as tx:
        key, secret = await accounts.management.create_api_key(tx, user)
        assert secret.startswith(key.prefix)
        assert len(key.prefix) < len(secret) / 3
        assert await accounts.user_of_api_key(tx, secret) == user
        with pytest.raises(MinutebookError) as error:
            await accounts.user_of_api_key(tx, secret + "x")
    assert code_of(error) == "api_key_invalid"


async def test_browser_sessions_end(db: Database, accounts: Accounts, clock: VirtualClock) -> None:
    user = await create(db, accounts)
    async with db.transaction() as tx:
        first, second = await accounts.open_web_session(tx, user), await accounts.open_web_session(tx, user)
        await accounts.close_web_session(tx, first)
        assert await accounts.user_of_web_session(tx, first) is None
        assert await accounts.user_of_web_session(tx, second) == user
        clock.advance(7 * 24 * 3600)
        assert await accounts.user_of_web_session(tx, second) is None


async def test_what_counts_no_more_is_forgotten(db: Database, accounts: Accounts, clock: VirtualClock) -> None:
    user = await create(db, accounts)

    async def kept() -> list[int]:
        async with db.transaction() as tx:
            await accounts.forget_expired(tx)
            tables = (web_sessions, rate_limits, sign_in_places)
            return [(await tx.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]

    async def opened(tx: AsyncConnection, user: User) -> None:
        await accounts.open_web_session(tx, user)

    assert await accounts.authenticate(db, "ada@example.com", PASSWORD, "a", then=opened) == user
    for expected, days in (([1, 2, 1], 2), ([1, 0, 1], 7), ([0, 0, 1], 172), ([0, 0, 0], 0)):
        assert await kept() == expected
        clock.advance(days * 24 * 3600)


async def test_a_foreign_identity_stays_with_its_user(db: Database, accounts: Accounts) -> None:
    ada, grace = await create(db, accounts), await create(db, accounts, "grace@example.com")
    async with db.transaction() as tx:
        assert await accounts.user_of_identity(tx, ExternalIdentity("google", "1", "stranger@example.com")) is None
        assert await accounts.user_of_identity(tx, ExternalIdentity("google", "1", "ADA@example.com")) == ada
        assert await accounts.user_of_identity(tx, ExternalIdentity("google", "1", "grace@example.com")) == ada
        assert await accounts.user_of_identity(tx, ExternalIdentity("google", "2", "grace@example.com")) == grace


@pytest.mark.parametrize(
    "text", ["", "ada", "@example.com", "ada@", "a b@example.com", "ada@exa mple.com", "a@b\0.c", "ada@-x.com"]
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(MinutebookError) as error:
        checked_email(text)
    assert (error.value.code, error.value.field) == ("email_invalid", "email")


@pytest.mark.parametrize(
    "text", ["ada@example.com", " ada@example.com ", "ada@nas.local", "ada@home", "ada+x@müller.example"]
)
def test_addresses(text: str) -> None:
    assert "@" in checked_email(text)


def test_passwords_and_names() -> None:
    assert checked_password("12345678") == "12345678"
    for password in ("1234567", "x" * 1025):
        with pytest.raises(MinutebookError):
            checked_password(password)
    assert checked_display_name(" Ada ") == "Ada"
    for name in ("", "  ", "x" * 201, "a\nb", "a\0"):
        with pytest.raises(MinutebookError):
            checked_display_name(name)

"""The user without a password for whom the command line acts before there is an owner."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from minutebook.accounts.model import LOCAL_EMAIL
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from support.backends import new_sqlite

PASSWORD = "correct horse battery"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(new_sqlite(tmp_path / "test.db"))
    yield database
    await database.close()


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(VirtualClock(), Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))


async def test_the_first_user_takes_over_the_local_one(db: Database, accounts: Accounts) -> None:
    async with db.transaction() as tx:
        local = await accounts.local_user(tx)
        assert await accounts.local_user(tx) == local
        assert not await accounts.has_users(tx)
        owner = await accounts.create_user(tx, "ada@example.com", PASSWORD, "Ada")
        assert (owner.id, owner.email, owner.is_owner) == (local.id, "ada@example.com", True)
        assert await accounts.local_user(tx) == owner
        second = await accounts.create_user(tx, "tom@example.com", PASSWORD, "Tom")
        assert not second.is_owner
    assert (await accounts.authenticate(db, "ada@example.com", PASSWORD, "127.0.0.1")).id == local.id


async def test_nobody_signs_in_as_the_local_user(db: Database, accounts: Accounts) -> None:
    async with db.transaction() as tx:
        await accounts.local_user(tx)
    for password in ("", "!", "decoy", PASSWORD):
        with pytest.raises(MinutebookError) as refused:
            await accounts.authenticate(db, LOCAL_EMAIL, password, "127.0.0.1")
        assert refused.value.code == "sign_in_failed"


async def test_the_setup_link_works_beside_the_local_user(db: Database, accounts: Accounts) -> None:
    async with db.transaction() as tx:
        local = await accounts.local_user(tx)
        token = await accounts.setup_token(tx)
        assert token is not None
        assert (await accounts.set_up(tx, token, "ada@example.com", PASSWORD, "Ada")).id == local.id
        assert await accounts.setup_token(tx) is None

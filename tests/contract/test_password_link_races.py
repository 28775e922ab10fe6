"""Several who use one password link at once, on both databases: one of them chooses."""

import asyncio

from minutebook.accounts.model import User
from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id

TRIES = 4


class Together(Passwords):
    """Gives out a hash when everybody has asked for one, so that all of them reach the database together."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = asyncio.Barrier(TRIES)

    async def hash(self, password: str) -> str:
        if password.startswith("mbn"):
            return password
        await self._asked.wait()
        return f"hash of {password}"


async def test_a_password_link_is_used_by_one_alone(database: Database) -> None:
    management = Accounts(VirtualClock(), Together()).management
    async with database.transaction() as tx:
        _, secret = await management.invite(tx, f"{new_id()}@example.com", "Grace")
    tries = (management.reset_password(database, secret, f"a password of try {number}") for number in range(TRIES))
    done = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each.code for each in done if isinstance(each, MinutebookError)]
    assert refused == ["password_link_invalid"] * (TRIES - 1)
    assert len([each for each in done if isinstance(each, User)]) == 1

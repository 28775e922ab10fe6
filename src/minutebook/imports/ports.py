"""A platform whose recordings can be imported."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.imports.model import Found, Importable, Person, Wanted
from minutebook.outgoing.client import OutgoingBody


class Provider(Protocol):
    """`name` is for sentences, `how` says how an account is connected. Methods that ask the platform raise
    `scope_missing` where access was not given to what they need, what the connection raises where its grant has ended,
    and a retryable error where the platform is away or asks for patience."""

    name: str
    how: str

    async def accounts(self, tx: AsyncConnection, owner_id: str) -> Sequence[str]:
        """The ids of the owner's connections to this platform, oldest first."""
        ...

    async def find(self, account: str, wanted: Wanted) -> Found:
        """The recordings of a meeting that this account can read."""
        ...

    async def people(self, account: str, recording: Importable) -> Sequence[Person]:
        """Who was in the call; nobody where the platform or the grant does not tell."""
        ...

    def open(self, account: str, recording: Importable) -> AbstractAsyncContextManager[OutgoingBody]:
        """The recording's bytes as they come."""
        ...

"""Groups of users, with whom their maker shares meetings at once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.service import Accounts
from minutebook.errors import invalid, not_found
from minutebook.kit.clock import Clock
from minutebook.kit.ids import is_id, new_id
from minutebook.kit.text import clean_line
from minutebook.sharing import repository
from minutebook.sharing.model import GROUP_NAME_MAX, GROUPS_MAX, MEMBERS_MAX, Group, too_many


class Groups:
    """Groups of their makers: nobody else changes them or shares with them."""

    def __init__(self, clock: Clock, accounts: Accounts) -> None:
        self._clock = clock
        self._accounts = accounts

    async def list(self, tx: AsyncConnection, owner_id: str) -> Sequence[Group]:
        """The groups that this user made, by name."""
        return await repository.groups_of(tx, owner_id)

    async def get(self, tx: AsyncConnection, owner_id: str, group_id: str) -> Group:
        """One of them; `group_not_found`."""
        found = [group for group in await self.list(tx, owner_id) if group.id == group_id]
        if not is_id(group_id) or not found:
            raise not_found("group")
        return found[0]

    async def create(self, tx: AsyncConnection, owner_id: str, name: str) -> str:
        """A new group without members; its id. `group_name_required`, `groups_too_many`."""
        name = clean_line(name, "name", at_most=GROUP_NAME_MAX)
        if not name:
            raise invalid("group_name_required", "Give the group a name.", "name")
        if len(await self.list(tx, owner_id)) >= GROUPS_MAX:
            raise too_many("groups", GROUPS_MAX)
        group_id = new_id()
        await repository.add_group(tx, group_id, owner_id, name, self._clock.now())
        return group_id

    async def add(self, tx: AsyncConnection, owner_id: str, group_id: str, email: str) -> None:
        """Add the user of this address, who sees from now on what is shared with the group; `group_not_found`,
        `user_not_found`, `members_too_many`."""
        group = await self.get(tx, owner_id, group_id)
        user = await self._accounts.user_by_email(tx, email)
        if len(group.members) >= MEMBERS_MAX:
            raise too_many("members", MEMBERS_MAX)
        if user.id not in {member[0] for member in group.members}:
            await repository.add_member(tx, group.id, user.id)

    async def remove(self, tx: AsyncConnection, owner_id: str, group_id: str, user_id: str) -> None:
        """Take a member out, who no longer sees what is shared with the group; `group_not_found`."""
        group = await self.get(tx, owner_id, group_id)
        await repository.remove_member(tx, group.id, user_id)

    async def delete(self, tx: AsyncConnection, owner_id: str, group_id: str) -> None:
        """Delete a group with all that is shared with it; `group_not_found`."""
        group = await self.get(tx, owner_id, group_id)
        await repository.remove_group(tx, group.id)

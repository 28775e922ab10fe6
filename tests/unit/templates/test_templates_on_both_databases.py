"""Note templates on SQLite and Postgres: the database decides who has a name."""

import asyncio
from collections.abc import Sequence

import pytest
from argon2 import PasswordHasher

from minutebook.accounts.passwords import Passwords
from minutebook.accounts.service import Accounts
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.language.model import MeetingType
from minutebook.templates.model import SectionDraft, TemplateDraft
from minutebook.templates.service import Templates

SECTIONS = (SectionDraft(["action", "question"], "Was zu tun ist"), SectionDraft(["topic"]))


@pytest.fixture
def templates() -> Templates:
    return Templates(VirtualClock())


@pytest.fixture
async def owners(database: Database) -> Sequence[str]:
    accounts = Accounts(VirtualClock(), Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    async with database.transaction() as tx:
        users = [
            await accounts.create_user(tx, f"{n}@example.com", "correct horse battery", n) for n in ("ada", "grace")
        ]
    return [user.id for user in users]


async def test_a_template_comes_back_as_it_was(database: Database, templates: Templates, owners: Sequence[str]) -> None:
    async with database.transaction() as tx:
        made = await templates.create(tx, owners[0], TemplateDraft("Ärger", SECTIONS, "Kurz\nbitte", "team"))
        bare = await templates.create(tx, owners[0], TemplateDraft("bare", SECTIONS[1:]))
    async with database.reading() as tx:
        assert list(await templates.list(tx, owners[0])) == [bare, made]
        assert await templates.chosen(tx, owners[0], None, MeetingType.TEAM) == made
        assert await templates.chosen(tx, owners[0], None, MeetingType.GROUP) is None
        assert await templates.chosen(tx, owners[0], " ÄRGER ", MeetingType.GROUP) == made
        assert await templates.chosen(tx, owners[0], bare.id, MeetingType.TEAM) == bare
        assert await templates.list(tx, owners[1]) == []
        with pytest.raises(MinutebookError, match="no such template"):
            await templates.chosen(tx, owners[1], made.id, MeetingType.GROUP)


async def test_of_two_at_the_same_time_one_is_told(
    database: Database, templates: Templates, owners: Sequence[str]
) -> None:
    async def create(owner: str, name: str, meeting_type: str | None) -> str | None:
        try:
            async with database.transaction() as tx:
                await templates.create(tx, owner, TemplateDraft(name, SECTIONS, None, meeting_type))
        except MinutebookError as error:
            return error.code
        return None

    for names, meeting_type, code in (
        (("Weekly", "WEEKLY"), None, "template_name_taken"),
        (("one", "two"), "team", "template_meeting_type_taken"),
    ):
        outcomes = await asyncio.gather(*(create(owners[0], name, meeting_type) for name in names))
        assert sorted(outcomes, key=str) == [None, code]
        assert await create(owners[1], names[0], meeting_type) is None


async def test_a_refused_change_leaves_the_transaction_usable(
    database: Database, templates: Templates, owners: Sequence[str]
) -> None:
    async with database.transaction() as tx:
        first = await templates.create(tx, owners[0], TemplateDraft("first", SECTIONS))
        second = await templates.create(tx, owners[0], TemplateDraft("second", SECTIONS))
        with pytest.raises(MinutebookError) as refused:
            await templates.update(tx, owners[0], second.id, {"name": "First"})
        assert (refused.value.code, refused.value.field) == ("template_name_taken", "name")
        renamed = await templates.update(tx, owners[0], first.id, {"name": "FIRST"})
    async with database.reading() as tx:
        assert list(await templates.list(tx, owners[0])) == [renamed, second]

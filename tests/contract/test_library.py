"""The list of meetings over SQLite and Postgres: what is shared is in it, and words are looked for as in search."""

from pathlib import Path

import pytest

from minutebook.accounts.model import User
from minutebook.accounts.service import Accounts
from minutebook.analysis.edits.requests import SegmentRequest
from minutebook.db.database import Database
from minutebook.kit.ids import new_id
from minutebook.library.model import LibraryQuery, Order, Origin, Status
from minutebook.sharing.model import Right
from minutebook.wiring import Services
from support.searching import meeting, recorded, services_over


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Services:
    return services_over(database, tmp_path)


async def people(services: Services) -> tuple[User, User]:
    accounts: Accounts = services.accounts
    tag = new_id()[-8:]
    async with services.db.transaction() as tx:
        return (
            await accounts.create_user(tx, f"ada-{tag}@example.com", "a password that lasts", "Ada"),
            await accounts.create_user(tx, f"grace-{tag}@example.com", "a password that lasts", "Grace"),
        )


async def listed(services: Services, who: User, **query: object) -> list[tuple[str, str]]:
    """(title, whose) of all pages of two."""
    found, cursor = [], ""
    while True:
        async with services.db.reading() as read:
            asked = LibraryQuery(**query, cursor=cursor, limit=2)  # type: ignore[arg-type]
            page = await services.library.page(read, who.id, asked)
        found += [(entry.meeting.title, entry.shared_by) for entry in page.entries]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


async def test_own_and_shared_meetings_are_one_list(services: Services) -> None:
    ada, grace = await people(services)
    made = {title: await meeting(services, ada.id, title, ["Kim"]) for title in ("Alpha", "Charlie", "Echo")}
    for title in ("bravo", "Delta"):
        await meeting(services, grace.id, title, ["Tom"])
    async with services.db.transaction() as tx:
        group_id = await services.sharing.groups.create(tx, ada.id, "Board")
        await services.sharing.groups.add(tx, ada.id, group_id, grace.email)
        await services.sharing.share(tx, ada.id, made["Alpha"], Right.READ, email=grace.email)
        await services.sharing.share(tx, ada.id, made["Alpha"], Right.READ, group_id=group_id)
        await services.sharing.share(tx, ada.id, made["Charlie"], Right.CORRECT, group_id=group_id)
        await services.library.tag(tx, ada.id, [made["Charlie"]], "Board")
    everything = [("Alpha", "Ada"), ("bravo", ""), ("Charlie", "Ada"), ("Delta", "")]
    assert await listed(services, grace, order=Order.TITLE) == everything
    assert await listed(services, grace) == [("Delta", ""), ("bravo", ""), ("Charlie", "Ada"), ("Alpha", "Ada")]
    assert await listed(services, grace, order=Order.OLDEST, person="Kim") == [("Alpha", "Ada"), ("Charlie", "Ada")]
    assert await listed(services, grace, origin=Origin.SHARED, tag="board") == [("Charlie", "Ada")]
    assert await listed(services, grace, origin=Origin.UPLOAD) == [("Delta", ""), ("bravo", "")]
    assert await listed(services, grace, origin=Origin.BOT) == []
    assert await listed(services, grace, status=Status.COMPLETED) == []
    assert await listed(services, grace, words="alpha") == [("Alpha", "Ada")]
    async with services.db.transaction() as tx:
        assert (await services.sharing.meeting(tx, grace.id, made["Charlie"], Right.CORRECT)).owner_id == ada.id
        await services.meetings.delete(tx, ada.id, made["Charlie"])
        await services.meetings.trash(tx, ada.id, [made["Alpha"]])
    assert await listed(services, grace) == [("Delta", ""), ("bravo", "")]
    assert await listed(services, grace, trash=True) == []
    assert await listed(services, ada, trash=True) == [("Alpha", "")]


async def test_the_list_finds_what_search_finds(services: Services) -> None:
    ada, grace = await people(services)
    budgets = await meeting(services, ada.id, "Weekly")
    said = [("speaker_1", "Budgets are planned until Thursday."), ("speaker_2", "Priya promised it.")]
    recording_id = await recorded(services, budgets, said, owner_id=ada.id)
    await meeting(services, ada.id, "Thursday review")
    for words, found in {
        "budget": ["Weekly"],
        "thursday": ["Thursday review", "Weekly"],
        "thrusday": ["Thursday review", "Weekly"],
        '"planned until"': ["Weekly"],
        '"until planned"': [],
        "promising thursday": ["Weekly"],
        "elephant": [],
        "who promised until thursday?": ["Weekly"],
    }.items():
        assert [title for title, _ in await listed(services, ada, words=words)] == found, words
        async with services.db.reading() as read:
            mentioned = services.search.mentioned
            asked = words.removeprefix("who ")  # the doors of the API shorten what nothing holds
            page = await services.meetings.list(read, ada.id, query=asked, mentioned=mentioned)
        assert [each.title for each in page.items] == found, words
        assert await listed(services, grace, words=words) == []
    async with services.db.transaction() as tx:
        mended = [SegmentRequest(segment=0, word=0, text="Elephants")]
        await services.corrections.correct_transcript(tx, ada.id, recording_id, mended)
    assert await listed(services, ada, words="budget") == []
    assert await listed(services, ada, words="elephant") == [("Weekly", "")]

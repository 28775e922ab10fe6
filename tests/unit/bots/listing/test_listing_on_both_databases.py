"""Lists of bots against a plain model in memory, on both databases: every page, in every order, with every filter."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from minutebook.bots.listing import search as listing_search
from minutebook.bots.listing.page import PAGE_MOST, BotQuery, OverviewQuery, overview, page
from minutebook.bots.listing.query import Position, cursor_of, position_of
from minutebook.bots.model import Bot, BotWish
from minutebook.bots.repository import bots as repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.bots.search_keys import value_text
from minutebook.bots.states import BotState
from minutebook.db.database import Database
from minutebook.errors import MinutebookError
from minutebook.kit.ids import new_id

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER, OTHER = new_id(), new_id()
NAMES = ("Notes", "Verkaufsgespräch", "100% sure_", "ÄRGER", "notes 2")
VALUES = ("a", "b", "B", "10", "9", "", "é", "z\U0001f600", "\ue000", 10, 9.5, True, None, {"x": [1]}, "a:b", "y" * 300)
LONG = "y" * 250


def made(number: int, chance: random.Random, owner_id: str = OWNER) -> Bot:
    """A bot as any client could have sent it; several are created in the same moment."""
    extra: object = {name: chance.choice(VALUES) for name in ("team", "order", "only") if chance.random() < 0.6}
    if number % 20 == 0:
        extra = ["no", "object"]
    at = BEGIN + timedelta(seconds=chance.randrange(40))
    wish = BotWish(f"https://Meet.example/{number}", chance.choice(NAMES), extra=extra)
    return Bot(new_id(), 0, owner_id, wish, BotState.QUEUED, at, at, at)


async def stored(database: Database, bots: Sequence[Bot], chance: random.Random) -> list[tuple[Bot, tuple[str, ...]]]:
    """The bots with their numbers, and who spoke in them."""
    kept = []
    async with database.transaction() as tx:
        for bot in bots:
            number = (await repository.add(tx, [(bot, None, bot.id)]))[bot.id]
            ended = bot.created_at + timedelta(seconds=chance.randrange(60)) if chance.random() < 0.7 else None
            await tx.execute(update(repository.bots).where(repository.bots.c.number == number).values(ended_at=ended))
            speakers = tuple(chance.sample(("Ada", "Zoë", "grace"), chance.randrange(3)))
            await pieces_repository.name_speakers(tx, number, speakers)
            kept.append((replace(bot, number=number, ended_at=ended), speakers))
    return kept


def text_of(bot: Bot, member: str) -> str | None:
    extra = bot.wish.extra
    return value_text(extra[member]) if isinstance(extra, dict) and member in extra else None


def expected(kept: Sequence[tuple[Bot, tuple[str, ...]]], query: BotQuery) -> list[int]:
    """What the list is to hold, in its order."""

    def fits(bot: Bot, speakers: Sequence[str]) -> bool:
        return (
            bot.owner_id == OWNER
            and all(text_of(bot, member) == value for member, value in query.extra_filters)
            and (query.bot_name or "").casefold() in bot.wish.bot_name.casefold()
            and (query.meeting_url or "").casefold() in bot.wish.meeting_url.casefold()
            and (query.created_after is None or bot.created_at >= query.created_after)
            and (query.created_before is None or bot.created_at <= query.created_before)
            and (query.ended_after is None or (bot.ended_at is not None and bot.ended_at >= query.ended_after))
            and (not query.speaker_name or any(query.speaker_name.casefold() in name.casefold() for name in speakers))
        )

    found = [bot for bot, speakers in kept if fits(bot, speakers)]
    found.sort(key=lambda bot: (bot.created_at, bot.number), reverse=True)
    if query.sort_extra:
        member, direction = query.sort_extra
        having = [bot for bot in found if text_of(bot, member) is not None]
        having.sort(key=lambda bot: (text_of(bot, member) or "")[:200], reverse=direction == "desc")
        if direction == "desc":  # a reversed sort turns equals around; the newest stay first
            having.sort(key=lambda bot: (bot.created_at, bot.number), reverse=True)
            having.sort(key=lambda bot: _inverted((text_of(bot, member) or "")[:200]))
        found = having + [bot for bot in found if text_of(bot, member) is None]
    return [bot.number for bot in found]


def _inverted(text: str) -> tuple[int, ...]:
    return (*(-ord(character) for character in text), 1)


def any_query(chance: random.Random) -> BotQuery:
    def maybe(share: float, value: Any) -> Any:
        return value if chance.random() < share else None

    def moment() -> datetime:
        return BEGIN + timedelta(seconds=chance.randrange(-5, 90))

    members = chance.sample(("team", "order", "only", "nowhere"), chance.choice((0, 0, 1, 1, 2)))
    return BotQuery(
        limit=chance.choice((3, 10, 50)),
        bot_name=maybe(0.2, chance.choice(("note", "GESPRÄCH", "%", "_", "ärger", "nothing"))),
        meeting_url=maybe(0.1, chance.choice(("MEET.", "/1", "%"))),
        created_after=maybe(0.2, moment()),
        created_before=maybe(0.2, moment()),
        ended_after=maybe(0.2, moment()),
        extra_filters=tuple((member, value_text(chance.choice(VALUES))) for member in members),
        sort_extra=maybe(0.5, (chance.choice(("team", "order", "nowhere")), chance.choice(("asc", "desc")))),
        speaker_name=maybe(0.1, chance.choice(("AD", "zoË", "e"))),
    )


async def walked(database: Database, query: BotQuery, *, pages_most: int = 200) -> list[list[int]]:
    """All pages of a list."""
    pages: list[list[int]] = []
    async with database.reading() as tx:
        while len(pages) < pages_most:
            found = await page(tx, OWNER, query)
            pages.append([bot.number for bot in found.bots])
            if found.next_cursor is None:
                return pages
            query = replace(query, cursor=found.next_cursor)
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("short", [False, True])
async def test_every_list_is_what_it_should_be(
    database: Database, monkeypatch: pytest.MonkeyPatch, short: bool
) -> None:
    """With the usual windows, and with tiny ones, where pages come back short and go on."""
    if short:
        for name, number in (("SCAN_MOST", 31), ("_FIRST_WINDOW", 3), ("_FEW", 2)):
            monkeypatch.setattr(listing_search, name, number)
    chance = random.Random(7)
    bots = [made(number, chance, OTHER if number % 7 == 0 else OWNER) for number in range(90)]
    kept = await stored(database, bots, chance)
    for _ in range(40):
        query = any_query(chance)
        pages = await walked(database, query)
        assert [number for found in pages for number in found] == expected(kept, query), query
        if not short:
            assert all(len(found) == query.limit for found in pages[:-1]), query


async def test_pages_fit_together_while_bots_are_added(database: Database) -> None:
    chance = random.Random(3)
    kept = await stored(database, [made(number, chance) for number in range(1, 60)], chance)
    for query in (BotQuery(limit=7), BotQuery(limit=7, sort_extra=("team", "desc"))):
        before, seen, cursor = expected(kept, query), [], None
        while True:
            async with database.reading() as tx:
                found = await page(tx, OWNER, replace(query, cursor=cursor))
            seen += [bot.number for bot in found.bots]
            kept += await stored(database, [made(number, chance) for number in range(1, 4)], chance)
            cursor = found.next_cursor
            if cursor is None:
                break
        assert [number for number in seen if number in set(before)] == before
        assert len(seen) == len(set(seen))


async def test_long_values_are_told_apart_and_texts_come_with_speakers(database: Database) -> None:
    chance = random.Random(1)
    bots = [replace(made(1, chance), wish=BotWish("https://a.example", "x", extra={"k": LONG + end})) for end in "ab"]
    kept = await stored(database, bots, chance)
    async with database.transaction() as tx:
        await pieces_repository.name_speakers(tx, kept[0][0].number, ("Zoë", "Ada"))
        found = await page(tx, OWNER, BotQuery(extra_filters=(("k", LONG + "a"),)))
        assert [bot.wish.extra for bot in found.bots] == [{"k": LONG + "a"}]
        assert found.speakers == {kept[0][0].number: ("Zoë", "Ada")}
        assert (await page(tx, OWNER, BotQuery(extra_filters=(("k", LONG),)))).bots == ()
        assert (await page(tx, OTHER, BotQuery())).bots == ()


async def test_the_overview_counts_from_the_newest(database: Database) -> None:
    chance = random.Random(2)
    kept = await stored(database, [made(number, chance) for number in range(30)], chance)
    all_of_them = expected(kept, BotQuery())
    async with database.reading() as tx:
        bots, more = await overview(tx, OWNER, OverviewQuery(limit=10, offset=5))
        assert ([bot.number for bot in bots], more) == (all_of_them[5:15], True)
        bots, more = await overview(tx, OWNER, OverviewQuery(limit=10, offset=20))
        assert ([bot.number for bot in bots], more) == (all_of_them[20:], False)
        one, _ = await overview(tx, OWNER, OverviewQuery(limit=5, ids=(kept[3][0].id,)))
        assert [bot.number for bot in one] == [kept[3][0].number]
        some, _ = await overview(tx, OWNER, OverviewQuery(limit=50, url_parts=("/1", "/2"), meeting_urls=()))
        assert {bot.wish.meeting_url[21] for bot in some} == {"1", "2"}
        exact, _ = await overview(tx, OWNER, OverviewQuery(limit=50, meeting_urls=("https://meet.example/1",)))
        assert [bot.wish.meeting_url for bot in exact] == ["https://Meet.example/1"]


def test_a_cursor_belongs_to_its_order() -> None:
    position = Position(7, BEGIN, "ü\U0001f600")
    cursor = cursor_of(position, "team:asc")
    assert cursor.isascii()
    assert position_of(cursor, "team:asc") == position
    assert position_of(cursor_of(Position(7, BEGIN), ""), "") == Position(7, BEGIN)
    for wrong, sort in (
        (cursor, ""),
        (cursor, "team:desc"),
        (cursor[:-2], "team:asc"),
        ("", ""),
        ("bnVsbA", ""),
        ("WyIiLC0xLCIyMDI2IixudWxsXQ", ""),
        ("W10", ""),
        ("é", ""),
        ("a" * 100_000, ""),
    ):
        with pytest.raises(MinutebookError) as raised:
            position_of(wrong, sort)
        assert raised.value.code == "cursor_invalid"


@pytest.mark.parametrize("limit", [0, PAGE_MOST + 1, -1])
async def test_pages_have_a_size(database: Database, limit: int) -> None:
    async with database.reading() as tx:
        with pytest.raises(MinutebookError) as raised:
            await page(tx, OWNER, BotQuery(limit=limit))
    assert raised.value.code == "limit_invalid"

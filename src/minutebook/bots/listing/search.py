"""The way through the indexes to one page of bots.

Candidates are read along an index in the list's own order, from where the last page ended (keyset). What the index does
not know (a part of a name, a second condition) is looked at bot by bot, in windows that grow while little is found.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.bots.listing.query import BotQuery, Direction, Position
from minutebook.bots.repository.bots import bot_extras, bot_speakers, bots
from minutebook.bots.search_keys import HEAD_CHARS, field_key
from minutebook.db.types import UtcDateTime
from minutebook.kit.text import folded

SCAN_MOST: Final = 50_000
"""Bots looked at for one page; beyond that it comes back short, with a cursor that goes on from there. Accounts with
fewer bots never see that. `bench/bot_listing.py` tells what looking at so many costs."""

_FIRST_WINDOW: Final = 400

_FEW: Final = 3_000
"""So many bots that meet a condition are sorted on the spot. Where more do, the sorted list is read and tested bot by
bot: at a million bots both ways cost the same here (a page is found among 3,700)."""

_BEFORE_ALL: Final = Position(2**31 - 1, datetime.max.replace(tzinfo=UTC))
"""Where bots without a member begin."""

Condition = tuple[str, str]
Candidates = Callable[[Position | None, int], Select[Any]]
"""Of a position and a number: at most so many bots beyond it, as rows (number, created_at, value), in order."""


class Search:
    """The search for one page of one owner's bots."""

    def __init__(self, tx: AsyncConnection, owner_id: str, query: BotQuery) -> None:
        self._tx = tx
        self._owner_id = owner_id
        self._query = query
        self._created_after = query.created_after
        self._looked = 0
        self._sort, self._direction = query.sort_extra or ("", "asc")

    async def positions(self, after: Position | None, want: int) -> tuple[list[Position], Position | None]:
        """The next `want` positions; and, where looking was given up before their end, the place to go on from."""
        if self._query.ended_after is not None:
            await self._narrow_to_ended(self._query.ended_after)
        filters = list(self._query.extra_filters)
        sorts = self._query.sort_extra is not None
        leading, meet = await self._rarest(filters) if filters and (sorts or len(filters) > 1) else (None, 0)
        if sorts and leading and meet <= _FEW:
            return await self._sorted_few(leading, after, want), None
        if sorts:
            return await self._sorted(filters, after, want)
        leading = leading or (filters[0] if filters else None)
        rest = [each for each in filters if each != leading]
        return await self._scan(self._newest(leading), Tests(self._owner_id, self._query, rest), after, want)

    async def _narrow_to_ended(self, moment: datetime) -> None:
        """Whoever asks what ended lately need not look at bots older than the oldest of those."""
        some = select(bots.c.created_at).where(bots.c.owner_id == self._owner_id, bots.c.ended_at >= moment)
        few = some.limit(_FEW + 1).subquery()
        oldest, count = (
            await self._tx.execute(select(func.min(few.c.created_at), func.count()).select_from(few))
        ).one()
        if 0 < count <= _FEW:
            self._created_after = max(self._created_after or oldest, oldest)

    async def _rarest(self, filters: Sequence[Condition]) -> tuple[Condition, int]:
        """The condition that fewest bots meet, and how many do; counting stops at one more than `_FEW`."""
        counts = []
        for each in filters:
            some = select(literal(1)).select_from(bot_extras).where(*self._meeting(each)).limit(_FEW + 1).subquery()
            counts.append((each, (await self._tx.execute(select(func.count()).select_from(some))).scalar_one()))
        return min(counts, key=lambda pair: pair[1])

    async def _sorted(
        self, filters: Sequence[Condition], after: Position | None, want: int
    ) -> tuple[list[Position], Position | None]:
        """Bots with the member in its order, then those without it."""
        found: list[Position] = []
        if after is None or after.value is not None:
            found, go_on = await self._scan(self._by_value, Tests(self._owner_id, self._query, filters), after, want)
            if go_on is not None or len(found) == want:
                return found, go_on
            after = _BEFORE_ALL
        tests = Tests(self._owner_id, self._query, filters, lacking=self._sort)
        rest, go_on = await self._scan(self._newest(None), tests, after, want - len(found))
        return [*found, *rest], go_on

    async def _scan(
        self, candidates: Candidates, tests: "Tests", after: Position | None, want: int
    ) -> tuple[list[Position], Position | None]:
        """Walk along the candidates and keep those that pass."""
        if tests.none:
            return await self._read(candidates(after, want)), None
        found: list[Position] = []
        while size := self._next_window(len(found), want):
            self._looked += size
            window = candidates(after, size).subquery()
            passing = _in_order(tests.applied(window), window.c, self._direction)
            found += await self._read(passing.limit(want - len(found)))
            if len(found) == want:
                return found, None
            last = await self._read(_in_order(select(window), window.c, self._direction).offset(size - 1).limit(1))
            if not last:
                return found, None
            after = last[0]
        return found, after

    def _next_window(self, found: int, want: int) -> int:
        """How many to look at next: half as many again as should hold what is missing, going by what was found so far,
        and at most four times as many as until now; 0 when it is enough."""
        most = max(4 * self._looked, _FIRST_WINDOW)
        guess = int(1.5 * (want - found) * self._looked / found) if found else most
        return min(max(guess, _FIRST_WINDOW), most, SCAN_MOST - self._looked)

    async def _sorted_few(self, leading: Condition, after: Position | None, want: int) -> list[Position]:
        """A sorted page of the few bots that meet a condition."""
        by, table = bot_extras.alias(), bot_extras.c
        meeting = (
            select(table.bot_number.label("number"), table.created_at, by.c.value_head.label("value"))
            .outerjoin(by, and_(by.c.bot_number == table.bot_number, by.c.field == field_key(self._sort)))
            .where(*self._meeting(leading), *self._created(table.created_at))
            .subquery()
        )
        others = [each for each in self._query.extra_filters if each != leading]
        few = Tests(self._owner_id, self._query, others).applied(meeting).subquery()
        beyond = [_beyond(after, few.c, self._direction)] if after else []
        return await self._read(_in_order(select(few).where(*beyond), few.c, self._direction).limit(want))

    async def _read(self, query: Select[Any]) -> list[Position]:
        return [Position(row.number, row.created_at, row.value) for row in await self._tx.execute(query)]

    def _newest(self, leading: Condition | None) -> Candidates:
        """All bots, or those that meet a condition, newest first."""
        if leading is None:
            number, created_at = bots.c.number, bots.c.created_at
            where: list[ColumnElement[bool]] = [bots.c.owner_id == self._owner_id]
        else:
            number, created_at = bot_extras.c.bot_number, bot_extras.c.created_at
            where = self._meeting(leading)
        where += self._created(created_at)
        chosen = select(number.label("number"), created_at.label("created_at"), cast(null(), Text).label("value"))

        def candidates(after: Position | None, most: int) -> Select[Any]:
            beyond = [_older(after, created_at, number)] if after else []
            return chosen.where(*where, *beyond).order_by(created_at.desc(), number.desc()).limit(most)

        return candidates

    def _by_value(self, after: Position | None, most: int) -> Select[Any]:
        """Bots that have the member to sort by, in its order: those left of the value that was reached, then those
        beyond it. Each of the two is one stretch of an index; one condition for both would not be."""
        table, descending = bot_extras.c, self._direction == "desc"
        where = [table.owner_id == self._owner_id, table.field == field_key(self._sort)]
        where += self._created(table.created_at)
        chosen = select(table.bot_number.label("number"), table.created_at, table.value_head.label("value"))

        def stretch(*beyond: ColumnElement[bool]) -> Select[Any]:
            value = table.value_head.desc() if descending else table.value_head
            ordered = chosen.where(*where, *beyond).order_by(value, table.created_at.desc(), table.bot_number.desc())
            return ordered.limit(most)

        if after is None or after.value is None:
            return stretch()
        same = stretch(table.value_head == after.value, _older(after, table.created_at, table.bot_number))
        further = stretch(table.value_head < after.value if descending else table.value_head > after.value)
        both = union_all(select(same.subquery()), select(further.subquery())).subquery()
        return _in_order(select(both), both.c, self._direction).limit(most)

    def _meeting(self, condition: Condition) -> list[ColumnElement[bool]]:
        return _meets(bot_extras, self._owner_id, condition)

    def _created(self, column: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
        after, before = self._created_after, self._query.created_before
        return [*([column >= after] if after else []), *([column <= before] if before else [])]


class Tests:
    """What has to be looked at bot by bot: conditions on `extra`, parts of texts, ends; `lacking` names a member that
    no bot may have."""

    def __init__(
        self, owner_id: str, query: BotQuery, filters: Sequence[Condition], lacking: str | None = None
    ) -> None:
        self._owner_id = owner_id
        self._filters = filters
        self._lacking = lacking
        self._speaker = query.speaker_name
        self._of_bot: list[ColumnElement[bool]] = []
        if query.bot_name:
            self._of_bot.append(bots.c.name_folded.contains(folded(query.bot_name), autoescape=True))
        if query.meeting_url:
            self._of_bot.append(bots.c.url_folded.contains(folded(query.meeting_url), autoescape=True))
        if query.ended_after:
            self._of_bot.append(bots.c.ended_at >= query.ended_after)

    @property
    def none(self) -> bool:
        """Whether every bot passes."""
        return not (self._of_bot or self._filters or self._lacking or self._speaker)

    def applied(self, window: Subquery) -> Select[Any]:
        """Those rows of a window whose bots pass. The bots themselves are read only where that is needed."""
        number = window.c.number
        where = [self._meets(window, condition) for condition in self._filters]
        if self._lacking:
            row = bot_extras.alias()
            where.append(~exists().where(row.c.bot_number == number, row.c.field == field_key(self._lacking)))
        if self._speaker:
            heard = bot_speakers.c.name_folded.contains(folded(self._speaker), autoescape=True)
            where.append(exists().where(bot_speakers.c.bot_number == number, heard))
        if self._of_bot:
            return select(window).join(bots, bots.c.number == number).where(*self._of_bot, *where)
        return select(window).where(*where)

    def _meets(self, window: Subquery, condition: Condition) -> ColumnElement[bool]:
        """By an entry of the index that the list of this condition is read along: they lie close together."""
        row = bot_extras.alias()
        # The sum keeps the databases from going by the primary key, which scatters what is read over the whole table.
        same = (row.c.created_at == window.c.created_at, row.c.bot_number + 0 == window.c.number)
        return exists().where(*_meets(row, self._owner_id, condition), *same)


def _meets(table: FromClause, owner_id: str, condition: Condition) -> list[ColumnElement[bool]]:
    """The rows of an owner's bots whose member has this value."""
    member, value = condition
    head = table.c.value_head == value[:HEAD_CHARS]
    where = [table.c.owner_id == owner_id, table.c.field == field_key(member), head]
    return [*where, table.c.value == value] if len(value) >= HEAD_CHARS else where


def _older(than: Position, created_at: ColumnElement[datetime], number: ColumnElement[int]) -> ColumnElement[bool]:
    place = tuple_(literal(than.created_at, UtcDateTime), literal(than.number, Integer))
    return tuple_(created_at, number) < place


def _beyond(after: Position, columns: Any, direction: Direction) -> ColumnElement[bool]:
    """Whether a bot stands beyond a position of a sorted list."""
    older = _older(after, columns.created_at, columns.number)
    if after.value is None:
        return and_(columns.value.is_(None), older)
    further = columns.value < after.value if direction == "desc" else columns.value > after.value
    return or_(further, and_(columns.value == after.value, older), columns.value.is_(None))


def _in_order(query: Select[Any], columns: Any, direction: Direction) -> Select[Any]:
    """Sorted as all lists are. Of lists that are not sorted by a member the values are all NULL."""
    value = columns.value.desc() if direction == "desc" else columns.value
    return query.order_by(columns.value.is_(None), value, columns.created_at.desc(), columns.number.desc())

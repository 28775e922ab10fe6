"""Sealing anew what is sealed in the database, when the installation has a newer key.

What is sealed says so by its name: columns called `sealed_…`, and members called so within JSON columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import JSON, Column, Table, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import Database, metadata
from minutebook.errors import MinutebookError
from minutebook.sealing import Sealing

PREFIX: Final = "sealed_"
AT_ONCE: Final = 200


@dataclass(slots=True)
class Resealed:
    """How many secrets were sealed anew, and how many no key opens: those were left as they are."""

    anew: int = 0
    unreadable: int = 0


async def reseal(db: Database, sealing: Sealing) -> Resealed:
    """Seal everything with the newest key, in small transactions; may be stopped and called again, also while the
    server runs."""
    done = Resealed()
    for table in metadata.sorted_tables:
        columns = [each for each in table.c if each.name.startswith(PREFIX) or isinstance(each.type, JSON)]
        after: tuple[Any, ...] | None = None
        while columns:
            async with db.transaction() as tx:
                after = await _some(tx, table, columns, after, sealing, done)
            if after is None:
                break
    return done


async def _some(
    tx: AsyncConnection,
    table: Table,
    columns: list[Column[Any]],
    after: tuple[Any, ...] | None,
    sealing: Sealing,
    done: Resealed,
) -> tuple[Any, ...] | None:
    """The next rows of a table, by its key; returns the last one's, None at the end."""
    keys = list(table.primary_key.columns)
    query = select(*keys, *columns).where(or_(*(each.is_not(None) for each in columns)))
    query = query.order_by(*keys).limit(AT_ONCE).with_for_update()
    query = query.where(tuple_(*keys) > after) if after is not None else query
    rows = (await tx.execute(query)).all()
    for row in rows:
        kept = {each.name: row._mapping[each] for each in columns}
        values = {name: _anew(name, value, sealing, done) for name, value in kept.items()}
        changed = {name: value for name, value in values.items() if value != kept[name]}
        if changed:
            mine = (each == row._mapping[each] for each in keys)
            await tx.execute(update(table).where(*mine).values(changed))
    return tuple(rows[-1]._mapping[each] for each in keys) if len(rows) == AT_ONCE else None


def _anew(name: str, value: Any, sealing: Sealing, done: Resealed) -> Any:
    if isinstance(value, Mapping):
        return {member: _anew(member, each, sealing, done) for member, each in value.items()}
    if isinstance(value, list):
        return [_anew("", each, sealing, done) for each in value]
    if not isinstance(value, str) or not name.startswith(PREFIX):
        return value
    try:
        sealed = sealing.resealed(value)
    except MinutebookError:
        done.unreadable += 1
        return value
    done.anew += sealed != value
    return sealed

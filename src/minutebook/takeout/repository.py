"""All SQL of takeouts."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.meetings.repository import meetings


async def meetings_after(tx: AsyncConnection, owner_id: str, after: str, limit: int) -> Sequence[str]:
    """The next meetings of this owner by id, trashed ones too."""
    query = select(meetings.c.id).where(meetings.c.owner_id == owner_id, meetings.c.id > after)
    return list(await tx.scalars(query.order_by(meetings.c.id).limit(limit)))

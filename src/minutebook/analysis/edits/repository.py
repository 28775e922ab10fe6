"""All SQL of the journal of edits. Rows are only ever added: an undo is a row that names the edit it takes back."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.edits.model import Edit, EditKind, change_from_json, change_to_json
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.kit.ids import new_id

edits = Table(
    "edits",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("report_id", String(36), ForeignKey("reports.id", ondelete="CASCADE"), nullable=False),
    Column("recording_id", String(36), nullable=False),
    Column("owner_id", String(36), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("undoes", String(36), unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("report_id", "position", name="uq_edits_report_id_position"),
    Index("ix_edits_recording_id", "recording_id"),
    Index("ix_edits_owner_id_kind_created_at", "owner_id", "kind", "created_at"),
)

_UNDO = "undo"
_undos = edits.alias("undos")


async def add(tx: AsyncConnection, edit: Edit) -> None:
    """Write an edit behind the others of its report, whose recording the caller has locked."""
    await _append(
        tx, edit, entry_id=edit.id, kind=edit.kind.value, payload=change_to_json(edit.change), at=edit.created_at
    )


async def undo(tx: AsyncConnection, edit: Edit, at: datetime) -> None:
    """Write that an edit is taken back."""
    await _append(tx, edit, entry_id=new_id(), kind=_UNDO, payload={}, at=at, undoes=edit.id)


async def of_reports(tx: AsyncConnection, report_ids: Sequence[str]) -> Mapping[str, list[Edit]]:
    """The edits of each of these reports, in their order; reports without any are not in the answer."""
    found: dict[str, list[Edit]] = {}
    for row in await tx.execute(_journal().where(edits.c.report_id.in_(report_ids))):
        found.setdefault(row.report_id, []).append(_edit(row))
    return found


async def of_recording(tx: AsyncConnection, recording_id: str) -> list[Edit]:
    """All edits of a recording's reports, by report, in their order."""
    return [_edit(row) for row in await tx.execute(_journal().where(edits.c.recording_id == recording_id))]


async def newest_words(tx: AsyncConnection, owner_id: str, at_most: int) -> list[Edit]:
    """An owner's newest edits of words that are in force, newest first."""
    query = _edits().where(edits.c.owner_id == owner_id, edits.c.kind == EditKind.WORDS.value, _undos.c.id.is_(None))
    newest_first = query.order_by(edits.c.created_at.desc(), edits.c.position.desc(), edits.c.id)
    return [_edit(row) for row in await tx.execute(newest_first.limit(at_most))]


async def _append(
    tx: AsyncConnection,
    edit: Edit,
    *,
    entry_id: str,
    kind: str,
    payload: Mapping[str, object],
    at: datetime,
    undoes: str | None = None,
) -> None:
    last = select(func.coalesce(func.max(edits.c.position), 0)).where(edits.c.report_id == edit.report_id)
    await tx.execute(
        insert(edits).values(
            id=entry_id,
            report_id=edit.report_id,
            recording_id=edit.recording_id,
            owner_id=edit.owner_id,
            position=(await tx.execute(last)).scalar_one() + 1,
            kind=kind,
            payload=payload,
            undoes=undoes,
            created_at=at,
        )
    )


def _edits() -> Select[tuple[object, ...]]:
    joined = edits.outerjoin(_undos, _undos.c.undoes == edits.c.id)
    return select(edits, _undos.c.created_at.label("undone_at")).select_from(joined).where(edits.c.kind != _UNDO)


def _journal() -> Select[tuple[object, ...]]:
    return _edits().order_by(edits.c.report_id, edits.c.position)


def _edit(row: Row[tuple[object, ...]]) -> Edit:
    return Edit(
        id=row.id,
        report_id=row.report_id,
        recording_id=row.recording_id,
        owner_id=row.owner_id,
        change=change_from_json(EditKind(row.kind), row.payload),
        created_at=row.created_at,
        undone_at=row.undone_at,
    )

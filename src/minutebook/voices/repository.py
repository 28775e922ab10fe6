"""All SQL of remembered voices. Their vectors are sealed text here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.voices.model import Consent, Remembered

remembered_voices = Table(
    "remembered_voices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("consent_said_by", Text, nullable=False),
    Column("consent_statement", Text, nullable=False),
    Column("consent_at", UtcDateTime, nullable=False),
    Column("sealed_vector", Text),
    Column("enrolments", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("problem", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

voice_enrolments = Table(
    "voice_enrolments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(36), ForeignKey("remembered_voices.id", ondelete="CASCADE"), nullable=False),
    Column("recording_id", String(36), ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False),
    Column("speaker_id", String(64), nullable=False),
    Column("learnt_at", UtcDateTime),
    UniqueConstraint("person_id", "recording_id", name="uq_voice_enrolments_person_id_recording_id"),
)
"""From which recordings a voice was learnt; without `learnt_at` it still is to be."""

voice_receipts = Table(
    "voice_receipts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("removed_at", UtcDateTime, nullable=False),
    Column("receipt", JSON, nullable=False),
    Index("ix_voice_receipts_owner_id_id", "owner_id", "id"),
)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A voice of a recording that a person is to be remembered by."""

    id: str
    person_id: str
    recording_id: str
    speaker_id: str
    learnt_at: datetime | None


async def of_owner(tx: AsyncConnection, owner_id: str) -> Sequence[Remembered]:
    """All people of this owner, the first one first."""
    query = select(remembered_voices).where(remembered_voices.c.owner_id == owner_id)
    return [_remembered(row) for row in await tx.execute(query.order_by(remembered_voices.c.id))]


async def load(tx: AsyncConnection, person_id: str, *, lock: bool = False) -> Remembered | None:
    """One person, if they are still remembered."""
    query = select(remembered_voices).where(remembered_voices.c.id == person_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return _remembered(row) if row is not None else None


async def sealed_vectors(tx: AsyncConnection, owner_id: str) -> Mapping[str, str]:
    """The sealed vectors of this owner's people, by person; of those who have one."""
    columns = remembered_voices.c
    query = select(columns.id, columns.sealed_vector).where(columns.owner_id == owner_id)
    return {row.id: row.sealed_vector for row in await tx.execute(query.where(columns.sealed_vector.is_not(None)))}


async def save(tx: AsyncConnection, person: Remembered) -> None:
    """Keep what is told of a person; the vector stays as it is."""
    consent = person.consent
    values = {
        "owner_id": person.owner_id,
        "name": person.name,
        "email": person.email,
        "consent_said_by": consent.said_by,
        "consent_statement": consent.statement,
        "consent_at": consent.at,
        "enrolments": person.enrolments,
        "seconds": person.seconds,
        "problem": person.problem,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
    }
    changed = await tx.execute(update(remembered_voices).where(remembered_voices.c.id == person.id).values(**values))
    if not changed.rowcount:
        await tx.execute(insert(remembered_voices).values(id=person.id, **values))


async def seal(tx: AsyncConnection, person_id: str, sealed_vector: str) -> None:
    """Keep a person's sealed vector in place of the one before."""
    await tx.execute(
        update(remembered_voices).where(remembered_voices.c.id == person_id).values(sealed_vector=sealed_vector)
    )


async def forget(tx: AsyncConnection, person_id: str) -> None:
    """Delete a person, with the vector and where it was learnt."""
    await tx.execute(delete(voice_enrolments).where(voice_enrolments.c.person_id == person_id))
    await tx.execute(delete(remembered_voices).where(remembered_voices.c.id == person_id))


async def still_remembered(tx: AsyncConnection, person_ids: Sequence[str]) -> set[str]:
    """Those of the people who are still remembered, and stay so until the transaction ends."""
    query = select(remembered_voices.c.id).where(remembered_voices.c.id.in_(person_ids))
    return set(await tx.scalars(query.with_for_update(read=True)))


async def ask_for(tx: AsyncConnection, enrolment: Enrolment) -> None:
    """Note that a voice is to be listened to; in place of another one of the same recording."""
    columns = voice_enrolments.c
    same = (columns.person_id == enrolment.person_id, columns.recording_id == enrolment.recording_id)
    await tx.execute(delete(voice_enrolments).where(*same))
    await tx.execute(
        insert(voice_enrolments).values(
            id=enrolment.id,
            person_id=enrolment.person_id,
            recording_id=enrolment.recording_id,
            speaker_id=enrolment.speaker_id,
            learnt_at=enrolment.learnt_at,
        )
    )


async def enrolment(tx: AsyncConnection, enrolment_id: str) -> Enrolment | None:
    """One enrolment, if it is still wanted."""
    row = (await tx.execute(select(voice_enrolments).where(voice_enrolments.c.id == enrolment_id))).one_or_none()
    return _enrolment(row) if row is not None else None


async def enrolments_of(tx: AsyncConnection, person_ids: Sequence[str]) -> Sequence[Enrolment]:
    """Where these people's voices were learnt, or are to be."""
    query = select(voice_enrolments).where(voice_enrolments.c.person_id.in_(person_ids))
    return [_enrolment(row) for row in await tx.execute(query.order_by(voice_enrolments.c.id))]


async def awaited(tx: AsyncConnection, enrolment_ids: Sequence[str]) -> set[str]:
    """Those of the enrolments that are still to be listened to."""
    query = select(voice_enrolments.c.id).where(voice_enrolments.c.id.in_(enrolment_ids))
    return set(await tx.scalars(query.where(voice_enrolments.c.learnt_at.is_(None))))


async def learnt(tx: AsyncConnection, enrolment_id: str, at: datetime) -> None:
    """Note that a voice was listened to."""
    await tx.execute(update(voice_enrolments).where(voice_enrolments.c.id == enrolment_id).values(learnt_at=at))


async def drop(tx: AsyncConnection, enrolment_id: str) -> None:
    """Note that a voice could not be listened to."""
    await tx.execute(delete(voice_enrolments).where(voice_enrolments.c.id == enrolment_id))


async def count_of(tx: AsyncConnection, owner_id: str) -> int:
    """How many people this owner has."""
    query = select(func.count()).select_from(remembered_voices).where(remembered_voices.c.owner_id == owner_id)
    return int((await tx.execute(query)).scalar_one())


async def keep_receipt(
    tx: AsyncConnection, receipt_id: str, owner_id: str, at: datetime, receipt: Mapping[str, object]
) -> None:
    """Keep a receipt."""
    values = {"id": receipt_id, "owner_id": owner_id, "removed_at": at, "receipt": receipt}
    await tx.execute(insert(voice_receipts).values(**values))


async def receipts_of(tx: AsyncConnection, owner_id: str, limit: int) -> Sequence[Mapping[str, Any]]:
    """What was forgotten of this owner's, the newest first."""
    query = select(voice_receipts.c.receipt).where(voice_receipts.c.owner_id == owner_id)
    return list(await tx.scalars(query.order_by(voice_receipts.c.id.desc()).limit(limit)))


def _remembered(row: Row[tuple[object, ...]]) -> Remembered:
    return Remembered(
        id=row.id,
        owner_id=row.owner_id,
        name=row.name,
        email=row.email,
        consent=Consent(row.consent_said_by, row.consent_statement, row.consent_at),
        enrolments=row.enrolments,
        seconds=row.seconds,
        created_at=row.created_at,
        updated_at=row.updated_at,
        problem=row.problem,
    )


def _enrolment(row: Row[tuple[object, ...]]) -> Enrolment:
    return Enrolment(row.id, row.person_id, row.recording_id, row.speaker_id, row.learnt_at)

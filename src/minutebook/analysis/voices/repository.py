"""All SQL of the names of voices: those that people gave, and those that the talk itself proposes."""

from collections.abc import Mapping, Sequence

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.voices.model import Proposal
from minutebook.db.database import metadata
from minutebook.language.model import Evidence

speaker_names = Table(
    "speaker_names",
    metadata,
    Column("report_id", String(36), ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("speaker_id", String(64), primary_key=True),
    Column("name", Text),
    Column("attendee_email", Text),
)
"""What people said of voices. A row without a name: somebody took the name away, and no proposal brings it back."""

name_proposals = Table(
    "name_proposals",
    metadata,
    Column("report_id", String(36), ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("speaker_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("attendee_email", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("assigned", Boolean, nullable=False),
    Column("evidence", JSON, nullable=False),
)


async def given_to(tx: AsyncConnection, report_id: str) -> Mapping[str, tuple[str | None, str | None]]:
    """What people said of the voices of a transcription: speaker → (name, attendee's e-mail)."""
    rows = await tx.execute(select(speaker_names).where(speaker_names.c.report_id == report_id))
    return {row.speaker_id: (row.name, row.attendee_email) for row in rows}


async def give(tx: AsyncConnection, report_id: str, speaker_id: str, name: str | None, email: str | None) -> None:
    """Keep what somebody says of a voice, in place of what was said before."""
    await tx.execute(
        delete(speaker_names).where(speaker_names.c.report_id == report_id, speaker_names.c.speaker_id == speaker_id)
    )
    values = {"report_id": report_id, "speaker_id": speaker_id, "name": name, "attendee_email": email}
    await tx.execute(insert(speaker_names).values(**values))


async def proposed_for(tx: AsyncConnection, report_id: str) -> Mapping[str, Proposal]:
    """What the talk says of the voices of a transcription, by speaker."""
    rows = await tx.execute(select(name_proposals).where(name_proposals.c.report_id == report_id))
    return {
        row.speaker_id: Proposal(
            speaker_id=row.speaker_id,
            name=row.name,
            attendee=row.attendee_email,
            confidence=row.confidence,
            assigned=row.assigned,
            evidence=tuple(Evidence(**each) for each in row.evidence),
        )
        for row in rows
    }


async def propose(tx: AsyncConnection, report_id: str, proposals: Sequence[Proposal]) -> None:
    """Keep what the talk says, in place of what it was found to say before."""
    await tx.execute(delete(name_proposals).where(name_proposals.c.report_id == report_id))
    if proposals:
        await tx.execute(insert(name_proposals), [_row(report_id, proposal) for proposal in proposals])


def _row(report_id: str, proposal: Proposal) -> dict[str, object]:
    return {
        "report_id": report_id,
        "speaker_id": proposal.speaker_id,
        "name": proposal.name,
        "attendee_email": proposal.attendee,
        "confidence": proposal.confidence,
        "assigned": proposal.assigned,
        "evidence": [
            {"start": e.start, "end": e.end, "speaker": e.speaker, "quote": e.quote} for e in proposal.evidence
        ],
    }

"""All SQL of the names of voices: those that people gave, those that the talk proposes, and whom voices sound like."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.voices.model import Guess, Proposal
from minutebook.db.database import metadata
from minutebook.language.model import Evidence
from minutebook.voices.model import Match
from minutebook.voices.repository import remembered_voices, still_remembered

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

voice_guesses = Table(
    "voice_guesses",
    metadata,
    Column("report_id", String(36), ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("speaker_id", String(64), primary_key=True),
    Column("person_id", String(36), ForeignKey("remembered_voices.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("likeness", Float, nullable=False),
    Column("sure", Boolean, nullable=False),
)
"""Voices that sound like a remembered one. They hold no name: that is the remembered person's, and goes with it."""


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


async def guessed_for(tx: AsyncConnection, report_id: str) -> Mapping[str, Guess]:
    """Whom the voices of a transcription sound like, by speaker."""
    person = remembered_voices.c
    query = select(voice_guesses, person.name, person.email, person.enrolments)
    query = query.join(remembered_voices, remembered_voices.c.id == voice_guesses.c.person_id)
    rows = await tx.execute(query.where(voice_guesses.c.report_id == report_id))
    return {
        row.speaker_id: Guess(
            row.speaker_id, row.person_id, row.name, row.email, row.likeness, row.sure, row.enrolments
        )
        for row in rows
    }


async def guess(tx: AsyncConnection, report_id: str, matches: Sequence[Match]) -> None:
    """Keep whom voices sound like, in place of what was found before; people who were forgotten meanwhile are left
    out."""
    await tx.execute(delete(voice_guesses).where(voice_guesses.c.report_id == report_id))
    there = await still_remembered(tx, [each.person_id for each in matches]) if matches else set()
    rows = [{"report_id": report_id, **asdict(each)} for each in matches if each.person_id in there]
    if rows:
        await tx.execute(insert(voice_guesses), rows)


async def withdraw(tx: AsyncConnection, person_id: str) -> Sequence[str]:
    """Take back every guess that a voice is this person's; returns the reports in which there was one."""
    query = select(voice_guesses.c.report_id).where(voice_guesses.c.person_id == person_id)
    found = list(await tx.scalars(query.distinct().order_by(voice_guesses.c.report_id)))
    await tx.execute(delete(voice_guesses).where(voice_guesses.c.person_id == person_id))
    return found


async def guessed_in(tx: AsyncConnection, person_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Where people were recognised: person and report."""
    query = select(voice_guesses.c.person_id, voice_guesses.c.report_id).distinct()
    rows = await tx.execute(query.where(voice_guesses.c.person_id.in_(person_ids)).order_by(voice_guesses.c.report_id))
    return [(row.person_id, row.report_id) for row in rows]


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

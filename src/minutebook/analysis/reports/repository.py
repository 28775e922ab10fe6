"""All SQL of reports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Update,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.model import (
    AnalysisType,
    Failure,
    Options,
    Progress,
    Report,
    ReportStatus,
    Waiting,
    sources_of,
)
from minutebook.analysis.reports.planner import Existing
from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.language.model import MeetingType
from minutebook.templates.model import section_from_json

RECENT = 20
"""So many transcriptions tell which languages an owner's meetings are held in."""

reports = Table(
    "reports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("recording_id", String(36), ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", String(36), nullable=False),
    Column("type", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("options", JSON, nullable=False),
    Column("fraction", Float, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("source_id", String(36)),
    Column("failure", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("waiting", JSON(none_as_null=True)),
    UniqueConstraint("recording_id", "type", "version", name="uq_reports_recording_id_type_version"),
)

contents = Table(
    "report_contents",
    metadata,
    Column("report_id", String(36), ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("content", Text, nullable=False),
)


async def add(tx: AsyncConnection, report: Report) -> None:
    """Store a new report's row."""
    await tx.execute(
        insert(reports).values(
            id=report.id,
            recording_id=report.recording_id,
            owner_id=report.owner_id,
            type=report.type.value,
            version=report.version,
            status=report.status.value,
            attempt=report.attempt,
            options=asdict(report.options),
            fraction=report.progress.fraction,
            progress={},
            facts=dict(report.facts),
            source_id=report.source_id,
            failure=None,
            waiting=None,
            created_at=report.created_at,
            updated_at=report.updated_at,
        )
    )


async def load(tx: AsyncConnection, report_id: str) -> Report | None:
    """One report, without its content."""
    row = (await tx.execute(select(reports).where(reports.c.id == report_id))).one_or_none()
    return _report(row) if row is not None else None


async def of_ids(tx: AsyncConnection, report_ids: Sequence[str]) -> Mapping[str, Report]:
    """These reports, by id, without their contents."""
    rows = await tx.execute(select(reports).where(reports.c.id.in_(report_ids)))
    return {row.id: _report(row) for row in rows}


async def of_recordings(tx: AsyncConnection, recording_ids: Sequence[str]) -> Sequence[Report]:
    """All reports of these recordings, by recording, type and version."""
    query = select(reports).where(reports.c.recording_id.in_(recording_ids))
    rows = await tx.execute(query.order_by(reports.c.recording_id, reports.c.type, reports.c.version))
    return [_report(row) for row in rows]


async def with_active_reports(tx: AsyncConnection) -> Sequence[str]:
    """The recordings of which some report is awaited, the oldest first."""
    active = [status.value for status in ReportStatus if status.is_active]
    query = select(reports.c.recording_id).where(reports.c.status.in_(active)).group_by(reports.c.recording_id)
    return list((await tx.scalars(query.order_by(reports.c.recording_id))).all())


async def processing_of(tx: AsyncConnection, report_ids: Sequence[str]) -> frozenset[str]:
    """Those of the reports that are being worked on."""
    query = select(reports.c.id).where(reports.c.id.in_(report_ids))
    return frozenset(await tx.scalars(query.where(reports.c.status == ReportStatus.PROCESSING.value)))


async def move(
    tx: AsyncConnection, report_id: str, attempt: int, to: ReportStatus, at: datetime, /, **columns: object
) -> bool:
    """Take a report to another state, if the table of transitions allows it from where it stands and this attempt is
    still the current one. The only place where a state is written; False means that nothing was changed."""
    statement = update(reports).where(
        reports.c.id == report_id,
        reports.c.attempt == attempt,
        reports.c.status.in_([status.value for status in sources_of(to)]),
    )
    values = {"status": to.value, "updated_at": at, "waiting": None, **columns}
    return (await tx.execute(statement.values(**values))).rowcount == 1


async def set_progress(tx: AsyncConnection, report_id: str, attempt: int, progress: Progress, at: datetime) -> bool:
    """Keep how far the work has come; False when this attempt is not the one being worked on."""
    values = {"fraction": progress.fraction, "progress": progress_json(progress), "updated_at": at}
    return (await tx.execute(_at_work(report_id, attempt).values(**values))).rowcount == 1


async def set_waiting(tx: AsyncConnection, report_id: str, attempt: int, waiting: Waiting | None, at: datetime) -> None:
    """Keep what holds the work up, or that nothing does any more."""
    kept = waiting and {"code": waiting.code, "message": waiting.message, "since": waiting.since.isoformat()}
    await tx.execute(_at_work(report_id, attempt).values(waiting=kept, updated_at=at))


def _at_work(report_id: str, attempt: int) -> Update:
    return update(reports).where(
        reports.c.id == report_id,
        reports.c.attempt == attempt,
        reports.c.status == ReportStatus.PROCESSING.value,
    )


def progress_json(progress: Progress) -> dict[str, object]:
    """What is kept besides the fraction."""
    return {"stage": progress.stage, "done_s": progress.done_s, "total_s": progress.total_s}


async def save_content(tx: AsyncConnection, report_id: str, content: str) -> None:
    """Keep a completed report's machine output; it is never changed afterwards."""
    await tx.execute(insert(contents).values(report_id=report_id, content=content))


async def contents_of(tx: AsyncConnection, report_ids: Sequence[str]) -> Mapping[str, str]:
    """The machine output of reports, by report."""
    rows = await tx.execute(select(contents).where(contents.c.report_id.in_(report_ids)))
    return {row.report_id: row.content for row in rows}


async def remove_of(tx: AsyncConnection, recording_id: str) -> Sequence[Report]:
    """Delete all reports of a recording with their contents and names; returns what they were."""
    removed = await of_recordings(tx, [recording_id])
    await tx.execute(delete(reports).where(reports.c.recording_id == recording_id))
    return removed


def inventory(found: Sequence[Report]) -> dict[AnalysisType, Existing]:
    """What is there of each type; `found` holds the reports of one recording, versions ascending."""
    existing: dict[AnalysisType, Existing] = {}
    for report in found:
        before = existing.get(report.type)
        completed = report.status is ReportStatus.COMPLETED or (before is not None and before.has_completed)
        existing[report.type] = Existing(report.version, report.status, completed)
    return existing


def _options(kept: Mapping[str, Any]) -> Options:
    # Reports that are older than templates have no sections, those older than providers no provider.
    return Options(
        instruction=kept["instruction"],
        meeting_type=MeetingType(kept["meeting_type"]),
        language=kept["language"],
        sections=tuple(map(section_from_json, kept.get("sections", ()))),
        num_speakers=kept.get("num_speakers"),
        provider=kept.get("provider", ""),
        sealed_api_key=kept.get("sealed_api_key"),
        provider_parameters=kept.get("provider_parameters", {}),
    )


def _waiting(kept: Mapping[str, str]) -> Waiting:
    return Waiting(kept["code"], kept["message"], datetime.fromisoformat(kept["since"]))


def _report(row: Row[tuple[object, ...]]) -> Report:
    return Report(
        id=row.id,
        recording_id=row.recording_id,
        owner_id=row.owner_id,
        type=AnalysisType(row.type),
        version=row.version,
        status=ReportStatus(row.status),
        attempt=row.attempt,
        options=_options(row.options),
        progress=Progress(row.fraction, **row.progress),
        created_at=row.created_at,
        updated_at=row.updated_at,
        failure=Failure(**row.failure) if row.failure else None,
        waiting=_waiting(row.waiting) if row.waiting else None,
        source_id=row.source_id,
        facts=row.facts,
    )


async def usual_languages(tx: AsyncConnection, owner_id: str) -> set[str]:
    """The languages of an owner's recordings: those of at least two of the newest `RECENT` transcriptions, so that one
    recording that was taken for something else does not count."""
    query = select(reports.c.facts).where(
        reports.c.owner_id == owner_id,
        reports.c.type == AnalysisType.TRANSCRIPTION.value,
        reports.c.status == ReportStatus.COMPLETED.value,
    )
    rows = await tx.execute(query.order_by(reports.c.created_at.desc(), reports.c.id.desc()).limit(RECENT))
    times = Counter(row.facts.get("language") for row in rows)
    return {language for language, count in times.items() if language and count > 1}

"""What reports tell the rest: kinds of event, each with the report as its subject."""

from minutebook.analysis.model import Report
from minutebook.db.events import Event

COMPLETED = "report.completed"
FAILED = "report.failed"
SPEAKERS_NAMED = "speakers.named"
"""Somebody gave voices names; the subject is the transcription whose voices they are."""
SPEAKERS_PROPOSED = "speakers.proposed"
"""The talk of a finished transcription was looked at again for who its voices are; the subject is that report."""
CORRECTED = "report.corrected"
"""Somebody corrected a transcript or a note, or took a correction back; the subject is the report."""


def corrected_event(report_id: str, recording_id: str, owner_id: str) -> Event:
    """An event about a corrected report."""
    return Event(CORRECTED, owner_id, report_id, {"recording_id": recording_id})


def proposed_event(report_id: str, recording_id: str, owner_id: str) -> Event:
    """An event about a transcription whose voices may have other names now."""
    return Event(SPEAKERS_PROPOSED, owner_id, report_id, {"recording_id": recording_id})


def report_event(kind: str, report: Report) -> Event:
    """An event about this report."""
    payload = {"recording_id": report.recording_id, "analysis_type": report.type.value, "version": report.version}
    return Event(kind=kind, owner_id=report.owner_id, subject_id=report.id, payload=payload)

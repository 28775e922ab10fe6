"""Waiting for results as the protocol asks for it: first after 5 s, then every 5 s, at most 60 times."""

# ruff: noqa: N818  (errors are named as in `errors`)

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from minutebook.client.errors import PaxsError, StillRunning
from minutebook.client.model import AnalysisType, Report
from minutebook.client.protocol import operations
from minutebook.client.sending.steps import Pause, Steps

Reports = Mapping[AnalysisType, Report]
OnReports = Callable[[Reports], None]
AUTOMATIC = (AnalysisType.TRANSCRIPTION, AnalysisType.MEETING_NOTE)
"""What an upload starts by itself."""


@dataclass(frozen=True, slots=True)
class Polling:
    """When results are asked for."""

    first_s: float = 5.0
    every_s: float = 5.0
    at_most: int = 60

    @classmethod
    def lasting(cls, seconds: float) -> "Polling":
        """The contract's rhythm for another length of time."""
        return cls(at_most=max(1, int(seconds / cls().every_s)))


CONTRACT = Polling()


class AnalysisFailed(PaxsError):
    """The server reports that an analysis failed; `report` holds its error's details."""

    default_code = "analysis_failed"

    def __init__(self, report: Report) -> None:
        reason = report.error.message if report.error else "The server gave no reason."
        super().__init__(
            f"The {report.analysis_type} failed: {reason}", code=report.error.code if report.error else None
        )
        self.report = report


class TranscriptionFailed(AnalysisFailed):
    """The one that everything else depends on: upload the recording again, on the same meeting."""

    default_code = "transcription_failed"


def settle(
    recording_id: str,
    session_id: str,
    types: Iterable[AnalysisType] = AUTOMATIC,
    polling: Polling = CONTRACT,
    on_reports: OnReports | None = None,
) -> Steps[Reports]:
    """Wait until every wanted report is completed or failed; a failed transcription settles all that depend on it.

    Raises `StillRunning` after the last poll.
    """
    wanted = tuple(types)
    for poll in range(polling.at_most):
        yield Pause(polling.every_s if poll else polling.first_s)
        newest = newest_of((yield operations.reports(recording_id, session_id)))
        if on_reports:
            on_reports(newest)
        if is_settled(newest, wanted):
            return newest
    raise StillRunning(f"The results are not ready after {polling.at_most} polls; the server goes on working on them.")


def newest_of(reports: Iterable[Report]) -> Reports:
    """The highest version of each type."""
    newest: dict[AnalysisType, Report] = {}
    for report in reports:
        known = newest.get(report.analysis_type)
        if known is None or report.version >= known.version:
            newest[report.analysis_type] = report
    return newest


def is_settled(newest: Reports, wanted: Iterable[AnalysisType]) -> bool:
    """Whether nothing that is wanted is still to come."""
    transcription = newest.get(AnalysisType.TRANSCRIPTION)
    if transcription is not None and transcription.failed:
        return True
    return all(type in newest and newest[type].status.settled for type in wanted)


def demanding(steps: Steps[Reports], types: Iterable[AnalysisType]) -> Steps[Reports]:
    """The same wait, with a failed report as an error."""
    newest = yield from steps
    for type in (AnalysisType.TRANSCRIPTION, *types):
        if type in newest and newest[type].failed:
            raise failure_of(newest[type])
    return newest


def failure_of(report: Report) -> AnalysisFailed:
    """The error that a failed report stands for."""
    kind = TranscriptionFailed if report.analysis_type is AnalysisType.TRANSCRIPTION else AnalysisFailed
    return kind(report)

"""`analyze`: ask for results of a meeting's recording."""

from collections.abc import Sequence
from enum import StrEnum

import typer

from minutebook.cli.exits import FAILED, stderr
from minutebook.cli.remote.bars import WorkBars
from minutebook.cli.remote.connection import (
    AsJson,
    MeetingName,
    Server,
    TokenFile,
    connect,
    find_meeting,
    recording_of,
)
from minutebook.cli.remote.output import print_json, report_view, stdout
from minutebook.client import AnalysisFailed, AnalysisType, Meeting, Paxs, Polling, Report


class Kind(StrEnum):
    """Types of analysis, as they are written on the command line."""

    TRANSCRIPTION = "transcription"
    MEETING_NOTE = "meeting_note"
    KEY_POINTS = "key_points"
    SENTIMENT = "sentiment"

    @property
    def type(self) -> AnalysisType:
        """The protocol's name."""
        return AnalysisType[self.name]


class MeetingKind(StrEnum):
    """What sort of meeting it was; shapes the note."""

    GROUP = "group"
    TEAM = "team"
    DEPARTMENT = "department"
    CROSS_FUNCTIONAL = "cross_functional"
    ORGANIZATION = "organization"
    COMPANY = "company"


def analyze(
    meeting: MeetingName,
    kind: list[Kind] = typer.Option(..., "--type", "-t", help="What to make of it; repeatable."),
    instruction: str | None = typer.Option(None, "--instruction", help="What the meeting note should look at."),
    meeting_type: MeetingKind | None = typer.Option(None, "--meeting-type", help="Shapes the meeting note."),
    wait: float = typer.Option(5.0, "--wait", min=0.0, help="Minutes to wait for the results; 0 does not wait."),
    server: Server = None,
    tokens: TokenFile = None,
    json: AsJson = False,
) -> None:
    """Ask for analyses of a meeting, and show them when they are ready."""
    types = list(dict.fromkeys(one.type for one in kind))
    with connect(server, tokens) as paxs:
        found = find_meeting(paxs, meeting)
        recording_id = recording_of(found)
        reports = paxs.analysis.request(
            recording_id,
            found.id,
            types,
            instruction=instruction,
            meeting_type=meeting_type.value if meeting_type else None,
        )
        if wait:
            reports = _awaited(paxs, found, types, wait)
    if json:
        print_json(reports)
        return
    for report in reports:
        stdout.print(report_view(report) if report.completed else f"{report.analysis_type}: {report.status}")


def _awaited(paxs: Paxs, meeting: Meeting, types: Sequence[AnalysisType], minutes: float) -> tuple[Report, ...]:
    bars = WorkBars(stderr)
    try:
        with bars.progress:
            newest = paxs.analysis.wait_for(
                recording_of(meeting),
                meeting.id,
                types,
                polling=Polling.lasting(minutes * 60),
                on_reports=lambda seen: bars.show(tuple(seen.values())),
            )
    except AnalysisFailed as failure:
        stderr.print(failure.message, markup=False)
        raise typer.Exit(FAILED) from None
    return tuple(newest[type] for type in types)

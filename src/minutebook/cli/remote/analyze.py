"""`analyze`: ask for results of a meeting's recording."""

from collections.abc import Mapping, Sequence

import typer

from minutebook.cli.console import stderr, stdout
from minutebook.cli.exits import FAILED
from minutebook.cli.remote.connection import (
    AsJson,
    DataDir,
    Local,
    MeetingName,
    Server,
    TokenFile,
    connect,
    find_meeting,
    recording_of,
)
from minutebook.cli.remote.kinds import Kind, MeetingKind
from minutebook.cli.remote.output import HEADINGS, print_json, report_view, waiting_line
from minutebook.cli.stages import Stages
from minutebook.client import AnalysisFailed, AnalysisType, Meeting, Paxs, Polling, Report


def analyze(
    meeting: MeetingName,
    kind: list[Kind] = typer.Option(..., "--type", "-t", help="What to make of it; repeatable."),
    instruction: str | None = typer.Option(None, "--instruction", help="What the meeting note should look at."),
    template: str | None = typer.Option(None, "--template", help="Note template, by name or id (Minutebook servers)."),
    meeting_type: MeetingKind | None = typer.Option(None, "--meeting-type", help="Shapes the meeting note."),
    wait: float = typer.Option(5.0, "--wait", min=0.0, help="Minutes to wait for the results; 0 does not wait."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Ask for analyses of a meeting, and show them when they are ready."""
    types = list(dict.fromkeys(one.type for one in kind))
    with connect(server, tokens, local, data_dir, working=bool(wait)) as paxs:
        found = find_meeting(paxs, meeting)
        recording_id = recording_of(found)
        reports = paxs.analysis.request(
            recording_id,
            found.id,
            types,
            instruction=instruction,
            meeting_type=meeting_type.value if meeting_type else None,
            template=template,
        )
        if wait:
            reports = _awaited(paxs, found, types, wait)
    if json:
        print_json(reports)
        return
    for report in reports:
        stdout.print(
            report_view(report)
            if report.completed
            else waiting_line(report) or f"{report.analysis_type}: {report.status}"
        )


def _awaited(paxs: Paxs, meeting: Meeting, types: Sequence[AnalysisType], minutes: float) -> tuple[Report, ...]:
    with Stages(stderr) as stages:

        def show(seen: Mapping[AnalysisType, Report]) -> None:
            for report in seen.values():
                stages.move(HEADINGS[report.analysis_type], 1.0 if report.completed else report.progress or 0.0)

        try:
            polling = Polling.lasting(minutes * 60)
            newest = paxs.analysis.wait_for(recording_of(meeting), meeting.id, types, polling=polling, on_reports=show)
        except AnalysisFailed as failure:
            stderr.print(failure.message)
            raise typer.Exit(FAILED) from None
    return tuple(newest[type] for type in types)

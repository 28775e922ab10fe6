"""What remote commands print: titles, people, times, results; JSON when asked for. Never a token."""

import dataclasses
import json
import re
import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from minutebook.cli.console import indented, stdout
from minutebook.cli.show import clock
from minutebook.client import AnalysisType, Meeting, PaxsError, Report
from minutebook.kit.no_address import written_address

_PLACE = re.compile(r"\[([^\]]+)\]\(#[^)]*\)")
"""A link to a place of the recording: a terminal has nowhere to go to."""

HEADINGS = {
    AnalysisType.TRANSCRIPTION: "Transcript",
    AnalysisType.MEETING_NOTE: "Meeting note",
    AnalysisType.KEY_POINTS: "Key points",
    AnalysisType.SENTIMENT: "Sentiment",
}


def waiting_line(report: Report) -> str:
    """What a report waits for and since when, as a line; empty while nothing holds it up."""
    if report.waiting is None:
        return ""
    since = f" since {report.waiting.since.astimezone():%H:%M}" if report.waiting.since else ""
    return f"{HEADINGS[report.analysis_type]} waits{since}: {report.waiting.message}"


def as_json(value: object) -> Any:
    """A result as JSON data; a report's content is decoded."""
    if isinstance(value, PaxsError):
        return {"code": value.code, "message": value.message, "request_id": value.request_id}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_json(_fields(value))
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return _scalar(value)


def _fields(value: Any) -> dict[str, object]:
    plain = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Report):
        del plain["report_content"]
        plain["content"] = value.content if value.completed else None
    return plain


def _scalar(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case Path():
            return str(value)
    return value


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(as_json(value), ensure_ascii=False, indent=2) + "\n")


def when(moment: datetime | None) -> str:
    """A moment in the reader's own time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def meeting_card(meeting: Meeting) -> RenderableType:
    """Title, time, people, status."""
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(style="dim")
    table.add_column()
    written = ((who.display_name, written_address(who.email)) for who in meeting.attendees)
    people = ", ".join(f"{name} <{address}>" if address else name for name, address in written)
    recording = meeting.recording
    length = f" ({clock(recording.duration_s)})" if recording and recording.duration_s else ""
    rows = {
        "Title": Text(meeting.title, style="bold"),
        "About": Text(meeting.description or ""),
        "When": Text(when(meeting.created_at)),
        "People": Text(people),
        "Status": Text(meeting.status or ""),
        "Recording": Text(f"{recording.filename}{length}" if recording else ""),
    }
    for name, text in rows.items():
        if text.plain:
            table.add_row(name, text)
    return table


def report_view(report: Report) -> RenderableType:
    """A completed report under its heading."""
    heading = Text(HEADINGS[report.analysis_type], style="bold")
    return Group(Text(), heading, indented(_content(report), 2))


def _content(report: Report) -> RenderableType:
    match report.analysis_type:
        case AnalysisType.TRANSCRIPTION:
            return _transcript(report)
        case AnalysisType.MEETING_NOTE:
            return _note(report.markdown)
        case AnalysisType.KEY_POINTS:
            return Group(*(Text(f"• {point}") for point in report.key_points))
        case AnalysisType.SENTIMENT:
            return _sentiment(report)


def _note(markdown: str) -> RenderableType:
    """The note below its first heading, since it stands under one here: laid out on a terminal, elsewhere as it is."""
    first, _, rest = markdown.lstrip().partition("\n")
    text = _PLACE.sub(r"\1", rest if first.startswith("# ") else markdown)
    if not stdout.is_terminal:
        return Text(text.strip("\n"))
    from rich.markdown import Markdown

    return Markdown(text)


def _transcript(report: Report) -> RenderableType:
    transcription = report.transcription
    lines = [Text(transcription.summary)] if transcription.summary else []
    lines += [
        Text(f"{speaker.name}  {clock(speaker.talk_time_s)}" if speaker.talk_time_s is not None else speaker.name)
        for speaker in transcription.speakers
    ]
    return Group(*lines)


def _sentiment(report: Report) -> RenderableType:
    moods = [("Overall", report.content.get("overall") or {})]
    moods += [
        (str(mood.get("name") or mood.get("speaker") or ""), mood) for mood in report.content.get("by_speaker") or ()
    ]
    return Group(*(Text(f"{name}: {mood.get('label', 'unknown')}") for name, mood in moods))

"""What remote commands print: titles, people, times, results; JSON when asked for. Never a token."""

import dataclasses
import json
import re
import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from minutebook.cli.show import clock
from minutebook.client import AnalysisType, Meeting, PaxsError, Report
from minutebook.kit.no_address import written_address

stdout = Console(highlight=False)
PIPED_CHARS = 1000

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


def print_table(table: Table) -> None:
    """A table as wide as the terminal; where there is none, as wide as what it holds: nothing is cut there."""
    stdout.print(table, width=None if stdout.is_terminal else PIPED_CHARS, crop=False, no_wrap=not stdout.is_terminal)


def print_line(name: str, said: str) -> None:
    """What is said under a name: on a terminal wrapped between words and indented behind it, below a long name where
    little room is left; elsewhere in one line."""
    if not stdout.is_terminal:
        stdout.print(Text(f"{name}  {said}"), soft_wrap=True)
        return
    behind = len(name) + 2
    if len(name) + 2 + len(said) > stdout.width and behind > stdout.width // 3:
        stdout.print(Text(name, style="dim"))
        stdout.print(Padding(Text(said), (0, 0, 0, 4)))
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(name), Text(said))
    stdout.print(table)


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
    return Group(Text(), heading, Padding(_content(report), (0, 0, 0, 2)))


def _content(report: Report) -> RenderableType:
    match report.analysis_type:
        case AnalysisType.TRANSCRIPTION:
            return _transcript(report)
        case AnalysisType.MEETING_NOTE:
            return Markdown(_PLACE.sub(r"\1", _without_heading(report.markdown)))
        case AnalysisType.KEY_POINTS:
            return Group(*(Text(f"• {point}") for point in report.key_points))
        case AnalysisType.SENTIMENT:
            return _sentiment(report)


def _without_heading(markdown: str) -> str:
    """The note below its first heading: it stands under one here."""
    first, _, rest = markdown.lstrip().partition("\n")
    return rest if first.startswith("# ") else markdown


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

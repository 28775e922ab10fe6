"""Results on the terminal, from the contract's JSON, so that local and remote results look the same."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from minutebook.transcript import render
from minutebook.transcript.model import Transcript

Content = Mapping[str, Any]

MOOD_STYLE = {"negative": "red", "positive": "green", "mixed": "yellow", "neutral": "dim"}


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from one hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class TranscriptView:
    """Who said what when."""

    def __init__(self, content: Content) -> None:
        self._transcript = content["content"]["transcription"]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names = {speaker["id"]: speaker["name"] for speaker in self._transcript["speakers"]}
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        table.add_column(style="dim", justify="right", no_wrap=True)
        table.add_column(style="bold cyan", no_wrap=True)
        table.add_column(ratio=1)
        for segment in self._transcript["segments"]:
            name = names.get(segment["speaker"], segment["speaker"])
            table.add_row(clock(segment["start"]), Text(name), Text(segment["text"]))
        yield table
        for notice in self._transcript.get("notices", ()):
            yield Text(notice, style="yellow")


class KeyPointsView:
    """The sentences worth remembering."""

    def __init__(self, content: Content) -> None:
        self._points = content["key_points"]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
        table.add_column(style="dim", justify="right", no_wrap=True)
        table.add_column(ratio=1)
        for point in self._points:
            start = point["evidence"][0]["start"] if point["evidence"] else 0.0
            table.add_row(clock(start), Text(point["text"]))
        yield table


class SentimentView:
    """The mood overall and by speaker."""

    def __init__(self, content: Content) -> None:
        self._sentiment = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        overall = self._sentiment["overall"]
        rows = [("Overall", overall)]
        rows += [(mood.get("name") or mood["speaker"], mood) for mood in self._sentiment["by_speaker"]]
        for name, mood in rows:
            label = Text(mood["label"], style=MOOD_STYLE.get(mood["label"], ""))
            table.add_row(Text(name), label, f"{mood['score']:+.2f}")
        yield table


VIEWS: dict[str, tuple[str, Callable[[Content], Any]]] = {
    "transcription": ("Transcript", TranscriptView),
    "meeting note": ("Meeting note", lambda content: Markdown(content["markdown"])),
    "key_points": ("Key points", KeyPointsView),
    "sentiment": ("Sentiment", SentimentView),
}
"""How each analysis type is shown: heading and view."""


def show_report(console: Console, analysis_type: str, content: Content) -> None:
    """Print one completed report under its heading."""
    heading, view = VIEWS[analysis_type]
    console.print()
    console.rule(f"[bold]{heading}", align="left")
    console.print(Padding(view(content), (0, 0, 0, 2)))


def _transcript_json(transcript: Transcript) -> str:
    return json.dumps(render.content(transcript), ensure_ascii=False, indent=2)


EXPORTS: dict[str, Callable[[Transcript], str]] = {
    "json": _transcript_json,
    "txt": render.txt,
    "srt": render.srt,
    "vtt": render.vtt,
    "md": render.markdown,
}
"""A transcript as text, by file extension. JSON is the contract's `content.transcription` object."""

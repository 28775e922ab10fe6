"""What is seen of recordings on their way to results."""

from contextlib import ExitStack

from rich.console import Console

from minutebook.cli.console import stdout
from minutebook.cli.remote.output import HEADINGS, report_view, waiting_line
from minutebook.cli.stages import Stages
from minutebook.client import Report
from minutebook.client.one_shot.happenings import (
    Completed,
    Happening,
    MeetingReady,
    Polled,
    Retrying,
    Started,
    Transferred,
    Uploaded,
)


class Screen:
    """Follows a run: a line for each stage on `console`, and each result once, on standard output unless `quiet`."""

    def __init__(self, console: Console, quiet: bool, place: str) -> None:
        self._console, self._quiet, self._place = console, quiet, place
        self._stack = ExitStack()
        self._stages: Stages | None = None
        self._file = ""
        self._title = ""
        self._held_up: dict[str, str] = {}

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *ending: object) -> None:
        self._stack.close()

    def farewell(self) -> str:
        """What to say when the user stops the run."""
        if not self._title:
            return "Stopped before anything was created."
        return f"Stopped. The meeting “{self._title}” stays {self._place}: run the same command again and it is reused."

    def tell(self, happening: Happening) -> None:
        """Show one thing that happened."""
        match happening:
            case Started():
                self._begin(happening)
            case MeetingReady():
                self._title = happening.meeting.title
                self._say(f"{'Going on with' if happening.reused else 'Created'} the meeting “{self._title}”")
            case Transferred():
                self._move(f"Uploading {self._file}", happening.sent / happening.total if happening.total else 1.0)
            case Uploaded():
                self._clear()
                self._say("Uploaded; transcription and note have begun")
            case Polled():
                for report in happening.reports:
                    self._follow(report)
            case Completed() if not self._quiet:
                self._pause()  # results go to standard output, which may be the same terminal
                stdout.print(report_view(happening.report))
            case Retrying():
                self._clear()
                self._say(f"{happening.reason} Trying again ({happening.attempt} of {happening.of})")

    def _begin(self, started: Started) -> None:
        self._clear()
        self._file, self._title = started.source.name, ""
        if not self._quiet and started.count > 1:
            stdout.heading(f"{started.source.name} ({started.index} of {started.count})")

    def _follow(self, report: Report) -> None:
        held_up = waiting_line(report)
        if held_up != self._held_up.get(report.id, ""):
            self._held_up[report.id] = held_up
            self._clear()
            self._say(held_up or f"{HEADINGS[report.analysis_type]} goes on")
        done = 1.0 if report.completed else report.progress or 0.0
        if done:  # what waits for something else has no line yet
            self._move(HEADINGS[report.analysis_type], done)

    def _move(self, stage: str, done: float) -> None:
        if self._stages is None:
            self._stages = Stages(self._console)
        if self._console.is_terminal and not self._shown:
            self._stack.enter_context(self._stages)
            self._shown = True
        self._stages.move(stage, done)

    _shown = False

    def _pause(self) -> None:
        """Take bars from the terminal; what follows brings them back."""
        if self._shown:
            self._clear()

    def _clear(self) -> None:
        self._stack.close()
        self._stages, self._shown = None, False

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, style="dim")

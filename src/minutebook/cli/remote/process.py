"""`process … --server URL`: recordings to results on a PAXS server."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import typer
from rich.console import Console
from rich.progress import Progress

from minutebook.cli.exits import EXIT_CODES, FAILED, INTERRUPTED, stderr
from minutebook.cli.remote.bars import WorkBars, transfer_bar
from minutebook.cli.remote.connection import connect, ledger_folder
from minutebook.cli.remote.output import print_json, report_view, stdout
from minutebook.client import AnalysisFailed, AnalysisType, Attendee, FileLedger, FileResult, Polling, Wishes
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


def process_remote(
    files: Sequence[str],
    attendees: Sequence[tuple[str, str]],
    server: str | None,
    tokens: Path | None = None,
    json: bool = False,
    *,
    title: str | None = None,
    types: Sequence[str] = ("key_points", "sentiment"),
    instruction: str | None = None,
    meeting_type: str | None = None,
    retry: Literal["upload", "analysis"] = "upload",
    wait_minutes: float = 5.0,
) -> None:
    """Process paths and URLs on a server and show each result as it completes, grouped by file.

    `attendees` are (display name, e-mail) pairs, `types` the protocol's names of what is wanted besides
    transcription and note. Raises `typer.Exit` with the documented code unless everything completed.
    """
    wishes = Wishes(
        attendees=tuple(Attendee(email, name) for name, email in attendees),
        title=title,
        types=tuple(AnalysisType(type) for type in types),
        instruction=instruction,
        meeting_type=meeting_type,
        retry=retry,
        polling=Polling.lasting(wait_minutes * 60),
    )
    screen = Screen(stderr, quiet=json)
    with connect(server, tokens) as paxs:
        try:
            with screen:
                results = paxs.process_files(files, wishes, ledger=FileLedger(ledger_folder()), tell=screen.tell)
        except KeyboardInterrupt:
            stderr.print(screen.farewell(), markup=False)
            raise typer.Exit(INTERRUPTED) from None
    if json:
        print_json(results)
    for result in results:
        if result.error is not None:
            stderr.print(f"{result.source.name}: {result.error.message}", markup=False)
    if any(result.error is not None and result.meeting is not None for result in results):
        stderr.print("Run the same command again to go on; the meeting is reused.")
    raise typer.Exit(exit_code(results))


def exit_code(results: Sequence[FileResult]) -> int:
    """0 when everything completed, 1 when an analysis failed for good, else the code of the first error."""
    errors = [result.error for result in results if result.error is not None]
    if any(isinstance(error, AnalysisFailed) for error in errors):
        return FAILED
    return EXIT_CODES[errors[0].kind] if errors else 0


class Screen:
    """Follows a run: one bar for the transfer, then bars for the work, results in between."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self._console, self._quiet = console, quiet
        self._stack = ExitStack()
        self._transfer: Progress | None = None
        self._work: WorkBars | None = None
        self._file = ""
        self._title = ""

    def __enter__(self) -> "Screen":
        return self

    def __exit__(self, *ending: object) -> None:
        self._stack.close()

    def farewell(self) -> str:
        """What to say when the user stops the run."""
        if not self._title:
            return "Stopped before anything was created."
        return f"Stopped. The meeting “{self._title}” stays on the server: run the same command again and it is reused."

    def tell(self, happening: Happening) -> None:
        """Show one thing that happened."""
        match happening:
            case Started():
                self._begin(happening)
            case MeetingReady():
                self._title = happening.meeting.title
                self._say(f"{'Going on with' if happening.reused else 'Created'} the meeting “{self._title}”")
            case Transferred():
                self._transferred(happening)
            case Uploaded():
                self._clear()
                self._say("Uploaded; the server is at work")
            case Polled():
                self._polled(happening)
            case Completed() if not self._quiet:
                self._clear()  # results go to standard output, which may be the same terminal
                stdout.print(report_view(happening.report))
            case Retrying():
                self._clear()
                self._say(f"{happening.reason} Trying again ({happening.attempt} of {happening.of})")

    def _begin(self, started: Started) -> None:
        self._clear()
        self._file, self._title = started.source.name, ""
        if not self._quiet:
            stdout.rule(f"{started.source.name} ({started.index} of {started.count})", align="left")

    def _transferred(self, now: Transferred) -> None:
        if self._transfer is None:
            self._clear()
            self._transfer = self._stack.enter_context(transfer_bar(self._console))
            self._transfer.add_task(f"Uploading {self._file}", total=now.total)
        self._transfer.update(self._transfer.task_ids[0], completed=now.sent, total=now.total)

    def _polled(self, now: Polled) -> None:
        if self._work is None:
            self._clear()
            self._work = WorkBars(self._console)
            self._stack.enter_context(self._work.progress)
        self._work.show(now.reports)

    def _clear(self) -> None:
        self._stack.close()
        self._transfer = self._work = None

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, style="dim")

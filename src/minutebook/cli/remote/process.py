"""Recordings to results, on a PAXS server or in this machine's records."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import typer

from minutebook.cli.attendees import Person
from minutebook.cli.console import stderr
from minutebook.cli.exits import EXIT_CODES, FAILED, INTERRUPTED
from minutebook.cli.remote.connection import client_of, connect, ledger_folder
from minutebook.cli.remote.output import as_json, print_json
from minutebook.cli.remote.people import attendees_of
from minutebook.cli.remote.screen import Screen
from minutebook.client import AnalysisFailed, AnalysisType, FileLedger, FileResult, Paxs, Polling, Wishes

HERE = Polling(first_s=0.2, every_s=0.5, at_most=10**9)
"""In this process nobody is disturbed by a look, and nothing but the work decides how long it takes."""
ALL_OF_IT = (AnalysisType.KEY_POINTS, AnalysisType.SENTIMENT)
"""What is made besides transcription and note where no server decides what it makes by itself."""


def process_remote(
    files: Sequence[str], people: Sequence[Person], wishes: Wishes, server: str, tokens: Path | None, json: bool
) -> None:
    """Process paths and URLs on a server and show each result once. Raises `typer.Exit` with the documented code."""
    with connect(server, tokens) as paxs:
        results = _run(paxs, files, people, wishes, Screen(stderr, json, "on the server"))
    if json:
        print_json(results)
    _conclude(results)


def process_here(
    files: Sequence[str], people: Sequence[Person], wishes: Wishes, data_dir: Path | None, json: bool
) -> None:
    """The same in this process, over the data directory; results are kept as files, too."""
    from minutebook.api.in_process import in_process
    from minutebook.cli.record_folder import write_record
    from minutebook.cli.settings import settings_for

    wishes = replace(wishes, types=wishes.types or ALL_OF_IT, polling=HERE, attempts=1, bare_titles=True)
    with in_process(settings_for(data_dir), working=True) as here, client_of(here) as paxs:
        results = _run(paxs, files, people, wishes, Screen(stderr, json, "in this machine's records"))
        written = [each.meeting and here.run(partial(write_record, meeting_id=each.meeting.id)) for each in results]
    if json:
        print_json([{**as_json(each), "saved_to": folder} for each, folder in zip(results, written, strict=True)])
    for folder in filter(None, written):
        stderr.print(f"Saved to {folder} (open its index.html)")
    _conclude(results)


def _run(
    paxs: Paxs, files: Sequence[str], people: Sequence[Person], wishes: Wishes, screen: Screen
) -> list[FileResult]:
    try:
        wishes = replace(wishes, attendees=attendees_of(paxs, people))
        ledger = FileLedger(ledger_folder())
        with screen:
            return paxs.process_files(files, wishes, ledger=ledger, tell=screen.tell)
    except KeyboardInterrupt:
        stderr.print(screen.farewell())
        raise typer.Exit(INTERRUPTED) from None


def _conclude(results: Sequence[FileResult]) -> None:
    for result in results:
        if result.error is not None:
            stderr.print(f"{result.source.name}: {result.error.message}")
    if any(result.error is not None and result.meeting is not None for result in results):
        stderr.print("Run the same command again to go on; the meeting is reused.")
    raise typer.Exit(exit_code(results))


def exit_code(results: Sequence[FileResult]) -> int:
    """0 when everything completed, 1 when an analysis failed for good, else the code of the first error."""
    errors = [result.error for result in results if result.error is not None]
    if any(isinstance(error, AnalysisFailed) for error in errors):
        return FAILED
    return EXIT_CODES[errors[0].kind] if errors else 0

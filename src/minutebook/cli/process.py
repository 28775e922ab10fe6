"""`minutebook process`: recordings become records, here in one process or on a server."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Literal

import typer

from minutebook.cli.attendees import gather_attendees
from minutebook.cli.inputs import is_url, local_recording


class Retry(StrEnum):
    """What is done again on a server when a transcription failed."""

    UPLOAD = "upload"
    ANALYSIS = "analysis"


def process(
    inputs: list[str] = typer.Argument(..., metavar="FILE|URL...", help="Recordings, as paths or addresses."),
    attendee: list[str] = typer.Option([], "--attendee", "-a", help='Who took part: "Ada Lovelace <ada@example.com>".'),
    attendees: Path | None = typer.Option(None, "--attendees", help="Who took part, from a CSV or JSON file."),
    title: str | None = typer.Option(None, "--title", help="Title of the meeting; the file name otherwise."),
    language: str | None = typer.Option(None, "--language", help="Language code (en, de …); detected otherwise."),
    data_dir: Path | None = typer.Option(None, "--data-dir", help="Where records are kept."),
    server: str | None = typer.Option(None, "--server", help="Work on this server instead of here."),
    tokens: Path | None = typer.Option(None, "--tokens", help="With --server: the file with the tokens."),
    retry: Retry = typer.Option(Retry.UPLOAD, "--retry", help="With --server: what to repeat when it fails."),
    wait: float = typer.Option(5.0, "--wait", help="With --server: how many minutes to wait for results."),
    as_json: bool = typer.Option(False, "--json", help="Machine-readable output."),
) -> None:
    """Turn recordings into transcripts, notes, key points and sentiment."""
    for source in inputs:
        if not is_url(source):
            local_recording(Path(source))
    people = gather_attendees(attendee, attendees)
    if server is not None:
        from minutebook.cli.remote.process import process_remote

        how: Literal["upload", "analysis"] = "analysis" if retry is Retry.ANALYSIS else "upload"
        process_remote(inputs, people, server, tokens, as_json, title=title, retry=how, wait_minutes=wait)
        return
    from minutebook.cli.local import process_locally
    from minutebook.cli.settings import settings_for

    succeeded = asyncio.run(process_locally(settings_for(data_dir), inputs, people, title, language, as_json))
    if not succeeded:
        raise typer.Exit(1)

"""`minutebook process`: recordings become records, here in one process or on a server."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

import typer

from minutebook.cli.attendees import gather_attendees
from minutebook.cli.inputs import is_url, local_recording
from minutebook.cli.remote.kinds import Kind, MeetingKind


class Retry(StrEnum):
    """What is done again on a server when a transcription failed."""

    UPLOAD = "upload"
    ANALYSIS = "analysis"


def process(
    inputs: list[str] = typer.Argument(..., metavar="FILE|URL...", help="Recordings, as paths or addresses."),
    attendee: list[str] = typer.Option(
        [], "--attendee", "-a", help='Who took part: "Ada Lovelace <ada@example.com>", or one of the two.'
    ),
    attendees: Path | None = typer.Option(None, "--attendees", help="Who took part, from a CSV or JSON file."),
    title: str | None = typer.Option(None, "--title", help="Title of the meeting; the file name otherwise."),
    kind: list[Kind] = typer.Option(
        [], "--type", "-t", help="What to make besides transcription and note; all of it here, on a server nothing."
    ),
    language: str | None = typer.Option(None, "--language", help="Language code (en, de …); detected otherwise."),
    num_speakers: int | None = typer.Option(
        None, "--num-speakers", min=1, max=100, help="How many voices there are at most; found out otherwise."
    ),
    instruction: str | None = typer.Option(None, "--instruction", help="What the meeting note should look at."),
    template: str | None = typer.Option(None, "--template", help="Note template, by name or id."),
    meeting_type: MeetingKind | None = typer.Option(None, "--meeting-type", help="Shapes the meeting note."),
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
    from minutebook.cli.remote.process import process_here, process_remote
    from minutebook.client import Polling, Wishes

    how: Literal["upload", "analysis"] = "analysis" if retry is Retry.ANALYSIS else "upload"
    wishes = Wishes(
        (),
        title=title,
        types=tuple(each.type for each in kind),
        instruction=instruction,
        meeting_type=meeting_type.value if meeting_type else None,
        template=template,
        language=language,
        num_speakers=num_speakers,
        retry=how,
        polling=Polling.lasting(wait * 60),
    )
    if server is not None:
        process_remote(inputs, people, wishes, server, tokens, as_json)
    else:
        process_here(inputs, people, wishes, data_dir, as_json)

"""`recordings upload`."""

from pathlib import Path

import typer

from minutebook.cli.console import stderr, stdout
from minutebook.cli.exits import tell
from minutebook.cli.inputs import local_recording
from minutebook.cli.remote.connection import (
    AsJson,
    DataDir,
    Local,
    MeetingName,
    Server,
    TokenFile,
    connect,
    find_meeting,
)
from minutebook.cli.remote.output import print_json
from minutebook.cli.stages import Stages

app = typer.Typer(help="Recordings in this machine's records, or on a PAXS server.", no_args_is_help=True)


@app.callback()
def recordings() -> None:
    """Recordings in this machine's records, or on a PAXS server."""


@app.command()
@tell
def upload(
    meeting: MeetingName,
    file: Path = typer.Argument(..., help="An audio or video file.", show_default=False),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Upload a recording to a meeting; it replaces the one before and starts transcription and note."""
    local_recording(file)
    with connect(server, tokens, local, data_dir) as paxs:
        found = find_meeting(paxs, meeting)
        with Stages(stderr) as stages:
            uploaded = paxs.recordings.upload(
                found.id, file, on_progress=lambda sent, total: stages.move(f"Uploading {file.name}", sent / total)
            )
    if json:
        print_json(uploaded)
    else:
        stdout.print(f"Uploaded {file.name} to “{found.title}”; transcription and note have begun.")

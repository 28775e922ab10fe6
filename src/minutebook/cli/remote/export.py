"""`export`: a meeting's transcript as a file."""

import sys
from enum import StrEnum
from pathlib import Path

import typer

from minutebook.cli.console import stderr
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
from minutebook.cli.remote.output import print_json
from minutebook.client import LocalFailure


class Format(StrEnum):
    """What is written."""

    SRT = "srt"
    VTT = "vtt"
    TXT = "txt"
    MD = "md"
    JSON = "json"


def export(
    meeting: MeetingName,
    output: Format = typer.Option(Format.TXT, "--format", "-f", help="What to write."),
    out: Path | None = typer.Option(None, "--out", "-o", help="Where to write it; standard output otherwise."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Write a meeting's transcript as subtitles, text, Markdown or JSON."""
    with connect(server, tokens, local, data_dir) as paxs:
        found = find_meeting(paxs, meeting)
        text = paxs.recordings.export(recording_of(found), output.value)
    if out is not None:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise LocalFailure(f"{out} cannot be written: {error.strerror}.", code="not_writable") from None
        stderr.print(f"Written to {out}")
    if json:
        print_json({"meeting": found.id, "format": output.value, "out": out, "text": None if out else text})
    elif out is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

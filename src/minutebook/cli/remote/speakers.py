"""`speakers list|set`: who the voices of a recording are."""

from collections.abc import Sequence

import typer
from rich.text import Text

from minutebook.cli.console import stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.remote.connection import (
    AsJson,
    DataDir,
    Local,
    MeetingName,
    Server,
    TokenFile,
    connect,
    files_follow,
    find_meeting,
    recording_of,
)
from minutebook.cli.remote.output import print_json
from minutebook.cli.show import clock
from minutebook.client import Speaker
from minutebook.errors import invalid

app = typer.Typer(help="Who the voices of a recording are.", no_args_is_help=True)


@app.command("list")
@tell
def list_speakers(
    meeting: MeetingName,
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """List the voices of a meeting's recording."""
    with connect(server, tokens, local, data_dir) as paxs:
        voices = paxs.recordings.speakers(recording_of(find_meeting(paxs, meeting)))
    _print(voices, json)


@app.command("set")
@tell
def set_speakers(
    meeting: MeetingName,
    names: list[str] = typer.Argument(
        help="“Speaker 1=Ada”: the id or name of a voice, and a name or an attendee address; empty takes it away.",
        metavar="VOICE=NAME...",
        show_default=False,
    ),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Say who voices are; transcript, note and exports follow at once."""
    given = [_parsed(each) for each in names]
    with connect(server, tokens, local, data_dir) as paxs:
        recording_id = recording_of(found := find_meeting(paxs, meeting))
        voices = paxs.recordings.speakers(recording_id)
        wanted = {_voice(voices, voice): name or None for voice, name in given}
        voices = paxs.recordings.name_speakers(recording_id, wanted)
        files_follow(paxs, found.id)
    _print(voices, json)


def _parsed(text: str) -> tuple[str, str]:
    voice, equals, name = text.partition("=")
    if not equals or not voice.strip():
        raise invalid("speaker_name_invalid", f"“{text}” names nobody; write “Speaker 1=Ada Lovelace”.", "names")
    return voice.strip(), name.strip()


def _voice(voices: Sequence[Speaker], meant: str) -> str:
    fitting = {each.id for each in voices if meant.casefold() in {each.id.casefold(), each.name.casefold()}}
    if len(fitting) != 1:
        listed = ", ".join(f"{each.name} ({each.id})" for each in voices)
        raise invalid("speaker_unknown", f"“{meant}” is not one of the voices: {listed}.", "names")
    return fitting.pop()


def _print(voices: Sequence[Speaker], json: bool) -> None:
    if json:
        print_json(voices)
        return
    table = table_of("Voice", "Name", "Address", "Speaks")
    for each in voices:
        spoken = clock(each.talk_time_s) if each.talk_time_s is not None else ""
        table.add_row(each.id, Text(each.name), Text(each.attendee or ""), spoken)
    stdout.print(table)

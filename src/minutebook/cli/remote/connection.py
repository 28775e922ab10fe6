"""Which server, which tokens: the options that every remote command has, and what they mean together."""

from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from minutebook.client import FileTokens, Meeting, NotFound, Paxs
from minutebook.errors import MinutebookError, invalid

DEFAULT_SERVER = "http://127.0.0.1:8000"
SKILL_FOLDER = Path(".claude/skills/paxs-api")
LAST = "last"

Server = Annotated[
    str | None,
    typer.Option("--server", help=f"Address of the PAXS server; the one signed in to, else {DEFAULT_SERVER}."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--tokens", help="Token file; by default the project's Claude skill's, else the user's own."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
MeetingName = Annotated[
    str, typer.Argument(metavar="MEETING", help="The meeting's title or id, or `last`.", show_default=False)
]


def token_file(given: Path | None) -> Path:
    """The file that is used: the given one, else the nearest project's skill's, else the user's own."""
    if given is not None:
        return given
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SKILL_FOLDER).is_dir():
            return folder / SKILL_FOLDER / ".tokens.json"
    return Path(platformdirs.user_config_dir("minutebook", appauthor=False)) / "tokens.json"


def ledger_folder() -> Path:
    """Where interrupted runs leave how far they came."""
    return Path(platformdirs.user_state_dir("minutebook", appauthor=False)) / "remote"


def connect(server: str | None, tokens: Path | None) -> Paxs:
    """A client for the chosen server with the chosen tokens."""
    path = token_file(tokens)
    address = server or FileTokens(path).stored_server() or DEFAULT_SERVER
    return Paxs(address, FileTokens(path, address))


def find_meeting(paxs: Paxs, name: str) -> Meeting:
    """The meeting of this id or title, or the newest for `last`; an error when none or several fit."""
    if name == LAST:
        newest = paxs.sessions.list(page_size=1).items
        if not newest:
            raise NotFound("There are no meetings yet.", code="session_not_found")
        return paxs.sessions.get(newest[0].id)
    fitting = [found for found in paxs.sessions.list(search=name, page_size=100).items if found.title == name]
    if len(fitting) > 1:
        raise invalid(
            "meeting_ambiguous", f"{len(fitting)} meetings are called “{name}”; use the id from --json.", "meeting"
        )
    return paxs.sessions.get(fitting[0].id if fitting else name)


def recording_of(meeting: Meeting) -> str:
    """The id of the meeting's recording."""
    if meeting.recording is None:
        raise no_recording(meeting)
    return meeting.recording.id


def no_recording(meeting: Meeting) -> MinutebookError:
    """The error for a meeting without one."""
    return invalid(
        "recording_missing",
        f"“{meeting.title}” has no recording; add one with `minutebook recordings upload`.",
        "meeting",
    )

"""Whose records: those of a server, or those of this machine's data directory; the options that say so."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from minutebook.client import FileTokens, Meeting, MemoryTokens, NotAuthenticated, NotFound, Paxs, Tokens
from minutebook.errors import MinutebookError, invalid
from minutebook.kit.loading import loading

if TYPE_CHECKING:
    from minutebook.api.in_process import InProcess

DEFAULT_SERVER = "http://127.0.0.1:8000"
SKILL_FOLDER = Path(".claude/skills/paxs-api")
LAST = "last"
_ID_BEGINNING = re.compile(r"[0-9a-f][0-9a-f-]{5,34}")
"""What is looked for as the beginning of an id; shorter ones fit by chance."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PAGE = 100

Server = Annotated[
    str | None,
    typer.Option("--server", help="Address of a PAXS server; the one signed in to, else this machine's records."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--tokens", help="Token file; by default the project's Claude skill's, else the user's own."),
]
Local = Annotated[bool, typer.Option("--local", help="This machine's records, whoever is signed in.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="The data directory; implies --local.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
MeetingName = Annotated[
    str,
    typer.Argument(metavar="MEETING", help="The meeting's title, its id or how that begins, or `last`.",
                   show_default=False),
]  # fmt: skip


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


@contextmanager
def connect_server(server: str | None, tokens: Path | None) -> Iterator[Paxs]:
    """A client for the chosen server with the chosen tokens. Where there are none, the error says how to sign in
    there."""
    path = token_file(tokens)
    address = server or FileTokens(path).stored_server() or DEFAULT_SERVER
    with Paxs(address, FileTokens(path, address)) as paxs:
        try:
            yield paxs
        except NotAuthenticated as error:
            if error.code != NotAuthenticated.default_code or paxs.tokens.load() is not None:
                raise
            said = f"Nobody is signed in to {paxs.base_url}: `minutebook login --server {paxs.base_url}`."
            raise NotAuthenticated(said) from error


@contextmanager
def connect(
    server: str | None,
    tokens: Path | None,
    local: bool = False,
    data_dir: Path | None = None,
    *,
    working: bool = False,
) -> Iterator[Paxs]:
    """A client for the records that are meant: a named server's; this machine's with `local`, with `data_dir`, and
    when nobody is signed in; else those of the server that one is signed in to. With `working`, what is asked of this
    machine's records is done in this process."""
    here = local or data_dir is not None
    if here and server:
        raise invalid("place_ambiguous", "Say --server, or --local or --data-dir, not both.", "server")
    if here or (server is None and tokens is None and FileTokens(token_file(None)).load() is None):
        with _own_records(data_dir, working) as paxs:
            yield paxs
    else:
        with connect_server(server, tokens) as paxs:
            yield paxs


@contextmanager
def _own_records(data_dir: Path | None, working: bool) -> Iterator[Paxs]:
    with loading():
        from minutebook.api.in_process import in_process
        from minutebook.cli.settings import settings_for

    with in_process(settings_for(data_dir), working=working) as here, client_of(here) as paxs:
        yield paxs


class OwnRecords(Paxs):
    """A client for this machine's records; what it says of who it is does not matter there."""

    def __init__(self, here: "InProcess") -> None:
        super().__init__(DEFAULT_SERVER, MemoryTokens(Tokens("local")), transport=here)
        self.here = here


def client_of(here: "InProcess") -> Paxs:
    """A client for this machine's records."""
    return OwnRecords(here)


def files_follow(paxs: Paxs, meeting_id: str) -> None:
    """Let the folder that `process` wrote follow what was changed in this machine's records; a server has none."""
    if isinstance(paxs, OwnRecords):
        from minutebook.cli.record_places import renew_record

        paxs.here.run(partial(renew_record, meeting_id=meeting_id))


def find_meeting(paxs: Paxs, name: str) -> Meeting:
    """The meeting of this id, beginning of an id or title, or the newest for `last`; an error when none or several
    fit."""
    if name == LAST:
        newest = paxs.sessions.list(page_size=1).items
        if not newest:
            raise NotFound("There are no meetings yet.", code="session_not_found")
        return paxs.sessions.get(newest[0].id)
    searched = paxs.sessions.list(search=name, page_size=PAGE).items
    fitting = [found for found in searched if found.title == name] or _beginning_with(paxs, name, searched)
    if len(fitting) > 1:
        ids = ", ".join(each.id for each in fitting[:5])
        raise invalid("meeting_ambiguous", f"{len(fitting)} meetings are called “{name}”; use an id: {ids}.", "meeting")
    if fitting:
        return paxs.sessions.get(fitting[0].id)
    if _ID.fullmatch(name.lower()):
        with suppress(NotFound):
            return paxs.sessions.get(name)
    said = f"No meeting is called “{name}”, and no id begins so."
    raise NotFound(said, code="session_not_found")


def _beginning_with(paxs: Paxs, name: str, searched: Sequence[Meeting]) -> list[Meeting]:
    start = name.lower()
    if not _ID_BEGINNING.fullmatch(start):
        return []
    # Minutebook searches by how ids begin too; of another server's meetings the newest are looked through.
    fitting = [each for each in searched if each.id.startswith(start)]
    return fitting or [each for each in paxs.sessions.list(page_size=PAGE).items if each.id.startswith(start)]


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

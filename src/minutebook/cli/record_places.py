"""Where the folders are that hold records as files, what is in them, and how they follow and go; what writes them is
loaded when there is something to write."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from minutebook.accounts.model import User
from minutebook.analysis.model import AnalysisType
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.loading import loading
from minutebook.records import Records

TEXTS = ("txt", "srt", "vtt", "md")
MARK = ".meeting"
"""The file that tells whose record a folder is, and as of when: the meeting's id, and a moment in the next line."""
OURS = (
    "index.html",
    "note.md",
    "record.docx",
    *(f"transcript.{ending}" for ending in TEXTS),
    *(f"{each.value.replace(' ', '_')}.json" for each in AnalysisType),
)
"""All that is written into a folder; what else lies there is its reader's."""


LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""As of when a folder is whose mark does not say it: those of the first version."""


@dataclass(frozen=True, slots=True)
class RecordFolder:
    """A folder, whose record it is, and as of when."""

    path: Path
    meeting_id: str
    as_of: datetime


def records_of(records: Records) -> Path:
    """Where the folders are."""
    return records.settings.data_dir / "records"


def folders(parent: Path) -> Iterator[RecordFolder]:
    """The folders that were written, by name."""
    for mark in sorted(parent.glob(f"*/{MARK}")):
        meeting_id, _, moment = mark.read_text(encoding="utf-8").partition("\n")
        yield RecordFolder(mark.parent, meeting_id, datetime.fromisoformat(moment.strip()) if moment else LONG_AGO)


def take_away(folder: Path) -> None:
    """Remove what was written into a folder, and the folder unless its reader put something there."""
    for name in (*OURS, MARK):
        (folder / name).unlink(missing_ok=True)
    for left in folder.glob(".*.part"):  # of a process that was killed while it wrote
        left.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


async def renew_record(records: Records, user: User, *, meeting_id: str) -> None:
    """Let the meeting's folder, if it has one, follow a change: written anew, or taken away when the meeting is gone.
    What its reader put there stays."""
    written = [each.path for each in folders(records_of(records)) if each.meeting_id == meeting_id]
    if not written:
        return
    with loading():
        from minutebook.cli.record_folder import write_record
    try:
        await write_record(records, user, meeting_id=meeting_id)
    except MinutebookError as error:
        if error.kind is not Kind.NOT_FOUND:
            raise
        for folder in written:
            take_away(folder)

"""A meeting's record as a folder that people can open: `index.html` first, then note, transcript and reports."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

from minutebook.accounts.model import User
from minutebook.analysis.model import AnalysisType
from minutebook.api.web.documents.note import note_document
from minutebook.api.web.documents.offline import offline_file, sound_of
from minutebook.api.web.documents.word import word_file
from minutebook.api.web.record import kept_record, record_of
from minutebook.cli.show import EXPORTS
from minutebook.errors import Kind, MinutebookError
from minutebook.kit.filenames import file_stem
from minutebook.wiring import Services

LANGUAGE = "en"
"""In which the files' own words are; what was said and noted keeps its own."""
TEXTS = ("txt", "srt", "vtt", "md")
MARK = ".meeting"
"""The file that tells whose record a folder is: the meeting's id."""
OURS = (
    "index.html",
    "note.md",
    "record.docx",
    *(f"transcript.{ending}" for ending in TEXTS),
    *(f"{each.value.replace(' ', '_')}.json" for each in AnalysisType),
)
"""All that is written into a folder; what else lies there is its reader's."""


async def write_record(services: Services, user: User, *, meeting_id: str) -> Path | None:
    """Write everything there is of a meeting into its folder `records/DATE TITLE` of the data directory; returns it.
    Another's folder of that name is left alone: the new one is numbered. None while the meeting has no recording."""
    async with services.db.reading() as read:
        meeting = await services.meetings.get(read, user.id, meeting_id)
        recording = (await services.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
        if recording is None:
            return None
        reports = await services.results.reports(read, user.id, recording.id)
    name = f"{meeting.created_at.astimezone():%Y-%m-%d} {file_stem(meeting.title)}"
    parent = services.settings.data_dir / "records"
    folder = next(_folders_of(parent, meeting.id), None) or _new_folder(parent, name)
    _write(folder / MARK, meeting.id)
    for shown in reports:
        if shown.content is not None:
            name = shown.report.type.value.replace(" ", "_")
            _write(folder / f"{name}.json", json.dumps(json.loads(shown.content), ensure_ascii=False, indent=2))
    async with services.db.reading() as read:
        (entry,) = await services.library.entries(read, [meeting])
        record = await record_of(services, await kept_record(services, read, entry))
        if record.transcript is not None:
            transcript = await services.results.transcript(read, user.id, recording.id)
            for ending in TEXTS:
                _write(folder / f"transcript.{ending}", EXPORTS[ending](transcript))
    if (note := note_document(meeting, record, LANGUAGE)) is not None:
        _write(folder / "note.md", note)
    if any(shown.report.type is AnalysisType.TRANSCRIPTION and shown.content for shown in reports):
        (folder / "record.docx").write_bytes(word_file(meeting, record, LANGUAGE))
        sound = await sound_of(services, recording)
        await _write_pieces(folder / "index.html", offline_file(meeting, record, LANGUAGE, sound))
    return folder


async def renew_record(services: Services, user: User, *, meeting_id: str) -> None:
    """Let the meeting's folder, if it has one, follow a change: written anew, or taken away when the meeting is gone.
    What its reader put there stays."""
    folders = list(_folders_of(services.settings.data_dir / "records", meeting_id))
    if not folders:
        return
    try:
        await write_record(services, user, meeting_id=meeting_id)
    except MinutebookError as error:
        if error.kind is not Kind.NOT_FOUND:
            raise
        for folder in folders:
            _take_away(folder)


def _folders_of(parent: Path, meeting_id: str) -> Iterator[Path]:
    return (mark.parent for mark in sorted(parent.glob(f"*/{MARK}")) if mark.read_text(encoding="utf-8") == meeting_id)


def _take_away(folder: Path) -> None:
    for name in (*OURS, MARK):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _new_folder(parent: Path, name: str) -> Path:
    for number in count(1):
        folder = parent / (name if number == 1 else f"{name} ({number})")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        break
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


async def _write_pieces(path: Path, pieces: AsyncIterator[bytes]) -> None:
    with path.open("wb") as file:
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece)

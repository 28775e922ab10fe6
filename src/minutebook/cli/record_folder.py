"""A meeting's record as a folder that people can open: `index.html` first, then note, transcript and reports."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from minutebook.accounts.model import User
from minutebook.analysis.model import AnalysisType
from minutebook.api.web.documents.note import note_document
from minutebook.api.web.documents.offline import offline_file, sound_of
from minutebook.api.web.documents.word import word_file
from minutebook.api.web.record import kept_record, record_of
from minutebook.cli.record_places import MARK, TEXTS, folders, records_of
from minutebook.cli.show import EXPORTS
from minutebook.kit.filenames import file_stem
from minutebook.records import Records

LANGUAGE = "en"
"""In which the files' own words are; what was said and noted keeps its own."""


async def write_record(records: Records, user: User, *, meeting_id: str) -> Path | None:
    """Write everything there is of a meeting into its folder `records/DATE TITLE` of the data directory; returns it.
    Another's folder of that name is left alone: the new one is numbered. None while the meeting has no recording."""
    async with records.db.reading() as read:
        meeting = await records.meetings.get(read, user.id, meeting_id)
        recording = (await records.recordings.of_meetings(read, [meeting.id])).get(meeting.id)
        if recording is None:
            return None
        reports = await records.results.reports(read, user.id, recording.id)
    name = f"{meeting.created_at.astimezone():%Y-%m-%d} {file_stem(meeting.title)}"
    parent = records_of(records)
    known = next((each.path for each in folders(parent) if each.meeting_id == meeting.id), None)
    folder = known or _new_folder(parent, name)
    _write(folder / MARK, f"{meeting.id}\n{records.clock.now().isoformat()}\n")
    for shown in reports:
        if shown.content is not None:
            name = shown.report.type.value.replace(" ", "_")
            _write(folder / f"{name}.json", json.dumps(json.loads(shown.content), ensure_ascii=False, indent=2))
    async with records.db.reading() as read:
        record = await record_of(records, await kept_record(records, read, user.id, recording))
        if record.transcript is not None:
            transcript = await records.results.transcript(read, user.id, recording.id)
            for ending in TEXTS:
                _write(folder / f"transcript.{ending}", EXPORTS[ending](transcript))
    if (note := note_document(meeting, record, LANGUAGE)) is not None:
        _write(folder / "note.md", note)
    if any(shown.report.type is AnalysisType.TRANSCRIPTION and shown.content for shown in reports):
        _write_bytes(folder / "record.docx", word_file(meeting, record, LANGUAGE))
        sound = await sound_of(records, recording)
        await _write_pieces(folder / "index.html", offline_file(meeting, record, LANGUAGE, sound))
    return folder


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
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    """Whole or not at all, and never half: somebody may be reading, and another process writing the same."""
    with _beside(path) as part:
        part.write_bytes(content)


async def _write_pieces(path: Path, pieces: AsyncIterator[bytes]) -> None:
    with _beside(path) as part, part.open("wb") as file:
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A file that takes the place of `path` when the block ends well."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

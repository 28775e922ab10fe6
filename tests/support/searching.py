"""Meetings with a transcript and a note, made through the services, without a recogniser."""

from collections.abc import Sequence
from pathlib import Path

from minutebook.analysis.model import AnalysisType, Options
from minutebook.analysis.reports.contents import kept, kept_transcript, transcript_facts
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.jobs.requests import DurableJobs
from minutebook.kit.clock import VirtualClock
from minutebook.kit.ids import new_id
from minutebook.language.model import Evidence, Item, ItemKind, Note
from minutebook.language.render import note_to_json
from minutebook.meetings.model import AttendeeDraft
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings import repository as recordings_repository
from minutebook.recordings.model import Recording, original_key
from minutebook.search.model import Asked, Found
from minutebook.storage import storage_of
from minutebook.transcript.model import Segment, Speaker, Transcript, Word
from minutebook.wiring import Services, build_services

ADA = "00000000-0000-7000-8000-00000000ada0"
Said = tuple[str, str]
"""Who (a speaker's id) said what."""


def services_over(database: Database, folder: Path) -> Services:
    """Everything real but the clock."""
    settings = Settings(_env_file=None, data_dir=folder)
    return build_services(settings, database, storage_of(settings), DurableJobs(), VirtualClock())


def transcript_of(said: Sequence[Said], language: str = "en") -> Transcript:
    """Each line takes ten seconds."""
    segments = []
    for place, (speaker, text) in enumerate(said):
        start, words = place * 10.0, text.split()
        step = 8.0 / max(1, len(words))
        timed = tuple(Word(w, start + i * step, start + (i + 1) * step, 0.9) for i, w in enumerate(words))
        segments.append(Segment(speaker, start, start + 8.0, text, timed))
    ids = sorted({speaker for speaker, _ in said})
    speakers = tuple(Speaker(each, f"Speaker {each[-1]}", 8.0) for each in ids)
    return Transcript(language, len(said) * 10.0, speakers, tuple(segments))


async def meeting(
    services: Services, owner_id: str = ADA, title: str = "Weekly", people: Sequence[str] = ("Ada Lovelace",)
) -> str:
    """A meeting; its id. A second passes."""
    drafts = [AttendeeDraft(f"{name.split()[0].lower()}@example.com", name) for name in people]
    async with services.db.transaction() as tx:
        made = await services.meetings.create(tx, owner_id, MeetingDraft(title=title, attendees=drafts))
    assert isinstance(services.clock, VirtualClock)
    services.clock.advance(1)
    return made.id


async def recorded(
    services: Services,
    meeting_id: str,
    said: Sequence[Said],
    *,
    owner_id: str = ADA,
    language: str = "en",
    note: Sequence[tuple[str, int]] = (),
) -> str:
    """A transcribed recording of the meeting; its id. Items of the note cite the segment of that number."""
    transcript, recording_id = transcript_of(said, language), new_id()
    key = original_key(recording_id, "wav")
    now = services.clock.now()
    recording = Recording(recording_id, meeting_id, owner_id, "a.wav", "audio/wav", 1, "0" * 64, key, now)
    async with services.db.transaction() as tx:
        await recordings_repository.add(tx, recording)
        types = [AnalysisType.TRANSCRIPTION, *([AnalysisType.MEETING_NOTE] if note else ())]
        planned = await services.scheduler.schedule(tx, recording, types, Options())
    by_type = {report.type: report for report in planned}
    items = [
        Item(ItemKind.DECISION, text, (Evidence(s.start, s.end, s.speaker, s.text),))
        for text, place in note
        for s in (transcript.segments[place],)
    ]
    source = by_type[AnalysisType.TRANSCRIPTION]
    await _completed(services, source.id, kept_transcript(transcript), dict(transcript_facts(transcript)))
    if note:
        written = kept(note_to_json(Note(tuple(items), (), "extractive", ())))
        await _completed(services, by_type[AnalysisType.MEETING_NOTE].id, written, {}, source.id)
    return recording_id


async def _completed(
    services: Services, report_id: str, content: str, facts: dict[str, object], source_id: str | None = None
) -> None:
    async with services.db.transaction() as tx:
        report = await services.scheduler.start(tx, report_id, 1)
        assert report is not None
        assert await services.scheduler.complete(tx, report, content, facts=facts, source_id=source_id)


async def search(services: Services, query: str, *, owner_id: str = ADA, **members: object) -> Found:
    """What this owner finds."""
    async with services.db.reading() as tx:
        return await services.search.find(tx, owner_id, Asked(query, **members))  # type: ignore[arg-type]


def texts(found: Found) -> list[str]:
    """The found passages."""
    return [hit.passage.text for each in found.meetings for hit in each.hits]

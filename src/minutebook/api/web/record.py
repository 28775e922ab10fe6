"""What the page of a meeting shows: the reports' contents, turned into lines and items for templates. Pure but for
`kept_record`, which reads, and `record_of`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.analysis.edits.model import Edit, EditKind, ItemChange, SpeakerChange, WordsChange
from minutebook.analysis.model import AnalysisType, Report, ReportStatus
from minutebook.analysis.results import KeptReport, ShownReport
from minutebook.analysis.voices.model import NamedSpeaker
from minutebook.recordings.model import Recording

if TYPE_CHECKING:
    from minutebook.records import Records

VOICES: Final = 8
"""Colours of voices; the ninth voice has the first one's again."""
ONE_GO: Final = timedelta(seconds=1)
"""Corrections of one segment that are closer together were saved together."""
USUAL_ORDER: Final = ("decision", "action", "question", "topic")
"""In which a note without a template shows its kinds of item."""
DOUBTFUL_BELOW: Final = 0.5
"""Words less probable than this are marked on demand: measured recognisers are wrong about every second one of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A segment of the transcript. `place` is its number in the machine's output; `offsets` are its words' starts in
    hundredths of a second from `start`, `doubtful` the numbers of improbable ones. `words` are they, each with the
    blanks before it, where the text alone does not tell. `undo` names the edits in force that came last, `by_machine`
    are those that the machine made by itself."""

    place: int
    speaker: str
    name: str
    voice: int
    begins: bool
    start: float
    end: float
    text: str
    words: tuple[tuple[str, str], ...] = ()
    offsets: str = ""
    doubtful: str = ""
    undo: str | None = None
    by_machine: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that a meeting's page shows of its recording. Contents are those of the API; None is what is not there
    (yet)."""

    lines: tuple[Line, ...] = ()
    speakers: tuple[NamedSpeaker, ...] = ()
    voices: Mapping[str, int] = field(default_factory=dict)
    transcript: Mapping[str, Any] | None = None
    note: Mapping[str, Any] | None = None
    key_points: Mapping[str, Any] | None = None
    sentiment: Mapping[str, Any] | None = None
    reports: Mapping[AnalysisType, ShownReport] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()

    @property
    def stale(self) -> list[AnalysisType]:
        """What was made before the transcript was corrected."""
        return [kind for kind, shown in self.reports.items() if shown.stale]

    @property
    def failed(self) -> list[Report]:
        """What could not be made."""
        return [shown.report for shown in self.reports.values() if shown.report.status is ReportStatus.FAILED]

    @property
    def in_force(self) -> list[Edit]:
        """Corrections that are not undone, newest first."""
        return [edit for edit in reversed(self.edits) if edit.undone_at is None]


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What a record is made of, as it was read."""

    reports: Sequence[KeptReport] = ()
    edits: tuple[Edit, ...] = ()
    speakers: tuple[NamedSpeaker, ...] = ()


async def kept_record(
    records: "Records", read: AsyncConnection, owner_id: str, recording: Recording | None
) -> KeptRecord:
    """What there is of a meeting's recording, read and not yet rendered, which takes longer than a transaction
    should."""
    if recording is None:
        return KeptRecord()
    reports = await records.results.kept_reports(read, owner_id, recording.id)
    edits = tuple(await records.corrections.edits(read, owner_id, recording.id))
    heard = any(each.report.type is AnalysisType.TRANSCRIPTION and each.kept for each in reports)
    speakers = await records.results.speakers(read, owner_id, recording.id) if heard else ()
    return KeptRecord(reports, edits, tuple(speakers))


async def record_of(records: "Records", kept: KeptRecord) -> Record:
    """The record, rendered; long ones in another process."""
    shown = {each.report.type: each for each in await records.results.shown(kept.reports)}
    values = {kind: from_json(each.content) for kind, each in shown.items() if each.content}
    transcript = (
        values[AnalysisType.TRANSCRIPTION]["content"]["transcription"] if AnalysisType.TRANSCRIPTION in values else None
    )
    voices = {speaker.id: number % VOICES + 1 for number, speaker in enumerate(kept.speakers)}
    return Record(
        lines=lines_of(transcript, voices, kept.edits) if transcript else (),
        speakers=kept.speakers,
        voices=voices,
        transcript=transcript,
        note=_note(values.get(AnalysisType.MEETING_NOTE), shown.get(AnalysisType.MEETING_NOTE), kept.edits),
        key_points=values.get(AnalysisType.KEY_POINTS),
        sentiment=values.get(AnalysisType.SENTIMENT),
        reports=shown,
        edits=kept.edits,
    )


def lines_of(transcript: Mapping[str, Any], voices: Mapping[str, int], edits: Sequence[Edit]) -> tuple[Line, ...]:
    """The segments that have words, as lines."""
    names = {speaker["id"]: speaker["name"] for speaker in transcript["speakers"]}
    undo, by_machine = _undo_by_segment(edits), _by_machine(edits)
    lines: list[Line] = []
    for place, segment in enumerate(transcript["segments"]):
        if not segment["text"]:
            continue
        line = _line(place, segment, names, voices, undo, lines[-1].speaker if lines else None)
        lines.append(replace(line, by_machine=by_machine.get(place, ())))
    return tuple(lines)


def _line(
    place: int,
    segment: Mapping[str, Any],
    names: Mapping[str, str],
    voices: Mapping[str, int],
    undo: Mapping[int, str],
    before: str | None,
) -> Line:
    words = segment["words"]
    start = words[0]["start"] if words else segment["start"]
    texts = [word["word"] for word in words]
    return Line(
        place=place,
        speaker=segment["speaker"],
        name=names.get(segment["speaker"], segment["speaker"]),
        voice=voices.get(segment["speaker"], 1),
        begins=segment["speaker"] != before,
        start=start,
        end=segment["end"],
        text=segment["text"],
        words=() if segment["text"].split() == texts else _placed(segment["text"], texts),
        offsets=" ".join(str(round((word["start"] - start) * 100)) for word in words),
        doubtful=" ".join(str(i) for i, word in enumerate(words) if word["probability"] < DOUBTFUL_BELOW),
        undo=undo.get(place),
    )


def _placed(text: str, words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Each word with the blanks before it, for scripts in which blanks do not part words; none where they are not the
    text's."""
    placed, at = [], 0
    for word in words:
        found = text.find(word, at)
        if found < 0:
            return ()
        placed.append((text[at:found], word))
        at = found + len(word)
    return tuple(placed)


def _by_machine(edits: Sequence[Edit]) -> Mapping[int, tuple[Edit, ...]]:
    """By segment the machine's own corrections that are in force and under no later one."""
    found: dict[int, list[Edit]] = {}
    for edit in edits:
        change = edit.change
        if edit.undone_at is None and isinstance(change, WordsChange):
            kept = [each for each in found.get(change.segment, ()) if not _covers(change, each)]
            found[change.segment] = [*kept, edit] if change.machine else kept
    return {segment: tuple(made) for segment, made in found.items()}


def _covers(change: WordsChange, other: Edit) -> bool:
    return isinstance(other.change, WordsChange) and change.covers(other.change)


def _undo_by_segment(edits: Sequence[Edit]) -> Mapping[int, str]:
    """By segment what its newest correction came to: the ids of the edits in force that were made in one go."""
    found: dict[int, list[Edit]] = {}
    for edit in edits:
        if edit.undone_at is None and isinstance(edit.change, (WordsChange, SpeakerChange)):
            found.setdefault(edit.change.segment, []).append(edit)
    return {
        segment: " ".join(edit.id for edit in made if made[-1].created_at - edit.created_at < ONE_GO)
        for segment, made in found.items()
    }


def _note(content: dict[str, Any] | None, shown: ShownReport | None, edits: Sequence[Edit]) -> Mapping[str, Any] | None:
    """The note with its items by kind, in the sections of its template or after its summary, and what was removed."""
    if content is None or shown is None:
        return None
    items = content["items"]
    chosen: list[tuple[str | None, Sequence[str]]] = [
        (each.heading, each.kinds) for each in shown.report.options.sections
    ]
    chosen = chosen or [(None, (kind,)) for kind in USUAL_ORDER]
    grouped = [
        {
            "heading": heading,
            "kinds": kinds,
            "items": [each for kind in kinds for each in items if each["kind"] == kind],
        }
        for heading, kinds in chosen
    ]
    removed = [
        edit
        for edit in edits
        if edit.kind is EditKind.ITEM
        and edit.report_id == shown.report.id
        and edit.undone_at is None
        and isinstance(edit.change, ItemChange)
        and edit.change.removed
    ]
    undo = {
        edit.change.item: edit.id
        for edit in edits
        if edit.undone_at is None and edit.report_id == shown.report.id and isinstance(edit.change, ItemChange)
    }
    summary = [] if shown.report.options.sections else content["summary"]
    sections = [group for group in grouped if group["items"]]
    return {**content, "summary": summary, "sections": sections, "removed": removed, "undo": undo}

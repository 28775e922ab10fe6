"""What people correct: a journal of edits over machine output that never changes. Pure.

Every edit addresses the machine's output (a segment and its words, or an item of a note), so it means the same whatever
other edits are in force. The edits in force are folded over the output, in their order, whenever it is shown. Of
edits of words each one leaves earlier ones alone or covers them whole: whichever is undone, the rest still holds.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from minutebook.transcript.joining import joined
from minutebook.transcript.model import Segment, Speaker, Transcript, Word


class EditKind(StrEnum):
    """What an edit changes."""

    WORDS = "words"
    SPEAKER = "speaker"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class WordsChange:
    """The machine's words `first` to `last` (inclusive) of a segment read `text`; nothing when it is empty. `before` is
    what the machine wrote; `remember` lets the new words help to recognise the next recordings. One of the `machine`'s
    own puts right the name of an attendee."""

    segment: int
    first: int
    last: int
    text: str
    before: str
    remember: bool = True
    machine: bool = False

    def covers(self, other: "WordsChange") -> bool:
        """Whether the other change's words are all among these."""
        return self.segment == other.segment and self.first <= other.first and other.last <= self.last

    def touches(self, other: "WordsChange") -> bool:
        """Whether they have a word in common."""
        return self.segment == other.segment and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class SpeakerChange:
    """A segment was said by another voice than the machine took it for (`before`); `seconds` is its length."""

    segment: int
    speaker: str
    before: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ItemChange:
    """New values for fields of a note's item (`text`, `owner`, `due`, as items are stored), or its removal. `before`
    holds the machine's values of those fields."""

    item: int
    values: Mapping[str, Any] = field(default_factory=dict)
    removed: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)


Change = WordsChange | SpeakerChange | ItemChange
Changed = TypeVar("Changed", WordsChange, SpeakerChange, ItemChange)

_KINDS: Mapping[type, EditKind] = {
    WordsChange: EditKind.WORDS,
    SpeakerChange: EditKind.SPEAKER,
    ItemChange: EditKind.ITEM,
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of the journal, about the output of one report. It is in force until it is undone."""

    id: str
    report_id: str
    recording_id: str
    owner_id: str
    change: Change
    created_at: datetime
    undone_at: datetime | None = None

    @property
    def kind(self) -> EditKind:
        """What it changes."""
        return _KINDS[type(self.change)]


_NEIGHBOURS = ((2, 2), (2, 0), (0, 2), (1, 1), (1, 0), (0, 1))
"""Words before and after corrected ones by which these are found in the summary: as many as there are first."""

_NUMBER = re.compile(r"speaker_(\d+)")


def change_to_json(change: Change) -> dict[str, Any]:
    """A change as it is kept."""
    return asdict(change)


def change_from_json(kind: EditKind, payload: Mapping[str, Any]) -> Change:
    """The inverse of `change_to_json`."""
    made: type[Change] = next(made for made, of_kind in _KINDS.items() if of_kind is kind)
    return made(**payload)


def in_force(edits: Iterable[Edit], of: type[Changed]) -> list[Changed]:
    """The changes of one sort that are not undone, in the journal's order."""
    return [edit.change for edit in edits if edit.undone_at is None and isinstance(edit.change, of)]


def revision(edits: Iterable[Edit]) -> str:
    """What tells two states of a journal apart: equal when the same edits are in force; empty without any."""
    ids = [edit.id for edit in edits if edit.undone_at is None]
    return sha256(",".join(ids).encode()).hexdigest()[:16] if ids else ""


def corrected(transcript: Transcript, edits: Sequence[Edit]) -> Transcript:
    """The transcript with its corrections. Segments keep their places, also those that have no word left; what was not
    corrected is untouched."""
    words: dict[int, list[WordsChange]] = {}
    for change in in_force(edits, WordsChange):
        words[change.segment] = [*(c for c in words.get(change.segment, ()) if not change.covers(c)), change]
    voices = {change.segment: change.speaker for change in in_force(edits, SpeakerChange)}
    if not words and not voices:
        return transcript
    segments = list(transcript.segments)
    for place, changes in words.items():
        segments[place] = _reworded(segments[place], changes, transcript.language)
    summary = transcript.summary
    for place, changes in words.items():
        for change in changes:
            summary = _requoted(summary, transcript.segments[place].words, change, transcript.language)
    for place, speaker in voices.items():
        segments[place] = replace(segments[place], speaker=speaker)
    speakers = retimed(transcript.speakers, edits)
    return replace(transcript, summary=summary, segments=tuple(segments), speakers=speakers)


def spoken(transcript: Transcript) -> Transcript:
    """The transcript without segments whose words were all taken away."""
    return replace(transcript, segments=tuple(segment for segment in transcript.segments if segment.text))


def retimed(speakers: Sequence[Speaker], edits: Sequence[Edit]) -> tuple[Speaker, ...]:
    """The voices with the time of segments that were given to another one, and those that corrections made."""
    moved = {change.segment: change for change in in_force(edits, SpeakerChange)}
    made = sorted({change.speaker for change in moved.values()} - {speaker.id for speaker in speakers}, key=_number)
    speakers = (*speakers, *(Speaker(each, f"Speaker {_number(each)}", 0.0) for each in made))
    gained: dict[str, float] = {}
    for change in moved.values():
        gained[change.before] = gained.get(change.before, 0.0) - change.seconds
        gained[change.speaker] = gained.get(change.speaker, 0.0) + change.seconds
    return tuple(
        replace(s, talk_time_s=max(0.0, round(s.talk_time_s + gained[s.id], 3))) if gained.get(s.id) else s
        for s in speakers
    )


def new_voice(speakers: Sequence[Speaker], edits: Iterable[Edit]) -> str:
    """The id of a voice that corrections are to make: one that none had before, undone ones too, so that no name given
    to another voice comes back with it."""
    changes = [edit.change for edit in edits]
    taken = [s.id for s in speakers] + [c.speaker for c in changes if isinstance(c, SpeakerChange)]
    return f"speaker_{max(map(_number, taken), default=0) + 1}"


def _number(speaker_id: str) -> int:
    found = _NUMBER.fullmatch(speaker_id)
    return int(found[1]) if found else 0


def corrected_items(items: Sequence[Mapping[str, Any]], edits: Sequence[Edit]) -> list[tuple[int, Mapping[str, Any]]]:
    """A note's stored items with their corrections, without those that were removed; each with its place in the
    machine's output."""
    values: dict[int, dict[str, Any]] = {}
    removed = set()
    for change in in_force(edits, ItemChange):
        values.setdefault(change.item, {}).update(change.values)
        removed |= {change.item} if change.removed else set()
    return [(place, {**item, **values.get(place, {})}) for place, item in enumerate(items) if place not in removed]


def _reworded(segment: Segment, changes: Sequence[WordsChange], language: str) -> Segment:
    words: list[Word] = []
    reached = 0
    for change in sorted(changes, key=lambda c: c.first):
        words += segment.words[reached : change.first]
        words += _spread(change.text.split(), segment.words[change.first : change.last + 1])
        reached = change.last + 1
    words += segment.words[reached:]
    return replace(segment, text=joined((word.word for word in words), language), words=tuple(words))


def _requoted(summary: str, words: Sequence[Word], change: WordsChange, language: str) -> str:
    """The summary with the change where it quotes the words, which are known by a neighbour on either side."""
    texts = [word.word for word in words]
    for before, after in _NEIGHBOURS:
        start, stop = max(0, change.first - before), change.last + 1 + after
        quoted = joined(texts[start:stop], language)
        if len(texts[start:stop]) > change.last - change.first + 1 and quoted in summary:
            said = [*texts[start : change.first], *change.text.split(), *texts[change.last + 1 : stop]]
            return summary.replace(quoted, joined(said, language))
    return summary


def _spread(texts: Sequence[str], over: Sequence[Word]) -> list[Word]:
    """Words in place of others: with their times where they are as many, else sharing the time by their lengths."""
    if len(texts) == len(over):
        return [replace(word, word=text, probability=1.0) for text, word in zip(texts, over, strict=True)]
    start, end = over[0].start, max(word.end for word in over)
    total = sum(map(len, texts))
    bounds, length = [start], 0
    for text in texts:
        length += len(text)
        bounds.append(round(start + (end - start) * length / total, 3))
    return [Word(text, bounds[i], bounds[i + 1], 1.0) for i, text in enumerate(texts)]

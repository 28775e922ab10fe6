"""Corrections as they are asked for, and what they come to in the machine's output. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

from minutebook.analysis.edits.model import Edit, ItemChange, SpeakerChange, WordsChange, in_force, new_voice, retimed
from minutebook.analysis.voices.model import NAME_MAX, NamedSpeaker
from minutebook.errors import MinutebookError, invalid
from minutebook.kit.text import clean_line
from minutebook.language.lexicon import lexicon_of
from minutebook.transcript.joining import joined
from minutebook.transcript.model import Segment, Transcript

TEXT_MAX: Final = 2000
DUE_MAX: Final = 200
NEW_VOICE: Final = "new"
"""Asks for a voice that is not there yet, one for all segments that are corrected in one go."""


class Reach(StrEnum):
    """How far from a segment on its voice is another one's."""

    SEGMENT = "segment"
    TURN = "turn"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class SegmentRequest:
    """A correction of a transcript. Words are addressed by `segment` and `word` (to `last_word`, inclusive), or by the
    time from `start` to `end` in seconds, within `segment` if that is given; they become `text`. Or a whole `segment`
    goes to `speaker`: a voice's id, or `NEW_VOICE`."""

    segment: int | None = None
    word: int | None = None
    last_word: int | None = None
    start: float | None = None
    end: float | None = None
    text: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """A correction of a note's item: values by field (only what is to change), or its removal."""

    item: int
    values: Mapping[str, str | None]
    remove: bool = False


def checked_segment(
    request: SegmentRequest, position: int, transcript: Transcript, journal: Sequence[Edit], *, remember: bool
) -> WordsChange | SpeakerChange:
    """The change that a request makes of a transcript as the machine made it. Raises `edit_invalid`, `segment_unknown`,
    `word_unknown`, `span_empty`, `span_ambiguous`, `speaker_unknown` and `edit_overlaps`."""
    field = f"edits[{position}]"
    if (request.text is None) == (request.speaker is None):
        raise invalid("edit_invalid", "A correction has a `text` for words or a `speaker` for a segment.", field)
    if request.speaker is not None:
        return _moved(request, field, transcript, journal[: len(journal) - position], journal)
    place, first, last = _addressed(request, field, transcript)
    segment = transcript.segments[place]
    change = WordsChange(
        segment=place,
        first=first,
        last=last,
        text=clean_line(request.text or "", f"{field}.text", at_most=TEXT_MAX),
        before=joined((word.word for word in segment.words[first : last + 1]), transcript.language),
        remember=remember,
    )
    for other in in_force(journal, WordsChange):
        if change.touches(other) and not change.covers(other):
            covered = f"words {other.first} to {other.last} of segment {other.segment}"
            message = f"An earlier correction replaces {covered} as a whole. Undo it, or replace all of them."
            raise invalid("edit_overlaps", message, field)
    return change


def reached(segments: Sequence[Segment], segment: int, reach: Reach) -> list[int]:
    """The segments of one voice from this one on: itself, all until another voice speaks, or all to the end. Raises
    `segment_unknown`."""
    if not 0 <= segment < len(segments):
        raise _no_segment(len(segments), "segment")
    voice = segments[segment].speaker
    following = range(segment, len(segments) if reach is not Reach.SEGMENT else segment + 1)
    if reach is Reach.TURN:
        return list(takewhile(lambda place: segments[place].speaker == voice, following))
    return [place for place in following if segments[place].speaker == voice]


def _moved(
    request: SegmentRequest, field: str, transcript: Transcript, before: Sequence[Edit], journal: Sequence[Edit]
) -> SpeakerChange:
    """`before` is the journal as it was before the requests that are made in one go."""
    if any(value is not None for value in (request.word, request.last_word, request.start, request.end)):
        raise invalid("edit_invalid", "A `speaker` is given to a whole `segment`, not to words.", field)
    known = [speaker.id for speaker in retimed(transcript.speakers, journal)]
    new = request.speaker == NEW_VOICE
    speaker = new_voice(transcript.speakers, before) if new else request.speaker
    if speaker is None or not (new or speaker in known):
        listed = ", ".join(known) or "none"
        raise invalid("speaker_unknown", f"This transcript has no such speaker; it has: {listed}.", f"{field}.speaker")
    place = _place(request.segment, field, transcript)
    segment = transcript.segments[place]
    return SpeakerChange(place, speaker, segment.speaker, round(segment.end - segment.start, 3))


def _addressed(request: SegmentRequest, field: str, transcript: Transcript) -> tuple[int, int, int]:
    by_time = request.start is not None and request.end is not None
    by_word = request.segment is not None and request.word is not None
    half = (request.start is None) != (request.end is None) or (request.word is None and request.last_word is not None)
    if half or by_time == (request.word is not None) or not (by_time or by_word):
        message = "Say which words: `segment` and `word` (and `last_word`), or `start` and `end` in seconds."
        raise invalid("edit_invalid", message, field)
    if request.start is not None and request.end is not None:
        return _within(request, field, transcript, request.start, request.end)
    place = _place(request.segment, field, transcript)
    first = request.word or 0
    last = first if request.last_word is None else request.last_word
    if not 0 <= first <= last < len(transcript.segments[place].words):
        many = len(transcript.segments[place].words)
        raise invalid("word_unknown", f"Segment {place} has {many} words, counted from 0.", f"{field}.word")
    return place, first, last


def _within(
    request: SegmentRequest, field: str, transcript: Transcript, start: float, end: float
) -> tuple[int, int, int]:
    places = (
        range(len(transcript.segments)) if request.segment is None else [_place(request.segment, field, transcript)]
    )
    found = [(place, words) for place in places if (words := _words_between(transcript.segments[place], start, end))]
    if not found:
        raise invalid("span_empty", "No word has its middle between `start` and `end`.", field)
    if len(found) > 1:
        listed = ", ".join(str(place) for place, _ in found[:5])
        message = f"The span holds words of several segments ({listed}); correct each, with its `segment`."
        raise invalid("span_ambiguous", message, field)
    place, words = found[0]
    return place, words[0], words[-1]


def _words_between(segment: Segment, start: float, end: float) -> list[int]:
    return [i for i, word in enumerate(segment.words) if start <= (word.start + word.end) / 2 <= end]


def _place(segment: int | None, field: str, transcript: Transcript) -> int:
    if segment is None or not 0 <= segment < len(transcript.segments):
        raise _no_segment(len(transcript.segments), f"{field}.segment")
    return segment


def _no_segment(count: int, field: str) -> MinutebookError:
    return invalid("segment_unknown", f"The transcript has {count} segments, counted from 0.", field)


def checked_item(
    request: ItemRequest,
    position: int,
    items: Sequence[Mapping[str, Any]],
    voices: Sequence[NamedSpeaker],
    held_on: date,
    journal: Sequence[Edit],
    language: str = "en",
) -> ItemChange:
    """The change that a request makes of a note (in `language`) as the machine made it. Raises `item_unknown`,
    `item_removed`, `edit_invalid`, `text_required` and `due_date_invalid`."""
    field = f"edits[{position}]"
    if not 0 <= request.item < len(items):
        raise invalid("item_unknown", f"The note has {len(items)} items, counted from 0.", f"{field}.item")
    if any(change.removed and change.item == request.item for change in in_force(journal, ItemChange)):
        raise invalid("item_removed", "This item was removed; undo that first.", f"{field}.item")
    if request.remove == bool(request.values):
        message = "Send new values (`text`, `owner`, `due`) for an item, or `delete`, not both."
        raise invalid("edit_invalid", message, field)
    values: dict[str, Any] = {}
    if "text" in request.values:
        values["text"] = clean_line(request.values["text"] or "", f"{field}.text", at_most=TEXT_MAX)
        if not values["text"]:
            raise invalid("text_required", "An item needs a `text`; send `delete` to remove it.", f"{field}.text")
    if "owner" in request.values:
        values["owner"] = _owner(request.values["owner"], f"{field}.owner", voices)
    if "due" in request.values or "due_date" in request.values:
        values["due"] = _due(request.values, field, held_on, language)
    before = {name: items[request.item].get(name) for name in values}
    return ItemChange(request.item, values, request.remove, before)


def _owner(given: str | None, field: str, voices: Sequence[NamedSpeaker]) -> dict[str, str | None] | None:
    """A voice, by its id or the name it alone is shown under, so that its name is followed; else just a name."""
    name = clean_line(given or "", field, at_most=NAME_MAX)
    if not name:
        return None
    meant = [v.id for v in voices if name == v.id] or [v.id for v in voices if name.casefold() == v.name.casefold()]
    return {"speaker": meant[0], "name": None} if len(meant) == 1 else {"speaker": None, "name": name}


def _due(values: Mapping[str, str | None], field: str, held_on: date, language: str) -> dict[str, str | None] | None:
    said = clean_line(values.get("due") or "", f"{field}.due", at_most=DUE_MAX)
    day = _day(values.get("due_date"), f"{field}.due_date")
    if not said and day is None:
        return None
    on = day or _written_day(said) or lexicon_of(language).dates.resolve(said.casefold(), held_on)
    return {"said": said or str(on), "on": on.isoformat() if on else None}


def _day(text: str | None, field: str) -> date | None:
    if text is None:
        return None
    day = _written_day(text.strip())
    if day is None:
        raise invalid("due_date_invalid", "`due_date` is a day such as 2026-03-05.", field)
    return day


def _written_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

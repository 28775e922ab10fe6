"""Reports' contents: the machine's output as it is kept, and the contract's JSON as it is shown.

What is kept never changes and names voices by id; corrections and names are put in when it is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from minutebook.analysis.edits.model import Edit, corrected, corrected_items
from minutebook.analysis.model import AnalysisType
from minutebook.analysis.voices.model import NamedSpeaker
from minutebook.language.model import NoteSection
from minutebook.language.render import note_from_json, note_markdown, note_to_json, with_speaker_names
from minutebook.transcript.model import Speaker, Transcript
from minutebook.transcript.render import content, from_content


def kept(value: Any) -> str:
    """JSON values as they are kept."""
    return to_json(value).decode()


def kept_transcript(transcript: Transcript) -> str:
    """A transcription as it is kept."""
    return kept(content(transcript))


def transcript_of(kept_content: str) -> Transcript:
    """The transcript of a kept transcription."""
    return from_content(from_json(kept_content))


def transcript_facts(transcript: Transcript) -> dict[str, object]:
    """What lists and notes need to know of a transcription without reading all of it."""
    speakers = [_speaker_facts(speaker) for speaker in transcript.speakers]
    return {"language": transcript.language, "duration_s": transcript.duration_s, "speakers": speakers}


def speakers_of(facts: Mapping[str, Any]) -> tuple[Speaker, ...]:
    """The voices of a transcription, from its facts."""
    return tuple(
        Speaker(s["id"], s["name"], s["talk_time_s"], s.get("participant", False)) for s in facts.get("speakers", ())
    )


def _speaker_facts(speaker: Speaker) -> dict[str, object]:
    facts: dict[str, object] = {
        "id": speaker.id,
        "name": speaker.name,
        "talk_time_s": round(speaker.talk_time_s, 3),
    }
    return {**facts, "participant": True} if speaker.participant else facts


def items_of(kept_content: str) -> Sequence[Mapping[str, Any]]:
    """The items of a kept note, as they are stored."""
    return list(from_json(kept_content)["items"])


def language_of(kept_content: str) -> str:
    """The language of a kept note."""
    return str(from_json(kept_content).get("language", "en"))


def shown(
    report_type: AnalysisType,
    kept_content: str,
    speakers: Sequence[NamedSpeaker],
    edits: Sequence[Edit] = (),
    sections: Sequence[NoteSection] = (),
) -> str:
    """A report's `report_content`: the contract's JSON, as a string, with the report's corrections and with voices
    under their names; of a note the Markdown has these `sections`."""
    return _SHOWN[report_type](kept_content, speakers, edits, sections)


def _transcription(
    kept_content: str, speakers: Sequence[NamedSpeaker], edits: Sequence[Edit], _sections: Sequence[NoteSection]
) -> str:
    value = from_json(kept_content)
    if edits:
        value = content(corrected(from_content(value), edits))
    by_id = {speaker.id: speaker.name for speaker in speakers}
    value["speakers"] = [{**s, "name": by_id.get(s["id"], s["name"])} for s in value["speakers"]]
    return kept({"content": {"transcription": value}})


def _note(
    kept_content: str, speakers: Sequence[NamedSpeaker], edits: Sequence[Edit], sections: Sequence[NoteSection]
) -> str:
    value = from_json(kept_content)
    items = corrected_items(value["items"], edits)
    note = note_from_json({**value, "items": [item for _, item in items]})
    names = _names_only(speakers)
    body = note_to_json(note, names)
    if sections:
        body["markdown"] = note_markdown(note, names, sections=sections)
    marks = [{"index": place, "edited": item != value["items"][place]} for place, item in items]
    body["items"] = [{**item, **mark} for item, mark in zip(body["items"], marks, strict=True)]
    return kept(body)


def _with_names(
    kept_content: str, speakers: Sequence[NamedSpeaker], _edits: Sequence[Edit], _sections: Sequence[NoteSection]
) -> str:
    return kept(with_speaker_names(from_json(kept_content), _names_only(speakers)))


def _names_only(speakers: Sequence[NamedSpeaker]) -> Transcript:
    """A transcript that knows its voices and nothing else: enough to put names into what cites it."""
    voices = tuple(Speaker(s.id, s.name, s.talk_time_s) for s in speakers)
    return Transcript(language="", duration_s=0.0, speakers=voices, segments=())


Show = Callable[[str, Sequence[NamedSpeaker], Sequence[Edit], Sequence[NoteSection]], str]

_SHOWN: Final[Mapping[AnalysisType, Show]] = {
    AnalysisType.TRANSCRIPTION: _transcription,
    AnalysisType.MEETING_NOTE: _note,
    AnalysisType.KEY_POINTS: _with_names,
    AnalysisType.SENTIMENT: _with_names,
}

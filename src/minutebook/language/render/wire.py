"""Notes, key points and sentiment to and from JSON.

Two forms: stored (speaker ids; `*_to_json` without a transcript, read back by `*_from_json`) and shown (names instead
of ids and the note's Markdown; `*_to_json` with a transcript).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from minutebook.language.model import (
    Due,
    Evidence,
    Item,
    ItemKind,
    KeyPoint,
    MeetingType,
    Mood,
    MoodSpan,
    Note,
    Owner,
    Sentiment,
    Span,
    Unsupported,
    Usage,
)
from minutebook.language.render.markdown import note_markdown, owner_name
from minutebook.language.render.summary import summary_of
from minutebook.transcript.joining import as_written
from minutebook.transcript.model import Transcript

Json = dict[str, Any]


def note_to_json(note: Note, transcript: Transcript | None = None) -> Json:
    """With a transcript the contract's object (`markdown`, `items` with names); without one the stored form."""
    body: Json = {
        "items": [item_to_json(item, transcript) for item in note.items],
        "unsupported": [{**item_to_json(u.item, transcript), "reason": u.reason} for u in note.unsupported],
        "producer": note.producer,
        "notices": list(note.notices),
        "usage": _usage_to_json(note.usage),
        "language": note.language,
        "meeting_type": note.meeting_type.value,
    }
    if transcript is None:
        return body
    return {"markdown": note_markdown(note, transcript), "summary": _summary_to_json(note, transcript), **body}


def _summary_to_json(note: Note, transcript: Transcript) -> list[Json]:
    return [
        {
            "kind": line.kind.value,
            "text": "; ".join(_shown(item.text, transcript.language) for item in line.items),
            "evidence": [evidence_to_json(e, transcript) for item in line.items for e in item.evidence],
        }
        for line in summary_of(note)
    ]


def note_from_json(data: Mapping[str, Any]) -> Note:
    """The stored form back. It was verified when it was made; a changed transcript calls for a new note."""
    return Note(
        items=tuple(map(item_from_json, data["items"])),
        unsupported=tuple(Unsupported(item_from_json(u), u["reason"]) for u in data.get("unsupported", ())),
        producer=data.get("producer", "extractive"),
        notices=tuple(data.get("notices", ())),
        usage=Usage(**data["usage"]) if data.get("usage") else None,
        language=data.get("language", "en"),
        meeting_type=MeetingType(data.get("meeting_type", MeetingType.GROUP)),
    )


def item_to_json(item: Item, transcript: Transcript | None = None) -> Json:
    """One line of the note. Shown form: `owner` and `due` are texts; stored form: objects."""
    language = transcript.language if transcript is not None else None
    body: Json = {"kind": item.kind.value, "text": _shown(item.text, language)}
    if transcript is None:
        body["owner"] = {"speaker": item.owner.speaker, "name": item.owner.name} if item.owner else None
        body["due"] = {"said": item.due.said, "on": item.due.on and item.due.on.isoformat()} if item.due else None
    else:
        body["owner"] = owner_name(item.owner, transcript)
        body["due"] = item.due.said if item.due else None
        body["due_date"] = item.due.on.isoformat() if item.due and item.due.on else None
    body["evidence"] = [evidence_to_json(e, transcript) for e in item.evidence]
    optional = {"answered": item.answered, "answer": item.answer, "context": item.context}
    told = {key: _shown(value, language) if isinstance(value, str) else value for key, value in optional.items()}
    span = {"span": {"start": item.span.start, "end": item.span.end}} if item.span else {}
    return body | {key: value for key, value in told.items() if value is not None} | span


def _shown(text: str, language: str | None) -> str:
    """Stored as the rules see it, words with blanks between them; shown as the language writes it."""
    return text if language is None else as_written(text, language)


def item_from_json(data: Mapping[str, Any]) -> Item:
    """The stored form of an item back."""
    owner, due = data.get("owner"), data.get("due")
    return Item(
        kind=ItemKind(data["kind"]),
        text=data["text"],
        evidence=tuple(map(evidence_from_json, data["evidence"])),
        owner=Owner(owner["speaker"], owner["name"]) if owner else None,
        due=Due(due["said"], date.fromisoformat(due["on"]) if due["on"] else None) if due else None,
        answered=data.get("answered"),
        answer=data.get("answer"),
        context=data.get("context"),
        span=Span(data["span"]["start"], data["span"]["end"]) if data.get("span") else None,
    )


def evidence_to_json(evidence: Evidence, transcript: Transcript | None = None) -> Json:
    """A span; `speaker` is the name when shown, the id when stored."""
    speaker = transcript.name_of(evidence.speaker) if transcript else evidence.speaker
    quote = _shown(evidence.quote, transcript.language if transcript else None)
    return {"start": evidence.start, "end": evidence.end, "speaker": speaker, "quote": quote}


def evidence_from_json(data: Mapping[str, Any]) -> Evidence:
    """The stored form of a span back."""
    return Evidence(data["start"], data["end"], data["speaker"], data["quote"])


def key_points_to_json(points: Sequence[KeyPoint], transcript: Transcript | None = None) -> Json:
    """`{"key_points": [{"text", "evidence"}]}`."""
    language = transcript.language if transcript is not None else None
    listed = [
        {"text": _shown(p.text, language), "evidence": [evidence_to_json(e, transcript) for e in p.evidence]}
        for p in points
    ]
    return {"key_points": listed}


def key_points_from_json(data: Mapping[str, Any]) -> tuple[KeyPoint, ...]:
    """The stored form of key points back."""
    return tuple(KeyPoint(p["text"], tuple(map(evidence_from_json, p["evidence"]))) for p in data["key_points"])


def sentiment_to_json(sentiment: Sentiment, transcript: Transcript | None = None) -> Json:
    """`{"overall", "by_speaker", "timeline"}` of the contract; each mood with the spans that moved it."""
    by_speaker = [
        {"speaker": transcript.name_of(speaker) if transcript else speaker, **_mood_to_json(mood, transcript)}
        for speaker, mood in sentiment.by_speaker
    ]
    return {
        "overall": _mood_to_json(sentiment.overall, transcript),
        "by_speaker": by_speaker,
        "timeline": [{"start": s.start, "end": s.end, "score": s.score} for s in sentiment.timeline],
    }


def sentiment_from_json(data: Mapping[str, Any]) -> Sentiment:
    """The stored form of sentiment back."""
    return Sentiment(
        overall=_mood_from_json(data["overall"]),
        by_speaker=tuple((m["speaker"], _mood_from_json(m)) for m in data["by_speaker"]),
        timeline=tuple(MoodSpan(s["start"], s["end"], s["score"]) for s in data["timeline"]),
    )


def _mood_to_json(mood: Mood, transcript: Transcript | None) -> Json:
    evidence = [evidence_to_json(e, transcript) for e in mood.evidence]
    return {"label": mood.label, "score": mood.score, "evidence": evidence}


def _mood_from_json(data: Mapping[str, Any]) -> Mood:
    return Mood(data["label"], data["score"], tuple(map(evidence_from_json, data.get("evidence", ()))))


def _usage_to_json(usage: Usage | None) -> Json | None:
    if usage is None:
        return None
    return {
        "calls": usage.calls,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cost": usage.cost,
    }


def with_speaker_names(value: Any, transcript: Transcript) -> Any:
    """Stored JSON of key points or sentiment in its shown form: every `speaker` id replaced by the voice's name."""
    if isinstance(value, Mapping):
        return {
            key: transcript.name_of(part)
            if key == "speaker" and isinstance(part, str)
            else with_speaker_names(part, transcript)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [with_speaker_names(part, transcript) for part in value]
    return value

"""What is searched of a meeting: its passages, from the values that the API shows. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from minutebook.kit.text import folded
from minutebook.meetings.model import Meeting
from minutebook.search.model import Document, Part, Passage

Content = Mapping[str, Any]


def document_of(meeting: Meeting, transcription: Content | None, note: Content | None) -> Document:
    """The document of a meeting; `transcription` and `note` are report contents, None before there are any."""
    transcript = transcription["content"]["transcription"] if transcription else {}
    passages = [
        Passage(Part.TITLE, meeting.title),
        *([Passage(Part.DESCRIPTION, meeting.description)] if meeting.description else ()),
        *(Passage(Part.ATTENDEE, attendee.display_name) for attendee in meeting.attendees),
        *(_of_item(item) for item in (note or {}).get("items", ())),
        *_of_transcript(transcript),
    ]
    return Document(meeting.id, meeting.owner_id, transcript.get("language", ""), tuple(passages))


def people_of(meeting: Meeting, transcription: Content | None) -> str:
    """Names and addresses of everybody who was there or was heard, folded, one a line."""
    listed = [part for attendee in meeting.attendees for part in (attendee.display_name, attendee.email)]
    heard = transcription["content"]["transcription"]["speakers"] if transcription else ()
    return folded("\n".join(dict.fromkeys([*listed, *(speaker["name"] for speaker in heard)])))


def _of_transcript(transcript: Content) -> Sequence[Passage]:
    names = {speaker["id"]: speaker["name"] for speaker in transcript.get("speakers", ())}
    return [
        Passage(Part.TRANSCRIPT, each["text"], names.get(each["speaker"], ""), each["start"])
        for each in transcript.get("segments", ())
        if each["text"]
    ]


def _of_item(item: Content) -> Passage:
    first: Content = next(iter(item["evidence"]), {})
    return Passage(Part.NOTE, item["text"], first.get("speaker", ""), first.get("start"))

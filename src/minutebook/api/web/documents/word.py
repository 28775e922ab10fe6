"""A meeting as a Word document: note, key points and transcript, with the times of what was said."""

from typing import Any

from minutebook.api.web.dates import written_day
from minutebook.api.web.documents.paragraphs import WordDocument
from minutebook.api.web.languages import catalogue
from minutebook.api.web.record import Record
from minutebook.kit.text import clean_text
from minutebook.meetings.model import Meeting
from minutebook.transcript.render.times import short_time

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TEXT_MOST = 10_000_000


def word_file(meeting: Meeting, record: Record, language: str) -> bytes:
    """The document, its own words in `language`."""
    document = WordDocument(_plain(meeting.title)[:255], language)
    _add(document, meeting.title, "Title")
    names = ", ".join(attendee.display_name for attendee in meeting.attendees)
    _add(document, written_day(meeting.created_at, "long", language))
    _add(document, names)
    _note(document, record, language)
    _key_points(document, record, language)
    _transcript(document, record, language)
    return document.written()


def _note(document: WordDocument, record: Record, language: str) -> None:
    _ = catalogue(language).gettext
    if record.note is None:
        return
    kinds = {"decision": _("Decisions"), "action": _("Actions"), "question": _("Questions"), "topic": _("Topics")}
    _add(document, _("Note"), "heading 1")
    for line in record.note["summary"]:
        _add(document, f"{kinds[line['kind']]}: {line['text']}")
    for section in record.note["sections"]:
        _add(document, section["heading"] or ", ".join(kinds[kind] for kind in section["kinds"]), "heading 2")
        for item in section["items"]:
            details = [item["owner"] or _("Nobody named")] if item["kind"] == "action" else []
            if item.get("due"):
                details.append(f"{_('Due:')} {item['due']}")
            text = item["text"] + (f" — {', '.join(details)}" if details else "")
            _add(document, text, "List Bullet")
            _evidence(document, item["evidence"])


def _key_points(document: WordDocument, record: Record, language: str) -> None:
    if record.key_points and record.key_points["key_points"]:
        _add(document, catalogue(language).gettext("Key points"), "heading 1")
        for point in record.key_points["key_points"]:
            _add(document, point["text"], "List Bullet")
            _evidence(document, point["evidence"])


def _evidence(document: WordDocument, evidence: list[dict[str, Any]]) -> None:
    for each in evidence:
        _add(document, f"“{each['quote']}” — {each['speaker']} {short_time(each['start'])}", "Quote")


def _transcript(document: WordDocument, record: Record, language: str) -> None:
    if not record.lines:
        return
    _add(document, catalogue(language).gettext("Transcript"), "heading 1")
    for line in record.lines:
        name = [(_plain(line.name), "b"), (" ", "")] if line.begins else []
        document.add([*name, (f"{short_time(line.start)} ", "i"), (_plain(line.text), "")])


def _add(document: WordDocument, text: str, style: str | None = None) -> None:
    if text:
        document.add([(_plain(text), "")], style)


def _plain(text: str) -> str:
    """Text as XML can hold it."""
    return clean_text(text.encode(errors="replace").decode().replace("\0", ""), "text", at_most=_TEXT_MOST)

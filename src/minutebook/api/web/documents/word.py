"""A meeting as a Word document: note, key points and transcript, with the times of what was said."""

import io
import unicodedata
from typing import TYPE_CHECKING, Any

from babel.dates import format_date

from minutebook.api.web.languages import catalogue
from minutebook.api.web.record import Record
from minutebook.kit.text import clean_text
from minutebook.meetings.model import Meeting
from minutebook.transcript.render.times import short_time

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TEXT_MOST = 10_000_000


def word_file(meeting: Meeting, record: Record, language: str) -> bytes:
    """The document, its own words in `language`. Takes a second for three hours of talk: not for the event loop."""
    from docx import Document

    document = Document()
    document.core_properties.title = _plain(meeting.title)[:255]
    document.core_properties.author = ""
    document.core_properties.comments = ""
    _add(document, meeting.title, "Title")
    names = ", ".join(attendee.display_name for attendee in meeting.attendees)
    _add(document, format_date(meeting.created_at, "long", locale=language))
    _add(document, names)
    _note(document, record, language)
    _key_points(document, record, language)
    _transcript(document, record, language)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _note(document: "Document", record: Record, language: str) -> None:
    _ = catalogue(language).gettext
    if record.note is None:
        return
    kinds = {"decision": _("Decisions"), "action": _("Actions"), "question": _("Questions"), "topic": _("Topics")}
    _add(document, _("Note"), "Heading 1")
    for line in record.note["summary"]:
        _add(document, f"{kinds[line['kind']]}: {line['text']}")
    for section in record.note["sections"]:
        _add(document, section["heading"] or ", ".join(kinds[kind] for kind in section["kinds"]), "Heading 2")
        for item in section["items"]:
            details = [item["owner"] or _("Nobody named")] if item["kind"] == "action" else []
            if item.get("due"):
                details.append(f"{_('Due:')} {item['due']}")
            text = item["text"] + (f" — {', '.join(details)}" if details else "")
            _add(document, text, "List Bullet")
            _evidence(document, item["evidence"])


def _key_points(document: "Document", record: Record, language: str) -> None:
    if record.key_points and record.key_points["key_points"]:
        _add(document, catalogue(language).gettext("Key points"), "Heading 1")
        for point in record.key_points["key_points"]:
            _add(document, point["text"], "List Bullet")
            _evidence(document, point["evidence"])


def _evidence(document: "Document", evidence: list[dict[str, Any]]) -> None:
    for each in evidence:
        _add(document, f"“{each['quote']}” — {each['speaker']} {short_time(each['start'])}", "Quote")


def _transcript(document: "Document", record: Record, language: str) -> None:
    if not record.lines:
        return
    _add(document, catalogue(language).gettext("Transcript"), "Heading 1")
    for line in record.lines:
        paragraph = document.add_paragraph()
        _turn_around(paragraph, line.text)
        if line.begins:
            paragraph.add_run(_plain(line.name)).bold = True
            paragraph.add_run(" ")
        paragraph.add_run(f"{short_time(line.start)} ").italic = True
        paragraph.add_run(_plain(line.text))


def _add(document: "Document", text: str, style: str | None = None) -> None:
    if text:
        _turn_around(document.add_paragraph(_plain(text), style), text)


def _plain(text: str) -> str:
    """Text as XML can hold it."""
    return clean_text(text.encode(errors="replace").decode().replace("\0", ""), "text", at_most=_TEXT_MOST)


def _turn_around(paragraph: "Paragraph", text: str) -> None:
    """Text whose first letter is written from right to left gets a paragraph that is (UAX #9, P2 and P3)."""
    from docx.oxml import OxmlElement

    directions = (unicodedata.bidirectional(character) for character in text)
    if next((each for each in directions if each in {"L", "R", "AL"}), "L") != "L":
        paragraph.paragraph_format.element.get_or_add_pPr().append(OxmlElement("w:bidi"))

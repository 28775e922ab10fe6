"""The note as Markdown that says what it is of: title, date, attendees before what the note says."""

from minutebook.api.web.dates import written_day
from minutebook.api.web.record import Record
from minutebook.meetings.model import Meeting
from minutebook.transcript.render.neutral import in_markdown
from minutebook.transcript.render.times import short_time


def note_document(meeting: Meeting, record: Record, language: str = "en") -> str | None:
    """The note with its head, as a file; None where there is no note. `language` is that of the date."""
    if record.note is None:
        return None
    facts = [written_day(meeting.created_at.astimezone(), "long", language)]
    if record.transcript is not None:
        facts.append(short_time(record.transcript["duration_s"]))
    people = [f"- {in_markdown(attendee.display_name)}" for attendee in meeting.attendees]
    head = [f"# {in_markdown(meeting.title)}", "", " · ".join(facts), "", *people, ""]
    # The note's own title is the head's now.
    first, _, rest = record.note["markdown"].partition("\n")
    body = rest.lstrip("\n") if first.startswith("# ") else record.note["markdown"]
    return "\n".join(head) + f"\n{body}"

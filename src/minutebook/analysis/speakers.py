"""The voices of a recording and the names people give them. Names are kept apart from the machine's output and are
applied whenever something is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from minutebook.errors import invalid
from minutebook.kit.text import clean_line
from minutebook.meetings.model import Meeting
from minutebook.transcript.model import Speaker, Transcript

NAME_MAX = 200

GivenNames = Mapping[str, tuple[str, str | None]]
"""Speaker id → (name, e-mail of the attendee it is, if it is one)."""


@dataclass(frozen=True, slots=True)
class NamedSpeaker:
    """A voice as it is shown; `attendee` is the e-mail address of the attendee it was said to be."""

    id: str
    name: str
    attendee: str | None
    talk_time_s: float


@dataclass(frozen=True, slots=True)
class Naming:
    """What is to become of one voice's name: a name, an attendee (by e-mail), or neither to take its name away."""

    speaker_id: str
    name: str | None = None
    attendee: str | None = None


def checked_naming(naming: Naming, position: int, known: Sequence[str], meeting: Meeting) -> Naming:
    """The naming with the name that is to be kept. Raises `speaker_unknown`, `attendee_unknown`, `speaker_ambiguous`
    and `name_required`."""
    field = f"speakers[{position}]"
    if naming.speaker_id not in known:
        listed = ", ".join(known) or "none"
        raise invalid("speaker_unknown", f"This transcript has no such speaker; it has: {listed}.", f"{field}.id")
    if naming.attendee is not None and naming.name is not None:
        raise invalid("speaker_ambiguous", "Give a speaker a `name` or an `attendee`, not both.", field)
    if naming.attendee is not None:
        attendee = meeting.attendee(naming.attendee)
        if attendee is None:
            message = "`attendee` is the e-mail address of one of the meeting's attendees."
            raise invalid("attendee_unknown", message, f"{field}.attendee")
        return replace(naming, name=attendee.display_name, attendee=attendee.email)
    if naming.name is None:
        return naming
    name = clean_line(naming.name, f"{field}.name", at_most=NAME_MAX)
    if not name:
        raise invalid("name_required", "`name` is empty; send null to take a name away.", f"{field}.name")
    return replace(naming, name=name)


def named(speakers: Sequence[Speaker], given: GivenNames, meeting: Meeting) -> tuple[NamedSpeaker, ...]:
    """The voices with their given names; an attendee's is the one the meeting lists now."""
    return tuple(_named(speaker, *given.get(speaker.id, (speaker.name, None)), meeting) for speaker in speakers)


def _named(speaker: Speaker, name: str, email: str | None, meeting: Meeting) -> NamedSpeaker:
    attendee = meeting.attendee(email) if email is not None else None
    shown = attendee.display_name if attendee is not None else name
    return NamedSpeaker(speaker.id, shown, email, speaker.talk_time_s)


def with_names(transcript: Transcript, names: Sequence[NamedSpeaker]) -> Transcript:
    """The transcript with its speakers under these names."""
    by_id = {speaker.id: speaker.name for speaker in names}
    speakers = tuple(replace(s, name=by_id.get(s.id, s.name)) for s in transcript.speakers)
    return replace(transcript, speakers=speakers)

"""The voices of a recording and their names: given by people, or proposed by the talk itself. Names are kept apart from
the machine's output and are applied whenever something is shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from minutebook.errors import invalid
from minutebook.kit.text import clean_line
from minutebook.language.model import Evidence
from minutebook.language.talk.naming import propose_names
from minutebook.language.talk.people import first_key
from minutebook.meetings.model import Meeting
from minutebook.transcript.model import Speaker, Transcript

NAME_MAX = 200

GivenNames = Mapping[str, tuple[str | None, str | None]]
"""What people said of voices: speaker id → (name, e-mail of the attendee it is, if it is one). Without a name: that the
voice goes by its number, whatever the talk proposes."""


class NameSource(StrEnum):
    """Where a voice's name comes from."""

    HAND = "hand"
    CALL = "call"
    TALK = "talk"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who a voice may be by the talk itself. `attendee` is an e-mail address, `confidence` is from 0 to 1; `assigned`
    where the talk leaves no doubt."""

    speaker_id: str
    name: str
    attendee: str
    confidence: float
    assigned: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class NamedSpeaker:
    """A voice as it is shown; `attendee` is the e-mail address of the attendee it is, `proposal` what the talk says."""

    id: str
    name: str
    attendee: str | None
    talk_time_s: float
    source: NameSource = NameSource.NONE
    proposal: Proposal | None = None


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


def check_distinct(given: GivenNames) -> None:
    """Refuse to take two voices for one attendee; raises `attendee_taken`."""
    emails = Counter(email.casefold() for _, email in given.values() if email)
    for email, count in emails.items():
        if count > 1:
            message = f"Two voices cannot both be {email}. Give one of them a plain `name`, or move its segments."
            raise invalid("attendee_taken", message, "speakers")


def proposed(transcript: Transcript, meeting: Meeting) -> tuple[Proposal, ...]:
    """What the talk says of its voices. An attendee whose name another one has too is nobody's proposal."""
    shared = Counter(attendee.display_name for attendee in meeting.attendees)
    emails = {a.display_name: a.email for a in meeting.attendees if shared[a.display_name] == 1}
    found = propose_names(transcript, [attendee.display_name for attendee in meeting.attendees])
    return tuple(
        Proposal(p.speaker, p.name, emails[p.name], p.confidence, p.assigned, p.evidence)
        for p in found
        if p.name in emails
    )


def named(
    speakers: Sequence[Speaker], given: GivenNames, proposals: Mapping[str, Proposal], meeting: Meeting
) -> tuple[NamedSpeaker, ...]:
    """The voices under their names: what people said of a voice, else what the call told, else the attendee that the
    talk assigns to it, else its number. An attendee's name is the one the meeting lists now; nobody who is not listed
    any more is assigned."""
    current = {speaker_id: p for speaker_id, kept in proposals.items() if (p := _current(kept, meeting)) is not None}
    taken: set[str] = set()
    shown = [_given(speaker, given, current, meeting) for speaker in speakers]
    for speaker in shown:
        if speaker.source in {NameSource.HAND, NameSource.CALL}:
            taken |= _identity(speaker.attendee, speaker.name)
    for position, speaker in enumerate(shown):
        who = speaker.proposal
        if who is None or not who.assigned or speaker.id in given or speaker.source is NameSource.CALL:
            continue
        if taken & _identity(who.attendee, who.name):
            continue
        taken |= _identity(who.attendee, who.name)
        shown[position] = replace(speaker, name=who.name, attendee=who.attendee, source=NameSource.TALK)
    return tuple(shown)


def _identity(email: str | None, name: str) -> set[str]:
    """By what a person is told to be the same one: e-mail address, or first name."""
    return {first_key(name), *([email.casefold()] if email else [])}


def _current(proposal: Proposal, meeting: Meeting) -> Proposal | None:
    """The proposal under the attendee's present name; None when the meeting does not list the attendee any more."""
    attendee = meeting.attendee(proposal.attendee)
    return replace(proposal, name=attendee.display_name, attendee=attendee.email) if attendee else None


def _given(speaker: Speaker, given: GivenNames, proposals: Mapping[str, Proposal], meeting: Meeting) -> NamedSpeaker:
    name, email = given.get(speaker.id, (None, None))
    attendee = meeting.attendee(email) if email is not None else None
    return NamedSpeaker(
        id=speaker.id,
        name=attendee.display_name if attendee else name or speaker.name,
        attendee=email,
        talk_time_s=speaker.talk_time_s,
        source=_source(speaker, name),
        proposal=proposals.get(speaker.id),
    )


def _source(speaker: Speaker, given: str | None) -> NameSource:
    if given is not None:
        return NameSource.HAND
    return NameSource.CALL if speaker.participant else NameSource.NONE


def with_names(transcript: Transcript, names: Sequence[NamedSpeaker]) -> Transcript:
    """The transcript with its speakers under these names."""
    by_id = {speaker.id: speaker.name for speaker in names}
    speakers = tuple(replace(s, name=by_id.get(s.id, s.name)) for s in transcript.speakers)
    return replace(transcript, speakers=speakers)

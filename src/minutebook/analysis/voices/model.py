"""The voices of a recording and their names: given by people, proposed by the talk or by how a voice sounds.
Names are kept apart from the machine's output and are applied whenever something is shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from minutebook.errors import invalid
from minutebook.kit.text import clean_line, folded
from minutebook.language.model import Evidence
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
    VOICE = "voice"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Guess:
    """A voice sounds like somebody whose voice is remembered, from so many meetings: by the cosine (`likeness`), `sure`
    where an attendee may be named by it."""

    speaker_id: str
    person_id: str
    name: str
    email: str | None
    likeness: float
    sure: bool
    meetings: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who a voice may be by the talk itself (`evidence`), by its sound (`guess`), or both. `attendee` is an e-mail
    address, None for somebody who is not listed; `confidence` is from 0 to 1; `assigned` where there is no doubt, by
    what `source` tells."""

    speaker_id: str
    name: str
    attendee: str | None
    confidence: float
    assigned: bool
    evidence: tuple[Evidence, ...]
    source: NameSource = NameSource.TALK
    guess: Guess | None = None


@dataclass(frozen=True, slots=True)
class NamedSpeaker:
    """A voice as it is shown; `attendee` is the e-mail address of the attendee it is, `proposal` what talk and sound
    say."""

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
    from minutebook.language.talk.naming import propose_names  # numpy, which most commands do without

    shared = Counter(attendee.display_name for attendee in meeting.attendees)
    emails = {a.display_name: a.email for a in meeting.attendees if shared[a.display_name] == 1}
    found = propose_names(transcript, [attendee.display_name for attendee in meeting.attendees])
    return tuple(
        Proposal(p.speaker, p.name, emails[p.name], p.confidence, p.assigned, p.evidence)
        for p in found
        if p.name in emails
    )


def named(
    speakers: Sequence[Speaker],
    given: GivenNames,
    proposals: Mapping[str, Proposal],
    meeting: Meeting,
    guesses: Mapping[str, Guess] = MappingProxyType({}),
) -> tuple[NamedSpeaker, ...]:
    """The voices under their names: what people said of a voice, else what the call told, else the attendee that talk
    or sound assign to it, else its number. An attendee's name is the one the meeting lists now; nobody who is not
    listed any more is assigned."""
    current = {speaker_id: p for speaker_id, kept in proposals.items() if (p := _current(kept, meeting)) is not None}
    for speaker_id, guess in guesses.items():
        current[speaker_id] = _heard_too(current.get(speaker_id), _by_sound(guess, meeting))
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
        shown[position] = replace(speaker, name=who.name, attendee=who.attendee, source=who.source)
    return tuple(shown)


def without_guess(speaker: NamedSpeaker) -> NamedSpeaker:
    """The voice as it is shown to others than its owner: nothing tells whose voices are remembered."""
    proposal = speaker.proposal
    if proposal is None or proposal.guess is None:
        return speaker
    return replace(speaker, proposal=replace(proposal, guess=None) if proposal.evidence else None)


def _by_sound(guess: Guess, meeting: Meeting) -> Proposal:
    """What the sound of a voice says; like the talk, it names nobody whom the meeting does not list."""
    attendee = meeting.attendee(guess.email) if guess.email else None
    if attendee is None:
        called = [a for a in meeting.attendees if folded(a.display_name) == folded(guess.name)]
        attendee = called[0] if len(called) == 1 else None
    name, email = (attendee.display_name, attendee.email) if attendee else (guess.name, None)
    sure = guess.sure and attendee is not None
    likeness = max(0.0, min(guess.likeness, 1.0))
    return Proposal(guess.speaker_id, name, email, likeness, sure, (), NameSource.VOICE, guess)


def _heard_too(talk: Proposal | None, sound: Proposal) -> Proposal:
    """What talk and sound say together: where they agree either may assign the name; where they do not, a sure one is
    worth nothing against the other."""
    if talk is None:
        return sound
    if _identity(talk.attendee, talk.name) & _identity(sound.attendee, sound.name):
        source = talk.source if talk.assigned or not sound.assigned else sound.source
        return replace(talk, assigned=talk.assigned or sound.assigned, source=source, guess=sound.guess)
    return replace(talk, assigned=talk.assigned and not sound.assigned)


def _identity(email: str | None, name: str) -> set[str]:
    """By what a person is told to be the same one: e-mail address, or first name."""
    return {first_key(name), *([email.casefold()] if email else [])}


def _current(proposal: Proposal, meeting: Meeting) -> Proposal | None:
    """The proposal of the talk under the attendee's present name; None when the meeting does not list them any more."""
    attendee = meeting.attendee(proposal.attendee or "")
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

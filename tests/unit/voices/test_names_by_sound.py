"""What the sound of a voice may do to its name, beside what people, the call and the talk say."""

from datetime import UTC, datetime

import pytest

from minutebook.analysis.voices.model import Guess, NameSource, Proposal, named, without_guess
from minutebook.language.model import Evidence
from minutebook.meetings.model import Attendee, Meeting
from minutebook.transcript.model import Speaker

AT = datetime(2026, 3, 2, tzinfo=UTC)
DANA, TOM = Attendee("dana@example.com", "Dana Scott"), Attendee("tom@example.com", "Tom Kilburn")
VOICE = (Speaker("speaker_1", "Speaker 1", 20.0),)
SAID = (Evidence(1.0, 2.0, "speaker_2", "Thanks, Tom."),)


def meeting(*attendees: Attendee) -> Meeting:
    return Meeting("m", "o", "Weekly", "", attendees, AT, AT)


def guess(sure: bool = True, name: str = "Dana Scott", email: str | None = "DANA@example.com") -> Guess:
    return Guess("speaker_1", "p", name, email, 0.83, sure, 3)


def talk(who: Attendee, assigned: bool) -> Proposal:
    return Proposal("speaker_1", who.display_name, who.email, 0.6, assigned, SAID)


def shown(heard: Guess, said: Proposal | None = None, *attendees: Attendee) -> tuple[str, NameSource]:
    proposals = {"speaker_1": said} if said else {}
    (voice,) = named(VOICE, {}, proposals, meeting(*(attendees or (DANA, TOM))), {"speaker_1": heard})
    return voice.name, voice.source


@pytest.mark.parametrize("heard", [guess(), guess(email=None), guess(name="dana SCOTT", email=None)])
def test_a_listed_attendee_is_named(heard: Guess) -> None:
    assert shown(heard) == ("Dana Scott", NameSource.VOICE)


@pytest.mark.parametrize(
    ("heard", "attendees"),
    [
        (guess(sure=False), (DANA, TOM)),
        (guess(), (TOM,)),
        (guess(email=None), (DANA, Attendee("other@example.com", "Dana Scott"))),
    ],
)
def test_in_doubt_nobody_is(heard: Guess, attendees: tuple[Attendee, ...]) -> None:
    assert shown(heard, None, *attendees) == ("Speaker 1", NameSource.NONE)
    (voice,) = named(VOICE, {}, {}, meeting(*attendees), {"speaker_1": heard})
    assert voice.proposal is not None
    assert voice.proposal.name == "Dana Scott", "but it is told"


def test_talk_and_sound_together() -> None:
    assert shown(guess(), talk(DANA, assigned=False)) == ("Dana Scott", NameSource.VOICE)
    assert shown(guess(sure=False), talk(DANA, assigned=True)) == ("Dana Scott", NameSource.TALK)
    assert shown(guess(sure=False), talk(DANA, assigned=False)) == ("Speaker 1", NameSource.NONE)


def test_talk_against_sound() -> None:
    assert shown(guess(), talk(TOM, assigned=True)) == ("Speaker 1", NameSource.NONE)
    assert shown(guess(), talk(TOM, assigned=False)) == ("Speaker 1", NameSource.NONE)
    assert shown(guess(sure=False), talk(TOM, assigned=True)) == ("Tom Kilburn", NameSource.TALK)


def test_people_and_calls_are_not_overruled() -> None:
    given = {"speaker_1": (None, None)}
    assert named(VOICE, given, {}, meeting(DANA), {"speaker_1": guess()})[0].source is NameSource.NONE
    two = (*VOICE, Speaker("speaker_2", "Dana Scott", 20.0, participant=True))
    found = named(two, {}, {}, meeting(DANA), {"speaker_1": guess()})
    assert [voice.source for voice in found] == [NameSource.NONE, NameSource.CALL], "she is somebody else already"


def test_others_are_not_told_of_remembered_voices() -> None:
    (alone,) = named(VOICE, {}, {}, meeting(DANA), {"speaker_1": guess()})
    assert without_guess(alone).proposal is None
    (both,) = named(VOICE, {}, {"speaker_1": talk(DANA, assigned=True)}, meeting(DANA), {"speaker_1": guess()})
    left = without_guess(both).proposal
    assert left is not None
    assert (left.evidence, left.guess) == (SAID, None)

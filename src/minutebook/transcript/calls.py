"""The transcript of a call: participants' own words, words of voices under participants' names, one order. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from minutebook.transcript.attribution import SpokenWord, talk_times
from minutebook.transcript.echoes import OwnWords, without_echoes
from minutebook.transcript.merge import Heard, divided, spoken_by_voices
from minutebook.transcript.model import Segment, Speaker, Turn
from minutebook.transcript.participants import UNKNOWN, Speaking, named_words, uncovered

UNKNOWN_NAME = "Unknown"


@dataclass(frozen=True, slots=True)
class CallPeople:
    """Who took part: names by person (empty where the platform shows none), and when they spoke by its signs."""

    names: Mapping[str, str]
    speaking: tuple[Speaking, ...] = ()


def call_segments(
    own: Sequence[OwnWords],
    own_turns: Sequence[Turn],
    voices: Sequence[Heard],
    voice_turns: Sequence[Turn],
    people: CallPeople,
    language: str = "en",
) -> tuple[tuple[Segment, ...], tuple[Speaker, ...]]:
    """Segments and speakers of a call.

    `own` are words from the sound of one person each; `own_turns` say when these speak. `voices` are words from mixed
    sound, `voice_turns` its voices. No word is lost or said by two, but for echoes and what neighbouring stretches
    both heard.
    """
    certain = [[SpokenWord(_person(each.person), word) for word in each.words] for each in without_echoes(own)]
    turns = [replace(turn, speaker=_person(turn.speaker)) for turn in own_turns]
    signs = uncovered([replace(each, person=_person(each.person)) for each in people.speaking], turns)
    likely = named_words(spoken_by_voices(voices, voice_turns), voice_turns, signs)
    segments = divided([words for words in (*certain, *likely) if words], language)
    sure = {turn.speaker for turn in turns}
    turns += [Turn(s.speaker, s.start, s.end) for s in segments if s.speaker not in sure]
    return with_speakers(segments, talk_times(turns), people)


def _person(person: str) -> str:
    """How a person is called among voices, which may have the same name."""
    return f"person:{person}"


def with_speakers(
    segments: Sequence[Segment], times: Mapping[str, float], people: CallPeople
) -> tuple[tuple[Segment, ...], tuple[Speaker, ...]]:
    """Number the speakers in the order in which they are first heard, participants under their names. Two of one name
    are told apart: "Ada", "Ada (2)"."""
    heard = list(dict.fromkeys(segment.speaker for segment in segments))
    names = {_person(person): name for person, name in people.names.items() if name} | {UNKNOWN: UNKNOWN_NAME}
    speakers: dict[str, Speaker] = {}
    taken = {names[speaker].casefold() for speaker in heard if speaker in names}
    used: set[str] = set()
    for number, speaker in enumerate(heard, start=1):
        if speaker in names:
            name = _distinct(names[speaker], used, " ({})", 2)
        else:
            name = _distinct(f"Speaker {number}", used | taken, " ({})", 2)
        used.add(name.casefold())
        told = speaker in names and speaker != UNKNOWN
        speakers[speaker] = Speaker(f"speaker_{number}", name, round(times.get(speaker, 0.0), 3), told)
    numbered = tuple(replace(segment, speaker=speakers[segment.speaker].id) for segment in segments)
    return numbered, tuple(speakers.values())


def _distinct(name: str, used: set[str], form: str, first: int) -> str:
    if name.casefold() not in used:
        return name
    return next(each for n in count(first) if (each := name + form.format(n)).casefold() not in used)

"""From what a runner observed to who was there and spoke when: the sources of the recording, and the files
beside it. Pure; the observations may come from several attempts, in any order."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from minutebook.bots.protocol import Observation, ObservationKind
from minutebook.recordings.sources import Interval, Participant, Sources

HYSTERESIS_S: Final = 1.0
"""A shorter silence does not end an interval: the platforms' signs go out between words."""
SHORTEST_S: Final = 0.05
"""What lasts less is no speech but the rounding of a clock."""
GHOST_MS: Final = 60_000
"""A connection that broke stays in the list of participants up to about this long."""
LATE_MS: Final = 2_000
"""How late the end of somebody's last words may be told."""
NETWORK: Final = "network"
OF_PEOPLE: Final = frozenset({ObservationKind.PARTICIPANT, ObservationKind.LEFT, ObservationKind.SPEAKING})
"""What is observed of somebody, rather than of the call."""


@dataclass(slots=True)
class _Stay:
    """What is known of one key: when it was first seen, when surely last, when it last spoke; ms."""

    key: str
    name: str = ""
    track: bool = False
    since: int = 0
    until: int = 0
    spoke_until: int = 0


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One stretch of speech by one sign, its lag taken off; ms."""

    key: str
    source: str
    start: int
    end: int
    confidence: float


def presence_of(observations: Iterable[Observation], started_ms: int, duration_s: float) -> Sources:
    """The sources of a recording that began at `started_ms` and lasts `duration_s`.

    Each source's lag is taken off; short silences are closed; nothing lies outside the recording. A participant is
    named as they were last called. Somebody who went and came back under another key is one person, when nobody else
    in the call ever had that name.
    """
    observed = list(observations)
    stays = _stays(observed)
    persons = _persons(stays)
    participants = tuple(
        Participant(stay.key, stay.name, stay.track, "" if persons[stay.key] == stay.key else persons[stay.key])
        for stay in stays
    )
    spoken = _closed(_spoken(observed), round(HYSTERESIS_S * 1000))
    intervals = (_interval(each, started_ms, duration_s) for each in spoken)
    kept = [each for each in intervals if each.end_s - each.start_s >= SHORTEST_S]
    return Sources(participants, tuple(sorted(kept, key=lambda each: (each.start_s, each.end_s, each.key))))


def of_attempts(attempts: Mapping[int, Sequence[Observation]]) -> list[Observation]:
    """The observations of several attempts as one: who was in the call when an attempt broke off is taken to have left
    then, and comes anew with the next."""
    joined: list[Observation] = []
    for number in sorted(attempts):
        own = sorted(attempts[number], key=lambda each: each.at_ms)
        joined += own
        if own and number != max(attempts):
            last = max(each.at_ms for each in own)
            here = dict.fromkeys(each.key for each in own if each.kind in OF_PEOPLE)
            joined += [Observation(ObservationKind.LEFT, last, key) for key in here]
    return joined


def diarization_lines(observations: Iterable[Observation]) -> bytes:
    """JSON lines, one whenever somebody begins or ends to speak: the list of all who have been seen so far, each as
    `{name, id, timestamp, isSpeaking}`; the time is in milliseconds since the epoch, ids count from 1."""
    observed = list(observations)
    people = _people(observed)
    speaking: dict[str, int] = {}
    lines = []
    for at_ms, changes in _changes(observed, people):
        for person, begins in changes.items():
            speaking[person] = begins
        state = [
            {"name": people[person].name, "id": people[person].number, "timestamp": at_ms, "isSpeaking": on > 0}
            for person, on in speaking.items()
        ]
        lines.append(state)
    return _lines(lines)


def network_lines(observations: Iterable[Observation], started_ms: int) -> bytes:
    """JSON lines of what the network told of speakers: when the recording began, then one event per beginning and end
    of speech; empty when the network told nothing."""
    observed = list(observations)
    people = _people(observed)
    told = [each for each in observed if each.kind is not ObservationKind.SPEAKING or each.source == NETWORK]
    events: list[object] = [
        {"name": people[person].name, "id": people[person].number, "timestamp": at_ms, "isSpeaking": begins > 0}
        for at_ms, changes in _changes(told, people)
        for person, begins in changes.items()
    ]
    return _lines([{"type": "start_time", "meetingStartTime": started_ms}, *events]) if events else b""


def participants_lines(observations: Iterable[Observation]) -> bytes:
    """JSON lines, one per person who was in the call."""
    people = _people(list(observations)).values()
    unique = {person.number: person for person in people}
    return _lines(
        {
            "type": "metadata",
            "id": number,
            "name": person.name,
            "fullName": person.name,
            "displayName": person.name,
            "profilePicture": None,
        }
        for number, person in sorted(unique.items())
    )


def _stays(observed: Sequence[Observation]) -> list[_Stay]:
    """All keys in the order in which they were first seen."""
    stays: dict[str, _Stay] = {}
    for each in sorted((each for each in observed if each.kind in OF_PEOPLE), key=lambda o: o.at_ms):
        began = min(each.at_ms, each.start_ms - each.lag_ms) if each.kind is ObservationKind.SPEAKING else each.at_ms
        stay = stays.setdefault(each.key, _Stay(each.key, since=began))
        stay.since = min(stay.since, began)
        stay.name = " ".join(each.name.split()) or stay.name
        stay.track = stay.track or each.track
        if each.kind is ObservationKind.SPEAKING:
            stay.spoke_until = max(stay.spoke_until, each.end_ms - each.lag_ms)
            stay.until = max(stay.until, stay.spoke_until)
        else:
            stay.until = max(stay.until, each.at_ms)
    return list(stays.values())


def _persons(stays: Sequence[_Stay]) -> dict[str, str]:
    """For each key the first key of the same person."""
    of_name: defaultdict[str, list[_Stay]] = defaultdict(list)
    for stay in stays:
        of_name[stay.name.casefold()].append(stay)
    persons = {stay.key: stay.key for stay in stays}
    for name, same in of_name.items():
        ordered = sorted(same, key=lambda stay: stay.since)
        alone = not any(_together(a, b) for place, a in enumerate(ordered) for b in ordered[place + 1 :])
        if name and alone:
            persons |= {stay.key: ordered[0].key for stay in ordered}
    return persons


def _together(earlier: _Stay, later: _Stay) -> bool:
    """Whether two keys are two people: both were there, and not only as what a broken connection leaves behind."""
    overlap = min(earlier.until, later.until) - later.since
    return overlap > GHOST_MS or earlier.spoke_until > later.since + LATE_MS


def _spoken(observed: Iterable[Observation]) -> list[_Spoken]:
    return [
        _Spoken(o.key, o.source, o.start_ms - o.lag_ms, o.end_ms - o.lag_ms, min(max(o.confidence, 0.0), 1.0))
        for o in observed
        if o.kind is ObservationKind.SPEAKING and o.end_ms > o.start_ms
    ]


def _closed(spoken: Iterable[_Spoken], pause_ms: int) -> list[_Spoken]:
    """Stretches of one key by one sign, joined over pauses that are shorter; a joined one is as sure as its parts are
    on average."""
    joined: list[_Spoken] = []
    for each in sorted(spoken, key=lambda s: (s.key, s.source, s.start, s.end)):
        last = joined[-1] if joined else None
        if last and (last.key, last.source) == (each.key, each.source) and each.start - last.end < pause_ms:
            joined[-1] = _union(last, each)
        else:
            joined.append(each)
    return joined


def _union(one: _Spoken, other: _Spoken) -> _Spoken:
    lengths = one.end - one.start, other.end - other.start
    mean = (one.confidence * lengths[0] + other.confidence * lengths[1]) / sum(lengths)
    return replace(one, end=max(one.end, other.end), confidence=round(mean, 4))


def _interval(spoken: _Spoken, started_ms: int, duration_s: float) -> Interval:
    start_s, end_s = ((moment - started_ms) / 1000 for moment in (spoken.start, spoken.end))
    return Interval(
        spoken.key, max(0.0, min(start_s, duration_s)), min(end_s, duration_s), spoken.source, spoken.confidence
    )


@dataclass(frozen=True, slots=True)
class _Person:
    number: int
    name: str


def _people(observed: Sequence[Observation]) -> dict[str, _Person]:
    """By key: the person's number (from 1, as they were first seen) and name."""
    stays = _stays(observed)
    persons = _persons(stays)
    numbers = {first: number for number, first in enumerate(dict.fromkeys(persons.values()), start=1)}
    names = {persons[stay.key]: stay.name for stay in stays}
    return {key: _Person(numbers[first], names[first]) for key, first in persons.items()}


def _changes(observed: Iterable[Observation], people: Mapping[str, _Person]) -> list[tuple[int, dict[str, int]]]:
    """When the set of speakers changes (ms), and for whom: person → 1 speaks, 0 does not."""
    first_key = {person.number: key for key, person in reversed(list(people.items()))}
    own = (replace(s, key=first_key[people[s.key].number], source="") for s in _spoken(observed))
    moments: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for each in _closed(own, round(HYSTERESIS_S * 1000)):
        moments[each.start][each.key] = 1
        moments[each.end].setdefault(each.key, 0)
    return sorted(moments.items())


def _lines(values: Iterable[object]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)

"""From what a page tells to a transcript's names, through the recording of the runner; and words with a wrong name."""

import base64
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from minutebook.analysis.making.call import call_transcript
from minutebook.bots.protocol import OBSERVATIONS, Observation, observations_from_lines
from minutebook.bots.record.attendance import presence_of
from minutebook.bots.runner.capture.page_messages import Message
from minutebook.bots.runner.capture.participants import Participants
from minutebook.bots.runner.capture.recording import Recording
from minutebook.bots.runner.capture.spool import Spool, finished
from minutebook.speech.ports import Recognised
from minutebook.transcript.model import Transcript, Turn, Word
from support.naming.talk import WORD_S, Meeting, Person, Utterance

START_MS: Final = 1_790_000_000_000
TICK_MS: Final = 250
RATE: Final = 24_000
CONFUSED: Final = 0.04
"""So many turns get the voice of somebody else."""
MERGED: Final = 0.1
"""So many people sound like somebody else to a diarizer in a large meeting."""
JITTER_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Names:
    """Words of a call by what they are called: rightly, wrongly, by no name."""

    right: int
    wrong: int
    unnamed: int
    wrongly: Counter[tuple[str, str]]

    @property
    def words(self) -> int:
        return self.right + self.wrong + self.unnamed

    @property
    def wrong_share(self) -> float:
        return self.wrong / max(1, self.words)

    def __str__(self) -> str:
        shares = (100 * part / max(1, self.words) for part in (self.wrong, self.unnamed))
        wrong, unnamed = shares
        return f"{self.words:5d} words: wrong {wrong:5.2f} %, no name {unnamed:5.1f} %"


def observed(
    told: Sequence[tuple[float, str, Any]], made: Meeting, folder: Path, lag_ms: int, *, mixed: bool
) -> list[Observation]:
    """What the runner's recording observes; with `mixed` it hears one track of everybody, too."""
    spool = Spool(folder, 1, 600.0)
    recording = Recording(START_MS, spool, Participants(), speaking_lag_ms=lag_ms)
    left = list(told)
    noise = np.random.default_rng(1).normal(0, 3000, RATE * TICK_MS // 1000).astype("<i2")
    pcm = base64.b64encode(noise.tobytes()).decode()
    for now in range(0, round(made.length_s * 1000), TICK_MS):
        if mixed:
            loud = bool(made.speaking((now - TICK_MS / 2) / 1000))
            run = {"track": "mix", "at": START_MS + now - TICK_MS, "count": len(noise), "pcm": pcm if loud else ""}
            recording.take(
                Message("d", "tracks", [{"id": "mix", "live": True, "mixed": True, "who": None}]), START_MS + now
            )
            recording.take(Message("d", "sound", [run]), START_MS + now)
        while left and left[0][0] <= now:
            _, kind, content = left.pop(0)
            recording.take(Message("d", kind, content), START_MS + now)
        recording.tick(START_MS + now)
    recording.finish(START_MS + round(made.length_s * 1000))
    spool.close()
    return [
        line
        for piece in finished(folder)
        if piece.stream == OBSERVATIONS
        for line in observations_from_lines(piece.path.read_bytes())
    ]


def voices(made: Meeting, chance: Random) -> list[tuple[Turn, Utterance]]:
    """What a diarizer makes of the sound: edges that are a little off, turns under another's voice, and in a large
    meeting people who share a voice."""
    voice = {each.id: f"voice {each.source}" for each in made.people}
    for person in made.people[8:]:
        if chance.random() < MERGED:
            voice[person.id] = voice[chance.choice(made.people[:8]).id]
    found = []
    for each in made.said:
        owner = each.person if chance.random() >= CONFUSED else chance.choice(made.people)
        start = max(0.0, each.start + chance.gauss(0, JITTER_S))
        found.append((Turn(voice[owner.id], start, max(start + 0.2, each.end + chance.gauss(0, JITTER_S))), each))
    return found


def transcribed(
    observations: Sequence[Observation], started_ms: int, said: Sequence[tuple[Turn, Utterance]], length_s: float
) -> Transcript:
    """The transcript of a recogniser that mistakes no word."""
    sources = presence_of(observations, started_ms, length_s)
    recognised = [
        Recognised(turn, tuple(Word(text, at, at + WORD_S, 1.0) for at, text in each.words)) for turn, each in said
    ]
    return call_transcript(sources, recognised, [turn for turn, _ in said], "en", length_s)


def counted(transcript: Transcript, said: Sequence[Utterance], end_s: float, *, at_the_time: bool = False) -> Names:
    """A name is right when it is the one that its speaker had last; with `at_the_time` also the one that they had when
    they spoke. Of namesakes each needs a speaker of their own:
    which of them is "(2)" is as good as the other way round."""
    speaker_of = {text: each.person.again or each.person for each in said for _, text in each.words}
    called = {speaker.id: speaker.name for speaker in transcript.speakers if speaker.participant}
    early = {text: each.person.name_at(at) for each in said for at, text in each.words if at_the_time}
    pairs = Counter(
        _pair(called.get(segment.speaker, ""), speaker_of[word.word], early.get(word.word, ""), end_s)
        for segment in transcript.segments
        for word in segment.words
    )
    unnamed = sum(count for (name, _), count in pairs.items() if not name)
    bearers: defaultdict[str, list[Person]] = defaultdict(list)
    for person in dict.fromkeys(speaker_of.values()):
        bearers[person.name_at(end_s)].append(person)
    right = sum(_best(name, people, pairs) for name, people in bearers.items())
    wrongly: Counter[tuple[str, str]] = Counter()
    for (name, person), count in pairs.items():
        if name and _base(name) != person.name_at(end_s):
            wrongly[name, person.name_at(end_s)] += count
    return Names(right, pairs.total() - right - unnamed, unnamed, wrongly)


def _best(name: str, people: Sequence[Person], pairs: Counter[tuple[str, Person]]) -> int:
    """Words of those with this name that are under it, each under a speaker of their own."""
    shown = [called for called in dict.fromkeys(called for called, _ in pairs) if _base(called) == name]
    slots = [*shown, *([""] * max(0, len(people) - len(shown)))]
    orders = permutations(slots, len(people))
    return max(sum(pairs[c, p] for c, p in zip(order, people, strict=True) if c) for order in orders)


def _pair(name: str, person: Person, early: str, end_s: float) -> tuple[str, Person]:
    """What a word is called, and whose it is; a name of that time is as good as the last one."""
    return (person.name_at(end_s) if early and name == early else name), person


def _base(called: str) -> str:
    """The name without the number that tells namesakes apart."""
    return re.sub(r" \(\d+\)$", "", called)


def total(found: Iterable[Names]) -> Names:
    """Several calls as one."""
    several = list(found)
    right, wrong, unnamed = (sum(getattr(each, part) for each in several) for part in ("right", "wrong", "unnamed"))
    return Names(right, wrong, unnamed, sum((each.wrongly for each in several), Counter()))

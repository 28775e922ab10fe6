"""Words that a participant's sound holds although somebody else said them: out of a loudspeaker, or across a room that
two share. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median
from typing import Final

from minutebook.transcript.attribution import TurnIndex
from minutebook.transcript.merge import plain
from minutebook.transcript.model import Turn, Word


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Words recognised from the sound of one person alone, and how loud each is there (dB)."""

    person: str
    turn: Turn
    words: tuple[Word, ...]
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EchoRules:
    """An echo comes up to `latest_s` after the word (sound goes to the other participant and back) and is `fainter_db`
    fainter. Several people do say the same at once ("thank you", "bye"): only a run of `run` words, or words that are
    `unlike_db` fainter than what the person usually says, are no words of theirs."""

    earliest_s: float = -0.3
    latest_s: float = 1.2
    fainter_db: float = 3.0
    unlike_db: float = 8.0
    run: int = 3
    usual_words: int = 10


DEFAULT: Final = EchoRules()

Place = tuple[int, int]
"""A word by its stretch and its place there."""


def without_echoes(heard: Sequence[OwnWords], rules: EchoRules = DEFAULT) -> list[OwnWords]:
    """The same stretches without echoes; every word that is left out has a louder twin that stays."""
    twins = _twins(heard, rules)
    usual = _usual_levels(heard, set(twins))
    echoes: set[Place] = set()
    for place in sorted(twins, key=lambda p: heard[p[0]].levels[p[1]]):
        stretch = heard[place[0]]
        unlike = stretch.levels[place[1]] <= usual.get(stretch.person, float("-inf")) - rules.unlike_db
        if (twins[place].in_run or unlike) and twins[place].of not in echoes:
            echoes.add(place)
    return [_kept(stretch, number, echoes) for number, stretch in enumerate(heard)]


@dataclass(frozen=True, slots=True)
class _Twin:
    of: Place
    in_run: bool


def _twins(heard: Sequence[OwnWords], rules: EchoRules) -> dict[Place, _Twin]:
    """Each word that has a louder twin in another person's sound at about the same time."""
    # A turn's speaker is free text to the index: here the stretch's number.
    index = TurnIndex(Turn(str(n), each.turn.start, each.turn.end) for n, each in enumerate(heard))
    texts = [[plain(word.word) for word in each.words] for each in heard]
    twins: dict[Place, _Twin] = {}
    for number, faint in enumerate(heard):
        for turn in index.between(faint.turn.start - rules.latest_s, faint.turn.end - rules.earliest_s):
            loud = int(turn.speaker)
            if heard[loud].person == faint.person:
                continue
            for block in SequenceMatcher(None, texts[loud], texts[number], autojunk=False).get_matching_blocks():
                pairs = [((loud, block.a + i), (number, block.b + i)) for i in range(block.size)]
                real = [(a, b) for a, b in pairs if texts[number][b[1]] and _is_echo_of(heard, a, b, rules)]
                for a, b in real:
                    in_run = len(real) >= rules.run
                    if b not in twins or (in_run and not twins[b].in_run):
                        twins[b] = _Twin(a, in_run)
    return twins


def _is_echo_of(heard: Sequence[OwnWords], said: Place, echoed: Place, rules: EchoRules) -> bool:
    (a, i), (b, j) = said, echoed
    delay = heard[b].words[j].start - heard[a].words[i].start
    fainter = heard[a].levels[i] - heard[b].levels[j]
    return rules.earliest_s <= delay <= rules.latest_s and fainter >= rules.fainter_db


def _usual_levels(heard: Sequence[OwnWords], doubtful: set[Place], rules: EchoRules = DEFAULT) -> Mapping[str, float]:
    """How loud each person's own words are, where enough are known."""
    levels: dict[str, list[float]] = {}
    for number, stretch in enumerate(heard):
        own = [level for place, level in enumerate(stretch.levels) if (number, place) not in doubtful]
        levels.setdefault(stretch.person, []).extend(own)
    return {person: median(own) for person, own in levels.items() if len(own) >= rules.usual_words}


def _kept(stretch: OwnWords, number: int, echoes: set[Place]) -> OwnWords:
    places = [place for place in range(len(stretch.words)) if (number, place) not in echoes]
    return OwnWords(
        stretch.person,
        stretch.turn,
        tuple(stretch.words[place] for place in places),
        tuple(stretch.levels[place] for place in places),
    )

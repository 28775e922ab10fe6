"""Whose word is it where the platform says who speaks: names from speaking intervals and voices together, and no name
rather than a wrong one. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from minutebook.transcript.attribution import SpokenWord, TurnIndex
from minutebook.transcript.model import Turn

UNKNOWN: Final = "unknown"
"""The speaker of words that the platform and the voices do not agree on."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """A person spoke from `start` to `end`, by a sign that is `weight` (0 to 1) sure. `blur_s` is how far from the
    truth its edges usually are; signs of one `source` are not counted twice."""

    person: str
    start: float
    end: float
    weight: float = 1.0
    blur_s: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class NamingRules:
    """When a word gets a name. Scores are from 0 to 1 by the platform, and as much again by the voice.

    `sure` is the lead with which the platform alone decides; else its score and the voice's are added, and a name needs
    a score of `least` and a lead of `margin`. A voice is bound in full with `evidence_s` of speech under a person's
    signs; with less than `covered` of its speech under anybody's signs, while there are any, it is somebody whom the
    platform does not show, and bound as much less. The platform tells nothing at all after `silent_s` without a sign.
    A voice names nobody without a sign of theirs where another has a score of `others` by the platform, nor in a turn
    that lies under another's signs by `turned` more than under theirs: diarizers mistake turns. Such a turn is that
    other's where it lies `whole` under their signs and lasts `brief_s`; a shorter one is nobody's. Nor is a shorter
    turn of another voice theirs who have a voice of their own (bound by `owned`), by `margin` more than that one:
    signs do not show a word that somebody puts in.
    Residual lags of up to `longest_lag_s` are looked for in steps of `lag_step_s`, and believed where they bring
    `lag_gain` more agreement. Measured with `python -m bench.calls`.
    """

    sure: float = 0.7
    margin: float = 0.25
    least: float = 0.4
    evidence_s: float = 3.0
    covered: float = 0.5
    silent_s: float = 60.0
    others: float = 0.25
    turned: float = 0.28
    owned: float = 0.6
    brief_s: float = 2.5
    whole: float = 0.63
    longest_lag_s: float = 2.0
    lag_step_s: float = 0.1
    lag_gain: float = 0.02


DEFAULT: Final = NamingRules()

Binding = Mapping[str, Mapping[str, float]]
"""For each voice, how far (0 to 1) it is each person's."""


def named_words(
    spoken: Sequence[Sequence[SpokenWord]],
    turns: Sequence[Turn],
    speaking: Sequence[Speaking],
    rules: NamingRules = DEFAULT,
) -> list[list[SpokenWord]]:
    """The words of voices with the persons who said them. `turns` are the voices'.

    Every word comes back once, in its place. One that nobody can be named for keeps its voice, if that is nobody's
    else; otherwise it is `UNKNOWN`'s.
    """
    if not speaking:
        return [list(words) for words in spoken]
    aligned = without_residual_lag(speaking, turns, rules)
    binding = bound_voices(turns, aligned, rules)
    naming = _Naming(aligned, turns, binding, rules)
    return [[naming.named(word) for word in words] for words in spoken]


def uncovered(speaking: Sequence[Speaking], turns: Sequence[Turn], shortest_s: float = 1.0) -> list[Speaking]:
    """What is left of persons' signs where turns of theirs are taken off, in parts of at least `shortest_s`."""
    index = TurnIndex(turns)
    left: list[Speaking] = []
    for each in speaking:
        start = each.start
        for turn in index.between(each.start, each.end):
            if turn.speaker == each.person:
                left.append(replace(each, start=start, end=turn.start))
                start = max(start, turn.end)
        left.append(replace(each, start=start))
    spoken = {turn.speaker for turn in turns}
    return [each for each in left if each.person not in spoken or each.end - each.start >= shortest_s]


def without_residual_lag(
    speaking: Sequence[Speaking], turns: Sequence[Turn], rules: NamingRules = DEFAULT
) -> list[Speaking]:
    """The signs of each source, moved to where they agree best with the voices: one source's lag differs from call to
    call, and voices change when people do."""
    aligned: list[Speaking] = []
    for source in sorted({each.source for each in speaking}):
        own = [each for each in speaking if each.source == source]
        aligned += _moved(own, _residual_lag(own, turns, rules))
    return sorted(aligned, key=lambda each: (each.start, each.end, each.person))


def _residual_lag(own: Sequence[Speaking], turns: Sequence[Turn], rules: NamingRules) -> float:
    steps = round(rules.longest_lag_s / rules.lag_step_s)
    lags = sorted((round(step * rules.lag_step_s, 6) for step in range(-steps, steps + 1)), key=abs)
    agreements = {lag: _agreement(_moved(own, lag), turns) for lag in lags}
    best = max(lags, key=lambda lag: agreements[lag])  # of equals the smallest: it stands first
    return best if agreements[best] > agreements[0.0] * (1 + rules.lag_gain) else 0.0


def _moved(speaking: Sequence[Speaking], lag: float) -> list[Speaking]:
    return [replace(each, start=each.start - lag, end=each.end - lag) for each in speaking] if lag else list(speaking)


def _agreement(speaking: Sequence[Speaking], turns: Sequence[Turn]) -> float:
    """Seconds of each voice under the signs of the person whom it is under most."""
    return sum(max(shares.values(), default=0.0) for shares in _shared(speaking, turns).values())


def _shared(speaking: Sequence[Speaking], turns: Sequence[Turn]) -> dict[str, dict[str, float]]:
    """Weighted seconds that voices and persons have in common."""
    index = TurnIndex(turns)
    shared: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each in speaking:
        for turn in index.between(each.start, each.end):
            seconds = min(turn.end, each.end) - max(turn.start, each.start)
            shared[turn.speaker][each.person] += each.weight * seconds
    return {voice: dict(persons) for voice, persons in shared.items()}


def bound_voices(turns: Sequence[Turn], speaking: Sequence[Speaking], rules: NamingRules = DEFAULT) -> Binding:
    """Which voices are whose, by vote of the time they have in common."""
    bound: dict[str, dict[str, float]] = {}
    covered = _covered(turns, speaking, rules.silent_s)
    for voice, persons in _shared(speaking, turns).items():
        total = sum(persons.values())
        if total > 0:
            known = min(1.0, total / rules.evidence_s) * min(1.0, covered[voice] / rules.covered)
            bound[voice] = {person: known * seconds / total for person, seconds in persons.items()}
    return bound


def _covered(turns: Sequence[Turn], speaking: Sequence[Speaking], silent_s: float) -> dict[str, float]:
    """For each voice the part of its speech that lies under anybody's signs, of that while the platform tells of
    signs."""
    under, told = (TurnIndex(_union_of(speaking, gap)) for gap in (0.0, silent_s))
    seconds: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for turn in turns:
        for place, index in enumerate((under, told)):
            parts = (
                min(turn.end, each.end) - max(turn.start, each.start) for each in index.between(turn.start, turn.end)
            )
            seconds[turn.speaker][place] += sum(parts)
    return {voice: part / whole if whole > 0 else 0.0 for voice, (part, whole) in seconds.items()}


def _union_of(speaking: Sequence[Speaking], gap_s: float) -> list[Turn]:
    """When there is a sign of anybody, shorter gaps closed."""
    joined: list[Turn] = []
    for each in sorted(speaking, key=lambda sign: sign.start):
        if joined and each.start - joined[-1].end <= gap_s:
            joined[-1] = replace(joined[-1], end=max(joined[-1].end, each.end))
        else:
            joined.append(Turn("", each.start, each.end))
    return joined


class _Signs:
    """Signs by time: who seems to speak around a word, or in a turn."""

    def __init__(self, speaking: Sequence[Speaking]) -> None:
        # A turn's speaker is free text to the index: here the sign's place in the list.
        self._speaking = list(speaking)
        self._index = TurnIndex(
            Turn(str(place), each.start - each.blur_s, each.end + each.blur_s) for place, each in enumerate(speaking)
        )

    def around(self, start: float, end: float) -> dict[str, float]:
        """For each person the part of the word, widened by the sign's blur, that lies under their signs, by how sure
        these are."""
        return self._under(start, max(end, start + 1e-3), 1.0)

    def within(self, turn: Turn) -> dict[str, float]:
        """The same for a turn, whose edges the voices tell: without blur."""
        return self._under(turn.start, max(turn.end, turn.start + 1e-3), 0.0)

    def _under(self, start: float, end: float, blurred: float) -> dict[str, float]:
        of_source: defaultdict[tuple[str, str], float] = defaultdict(float)
        for turn in self._index.between(start, end):
            each = self._speaking[int(turn.speaker)]
            first, last = start - blurred * each.blur_s, end + blurred * each.blur_s
            part = (min(last, each.end) - max(first, each.start)) / (last - first)
            of_source[each.person, each.source] += each.weight * max(0.0, part)
        found: dict[str, float] = {}
        for (person, _), score in of_source.items():
            found[person] = max(found.get(person, 0.0), min(1.0, score))
        return found


class _Naming:
    """Decides word by word."""

    def __init__(
        self, speaking: Sequence[Speaking], turns: Sequence[Turn], binding: Binding, rules: NamingRules
    ) -> None:
        self._signs = _Signs(speaking)
        self._turns = {voice: TurnIndex(own) for voice, own in _by_voice(turns).items()}
        self._binding = binding
        self._own = _own_voices(binding, rules.owned)
        self._rules = rules

    def named(self, spoken: SpokenWord) -> SpokenWord:
        """The word, with a person's name where there is one for it."""
        rules, bound = self._rules, self._binding.get(spoken.speaker, {})
        seen, turn = self._signs.around(spoken.word.start, spoken.word.end), self._turn_of(spoken)
        told = self._signs.within(turn) if turn is not None else {}
        person = _leader(seen, rules.sure, rules.sure)
        if person is None and self._is_turned(bound, told):
            long = turn is not None and turn.end - turn.start >= rules.brief_s
            person = _leader(told, rules.whole, rules.turned) if long else None
        elif person is None:
            person = self._by_both(seen, bound)
        if person is not None and turn is not None and self._is_put_in(person, bound, turn):
            person = None
        if person is None and _leader(bound, rules.least, rules.margin) is not None:
            person = UNKNOWN
        return spoken if person is None else SpokenWord(person, spoken.word)

    def _by_both(self, seen: Mapping[str, float], bound: Mapping[str, float]) -> str | None:
        both = {who: seen.get(who, 0.0) + bound.get(who, 0.0) for who in seen.keys() | bound.keys()}
        person = _leader(both, self._rules.least, self._rules.margin)
        shown = person in seen or max(seen.values(), default=0.0) < self._rules.others
        return person if shown else None

    def _is_turned(self, bound: Mapping[str, float], told: Mapping[str, float]) -> bool:
        """Whether the turn is rather somebody else's than the voice's."""
        own = max(bound, key=lambda who: (bound[who], who), default=None)
        other = max((part for who, part in told.items() if who != own), default=0.0)
        return own is not None and other - told.get(own, 0.0) >= self._rules.turned

    def _is_put_in(self, person: str, bound: Mapping[str, float], turn: Turn) -> bool:
        """Whether the turn is short and of another voice than the person's own."""
        rules, own = self._rules, self._own.get(person, 0.0)
        return own - bound.get(person, 0.0) >= rules.margin and turn.end - turn.start < rules.brief_s

    def _turn_of(self, spoken: SpokenWord) -> Turn | None:
        index = self._turns.get(spoken.speaker)
        return index.nearest((spoken.word.start + spoken.word.end) / 2) if index is not None else None


def _own_voices(binding: Binding, least: float) -> dict[str, float]:
    """For each person who has a voice of their own how far it is theirs."""
    found: dict[str, float] = {}
    for persons in binding.values():
        for person, bound in persons.items():
            if bound >= max(least, found.get(person, 0.0)):
                found[person] = bound
    return found


def _by_voice(turns: Sequence[Turn]) -> dict[str, list[Turn]]:
    found: defaultdict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        found[turn.speaker].append(turn)
    return found


def _leader(scores: Mapping[str, float], least: float, margin: float) -> str | None:
    """Who has the highest score, if it is high enough and far enough from the next."""
    ranked = sorted(scores, key=lambda who: (-scores[who], who))
    if not ranked or scores[ranked[0]] < least:
        return None
    second = scores[ranked[1]] if len(ranked) > 1 else 0.0
    return ranked[0] if scores[ranked[0]] - second >= margin else None

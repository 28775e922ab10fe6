"""Which languages a recording is in: what is listened to, and what is made of the answers. Pure.

A recogniser tells the language of a stretch with a probability for each that it knows. Of 5 s of English speech about
one stretch in thirty is taken for something else, of 12 s none: so what there is of a short recording is heard as one
sound, and of a longer one stretches all over it, of every voice, and more of them where that leaves it open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final, NamedTuple

from minutebook.kit.languages import language_name
from minutebook.speech.units import QuietestMoment, UnitRules, join_turns, split_long
from minutebook.transcript.model import Turn

Span = tuple[float, float]
Probabilities = Mapping[str, float]
"""By ISO 639-1 code; they sum to at most 1."""


class Answer(NamedTuple):
    """The seconds of a stretch, what it was heard as, and whose voice it is."""

    seconds: float
    told: Probabilities
    voice: str = ""


DEFAULT: Final = "en"
RARE: Final = frozenset({"bo", "br", "cy", "fo", "haw", "la", "ln", "mi", "nn", "oc", "sa", "yi"})
"""Languages that Whisper takes unclear speech for more often than anybody holds meetings in them: seen here:
Welsh and Latin for English and German."""
_LEAST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """How much is heard, and what is believed.

    Speech of up to `round_s` (what a Whisper model hears at once) is heard as one sound. Of more, one stretch of at
    most `stretch_s` is heard for every `part_s`, at least `fewest` and at most `samples`; a language with less than
    `sure` of the probability calls for another round, of at most `rounds`, and in the end for a notice. A language that
    the account uses counts `familiar` times, a `rare` one less. Speech under `least_s` in all tells nothing.

    A further language is spoken where stretches of at least `certain` probability are `spoken_s` long in all and
    `spoken` in number (of a language that the account uses, one will do), or where a voice, heard twice as long, speaks
    for it with `enough_evidence`: the sum of logarithms of odds, of which one stretch gives at most `most_evidence`.
    Then every piece of `clear_s` is asked; to what it says its voice's evidence is added, at most `voice_evidence`.
    """

    round_s: float = 30.0
    stretch_s: float = 10.0
    part_s: float = 60.0
    fewest: int = 3
    samples: int = 20
    rounds: int = 3
    sure: float = 0.5
    familiar: float = 3.0
    rare: float = 0.3
    least_s: float = 1.0
    certain: float = 0.8
    spoken_s: float = 6.0
    spoken: int = 2
    clear_s: float = 2.0
    most_evidence: float = 3.0
    enough_evidence: float = 4.0
    voice_evidence: float = 2.0


RULES: Final = LanguageRules()
PIECES: Final = UnitRules(longest_s=12.0)
"""Somebody who changes the language does so at a pause: longer turns are asked in pieces."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A piece of a turn that is in another language than the rest of the recording."""

    speaker: str
    start: float
    end: float
    code: str


@dataclass(frozen=True, slots=True)
class HeardLanguage:
    """The language of a recording, whether that is sure, and where another one is spoken."""

    code: str
    sure: bool = True
    elsewhere: tuple[Elsewhere, ...] = ()


def speech_s(turns: Sequence[Turn]) -> float:
    """Seconds of all turns."""
    return sum(_length(turn) for turn in turns)


def whole(turns: Sequence[Turn], rules: LanguageRules = RULES) -> list[Span]:
    """All speech of a short recording, its pauses included where they fit; nothing of a longer one."""
    joined = join_turns(turns)
    if not joined or speech_s(joined) > rules.round_s:
        return []
    start, end = joined[0].start, max(turn.end for turn in joined)
    return [(start, end)] if end - start <= rules.round_s else [(turn.start, turn.end) for turn in joined]


def rounds_of(turns: Sequence[Turn], rules: LanguageRules = RULES) -> list[list[Turn]]:
    """The stretches to hear one by one, a list for each round: of each part of the recording and of each voice the
    longest turn, then the next ones. None is heard twice."""
    joined = sorted(join_turns(turns), key=lambda turn: turn.start)
    count = min(rules.samples, max(rules.fewest, round(speech_s(joined) / rules.part_s)))
    size = -(-len(joined) // count)
    parts = [joined[at : at + size] for at in range(0, len(joined), size or 1)]
    voices = [[turn for turn in joined if turn.speaker == voice] for voice in sorted({t.speaker for t in joined})]
    groups = [sorted(group, key=_length, reverse=True) for group in (*parts, *voices)]
    heard: set[Turn] = set()
    rounds: list[list[Turn]] = []
    for _ in range(rules.rounds):
        taken = [next((turn for turn in group if turn not in heard), None) for group in groups]
        new = list(dict.fromkeys(turn for turn in taken if turn is not None))[: rules.samples]
        heard.update(new)
        rounds += [[replace(turn, end=min(turn.end, turn.start + rules.stretch_s)) for turn in new]] if new else []
    return rounds


def _length(turn: Turn) -> float:
    return turn.end - turn.start


def decide(heard: Sequence[Answer], familiar: Collection[str] = (), rules: LanguageRules = RULES) -> HeardLanguage:
    """The language of stretches."""
    shares: dict[str, float] = defaultdict(float)
    for each in heard:
        for code, probability in each.told.items():
            shares[code] += each.seconds * probability * _weight(code, familiar, rules)
    total = sum(shares.values())
    if total <= 0 or sum(each.seconds for each in heard) < rules.least_s:
        return HeardLanguage(min(familiar, default=DEFAULT), sure=False)
    code = max(shares, key=lambda each: (shares[each], each))
    return HeardLanguage(code, sure=shares[code] >= rules.sure * total)


def _weight(code: str, familiar: Collection[str], rules: LanguageRules) -> float:
    if code in familiar:
        return rules.familiar
    return rules.rare if code in RARE else 1.0


def further(
    heard: Sequence[Answer], main: str, familiar: Collection[str] = (), rules: LanguageRules = RULES
) -> set[str]:
    """The languages besides the main one that are certainly spoken."""
    asked = [each for each in heard if each.seconds >= rules.clear_s and each.told]
    found = set()
    for code in {max(each.told, key=lambda code: each.told[code]) for each in asked} - {main} - (RARE - {*familiar}):
        certain = [each.seconds for each in asked if each.told.get(code, 0.0) >= rules.certain]
        enough = len(certain) >= (1 if code in familiar else rules.spoken)
        if (enough and sum(certain) >= rules.spoken_s) or _is_a_voices(code, asked, main, rules):
            found.add(code)
    return found


def _is_a_voices(code: str, asked: Sequence[Answer], main: str, rules: LanguageRules) -> bool:
    """Whether all that was heard of a voice speaks for this language more than for any other."""
    for voice in {each.voice for each in asked}:
        own = [each for each in asked if each.voice == voice]
        shares = {name: sum(each.seconds * each.told.get(name, 0.0) for each in own) for name in own[0].told}
        evidence = sum(_evidence(each.told, code, main, rules) for each in own)
        best = max(shares, key=lambda name: shares[name])
        long = sum(each.seconds for each in own) >= 2 * rules.spoken_s
        if best == code and long and len(own) >= rules.spoken and evidence >= rules.enough_evidence:
            return True
    return False


def doubted(heard: Sequence[Answer], main: str) -> bool:
    """Whether any stretch sounds more like something else."""
    return any(main != max(each.told, key=lambda code: each.told[code]) for each in heard if each.told)


def pieces_of(turns: Sequence[Turn], quietest: QuietestMoment) -> list[Turn]:
    """The turns, cut where somebody may have changed the language."""
    return [piece for turn in turns for piece in split_long(turn, quietest, PIECES)]


def elsewhere_of(
    pieces: Sequence[Turn],
    told: Sequence[Probabilities],
    main: str,
    others: Collection[str],
    rules: LanguageRules = RULES,
) -> tuple[Elsewhere, ...]:
    """The pieces that are in one of the other languages, by what each was heard as (nothing where it was not asked) and
    by what its voice speaks in all."""
    found = []
    own = [{code: _evidence(each, code, main, rules) for code in others} for each in told]
    voices = _voices_evidence([(piece.speaker, each) for piece, each in zip(pieces, own, strict=True)], rules)
    for piece, each in zip(pieces, own, strict=True):
        odds = {code: evidence + voices[piece.speaker, code] for code, evidence in each.items()}
        code = max(sorted(odds), key=lambda code: odds[code])
        if odds[code] > 0:
            found.append(Elsewhere(piece.speaker, piece.start, piece.end, code))
    return tuple(found)


def _evidence(told: Probabilities, code: str, main: str, rules: LanguageRules) -> float:
    """The logarithm of the odds for a language against the main one."""
    if not told:
        return 0.0
    odds = log(max(told.get(code, 0.0), _LEAST)) - log(max(told.get(main, 0.0), _LEAST))
    return max(-rules.most_evidence, min(rules.most_evidence, odds))


def _voices_evidence(
    own: Sequence[tuple[str, Mapping[str, float]]], rules: LanguageRules
) -> Mapping[tuple[str, str], float]:
    total: dict[tuple[str, str], float] = defaultdict(float)
    for voice, each in own:
        for code, evidence in each.items():
            total[voice, code] += evidence
    return {key: max(-rules.voice_evidence, min(rules.voice_evidence, each)) for key, each in total.items()}


def turns_by_language(
    turns: Sequence[Turn], main: str, elsewhere: Sequence[Elsewhere]
) -> Iterator[tuple[str, list[Turn]]]:
    """The turns of each language, the main one first."""
    yield main, [piece for turn in turns for piece in _without(turn, elsewhere)]
    for code in sorted({each.code for each in elsewhere}):
        yield code, [Turn(each.speaker, each.start, each.end) for each in elsewhere if each.code == code]


def _without(turn: Turn, elsewhere: Sequence[Elsewhere]) -> Iterator[Turn]:
    """What of a turn is in the main language."""
    start = turn.start
    for each in elsewhere:
        if each.speaker == turn.speaker and turn.start <= each.start and each.end <= turn.end:
            if each.start > start:
                yield Turn(turn.speaker, start, each.start)
            start = each.end
    if turn.end > start:
        yield Turn(turn.speaker, start, turn.end)


def notices_of(heard: HeardLanguage) -> list[str]:
    """What a reader is told of the language that was heard."""
    also = sorted({each.code for each in heard.elsewhere})
    told = [] if heard.sure else [notice(heard.code)]
    names = " and ".join(language_name(code) for code in also)
    return [*told, f"Parts of this recording are in {names} and were transcribed so."] if also else told


def notice(code: str) -> str:
    """What a reader is told when the language is not sure."""
    return (
        f"The language of this recording is not clear; {language_name(code)} was taken. "
        "If that is wrong, transcribe it again and name the language."
    )


def stand_in_notices(wanted: str | None, spoken: str) -> list[str]:
    """A sentence for whoever asked for a language that another one had to stand in for."""
    if wanted is None or wanted == spoken:
        return []
    lacking, used = language_name(wanted), language_name(spoken)
    return [f"The speech model does not know {lacking}; the recording was transcribed as {used}."]

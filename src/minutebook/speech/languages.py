"""Which languages a recording is in: what is listened to, and what is made of the answers. Pure.

A recogniser tells the language of a stretch with a probability for each that it knows. Of 5 s of English speech about
one stretch in thirty is taken for something else, of 12 s none: so what there is of a short recording is heard as one
sound, and of a longer one stretches all over it, of every voice, and more of them where that leaves it open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from minutebook.kit.languages import language_name
from minutebook.speech.units import QuietestMoment, UnitRules, join_turns, split_long
from minutebook.transcript.model import Turn

Span = tuple[float, float]
Probabilities = Mapping[str, float]
"""By ISO 639-1 code; they sum to at most 1."""
Answer = tuple[float, Probabilities]
"""The seconds of a stretch, and what it was heard as."""

DEFAULT: Final = "en"


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """How much is heard, and what is believed.

    Speech of up to `round_s` (what a Whisper model hears at once) is heard as one sound. Of more, one stretch of at
    most `stretch_s` is heard for every `part_s`, at least `fewest` and at most `samples`; a language with less than
    `sure` of the probability calls for another round, of at most `rounds`, and in the end for a notice. A language that
    the account uses counts `familiar` times. Speech under `least_s` in all tells nothing.

    A further language is spoken where stretches of at least `certain` probability are `spoken_s` long in all and
    `spoken` in number (of a language that the account uses, one will do). Then the language of every piece is asked
    for: one of `clear_s` that is as good as `clear` decides for itself, others go with their voice.
    """

    round_s: float = 30.0
    stretch_s: float = 10.0
    part_s: float = 60.0
    fewest: int = 3
    samples: int = 20
    rounds: int = 3
    sure: float = 0.5
    familiar: float = 3.0
    least_s: float = 1.0
    certain: float = 0.8
    spoken_s: float = 6.0
    spoken: int = 2
    clear_s: float = 2.0
    clear: float = 0.8


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


def rounds_of(turns: Sequence[Turn], rules: LanguageRules = RULES) -> list[list[Span]]:
    """The stretches to hear one by one, a list for each round: of each part of the recording and of each voice the
    longest turn, then the next ones. None is heard twice."""
    joined = sorted(join_turns(turns), key=lambda turn: turn.start)
    count = min(rules.samples, max(rules.fewest, round(speech_s(joined) / rules.part_s)))
    size = -(-len(joined) // count)
    parts = [joined[at : at + size] for at in range(0, len(joined), size or 1)]
    voices = [[turn for turn in joined if turn.speaker == voice] for voice in sorted({t.speaker for t in joined})]
    groups = [sorted(group, key=_length, reverse=True) for group in (*parts, *voices)]
    heard: set[Turn] = set()
    rounds: list[list[Span]] = []
    for _ in range(rules.rounds):
        taken = [next((turn for turn in group if turn not in heard), None) for group in groups]
        new = list(dict.fromkeys(turn for turn in taken if turn is not None))[: rules.samples]
        heard.update(new)
        rounds += [[(turn.start, min(turn.end, turn.start + rules.stretch_s)) for turn in new]] if new else []
    return rounds


def _length(turn: Turn) -> float:
    return turn.end - turn.start


def decide(heard: Sequence[Answer], familiar: Collection[str] = (), rules: LanguageRules = RULES) -> HeardLanguage:
    """The language of stretches."""
    shares: dict[str, float] = defaultdict(float)
    for seconds, probabilities in heard:
        for code, probability in probabilities.items():
            shares[code] += seconds * probability * (rules.familiar if code in familiar else 1.0)
    total = sum(shares.values())
    if total <= 0 or sum(seconds for seconds, _ in heard) < rules.least_s:
        return HeardLanguage(min(familiar, default=DEFAULT), sure=False)
    code = max(shares, key=lambda each: (shares[each], each))
    return HeardLanguage(code, sure=shares[code] >= rules.sure * total)


def further(
    heard: Sequence[Answer], main: str, familiar: Collection[str] = (), rules: LanguageRules = RULES
) -> set[str]:
    """The languages besides the main one that are certainly spoken."""
    certain: dict[str, list[float]] = defaultdict(list)
    for seconds, probabilities in heard:
        code = max(probabilities, key=lambda each: probabilities[each], default=main)
        if code != main and seconds >= rules.clear_s and probabilities[code] >= rules.certain:
            certain[code].append(seconds)
    return {
        code
        for code, lengths in certain.items()
        if sum(lengths) >= rules.spoken_s and len(lengths) >= (1 if code in familiar else rules.spoken)
    }


def doubted(heard: Sequence[Answer], main: str) -> bool:
    """Whether any stretch sounds more like something else."""
    return any(main != max(each, key=lambda code: each[code]) for _, each in heard if each)


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
    """The pieces that are in one of the other languages, by what each was heard as (nothing where it was not asked)."""
    own = [_clear_language(piece, each, {main, *others}, rules) for piece, each in zip(pieces, told, strict=True)]
    clear = [(piece, code) for piece, code in zip(pieces, own, strict=True) if code]
    found = []
    for piece, code in zip(pieces, own, strict=True):
        spoken = code or _nearest(piece, clear) or main
        if spoken != main:
            found.append(Elsewhere(piece.speaker, piece.start, piece.end, spoken))
    return tuple(found)


def _clear_language(piece: Turn, told: Probabilities, codes: Collection[str], rules: LanguageRules) -> str | None:
    """The language of these that a piece is certainly in."""
    total = sum(told.get(code, 0.0) for code in codes)
    best = max(codes, key=lambda code: (told.get(code, 0.0), code))
    sure = total > 0 and told[best] >= rules.clear * total if best in told else False
    return best if sure and _length(piece) >= rules.clear_s else None


def _nearest(piece: Turn, clear: Sequence[tuple[Turn, str]]) -> str | None:
    """The language of the nearest piece that is clear, of the same voice if there is one."""
    same = [each for each in clear if each[0].speaker == piece.speaker] or clear
    nearest = min(same, key=lambda each: max(each[0].start - piece.end, piece.start - each[0].end), default=None)
    return nearest[1] if nearest else None


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

"""From recognised turns, which may overlap, to the ordered segments of a transcript."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from minutebook.transcript.attribution import SpokenWord, TurnIndex, attribute
from minutebook.transcript.joining import joined
from minutebook.transcript.model import Segment, Turn, Word

SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")


@dataclass(frozen=True, slots=True)
class SegmentRules:
    """Where one voice's words are divided: at a pause, after a sentence once a segment is long, at the latest at
    `longest_s`."""

    pause_s: float = 1.5
    sentence_pause_s: float = 0.6
    sentence_from_s: float = 10.0
    longest_s: float = 30.0


DEFAULT = SegmentRules()


@dataclass(frozen=True, slots=True)
class Heard:
    """The words recognised from the sound of one turn."""

    turn: Turn
    words: tuple[Word, ...]


def merge(
    heard: Iterable[Heard], turns: Sequence[Turn], language: str = "en", rules: SegmentRules = DEFAULT
) -> tuple[Segment, ...]:
    """Attribute every word, drop what was heard twice, and divide into segments ordered by start."""
    return divided(spoken_by_voices(heard, turns), language, rules)


def spoken_by_voices(heard: Iterable[Heard], turns: Sequence[Turn]) -> list[list[SpokenWord]]:
    """For each stretch that was recognised, in order, its words with their voices; what was heard twice once."""
    index = TurnIndex(turns)
    ordered = sorted(heard, key=lambda h: (h.turn.start, h.turn.end, h.turn.speaker))
    return _without_doubles([(h.turn, attribute(h.words, index, h.turn)) for h in ordered])


def divided(
    spoken: Iterable[Sequence[SpokenWord]], language: str = "en", rules: SegmentRules = DEFAULT
) -> tuple[Segment, ...]:
    """Segments, ordered by start, of words whose speakers are known."""
    runs = sorted((run for words in spoken for run in _runs(words)), key=lambda run: run[0].word.start)
    return tuple(segment for run in _joined(runs, rules) for segment in _segments(run, language, rules))


def _without_doubles(heard: Sequence[tuple[Turn, list[SpokenWord]]]) -> list[list[SpokenWord]]:
    """Drop words that two neighbouring recognitions share.

    A word at the rim of a turn that belongs to another voice is dropped when that voice's own recognition covers it;
    the same word at the same time keeps its likelier copy.
    """
    turns = TurnIndex(turn for turn, _ in heard)
    kept = [[w for w in words if not _heard_better_elsewhere(w, turn, turns)] for turn, words in heard]
    flat = sorted(
        ((w, source) for source, words in enumerate(kept) for w in words), key=lambda each: each[0].word.start
    )
    doubles: set[tuple[int, SpokenWord]] = set()
    for position, (word, source) in enumerate(flat):
        for other, other_source in flat[position + 1 :]:
            if other.word.start >= word.word.end:
                break
            if source != other_source and _is_same(word.word, other.word):
                weaker = (source, word) if word.word.probability < other.word.probability else (other_source, other)
                doubles.add(weaker)
    return [[w for w in words if (source, w) not in doubles] for source, words in enumerate(kept)]


def _heard_better_elsewhere(spoken: SpokenWord, turn: Turn, turns: TurnIndex) -> bool:
    if spoken.speaker == turn.speaker:
        return False
    middle = (spoken.word.start + spoken.word.end) / 2
    return any(t.speaker == spoken.speaker and t.start <= middle <= t.end for t in turns.between(middle, middle + 0.01))


def _is_same(word: Word, other: Word) -> bool:
    shared = min(word.end, other.end) - max(word.start, other.start)
    shorter = min(word.end - word.start, other.end - other.start)
    return plain(word.word) == plain(other.word) and shared >= shorter / 2


def plain(word: str) -> str:
    """A word as it is compared: letters and digits, small."""
    return "".join(character for character in word.lower() if character.isalnum())


def _runs(words: Sequence[SpokenWord]) -> list[list[SpokenWord]]:
    """Divide where the voice changes."""
    runs: list[list[SpokenWord]] = []
    for word in words:
        if runs and runs[-1][-1].speaker == word.speaker:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _joined(runs: Sequence[list[SpokenWord]], rules: SegmentRules) -> list[list[SpokenWord]]:
    """Join runs of one voice that follow each other without a pause and without another voice between."""
    joined: list[list[SpokenWord]] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and last[-1].speaker == run[0].speaker and run[0].word.start - last[-1].word.end < rules.pause_s:
            last.extend(run)
        else:
            joined.append(list(run))
    return joined


def _segments(run: Sequence[SpokenWord], language: str, rules: SegmentRules) -> list[Segment]:
    parts, current = [], [run[0].word]
    for before, after in pairwise(spoken.word for spoken in run):
        if _divides(current[0], before, after, rules):
            parts.append(current)
            current = []
        current.append(after)
    return [_segment(run[0].speaker, words, language) for words in [*parts, current]]


def _divides(first: Word, before: Word, after: Word, rules: SegmentRules) -> bool:
    pause, length = after.start - before.end, before.end - first.start
    if pause >= rules.pause_s or after.end - first.start > rules.longest_s:
        return True
    sentence = before.word.endswith(SENTENCE_ENDS)
    return sentence and (pause >= rules.sentence_pause_s or length >= rules.sentence_from_s)


def _segment(speaker: str, words: Sequence[Word], language: str) -> Segment:
    end = max(word.end for word in words)
    return Segment(speaker, words[0].start, end, joined((word.word for word in words), language), tuple(words))

"""Mood, from VADER (Hutto & Gilbert 2014) with its word list set right for work: "the build failed" is a fact, "I am
worried" is a feeling."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from minutebook.language.lexicon import FeelingWords, feelings
from minutebook.language.model import Evidence, Mood, MoodSpan, Sentiment
from minutebook.language.talk.sentences import Sentence

_FELT = 0.2
"""Compound score (VADER, -1 to 1) from which a sentence counts as felt."""
_MIXED = 0.34
"""Share of the weaker side in the stronger one from which a mood is mixed."""
_FAINT = 0.35
"""Sum of felt scores below which a voice is neutral."""
_COURTESY = re.compile(
    r"\b(?:good (?:morning|afternoon|evening|day|luck|question|point)|(?:happy|glad|pleased) to (?!see|hear|be)"
    r"|fair enough|no problem|no worries|in good time|as good as|good to (?:go|know)|not bad|as well)\b|^well\b",
    re.IGNORECASE,
)
"""Set phrases that carry no feeling."""
_GOING_WELL = re.compile(r"\b(?:went|go|going|goes|works?|worked|did) (?:really |very |so )?well\b", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\b(?:would|could)\b|'d\b", re.IGNORECASE)
_WISHED = 0.4
"""What "would be a relief" weighs against what is one."""
_WORD, _DENIED, _STRONGER, _NORMAL, _BEFORE = 2.2, -0.74, 1.25, 15.0, 3
"""In other languages than English: what a word counts, what it counts when one of the words before it denies or
strengthens it, and what sums are normalised with (VADER's figures)."""
_MOST_SPANS = 5
_TIMELINE_STEPS, _SHORTEST_STEP_S = 12, 15.0


@lru_cache(maxsize=1)
def _analyser() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser: Any = SentimentIntensityAnalyzer()  # type: ignore[no-untyped-call]
    corrections = feelings()
    for word in corrections.neutral:
        analyser.lexicon.pop(word, None)
    analyser.lexicon.update(corrections.felt)
    return analyser


def feeling(text: str, language: str = "en") -> float:
    """How a sentence feels, -1 to 1; 0 where nothing is felt."""
    words = feelings().others.get(language.partition("-")[0])
    score = _english(text) if words is None else _counted(text, words)
    return score if abs(score) >= _FELT else 0.0


def _english(text: str) -> float:
    plain = text.replace("’", "'")
    for idioms, word in ((feelings().bad, " awful "), (feelings().good, " great ")):
        plain = idioms.sub(word, plain)
    plain = _COURTESY.sub(" ", _GOING_WELL.sub("great", plain))
    score = float(_analyser().polarity_scores(plain)["compound"])
    return score * (_WISHED if _CONDITIONAL.search(text) else 1.0)


def _counted(text: str, words: FeelingWords) -> float:
    """VADER's arithmetic over another language's words: what stands before a word denies or strengthens it."""
    spoken = [w.strip(".,;:!?¡¿…«»\"'()") for w in text.casefold().replace("’", "'").split()]
    total = 0.0
    for at, word in enumerate(spoken):
        plain = word.rpartition("'")[2]
        value = _WORD if words.good.fullmatch(plain) else -_WORD if words.bad.fullmatch(plain) else 0.0
        before = set(spoken[max(0, at - _BEFORE) : at])
        value *= _DENIED if before & words.negators else 1.0
        total += value * (_STRONGER if before & words.boosters else 1.0)
    return total / math.sqrt(total * total + _NORMAL)


def sentiment_of(sentences: Sequence[Sentence], language: str = "en") -> Sentiment:
    """Mood overall, by speaker in order of appearance, and over time, with the sentences that moved it."""
    felt = [(s, feeling(s.text, language)) for s in sentences]
    by_speaker: defaultdict[str, list[tuple[Sentence, float]]] = defaultdict(list)
    for sentence, score in felt:
        by_speaker[sentence.speaker].append((sentence, score))
    return Sentiment(
        overall=_mood(felt),
        by_speaker=tuple((speaker, _mood(theirs)) for speaker, theirs in by_speaker.items()),
        timeline=_timeline(felt),
    )


def _mood(felt: Sequence[tuple[Sentence, float]]) -> Mood:
    moved = [(s, score) for s, score in felt if score]
    good = sum(score for _, score in moved if score > 0)
    bad = -sum(score for _, score in moved if score < 0)
    strongest = sorted(moved, key=lambda pair: -abs(pair[1]))[:_MOST_SPANS]
    evidence: tuple[Evidence, ...] = tuple(s.evidence() for s, _ in sorted(strongest, key=lambda p: p[0].index))
    score = (good - bad) / max(1.0, good + bad)
    return Mood(_label(good, bad), round(score, 3), evidence)


def _label(good: float, bad: float) -> str:
    if max(good, bad) < _FAINT:
        return "neutral"
    if min(good, bad) >= _MIXED * max(good, bad):
        return "mixed"
    return "positive" if good > bad else "negative"


def _timeline(felt: Sequence[tuple[Sentence, float]]) -> tuple[MoodSpan, ...]:
    if not felt:
        return ()
    begin, end = felt[0][0].start, max(s.end for s, _ in felt)
    step = max(_SHORTEST_STEP_S, (end - begin) / _TIMELINE_STEPS)
    spans = []
    at = begin
    while at < end:
        inside = [score for s, score in felt if at <= s.start < at + step]
        mean = sum(inside) / len(inside) if inside else 0.0
        spans.append(MoodSpan(round(at, 3), round(min(at + step, end), 3), round(mean, 3)))
        at += step
    return tuple(spans)

"""Words at a change of speaker, given back to the sentence they belong to.

Recognition and diarization place a change of voice within a few tenths of a second, so that the first words of an
answer often end up with the one who spoke before: "… going to do that, then it is | settled, we make an offer". Where a
segment ends in the middle of a sentence and the next one begins in lower case, the last few words move to the sentence
they open.
"""

from collections.abc import Sequence
from dataclasses import replace

from minutebook.language.lexicon import Lexicon, lexicon_of
from minutebook.language.talk.sentences import ends_sentence, words_of
from minutebook.transcript.model import Segment, Transcript, Word

_MOST_MOVED = 3
_LONGEST_GAP_S = 1.0
_PAUSE_S = 0.2
"""A pause this long before the last words, and longer than the one after them, marks where the new voice began."""


def mended(transcript: Transcript) -> Transcript:
    """The transcript with such words moved. Mending again changes nothing more; times and words stay the same."""
    lexicon = lexicon_of(transcript.language)
    segments: list[Segment] = []
    for segment in transcript.segments:
        moved = _opening(segments[-1], segment, lexicon) if segments else 0
        if moved:
            words = words_of(segments[-1])
            segments[-1] = _with_words(segments[-1], words[:-moved])
            segment = _with_words(segment, (*words[-moved:], *words_of(segment)))  # noqa: PLW2901
        segments.append(segment)
    return replace(transcript, segments=tuple(segments))


def _opening(before: Segment, after: Segment, lexicon: Lexicon) -> int:
    """How many of the last words of `before` open the first sentence of `after`."""
    words, following = words_of(before), words_of(after)
    abbreviations = lexicon.lists["abbreviations"]
    if before.speaker == after.speaker or len(words) <= _MOST_MOVED or not following:
        return 0
    if ends_sentence(words[-1].word, abbreviations):
        return 0
    continues = following[0].word[:1].islower()
    if not continues or following[0].start - words[-1].end > _LONGEST_GAP_S:
        return 0
    subject = words[-1].word in lexicon.lists["subjects_written"]
    return _after_punctuation(words, abbreviations) or (1 if subject else _after_pause(words, following[0]))


def _after_punctuation(words: Sequence[Word], abbreviations: frozenset[str]) -> int:
    for count in range(1, _MOST_MOVED + 1):
        before = words[-count - 1].word
        if ends_sentence(before, abbreviations) or before.endswith((",", ";")):
            return count
    return 0


def _after_pause(words: Sequence[Word], following: Word) -> int:
    next_gap = following.start - words[-1].end
    gaps = {count: words[-count].start - words[-count - 1].end for count in range(1, _MOST_MOVED + 1)}
    count = max(gaps, key=lambda c: gaps[c])
    return count if gaps[count] >= _PAUSE_S and gaps[count] > next_gap else 0


def _with_words(segment: Segment, words: Sequence[Word]) -> Segment:
    text = " ".join(word.word for word in words)
    return replace(segment, start=words[0].start, end=words[-1].end, text=text, words=tuple(words))

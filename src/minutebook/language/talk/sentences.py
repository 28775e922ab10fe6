"""A transcript as sentences with speakers and times: what all language rules work on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Evidence
from minutebook.transcript.model import Segment, Transcript, Word

_JOIN_GAP_S = 2.0
_LONGEST = 60
"""Words after which a sentence without any punctuation is cut, so that a quote stays a quote."""

LONGEST_WORD = 80
"""Longer than the longest German compounds in print (79 letters); with `_LONGEST` it bounds what patterns search."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence. `turn` counts changes of speaker; `index` counts sentences over the whole talk."""

    index: int
    turn: int
    speaker: str
    words: tuple[Word, ...]

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return self.words[-1].end

    @property
    def written(self) -> tuple[str, ...]:
        return tuple(word.word for word in self.words)

    @property
    def text(self) -> str:
        return " ".join(self.written)

    @property
    def is_question(self) -> bool:
        return self.words[-1].word.rstrip("\"'”’)").endswith("?")

    def evidence(self) -> Evidence:
        """The whole sentence as a citation."""
        return Evidence(self.start, self.end, self.speaker, self.text)


def words_of(segment: Segment) -> tuple[Word, ...]:
    """A segment's words; where an engine gave none, its text spread evenly over its time. What is longer than
    `LONGEST_WORD` characters is no word of any language, and the rules do not see it."""
    if segment.words:
        return tuple(w for w in segment.words if w.word.strip() and len(w.word) <= LONGEST_WORD)
    written = [word for word in segment.text.split() if len(word) <= LONGEST_WORD]
    step = (segment.end - segment.start) / max(len(written), 1)
    return tuple(
        Word(word, segment.start + i * step, segment.start + (i + 1) * step, 1.0) for i, word in enumerate(written)
    )


def sentences_of(transcript: Transcript) -> tuple[Sentence, ...]:
    """Sentences in the order of the talk. A sentence that a pause cut in two segments of one speaker is joined."""
    abbreviations = lexicon_of(transcript.language).lists["abbreviations"]
    sentences: list[Sentence] = []
    turn, previous = -1, ""
    for speaker, words in _stretches(transcript.segments, abbreviations):
        turn += speaker != previous
        previous = speaker
        for chunk in _split(words, abbreviations):
            sentences.append(Sentence(len(sentences), turn, speaker, tuple(chunk)))
    return tuple(sentences)


def _stretches(segments: Sequence[Segment], abbreviations: frozenset[str]) -> Iterator[tuple[str, list[Word]]]:
    open_speaker, open_words = "", list[Word]()
    for segment in segments:
        words = words_of(segment)
        if not words:
            continue
        continues = (
            open_words
            and segment.speaker == open_speaker
            and segment.start - open_words[-1].end < _JOIN_GAP_S
            and not ends_sentence(open_words[-1].word, abbreviations)
        )
        if open_words and not continues:
            yield open_speaker, open_words
            open_words = []
        open_speaker = segment.speaker
        open_words += words
    if open_words:
        yield open_speaker, open_words


def _split(words: Sequence[Word], abbreviations: frozenset[str]) -> Iterator[list[Word]]:
    current: list[Word] = []
    for word in words:
        current.append(word)
        if ends_sentence(word.word, abbreviations) or len(current) >= _LONGEST:
            yield current
            current = []
    if current:
        yield current


def ends_sentence(written: str, abbreviations: frozenset[str]) -> bool:
    """Whether a written word ends its sentence; abbreviations do not."""
    bare = written.rstrip("\"'”’)")
    return bare.endswith((".", "?", "!", "…")) and bare.casefold() not in abbreviations

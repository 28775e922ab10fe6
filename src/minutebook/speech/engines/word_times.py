"""Word times from cross-attention, put right where it is known to go wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from minutebook.transcript.model import Word

COLLAPSED_S = 0.03
"""One frame of the encoder is 20 ms: a word this short was given no sound."""
_COLLAPSED_RUN = 3
_LONGEST_LAST_WORD_S = 1.0


def written_words(aligned: Sequence[Mapping[str, Any]], glue: bool) -> Iterator[Word]:
    """Words as they are written. With `glue`, what no blank precedes continues the word before it: `2` `,000`."""
    pending: Word | None = None
    for each in aligned:
        text, start, end = str(each["word"]), float(each["start"]), float(each["end"])
        if not text.strip():
            continue
        if pending and glue and not text.startswith(" "):
            probability = min(pending.probability, float(each["probability"]))
            pending = Word(pending.word + text.strip(), pending.start, end, probability)
            continue
        if pending:
            yield pending
        pending = Word(text.strip(), start, end, float(each["probability"]))
    if pending:
        yield pending


def collapsed_from(words: Sequence[Word]) -> int:
    """Index of the first of three words in a row without sound of their own (`len(words)` when there are none).

    A decoder that goes on after the end of speech writes words that the alignment can only press together.
    """
    run = 0
    for position, word in enumerate(words):
        run = run + 1 if word.end - word.start <= COLLAPSED_S else 0
        if run == _COLLAPSED_RUN:
            return position - _COLLAPSED_RUN + 1
    return len(words)


def capped(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The alignment stretches the last word to the end of the sound: end it after a second at the latest."""
    if not words:
        return words
    last = words[-1]
    return (*words[:-1], replace(last, end=min(last.end, last.start + _LONGEST_LAST_WORD_S)))

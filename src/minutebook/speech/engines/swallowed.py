"""Sentences that a decoder left out: the alignment stretches the next word over their sound. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from minutebook.transcript.merge import plain
from minutebook.transcript.model import Turn, Word


def stretched(turn: Turn, words: Sequence[Word], longest_s: float) -> Iterator[tuple[int, Turn]]:
    """The positions of words that last longer than `longest_s`, each with the stretch of the turn from the word before
    to its end."""
    for position, word in enumerate(words):
        if word.end - word.start > longest_s:
            start = words[position - 1].end if position else turn.start
            yield position, Turn(turn.speaker, start, word.end)


def put_back(words: Sequence[Word], position: int, heard: Sequence[Word]) -> tuple[Word, ...]:
    """The words, with what was heard in the stretch of the one at `position`: taken only when that word is heard again
    after it, and neither that word nor the one before is in it, which would be a decoder going round in circles."""
    word, around = words[position], {plain(each.word) for each in words[max(0, position - 1) : position + 1]}
    again = [at for at, each in enumerate(heard) if plain(each.word) == plain(word.word)]
    hidden = heard[: again[-1]] if again else ()
    if not hidden or any(plain(each.word) in around for each in hidden):
        return tuple(words)
    begin = min(heard[again[-1]].start, word.end)
    return (*words[:position], *hidden, replace(word, start=begin), *words[position + 1 :])

"""From a segment's text as somebody leaves it to the smallest corrections that bring it about. Pure.

Corrections address the machine's words (see `model`), so the new text is aligned with those by the longest matching
blocks (Ratcliff and Obershelp, as in `difflib`). Where a stretch that changes has words in common with a correction in
force, it grows over that one; corrections whose words read as the machine wrote them again are to be undone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from minutebook.analysis.edits.model import WordsChange


@dataclass(frozen=True, slots=True)
class Rewording:
    """The machine's words `first` to `last` (inclusive) are to read `text`."""

    first: int
    last: int
    text: str


def rewordings(
    words: Sequence[str], in_force: Sequence[WordsChange], text: str, *, spaced: bool = True
) -> tuple[list[Rewording], list[WordsChange]]:
    """What has to be corrected so that a segment, whose machine's words are `words` and whose corrections are
    `in_force`, reads `text`; and which of those corrections have to be undone for it. `spaced` says that the language
    writes blanks between words."""
    if not words:
        return [], []
    new = text.split() if spaced else _unspaced(words, text)
    blocks = [block for block in SequenceMatcher(None, words, new, autojunk=False).get_matching_blocks() if block.size]
    places = {block.a + i: block.b + i for block in blocks for i in range(block.size + 1)}
    # Of two places for one boundary the later counts: what is inserted belongs to the word before it.
    places |= {block.a: block.b for block in blocks}
    spans = _grown(_changed(blocks, len(words), len(new)), in_force)
    made = []
    for first, end in spans:
        begin = 0 if first == 0 else places[first]
        stop = len(new) if end == len(words) else places[end]
        made.append(Rewording(first, end - 1, _as_left(text, new, begin, stop)))
    undone = [c for c in in_force if not any(c.first < end and first <= c.last for first, end in spans)]
    shown = [c for i, c in enumerate(in_force) if not any(later.covers(c) for later in in_force[i + 1 :])]
    said = {(c.first, c.last, c.text) for c in shown}
    return [each for each in made if (each.first, each.last, each.text) not in said], undone


def _unspaced(words: Sequence[str], text: str) -> list[str]:
    """The text cut as the machine cut it, as far as both agree from either end; what lies between is one word."""
    text = "".join(text.split())
    front: list[str] = []
    back: list[str] = []
    for word in words:
        if not text.startswith(word):
            break
        front.append(word)
        text = text[len(word) :]
    for word in reversed(words[len(front) :]):
        if not text.endswith(word):
            break
        back.append(word)
        text = text[: -len(word)]
    return [*front, *([text] if text else []), *reversed(back)]


def _as_left(text: str, new: Sequence[str], begin: int, stop: int) -> str:
    """The words `begin` to `stop` (exclusive) of `new` as they stand in `text`, with a blank where one is."""
    inked = [place for place, character in enumerate(text) if not character.isspace()]
    first, end = sum(map(len, new[:begin])), sum(map(len, new[:stop]))
    return " ".join(text[inked[first] : inked[end - 1] + 1].split()) if end > first else ""


def _changed(blocks: Sequence[tuple[int, int, int]], count: int, new_count: int) -> list[tuple[int, int]]:
    """Stretches [first, end) of the machine's words that differ; where something is only inserted, the word before it,
    or the first one."""
    found, a, b = [], 0, 0
    for block_a, block_b, size in [*blocks, (count, new_count, 0)]:
        if block_a > a:
            found.append((a, block_a))
        elif block_b > b:
            found.append((a - 1, a) if a else (0, 1))
        a, b = block_a + size, block_b + size
    return found


def _grown(spans: Sequence[tuple[int, int]], in_force: Sequence[WordsChange]) -> list[tuple[int, int]]:
    """The stretches, each grown over the corrections it has a word in common with, and those that overlap as one."""
    pending = sorted(spans)
    grown = True
    while grown:
        grown = False
        for i, (first, end) in enumerate(pending):
            touched = [c for c in in_force if c.first < end and first <= c.last]
            wider = (min([first, *(c.first for c in touched)]), max([end, *(c.last + 1 for c in touched)]))
            if wider != (first, end):
                pending[i], grown = wider, True
        joined: list[tuple[int, int]] = []
        for first, end in sorted(pending):
            if joined and first < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
                grown = grown or len(joined) != len(pending)
            else:
                joined.append((first, end))
        pending = joined
    return pending

"""Speech that is meant for software, not for people: "ignore previous instructions", markup, pretended system lines.

Whoever says such a thing in a meeting may say it; it is in the transcript. It makes no line of a note, and no language
model is shown it.
"""

from collections.abc import Iterator, Sequence

from minutebook.language.lexicon import directed_at_software
from minutebook.language.talk.sentences import Sentence


def addresses_software(text: str) -> bool:
    """Whether words are directed at software, or carry markup that nobody speaks."""
    return any(pattern.search(text) is not None for pattern in directed_at_software())


def tainted(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Sentences directed at software, and what the same turn adds to them."""
    turn = -1
    for sentence in sentences:
        if addresses_software(sentence.text):
            turn = sentence.turn
        if sentence.turn == turn:
            yield sentence


def meant_for_people(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences that a note is made of."""
    left_out = {s.index for s in tainted(sentences)}
    return [s for s in sentences if s.index not in left_out]

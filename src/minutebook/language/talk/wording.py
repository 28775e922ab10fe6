"""How an item reads: the words that were said, without address, politeness and the due date in front or behind."""

import re
from dataclasses import replace

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Item, ItemKind
from minutebook.language.talk.clauses import Clause

_EDGE_PUNCTUATION = " ,.;:?!…—–\"'“”"


def trimmed(clause: Clause, first: int, last: int, due: tuple[int, int] | None, lexicon: Lexicon) -> str:
    """The words of `clause.norm[first:last]` as written, cut at both ends; the due expression goes when it stands at
    an end (it is shown on its own)."""
    words = clause.words_in(first, last)
    marked = {token.word for token in clause.tokens if token.text.startswith("@")}
    due_words = set(clause.words_in(*due)) if due else set()
    before, after = lexicon.lists["fringe_before"], lexicon.lists["fringe_after"]
    while words and (words[-1] in due_words or _drops(clause, words[-1], after) or _is_address(clause, words, marked)):
        words.pop()
    while words and (_drops(clause, words[0], before) or (words[0] in due_words and len(words) > len(due_words))):
        words.pop(0)
    return sentence_case(" ".join(clause.sentence.written[i] for i in words))


def for_people(item: Item, lexicon: Lexicon) -> Item:
    """An action or decision as it is written down rather than said: without hesitation, "I'll" and the like, and with
    "the invoices" for "those invoices"."""
    if item.kind not in (ItemKind.ACTION, ItemKind.DECISION):
        return item
    text = item.text
    for pattern, becomes in lexicon.wording:
        text = pattern.sub(becomes, text)
    return replace(item, text=sentence_case(text) or item.text)


def _drops(clause: Clause, word: int, fringe: frozenset[str]) -> bool:
    return clause.sentence.written[word].strip(_EDGE_PUNCTUATION).casefold() in fringe


def _is_address(clause: Clause, words: list[int], marked: set[int]) -> bool:
    written = clause.sentence.written
    return words[-1] in marked and len(words) > 1 and written[words[-2]].endswith(",")


def sentence_case(text: str) -> str:
    """Without punctuation at the ends and with a capital in front."""
    text = re.sub(r"\s+", " ", text).strip(_EDGE_PUNCTUATION)
    return text[:1].upper() + text[1:]

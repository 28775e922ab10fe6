"""Which of an item's quotes stands first, and which a reader needs."""

from dataclasses import replace
from typing import Final

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Evidence, Item, ItemKind

_MOST: Final = 3
"""Quotes that a reader takes in below a line."""


def decisive_first(item: Item, lexicon: Lexicon) -> Item:
    """An action or decision with the quote in front that has most of its words, of equals the last: a reader goes to
    where it was promised or decided. What led there follows in the order of the talk."""
    if item.kind not in (ItemKind.ACTION, ItemKind.DECISION):
        return item
    words = lexicon.words.stems_of(item.text, lexicon.stopwords)

    def weight(evidence: Evidence) -> tuple[int, float]:
        return len(words & lexicon.words.stems_of(evidence.quote, lexicon.stopwords)), evidence.start

    decisive = max(item.evidence, key=weight)
    return replace(item, evidence=(decisive, *(e for e in item.evidence if e != decisive)))


def carrying(item: Item, lexicon: Lexicon) -> tuple[Evidence, ...]:
    """The quotes that a reader needs. Of an action or decision at most three: the first one, the owner's, and those
    that have words of the line or its date that the others lack; what only led there stays behind the line. Of a
    question what was answered: it is itself the line."""
    if item.kind is ItemKind.QUESTION:
        return item.evidence[-1:]
    if item.kind is ItemKind.TOPIC:
        return item.evidence
    said = {e: lexicon.words.stems_of(e.quote, lexicon.stopwords) for e in item.evidence}
    told = f"{item.text} {item.due.said if item.due else ''}"
    missing = lexicon.words.stems_of(told, lexicon.stopwords) - said[item.evidence[0]]
    voice = item.owner.speaker if item.owner is not None else None
    chosen = [item.evidence[0]]
    if voice not in (None, chosen[0].speaker):
        chosen += [e for e in item.evidence[1:] if e.speaker == voice and e.start > chosen[0].start][:1]
    while len(chosen) < _MOST:
        missing -= set().union(*(said[e] for e in chosen))
        best = max(item.evidence, key=lambda e: len(missing & said[e]))
        if not missing & said[best]:
            break
        chosen.append(best)
    return tuple(chosen)

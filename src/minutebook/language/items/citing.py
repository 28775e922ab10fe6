"""Which of an item's quotes stands first."""

from dataclasses import replace

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Evidence, Item, ItemKind


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

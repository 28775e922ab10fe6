"""Nothing is denied that was not, and no denial is lost, clause by clause."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from minutebook.language.lexicon import Lexicon
from minutebook.language.lock.claims import claim_parts
from minutebook.language.model import Evidence, Item

_MOST_TURNED = 0.51
"""Share of the words of a line's clause that were said from which those of them that were denied turn it round."""


@dataclass(frozen=True)
class _Told:
    """A clause: the stems of its content, whether a negation or another word denies it, whether it is asked, and
    whether it says that something stays as it is, which a change that is denied says, too."""

    stems: frozenset[str]
    negative: bool
    denying: bool
    asks: bool
    lasting: bool


class Polarity:
    """Compares what is denied in a line with what is denied in the cited words. `stems` gives a text's content."""

    def __init__(self, lexicon: Lexicon, stems: Callable[[str], set[str]]) -> None:
        self._lexicon = lexicon
        self._words = lexicon.words
        self._stems = stems

    def reason_against(self, item: Item) -> str | None:
        """Why the cited words turn the line round, as a sentence; None where they do not."""
        limited = any(self._lexicon.matches("limits", self._words.norm(e.quote)) for e in item.evidence)
        said = [c for e in item.evidence for c in self._told(e.quote, limited)]
        claimed = [c for text in claim_parts(item) for c in self._told(text, limited)]
        if self._both_doubt(item):
            return None
        told = frozenset().union(*(c.stems for c in said))
        for clause in claimed:
            shared = sorted(clause.stems & told)
            turning = [w for w in shared if self._is_turned(w, clause, said, claimed)]
            turned = turning[0] if turning and len(turning) >= _MOST_TURNED * len(shared) else None
            if turned is None:
                continue
            return f"The cited words say the opposite about “{turned}”."
        if any(self._negation_moved(text, item.evidence, limited) for text in claim_parts(item)):
            return "The cited words have no such negation, or have one that the item leaves out."
        return None

    def _both_doubt(self, item: Item) -> bool:
        """Whether line and talk leave something open: "I can't be sure", "no promises" deny nothing there. A line that
        repeats what was said leaves nothing open by its own words."""
        quoted = (self._words.norm(e.quote) for e in item.evidence)
        line = any(self._lexicon.matches("doubtful_line", self._words.norm(text)) for text in claim_parts(item))
        plain = [w for w in self._words.normal_words(item.text) if w not in self._lexicon.negators]
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        if any(region for q in quotes for region in _regions(plain, q, self._lexicon.negators)):
            return False
        return line and any(self._lexicon.matches(p, q) for q in quoted for p in ("doubtful", "proposes"))

    def _is_turned(self, stem: str, claim: _Told, said: Sequence[_Told], claimed: Sequence[_Told]) -> bool:
        """Whether a word is said only in clauses that are denied where its clause is not, or the other way round. What
        is denied in the line as it was in the talk, and what says itself that something is not to be, turns nothing."""
        ways = [c for c in said if stem in c.stems]
        if claim.lasting and any(c.negative for c in ways):
            return False
        if not ways or any(c.asks or c.negative == claim.negative for c in ways):
            return False
        denied = any(c.denying for c in said)
        if (claim.denying and not denied) or (claim.negative and denied):
            return False
        kept = [c for c in claimed if c.negative]
        left = [c for c in ways if not any(c.negative and c.stems & k.stems for k in kept)]
        return bool(left) if not claim.negative else True

    def _negation_moved(self, text: str, quoted: Sequence[Evidence], limited: bool) -> bool:
        """Whether the text has a negation that nothing cited has, or repeats cited words but for their negation."""
        negators = self._lexicon.negators
        words = self._denials(text, limited)
        quotes = [self._denials(e.quote, limited) for e in quoted]
        denied = negators | self._lexicon.lists["denying"]
        if any(w in negators for w in words) and not any(w in denied for q in quotes for w in q):
            return True
        plain = [w for w in words if w not in negators]
        regions = [region for quote in quotes for region in _regions(plain, quote, negators)]
        inside = sum(w in negators for w in words[1:-1])
        return bool(regions) and all(sum(w in negators for w in region) != inside for region in regions)

    def _told(self, text: str, limited: bool) -> Iterable[_Told]:
        """The clauses of a text, each with its content and whether it is denied."""
        asks = "?" in text
        for clause in self._lexicon.patterns["clause_edge"].split(text):
            words = self._denials(clause or "", limited)
            negative = sum(w in self._lexicon.negators for w in words) % 2 == 1
            denying = bool(self._lexicon.lists["denying"] & set(words))
            lasting = bool(self._lexicon.lists["unchanged"] & set(words))
            yield _Told(frozenset(self._stems(clause or "")), negative, denying, asks, lasting)

    def _denials(self, text: str, limited: bool) -> list[str]:
        """The words of a text, where the talk has negations that deny nothing without those."""
        words = self._words.normal_words(text)
        return self._lexicon.phrases["limits"].sub("", " ".join(words)).split() if limited else words


def _regions(plain: Sequence[str], quote: Sequence[str], negators: frozenset[str]) -> Iterable[Sequence[str]]:
    """The stretches of a quote that consist of these words in this order, with or without negations in between."""
    places = [i for i, w in enumerate(quote) if w not in negators]
    bare = [quote[i] for i in places]
    size = len(plain)
    for i in range(len(bare) - size + 1 if size > 2 else 0):
        if bare[i : i + size] == plain:
            yield quote[places[i] : places[i + size - 1] + 1]
            yield quote[places[i] : places[i + size - 1] + 3]

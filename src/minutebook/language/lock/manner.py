"""How something was said: a line keeps its conditions and its doubts, and each kind of line wants its own ground.

"We could drop the fee" is no decision, "if the seal is intact" may not be dropped, and who asks whether somebody has
called has promised nothing. Looked for in the quoted sentence that has most of the line's words.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from minutebook.language.lexicon import Lexicon, dictations
from minutebook.language.model import Evidence, Item, ItemKind

_SENTENCE = re.compile(r"(?<=[.?!…])\s+")


@dataclass(frozen=True)
class _Said:
    """One quoted sentence as it was said: its words in one row, its content stems, whether it asks, who said it."""

    text: str
    norm: str
    stems: frozenset[str]
    asks: bool
    speaker: str


class Manner:
    """Checks how lines and their quotes say things, in one language."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def reasons_against(self, item: Item) -> Mapping[str, str]:
        """What the line makes of the manner of its quotes that is not so, as sentences by what they are about."""
        told = list(self._told(item.evidence))
        wanted = self._stems(item.text)
        owner = item.owner.speaker if item.owner else None
        weights = [(len(wanted & s.stems), s.speaker == owner, n) for n, s in enumerate(told)]
        best, _, at = max(weights, default=(0, False, 0))
        if best == 0 or item.kind is ItemKind.QUESTION:
            return {}
        checks: Mapping[str, Callable[[Item, Sequence[_Said], int], str | None]] = {
            "dictated": self._dictated, "condition": self._condition, "doubt": self._doubt, "settled": self._ground,
        }  # fmt: skip
        return {name: reason for name, check in checks.items() if (reason := check(item, told, at)) is not None}

    def _told(self, evidence: Sequence[Evidence]) -> Iterator[_Said]:
        for each in evidence:
            for sentence in _SENTENCE.split(each.quote):
                asks = sentence.rstrip("\"'”’)").endswith("?")
                yield _Said(sentence, self._norm(sentence), frozenset(self._stems(sentence)), asks, each.speaker)

    def _dictated(self, item: Item, told: Sequence[_Said], at: int) -> str | None:
        """A decision or a task is more than what somebody wants to have written down: somebody else has to say it, too,
        or its owner has to promise it."""
        if item.kind not in (ItemKind.ACTION, ItemKind.DECISION):
            return None
        if not any(pattern.search(told[at].text) for pattern in dictations()):
            return None
        promised = item.kind is ItemKind.ACTION and item.owner is not None and item.owner.speaker == told[at].speaker
        others = any(s.speaker != told[at].speaker and not s.asks for s in told)
        backed = others or (promised and self._says("promises_alone", told[at].norm))
        return None if backed else "The cited words only say what is to be written down."

    def _condition(self, item: Item, told: Sequence[_Said], at: int) -> str | None:
        line = " ".join(self._norm(part) for part in (item.text, item.due.said if item.due else "", item.context or ""))
        said = told[at]
        lifted = self._settled(told, at) and any(self._repeats(item, s) for s in _said_again(told, at))
        if self._says("conditional", said.norm) and not lifted and not self._says("conditional_line", line):
            return "The cited words name a condition that the line leaves out."
        return None

    def _repeats(self, item: Item, said: _Said) -> bool:
        again = bool(self._stems(item.text) & said.stems) or self._says("promises_alone", said.norm)
        return again and not said.asks

    def _doubt(self, item: Item, told: Sequence[_Said], at: int) -> str | None:
        line = self._norm(item.text)
        if self._says("must", line) and not any(self._says("must", s.norm) for s in told):
            return "Nobody says in the cited words that it has to be."
        if not self._says("doubtful", told[at].norm) or self._says("doubtful_line", line):
            return None
        settled = item.kind is not ItemKind.TOPIC and self._settled(told, at)
        return None if settled else "The cited words leave open what the line says for certain."

    def _ground(self, item: Item, told: Sequence[_Said], at: int) -> str | None:
        said = told[at]
        if item.kind is ItemKind.TOPIC:
            open_question = said.asks and all(self._says("unknown", s.norm) for s in told[at + 1 :])
            return "The cited words only ask." if open_question and len(told) > at + 1 else None
        if item.kind is ItemKind.ACTION and self._says("done_before", said.norm):
            return "The cited words tell of something done, not of something to do."
        tentative = said.asks or self._says("proposes", said.norm)
        if tentative and len(told) > at + 1 and not self._settled(told, at):
            return "The cited words ask or propose; nobody settles it there."
        if tentative and len(told) == at + 1 and not self._says("asks_others", said.norm):
            return "The cited words ask or propose; nobody settles it there."
        return None

    def _settled(self, told: Sequence[_Said], at: int) -> bool:
        """Whether something said after a sentence takes it up, and nothing puts it off."""
        after = [s for s in told[at + 1 :] if not s.asks]
        put_off = any(self._says("puts_off", s.norm) for s in after)
        return bool(after) and not put_off

    def _says(self, phrase: str, norm: str) -> bool:
        return self._lexicon.matches(phrase, norm)

    def _norm(self, text: str) -> str:
        return self._lexicon.words.norm(text)

    def _stems(self, text: str) -> set[str]:
        return self._lexicon.words.stems_of(text, self._lexicon.stopwords)


def _said_again(told: Sequence[_Said], at: int) -> Iterator[_Said]:
    """What the speaker of a sentence says later, right after somebody else."""
    for before, said in pairwise(told[at:]):
        if said.speaker == told[at].speaker != before.speaker:
            yield said

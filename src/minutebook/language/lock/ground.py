"""Whether cited words ask for or promise anything at all, by the linear model that has learnt what sentences do.

Phrases know the ways of promising that somebody has thought of; the model has a likelihood for every sentence. A task
in whose quotes no phrase is found, and which hardly look like a promise, a request or an acceptance, rests on nothing.
"""

from collections.abc import Callable, Sequence

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.model import Item, ItemKind
from minutebook.language.talk.likelihood import LANGUAGES, Label, features_of, shipped
from minutebook.language.talk.moves import moves_of
from minutebook.language.talk.people import people_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.transcript.model import Segment, Speaker, Transcript

_LEAST = 0.13
"""Likelihood below which the best sentence cited promises nothing: 1 of 59 true tasks in the cases that were read."""
_ALONE = 0.3
"""The same where one voice alone is cited for a line in other words than its own: what somebody would have a note say
looks like a request, and seldom like a decision or a promise."""
_ACTS = (Act.COMMIT, Act.REQUEST, Act.ASSIGN, Act.CALL)
_DECIDING = (Act.DECIDE, Act.AGREE)
_MAKING = (Label.COMMIT, Label.REQUEST, Label.ACCEPT)


class Ground:
    """Checks tasks and decisions in one language; `in_own_words` says whether a line has words that nobody said."""

    def __init__(self, lexicon: Lexicon, in_own_words: Callable[[Item], bool]) -> None:
        self._lexicon = lexicon
        self._in_own_words = in_own_words

    def reason_against(self, item: Item) -> str | None:
        """Why the quotes make no task or decision, as a sentence; None where they may."""
        if item.kind not in (ItemKind.ACTION, ItemKind.DECISION):
            return None
        words = {w for e in item.evidence for w in self._lexicon.words.normal_words(e.quote)}
        one = len({e.speaker for e in item.evidence}) == 1
        alone = one and (self._in_own_words(item) or (item.owner is None and self._lexicon.complete))
        if item.kind is ItemKind.DECISION:
            made = not alone or self._settles(item, words) or self._makes(item, _DECIDING, (Label.DECIDE,), _ALONE)
            return None if made else "Nobody decides it in the cited words."
        if self._lexicon.everyone & words or (item.owner is None and not alone):
            return None
        if alone:
            acts = (Act.COMMIT, Act.ASSIGN) if item.owner else (Act.COMMIT, Act.ASSIGN, Act.NEED, Act.CALL)
            made = self._makes(item, acts, (Label.COMMIT,), _ALONE)
        else:
            made = self._lexicon.language not in LANGUAGES or self._makes(item, _ACTS, _MAKING, _LEAST)
        return None if made else "Nobody promises it or asks for it in the cited words."

    def _settles(self, item: Item, words: set[str]) -> bool:
        """Whether the quotes tell of a vote or the like, or of what is dropped."""
        told = any(self._lexicon.matches("settles", self._lexicon.words.norm(e.quote)) for e in item.evidence)
        return told or bool(self._lexicon.lists["denying"] & words)

    def _makes(self, item: Item, acts: Sequence[Act], labels: Sequence[Label], least: float) -> bool:
        """Whether a cited sentence does one of these things, by a phrase or by its likelihood."""
        segments = tuple(Segment(e.speaker, e.start, e.end, e.quote, ()) for e in item.evidence)
        voices = dict.fromkeys(s.speaker for s in segments)
        speakers = tuple(Speaker(v, f"Speaker {n}", 1.0) for n, v in enumerate(voices, 1))
        quoted = Transcript(self._lexicon.language, segments[-1].end, speakers, segments)
        sentences = sentences_of(quoted)
        people = people_of(quoted, sentences, (), self._lexicon)
        moves = moves_of(sentences, people, self._lexicon)
        if any(m.act in acts and not m.weak for m in moves):
            return True
        if self._lexicon.language not in LANGUAGES:
            return False
        likelihoods = (
            shipped().likelihoods(features_of(s, people, self._lexicon, [m for m in moves if m.sentence is s]))
            for s in sentences
        )
        return any(sum(likely[label] for label in labels) >= least for likely in likelihoods)

"""Items with what else carries them: the sentences of the same line, and the date that one of them gives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from minutebook.language.lexicon import Act
from minutebook.language.model import Due, Item, ItemKind
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.moves import due_said
from minutebook.language.talk.sentences import Sentence

_LEAST = 0.3
"""Likelihood from which a sentence is cited with a line: of the pairs found so two in five were marked by hand, a
seventh of those marked are found (`python -m bench.bonds`)."""
_MOST = 3
_CITED = {ItemKind.DECISION: 5, ItemKind.ACTION: 7}
"""Quotes that a line has with them at most: more are not read. What a task means is often said in several."""
_CLEAR = 6
"""Content words from which a line needs nothing beside it."""
_DATED = 0.3
"""Likelihood from which its time is the task's."""


def with_bonds(items: Iterable[Item], talk: Conversation) -> list[Item]:
    """The items, each with up to three sentences more that carry it."""
    places = {sentence.start: sentence.index for sentence in talk.sentences}
    return [_bound(item, talk, places) for item in items]


def _bound(item: Item, talk: Conversation, places: Mapping[float, int]) -> Item:
    cited = [places[e.start] for e in item.evidence if e.start in places]
    likely: dict[int, float] = {}
    for at in cited:
        for other, value in talk.bonds.of(at).items():
            likely[other] = max(value, likely.get(other, 0.0))
    nearest = sorted((at for at in likely if at not in cited and likely[at] >= _LEAST), key=lambda at: -likely[at])
    unclear = len(talk.content(item.text)) < _CLEAR
    room = max(0, min(_MOST, _CITED[item.kind] - len(item.evidence))) if unclear else 0
    fitting = (at for at in nearest if not _is_cited(item, talk.sentences[at]) and not _tells_another(item, at, talk))
    more = [talk.sentences[at] for at in islice(fitting, room)]
    spans = {*item.evidence, *(sentence.evidence() for sentence in more)}
    item = replace(item, evidence=tuple(sorted(spans, key=lambda e: e.start)))
    if item.kind is not ItemKind.ACTION or item.due is not None:
        return item
    said = _due([s for s in more if likely[s.index] >= _DATED], talk)
    return replace(item, due=Due(said)) if said else item


def _is_cited(item: Item, sentence: Sentence) -> bool:
    """Whether a quote holds the sentence: what led to a line is cited as long as somebody spoke."""
    return any(e.speaker == sentence.speaker and e.start <= sentence.start < e.end for e in item.evidence)


def _tells_another(item: Item, at: int, talk: Conversation) -> bool:
    """Whether a sentence is a line of its own: a task does not cite decisions."""
    decides = (m.act is Act.DECIDE and not m.weak for m in talk.moves_in(talk.sentences[at]))
    return item.kind is ItemKind.ACTION and any(decides)


def _due(sentences: Sequence[Sentence], talk: Conversation) -> str | None:
    said = (due_said(sentence, talk.people, talk.lexicon) for sentence in sentences)
    return next((each for each in said if each is not None), None)

"""Two lines that tell one task: what was asked for and the promise that answers it, or a promise that says nothing by
itself beside the one that does."""

from collections.abc import Sequence
from dataclasses import replace

from minutebook.language.items.merging import together
from minutebook.language.model import Item
from minutebook.language.talk.conversation import Conversation

_SOON_S = 20.0
"""Seconds within which a promise goes on about the same task."""
_RECENT = 3
"""Tasks before a line among which the other half of it is looked for."""


def gathered(items: Sequence[Item], talk: Conversation) -> list[Item]:
    """The tasks in their order, of two that are one only one: in the words of the promise, where they say anything."""
    kept: list[Item] = []
    for item in items:
        recent = range(len(kept) - 1, max(-1, len(kept) - 1 - _RECENT), -1)
        at = next((at for at in recent if _is_one(kept[at], item, talk)), None)
        if at is None:
            kept.append(item)
            continue
        first = kept[at]
        told = item if _says(item, talk) else first
        context = told.context or (first.evidence[0].quote if told is item else None)
        kept[at] = replace(told, due=item.due or first.due, context=context, evidence=together(first, item))
    return kept


def _is_one(first: Item, later: Item, talk: Conversation) -> bool:
    if first.owner is None or later.owner is None or first.owner.speaker is None:
        return False
    if first.owner.speaker != later.owner.speaker:
        return False
    if first.due and later.due and first.due.said != later.due.said:
        return False
    promise = next((e for e in later.evidence if e.speaker == first.owner.speaker), None)
    answers = promise in first.evidence and first.evidence[0].speaker != first.owner.speaker
    soon = later.evidence[-1].start - first.evidence[-1].end < _SOON_S
    return answers or (soon and not (_says(first, talk) and _says(later, talk)))


def _says(item: Item, talk: Conversation) -> int:
    """How many words of a line tell what is done: besides "it", "do", a day and the like."""
    empty = {talk.lexicon.words.stem(word) for word in talk.lexicon.lists["empty_verbs"] | talk.lexicon.date_words}
    return len(talk.content(item.text) - empty)

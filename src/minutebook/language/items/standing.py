"""What stands at the end of the talk: without what was said in jest, called off or taken over by somebody else."""

from collections.abc import Sequence

from minutebook.language.model import Item
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.moves import Move
from minutebook.language.talk.sentences import Sentence

_SAME = 0.6
"""Share of content words from which two people's tasks are one that changed hands, or a task is the one called off."""
_SOON_S = 45.0
"""Seconds within which a task changes hands in talk; later the same words mean another task."""


def in_jest(talk: Conversation, move: Move) -> bool:
    """Whether the words, or the laugh that answers them, say that they were not meant."""
    if talk.lexicon.matches("jest", talk.lexicon.words.norm(move.sentence.text)):
        return True
    after = talk.sentences[move.sentence.index + 1 : move.sentence.index + 4]
    reply = next((s for s in after if s.turn == move.sentence.turn + 1), None)
    return reply is not None and talk.lexicon.matches("laughs", talk.lexicon.words.norm(reply.text))


def standing(items: Sequence[Item], talk: Conversation) -> list[Item]:
    """The actions that nobody called off or took over, in their order."""
    off = [s for s in talk.sentences if talk.lexicon.matches("calls_off", talk.lexicon.words.norm(s.text))]
    return [
        item
        for at, item in enumerate(items)
        if not any(_taken_over(item, later, talk) for later in items[at + 1 :])
        and not any(_called_off(item, sentence, talk) for sentence in off)
    ]


def _taken_over(item: Item, later: Item, talk: Conversation) -> bool:
    """Whether somebody else takes on the same task soon afterwards."""
    if item.owner is None or later.owner is None or None in (item.owner.speaker, later.owner.speaker):
        return False
    apart = later.evidence[-1].start - item.evidence[-1].start
    if item.owner.speaker == later.owner.speaker or not 0 < apart <= _SOON_S:
        return False
    mine, theirs = _content(item.text, talk), _content(later.text, talk)
    return bool(mine) and len(mine & theirs) >= _SAME * max(len(mine), len(theirs))


def _called_off(item: Item, sentence: Sentence, talk: Conversation) -> bool:
    """Whether a later sentence ("you don't need to look at the returns any more") takes back what an item says."""
    said = _content(item.text, talk)
    named = _content(sentence.text, talk)
    return sentence.start > item.evidence[-1].end and bool(said) and len(said & named) >= _SAME * len(said)


def _content(text: str, talk: Conversation) -> set[str]:
    return talk.lexicon.words.stems_of(text, talk.lexicon.stopwords)

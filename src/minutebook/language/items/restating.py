"""Lines that tell how somebody is placed ("I'm away from Sunday") instead of what is to be done."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from minutebook.language.lexicon import Act
from minutebook.language.model import Item
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.moves import Move

_PROMISES = (Act.COMMIT, Act.OFFER, Act.ACCEPT, Act.EXTEND)


def restated(items: Sequence[Item], talk: Conversation) -> Iterator[Item]:
    """The tasks without such lines: in the words of what the owner promises in a cited sentence, if anything."""
    for item in items:
        if not _tells_a_state(item.text, talk):
            yield item
        elif (promise := _promise(item, talk)) is not None:
            yield replace(item, text=talk.with_condition(promise.do, promise.sentence))


def _promise(item: Item, talk: Conversation) -> Move | None:
    places = (talk.place(e) for e in item.evidence if item.owner is not None and e.speaker == item.owner.speaker)
    moves = (move for at in places if at is not None for move in talk.moves_in(talk.sentences[at]))
    told = (m for m in moves if m.act in _PROMISES and m.do and not _tells_a_state(m.do, talk))
    return max(told, key=lambda move: len(move.do), default=None)


def _tells_a_state(text: str, talk: Conversation) -> bool:
    return talk.lexicon.matches("tells_a_state", talk.lexicon.words.norm(text))

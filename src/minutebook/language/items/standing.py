"""What stands at the end of the talk: without what was said in jest, called off or taken over by somebody else."""

from bisect import bisect_right
from collections.abc import Sequence

from minutebook.language.lexicon import Act
from minutebook.language.model import Item
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.moves import Move
from minutebook.language.talk.sentences import Sentence

_SAME = 0.6
"""Share of content words from which two people's tasks are one that changed hands, or a task is the one called off."""
_SOME = 0.5
"""Share from which a sentence soon after, which the model takes for a withdrawal, takes a task back."""
_FEW = 2
"""Content words up to which a promise only names whose task it takes over."""
_SOON_S = 45.0
"""Seconds within which a task changes hands in talk; later the same words mean another task."""
_MOST_AHEAD = 100
"""Tasks, and sentences that call something off, that are looked at behind each task: more than an hour of talk has."""


def in_jest(talk: Conversation, move: Move) -> bool:
    """Whether the words, or the laugh that answers them, say that they were not meant."""
    if talk.lexicon.matches("jest", talk.lexicon.words.norm(move.sentence.text)):
        return True
    after = talk.sentences[move.sentence.index + 1 : move.sentence.index + 4]
    reply = next((s for s in after if s.turn == move.sentence.turn + 1), None)
    return reply is not None and talk.lexicon.matches("laughs", talk.lexicon.words.norm(reply.text))


def standing(items: Sequence[Item], talk: Conversation) -> list[Item]:
    """The actions that nobody called off or took over, in their order."""
    said = [_content(item.text, talk) for item in items]
    off = [s for s in talk.sentences if talk.lexicon.matches("calls_off", talk.lexicon.words.norm(s.text))]
    off.sort(key=_start)
    starts, named = [s.start for s in off], [_content(s.text, talk) for s in off]
    back = sorted((m.sentence for m in talk.moves if m.act is Act.WITHDRAW), key=_start)
    stands = []
    for at, item in enumerate(items):
        following = range(at + 1, min(at + 1 + _MOST_AHEAD, len(items)))
        after = bisect_right(starts, item.evidence[-1].end)
        taken = any(
            _taken_over(item, items[later])
            and (_same(said[at], said[later]) or _steps_in(item, items[later], said[later], talk))
            for later in following
        )
        called_off = any(_named(said[at], words) for words in named[after : after + _MOST_AHEAD])
        withdrawn = any(_named(said[at], _content(s.text, talk), _SOME) for s in _soon_after(item, back))
        stands += [] if taken or called_off or withdrawn else [item]
    return stands


def _taken_over(item: Item, later: Item) -> bool:
    """Whether somebody else takes on a task soon afterwards."""
    if item.owner is None or later.owner is None or None in (item.owner.speaker, later.owner.speaker):
        return False
    apart = later.evidence[-1].start - item.evidence[-1].start
    return item.owner.speaker != later.owner.speaker and 0 < apart <= _SOON_S


def _steps_in(item: Item, later: Item, named: set[str], talk: Conversation) -> bool:
    """Whether somebody takes over by saying little more than that: "No, wait, let me do Harrow."."""
    mine = [e for e in later.evidence if later.owner is not None and e.speaker == later.owner.speaker]
    cited = _content(" ".join(e.quote for e in item.evidence), talk)
    steps = any(talk.lexicon.matches("takes_over", talk.lexicon.words.norm(e.quote)) for e in mine)
    return steps and 0 < len(named) <= _FEW and named <= cited


def _same(mine: set[str], theirs: set[str]) -> bool:
    return bool(mine) and len(mine & theirs) >= _SAME * max(len(mine), len(theirs))


def _named(said: set[str], named: set[str], share: float = _SAME) -> bool:
    """Whether a sentence ("you don't need to look at the returns any more") takes back what an item says."""
    return bool(said) and len(said & named) >= share * len(said)


def _soon_after(item: Item, sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """Those of sentences, sorted by time, that follow an item within `_SOON_S` seconds."""
    end = item.evidence[-1].end
    first, last = (bisect_right(sentences, at, key=_start) for at in (end, end + _SOON_S))
    return sentences[first:last]


def _start(sentence: Sentence) -> float:
    return sentence.start


def _content(text: str, talk: Conversation) -> set[str]:
    return talk.lexicon.words.stems_of(text, talk.lexicon.stopwords)

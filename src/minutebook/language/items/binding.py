"""Items with what carries them: the sentence that makes each, those that say what it is, the one that holds its date.

Rules know phrases. What the models of `talk/carriers.py` find beyond them becomes an item, too, and an item of which
they see nothing falls out; each cites the sentences around it that say what it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from minutebook.language.items.standing import in_jest
from minutebook.language.lexicon import Act
from minutebook.language.model import Due, Evidence, Item, ItemKind, Owner
from minutebook.language.talk.carriers import Carriers, Numbers
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.moves import Move, due_said, move_of_sentence
from minutebook.language.talk.sentences import Sentence

_MAKES = {ItemKind.ACTION: 0.4, ItemKind.DECISION: 0.33}
"""Likelihood from which a sentence makes a line by itself. These limits are set on authors who were not learnt."""
_DOUBTED = {ItemKind.ACTION: 0.05, ItemKind.DECISION: 0.04}
"""Likelihood below which a rule is not believed, where no sentence that it cites has more."""
_TELLS = 0.1
_MOST, _LEAST, _ENOUGH = 5, 3, 9
"""Sentences cited beside the one that makes a line, at most, where they tell it with this likelihood: as many as
a line falls short of so many content words, or a few."""
_DATED = 0.35
"""Likelihood from which a sentence's time is the task's: three in four are right, of those from 0.2 three in five."""
_DATED_BY_OTHERS = 0.5
"""The same for what somebody else states: his dates are mostly of his own matters."""
_CLEAR = 4
"""Content words from which a line is shown without what led to it."""
_IDLE = 0.7
"""Likelihood of doing nothing from which a sentence makes no line, whatever stands around it."""
_BREATH = 2
"""Sentences of a turn beside the one that makes a line in which nobody makes another."""
_SOME = 2
"""Content words from which a sentence says something."""
_SAYS = {
    ItemKind.ACTION: (Act.OFFER, Act.REQUEST, Act.CALL, Act.ASSIGN, Act.NEED, Act.PROPOSE),
    ItemKind.DECISION: (Act.PROPOSE,),
}
"""What is said of a line by the others: what was asked for or proposed."""
_OTHER = {ItemKind.ACTION: ItemKind.DECISION, ItemKind.DECISION: ItemKind.ACTION}
_ACT = {ItemKind.ACTION: Act.COMMIT, ItemKind.DECISION: Act.DECIDE}


def believed(items: Sequence[Item], kind: ItemKind, talk: Conversation) -> list[Item]:
    """The lines of one kind: those of the rules, without those in which the models see nothing, and those that only the
    models see."""
    carriers = talk.carriers
    if carriers is None:
        return list(items)
    other = _OTHER[kind]
    makes, rivals = carriers.makes(kind), carriers.makes(other)
    makers = [_maker(item, makes, talk) for item in items]
    kept = [item for item, at in zip(items, makers, strict=True) if at is None or makes[at] >= _DOUBTED[kind]]
    made = {near for at in makers if at is not None for near in _same_breath(at, talk)}
    for at, likely in enumerate(makes):
        outdone = rivals[at] > likely and rivals[at] >= _MAKES[other]
        says = not talk.sentences[at].is_question and carriers.idle(at) <= _IDLE
        if likely >= _MAKES[kind] and at not in made and says and not outdone:
            kept += _new(kind, at, carriers, talk)
    return kept


def told(items: Iterable[Item], talk: Conversation) -> list[Item]:
    """The items, each with the sentences that say what it is, and a task with its date."""
    carriers = talk.carriers
    if carriers is None:
        return list(items)
    makers = ((item, _maker(item, carriers.makes(item.kind), talk)) for item in items)
    return [item if at is None else _told(item, at, carriers, talk) for item, at in makers]


def promises(sentence: Sentence, talk: Conversation) -> bool:
    """Whether a sentence, as the models see it, makes a task of its speaker's."""
    if talk.carriers is None or sentence.is_question:
        return False
    return bool(talk.carriers.makes(ItemKind.ACTION)[sentence.index] >= _MAKES[ItemKind.ACTION])


def _same_breath(at: int, talk: Conversation) -> Iterator[int]:
    """A sentence and those beside it in its turn."""
    near = range(max(0, at - _BREATH), min(len(talk.sentences), at + _BREATH + 1))
    return (other for other in near if talk.sentences[other].turn == talk.sentences[at].turn)


def _maker(item: Item, makes: Numbers, talk: Conversation) -> int | None:
    """The sentence that makes an item: of those it cites, for a task those of its owner, the likeliest. None for a task
    of somebody who does not speak."""
    voice = item.owner.speaker if item.owner is not None else None
    if item.kind is ItemKind.ACTION and voice is None:
        return None
    cited = (talk.place(e) for e in item.evidence)
    own = [
        at for at in cited if at is not None and (item.kind is ItemKind.DECISION or talk.sentences[at].speaker == voice)
    ]
    return max(own, key=lambda at: float(makes[at]), default=None)


def _telling(kind: ItemKind, at: int, carriers: Carriers, talk: Conversation) -> list[Sentence]:
    """The sentences that say what a line is, the likeliest first. A task cites no decisions: they are lines of their
    own."""
    tells = carriers.tells(kind, at)
    likely = sorted((other for other in tells if other != at and tells[other] >= _TELLS), key=lambda o: -tells[o])
    sentences = (talk.sentences[other] for other in likely)
    return list(islice((s for s in sentences if kind is ItemKind.DECISION or not _decides(s, talk)), _MOST))


def _decides(sentence: Sentence, talk: Conversation) -> bool:
    return any(move.act is Act.DECIDE and not move.weak for move in talk.moves_in(sentence))


def _told(item: Item, at: int, carriers: Carriers, talk: Conversation) -> Item:
    """An item with the sentences that say what it is, and by when."""
    telling = _telling(item.kind, at, carriers, talk)
    clear = len(talk.content(item.text))
    room = min(_MOST, max(_LEAST, _ENOUGH - clear)) + 1 - len(item.evidence)
    fresh = list(islice((s for s in telling if not _is_cited(item.evidence, s)), max(0, room)))
    context = item.context if item.context and _tells_something(item.context, talk) else None
    if context is None and (item.context or clear < _CLEAR):
        context = _leading_to(item, [s for s in fresh if s.index < at], talk)
    item = replace(item, evidence=_spans(item.evidence, fresh), context=context)
    return _dated(item, at, carriers, talk)


def _leading_to(item: Item, before: Sequence[Sentence], talk: Conversation) -> str | None:
    """Of the sentences that led to a line the question that a decision settles, else the one that shares most words
    with it, then one in which somebody else asks or proposes, then the likeliest."""
    words = talk.content(item.text)

    def weight(sentence: Sentence) -> tuple[bool, int, bool]:
        asks = any(move.act in _SAYS[item.kind] for move in talk.moves_in(sentence))
        own = item.owner is not None and sentence.speaker == item.owner.speaker
        settles = item.kind is ItemKind.DECISION and sentence.is_question
        return settles, len(words & talk.content(sentence.text)), asks and not own

    led = max((s for s in before if _tells_something(s.text, talk)), key=weight, default=None)
    return led.text if led is not None else None


def _tells_something(text: str, talk: Conversation) -> bool:
    words = talk.lexicon.words.normal_words(text)
    numbers = talk.lexicon.words.number_words(words)
    return len(talk.content(" ".join(w for w in words if w not in numbers))) >= _SOME


def _new(kind: ItemKind, at: int, carriers: Carriers, talk: Conversation) -> Iterator[Item]:
    """An item that only the models see."""
    sentence = talk.sentences[at]
    telling = _telling(kind, at, carriers, talk)
    move = _saying(kind, sentence, telling, talk)
    if move is None or in_jest(talk, move):
        return
    yield Item(
        kind=kind,
        text=talk.with_condition(move.do, move.sentence),
        evidence=_spans((), (sentence, move.sentence)),
        owner=Owner(speaker=sentence.speaker) if kind is ItemKind.ACTION else None,
    )


def _saying(kind: ItemKind, sentence: Sentence, telling: Sequence[Sentence], talk: Conversation) -> Move | None:
    """The move whose words are the line: of the sentence itself where it says anything, else of the one that tells
    most."""
    own = _clearest(m for m in talk.moves_in(sentence) if m.act in (_ACT[kind], *_SAYS[kind]) and not talk.is_empty(m))
    if own is not None:
        return own
    if len(talk.content(sentence.text)) < _SOME:
        for each in telling:
            told = _clearest(m for m in talk.moves_in(each) if m.act in _SAYS[kind] and not talk.is_empty(m))
            if told is not None:
                return told
    said = next((s for s in (sentence, *telling) if talk.content(s.text)), None)
    return move_of_sentence(_ACT[kind], said, talk.people, talk.lexicon) if said is not None else None


def _clearest(moves: Iterable[Move]) -> Move | None:
    return max((m for m in moves if m.do), key=lambda m: len(m.do), default=None)


def _dated(item: Item, at: int, carriers: Carriers, talk: Conversation) -> Item:
    """A task with the date that the likeliest sentence names."""
    if item.kind is not ItemKind.ACTION or item.due is not None:
        return item
    likely = carriers.dates(at)
    own = talk.sentences[at].speaker
    for other in sorted(likely, key=lambda o: -likely[o]):
        sentence = talk.sentences[other]
        if likely[other] < (_DATED if sentence.speaker == own or sentence.is_question else _DATED_BY_OTHERS):
            continue
        promised = (m.due for m in talk.moves_in(sentence) if m.act is Act.COMMIT and m.due)
        said = next(promised, None) or due_said(sentence, talk.people, talk.lexicon)
        if said is not None:
            return replace(item, due=Due(said), evidence=_spans(item.evidence, (sentence,)))
    return item


def _spans(cited: Sequence[Evidence], sentences: Iterable[Sentence]) -> tuple[Evidence, ...]:
    spans = [*cited, *(s.evidence() for s in sentences if not _is_cited(cited, s))]
    return tuple(sorted(dict.fromkeys(spans), key=lambda e: e.start))


def _is_cited(cited: Sequence[Evidence], sentence: Sentence) -> bool:
    """Whether a quote holds the sentence: what led to a line is cited as long as somebody spoke."""
    return any(e.speaker == sentence.speaker and e.start <= sentence.start < e.end for e in cited)

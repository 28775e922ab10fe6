"""Moves weighed by the linear model: what cues see and the model does not believe falls out, what cues see half and the
model believes counts in full, and what only the model sees becomes a move of the whole sentence. What sentences do also
tells which of them make lines of the minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.talk import carriers
from minutebook.language.talk.carriers import Carriers, Seen, seen_of
from minutebook.language.talk.likelihood import LANGUAGES, Label, Likelihoods, features_of, shipped
from minutebook.language.talk.moves import Move, move_of_sentence
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence

_LABELS = {
    Act.COMMIT: (Label.COMMIT, Label.ACCEPT),
    Act.OFFER: (Label.COMMIT, Label.ACCEPT, Label.PROPOSE),
    Act.REQUEST: (Label.REQUEST, Label.COMMIT),
    Act.CALL: (Label.REQUEST,),
    Act.ASSIGN: (Label.REQUEST, Label.COMMIT, Label.DECIDE),
    Act.DECIDE: (Label.DECIDE, Label.PROPOSE, Label.COMMIT),
}
"""What the model may call a sentence in which a cue saw this act."""
_UNLIKELY = {Act.COMMIT: 0.1, Act.OFFER: 0.05, Act.REQUEST: 0.05, Act.CALL: 0.05, Act.ASSIGN: 0.1, Act.DECIDE: 0.1}
"""Below this likelihood a cue is not believed."""
_JEST = 0.5
_LIKELY = {Label.COMMIT: 0.4, Label.DECIDE: 0.4, Label.WITHDRAW: 0.5}
"""From this likelihood a sentence is believed without a cue, and a weak cue counts in full."""
_OWN: dict[Act, set[Act]] = {
    Act.COMMIT: {Act.COMMIT, Act.DECIDE, Act.PROPOSE, Act.OFFER, Act.ASSIGN, Act.REQUEST, Act.EXTEND},
    Act.DECIDE: {Act.DECIDE, Act.COMMIT, Act.ASSIGN, Act.ANNOUNCE},
    Act.WITHDRAW: set(),
}
"""Acts beside which a sentence needs no further reading."""
_ACTS = {Label.COMMIT: Act.COMMIT, Label.DECIDE: Act.DECIDE, Label.WITHDRAW: Act.WITHDRAW}


@dataclass(frozen=True)
class Weighed:
    """The moves that are believed, in the order of the talk, and which sentences make and tell lines."""

    moves: Sequence[Move]
    carriers: Carriers | None


def weighed(moves: Sequence[Move], sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> Weighed:
    """What is made of a talk's moves; all of them are believed in languages that the model has not learnt."""
    if lexicon.language not in LANGUAGES:
        return Weighed(moves, None)
    by_sentence: dict[int, list[Move]] = {}
    for move in moves:
        by_sentence.setdefault(move.sentence.index, []).append(move)
    model, kept, seen = shipped(), list[Move](), list[Seen]()
    for sentence in sentences:
        own = by_sentence.get(sentence.index, [])
        likely = model.likelihoods(features_of(sentence, people, lexicon, own))
        kept += _believed(own, likely)
        kept += _found(sentence, own, likely, people, lexicon)
        seen.append(seen_of(sentence, likely, own, people, lexicon))
    return Weighed(kept, Carriers(seen, carriers.shipped()))


def _believed(moves: Sequence[Move], likely: Likelihoods) -> Iterator[Move]:
    for move in moves:
        labels = _LABELS.get(move.act)
        if labels is None:
            yield move
            continue
        if likely[Label.JOKE] > _JEST or sum(likely[label] for label in labels) < _UNLIKELY[move.act]:
            continue
        yield replace(move, weak=False) if move.weak and likely[labels[0]] >= _LIKELY.get(labels[0], 2.0) else move


def _found(
    sentence: Sentence, own: Sequence[Move], likely: Likelihoods, people: People, lexicon: Lexicon
) -> Iterator[Move]:
    there = {m.act for m in own if not m.weak or m.act in (Act.PROPOSE, *_ACTS.values())}
    for label, act in _ACTS.items():
        if likely[label] >= _LIKELY[label] and not sentence.is_question and not _OWN[act] & there:
            move = move_of_sentence(act, sentence, people, lexicon)
            conditional = act is Act.DECIDE and lexicon.patterns["condition"].match(move.do) is not None
            yield replace(move, weak=conditional)

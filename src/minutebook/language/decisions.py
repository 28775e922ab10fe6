"""Decisions: stated, announced ("we decide the following: …"), or proposed and agreed to."""

import re
from collections.abc import Sequence
from dataclasses import replace

from minutebook.language.embedding import similarity
from minutebook.language.lexicon import Act
from minutebook.language.model import Item, ItemKind
from minutebook.language.moves import Move
from minutebook.language.sentences import Sentence
from minutebook.language.text import normal_words, stem
from minutebook.language.wording import sentence_case

_REACH = 4
_CONDITION = re.compile(r"\b(if\b[^,?]*)", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"^(?:(?:we |i )?(?:will |shall |are going to )?(?:do|go (?:ahead )?with|take|keep) )?(?:that|it|this|so)\b",
    re.IGNORECASE,
)
_SAME = 0.75
_OBJECTION = re.compile(
    r"^(?:(?:but|well|oh|um|honestly|sorry) ,? ?)*(?:no\b(?! (?:objection|problem|worries))|but\b|wait\b|hold on|i (?:do not|can not) (?:think|agree|like)|i disagree|i would not|not so fast|i am not sure|absolutely not|that (?:will|would|does) not)"
)


def decisions_of(moves: Sequence[Move], sentences: Sequence[Sentence]) -> list[Item]:
    """Decisions in the order of the talk, each with the spans it rests on."""
    items: list[Item] = []
    for at, move in enumerate(moves):
        if move.act is Act.ANNOUNCE:
            items += _announced(move, sentences)
        elif move.act is Act.DECIDE:
            items += _stated(moves, at, sentences)
        elif move.act is Act.PROPOSE:
            items += _agreed(moves, at, sentences)
    return _merged(sorted(items, key=lambda item: item.evidence[0].start))


def _decision(text: str, spans: Sequence[Sentence], context: Sentence | None = None) -> list[Item]:
    if len(normal_words(text)) < 2:
        return []
    ordered = sorted(dict.fromkeys(spans), key=lambda s: s.index)
    evidence = tuple(s.evidence() for s in ordered)
    return [Item(ItemKind.DECISION, text, evidence, context=context.text if context else None)]


def _announced(move: Move, sentences: Sequence[Sentence]) -> list[Item]:
    following = sentences[move.sentence.index + 1 : move.sentence.index + 2]
    if not following or following[0].speaker != move.sentence.speaker or following[0].is_question:
        return []
    return _decision(sentence_case(following[0].text), [move.sentence, following[0]])


def _stated(moves: Sequence[Move], at: int, sentences: Sequence[Sentence]) -> list[Item]:
    move = moves[at]
    if not move.do or move.clause.is_question or _objected(move, sentences):
        return []
    proposal = _proposal_before(moves, at)
    if _POINTS_BACK.match(move.do):
        return [] if proposal is None else _decision(proposal.do, [proposal.sentence, move.sentence])
    text, spans = sentence_case(_with_time(move)), [move.sentence]
    asked = sentences[move.sentence.index - 1] if move.sentence.index else None
    if asked is not None and asked.is_question and asked.speaker != move.sentence.speaker:
        condition = _CONDITION.search(asked.text)
        spans.insert(0, asked)
        if condition and re.search(r"\bthen\b", move.clause.norm):
            return _decision(f"{sentence_case(condition[1])}: {text[:1].lower() + text[1:]}", spans)
    if proposal is not None and similarity(proposal.do, text) > 0.3:
        spans.insert(0, proposal.sentence)
    return _decision(text, spans)


def _with_time(move: Move) -> str:
    """The decided thing with its due date left in: a decision is about the date as often as not."""
    match = re.search(re.escape(move.do), move.sentence.text, re.IGNORECASE)
    if match is None or not move.due:
        return move.do
    tail = move.sentence.text[match.start() :]
    end = tail.lower().find(move.due.lower())
    return tail[: end + len(move.due)] if end >= 0 else move.do


def _objected(move: Move, sentences: Sequence[Sentence]) -> bool:
    after = [
        s
        for s in sentences[move.sentence.index + 1 : move.sentence.index + 1 + _REACH]
        if s.turn == move.sentence.turn + 1
    ]
    return bool(after) and _OBJECTION.match(" ".join(normal_words(after[0].text))) is not None


def _proposal_before(moves: Sequence[Move], at: int) -> Move | None:
    first = moves[at].sentence.index - _REACH
    earlier = (m for m in reversed(moves[:at]) if m.sentence.index >= first)
    return next(
        (m for m in earlier if m.act is Act.PROPOSE and m.do and m.sentence.index < moves[at].sentence.index), None
    )


def _agreed(moves: Sequence[Move], at: int, sentences: Sequence[Sentence]) -> list[Item]:
    """A proposal to which another speaker's next turn begins with clear agreement."""
    move = moves[at]
    if not move.do:
        return []
    after = [s for s in sentences[move.sentence.index + 1 :][: 2 * _REACH] if s.speaker != move.sentence.speaker]
    if not after or after[0].turn > move.sentence.turn + 1:
        return []
    reply = after[0]
    agreements = [m for m in moves[at:] if m.act is Act.AGREE and m.sentence is reply]
    following = next((s for s in after[1:2] if s.turn == reply.turn), None)
    objects = following is not None and following.text.lower().startswith("but")
    if objects or not any(not m.weak or (_formal(move) and not move.weak) for m in agreements):
        return []
    return _decision(sentence_case(move.do), [move.sentence, reply])


def _formal(move: Move) -> bool:
    return re.search(r"\b(?:suggest|propose|proposal|recommend|let us|vote)\b", move.clause.norm) is not None


def _merged(items: Sequence[Item]) -> list[Item]:
    kept: list[Item] = []
    for item in items:
        twin = next((k for k in kept if _same(k, item)), None)
        if twin is None:
            kept.append(item)
            continue
        spans = sorted({*twin.evidence, *item.evidence}, key=lambda e: e.start)
        longer = max(twin, item, key=lambda i: len(i.text))
        kept[kept.index(twin)] = replace(longer, evidence=tuple(spans))
    return kept


def _same(one: Item, other: Item) -> bool:
    mine, theirs = ({stem(w) for w in normal_words(i.text)} for i in (one, other))
    overlap = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
    return (
        overlap >= _SAME
        or (bool(set(one.evidence) & set(other.evidence)) and overlap >= 0.5)
        or similarity(one.text, other.text) >= 0.85
    )

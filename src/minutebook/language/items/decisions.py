"""Decisions: stated, announced ("we decide the following: …"), or proposed and agreed to."""

from collections.abc import Sequence

from minutebook.language.items.binding import believed
from minutebook.language.items.merging import merged
from minutebook.language.items.standing import in_jest
from minutebook.language.lexicon import Act
from minutebook.language.model import Item, ItemKind
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.moves import Move
from minutebook.language.talk.references import references
from minutebook.language.talk.sentences import Sentence
from minutebook.language.talk.wording import sentence_case
from minutebook.language.text.embedding import similarity
from minutebook.language.text.words import Words

_REACH = 4
_SAME, _TWIN_OVERLAP, _ALIKE = 0.75, 0.5, 0.85
_RELATED = 0.3
_GOES_ON_S = 15.0
"""Seconds within which one matter is settled in several sentences."""
_PUT = 3
"""Content words of a sentence that can be put to the vote."""


def decisions_of(talk: Conversation) -> list[Item]:
    """Decisions in the order of the talk, each with the spans it rests on."""
    items: list[Item] = []
    for at, move in enumerate(talk.moves):
        if move.act is Act.ANNOUNCE:
            items += _announced(talk, move)
        elif move.act is Act.DECIDE:
            items += _stated(talk, at)
        elif move.act is Act.PROPOSE:
            items += _agreed(talk, at)
        elif move.act is Act.AGREE and not move.weak:
            items += _confirmed(talk, move)
    items += _voted(talk)
    words = talk.lexicon.words
    settled = (i for i in believed(items, ItemKind.DECISION, talk) if not _is_none(i, talk))
    ordered = sorted(settled, key=lambda item: item.evidence[-1].start)
    return merged(
        ordered,
        lambda one, other: _same(one, other, words) or _goes_on(one, other, talk),
        lambda one, other: max(one, other, key=lambda item: len(talk.content(item.text))),
    )


def _is_none(item: Item, talk: Conversation) -> bool:
    return talk.lexicon.matches("tells_no_decision", talk.lexicon.words.norm(item.text))


def _decision(talk: Conversation, text: str, spans: Sequence[Sentence], context: Sentence | None = None) -> list[Item]:
    if len(talk.lexicon.words.normal_words(text)) < 2:
        return []
    ordered = sorted(dict.fromkeys((*spans, *((context,) if context else ()))), key=lambda s: s.index)
    evidence = tuple(s.evidence() for s in ordered)
    text = talk.with_condition(_announcing(text, spans[0], talk), spans[0])
    return [Item(ItemKind.DECISION, sentence_case(text), evidence, context=context.text if context else None)]


def _announcing(text: str, sentence: Sentence, talk: Conversation) -> str:
    """What a decision says: after the colon, where it only announces it ("Let's agree on this: no calls")."""
    head, _, rest = sentence.text.partition(":")
    told = rest.strip() and text.casefold() in head.casefold() and len(talk.content(text)) <= 1
    return rest.strip() if told else text


def _announced(talk: Conversation, move: Move) -> list[Item]:
    following = talk.sentences[move.sentence.index + 1 : move.sentence.index + 2]
    if not following or following[0].speaker != move.sentence.speaker or following[0].is_question:
        return []
    return _decision(talk, following[0].text, [move.sentence, following[0]])


def _stated(talk: Conversation, at: int) -> list[Item]:
    move = talk.moves[at]
    unmeant = _objected(talk, move) or in_jest(talk, move) or _is_supposed(talk, move)
    if not move.do or move.clause.is_question or unmeant:
        return []
    reply = _reply(talk, move)
    if move.weak and (reply is None or not _agrees(talk, reply, move)):
        return []
    proposal = _proposal_before(talk, at)
    if talk.lexicon.patterns["decision_points_back"].match(move.do):
        return [] if proposal is None else _decision(talk, proposal.do, [proposal.sentence, move.sentence])
    spans = [move.sentence]
    asked = talk.sentences[move.sentence.index - 1] if move.sentence.index else None
    answers = asked is not None and asked.is_question and asked.speaker != move.sentence.speaker
    if asked is not None and answers:
        condition = talk.lexicon.patterns["condition"].search(asked.text)
        if condition and talk.lexicon.patterns["then"].search(move.clause.norm):
            text = f"{condition[1]}: {move.do[:1].lower()}{move.do[1:]}"
            return _decision(talk, text, [asked, move.sentence])
    if proposal is not None and similarity(proposal.do, move.do) > _RELATED:
        spans.insert(0, proposal.sentence)
    text = (
        f"{talk.lexicon.let_us} {move.do[:1].lower()}{move.do[1:]}"
        if talk.lexicon.patterns["negated"].match(move.do.lower())
        else move.do
    )
    if not talk.lexicon.lists["decided_pronouns"] & set(talk.lexicon.words.normal_words(move.do)[:3]):
        return _decision(talk, text, spans)
    pointed = references(talk, move)
    return _decision(talk, text, spans, asked if answers else pointed[-1] if pointed else None)


def _voted(talk: Conversation) -> list[Item]:
    """Put to the vote and carried: "Half now, half later. All in favour? … Carried."."""
    items: list[Item] = []
    for asked in talk.sentences:
        if not talk.lexicon.matches("puts_to_vote", _norm(talk, asked)):
            continue
        after = talk.sentences[asked.index + 1 : asked.index + 1 + 2 * _REACH]
        carried = next((s for s in after if talk.lexicon.matches("carried", _norm(talk, s))), None)
        if carried is None:
            continue
        items += _put(talk, asked, carried)
    return items


def _put(talk: Conversation, asked: Sentence, carried: Sentence) -> list[Item]:
    """What was put to the vote: what the call for votes names, else what was proposed last, else the last full sentence
    before."""
    named = talk.lexicon.found("votes_on", asked.text.lower())
    if named is not None and len(_content(talk, named["do"])) >= _PUT:
        return _decision(talk, asked.text[slice(*named.span("do"))], [asked, carried])
    before = talk.sentences[max(0, asked.index - _REACH) : asked.index + 1][::-1]
    proposed = next((m for s in before for m in talk.moves_in(s) if _is_put(talk, m)), None)
    if proposed is not None:
        return _decision(talk, proposed.do, [proposed.sentence, asked, carried])
    full = (s for s in before[:3] if len(_content(talk, s.text)) >= _PUT and not s.is_question)
    text = next(full, None)
    return _decision(talk, text.text, [text, asked, carried]) if text is not None else []


def _is_put(talk: Conversation, move: Move) -> bool:
    formal = talk.lexicon.matches("formal_proposal", move.clause.norm) or move.clause.is_question
    voting = talk.lexicon.matches("puts_to_vote", move.clause.norm)
    return move.act is Act.PROPOSE and not voting and formal and len(_content(talk, move.do)) >= _PUT


def _is_supposed(talk: Conversation, move: Move) -> bool:
    """Whether it is only decided in an "if": "It would help if the notes said we agreed to the price."."""
    told = talk.lexicon.patterns["condition"].search(move.sentence.text)
    return told is not None and move.do.casefold() in told[1].casefold()


def _objected(talk: Conversation, move: Move) -> bool:
    reply = _reply(talk, move)
    return reply is not None and talk.lexicon.matches("objection", talk.lexicon.words.norm(reply.text))


def _reply(talk: Conversation, move: Move) -> Sentence | None:
    """The first sentence of the next turn, when the turn ends soon after the move."""
    after = talk.sentences[move.sentence.index + 1 : move.sentence.index + 1 + _REACH]
    return next((s for s in after if s.turn == move.sentence.turn + 1), None)


def _agrees(talk: Conversation, reply: Sentence, move: Move) -> bool:
    agreements = [m for m in talk.moves_in(reply) if m.act is Act.AGREE]
    formal = talk.lexicon.matches("formal_proposal", move.clause.norm) and not move.weak
    return any(not m.weak or formal or move.act is Act.DECIDE for m in agreements)


def _proposal_before(talk: Conversation, at: int) -> Move | None:
    earlier = talk.before(at, _REACH)
    mine = talk.moves[at].sentence.index
    fitting = (m for m in earlier if m.act is Act.PROPOSE and m.do and m.sentence.index < mine)
    return next((m for m in fitting if not talk.lexicon.patterns["decision_points_back"].match(m.do)), None)


def _agreed(talk: Conversation, at: int) -> list[Item]:
    """A proposal at the end of a turn, to which another speaker's next turn begins with clear agreement."""
    move = talk.moves[at]
    reply = _reply(talk, move)
    if (
        not move.do
        or in_jest(talk, move)
        or reply is None
        or reply.index - move.sentence.index > 2
        or talk.lexicon.patterns["decision_points_back"].match(move.do)
    ):
        return []
    following = talk.sentences[reply.index + 1 : reply.index + 2]
    objects = any(s.turn == reply.turn and talk.lexicon.matches("objection", _norm(talk, s)) for s in following)
    formal = talk.lexicon.matches("formal_proposal", move.clause.norm)
    confirms = [m for m in talk.moves_in(reply) if m.act is Act.AGREE and (not m.weak or formal)]
    if objects or not confirms:
        return _decided_later(talk, at, reply)
    return _decision(talk, move.do, [move.sentence, reply])


def _decided_later(talk: Conversation, at: int, reply: Sentence) -> list[Item]:
    """A proposal taken up in the second sentence of the answer: "Sounds reasonable. Okay, let's do that."."""
    move = talk.moves[at]
    second = [s for s in talk.sentences[reply.index + 1 : reply.index + 2] if s.turn == reply.turn]
    taken = [m for s in second for m in talk.moves_in(s) if m.act is Act.AGREE and not m.weak]
    return _decision(talk, move.do, [move.sentence, *second]) if taken else []


def _confirmed(talk: Conversation, move: Move) -> list[Item]:
    """Something like "Agreed, ten days at most.": what is repeated after it was said by somebody shortly before."""
    match = talk.lexicon.patterns["agreed"].match(move.sentence.text)
    if match is None and talk.lexicon.matches("just_agreed", _norm(talk, move.sentence)):
        return _joined(talk, move)
    if match is None or talk.lexicon.matches("fresh_thought", talk.lexicon.words.norm(match["rest"])):
        return []
    wanted = _content(talk, match["rest"])
    before = talk.sentences[max(0, move.sentence.index - 2 * _REACH) : move.sentence.index][::-1]
    said = next((s for s in before if wanted & _content(talk, s.text) and not s.is_question), None)
    if said is None:
        return []
    proposed = next((m.do for m in talk.moves_in(said) if m.act is Act.PROPOSE and m.do), said.text)
    return _decision(talk, proposed, [said, move.sentence])


def _joined(talk: Conversation, move: Move) -> list[Item]:
    """A bare "Agreed." makes a decision of the plan that ended the turn before: "If it fails, we wait."."""
    before = talk.sentences[max(0, move.sentence.index - 3) : move.sentence.index][::-1]
    plan = next((s for s in before if s.turn == move.sentence.turn - 1), None)
    tag = talk.lexicon.patterns["after_decision"].search(plan.text) if plan is not None else None
    if plan is None or (plan.is_question and tag is None) or not talk.lexicon.matches("plan", _norm(talk, plan)):
        return []
    return _decision(
        talk,
        talk.lexicon.patterns["before_decision"].sub("", talk.lexicon.patterns["after_decision"].sub("", plan.text)),
        [plan, move.sentence],
    )


def _content(talk: Conversation, text: str) -> set[str]:
    return talk.lexicon.words.stems_of(text, talk.lexicon.stopwords)


def _norm(talk: Conversation, sentence: Sentence) -> str:
    return talk.lexicon.words.norm(sentence.text)


def _goes_on(one: Item, other: Item, talk: Conversation) -> bool:
    """Whether two lines settle one thing: soon after each other, and one of them says little ("Fine.", "Two, then."),
    or nothing that the other, with what it cites, does not say."""
    if other.evidence[-1].start - one.evidence[-1].end > _GOES_ON_S:
        return False
    cited = [talk.content(" ".join(e.quote for e in i.evidence)) for i in (one, other)]
    mine, theirs = talk.content(one.text), talk.content(other.text)
    return min(len(mine), len(theirs)) <= 1 or mine <= cited[1] or theirs <= cited[0]


def _same(one: Item, other: Item, words: Words) -> bool:
    mine, theirs = (words.stems_of(i.text) for i in (one, other))
    overlap = len(mine & theirs) / max(1, min(len(mine), len(theirs)))
    shared = bool(set(one.evidence) & set(other.evidence))
    needed = _TWIN_OVERLAP if shared else _SAME
    return overlap >= needed or similarity(one.text, other.text) >= _ALIKE

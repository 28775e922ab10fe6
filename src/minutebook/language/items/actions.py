"""Action items: commitments, requests with their answers, assignments, offers that were taken."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from minutebook.language.items.binding import believed, promises
from minutebook.language.items.gathering import gathered
from minutebook.language.items.merging import merged
from minutebook.language.items.restating import restated
from minutebook.language.items.standing import in_jest, standing
from minutebook.language.lexicon import Act
from minutebook.language.model import Due, Evidence, Item, ItemKind, Owner
from minutebook.language.talk.conversation import REACH, Answer, Conversation
from minutebook.language.talk.moves import Move, due_said
from minutebook.language.talk.references import references, refers
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.dates import Dates
from minutebook.language.text.embedding import similarity
from minutebook.language.text.words import Words

_ALIKE = 0.42
_SAME = 0.8
_NEAR_ANSWER = 3
_AT_ONCE_S = 1.5
"""Seconds within which "I call them tomorrow" follows what it is about."""
_GOES_ON_S = 30.0
"""Seconds within which the same person's next promise may be about the same task."""


def actions_of(talk: Conversation) -> list[Item]:
    """Action items in the order of the talk, each with the spans it rests on."""
    used: set[int] = set()
    items: list[Item] = []
    for at, move in enumerate(talk.moves):
        rule = _RULES.get(move.act)
        if rule is None or id(move) in used or not move.do:
            continue
        made = rule(talk, at, used)
        if made is not None and not in_jest(talk, move):
            items.append(_timed(talk, move, made))
    ordered = sorted(restated(believed(items, ItemKind.ACTION, talk), talk), key=lambda item: item.evidence[0].start)
    words = talk.lexicon.words
    tasks = merged(
        ordered,
        lambda one, other: _same_task(one, other, words) or _goes_on(one, other, talk),
        lambda one, other: _fuller(one, other, talk),
    )
    return standing(gathered(tasks, talk), talk)


def _request(talk: Conversation, at: int, used: set[int]) -> Item | None:
    move = talk.moves[at]
    in_talk = talk.lexicon.talk_requests
    timed = move.due is not None and talk.lexicon.dates.resolve(move.due, _ANY_DAY) is not None
    asks_when = talk.lexicon.matches("asks_when", move.clause.norm)
    if in_talk and in_talk.match(talk.lexicon.words.norm(move.do)) and not (timed or asks_when):
        return None
    if talk.lexicon.matches("reported", move.clause.norm):
        return None
    answer = talk.answer(at, used)
    if answer.accepted is False or (answer.accepted is None and (move.weak or move.who is None)):
        return None
    owner = _owner(talk, move, answer)
    meant = _meant(talk, at) if talk.is_empty(move) else None
    if meant is not None and owner is not None:
        used |= answer.used
        return _item(talk, meant, owner, replace(answer, evidence=(move.sentence, *answer.evidence)))
    return _assigned(talk, at, answer, used)


def _meant(talk: Conversation, at: int) -> Move | None:
    """What "could you take care of that" asks for: the proposal, need or call just before, whoever made it."""
    kinds = (Act.PROPOSE, Act.NEED, Act.CALL)
    return next((m for m in talk.before(at, REACH) if m.act in kinds and m.do and not talk.is_empty(m)), None)


def _need(talk: Conversation, at: int, used: set[int]) -> Item | None:
    """ "I need your number." – "You'll have it by tomorrow.": a need that the next speaker promises to meet."""
    move = talk.moves[at]
    if not talk.lexicon.matches("own_need", move.clause.norm):
        return None
    answer = talk.answer(at, used)
    if not answer.accepted or answer.due is None or answer.speaker is None:
        return None
    used |= answer.used
    return _item(talk, move, Owner(speaker=answer.speaker), answer)


def _assignment(talk: Conversation, at: int, used: set[int]) -> Item | None:
    move = talk.moves[at]
    if move.clause.is_question or (not move.weak and talk.lexicon.matches("reported_of", move.clause.norm)):
        return None
    voice = talk.people.voices.get(move.who or "")
    answer = talk.answer(at, used)
    if voice == move.sentence.speaker or answer.accepted is False or (move.weak and not answer.accepted):
        return None
    if move.weak and voice is not None and answer.speaker != voice:
        return None
    asked = _antecedent(talk, at) if talk.is_empty(move) else None
    owner = _owner(talk, move, answer)
    if asked is not None and owner is not None:
        return _item(talk, asked, owner, Answer(True, None, (move.sentence, *answer.evidence), move.due or answer.due))
    return _assigned(talk, at, answer, used)


def _assigned(talk: Conversation, at: int, answer: Answer, used: set[int]) -> Item | None:
    move = talk.moves[at]
    owner = _owner(talk, move, answer)
    if owner is None:
        return None
    used |= answer.used
    verb, _, rest = move.do.partition(" ")
    if move.act is Act.ASSIGN and move.weak and talk.lexicon.words.base_form(verb) != verb:
        move = replace(move, do=f"{talk.lexicon.words.base_form(verb)} {rest}")
    return _item(talk, move, owner, answer)


def _owner(talk: Conversation, move: Move, answer: Answer) -> Owner | None:
    if move.who in talk.lexicon.everyone:
        return Owner(name=move.who)
    voice = talk.people.voices.get(move.who or "")
    outsider = move.act is Act.ASSIGN and move.who in talk.people.outsiders
    speaker = voice or (answer.speaker if answer.accepted and not outsider else None)
    name = talk.people.names.get(move.who or "")
    return Owner(speaker=speaker, name=name) if speaker or name else None


def _commitment(talk: Conversation, at: int, used: set[int]) -> Item | None:
    move = talk.moves[at]
    if move.clause.is_question:
        return None
    asked = _antecedent(talk, at)
    if not _is_meant(talk, at, asked):
        return None
    later = None if move.due else talk.extension(at, move.sentence.speaker)
    used |= _ids_in(talk, later)
    if asked is not None and talk.is_empty(move):
        return _taken_on(talk, move, asked, later)
    return _promised(talk, move, asked, later)


def _is_meant(talk: Conversation, at: int, asked: Move | None) -> bool:
    """Whether a commitment makes a task: an empty one needs what it refers to, a weak one support."""
    move = talk.moves[at]
    if talk.is_empty(move):
        return asked is not None
    if talk.lexicon.matches("tells_of_done", talk.lexicon.words.norm(move.do)):
        return False
    if move.weak and not _backed(talk, at, asked):
        return False
    return not (talk.reports_back(move) and _reports_on_earlier(talk, at))


def _taken_on(talk: Conversation, move: Move, asked: Move, later: Move | None) -> Item | None:
    """ "I'll do that.": the task is what was asked for."""
    time = (later.sentence,) if later is not None else ()
    answer = Answer(True, None, (move.sentence, *time), move.due or (later.due if later else None))
    return _item(talk, asked, Owner(speaker=move.sentence.speaker), answer)


def _promised(talk: Conversation, move: Move, asked: Move | None, later: Move | None) -> Item | None:
    """ "I'll send the figures.": the task is what is promised; what asked for it is cited, and gives its time."""
    wanted = asked if asked is not None and (asked.act is Act.CALL or talk.fits(asked, move)) else None
    asking = wanted if wanted is not None and wanted.act in (Act.CALL, Act.REQUEST) else None
    due = later.due if later is not None else asking.due if asking is not None else None
    told = tuple(m.sentence for m in (later, asking) if m is not None)
    calling = asking.sentence if asking is not None and asking.act is Act.CALL else None
    return _item(talk, move, Owner(speaker=move.sentence.speaker), Answer(True, None, told, due), calling)


def _ids_in(talk: Conversation, later: Move | None) -> set[int]:
    """The commitments of the clause that only gave a time."""
    if later is None:
        return set()
    return {id(m) for m in talk.moves_in(later.sentence) if m.clause is later.clause and m.act is Act.COMMIT}


def _reports_on_earlier(talk: Conversation, at: int) -> bool:
    """Whether "I'll let you know" follows the task that it reports on."""
    move = talk.moves[at]
    same = (m for m in talk.before(at, 2) if m.sentence.turn == move.sentence.turn and m.clause is not move.clause)
    return any(m.act is Act.COMMIT and m.do and not m.weak for m in same)


def _antecedent(talk: Conversation, at: int) -> Move | None:
    """What "I will do that" refers to: the nearest call, request or assignment just before, else a need or proposal."""
    move = talk.moves[at]
    for kinds, reach in (((Act.CALL, Act.REQUEST, Act.ASSIGN), REACH), ((Act.NEED, Act.PROPOSE), 3)):
        for earlier in talk.before(at, reach):
            other = earlier.sentence.speaker != move.sentence.speaker or earlier.act is Act.CALL
            if earlier.act in kinds and earlier.do and other and move.sentence.turn - earlier.sentence.turn <= 2:
                return earlier
    return None


def _backed(talk: Conversation, at: int, asked: Move | None) -> bool:
    """Whether a weak commitment ("I can …", "I need to …") is meant: it has a time, answers a call, or is taken."""
    move, lexicon = talk.moves[at], talk.lexicon
    if lexicon.matches("progressive", move.clause.norm):
        return move.due is not None and lexicon.matches("ahead", lexicon.words.norm(move.due))
    if move.due or (asked is not None and asked.act in (Act.CALL, Act.REQUEST)):
        return True
    if lexicon.matches("able", move.clause.norm):
        taken = (m for m in talk.near(at, _NEAR_ANSWER) if m.sentence.speaker != move.sentence.speaker)
        return any(m.act in (Act.AGREE, Act.ACCEPT) for m in taken) or (asked is not None and asked.act is Act.NEED)
    return False


def _offer(talk: Conversation, at: int, used: set[int]) -> Item | None:
    """Something offered ("Shall I …?", "I could …") that the next speaker takes."""
    move = talk.moves[at]
    turn = talk.answering_turn(move, None)
    replies = [m for m in talk.near(at, REACH) if m.sentence.turn == turn]
    first = min((m.sentence.index for m in replies), default=None)
    if first is None:
        return None
    opening = [m for m in replies if m.sentence.index == first]
    if any(m.act is Act.REFUSE for m in opening) or not any(m.act is Act.ACCEPT for m in opening):
        return None
    later = None if move.due else talk.extension(at, move.sentence.speaker)
    used |= _ids_in(talk, later)
    due = next((m.due for m in opening if m.due), None) or (later.due if later else None)
    told = (talk.sentences[first], *((later.sentence,) if later else ()))
    return _item(talk, move, Owner(speaker=move.sentence.speaker), Answer(True, None, told, due))


def _item(talk: Conversation, move: Move, owner: Owner, answer: Answer, calling: Sentence | None = None) -> Item | None:
    verb, _, rest = move.do.partition(" ")
    if move.act is Act.CALL and talk.lexicon.words.base_form(verb) != verb:
        move = replace(move, do=f"{talk.lexicon.words.base_form(verb)} {rest}")
    if len(talk.lexicon.words.normal_words(move.do)) < 2:
        return None
    said = _binding(talk.lexicon.dates, move.due, answer.due)
    pointed = (calling,) if calling else references(talk, move)
    points_to = pointed[-1] if pointed else None
    spans = {move.sentence, *answer.evidence, *pointed, *_reply_to_doubt(talk, move)}
    return Item(
        kind=ItemKind.ACTION,
        text=talk.with_condition(move.do, move.sentence),
        evidence=tuple(s.evidence() for s in sorted(spans, key=lambda s: s.index)),
        owner=owner,
        due=Due(said) if said else None,
        context=points_to.text if points_to and (not calling or refers(talk, move)) else None,
    )


def _reply_to_doubt(talk: Conversation, move: Move) -> Sequence[Sentence]:
    """What "I could …" is answered, up to a statement: a line that leaves the doubt out has to show it settled."""
    if not talk.lexicon.matches("doubtful", _norm(talk, move.sentence)):
        return ()
    after = talk.sentences[move.sentence.index + 1 : move.sentence.index + 1 + REACH]
    later = [s for s in after if move.sentence.turn < s.turn <= move.sentence.turn + 2]
    at = next((n for n, s in enumerate(later) if not s.is_question), len(later))
    return later[: at + 1]


def _timed(talk: Conversation, move: Move, item: Item) -> Item:
    """An item that has no time gets the one that is asked for next ("By when?" – "Thursday.") or that its speaker adds
    in a few words ("This week.")."""
    if item.due is not None:
        return item
    after = talk.sentences[move.sentence.index + 1 : move.sentence.index + 1 + REACH]
    told = (
        _added_time(talk, move, after)
        or _asked_time(talk, after)
        or _brief_time(talk, move, after)
        or _near_time(talk, move, after, item.owner)
    )
    if told is None:
        return item
    said, sentence, asking = told
    spans = sorted({*item.evidence, sentence.evidence(), *((asking.evidence(),) if asking else ())}, key=_start)
    return replace(item, due=Due(said), evidence=tuple(spans))


def _added_time(talk: Conversation, move: Move, after: Sequence[Sentence]) -> tuple[str, Sentence, None] | None:
    own = [s for s in after[:2] if s.turn == move.sentence.turn and len(s.words) <= _A_TIME and not s.is_question]
    return next(((said, s, None) for s in own if (said := due_said(s, talk.people, talk.lexicon)) is not None), None)


def _brief_time(talk: Conversation, move: Move, after: Sequence[Sentence]) -> tuple[str, Sentence, None] | None:
    """A time that is all that somebody says soon after: "Friday, then.", "Tomorrow morning."."""
    soon = [s for s in after[:_NEAR_ANSWER] if s.turn <= move.sentence.turn + 2 and not s.is_question]
    brief = (s for s in soon if len(s.words) <= _NEAR_ANSWER)
    return next(((said, s, None) for s in brief if (said := due_said(s, talk.people, talk.lexicon)) is not None), None)


def _near_time(
    talk: Conversation, move: Move, after: Sequence[Sentence], owner: Owner | None
) -> tuple[str, Sentence, None] | None:
    """A time in a short sentence next to the promise that is no task of its own, nor promised by another voice: "I'm
    free on Tuesday. I could go.", "Saturday morning? Yes, I'll drive."."""
    before = talk.sentences[max(0, move.sentence.index - 2) : move.sentence.index][::-1]
    near = [s for s in (*after[:2], *before) if abs(s.turn - move.sentence.turn) <= 1 and len(s.words) <= _SHORT]
    for sentence in near:
        said = due_said(sentence, talk.people, talk.lexicon)
        own = any(m.act in _TASKS and m.do and not talk.is_empty(m) for m in talk.moves_in(sentence))
        own = own or (owner is not None and sentence.speaker != owner.speaker and promises(sentence, talk))
        past = talk.lexicon.matches("long_ago", _norm(talk, sentence))
        if said is not None and talk.lexicon.dates.is_dated(talk.lexicon.words.norm(said)) and not own and not past:
            return said, sentence, None
    return None


def _asked_time(talk: Conversation, after: Sequence[Sentence]) -> tuple[str, Sentence, Sentence] | None:
    asked = next((s for s in after if s.is_question and talk.lexicon.matches("asks_for_time", _norm(talk, s))), None)
    if asked is None:
        return None
    replies = [s for s in talk.sentences[asked.index + 1 : asked.index + 3] if s.speaker != asked.speaker]
    short = (s for s in replies if len(s.words) <= _A_TIME + 2)
    return next(((said, s, asked) for s in short if (said := due_said(s, talk.people, talk.lexicon)) is not None), None)


def _norm(talk: Conversation, sentence: Sentence) -> str:
    return talk.lexicon.words.norm(sentence.text)


def _start(evidence: Evidence) -> float:
    return evidence.start


_TASKS = (Act.COMMIT, Act.REQUEST, Act.ASSIGN, Act.CALL, Act.DECIDE)
_SHORT = 9
"""Words of a sentence next to a promise that may give its time."""
_A_TIME = 6
"""Words of a sentence that only gives a time."""
_ANY_DAY = date(2026, 1, 7)
"""Two due expressions are compared by what they would mean on this day."""


def _binding(dates: Dates, asked: str | None, answered: str | None) -> str | None:
    """The due date that holds: the one that was asked for, unless the answer names another day."""
    if asked is None or answered is None:
        return asked or answered
    wanted, given = dates.resolve(asked, _ANY_DAY), dates.resolve(answered, _ANY_DAY)
    return answered if given is not None and given != wanted else asked


def _fuller(first: Item, again: Item, talk: Conversation) -> Item:
    """One item per task: as it was said more fully, with the time that it was given then or later."""
    fuller = max(first, again, key=lambda item: len(talk.content(item.text)))
    return replace(fuller, due=first.due or again.due)


def _goes_on(one: Item, other: Item, talk: Conversation) -> bool:
    """Whether the same person goes on about one task: soon, and one of the two says nothing that the other, with what
    it cites, does not say."""
    if one.owner is None or other.owner is None or one.owner != other.owner:
        return False
    if one.due and other.due and one.due.said != other.due.said:
        return False
    if not other.evidence[-1].start - one.evidence[-1].end < _GOES_ON_S:
        return False
    at_once = other.evidence[-1].start - one.evidence[-1].end < _AT_ONCE_S
    if at_once and talk.lexicon.matches("about_the_same", talk.lexicon.words.norm(other.text)):
        return True
    if (one.due and other.due) or talk.numbers(one.text) != talk.numbers(other.text):
        return False
    cited = [talk.content(" ".join(e.quote for e in i.evidence)) for i in (one, other)]
    mine, theirs = talk.content(one.text), talk.content(other.text)
    return bool(mine & theirs) and (len(mine - cited[1]) <= 1 or len(theirs - cited[0]) <= 1)


def _same_task(one: Item, other: Item, words: Words) -> bool:
    if (one.owner and one.owner.speaker) != (other.owner and other.owner.speaker):
        return False
    if one.due and other.due and one.due.said != other.due.said:
        return False
    mine, theirs = words.stems_of(one.text), words.stems_of(other.text)
    if not mine & theirs:
        return False
    shared = set(one.evidence) & set(other.evidence)
    if shared and (mine <= theirs or theirs <= mine):
        return True
    return similarity(one.text, other.text) >= (_ALIKE if shared else _SAME)


_RULES: dict[Act, Callable[[Conversation, int, set[int]], Item | None]] = {
    Act.REQUEST: _request,
    Act.ASSIGN: _assignment,
    Act.COMMIT: _commitment,
    Act.OFFER: _offer,
    Act.NEED: _need,
}

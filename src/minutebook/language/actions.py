"""Action items: commitments, requests with their answers, assignments, offers that were taken."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from minutebook.language.dates import resolve
from minutebook.language.embedding import similarity
from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.model import Due, Evidence, Item, ItemKind, Owner
from minutebook.language.moves import Move
from minutebook.language.people import People
from minutebook.language.sentences import Sentence
from minutebook.language.text import normal_words, stem, word_set
from minutebook.language.wording import base_form

_REACH = 6
"""Sentences within which an answer still belongs to a request."""
_ALIKE = 0.42
"""Cosine similarity from which a promise is taken for the answer's content rather than for another task."""
_SAME = 0.8
_BEFORE_DEMONSTRATIVE = word_set("me us you him her them of on in into to with for about at from by up")
_PRONOUNS = word_set("it them him her they he she")
_DEMONSTRATIVES = frozenset(("that", "this", "those", "these"))
_BACKWARD = word_set("that this it those they he she none thanks thank you good great")
_EMPTY = re.compile(
    r"^(?:do|take|handle|own|manage|get|have|pick|look|see|arrange|deliver|finish|send|bring|sort|make|give|start|put|take on)"
    r"(?: (?:care of|into|after|to|up|on|you|over|work on|at|through|us|everyone|with|the lead on|ownership of))*"
    r" (?:it|that|this|those|these|them|both|one|so)\b(?: (?:one|part|bit|over|up|done|ready|in place|sorted|out|to you|to"
    r" everyone|myself|then|for you|as well|too|off|on|with me|finished|fixed))*$|^(?:do|handle|be (?:on it|there)|take care)$"
)


@dataclass(frozen=True)
class _Context:
    moves: Sequence[Move]
    sentences: Sequence[Sentence]
    people: People
    lexicon: Lexicon

    def near(self, at: int, sentences: int) -> Iterator[Move]:
        """Moves after position `at`, as far as `sentences` sentences reach."""
        last = self.moves[at].sentence.index + sentences
        yield from (move for move in self.moves[at + 1 :] if move.sentence.index <= last)

    def before(self, at: int, sentences: int) -> Iterator[Move]:
        first = self.moves[at].sentence.index - sentences
        yield from (move for move in reversed(self.moves[:at]) if move.sentence.index >= first)


@dataclass(frozen=True)
class _Answer:
    accepted: bool | None
    speaker: str | None = None
    evidence: tuple[Sentence, ...] = ()
    due: str | None = None
    used: frozenset[int] = frozenset()
    """Ids of commitments that the answer consists of: they are not tasks of their own."""


def actions_of(moves: Sequence[Move], sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> list[Item]:
    """Action items in the order of the talk, each with the spans it rests on."""
    context = _Context(moves, sentences, people, lexicon)
    used: set[int] = set()
    items: list[Item] = []
    for at, move in enumerate(moves):
        rule = _RULES.get(move.act)
        if rule is None or id(move) in used:
            continue
        made = rule(context, at, used)
        if made is not None:
            items.append(made)
    return _merged(sorted(items, key=lambda item: item.evidence[0].start))


def _request(context: _Context, at: int, used: set[int]) -> Item | None:
    move = context.moves[at]
    talk = context.lexicon.talk_requests
    if not move.do or (talk and talk.match(" ".join(normal_words(move.do)))) or _reported(move):
        return None
    answer = _answer(context, at, used)
    if answer.accepted is False or (answer.accepted is None and (move.weak or move.who is None)):
        return None
    used |= answer.used
    owner = _owner(context, move, answer)
    return _item(context, move, owner, answer) if owner else None


def _reported(move: Move) -> bool:
    """Requests that are told, not made: "they asked if you could …"."""
    return (
        re.search(
            r"\b(?:asked|asks|said|says|wants to know|wondered|told|if) (?:me |us |whether |if |that )*(?:you|please)\b",
            move.clause.norm,
        )
        is not None
    )


def _answer(context: _Context, at: int, used: set[int]) -> _Answer:
    """How the request at `at` was answered: by the person addressed where the voice is known, else by the next
    speaker."""
    move = context.moves[at]
    voice = context.people.voices.get(move.who or "")
    turn = _answering_turn(context, move, voice)
    if turn is None:
        return _Answer(None)
    replies = [m for m in context.near(at, 3 * _REACH) if m.sentence.turn == turn and id(m) not in used]
    return _reading(context, move, turn, replies)


def _answering_turn(context: _Context, move: Move, voice: str | None) -> int | None:
    asker = move.sentence.speaker
    first = move.sentence.index + 1
    following = context.sentences[first : first + 2 * _REACH]
    turns = list(dict.fromkeys((s.turn, s.speaker) for s in following if s.speaker != asker))
    if voice is not None and voice != asker:
        turns = [t for t in turns[:3] if t[1] == voice] or turns[:1]
    return turns[0][0] if turns else None


def _reading(context: _Context, move: Move, turn: int, replies: Sequence[Move]) -> _Answer:
    spoken = [s for s in context.sentences[move.sentence.index : move.sentence.index + 4 * _REACH] if s.turn == turn]
    if not spoken:
        return _Answer(None)
    opening = [m for m in replies if m.sentence.index <= spoken[0].index + 1]
    refused = any(m.act is Act.REFUSE and m.sentence.index == spoken[0].index for m in opening)
    commits = [m for m in replies if m.act is Act.COMMIT and m.sentence.index <= spoken[0].index + 3]
    fitting = [m for m in commits if _fits(move, m)][:1]
    accepted = any(m.act is Act.ACCEPT and m.sentence.index == spoken[0].index for m in opening) or bool(fitting)
    extends = [m for m in replies if m.act is Act.EXTEND and m.due and m.sentence.index <= spoken[0].index + 3]
    if refused and not fitting:
        return _Answer(False, spoken[0].speaker)
    if not accepted and not any(e.sentence.index <= spoken[0].index + 1 for e in extends):
        return _Answer(None)
    dues = [m.due for m in (*fitting, *extends) if m.due]
    quoted = dict.fromkeys([spoken[0], *(m.sentence for m in fitting), *(m.sentence for m in extends[:1])])
    return _Answer(True, spoken[0].speaker, tuple(quoted), dues[0] if dues else None, frozenset(map(id, fitting)))


def _fits(request: Move, commit: Move) -> bool:
    """Whether a promise answers the request, rather than being another task."""
    words = normal_words(commit.do)
    if _is_empty(commit) or (_PRONOUNS | _DEMONSTRATIVES) & set(words[1:4]):
        return True
    mine, asked = {stem(w) for w in words[:1]}, {stem(w) for w in normal_words(request.do)[:1]}
    return bool(mine & asked) or similarity(request.do, commit.do) >= _ALIKE


def _is_empty(move: Move) -> bool:
    return _EMPTY.match(" ".join(normal_words(move.do))) is not None


def _owner(context: _Context, move: Move, answer: _Answer) -> Owner | None:
    names = context.people.names
    if move.who in context.lexicon.everyone:
        return Owner(name=move.who)
    voice = context.people.voices.get(move.who or "")
    speaker = voice or (answer.speaker if answer.accepted else None)
    name = names.get(move.who or "")
    return Owner(speaker=speaker, name=name) if speaker or name else None


def _assignment(context: _Context, at: int, used: set[int]) -> Item | None:
    move = context.moves[at]
    if (
        not move.do
        or move.clause.is_question
        or (re.search(r"\b(?:if|whether|when|because|thinks?|said)\b(?=.*@)", move.clause.norm) and not move.weak)
    ):
        return None
    voice = context.people.voices.get(move.who or "")
    if voice == move.sentence.speaker:
        return None
    answer = _answer(context, at, used)
    if answer.accepted is False or (move.weak and not answer.accepted):
        return None
    if move.weak and voice is not None and answer.speaker != voice:
        return None
    used |= answer.used
    owner = _owner(context, move, answer)
    verb, _, rest = move.do.partition(" ")
    if move.weak and verb.endswith("s"):
        move = replace(move, do=f"{base_form(verb)} {rest}")
    return _item(context, move, owner, answer) if owner else None


def _commitment(context: _Context, at: int, used: set[int]) -> Item | None:
    move = context.moves[at]
    if not move.do or move.clause.is_question:
        return None
    owner = Owner(speaker=move.sentence.speaker)
    asked = _antecedent(context, at)
    if _is_empty(move):
        if asked is None:
            return None
        answer = _Answer(True, move.sentence.speaker, (move.sentence,), move.due)
        return _item(context, asked, owner, answer)
    if move.weak and not _backed(context, at, asked):
        return None
    extension = _extension(context, at)
    called = asked if asked is not None and asked.act is Act.CALL else None
    return _item(context, move, owner, _Answer(True, None, extension[1], extension[0]), context_of=called)


def _antecedent(context: _Context, at: int) -> Move | None:
    """What "I will do that" refers to: the nearest call, need, request, assignment or proposal just before."""
    move = context.moves[at]
    kinds = (Act.CALL, Act.REQUEST, Act.ASSIGN, Act.NEED, Act.PROPOSE)
    for kind in (kinds[:3], kinds[3:]):
        for earlier in context.before(at, _REACH if kind == kinds[:3] else 3):
            if earlier.act in kind and earlier.do and earlier.sentence.index < move.sentence.index:
                other = earlier.sentence.speaker != move.sentence.speaker
                if other and move.sentence.turn - earlier.sentence.turn <= 2:
                    return earlier
    return None


def _backed(context: _Context, at: int, asked: Move | None) -> bool:
    """Whether a weak commitment ("I can …", "I need to …") is meant: it has a time, answers a call, or is taken."""
    move = context.moves[at]
    progressive = re.search(r"\bi am [a-z]+ing\b", move.clause.norm) is not None
    if move.due and (
        not progressive or re.search(r"tomorrow|next|later|tonight|this (?:after|even)|\bby\b", move.clause.norm)
    ):
        return True
    if progressive:
        return False
    if asked is not None and asked.act in (Act.CALL, Act.REQUEST):
        return True
    if re.search(r"\bi (?:can|must|need to|have to|have got to)\b|\blet me\b", move.clause.norm):
        taken = [m for m in context.near(at, 3) if m.sentence.speaker != move.sentence.speaker]
        return any(m.act in (Act.AGREE, Act.ACCEPT) for m in taken) or (asked is not None and asked.act is Act.NEED)
    return False


def _extension(context: _Context, at: int) -> tuple[str | None, tuple[Sentence, ...]]:
    """A time given right after a promise that has none: "Give me until Monday."."""
    move = context.moves[at]
    if move.due:
        return None, ()
    for later in context.near(at, 2):
        if later.sentence.turn != move.sentence.turn:
            break
        if later.act is Act.EXTEND and later.due and later.clause is not move.clause:
            return later.due, (later.sentence,)
        if later.act is Act.COMMIT:
            break
    return None, ()


def _offer(context: _Context, at: int, used: set[int]) -> Item | None:
    move = context.moves[at]
    turn = _answering_turn(context, move, None)
    replies = [m for m in context.near(at, _REACH) if m.sentence.turn == turn]
    first = min((m.sentence.index for m in replies), default=0)
    if turn is None or not move.do or not any(m.act is Act.ACCEPT and m.sentence.index == first for m in replies):
        return None
    if any(m.act is Act.REFUSE and m.sentence.index == first for m in replies):
        return None
    agreed = context.sentences[first]
    due = next((m.due for m in replies if m.due and m.sentence.index == first), None)
    return _item(context, move, Owner(speaker=move.sentence.speaker), _Answer(True, None, (agreed,), due))


def _item(context: _Context, move: Move, owner: Owner, answer: _Answer, context_of: Move | None = None) -> Item | None:
    if len(normal_words(move.do)) < 2:
        return None
    said = _binding(move.due, answer.due)
    evidence = [move.sentence, *answer.evidence]
    reference = _reference(context, move) if context_of is None else context_of.sentence
    cited = [reference] if reference is not None and reference not in evidence else []
    spans = sorted(dict.fromkeys([*evidence, *cited]), key=lambda s: s.index)
    return Item(
        kind=ItemKind.ACTION,
        text=move.do,
        evidence=tuple(s.evidence() for s in spans),
        owner=owner,
        due=Due(said) if said else None,
        context=reference.text if reference is not None and _refers(move) else None,
    )


_ANY_DAY = date(2026, 1, 7)


def _binding(asked: str | None, answered: str | None) -> str | None:
    """The due date that holds: the one that was asked for, unless the answer names another day."""
    if asked is None or answered is None:
        return asked or answered
    wanted, given = resolve(asked, _ANY_DAY), resolve(answered, _ANY_DAY)
    return answered if given is not None and given != wanted else asked


def _refers(move: Move) -> bool:
    """Whether the words of the item need another sentence to be understood."""
    words = normal_words(move.do)
    return any(
        word in _PRONOUNS or (word in _DEMONSTRATIVES and (i < 2 or words[i - 1] in _BEFORE_DEMONSTRATIVE))
        for i, word in enumerate(words)
    )


def _reference(context: _Context, move: Move) -> Sentence | None:
    """The sentence that the words of the item point back to: one that has the noun ("those invoices"), else the
    nearest one that says something by itself."""
    if not _refers(move):
        return None
    if move.clause.tokens[0].word >= 4:
        return move.sentence
    before = context.sentences[max(0, move.sentence.index - _REACH) : move.sentence.index][::-1]
    words = normal_words(move.do)
    nouns = {stem(b) for a, b in pairwise(words) if a in _DEMONSTRATIVES and b not in context.lexicon.stopwords}
    naming = (s for s in before if nouns & {stem(w) for w in normal_words(s.text)})
    telling = (s for s in before if len(s.words) >= 4 and normal_words(s.text)[0] not in _BACKWARD)
    return next(naming, None) or next(telling, None)


def _merged(items: Sequence[Item]) -> list[Item]:
    """One item per task: the same owner's items that say the same are joined."""
    kept: list[Item] = []
    for item in items:
        twin = next((k for k in kept if _same_task(k, item)), None)
        if twin is None:
            kept.append(item)
            continue
        spans = sorted({*twin.evidence, *item.evidence}, key=lambda e: e.start)
        kept[kept.index(twin)] = replace(twin, evidence=tuple(spans), due=twin.due or item.due)
    return kept


def _same_task(one: Item, other: Item) -> bool:
    if (one.owner and one.owner.speaker) != (other.owner and other.owner.speaker):
        return False
    if one.due and other.due and one.due.said != other.due.said:
        return False
    if not {stem(w) for w in normal_words(one.text)} & {stem(w) for w in normal_words(other.text)} - _PRONOUNS:
        return False
    if one.text == other.text or (
        set(one.evidence) == set(other.evidence) and similarity(one.text, other.text) > _ALIKE
    ):
        return True
    return similarity(one.text, other.text) >= _SAME


_RULES: dict[Act, Callable[[_Context, int, set[int]], Item | None]] = {
    Act.REQUEST: _request,
    Act.ASSIGN: _assignment,
    Act.COMMIT: _commitment,
    Act.OFFER: _offer,
}

__all__ = ["Evidence", "actions_of"]

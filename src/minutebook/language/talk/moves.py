"""What each clause does in the conversation: moves, found by the language pack's cues."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from re import Match

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.talk.clauses import Clause, clauses_of
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence
from minutebook.language.talk.wording import trimmed

_OPENING_WORDS = 5
_TASKS = frozenset((Act.COMMIT, Act.REQUEST, Act.ASSIGN))
_WITH_TIME = frozenset((Act.DECIDE, Act.PROPOSE))
"""Acts whose time is part of what they say, not a due date."""


@dataclass(frozen=True)
class Move:
    """One act of a clause. `do` is what it is about as written, `core` the same without any due expression,
    `who` the person it names or addresses (a key), `due` the due expression as said. `weak` moves need support from
    elsewhere."""

    act: Act
    clause: Clause
    do: str = ""
    core: str = ""
    who: str | None = None
    due: str | None = None
    weak: bool = False
    whole: bool = False
    """Whether no cue says what it is about: `do` is the whole sentence."""
    done: tuple[int, int] | None = None
    """Where in the clause stands what it is about."""

    @property
    def sentence(self) -> Sentence:
        return self.clause.sentence


def moves_of(sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> list[Move]:
    """All moves of the talk, in its order. A clause may make several (an acceptance is often also a commitment)."""
    moves: list[Move] = []
    for sentence in sentences:
        clauses = clauses_of(sentence, people, lexicon)
        for position, clause in enumerate(clauses):
            moves += _moves_of_clause(clause, position == 0, people, lexicon)
    return moves


def _moves_of_clause(clause: Clause, opens: bool, people: People, lexicon: Lexicon) -> list[Move]:
    found: dict[Act, Move] = {}
    for cue in lexicon.cues:
        if cue.act in found and not found[cue.act].weak:
            continue
        match = cue.pattern.search(clause.norm)
        if match is None or (cue.act in found and cue.weak):
            continue
        if cue.act in (Act.ACCEPT, Act.REFUSE, Act.AGREE) and not opens:
            continue
        found[cue.act] = _move(cue.act, cue.weak, match, clause, lexicon)
    return [part for move in found.values() for part in _apart(move, lexicon)]


def _apart(move: Move, lexicon: Lexicon) -> list[Move]:
    """One move for each task of two that are promised or asked for in one breath, each with its own time: "I'll phone
    them tomorrow and get it set up before Easter"."""
    if move.act not in _TASKS or move.done is None:
        return [move]
    first, last = move.done
    joint = lexicon.found("and_then_do", move.clause.norm[first:last])
    if joint is None:
        return [move]
    cut = first + joint.start()
    after = first + joint.start("do")
    ends = ((first, cut), (after, last))
    dues = [lexicon.dates.find_due(move.clause.norm[a:b]) for a, b in ends]
    if not all(dues):
        return [move]
    parts = []
    for (begin, end), due in zip(ends, dues, strict=True):
        assert due is not None
        span = (begin + due.first, begin + due.last)
        dated = lexicon.dates.is_dated(due.text)
        parts.append(
            replace(
                move,
                do=trimmed(move.clause, begin, end, span if dated else None, lexicon),
                core=trimmed(move.clause, begin, end, span, lexicon),
                due=lexicon.dates.said_of(move.clause.written(*span)),
                done=None,
            )
        )
    return parts


def _move(act: Act, weak: bool, match: Match[str], clause: Clause, lexicon: Lexicon) -> Move:
    groups = match.groupdict()
    dates = lexicon.dates
    due = dates.find_due(clause.norm)
    said = dates.said_of(clause.written(*due.span)) if due else None
    who = groups.get("who") or addressed(clause, lexicon)
    first, last = match.span("do") if groups.get("do") else (0, 0)
    apart = due is not None and act not in _WITH_TIME and dates.is_dated(due.text)
    return Move(
        act=act,
        clause=clause,
        do=trimmed(clause, first, last, due.span if due and apart else None, lexicon),
        core=trimmed(clause, first, last, due.span if due else None, lexicon),
        who=who.removeprefix("@") if who else None,
        due=said,
        weak=weak,
        done=(first, last) if groups.get("do") else None,
    )


def move_of_sentence(act: Act, sentence: Sentence, people: People, lexicon: Lexicon) -> Move:
    """A move that no cue sees: what it is about is the whole sentence, without the words that only open it."""
    tokens = tuple(token for clause in clauses_of(sentence, people, lexicon) for token in clause.tokens)
    clause = Clause(sentence, tokens)
    due = lexicon.dates.find_due(clause.norm)
    apart = due is not None and act not in _WITH_TIME and lexicon.dates.is_dated(due.text)
    whole = len(clause.norm)
    return Move(
        act=act,
        clause=clause,
        do=trimmed(clause, 0, whole, due.span if due and apart else None, lexicon),
        core=trimmed(clause, 0, whole, due.span if due else None, lexicon),
        who=who.removeprefix("@") if (who := addressed(clause, lexicon)) else None,
        due=lexicon.dates.said_of(clause.written(*due.span)) if due else None,
        whole=True,
    )


def due_said(sentence: Sentence, people: People, lexicon: Lexicon) -> str | None:
    """The due expression of a sentence, as it is shown, whatever else the sentence does."""
    for clause in clauses_of(sentence, people, lexicon):
        due = lexicon.dates.find_due(clause.norm)
        if due is not None:
            return lexicon.dates.said_of(clause.written(*due.span))
    return None


def addressed(clause: Clause, lexicon: Lexicon) -> str | None:
    """The person whom a clause addresses: a name set off at its beginning or end or before a request, or "everyone".
    In "Thank you Priya, Dana, how …" that is Dana."""
    words = [t.text for t in clause.tokens if t.text not in (".", "?", "!")]
    called = [
        i
        for i, word in enumerate(words)
        if (word[0] == "@" or word in lexicon.everyone) and _set_off(words, i, lexicon)
    ]
    followed = [i for i in called if i != len(words) - 1]
    chosen = followed[-1] if len(followed) > 1 else next(iter(called), None)
    return words[chosen] if chosen is not None else None


def _set_off(words: Sequence[str], at: int, lexicon: Lexicon) -> bool:
    after = [w for w in words[at + 1 : at + 4] if w != ","]
    if at == len(words) - 1:
        return at == 0 or words[at - 1] == ","
    if lexicon.patterns["asks_named"].match(" ".join(after)):
        return True
    opens = all(w in lexicon.address_openers or w == "," or w[0] == "@" for w in words[:at])
    return words[at + 1] == "," and opens and at <= _OPENING_WORDS

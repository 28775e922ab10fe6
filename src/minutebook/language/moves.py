"""What each clause does in the conversation: moves, found by the language pack's cues."""

from collections.abc import Sequence
from dataclasses import dataclass
from re import Match

from minutebook.language.clauses import Clause, clauses_of
from minutebook.language.dates import find_due, is_dated, said_of
from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.people import People
from minutebook.language.sentences import Sentence
from minutebook.language.wording import trimmed

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

    @property
    def sentence(self) -> Sentence:
        return self.clause.sentence


def moves_of(sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> list[Move]:
    """All moves of the talk, in its order. A clause may make several (an acceptance is often also a commitment)."""
    moves: list[Move] = []
    for sentence in sentences:
        clauses = clauses_of(sentence, people)
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
    return list(found.values())


def _move(act: Act, weak: bool, match: Match[str], clause: Clause, lexicon: Lexicon) -> Move:
    groups = match.groupdict()
    due = find_due(clause.norm)
    said = said_of(clause.written(*due.span())) if due else None
    who = groups.get("who") or addressed(clause, lexicon)
    first, last = match.span("do") if groups.get("do") else (0, 0)
    return Move(
        act=act,
        clause=clause,
        do=trimmed(clause, first, last, due.span() if due and act not in _WITH_TIME and is_dated(due[0]) else None),
        core=trimmed(clause, first, last, due.span() if due else None),
        who=who.removeprefix("@") if who else None,
        due=said,
        weak=weak,
    )


def addressed(clause: Clause, lexicon: Lexicon) -> str | None:
    """The person whom a clause addresses: a name set off at its beginning or end, or "everyone"."""
    tokens = [t.text for t in clause.tokens]
    words = [t for t in tokens if t not in (".", "?", "!")]
    for i, token in enumerate(words):
        at_edge = i == len(words) - 1 or i <= 3
        set_off = (
            (i == len(words) - 1 and (i == 0 or words[i - 1] == ","))
            or (
                (i + 1 < len(words) and words[i + 1] == ",")
                and all(w in lexicon.address_openers or w == "," for w in words[:i])
            )
            or (
                (i + 1 < len(words) and words[i + 1] in ("please", "can", "could", "would", "will"))
                and i + 2 < len(words)
                and (words[i + 1] == "please" or words[i + 2] == "you")
            )
        )
        if at_edge and set_off and (token.startswith("@") or token in lexicon.everyone):
            return token
    return None

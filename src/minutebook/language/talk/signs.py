"""What the talk shows of who a voice is: how each mention of a listed person looks, and how a voice stands to it.

Whoever is asked by name mostly answers, whoever is thanked has just spoken, whoever speaks of somebody is somebody
else. Which of it tells how much is learnt (`python -m bench.names --train`); here it is only put into words: the names
of the features that a mention has for a voice.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.talk.clauses import Clause, clauses_of
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.words import PUNCTUATION

_NEAR = 5
"""Turns before and after a mention within which a voice that speaks is near it."""
_A_FEW_WORDS, _MANY_WORDS = 3, 15
_AFTER_NAME = 13
"""Words after a name within which "she" may mean its bearer."""
_CROSSED = frozenset(
    {
        "asks", "you", "thanks", "me", "cried", "with others", "spoken of", "joined", "opens", "begins", "ends",
        "last but one", "earlier",
    }
)  # fmt: skip
"""Marks that mean something else with each form of a mention."""


@dataclass(frozen=True)
class Mention:
    """A listed person's name in a sentence; `key` is the first name. `form` tells how it stands there, `marks` what
    else the sentence shows; `introduces` that the speaker calls himself or herself so."""

    key: str
    sentence: Sentence
    form: str
    marks: tuple[str, ...]
    introduces: bool


class Signs:
    """The mentions of listed people in a talk, and what each tells of each voice."""

    def __init__(self, sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> None:
        self._sentences = sentences
        self._lexicon = lexicon
        self._uncased = people.uncased
        self._clauses = [clauses_of(s, people, lexicon) for s in sentences]
        self._tokens = [[t.text for clause in clauses for t in clause.tokens] for clauses in self._clauses]
        self._turns: list[list[Sentence]] = []
        for sentence in sentences:
            if not self._turns or self._turns[-1][0].turn != sentence.turn:
                self._turns.append([])
            self._turns[-1].append(sentence)
        self._at = {turn[0].turn: at for at, turn in enumerate(self._turns)}
        self._accepting = [c.pattern for c in lexicon.cues if c.act in (Act.ACCEPT, Act.COMMIT) and not c.weak]
        self._replies: dict[int, tuple[str, ...]] = {}

    def mentions(self, wanted: Set[str]) -> Iterator[Mention]:
        """The mentions of these people, by first names, in the order of the talk."""
        for at, sentence in enumerate(self._sentences):
            tokens = self._tokens[at]
            introduced = self._introduced(sentence, self._clauses[at])
            for position, token in enumerate(tokens):
                key = token[1:]
                if token[0] == "@" and key in wanted:
                    mention = _Place(tokens, position, self._lexicon, self._uncased)
                    marks = (*mention.marks(sentence.is_question), *self._place_in_turn(sentence))
                    yield Mention(key, sentence, mention.form(), marks, key == introduced)

    def of(self, mention: Mention, voice: str) -> Iterator[str]:
        """The features that a mention has for a voice."""
        at = self._at[mention.sentence.turn]
        role = self._role(at, voice)
        if mention.introduces:
            yield f"{role}: introduced"
            return
        yield f"{role}: {mention.form}"
        for mark in mention.marks:
            yield f"{role}: {mark}"
            if mark in _CROSSED:
                yield f"{role}: {mention.form}, {mark}"
        if role in ("next", "around", "next but one"):
            yield from (f"{role} replies: {mark}" for mark in self._reply(at + (2 if role == "next but one" else 1)))

    def _role(self, at: int, voice: str) -> str:
        """How a voice stands to a turn: it is its own, speaks right after or before it, or both ("around"), …"""
        own, after, before = self._voice(at), self._voice(at + 1), self._voice(at - 1)
        if voice == own:
            return "self"
        if voice in (after, before):
            return "around" if after == before else "next" if voice == after else "before"
        if voice in (self._voice(at + 2), self._voice(at - 2)):
            return "next but one" if voice == self._voice(at + 2) else "last but one"
        near = (self._voice(n) for n in range(at - _NEAR, at + _NEAR + 1))
        return "near" if voice in near else "far"

    def _voice(self, at: int) -> str | None:
        return self._turns[at][0].speaker if 0 <= at < len(self._turns) else None

    def _place_in_turn(self, sentence: Sentence) -> Iterator[str]:
        turn = self._turns[self._at[sentence.turn]]
        at = sentence.index - turn[0].index
        if at == 0 or (at == 1 and len(turn[0].words) <= _A_FEW_WORDS):
            yield "begins"
        yield ("ends", "last but one")[len(turn) - at - 1] if len(turn) - at <= 2 else "earlier"

    def _introduced(self, sentence: Sentence, clauses: Sequence[Clause]) -> str | None:
        """The name by which a speaker introduces himself or herself; "this is Ada" only at the beginning of a turn."""
        lexicon = self._lexicon
        if not clauses or any(lexicon.matches("greets_or_introduces", clause.norm) for clause in clauses):
            return None
        match = lexicon.found("here", clauses[0].norm) or lexicon.found("introduces", clauses[0].norm)
        if match is None:
            told = (lexicon.found("names_oneself", clause.norm) for clause in clauses)
            return next((str(m["who"][1:]) for m in told if m is not None), None)
        who = match.groupdict().get("who") or match.groupdict()["who2"]
        opens = "begins" in self._place_in_turn(sentence)
        return str(who[1:]) if opens or lexicon.matches("of_oneself", clauses[0].norm) else None

    def _reply(self, at: int) -> tuple[str, ...]:
        """What a turn shows as an answer."""
        if at not in self._replies:
            turn, lexicon = self._turns[at], self._lexicon
            words = [lexicon.words.normal_words(s.text) for s in turn]
            first, clauses = " ".join(words[0]), self._clauses[turn[0].index]
            mine, length = lexicon.lists["of_me"], sum(len(s.words) for s in turn)
            marks = {
                "accepts": bool(clauses) and any(p.search(clauses[0].norm) for p in self._accepting),
                "answers": lexicon.matches("answers", first),
                "me": any(mine.intersection(w) for w in words[:2]),
                "me first": bool(mine.intersection(words[0][:4])),
                "short": length <= _A_FEW_WORDS,
                "long": length >= _MANY_WORDS,
                "asks": turn[0].is_question,
            }
            self._replies[at] = tuple(mark for mark, fits in marks.items() if fits)
        return self._replies[at]


class _Place:
    """Where a name stands in the words of a sentence."""

    def __init__(self, tokens: Sequence[str], at: int, lexicon: Lexicon, uncased: bool) -> None:
        self._tokens, self._at, self._lexicon, self._uncased = tokens, at, lexicon, uncased
        self._lead = [t for t in tokens[:at] if t not in PUNCTUATION]
        self._rest = [t for t in tokens[at + 1 :] if t not in PUNCTUATION]
        self._before, self._after = self._token(-1), self._token(1)
        openers = lexicon.address_openers | lexicon.thanks_words
        self._opens = all(w in openers or w[0] == "@" for w in self._lead)
        self._asks = lexicon.patterns["asks_named"].match(" ".join(self._rest[:3])) is not None

    def form(self) -> str:
        """How the name stands there, in one or two words."""
        lists = self._lexicon.lists
        apart_before, apart_after = self._before in PUNCTUATION, self._after in PUNCTUATION
        first, last = not self._lead, not self._rest
        forms = (
            ("alone", first and last),
            ("listed", self._is_listed()),
            ("titled", self._before in lists["titles"]),
            ("owning", self._after == "'s"),
            ("governed", self._before in lists["prepositions"]),
            ("called first", self._opens and apart_after),
            ("called last", apart_before and last),
            ("asked", self._opens and self._asks),
            ("called", apart_before and apart_after),
            ("unmarked first" if self._uncased else "first", self._opens),
            ("after a pause", apart_before),
            ("unmarked last" if self._uncased else "last", last),
        )
        return next((form for form, fits in forms if fits), "unmarked" if self._uncased else "within")

    def marks(self, is_question: bool) -> Iterator[str]:
        """What else the sentence shows of the mention."""
        lists, words = self._lexicon.lists, {*self._lead, *self._rest}
        joined = lists["name_joiners"]
        marks = {
            "asks": is_question or self._asks,
            "thanks": bool(self._lexicon.thanks_words.intersection(self._lead[-4:])),
            "you": bool(lists["of_you"] & words),
            "me": bool(lists["of_me"] & words),
            "cried": self._tokens[-1] == "!",
            "with others": any(w[0] == "@" and w != self._tokens[self._at] for w in words),
            "opens": self._opens and len(self._lead) <= _A_FEW_WORDS,
            "closes": not self._rest,
            "joined": self._before in joined or self._after in joined,
            "spoken of": bool(lists["persons"].intersection(self._rest[:_AFTER_NAME])),
            "late": len(self._lead) > len(self._rest),
            "short": len(self._lead) + len(self._rest) < _A_FEW_WORDS,
        }
        yield from (mark for mark, fits in marks.items() if fits)

    def _token(self, step: int) -> str:
        at = self._at + step
        return self._tokens[at] if 0 <= at < len(self._tokens) else "."

    def _is_listed(self) -> bool:
        """Whether it is one of several: "Tom and Ada", "Ada, Tom, …", "me and Tom"."""
        lists = self._lexicon.lists
        sides = ((self._before, self._token(-2)), (self._after, self._token(2)))
        return any(
            beside[0] == "@"
            or (beside == "," and other[0] == "@")
            or (beside in lists["name_joiners"] and (other[0] == "@" or other in lists["of_me"] | lists["of_you"]))
            for beside, other in sides
        )

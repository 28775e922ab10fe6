"""Signs in the talk of who a voice is, each with its log-odds for or against."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.talk.clauses import Clause, clauses_of
from minutebook.language.talk.moves import addressed
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence

_POINTS = {
    "introduces": 6.0,
    "answers": 3.5,
    "accepts": 2.0,
    "replies": 1.2,
    "called": 1.6,
    "assigned": 3.0,
    "thanked": 4.0,
    "greeted": 2.0,
    "speaks_of": -4.5,
    "spoken_to": 2.2,
    "cried_out_to": 3.7,
}
"""Log-odds for a voice having the name, or against it; what answers is added to what it answers. On the open meetings
50 of 50 answers to a name were given by its bearer, 7 of 7 thanks meant the one who had just spoken, 13 of 17 names
set off in the first words of an answer did, and of 112 times that somebody spoke of a listed person 2 were by that
person."""
_MENTION = re.compile(r"@[\w'-]+")
_SET_OFF = re.compile(r"(?:^|, )@([\w'-]+)(?= ?[,.?!]| ?$)")
_A_FEW_WORDS = 4
_TO_BE_THANKED_FOR = 5


@dataclass(frozen=True)
class Sign:
    """Something said that speaks for (or against) a voice being a person; `key` is the person's first name."""

    speaker: str
    key: str
    points: float
    sentence: Sentence


class Signs:
    """Reads the signs of one talk."""

    def __init__(self, sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> None:
        self._sentences = sentences
        self._lexicon = lexicon
        self._clauses = [clauses_of(s, people, lexicon) for s in sentences]
        self._next_turn = _next_turns(sentences)
        self._accepting = [c.pattern for c in lexicon.cues if c.act in (Act.ACCEPT, Act.COMMIT) and not c.weak]
        self._assigning = [c.pattern for c in lexicon.cues if c.act is Act.ASSIGN]

    def __iter__(self) -> Iterator[Sign]:
        for sentence, clauses in zip(self._sentences, self._clauses, strict=True):
            if any(self._lexicon.matches("greets_or_introduces", c.norm) for c in clauses):
                continue
            introduced = self._introduced(sentence, clauses)
            if introduced is not None:
                yield self._sign("introduces", introduced, sentence.speaker, sentence)
            yield from self._spoken_to(sentence, clauses)
            for clause in clauses:
                mentioned = {mention[1:] for mention in _MENTION.findall(clause.norm)}
                for key in sorted(mentioned - {introduced}):
                    yield self._sign("speaks_of", key, sentence.speaker, sentence)
                yield from self._of_address(sentence, clause)

    def _sign(self, what: str, key: str, speaker: str, sentence: Sentence, more: float = 0.0) -> Sign:
        return Sign(speaker, key, _POINTS[what] + more, sentence)

    def _introduced(self, sentence: Sentence, clauses: Sequence[Clause]) -> str | None:
        """The name by which a speaker introduces himself or herself; "this is Ada" only at the beginning of a turn."""
        norm = clauses[0].norm if clauses else ""
        match = self._lexicon.found("here", norm) or self._lexicon.found("introduces", norm)
        if match is None:
            told = (self._lexicon.found("names_oneself", clause.norm) for clause in clauses)
            return next((str(m["who"][1:]) for m in told if m is not None), None)
        before = self._sentences[sentence.index - 1] if sentence.index else None
        opens = before is None or before.turn != sentence.turn or len(before.words) <= _A_FEW_WORDS
        who = match.groupdict().get("who") or match.groupdict()["who2"]
        return str(who[1:]) if opens or self._lexicon.matches("of_oneself", norm) else None

    def _of_address(self, sentence: Sentence, clause: Clause) -> Iterator[Sign]:
        before, reply = self._turn_before(sentence), self._reply(sentence)
        thanked = self._lexicon.found("thanks", clause.norm)
        if thanked is not None:
            if before is not None and self._words_of_turn(before) >= _TO_BE_THANKED_FOR:
                yield self._sign("thanked", thanked["who"][1:], before.speaker, sentence)
            if addressed(clause, self._lexicon) in (None, thanked["who"]):
                return
        greeted = self._lexicon.found("greets", clause.norm)
        if greeted is not None:
            for other in (before, reply):
                if other is not None and self._greets(other):
                    yield self._sign("greeted", greeted["who"][1:], other.speaker, sentence)
            return
        if reply is not None:
            yield from self._of_reply(sentence, clause, reply)

    def _spoken_to(self, sentence: Sentence, clauses: Sequence[Clause]) -> Iterator[Sign]:
        """A name set off in the first words that answer somebody: "My hand, Giulia.", "Oh, come on, Desmond."."""
        before = self._turn_before(sentence)
        if before is None or sentence.is_question:
            return
        for clause in clauses:
            who = self._called(clause)
            if who is not None and not self._wants_reply(clause):
                yield self._sign(
                    "cried_out_to" if self._cries(sentence) else "spoken_to", who, before.speaker, sentence
                )

    def _of_reply(self, sentence: Sentence, clause: Clause, reply: Sentence) -> Iterator[Sign]:
        last = reply.index - sentence.index <= 2
        accepted = self._accepts(reply)
        who = self._called(clause)
        if who is None:
            if accepted and last and (given := self._given_task(clause)) is not None:
                yield self._sign("assigned", given, reply.speaker, sentence)
            return
        fits = "accepts" if accepted else "replies" if self._lexicon.matches("answers", self._norm(reply)) else None
        if clause.sentence.is_question or (fits and self._wants_reply(clause)):
            more = (_POINTS[fits] if fits else 0.0) - (0.0 if last else _POINTS["answers"] / 2)
            yield self._sign("answers", who, reply.speaker, sentence, more)
        elif last and not self._cries(sentence):
            yield self._sign("called", who, reply.speaker, sentence)

    def _called(self, clause: Clause) -> str | None:
        """The one person who is spoken to in a clause: a name set off, or said alone. In a list nobody is."""
        mentioned = _MENTION.findall(clause.norm)
        who = addressed(clause, self._lexicon)
        if who is not None and who.startswith("@") and len(mentioned) == 1:
            return who[1:]
        alone = _SET_OFF.search(clause.norm) if len(mentioned) == 1 else None
        return alone[1] if alone is not None else None

    def _turn_before(self, sentence: Sentence) -> Sentence | None:
        """The last sentence of the turn before, where this sentence opens its turn (a word or two may precede it)."""
        for earlier in self._sentences[max(0, sentence.index - 2) : sentence.index][::-1]:
            if earlier.turn != sentence.turn:
                return earlier
            if len(earlier.words) > 2:
                return None
        return None

    def _reply(self, sentence: Sentence) -> Sentence | None:
        """The first sentence of the next turn."""
        return self._next_turn[sentence.index]

    def _turn_of(self, sentence: Sentence) -> list[Sentence]:
        around = self._sentences[max(0, sentence.index - 4) : sentence.index + 2]
        return [s for s in around if s.turn == sentence.turn]

    def _words_of_turn(self, sentence: Sentence) -> int:
        return sum(len(s.words) for s in self._turn_of(sentence))

    def _greets(self, sentence: Sentence) -> bool:
        return any(self._lexicon.matches("greeting", self._norm(s)) for s in self._turn_of(sentence))

    def _cries(self, sentence: Sentence) -> bool:
        """Whether somebody is only cried out to, for what he or she has just said: "Margaret!"."""
        return sentence.text.rstrip().endswith("!") and self._turn_before(sentence) is not None

    def _wants_reply(self, clause: Clause) -> bool:
        return clause.sentence.is_question or self._lexicon.matches("wants_reply", clause.norm)

    def _accepts(self, reply: Sentence) -> bool:
        clauses = self._clauses[reply.index]
        return bool(clauses) and any(pattern.search(clauses[0].norm) for pattern in self._accepting)

    def _given_task(self, clause: Clause) -> str | None:
        """Somebody named as the one who is to do something."""
        match = next((m for p in self._assigning if (m := p.search(clause.norm)) is not None), None)
        return str(match["who"][1:]) if match is not None else None

    def _norm(self, sentence: Sentence) -> str:
        return self._lexicon.words.norm(sentence.text)


def _next_turns(sentences: Sequence[Sentence]) -> list[Sentence | None]:
    """For each sentence the one that opens the next turn; None in the last turn."""
    found: list[Sentence | None] = [None] * len(sentences)
    for at in range(len(sentences) - 2, -1, -1):
        following = sentences[at + 1]
        found[at] = following if following.turn != sentences[at].turn else found[at + 1]
    return found

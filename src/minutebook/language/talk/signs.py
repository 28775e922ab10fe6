"""Signs in the talk of who a voice is, each with its points for or against."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.talk.clauses import Clause, clauses_of
from minutebook.language.talk.moves import addressed
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence

_POINTS = {
    "introduces": 5.0,
    "answers": 1.5,
    "accepts": 1.5,
    "replies": 1.0,
    "assigned": 2.5,
    "thanked": 2.5,
    "greeted": 1.5,
    "speaks_of": -4.0,
    "spoken_to": 0.9,
}
"""An introduction names a voice alone; being addressed does with an answer that fits; who speaks of a person is not
that person. The points were set on the scripted meetings; assignment needs 2.5 (`naming`)."""
_MENTION = re.compile(r"@[a-z'-]+")
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
            return None
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
            who = addressed(clause, self._lexicon)
            if who is not None and who.startswith("@") and not self._wants_reply(clause):
                yield self._sign("spoken_to", who[1:], before.speaker, sentence)

    def _of_reply(self, sentence: Sentence, clause: Clause, reply: Sentence) -> Iterator[Sign]:
        last = reply.index - sentence.index <= 2
        accepted = self._accepts(reply)
        who = addressed(clause, self._lexicon)
        if who is not None and who.startswith("@") and self._wants_reply(clause):
            fits = "accepts" if accepted else "replies" if self._lexicon.matches("answers", self._norm(reply)) else None
            more = (_POINTS[fits] if fits else 0.0) - (0.0 if last else _POINTS["answers"] / 2)
            if fits or clause.sentence.is_question:
                yield self._sign("answers", who[1:], reply.speaker, sentence, more)
        elif accepted and last and (given := self._given_task(clause)) is not None:
            yield self._sign("assigned", given, reply.speaker, sentence)

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

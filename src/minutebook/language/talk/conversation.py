"""Who answers whom: the moves of a talk, and how a request, an offer or an assignment was answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.model import Evidence
from minutebook.language.talk.carriers import Carriers
from minutebook.language.talk.moves import Move
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.embedding import similarity

REACH = 6
"""Sentences within which an answer still belongs to a request."""
_ALIKE = 0.42
"""Cosine similarity from which a promise is taken for the answer's content rather than for another task."""
_FIRST_WORDS = 4
_BRIEF = 6
"""Words of an answer that is nothing but a time ("In ten minutes.")."""
_SAYS_SOMETHING = 2
"""Content words from which a sentence that no cue reads says what is to be done."""
_SOON = 3
"""Sentences of an answer's turn within which a promise still belongs to it."""


@dataclass(frozen=True)
class Answer:
    """How something asked was answered: `accepted` is None when nobody says yes or no. `used` are ids of the
    commitments the answer consists of: they are not tasks of their own."""

    accepted: bool | None
    speaker: str | None = None
    evidence: tuple[Sentence, ...] = ()
    due: str | None = None
    used: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Conversation:
    """A talk's moves and sentences, with what is needed to read them."""

    moves: Sequence[Move]
    sentences: Sequence[Sentence]
    people: People
    lexicon: Lexicon
    carriers: Carriers | None = None
    """What the models say of the sentences; None in languages that they have not learnt."""

    def near(self, at: int, sentences: int) -> Iterator[Move]:
        """Moves after position `at`, as far as `sentences` sentences reach."""
        last = self.moves[at].sentence.index + sentences
        for position in range(at + 1, len(self.moves)):
            if self.moves[position].sentence.index > last:
                return
            yield self.moves[position]

    def before(self, at: int, sentences: int) -> Iterator[Move]:
        """Moves before position `at`, nearest first."""
        first = self.moves[at].sentence.index - sentences
        for position in range(at - 1, -1, -1):
            if self.moves[position].sentence.index < first:
                return
            yield self.moves[position]

    @cached_property
    def _by_sentence(self) -> dict[int, list[Move]]:
        found: dict[int, list[Move]] = {}
        for move in self.moves:
            found.setdefault(move.sentence.index, []).append(move)
        return found

    @cached_property
    def _by_start(self) -> dict[float, int]:
        return {sentence.start: sentence.index for sentence in self.sentences}

    def place(self, evidence: Evidence) -> int | None:
        """The number of the sentence with which a quote begins, if it begins with one."""
        return self._by_start.get(evidence.start)

    def moves_in(self, sentence: Sentence) -> Sequence[Move]:
        """The moves of one sentence."""
        return self._by_sentence.get(sentence.index, ())

    def is_empty(self, move: Move) -> bool:
        """Whether a promise says nothing by itself: "I'll do that", "Consider it done"."""
        if move.whole and len(self.content(move.core)) < _SAYS_SOMETHING:
            return True
        return self.lexicon.matches("empty", self.lexicon.words.norm(move.core))

    def content(self, text: str) -> set[str]:
        """Stems of a text's content words."""
        return self.lexicon.words.stems_of(text, self.lexicon.stopwords)

    def numbers(self, text: str) -> set[float]:
        """The numbers that a text names."""
        return {n.value for n in self.lexicon.words.numbers_in(self.lexicon.words.normal_words(text))}

    def with_condition(self, text: str, sentence: Sentence) -> str:
        """A line's text with the condition that its sentence names: a promise without its "if" is another promise."""
        norm = self.lexicon.words.norm
        told = self.lexicon.patterns["condition"].search(sentence.text)
        if told is None or not self.lexicon.matches("conditional", norm(sentence.text)):
            return text
        if self.lexicon.matches("conditional_line", norm(text)):
            return text
        return f"{text} ({told[1][:1].lower()}{told[1][1:].strip()})"

    def reports_back(self, move: Move) -> bool:
        """Whether a promise is only to tell: "I'll let you know"."""
        return self.lexicon.matches("report_back", self.lexicon.words.norm(move.core))

    def answer(self, at: int, used: set[int]) -> Answer:
        """The answer to the move at `at`: by the person addressed where that voice is known, else the next speaker."""
        move = self.moves[at]
        turn = self.answering_turn(move, self.people.voices.get(move.who or ""))
        if turn is None:
            return Answer(None)
        replies = [m for m in self.near(at, 3 * REACH) if m.sentence.turn == turn and id(m) not in used]
        after = (self.sentences[i] for i in range(move.sentence.index + 1, len(self.sentences)))
        first = next(s for s in after if s.turn == turn)
        return self._reading(move, first, replies)

    def answering_turn(self, move: Move, voice: str | None) -> int | None:
        """The turn in which an answer is looked for."""
        asker, first = move.sentence.speaker, move.sentence.index + 1
        following = self.sentences[first : first + 2 * REACH]
        turns = list(dict.fromkeys((s.turn, s.speaker) for s in following if s.speaker != asker))
        if voice is not None and voice != asker:
            turns = [t for t in turns[:3] if t[1] == voice] or turns[:1]
        return turns[0][0] if turns else None

    def _reading(self, move: Move, first: Sentence, replies: Sequence[Move]) -> Answer:
        """What the turn that begins with `first` says to a move."""
        opening = [m for m in replies if m.sentence.index == first.index]
        soon = [m for m in replies if m.sentence.index <= first.index + _SOON]
        fitting = [m for m in soon if m.act is Act.COMMIT and self.fits(move, m)][:1]
        extends = [m for m in soon if m.act is Act.EXTEND and m.due]
        if not fitting and _has(opening, Act.REFUSE) and not _is_brief(first, opening):
            return Answer(False, first.speaker)
        time_only = self._names_time(move, first, opening, replies)
        accepted = bool(fitting) or time_only or _has(opening, Act.ACCEPT)
        if not accepted and not any(e.sentence.index <= first.index + 1 for e in extends):
            return Answer(None, first.speaker)
        timed = (*fitting, *extends, *(opening if time_only else ()))
        due = next((m.due for m in timed if m.due), None)
        quoted = dict.fromkeys([first, *(m.sentence for m in (*fitting, *extends[:1]))])
        return Answer(True, first.speaker, tuple(quoted), due, frozenset(map(id, fitting)))

    def _names_time(self, move: Move, first: Sentence, opening: Sequence[Move], replies: Sequence[Move]) -> bool:
        """Whether a time is all that the answer has to give: "When can you …?" – "On Monday."."""
        asked = self.lexicon.matches("asks_when", move.clause.norm)
        return (asked and any(m.due for m in replies)) or _is_brief(first, opening)

    def fits(self, request: Move, commit: Move) -> bool:
        """Whether a promise answers the request, rather than being another task."""
        words, back = self.lexicon.words.normal_words(commit.do), self.lexicon.lists["refers_back"]
        if self.is_empty(commit) or self.reports_back(commit) or back & set(words[1:_FIRST_WORDS]):
            return True
        asked = self.lexicon.words.normal_words(request.do)
        stem = self.lexicon.words.stem
        same_verb = bool(words) and bool(asked) and stem(words[0]) == stem(asked[0])
        return same_verb or similarity(request.do, commit.do) >= _ALIKE

    def extension(self, at: int, speaker: str) -> Move | None:
        """A time given for the promise at `at` that has none itself: "Give me until Monday.", in the same turn or at
        the beginning of the speaker's next one."""
        move = self.moves[at]
        for later in self.near(at, REACH):
            if later.clause is move.clause:
                continue
            elsewhere = later.sentence.turn not in (move.sentence.turn, move.sentence.turn + 1, move.sentence.turn + 2)
            asked = later.act is Act.REQUEST and later.sentence.speaker != speaker and not self.is_empty(later)
            if elsewhere or asked:
                return None
            if later.sentence.speaker != speaker or not later.due:
                continue
            elaborates = (
                later.sentence.turn == move.sentence.turn
                and self.is_empty(move)
                and self.lexicon.matches("of_them", self.lexicon.words.norm(later.core))
            )
            telling = later.act is Act.COMMIT and (self.is_empty(later) or self.reports_back(later) or elaborates)
            if later.act is Act.EXTEND or telling:
                return later
            if later.act in (Act.COMMIT, Act.REQUEST):
                return None
        return None


def _is_brief(first: Sentence, opening: Sequence[Move]) -> bool:
    """Whether a turn begins with nothing but a time."""
    return len(first.words) <= _BRIEF and not first.is_question and any(m.due for m in opening)


def _has(moves: Sequence[Move], act: Act) -> bool:
    return any(move.act is act for move in moves)

"""What is cited for a line, sentence by sentence, and which of its sentences the line is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from minutebook.language.lexicon import Lexicon
from minutebook.language.model import Item, Owner
from minutebook.language.talk.likelihood import Label, features_of, shipped
from minutebook.language.talk.moves import moves_of
from minutebook.language.talk.people import People, people_of
from minutebook.language.talk.sentences import Sentence, sentences_of
from minutebook.transcript.model import Segment, Speaker, Transcript


@dataclass(frozen=True)
class Told:
    """A cited sentence: its words in one row (`norm`), the stems of its content, who said it, whether it asks, how many
    negations it has, whether it speaks of its speaker, how likely it takes something on, and whom it names."""

    speaker: str
    name: str
    text: str
    words: tuple[str, ...]
    norm: str
    stems: frozenset[str]
    asks: bool
    negations: int
    first_person: bool
    commits: float
    names: tuple[str, ...]
    parts: tuple[str, ...]
    """Its clauses and what stands between commas."""


@dataclass(frozen=True)
class Reading:
    """A line beside what is cited for it. `wanted` are the stems of the line's content, `best` says which sentence has
    most of them (the owner's, then the last of several), `people` whom names mean."""

    item: Item
    lexicon: Lexicon
    people: People
    told: tuple[Told, ...]
    words: tuple[str, ...]
    wanted: frozenset[str]
    best: int
    owner: str | None
    """The owner's name as it is said, in lower case; None where there is none."""

    @property
    def about(self) -> Told:
        """The sentence that has most of the line."""
        return self.told[self.best]

    @property
    def after(self) -> tuple[Told, ...]:
        """What is said after it."""
        return self.told[self.best + 1 :]

    @property
    def norm(self) -> str:
        """The line's words and those of its due date in one row."""
        due = self.item.due
        return " ".join((*self.words, *(self.lexicon.words.normal_words(due.said) if due else ())))

    def is_owner(self, told: Told) -> bool:
        """Whether a sentence is the owner's."""
        return _is_owners(told, self.item.owner)

    def content(self, text: str) -> frozenset[str]:
        """The stems of a text's content."""
        return content_of(text, self.lexicon)


def _is_owners(told: Told, owner: Owner | None) -> bool:
    return owner is not None and (told.speaker == owner.speaker or told.name == owner.name)


def content_of(text: str, lexicon: Lexicon) -> frozenset[str]:
    """The stems of a text's words, without those that only join or deny."""
    return frozenset(lexicon.words.stems_of(text, lexicon.stopwords | lexicon.negators))


def reading_of(item: Item, transcript: Transcript, lexicon: Lexicon) -> Reading:
    """Reads the evidence of a line, which has some, in its order."""
    segments = tuple(Segment(e.speaker, e.start, e.end, e.quote, ()) for e in item.evidence)
    voices = dict.fromkeys(s.speaker for s in segments)
    speakers = tuple(Speaker(v, transcript.name_of(v), 1.0) for v in voices)
    quoted = Transcript(lexicon.language, segments[-1].end, speakers, segments)
    sentences = sentences_of(quoted)
    people = people_of(quoted, sentences, (), lexicon)
    told = tuple(_told(sentences, people, quoted, lexicon))
    wanted = content_of(item.text, lexicon)
    owner = item.owner
    named = (owner.name or transcript.name_of(owner.speaker or "")) if owner else None
    best = max(range(len(told)), key=lambda n: (len(wanted & told[n].stems), _is_owners(told[n], owner), n), default=0)
    words = tuple(lexicon.words.normal_words(item.text))
    key = named.split()[0].casefold() if named and named.split() else None
    return Reading(item, lexicon, people, told, words, wanted, best, key)


def _told(sentences: tuple[Sentence, ...], people: People, quoted: Transcript, lexicon: Lexicon) -> Iterator[Told]:
    moves = moves_of(sentences, people, lexicon)
    for sentence in sentences:
        words = tuple(lexicon.words.normal_words(sentence.text))
        own = [m for m in moves if m.sentence is sentence]
        likely = shipped().likelihoods(features_of(sentence, people, lexicon, own))
        yield Told(
            speaker=sentence.speaker,
            name=quoted.name_of(sentence.speaker),
            text=sentence.text,
            words=words,
            norm=" ".join(words),
            stems=content_of(sentence.text, lexicon),
            asks=sentence.is_question,
            negations=sum(w in lexicon.negators for w in words),
            first_person=bool(lexicon.first_person & set(words)),
            commits=likely[Label.COMMIT] + likely[Label.ACCEPT],
            names=tuple(k for w in sentence.written if (k := people.key_of(w)) is not None),
            parts=tuple(lexicon.patterns["part_edge"].split(sentence.text)),
        )

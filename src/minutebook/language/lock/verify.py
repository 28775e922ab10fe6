"""The evidence lock: nothing enters a note that the cited words do not carry. Independent of producers.

`locked` is the only place that makes a `Note`. Checks are lexical, word by word, because embeddings cannot tell
"Thursday" from "Friday" or "launch" from "do not launch"; an embedding check follows as a second opinion on the whole.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher

from minutebook.language.lexicon import Lexicon, lexicon_of
from minutebook.language.lock.injection import addresses_software, tainted, withheld_notice
from minutebook.language.model import Draft, Due, Evidence, Item, Note, NoteRequest, Unsupported
from minutebook.language.talk.mending import mended
from minutebook.language.talk.people import bare, is_default_name, sounds_alike
from minutebook.language.talk.sentences import sentences_of, words_of
from minutebook.language.text.dates import Dates
from minutebook.language.text.embedding import similarity
from minutebook.language.text.words import Words
from minutebook.transcript.attribution import TurnIndex
from minutebook.transcript.model import Transcript, Turn

_SLACK_S = 0.6
"""How far a cited time may lie from the words' times, in seconds: engines round, and corrections move words."""
_NEAR = 4
"""Words around a number, name or date within which its neighbour has to stand in the evidence as in the item."""
_LEAST_SIMILARITY = 0.2
_NAME_LIKENESS = 0.7


@dataclass(frozen=True)
class _Words:
    """A speaker's words in the order of the talk, normalised, with the time of each."""

    normal: tuple[str, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]


class Verifier:
    """Checks items against one transcript."""

    def __init__(self, transcript: Transcript, held_on: date | None = None) -> None:
        transcript = mended(transcript)
        self._transcript = transcript
        self._held_on = held_on
        self._lexicon = lexicon_of(transcript.language)
        self._words = self._lexicon.words
        self._speakers = _words_by_speaker(transcript, self._words)
        self._left_out = tuple(tainted(sentences_of(transcript)))
        self._not_for_people = TurnIndex(Turn(s.speaker, s.start, s.end) for s in self._left_out)
        self._checks: tuple[Callable[[Item], str | None], ...] = (
            self._quotes,
            self._spoken_to_people, self._content, self._numbers_and_names, self._polarity, self._owner, self._due,
            self._likeness,
        )  # fmt: skip

    @property
    def notices(self) -> tuple[str, ...]:
        """What a note's readers are told about its transcript: how much of it the note leaves out."""
        return (withheld_notice(self._left_out),) if self._left_out else ()

    def reason_against(self, item: Item) -> str | None:
        """Why the evidence does not carry the item, as a sentence; None when it does."""
        return next((reason for check in self._checks if (reason := check(item)) is not None), None)

    def _quotes(self, item: Item) -> str | None:
        if not item.evidence:
            return "No evidence is cited."
        if not item.text.strip():
            return "The item is empty."
        wrong = next((e for e in item.evidence if not self._stands(e)), None)
        return None if wrong is None else f"The quote “{wrong.quote}” does not stand there in the transcript."

    def _spoken_to_people(self, item: Item) -> str | None:
        """What is directed at software carries nothing, whatever it says."""
        if addresses_software(item.text) or any(self._is_tainted(e) for e in item.evidence):
            return "The cited words are directed at note-taking software, not at people in the meeting."
        return None

    def _is_tainted(self, evidence: Evidence) -> bool:
        near = self._not_for_people.between(evidence.start, evidence.end)
        return any(turn.speaker == evidence.speaker for turn in near)

    def _stands(self, evidence: Evidence) -> bool:
        words, quote = self._speakers.get(evidence.speaker), self._words.normal_words(evidence.quote)
        if words is None or not quote:
            return False
        first = bisect_left(words.starts, evidence.start - _SLACK_S)
        last = bisect_right(words.starts, evidence.end + _SLACK_S)
        spoken = [
            w
            for w, end in zip(words.normal[first:last], words.ends[first:last], strict=True)
            if end <= evidence.end + _SLACK_S
        ]
        return any(spoken[i : i + len(quote)] == quote for i in range(len(spoken) - len(quote) + 1))

    def _content(self, item: Item) -> str | None:
        carried = {self._words.stem(w) for e in item.evidence for w in self._words.normal_words(e.quote)}
        spelt = {w for e in item.evidence for w in self._words.normal_words(e.quote)}
        for word in self._content_words(_claims(item)):
            if word not in spelt and (
                word in self._lexicon.date_words or not _carried(self._words.stem(word), carried)
            ):
                return f"“{word}” is not in the cited words."
        return None

    def _content_words(self, text: str) -> list[str]:
        words = self._words.normal_words(text)
        spelling = self._words.number_words(words)
        ignored = self._lexicon.stopwords | self._lexicon.negators | self._lexicon.generic
        return [
            w
            for w in words
            if w not in spelling and (w in self._lexicon.date_words or w not in ignored) and any(map(str.isalnum, w))
        ]

    def _numbers_and_names(self, item: Item) -> str | None:
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        parts = (self._misplaced(part, quotes) for part in _claim_parts(item))
        return next((reason for reason in parts if reason is not None), None)

    def _misplaced(self, claim: str, quotes: Sequence[Sequence[str]]) -> str | None:
        """A number, date or name that is not cited, or is cited of something else."""
        text, stop = self._words.normal_words(claim), self._lexicon.stopwords
        for number in self._words.numbers_in(text):
            places = [
                (q, n.first, n.last) for q in quotes for n in self._words.numbers_in(q) if n.value == number.value
            ]
            if not places:
                return f"The number {number.value:g} is not in the cited words."
            if not any(_same_company(self._words, text, number.first, number.last, *place, stop) for place in places):
                return f"The number {number.value:g} is said of something else."
        written = (part for part in claim.split()[1:] if part[:1].isupper())
        capitals = {w for part in written for w in self._words.normal_words(part) if w not in stop}
        for at, word in enumerate(text):
            if word in self._lexicon.date_words or word in capitals:
                places = [(q, i, i + 1) for q in quotes for i, w in enumerate(q) if w == word]
                if places and not any(_same_company(self._words, text, at, at + 1, *place, stop) for place in places):
                    return f"“{word}” is said of something else."
        return None

    def _polarity(self, item: Item) -> str | None:
        said: defaultdict[str, set[bool]] = defaultdict(set)
        for evidence in item.evidence:
            self._note_polarity(evidence.quote, said)
        claimed: defaultdict[str, set[bool]] = defaultdict(set)
        for text in _claim_parts(item):
            self._note_polarity(text, claimed)
        turned = next((w for w, ways in claimed.items() if w in said and not ways & said[w]), None)
        if turned is not None:
            return f"The cited words say the opposite about “{turned}”."
        if any(self._negation_moved(text, item.evidence) for text in _claim_parts(item)):
            return "The cited words have no such negation, or have one that the item leaves out."
        return None

    def _negation_moved(self, text: str, quoted: Sequence[Evidence]) -> bool:
        """Whether the text has a negation that nothing cited has, or repeats cited words but for their negation."""
        negators = self._lexicon.negators
        words = self._words.normal_words(text)
        quotes = [self._words.normal_words(e.quote) for e in quoted]
        if any(w in negators for w in words) and not any(w in negators for q in quotes for w in q):
            return True
        plain = [w for w in words if w not in negators]
        regions = [region for quote in quotes for region in _regions(plain, quote, negators)]
        inside = sum(w in negators for w in words[1:-1])
        return bool(regions) and all(sum(w in negators for w in region) != inside for region in regions)

    def _note_polarity(self, text: str, ways: defaultdict[str, set[bool]]) -> None:
        for clause in self._lexicon.patterns["clause_edge"].split(text):
            words = self._words.normal_words(clause)
            negative = sum(w in self._lexicon.negators for w in words) % 2 == 1
            for word in self._content_words(clause):
                ways[self._words.stem(word)].add(negative)

    def _owner(self, item: Item) -> str | None:
        owner = item.owner
        if owner is None:
            return None
        if owner.speaker is not None:
            return self._speaking_owner(item, owner.speaker, owner.name)
        if owner.name is not None and not self._named(item.evidence, owner.name):
            return f"{owner.name} is not named in the cited words."
        return None

    def _speaking_owner(self, item: Item, speaker: str, name: str | None) -> str | None:
        if speaker not in self._speakers:
            return "The owner is nobody who speaks in this recording."
        others = [e for e in item.evidence if e.speaker != speaker]
        known = [n for n in (name, self._transcript.name_of(speaker)) if n and not is_default_name(n)]
        if any(self._named(others, n) for n in known):
            return None
        wanted = {self._words.stem(w) for w in self._content_words(item.text)}
        asked = [e.start for e in others if self._carries(e, wanted)]
        called = [e.start for e in item.evidence if e.speaker == speaker and self._carries(e, wanted)]
        for evidence in (e for e in item.evidence if e.speaker == speaker):
            carrying = [
                c for c in self._lexicon.patterns["clause_edge"].split(evidence.quote) if wanted & self._stems(c)
            ]
            if any(self._commits(clause, evidence) for clause in carrying):
                return None
            if not carrying and asked and evidence.start > min(asked):
                return None
            if not carrying and called and evidence.start > min(called) and self._commits(evidence.quote, evidence):
                return None
        return "Neither does the owner promise it in the cited words nor does anybody name the owner there."

    def _carries(self, evidence: Evidence, wanted: set[str]) -> bool:
        return not wanted or bool(wanted & self._stems(evidence.quote))

    def _stems(self, text: str) -> set[str]:
        return {self._words.stem(w) for w in self._content_words(text)}

    def _commits(self, clause: str, evidence: Evidence) -> bool:
        """Whether a clause speaks of what the speaker does, rather than of what somebody else is asked to do."""
        if not self._lexicon.first_person:
            return True
        words = self._words.normal_words(evidence.quote)
        promises = self._lexicon.first_person & set(words) or self._lexicon.matches("gives", " ".join(words))
        return bool(promises) and not self._lexicon.matches("asks_others", " ".join(self._words.normal_words(clause)))

    def _named(self, quoted: Iterable[Evidence], name: str) -> bool:
        wanted = name.split(maxsplit=1)[0].casefold()
        written = [w for e in quoted for w in e.quote.split()]
        return any(
            wanted in self._words.normal_words(w) or (w[:1].isupper() and _heard_as(bare(w), wanted)) for w in written
        )

    def _due(self, item: Item) -> str | None:
        due = item.due
        if due is None:
            return None
        said = self._words.normal_words(due.said)
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        if not said or not any(q[i : i + len(said)] == said for q in quotes for i in range(len(q))):
            return f"The date “{due.said}” is not in the cited words."
        if due.on is not None and due.on != self._lexicon.dates.resolve(due.said, self._held_on):
            return f"{due.on.isoformat()} does not follow from “{due.said}”."
        return None

    def _likeness(self, item: Item) -> str | None:
        quotes = " ".join(e.quote for e in item.evidence)
        best = max(similarity(item.text, q) for q in (quotes, *(e.quote for e in item.evidence)))
        return None if best >= _LEAST_SIMILARITY else "The item is about something else than the cited words."


def locked(draft: Draft, transcript: Transcript, request: NoteRequest) -> Note:
    """The note of a draft: due dates are worked out here, items that their evidence carries are kept in the order of
    the talk, the others are listed as unsupported with the reason."""
    verifier = Verifier(transcript, request.held_on)
    dates = lexicon_of(transcript.language).dates
    kept: list[Item] = []
    refused: list[Unsupported] = []
    for item in (_dated(i, request.held_on, dates) for i in draft.items):
        reason = verifier.reason_against(item)
        if reason is None:
            kept.append(item)
        else:
            refused.append(Unsupported(item, reason))
    return Note(
        items=tuple(sorted(kept, key=lambda item: item.evidence[0].start)),
        unsupported=tuple(refused),
        producer=draft.producer,
        notices=(*draft.notices, *verifier.notices),
        usage=draft.usage,
        language=transcript.language,
        meeting_type=request.meeting_type,
    )


def _dated(item: Item, held_on: date | None, dates: Dates) -> Item:
    if item.due is None or item.due.on is not None:
        return item
    return replace(item, due=Due(item.due.said, dates.resolve(item.due.said, held_on)))


def _words_by_speaker(transcript: Transcript, spelling: Words) -> dict[str, _Words]:
    collected: defaultdict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for segment in transcript.segments:
        for word in words_of(segment):
            collected[segment.speaker] += [(part, word.start, word.end) for part in spelling.normal_words(word.word)]
    return {
        speaker: _Words(tuple(w for w, _, _ in words), tuple(s for _, s, _ in words), tuple(e for _, _, e in words))
        for speaker, words in collected.items()
    }


def _claim_parts(item: Item) -> Iterable[str]:
    return (part for part in (item.text, item.answer, item.context) if part)


def _claims(item: Item) -> str:
    return " . ".join(_claim_parts(item))


def _heard_as(word: str, name: str) -> bool:
    return SequenceMatcher(None, name, word.casefold()).ratio() >= _NAME_LIKENESS or sounds_alike(word, name)


def _carried(word: str, carried: set[str]) -> bool:
    """Whether a stem is among the carried ones, or shares a long beginning with one ("approval", "approve")."""
    return word in carried or any(
        len(shared := _common_start(word, other)) >= 5 and len(shared) >= 0.7 * max(len(word), len(other))
        for other in carried
    )


def _regions(plain: Sequence[str], quote: Sequence[str], negators: frozenset[str]) -> Iterable[Sequence[str]]:
    """The stretches of a quote that consist of these words in this order, with or without negations in between."""
    places = [i for i, w in enumerate(quote) if w not in negators]
    bare = [quote[i] for i in places]
    size = len(plain)
    for i in range(len(bare) - size + 1 if size > 2 else 0):
        if bare[i : i + size] == plain:
            yield quote[places[i] : places[i + size - 1] + 1]


def _common_start(one: str, other: str) -> str:
    size = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:size]


def _same_company(
    spelling: Words,
    text: Sequence[str],
    first: int,
    last: int,
    quote: Sequence[str],
    begin: int,
    end: int,
    stop: frozenset[str],
) -> bool:
    """Whether the content words next to a number or name in the item also stand near it in the quote."""
    before = [w for w in text[max(0, first - _NEAR) : first] if w not in stop][-1:]
    after = [w for w in text[last : last + _NEAR] if w not in stop][:1]
    near = {spelling.stem(w) for w in quote[max(0, begin - 2 * _NEAR) : end + 2 * _NEAR]}
    company = {spelling.stem(w) for w in (*before, *after)}
    return not company or bool(company & near)


__all__ = ["Lexicon", "Verifier", "locked"]

"""The evidence lock: nothing enters a note that the cited words do not carry. Independent of producers.

`locked` is the only place that makes a `Note`. Checks are lexical, word by word, because embeddings cannot tell
"Thursday" from "Friday" or "launch" from "do not launch"; an embedding check follows as a second opinion on the whole.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from minutebook.language.lexicon import Lexicon, lexicon_of, synonyms
from minutebook.language.lock.claims import claim_parts, claims
from minutebook.language.lock.ground import Ground
from minutebook.language.lock.injection import addresses_software, tainted, withheld_notice
from minutebook.language.lock.likeness import heard_as, is_carried, is_compound, is_time, plain, with_readings
from minutebook.language.lock.manner import Manner
from minutebook.language.lock.polarity import Polarity
from minutebook.language.model import Draft, Due, Evidence, Item, ItemKind, Note, NoteRequest, Unsupported
from minutebook.language.talk.mending import mended
from minutebook.language.talk.people import bare, is_default_name
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
_OWN_WORDS = 0.5
"""Share of a line's content words that may be its own: of the pack's list of words that tell only how ("the cover will
be used"), and none that turns something round. A line that quotes has none; one that is written for people has some."""
_LEAST_SIMILARITY = 0.1


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
        self._synonyms = synonyms(transcript.language)
        self._speakers = _words_by_speaker(transcript, self._words)
        self._names = [s.name for s in transcript.speakers if not is_default_name(s.name)]
        self._left_out = tuple(tainted(sentences_of(transcript)))
        self._not_for_people = TurnIndex(Turn(s.speaker, s.start, s.end) for s in self._left_out)
        self._checks: tuple[Callable[[Item], str | None], ...] = (
            self._quotes, self._within,
            self._spoken_to_people, self._content, self._numbers_and_names,
            Polarity(self._lexicon, self._stems).reason_against, self._owner, self._due,
            self._likeness, Manner(self._lexicon).reason_against,
            Ground(self._lexicon).reason_against,
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

    def _within(self, item: Item) -> str | None:
        """What is cited for a topic was said while it was talked about."""
        span = item.span
        outside = span and any(e.start < span.start - _SLACK_S or e.end > span.end + _SLACK_S for e in item.evidence)
        return "The cited words are not from the time that the topic is given." if outside else None

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
        spelt = {plain(w) for e in item.evidence for w in self._words.normal_words(e.quote)}
        spelt |= {w for e in item.evidence for w in self._words.normal_words(self._transcript.name_of(e.speaker))}
        carried = {self._words.stem(w) for w in spelt}
        claimed = dict.fromkeys(map(plain, self._content_words(claims(item))))
        names = self._names_in(item)
        numbers = {n.value for e in item.evidence for n in self._words.numbers_in(self._words.normal_words(e.quote))}
        missing = [
            w
            for w in claimed
            if w not in spelt and (w in names or not self._is_carried(w, carried, spelt)) and not is_time(w, numbers)
        ]
        strict = self._date_words(item) | names
        own = self._lexicon.lists["own_words"] - strict
        untold = next((w for w in missing if w not in own or self._turns(w, spelt)), None)
        if untold is None and len(missing) > _OWN_WORDS * len(claimed):
            untold = missing[0]
        return None if untold is None else f"“{untold}” is not in the cited words."

    def _is_carried(self, word: str, carried: set[str], spelt: set[str]) -> bool:
        """Whether a word is said, in another form, in another word for the same, or, in German, in parts."""
        if word in self._lexicon.date_words:
            return False
        forms = (self._words.stem(word), word)
        others = {self._words.stem(w) for w in self._synonyms.get(word, ())}
        joined = self._lexicon.nouns_have_capitals and is_compound(word, carried | spelt)
        return joined or bool(others & carried) or any(is_carried(form, carried) for form in forms)

    def _date_words(self, item: Item) -> frozenset[str]:
        """Words that name a time, without those that only do with a capital: "may"."""
        written = set(claims(item).split())
        return self._lexicon.date_words - {w for w in self._lexicon.lists["dates_with_capital"] if w in written}

    def _turns(self, word: str, spelt: set[str]) -> bool:
        """Whether a line's own word says which way something goes, and no cited word goes that way."""
        ways = (self._lexicon.lists["rising"], self._lexicon.lists["falling"])
        return any(word in way and not way & spelt for way in ways)

    def _names_in(self, item: Item) -> set[str]:
        """Words written with a capital inside a sentence, and the first one where the quotes name somebody else."""
        text = claims(item)
        written = text.split()
        if self._lexicon.nouns_have_capitals:
            titled = (b for a, b in pairwise(written) if a.casefold() in self._lexicon.lists["titles"])
            return {n for w in titled for n in self._words.normal_words(w)}
        inside = [w for before, w in pairwise(written) if w[:1].isupper() and not before.endswith((".", "?", "!", ":"))]
        quoted = {bare(w).casefold() for e in item.evidence for w in e.quote.split() if w[:1].isupper()}
        opens = item.kind in (ItemKind.TOPIC, ItemKind.DECISION)
        others = (
            quoted
            - self._words.number_words(quoted)
            - self._lexicon.stopwords
            - set(self._words.normal_words(text))
            - self._lexicon.never_names
        )
        return {n for w in (*inside, *(written[:1] if others and opens else [])) for n in self._words.normal_words(w)}

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
        parts = (self._misplaced(part, quotes) for part in claim_parts(item))
        return next((reason for reason in parts if reason is not None), None)

    def _misplaced(self, claim: str, quotes: Sequence[Sequence[str]]) -> str | None:
        """A number, date or name that is not cited, or is cited of something else."""
        text, stop = self._words.normal_words(claim), self._lexicon.stopwords
        for number in self._words.numbers_in(text):
            places = [
                (q, n.first, n.last)
                for q in quotes
                for n in with_readings(self._words.numbers_in(q))
                if n.value == number.value
            ]
            if not places:
                return f"The number {number.value:g} is not in the cited words."
            if not any(_same_company(self._words, text, number.first, number.last, *place, stop) for place in places):
                return f"The number {number.value:g} is said of something else."
        written = (part for part in claim.split()[1:] if part[:1].isupper())
        named = not self._lexicon.nouns_have_capitals
        capitals = {w for part in written if named for w in self._words.normal_words(part) if w not in stop}
        for at, word in enumerate(text):
            if word in self._lexicon.date_words or word in capitals:
                places = [(q, i, i + 1) for q in quotes for i, w in enumerate(q) if w == word]
                if places and not any(_same_company(self._words, text, at, at + 1, *place, stop) for place in places):
                    return f"“{word}” is said of something else."
        return None

    def _owner(self, item: Item) -> str | None:
        owner = item.owner
        if owner is None:
            return None
        if owner.speaker is not None:
            return self._speaking_owner(item, owner.speaker, owner.name)
        names = self._lexicon.patterns["name_joiner"].split(owner.name or "")
        heard = {self._transcript.name_of(e.speaker) for e in item.evidence}
        missing = next((n for n in names if n and n not in heard and not self._named(item.evidence, n)), None)
        if missing is not None:
            return f"{owner.name} is not named in the cited words."
        return self._somebody_else(item, item.evidence, names)

    def _speaking_owner(self, item: Item, speaker: str, name: str | None) -> str | None:
        if speaker not in self._speakers:
            return "The owner is nobody who speaks in this recording."
        others = [e for e in item.evidence if e.speaker != speaker]
        known = [n for n in (name, self._transcript.name_of(speaker)) if n and not is_default_name(n)]
        wanted = {self._words.stem(w) for w in self._content_words(item.text) if not w[:1].isdigit()}
        if any(self._named(others, n) for n in known):
            return self._somebody_else(item, others, known)
        asked = [e.start for e in others if self._carries(e, wanted)]
        called = [e.start for e in item.evidence if e.speaker == speaker and self._carries(e, wanted)]
        for evidence in (e for e in item.evidence if e.speaker == speaker):
            clauses = self._lexicon.patterns["clause_edge"].split(evidence.quote)
            carrying = [c for c in clauses if wanted & self._stems(c)]
            if any(self._commits(clause, evidence) and not self._denies(clause, item) for clause in carrying):
                return self._given_away(item, evidence)
            if not carrying and asked and evidence.start > min(asked) and not self._passes_on(evidence, known):
                return self._somebody_else(item, others, known)
            if not carrying and called and evidence.start > min(called) and self._commits(evidence.quote, evidence):
                return None
        return "Neither does the owner promise it in the cited words nor does anybody name the owner there."

    def _somebody_else(self, item: Item, others: Sequence[Evidence], names: Sequence[str]) -> str | None:
        """Why the task is somebody else's: in the clause that has most of it, another speaker promises it alone."""
        wanted = self._stems(item.text)
        clauses = [(len(wanted & self._stems(c)), c, e) for e in others for c in self._clauses(e.quote)]
        most = max((n for n, _, _ in clauses), default=0)
        best = [(c, e) for n, c, e in clauses if n == most > 0]
        for clause, evidence in best:
            words = self._words.norm(clause)
            named = any(self._named([Evidence(0, 0, "", clause)], n) for n in names)
            own = self._transcript.name_of(evidence.speaker) in names
            asks = evidence.quote.rstrip().endswith("?") or self._lexicon.matches("asks_others", words)
            if not named and not own and not asks and self._lexicon.matches("promises_alone", words):
                return "In the cited words somebody else takes it on."
        return None

    def _clauses(self, text: str) -> list[str]:
        return [c for c in self._lexicon.patterns["clause_edge"].split(text) if c and c.strip()]

    def _denies(self, clause: str, item: Item) -> bool:
        negators = self._lexicon.negators
        denied = any(w in negators for w in self._words.normal_words(clause))
        return denied and not any(w in negators for w in self._words.normal_words(item.text))

    def _given_away(self, item: Item, evidence: Evidence) -> str | None:
        back = self._lexicon.matches("gives_away", self._words.norm(evidence.quote))
        return "The owner gives it away in the cited words." if back else None

    def _passes_on(self, evidence: Evidence, known: Sequence[str]) -> bool:
        """Whether a short answer names somebody else as the one who does it: "Saskia does."."""
        answer = self._words.normal_words(evidence.quote)
        people = {n.split()[0].casefold() for n in self._names if n not in known and n != evidence.speaker}
        mine = {n.split()[0].casefold() for n in known}
        return bool(answer) and answer[0] in people - mine and not self._lexicon.first_person & set(answer)

    def _carries(self, evidence: Evidence, wanted: set[str]) -> bool:
        return not wanted or bool(wanted & self._stems(evidence.quote))

    def _stems(self, text: str) -> set[str]:
        return {self._words.stem(w) for w in self._content_words(text)}

    def _commits(self, clause: str, evidence: Evidence) -> bool:
        """Whether a clause speaks of what the speaker does, rather than of what somebody else is asked to do."""
        if not self._lexicon.first_person:
            return True
        words = self._words.normal_words(evidence.quote)
        elided = {f"{before}'" for w in words for before, mark, _ in (w.partition("'"),) if mark}
        promises = self._lexicon.first_person & elided.union(words) or self._lexicon.matches("gives", " ".join(words))
        return bool(promises) and not self._lexicon.matches("asks_others", " ".join(self._words.normal_words(clause)))

    def _named(self, quoted: Iterable[Evidence], name: str) -> bool:
        wanted = name.split(maxsplit=1)[0].casefold()
        written = [w for e in quoted for w in e.quote.split()]
        return any(
            wanted in self._words.normal_words(w) or (w[:1].isupper() and heard_as(bare(w), wanted)) for w in written
        )

    def _due(self, item: Item) -> str | None:
        due = item.due
        if due is None:
            return None
        said = self._words.normal_words(due.said)
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        if not said or not any(self._times(said) <= self._times(q) for q in quotes):
            return f"The date “{due.said}” is not in the cited words."
        if due.on is not None and due.on != self._lexicon.dates.resolve(due.said, self._held_on):
            return f"{due.on.isoformat()} does not follow from “{due.said}”."
        return None

    def _times(self, words: Sequence[str]) -> set[str]:
        """The words of a time, numbers as values: "the 20th" is "the twentieth"."""
        spelt = [plain(w) for w in words]
        spelling = self._words.number_words(spelt)
        light = self._lexicon.stopwords - self._lexicon.date_words | self._lexicon.lists["time_prepositions"]
        return {self._words.stem(w) for w in spelt if w not in spelling and w not in light} | {
            f"{n.value:g}" for n in self._words.numbers_in(spelt)
        }

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
    said = {spelling.stem(w) for w in quote}
    company = {spelling.stem(w) for w in (*before, *after)} & said
    return not company or bool(company & near)


__all__ = ["Lexicon", "Verifier", "locked"]

"""The evidence lock: nothing enters a note that the cited words do not carry. Independent of producers.

`locked` is the only place that makes a `Note`. Checks are lexical, word by word, because embeddings cannot tell
"Thursday" from "Friday" or "launch" from "do not launch"; an embedding check follows as a second opinion on the whole.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from minutebook.language.lexicon import Lexicon, lexicon_of
from minutebook.language.lock.amounts import Amounts
from minutebook.language.lock.ground import Ground
from minutebook.language.lock.injection import addresses_software, tainted, withheld_notice
from minutebook.language.lock.judge import Judge
from minutebook.language.lock.likeness import heard_as, plain
from minutebook.language.lock.manner import Manner
from minutebook.language.lock.polarity import Polarity
from minutebook.language.lock.wording import Wording
from minutebook.language.model import Draft, Due, Evidence, Item, ItemKind, Note, NoteRequest, Unsupported
from minutebook.language.talk.likelihood import LANGUAGES
from minutebook.language.talk.mending import mended
from minutebook.language.talk.people import bare, is_default_name
from minutebook.language.talk.sentences import sentences_of, words_of
from minutebook.language.text.dates import Dates
from minutebook.language.text.words import Words
from minutebook.transcript.attribution import TurnIndex
from minutebook.transcript.model import Transcript, Turn

_LONGEST_MONTH = 31
_SLACK_S = 0.6
"""How far a cited time may lie from the words' times, in seconds: engines round, and corrections move words."""
_MOSTLY = 0.5
"""Share of a line's words that have to be said for a decision or a task that no cited sentence makes by itself."""


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
        self._wording = Wording(self._lexicon, transcript)
        self._speakers = _words_by_speaker(transcript, self._words)
        self._names = [s.name for s in transcript.speakers if not is_default_name(s.name)]
        self._left_out = tuple(tainted(sentences_of(transcript)))
        self._not_for_people = TurnIndex(Turn(s.speaker, s.start, s.end) for s in self._left_out)
        amounts = Amounts(self._lexicon)
        self._manner = Manner(self._lexicon)
        self._judge = Judge(
            self._lexicon,
            transcript,
            self._wording,
            lambda text: self._times(self._words.normal_words(text)),
            lambda text: self._times_told(self._words.normal_words(text)),
        )
        self._musts: tuple[Callable[[Item], str | None], ...] = (
            self._quotes, self._within, self._spoken_to_people, self._wording.uncited, amounts.uncited, self._speaks,
            self._due,
        )  # fmt: skip
        self._rules: Mapping[str, Callable[[Item], str | None]] = {
            "wording": self._wording.reason_against,
            "amounts": amounts.reason_against,
            "polarity": Polarity(self._lexicon, self._stems).reason_against,
            "owner": self._owner,
            "ground": Ground(self._lexicon, self._wording.tells_otherwise).reason_against,
        }

    @property
    def notices(self) -> tuple[str, ...]:
        """What a note's readers are told about its transcript: how much of it the note leaves out."""
        return (withheld_notice(self._left_out),) if self._left_out else ()

    def reason_against(self, item: Item) -> str | None:
        """Why the evidence does not carry the item, as a sentence; None when it does."""
        broken = next((reason for must in self._musts if (reason := must(item)) is not None), None)
        if broken is not None:
            return broken
        objections = self.objections(item)
        weighed = not self._wording.quotes(item) and self._lexicon.language in LANGUAGES
        if not weighed or self._is_final(objections, item):
            return next(iter(objections.values()), None)
        return self._judge.reason_against(item, objections)

    def _is_final(self, objections: Mapping[str, str], item: Item) -> bool:
        """Whether what the rules object to stands whatever the models say: a line that was dictated, a task or decision
        that rests on too little, and one that turns round what was rejected."""
        if "dictated" in objections:
            return True
        if "polarity" in objections and self._lexicon.lists["denying"] & set(self._words.normal_words(item.text)):
            return True
        bare = item.kind in (ItemKind.ACTION, ItemKind.DECISION) and self._wording.said(item) < _MOSTLY
        return bare and bool(objections.keys() & {"ground", "wording"})

    def objections(self, item: Item) -> Mapping[str, str]:
        """What single rules have against an item, by rule."""
        found = {name: reason for name, rule in self._rules.items() if (reason := rule(item)) is not None}
        return {**found, **self._manner.reasons_against(item)}

    def features(self, item: Item) -> Mapping[str, float]:
        """What the models see of an item."""
        return self._judge.features(item, self.objections(item))

    def _speaks(self, item: Item) -> str | None:
        unknown = item.owner is not None and item.owner.speaker is not None and item.owner.speaker not in self._speakers
        return "The owner is nobody who speaks in this recording." if unknown else None

    def is_mostly_its_own(self, item: Item) -> bool:
        """Whether most words of an item that say something are nobody's. A note may say things in words of its own
        where the rest carries it; an answer that does so mostly is about something else (of 98 true lines that were
        read, 4 do)."""
        return self._wording.features(item)["untold_share"] > _MOSTLY

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
        others = [e for e in item.evidence if e.speaker != speaker]
        known = [n for n in (name, self._transcript.name_of(speaker)) if n and not is_default_name(n)]
        wanted = {self._words.stem(w) for w in self._wording.content_words(item.text) if not w[:1].isdigit()}
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
                declined = self._lexicon.matches("declines", self._words.norm(evidence.quote))
                return "The owner declines." if declined else self._somebody_else(item, others, known)
            if not carrying and called and evidence.start > min(called) and self._commits(evidence.quote, evidence):
                return None
        return "Neither does the owner promise it in the cited words nor does anybody name the owner there."

    def _somebody_else(self, item: Item, others: Sequence[Evidence], names: Sequence[str]) -> str | None:
        """Why the task is somebody else's: in the clause that has most of it, another speaker promises it alone."""
        wanted = self._stems(item.text)
        clauses = [(len(wanted & self._stems(c)), c, e) for e in others for c in self._parts(e.quote)]
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

    def _parts(self, text: str) -> list[str]:
        return [part for clause in self._clauses(text) for part in clause.split(", ")]

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
        return {self._words.stem(w) for w in self._wording.content_words(text)}

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
        return any(
            wanted in self._words.normal_words(w) or (w[:1].isupper() and heard_as(bare(w), wanted))
            for e in quoted
            for w, before in _with_what_stands_before(e.quote.split())
            if not self._lexicon.matches("second_hand", f"{self._words.norm(before)} ")
        )

    def _due(self, item: Item) -> str | None:
        due = item.due
        if due is None:
            return None
        said = self._words.normal_words(due.said)
        quotes = [self._words.normal_words(e.quote) for e in item.evidence]
        if not said or not any(self._is_time_of(said, q) for q in quotes):
            return f"The date “{due.said}” is not in the cited words."
        if due.on is not None and due.on != self._lexicon.dates.resolve(due.said, self._held_on):
            return f"{due.on.isoformat()} does not follow from “{due.said}”."
        return None

    def _is_time_of(self, said: Sequence[str], quote: Sequence[str]) -> bool:
        """Whether a time was said: all that names a day ("Monday week" is another), an hour or a number, half of the
        rest, and not "before" for "after"."""
        wanted, told = self._times(said), self._times_told(quote)
        untold = wanted - told
        strict = {self._words.stem(w) for w in self._lexicon.date_words} | {w for w in wanted if w[:1].isdigit()}
        dates = self._lexicon.dates
        strict |= {self._words.stem(b) for a, b in pairwise(said) if a in dates.weekdays and b in dates.units}
        if untold & strict or (wanted and 2 * len(untold) > len(wanted)):
            return False
        later, earlier = self._lexicon.lists["afterwards"], self._lexicon.lists["beforehand"]
        ways = ((later, earlier), (earlier, later))
        return not any(set(said) & one and set(quote) & other and not set(quote) & one for one, other in ways)

    def _same_span(self, words: Sequence[str]) -> list[str]:
        """A fortnight is two weeks."""
        return " ".join(words).replace("a fortnight", "two weeks").replace("fortnight", "two weeks").split()

    def _times(self, words: Sequence[str]) -> set[str]:
        """The words of a time, numbers as values: "the 20th" is "the twentieth"."""
        spelt = [plain(w) for w in self._same_span(words)]
        spelling = self._words.number_words(spelt)
        light = self._lexicon.stopwords - self._lexicon.date_words | self._lexicon.lists["time_prepositions"]
        return {self._words.stem(w) for w in spelt if w not in spelling and w not in light} | {
            f"{n.value:g}" for n in self._words.numbers_in(spelt)
        }

    def _times_told(self, words: Sequence[str]) -> set[str]:
        """The words of the times that a quote tells, also of those that follow from them."""
        return self._times(words) | self._reckoned(words)

    def _reckoned(self, words: Sequence[str]) -> set[str]:
        """The days that lie so far from those that are told, as words of a time: with "the ninth … the day before" the
        eighth, with Thursday Wednesday."""
        days = {int(n.value) for n in self._words.numbers_in(words) if 1 <= n.value <= _LONGEST_MONTH}
        weekdays = self._lexicon.dates.weekdays
        told = [weekdays.index(word) for word in words if word in weekdays]
        found = set[str]()
        for phrase, way in (("days_before", -1), ("days_after", 1)):
            pattern = self._lexicon.phrases.get(phrase)
            for match in pattern.finditer(" ".join(words)) if pattern else ():
                count = self._words.numbers_in((match["count"] or "").split())
                apart = way * int(count[0].value if count else 1) * (len(weekdays) if match["week"] else 1)
                found |= {str(day + apart) for day in days if 1 <= day + apart <= _LONGEST_MONTH}
                found |= {self._words.stem(weekdays[(day + apart) % len(weekdays)]) for day in told}
        return found


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


def _with_what_stands_before(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    return ((word, " ".join(words[max(0, at - 3) : at])) for at, word in enumerate(words))


__all__ = ["Lexicon", "Verifier", "locked"]

"""What a language pack holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from minutebook.language.text.dates import Dates
from minutebook.language.text.words import Words


class Act(StrEnum):
    """What a clause does in the conversation."""

    COMMIT = "commit"  # the speaker says that he or she will do something
    OFFER = "offer"  # … would do it, if wanted
    REQUEST = "request"  # asks one person to do something
    CALL = "call"  # asks whoever is willing
    NEED = "need"  # says that something has to be done
    ASSIGN = "assign"  # names somebody who will do something
    ACCEPT = "accept"
    REFUSE = "refuse"
    EXTEND = "extend"  # gives a time for what was just promised
    DECIDE = "decide"  # states a decision
    ANNOUNCE = "announce"  # says that the decision follows
    PROPOSE = "propose"
    AGREE = "agree"  # makes a proposal a decision
    WITHDRAW = "withdraw"  # takes back what was promised, asked or planned
    UNKNOWN = "unknown"  # says that something is not known


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern over a normalised clause; its group `do` is what is to be done, decided or known.

    `weak` cues count only when something else supports them: a due date, an answer, an agreement.
    """

    act: Act
    pattern: re.Pattern[str]
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's data. Words are lower case with contractions spelt out."""

    language: str
    headings: Mapping[str, str]
    stopwords: frozenset[str]
    words: Words
    dates: Dates
    lists: Mapping[str, frozenset[str]]
    """Word lists by name, for rules that every language has."""
    let_us: str
    """What a decision not to do something begins with."""
    patterns: Mapping[str, re.Pattern[str]]
    """Patterns by name, for rules that every language has."""
    negators: frozenset[str] = frozenset()
    cues: tuple[Cue, ...] = ()
    address_openers: frozenset[str] = frozenset()
    address_followers: frozenset[str] = frozenset()
    thanks_words: frozenset[str] = frozenset()
    never_names: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    everyone: frozenset[str] = frozenset()
    generic: frozenset[str] = frozenset()
    """Words that name the making of the note rather than what was said ("decided", "task"): they need no evidence."""
    wording: tuple[tuple[re.Pattern[str], str], ...] = ()
    """How speech becomes a line for people: patterns over its words as they are shown, and what stands in their place;
    only words without content go, and an article comes."""
    small_talk: tuple[re.Pattern[str], ...] = ()
    talk_requests: re.Pattern[str] | None = None
    phrases: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    first_person: frozenset[str] = frozenset()
    nouns_have_capitals: bool = False
    complete: bool = False
    """Whether the pack knows actions and decisions, or only headings and word lists."""

    @property
    def date_words(self) -> frozenset[str]:
        """Words that name a day, a month or a time of day."""
        return self.lists["date_words"].union(self.dates.weekdays, self.dates.months)

    def found(self, phrase: str, norm: str) -> re.Match[str] | None:
        """Where one of the pack's named phrases stands in normalised words; None, where the pack has none."""
        pattern = self.phrases.get(phrase)
        return pattern.search(norm) if pattern is not None else None

    def matches(self, phrase: str, norm: str) -> bool:
        """Whether one of the pack's named phrases stands in normalised words."""
        return self.found(phrase, norm) is not None


@dataclass(frozen=True, slots=True)
class Feelings:
    """Corrections to VADER's word list: words without feeling, scores (-4 to 4) of words that have one, idioms that say
    good or bad as wholes; and the words that other languages feel with, by language."""

    neutral: frozenset[str]
    felt: Mapping[str, float]
    good: re.Pattern[str]
    bad: re.Pattern[str]
    others: Mapping[str, "FeelingWords"]


@dataclass(frozen=True, slots=True)
class FeelingWords:
    """One language's words that feel good or bad, patterns over whole words, and those that deny or strengthen them."""

    good: re.Pattern[str]
    bad: re.Pattern[str]
    negators: frozenset[str]
    boosters: frozenset[str]

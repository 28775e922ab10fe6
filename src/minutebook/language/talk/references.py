"""What words like "it" and "that list" in an item point back to: the sentence that has to be cited with it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from minutebook.language.lexicon import Act
from minutebook.language.talk.conversation import REACH, Conversation
from minutebook.language.talk.moves import Move
from minutebook.language.talk.people import bare
from minutebook.language.talk.sentences import Sentence

_RICH = 4
"""Content words from which a sentence is clear although it points back."""
_TELLING = 4
_TAIL = 4


def refers(talk: Conversation, move: Move) -> bool:
    """Whether the words of an item need another sentence to be understood."""
    words, lists = talk.lexicon.words.normal_words(move.do), talk.lexicon.lists
    return any(
        word in lists["pronouns"]
        or (word in lists["demonstratives"] and (i < 2 or words[i - 1] in lists["before_demonstrative"]))
        for i, word in enumerate(words)
    )


def references(talk: Conversation, move: Move) -> tuple[Sentence, ...]:
    """The sentences an item points back to, the clearest last: the open question it is to settle, the one that has the
    noun ("those invoices") or the verb, for "that" what was said just before, else the nearest one that can be
    understood by itself. A sentence that itself points back is followed once more."""
    question = _open_question(talk, move)
    if question is not None:
        return (question,)
    if not refers(talk, move):
        return ()
    if move.clause.tokens[0].word >= _TELLING:
        return (move.sentence,)
    first = _nearest(talk, move)
    if first is None or not _points(talk, first) or _stands_alone(talk, first):
        return (first,) if first else ()
    further = next(
        (s for s in _before(talk, first, 2 * REACH) if _is_telling(talk, s) and _stands_alone(talk, s)), None
    )
    return (first, further) if further else (first,)


def _before(talk: Conversation, sentence: Sentence, reach: int) -> Sequence[Sentence]:
    return talk.sentences[max(0, sentence.index - reach) : sentence.index][::-1]


def _nearest(talk: Conversation, move: Move) -> Sentence | None:
    before = _before(talk, move.sentence, 2 * REACH)
    words, lists = talk.lexicon.words.normal_words(move.do), talk.lexicon.lists
    wanted = (
        _naming(talk, words, before),
        _echoing(talk, words, before[:REACH]),
        _just_said(talk, move, words),
        (s for s in before if lists["persons"] & set(words) and _names_outsider(talk, s)),
        (s for s in before[:REACH] if lists["several"] & set(words) and _names_several(talk, s)),
        (s for s in before if _is_telling(talk, s) and _stands_alone(talk, s)),
    )
    found = next((s for candidates in wanted for s in candidates), None)
    return found or next((s for s in before[:REACH] if _is_telling(talk, s)), None)


def _naming(talk: Conversation, words: Sequence[str], before: Sequence[Sentence]) -> Iterator[Sentence]:
    """For "those invoices": sentences that have the noun."""
    own, pointing, stop = talk.lexicon.words, talk.lexicon.lists["demonstratives"], talk.lexicon.stopwords
    nouns = {own.stem(b) for a, b in pairwise(words) if a in pointing and b not in stop}
    yield from (s for s in before if nouns & own.stems_of(s.text))


def _echoing(talk: Conversation, words: Sequence[str], before: Sequence[Sentence]) -> Iterator[Sentence]:
    """Sentences that have the verb, where it tells something."""
    own, light = talk.lexicon.words, talk.lexicon.lists["light_verbs"] | talk.lexicon.stopwords
    verb = {own.stem(w) for w in words[:1] if w not in light}
    yield from (s for s in before if len(s.words) >= _TELLING and verb & own.stems_of(s.text))


def _just_said(talk: Conversation, move: Move, words: Sequence[str]) -> Iterator[Sentence]:
    """For "that": what the speaker said just before, else how the turn before ended."""
    if talk.lexicon.lists["pronouns"] & set(words):
        return
    before = talk.sentences[max(0, move.sentence.index - REACH) : move.sentence.index][::-1]
    yield from (s for s in before if s.turn == move.sentence.turn and _is_telling(talk, s))
    yield from (s for s in before if s.turn == move.sentence.turn - 1 and len(s.words) >= _TELLING)


def _names_several(talk: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence has words that look like nouns in the plural: what "them" may mean."""
    plural = talk.lexicon.patterns["plural"]
    words = (
        set(talk.lexicon.words.normal_words(sentence.text)) - talk.lexicon.stopwords - talk.lexicon.lists["pointing"]
    )
    return len(sentence.words) >= _TELLING and any(len(w) >= _TELLING and plural.search(w) for w in words)


def _names_outsider(talk: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence names somebody who is not in the meeting: whom "her" and "him" mostly mean."""
    subjects, dates = talk.lexicon.lists["subjects_written"], talk.lexicon.dates
    capitals = [w for w in sentence.written[1:] if w[:1].isupper() and bare(w) not in subjects]
    calendar = {*dates.weekdays, *dates.months}
    return any(talk.people.key_of(w) is None and bare(w).casefold() not in calendar for w in capitals)


def _points(talk: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence itself has words like "it" or "that"."""
    lists = talk.lexicon.lists
    return bool((lists["unclear"] | lists["demonstratives"]) & set(talk.lexicon.words.normal_words(sentence.text)))


def _stands_alone(talk: Conversation, sentence: Sentence) -> bool:
    if any(m.act is Act.COMMIT and talk.is_empty(m) for m in talk.moves_in(sentence)):
        return False
    words = set(talk.lexicon.words.normal_words(sentence.text))
    telling = len(words - talk.lexicon.stopwords)
    clear = not talk.lexicon.lists["unclear"] & words
    return not _points(talk, sentence) or (clear and telling >= _RICH - 1) or telling >= _RICH


def _is_telling(talk: Conversation, sentence: Sentence) -> bool:
    lists = talk.lexicon.lists
    words = [w for w in talk.lexicon.words.normal_words(sentence.text) if w not in lists["interjections"]]
    return len(words) >= _TELLING and words[0] not in lists["pointing"]


def _open_question(talk: Conversation, move: Move) -> Sentence | None:
    """The question that a promise to find out is about: one asked just before, or one said to be open."""
    if not talk.lexicon.matches("finding_out", talk.lexicon.words.norm(move.do)):
        return None
    recent = talk.sentences[max(0, move.sentence.index - _TAIL) : move.sentence.index + 1][::-1]
    asked = next((s for s in recent if s.is_question and len(s.words) >= _TELLING), None)
    unknown = _unknowns(talk, recent)
    own = next((s for s in unknown if s.speaker == move.sentence.speaker), None)
    embedded = next((s for s in recent if own and talk.lexicon.matches("embedded_question", _norm(talk, s))), None)
    spelt_out = own is not None and any(m.act is Act.UNKNOWN and m.do for m in talk.moves_in(own))
    return embedded or (own if spelt_out else None) or (asked if own else None) or own


def _unknowns(talk: Conversation, recent: Sequence[Sentence]) -> list[Sentence]:
    return [s for s in recent if any(m.act is Act.UNKNOWN for m in talk.moves_in(s))]


def _norm(talk: Conversation, sentence: Sentence) -> str:
    return talk.lexicon.words.norm(sentence.text)

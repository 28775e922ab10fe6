"""What words like "it" and "that list" in an item point back to: the sentence that has to be cited with it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from minutebook.language.lexicon import Act
from minutebook.language.talk.conversation import REACH, Conversation
from minutebook.language.talk.moves import Move
from minutebook.language.talk.people import bare
from minutebook.language.text.dates import MONTHS, WEEKDAYS
from minutebook.language.text.sentences import Sentence
from minutebook.language.text.words import normal_words, stem, word_set

_CALENDAR = frozenset((*WEEKDAYS, *MONTHS))
_DEMONSTRATIVES = frozenset(("that", "this", "those", "these"))
_BEFORE_DEMONSTRATIVE = word_set("me us you him her them of on in into to with for about at from by up")
_PRONOUNS = word_set("it them him her they he she")
_POINTING = word_set("that this it those these they he she none thanks thank you good great yes no sure okay")
_UNCLEAR = word_set("it them")
_UNCLEAR_OR_THAT = _UNCLEAR | _DEMONSTRATIVES
_LIGHT = word_set("do have take get make put give send call write keep go be ask tell find let check bring")
_RICH = 4
"""Content words from which a sentence is clear although it points back."""
_PEOPLE = word_set("him her he she")
_MANY = word_set("them they those these")
_INTERJECTIONS = word_set("oh well yes no ah um uh okay ok so and but then sure right")
_TELLING = 4
_TAIL = 4


def refers(move: Move) -> bool:
    """Whether the words of an item need another sentence to be understood."""
    words = normal_words(move.do)
    return any(
        word in _PRONOUNS or (word in _DEMONSTRATIVES and (i < 2 or words[i - 1] in _BEFORE_DEMONSTRATIVE))
        for i, word in enumerate(words)
    )


def references(talk: Conversation, move: Move) -> tuple[Sentence, ...]:
    """The sentences an item points back to, the clearest last: the open question it is to settle, the one that has the
    noun ("those invoices") or the verb, for "that" what was said just before, else the nearest one that can be
    understood by itself. A sentence that itself points back is followed once more."""
    question = _open_question(talk, move)
    if question is not None:
        return (question,)
    if not refers(move):
        return ()
    if move.clause.tokens[0].word >= _TELLING:
        return (move.sentence,)
    first = _nearest(talk, move)
    if first is None or not _UNCLEAR_OR_THAT & set(normal_words(first.text)) or _stands_alone(talk, first):
        return (first,) if first else ()
    further = next((s for s in _before(talk, first, 2 * REACH) if _is_telling(s) and _stands_alone(talk, s)), None)
    return (first, further) if further else (first,)


def _before(talk: Conversation, sentence: Sentence, reach: int) -> Sequence[Sentence]:
    return talk.sentences[max(0, sentence.index - reach) : sentence.index][::-1]


def _nearest(talk: Conversation, move: Move) -> Sentence | None:
    before = _before(talk, move.sentence, 2 * REACH)
    words = normal_words(move.do)
    nouns = {stem(b) for a, b in pairwise(words) if a in _DEMONSTRATIVES and b not in talk.lexicon.stopwords}
    verb = {stem(w) for w in words[:1] if w not in talk.lexicon.stopwords and w not in _LIGHT}
    naming = (s for s in before if nouns & {stem(w) for w in normal_words(s.text)})
    echoing = (s for s in before[:REACH] if len(s.words) >= _TELLING and verb & {stem(w) for w in normal_words(s.text)})
    person = (s for s in before if _names_outsider(talk, s))
    clear = (s for s in before if _is_telling(s) and _stands_alone(talk, s))
    several = (s for s in before[:REACH] if len(s.words) >= _TELLING and _plurals(talk, s))
    wanted = (
        naming,
        echoing,
        _just_said(talk, move, words),
        person if _PEOPLE & set(words) else (),
        several if _MANY & set(words) else (),
        clear,
    )
    found = next((s for candidates in wanted for s in candidates), None)
    return found or next((s for s in before[:REACH] if _is_telling(s)), None)


def _just_said(talk: Conversation, move: Move, words: Sequence[str]) -> Iterator[Sentence]:
    """For "that": what the speaker said just before, else how the turn before ended."""
    if _PRONOUNS & set(words):
        return
    before = talk.sentences[max(0, move.sentence.index - REACH) : move.sentence.index][::-1]
    yield from (s for s in before if s.turn == move.sentence.turn and _is_telling(s))
    yield from (s for s in before if s.turn == move.sentence.turn - 1 and len(s.words) >= _TELLING)


def _plurals(talk: Conversation, sentence: Sentence) -> set[str]:
    """Words that look like nouns in the plural: what "them" may mean."""
    words = set(normal_words(sentence.text)) - talk.lexicon.stopwords - _POINTING
    return {w for w in words if w.endswith("s") and not w.endswith(("ss", "'s", "is", "us")) and len(w) >= _TELLING}


def _names_outsider(talk: Conversation, sentence: Sentence) -> bool:
    """Whether a sentence names somebody who is not in the meeting: whom "her" and "him" mostly mean."""
    capitals = [
        w for w in sentence.written[1:] if w[:1].isupper() and bare(w) not in ("I", "I'm", "I'll", "I've", "I'd")
    ]
    return any(talk.people.key_of(w) is None and bare(w).casefold() not in _CALENDAR for w in capitals)


def _stands_alone(talk: Conversation, sentence: Sentence) -> bool:
    if any(m.act is Act.COMMIT and talk.is_empty(m) for m in talk.moves_in(sentence)):
        return False
    words = set(normal_words(sentence.text))
    telling = {w for w in words if w not in talk.lexicon.stopwords}
    return not _UNCLEAR_OR_THAT & words or (not _UNCLEAR & words and len(telling) >= _RICH - 1) or len(telling) >= _RICH


def _is_telling(sentence: Sentence) -> bool:
    words = [w for w in normal_words(sentence.text) if w not in _INTERJECTIONS]
    return len(words) >= _TELLING and words[0] not in _POINTING


def _open_question(talk: Conversation, move: Move) -> Sentence | None:
    """The question that a promise to find out is about: one asked just before, or one said to be open."""
    if not talk.lexicon.matches("finding_out", " ".join(normal_words(move.do))):
        return None
    recent = talk.sentences[max(0, move.sentence.index - _TAIL) : move.sentence.index + 1][::-1]
    asked = next((s for s in recent if s.is_question and len(s.words) >= _TELLING), None)
    unknown = _unknowns(talk, recent)
    own = next((s for s in unknown if s.speaker == move.sentence.speaker), None)
    embedded = next((s for s in recent if own and talk.lexicon.matches("embedded_question", _norm(s))), None)
    spelt_out = own is not None and any(m.act is Act.UNKNOWN and m.do for m in talk.moves_in(own))
    return embedded or (own if spelt_out else None) or (asked if own else None) or own


def _unknowns(talk: Conversation, recent: Sequence[Sentence]) -> list[Sentence]:
    return [s for s in recent if any(m.act is Act.UNKNOWN for m in talk.moves_in(s))]


def _norm(sentence: Sentence) -> str:
    return " ".join(normal_words(sentence.text))

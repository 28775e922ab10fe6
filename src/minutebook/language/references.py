"""What words like "it" and "that list" in an item point back to: the sentence that has to be cited with it."""

from collections.abc import Sequence
from itertools import pairwise

from minutebook.language.conversation import REACH, Conversation
from minutebook.language.lexicon import Act
from minutebook.language.moves import Move
from minutebook.language.sentences import Sentence
from minutebook.language.text import normal_words, stem, word_set

_DEMONSTRATIVES = frozenset(("that", "this", "those", "these"))
_BEFORE_DEMONSTRATIVE = word_set("me us you him her them of on in into to with for about at from by up")
_PRONOUNS = word_set("it them him her they he she")
_POINTING = word_set("that this it those these they he she none thanks thank you good great yes no sure okay")
_UNCLEAR = word_set("it them that this those these")
_TELLING = 4
_TAIL = 4


def refers(move: Move) -> bool:
    """Whether the words of an item need another sentence to be understood."""
    words = normal_words(move.do)
    return any(
        word in _PRONOUNS or (word in _DEMONSTRATIVES and (i < 2 or words[i - 1] in _BEFORE_DEMONSTRATIVE))
        for i, word in enumerate(words)
    )


def reference(talk: Conversation, move: Move) -> Sentence | None:
    """The sentence an item points back to: the open question it is to settle, the one that has the noun ("those
    invoices"), for "that" what was said just before, else the nearest one that can be understood by itself."""
    question = _open_question(talk, move)
    if question is not None:
        return question
    if not refers(move):
        return None
    if move.clause.tokens[0].word >= _TELLING:
        return move.sentence
    before = talk.sentences[max(0, move.sentence.index - 2 * REACH) : move.sentence.index][::-1]
    nearest = before[:REACH]
    words = normal_words(move.do)
    nouns = {stem(b) for a, b in pairwise(words) if a in _DEMONSTRATIVES and b not in talk.lexicon.stopwords}
    naming = (s for s in before if nouns & {stem(w) for w in normal_words(s.text)})
    clear = (s for s in before if _is_telling(s) and not _UNCLEAR & set(normal_words(s.text)))
    telling = (s for s in nearest if _is_telling(s))
    just_said = iter(()) if _PRONOUNS & set(words) else (s for s in nearest if len(s.words) >= _TELLING)
    return next(naming, None) or next(just_said, None) or next(clear, None) or next(telling, None)


def _is_telling(sentence: Sentence) -> bool:
    return len(sentence.words) >= _TELLING and normal_words(sentence.text)[0] not in _POINTING


def _open_question(talk: Conversation, move: Move) -> Sentence | None:
    """The question that a promise to find out is about: one asked just before, or one said to be open."""
    if not talk.lexicon.matches("finding_out", " ".join(normal_words(move.do))):
        return None
    recent = talk.sentences[max(0, move.sentence.index - _TAIL) : move.sentence.index + 1][::-1]
    asked = next((s for s in recent if s.is_question and len(s.words) >= _TELLING), None)
    unknown = _unknowns(talk, recent)
    own = next((s for s in unknown if s.speaker == move.sentence.speaker), None)
    embedded = next((s for s in recent if own and talk.lexicon.matches("embedded_question", _norm(s))), None)
    told = own if own is not None and not _UNCLEAR & set(normal_words(own.text)) and len(own.words) > _TELLING + 1 else None
    return embedded or (asked if own else None) or told


def _unknowns(talk: Conversation, recent: Sequence[Sentence]) -> list[Sentence]:
    return [s for s in recent if any(m.act is Act.UNKNOWN for m in talk.moves_in(s))]


def _norm(sentence: Sentence) -> str:
    return " ".join(normal_words(sentence.text))

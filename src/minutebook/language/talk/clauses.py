"""Sentences cut into clauses, in the normalised form that cues are matched against."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from minutebook.language.lexicon import Lexicon
from minutebook.language.talk.people import People
from minutebook.language.talk.sentences import Sentence
from minutebook.language.text.words import PUNCTUATION, Token

_HARD = frozenset(";:—–")


@dataclass(frozen=True)
class Clause:
    """A clause of a sentence: tokens with known people marked as `@name`, and where its words stand."""

    sentence: Sentence
    tokens: tuple[Token, ...]

    @cached_property
    def norm(self) -> str:
        """Tokens joined by blanks."""
        return " ".join(token.text for token in self.tokens)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts, at = [], 0
        for token in self.tokens:
            starts.append(at)
            at += len(token.text) + 1
        return tuple(starts)

    @property
    def is_question(self) -> bool:
        return self.tokens[-1].text == "?"

    def words_in(self, first: int, last: int) -> list[int]:
        """Indices of the sentence's words that stand within these characters of `norm`."""
        inside = [
            token.word
            for token, at in zip(self.tokens, self._starts, strict=True)
            if first <= at < last and token.text not in PUNCTUATION
        ]
        return list(dict.fromkeys(inside))

    def written(self, first: int, last: int) -> str:
        """The words as written within these characters of `norm`."""
        return " ".join(self.sentence.written[i] for i in self.words_in(first, last))


def clauses_of(sentence: Sentence, people: People, lexicon: Lexicon) -> tuple[Clause, ...]:
    """The clauses of a sentence, in order; a sentence that cannot be cut is one clause."""
    tokens = [_marked(token, sentence, people) for token in lexicon.words.tokens_of(sentence.written)]
    cuts = [0, *_cuts(tokens, lexicon), len(tokens)]
    parts = (tuple(tokens[a:b]) for a, b in pairwise(cuts))
    return tuple(Clause(sentence, part) for part in parts if any(t.text not in PUNCTUATION for t in part))


def _marked(token: Token, sentence: Sentence, people: People) -> Token:
    if token.text in PUNCTUATION or token.text == "'s":
        return token
    key = people.key_of(sentence.written[token.word])
    return Token("@" + re.sub(r"[^\w'-]", "", key), token.word) if key is not None else token


def _cuts(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[int]:
    """Positions at which a new clause starts: after a colon, and at "and I", ", so please", ", because it" …"""
    lists = lexicon.lists
    for i, token in enumerate(tokens[:-2]):
        if i == 0:
            continue
        following, after = tokens[i + 1].text, tokens[i + 2].text
        if tokens[i - 1].text in _HARD:
            yield i
        elif token.text in lists["clause_joiners"]:
            named = following.startswith("@") and not after.startswith("@") and after not in lists["name_joiners"]
            if token.text in lists["clause_cutters"] or following in lists["clause_subjects"] or named:
                yield i

"""Words as the language rules see them: contractions spelt out, punctuation apart, numbers as values."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

PUNCTUATION: Final = frozenset(",.?!;:…—–")
_EDGE = re.compile(r"^[\"'“”‘(\[¿¡]+|[\"'”’)\]]+$")
_TAIL = re.compile(r"^(.*?)([,.?!;:…—–]*)$")
_GROUPED = {",": re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?"), ".": re.compile(r"\d{1,3}(\.\d{3})+(,\d+)?")}
"""Numbers whose thousands are set apart, by the mark that a language does it with."""
_MIN_STEM = 3
_POSSESSIVE = "'s"


def word_set(words: str) -> frozenset[str]:
    """A set of words from a text that lists them."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word or punctuation mark and the index of the written word it comes from."""

    text: str
    word: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a list of words: its value and the half-open range of words that spell it."""

    value: float
    first: int
    last: int


class Words:
    """How one language spells: contractions, endings, numbers. Made of the table `words` of its pack."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._contractions: Mapping[str, str] = data["contractions"]
        self._endings: Sequence[tuple[str, str]] = [(ending, full) for ending, full in data["endings"]]
        self._short_is, self._is = word_set(data["before_short_is"]), str(data["is"])
        self._suffixes: Sequence[str] = data["suffixes"].split()
        self._units = _ranks(data["units"])
        self._tens = _ranks(data["tens"], first=2, step=10)
        self._ordinals = _ranks(data["ordinals"], first=1) | data["further_ordinals"]
        self._scales: Mapping[str, int] = data["scales"]
        self._before_scale, self._alone = word_set(data.get("before_scale", "")), word_set(data.get("scales_alone", ""))
        self._half: Sequence[str] = data.get("and_a_half", "").split()
        self._and = str(data["and"])
        self._and_after = 10 if data.get("and_after_tens", False) else 100
        self._thousands = str(data.get("thousands", ","))
        self._grouped = _GROUPED[self._thousands]
        self._joins = "joined_by" in data
        self._joined = _joined(data.get("joined_by"), self._units, self._tens)
        self._verb_endings: Sequence[tuple[str, str]] = [(ending, plain) for ending, plain in data["verb_endings"]]
        self._verb_forms: Mapping[str, str] = data["verb_forms"]
        self._verb_ending = str(data["verb_ending"])
        self._digits = re.compile(data["digits"])
        # Rules compare the same texts over and over.
        self._normal: Callable[[str], tuple[str, ...]] = lru_cache(maxsize=8192)(self._normalised)
        self._stem: Callable[[str], str] = lru_cache(maxsize=16384)(self._stripped)

    def tokens_of(self, words: Sequence[str]) -> list[Token]:
        """Written words to tokens: lower case, contractions spelt out, possessive `'s` and punctuation as own
        tokens."""
        tokens: list[Token] = []
        for index, written in enumerate(words):
            match = _TAIL.match(_EDGE.sub("", written.replace("’", "'")))
            body, tail = match.groups() if match else (written, "")
            body = _EDGE.sub("", body).casefold()
            tokens += [Token(part, index) for part in (self._spelt_out(body) if body else [])]
            tokens += [Token(mark, index) for mark in tail[:1]]
        return tokens

    def normal_words(self, text: str) -> list[str]:
        """The words of a text as compared with a transcript: no case, no punctuation, contractions spelt out."""
        return list(self._normal(text))

    def norm(self, text: str) -> str:
        """The same words in a row, as phrases are looked for in them."""
        return " ".join(self._normal(text))

    def stem(self, word: str) -> str:
        """A light suffix stripper: brings inflections and close derivations together, nothing more."""
        return self._stem(word)

    def stems_of(self, text: str, without: Iterable[str] = ()) -> set[str]:
        """The stems of a text's words, but for these words."""
        return {self._stem(word) for word in self._normal(text) if word not in without}

    def base_form(self, verb: str) -> str:
        """The plain form of a verb in the third person: "takes" → "take", "carries" → "carry"; another as it is."""
        if not self._verb_ending or not verb.endswith(self._verb_ending):
            return verb
        for ending, plain in self._verb_endings:
            if verb.endswith(ending):
                return verb.removesuffix(ending) + plain
        return self._verb_forms.get(verb.lower(), verb.removesuffix(self._verb_ending))

    def numbers_in(self, words: Sequence[str]) -> list[Number]:
        """Numbers in normalised words, spelt or in digits: `sixty eight thousand` and `68,000` have the same value."""
        found: list[Number] = []
        at = 0
        while at < len(words):
            if self._single(words[at]) is None and not self._is_scale(words, at):
                at += 1
                continue
            value, end = self._with_half(*self._spelt_number(words, at), words)
            found.append(Number(value, at, end))
            at = end
        return found

    def number_words(self, words: Iterable[str]) -> set[str]:
        """The words among these that spell numbers."""
        return {w for w in words if self._single(w) is not None or w in self._scales}

    def _normalised(self, text: str) -> tuple[str, ...]:
        return tuple(token.text for token in self.tokens_of(text.split()) if token.text not in PUNCTUATION)

    def _spelt_out(self, word: str) -> list[str]:
        if word in self._contractions:
            return self._contractions[word].split()
        for ending, full in self._endings:
            if word.endswith(ending) and len(word) > len(ending):
                return [word.removesuffix(ending), full]
        owner = word.removesuffix(_POSSESSIVE)
        if owner != word:
            return [owner, self._is if owner in self._short_is else _POSSESSIVE]
        return [word]

    def _stripped(self, word: str) -> str:
        base = next((word.removesuffix(suffix) for suffix in self._suffixes if _strips(word, suffix)), word)
        return base[:-1] if len(base) > _MIN_STEM and base[-1] == base[-2] else base

    def _single(self, word: str) -> float | None:
        if (match := self._digits.match(word)) is not None:
            digits = match[1].rstrip(".,")
            digits = digits.replace(self._thousands, "") if self._grouped.fullmatch(digits) else digits
            digits = digits.replace(",", ".")
            value = float(digits) if digits.count(".") <= 1 else None
            return None if value is None else value * self._scales.get(match[2], 1)
        for table in (self._units, self._tens, self._ordinals, self._joined):
            if word in table:
                return float(table[word])
        scale = next((s for s in self._scales if len(s) > _MIN_STEM and word.endswith(s) and word != s), None)
        if scale is not None and (many := self._units.get(word.removesuffix(scale))) is not None:
            return float(many * self._scales[scale])
        if self._joins and (many := self._in_one_word(word)) is not None:
            return float(many)
        head, _, tail = word.partition("-")
        if head in self._tens and (small := self._units.get(tail, self._ordinals.get(tail))) is not None:
            return float(self._tens[head] + small)
        return float(self._units[head]) if tail.isalpha() and self._units.get(head, 1) != 1 else None

    def _in_one_word(self, word: str) -> int | None:
        """The value of a number that is written as one word, scale by scale: "viertausendfünfhundert"."""
        small = {**self._units, **self._tens, **self._joined}
        if word in small:
            return int(small[word])
        for scale, size in sorted(self._scales.items(), key=lambda s: -s[1]):
            before, found, after = word.partition(scale)
            if not found or len(scale) <= _MIN_STEM:
                continue
            many = self._in_one_word(before) if before else 1
            rest = self._in_one_word(after.removeprefix(self._and)) if after else 0
            return None if many is None or rest is None else many * size + rest
        return None

    def _spelt_number(self, words: Sequence[str], at: int) -> tuple[float, int]:
        total, current, last_size = 0.0, self._single(words[at]), self._size(words[at])
        if current is None:
            current, last_size = 0.0, 0
        else:
            at += 1
        while at < len(words):
            word = words[at]
            following = words[at + 1] if at + 1 < len(words) else ""
            if word in self._scales:
                scale = self._scales[word]
                current = max(current, 1) * scale
                total, current = (total + current, 0.0) if scale >= 1000 else (total, current)
                last_size = scale
            elif word == self._and and last_size >= self._and_after and 0 < self._size(following) < last_size:
                pass
            elif 0 < self._size(word) < last_size:
                current += self._single(word) or 0.0
                last_size = self._size(word)
            else:
                break
            at += 1
        return total + current, at

    def _with_half(self, value: float, end: int, words: Sequence[str]) -> tuple[float, int]:
        """A number that a half is added to, which a scale may follow: "two and a half", "two and a half thousand"."""
        after = end + len(self._half)
        if not self._half or list(words[end:after]) != list(self._half):
            return value, end
        scale = self._scales.get(words[after]) if after < len(words) else None
        return (value + 0.5, after) if scale is None else ((value + 0.5) * scale, after + 1)

    def _is_scale(self, words: Sequence[str], at: int) -> bool:
        """Whether a number begins with its scale: it goes on ("a hundred and sixty", "mil doscientas"), or it is all
        ("a hundred", "mille")."""
        if words[at] in self._alone or (words[at] in self._scales and at and words[at - 1] in self._before_scale):
            return True
        after = list(words[at + 1 : at + 3])
        goes_on = after[-1:] if after[:1] == [self._and] else after[:1]
        return words[at] in self._scales and any(self._single(w) is not None for w in goes_on)

    def _size(self, word: str) -> int:
        """The magnitude a spelt number word may follow in one number: units 1, tens 10; digits and others 0."""
        if word in self._tens:
            return 10
        return 1 if word in self._units or word in self._ordinals else 0


def _strips(word: str, suffix: str) -> bool:
    return word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM and not word.endswith("ss")


def _joined(by: str | None, units: Mapping[str, int], tens: Mapping[str, int]) -> dict[str, int]:
    """Numbers that are one word, the smaller part first: "einundzwanzig"."""
    if by is None:
        return {}
    return {f"{u}{by}{t}": small + large for u, small in units.items() for t, large in tens.items() if 0 < small < 10}


def _ranks(words: str, first: int = 0, step: int = 1) -> dict[str, int]:
    return {word: step * rank for rank, word in enumerate(words.split(), first)}

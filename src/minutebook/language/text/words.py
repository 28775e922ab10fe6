"""Words as the language rules see them: contractions spelt out, punctuation apart, numbers as values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache


def word_set(words: str) -> frozenset[str]:
    """A set of words from a text that lists them."""
    return frozenset(words.split())


PUNCTUATION = frozenset(",.?!;:…—–")
_EDGE = re.compile(r"^[\"'“”‘(\[]+|[\"'”’)\]]+$")
_TAIL = re.compile(r"^(.*?)([,.?!;:…—–]*)$")
_CONTRACTIONS = {
    "won't": "will not", "can't": "can not", "cannot": "can not", "shan't": "shall not", "let's": "let us",
    "i'm": "i am", "gonna": "going to", "wanna": "want to", "gotta": "got to", "y'all": "you all", "lets": "let us",
}  # fmt: skip
_ENDINGS = (("n't", "not"), ("'ll", "will"), ("'re", "are"), ("'ve", "have"), ("'m", "am"), ("'d", "would"))
_IS = frozenset(
    [
        "it",
        "that",
        "he",
        "she",
        "what",
        "who",
        "where",
        "when",
        "how",
        "there",
        "here",
        "this",
        "everything",
        "everyone",
        "everybody",
        "nobody",
        "one",
        "which",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word or punctuation mark and the index of the written word it comes from."""

    text: str
    word: int


def _spelt_out(word: str) -> list[str]:
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word].split()
    for ending, full in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return [word.removesuffix(ending), full]
    stem = word.removesuffix("'s")
    if stem != word:
        return [stem, "is"] if stem in _IS else [stem, "'s"]
    return [word]


def tokens_of(words: Sequence[str]) -> list[Token]:
    """Written words to tokens: lower case, contractions spelt out, possessive `'s` and punctuation as own tokens."""
    tokens: list[Token] = []
    for index, written in enumerate(words):
        match = _TAIL.match(_EDGE.sub("", written.replace("’", "'")))
        body, tail = match.groups() if match else (written, "")
        body = _EDGE.sub("", body).casefold()
        tokens += [Token(part, index) for part in (_spelt_out(body) if body else [])]
        tokens += [Token(mark, index) for mark in tail[:1]]
    return tokens


def normal_words(text: str) -> list[str]:
    """The words of a text as compared with a transcript: no case, no punctuation, contractions spelt out."""
    return list(_normal_words(text))


@lru_cache(maxsize=8192)
def _normal_words(text: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokens_of(text.split()) if token.text not in PUNCTUATION)


_SUFFIXES = (
    "ations", "ation", "ements", "ement", "ments", "ment", "ings", "ing", "ions", "ion", "als", "al", "ers", "er",
    "ies", "ied", "es", "ed", "s", "ly", "y", "e",
)  # fmt: skip
_MIN_STEM = 3


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A light English suffix stripper: brings inflections and close derivations together, nothing more."""
    base = next((word.removesuffix(suffix) for suffix in _SUFFIXES if _strips(word, suffix)), word)
    return base[:-1] if len(base) > _MIN_STEM and base[-1] == base[-2] else base


def _strips(word: str, suffix: str) -> bool:
    return word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM and not word.endswith("ss")


def _ranks(words: str, first: int = 0, step: int = 1) -> dict[str, int]:
    return {word: step * rank for rank, word in enumerate(words.split(), first)}


_UNITS = _ranks(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = _ranks("twenty thirty forty fifty sixty seventy eighty ninety", first=2, step=10)
_ORDINALS = _ranks(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth",
    first=1,
) | {"thirtieth": 30}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000, "k": 1000}
_DIGITS = re.compile(r"^[$€£]?(\d[\d,.]*)(st|nd|rd|th|%|k|m|ms|s|am|pm)?$")


def _single(word: str) -> float | None:
    if (match := _DIGITS.match(word)) is not None:
        digits = match[1].rstrip(".,")
        digits = (
            digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits) else digits.replace(",", ".")
        )
        value = float(digits) if digits.count(".") <= 1 else None
        return value * 1000 if value is not None and match[2] == "k" else value
    for table in (_UNITS, _TENS, _ORDINALS):
        if word in table:
            return float(table[word])
    head, _, tail = word.partition("-")
    if head in _TENS and (small := _UNITS.get(tail, _ORDINALS.get(tail))) is not None:
        return float(_TENS[head] + small)
    return None


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a list of words: its value and the half-open range of words that spell it."""

    value: float
    first: int
    last: int


def numbers_in(words: Sequence[str]) -> list[Number]:
    """Numbers in normalised words, spelt or in digits: `sixty eight thousand` and `68,000` have the same value."""
    found: list[Number] = []
    at = 0
    while at < len(words):
        if _single(words[at]) is None:
            at += 1
            continue
        value, end = _spelt_number(words, at)
        found.append(Number(value, at, end))
        at = end
    return found


def _spelt_number(words: Sequence[str], at: int) -> tuple[float, int]:
    total, current, last_size = 0.0, _single(words[at]) or 0.0, _size(words[at])
    at += 1
    while at < len(words):
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if word in _SCALES:
            scale = _SCALES[word]
            current = max(current, 1) * scale
            total, current = (total + current, 0.0) if scale >= 1000 else (total, current)
            last_size = scale
        elif word == "and" and last_size >= 100 and _size(following):
            pass
        elif 0 < _size(word) < last_size:
            current += _single(word) or 0.0
            last_size = _size(word)
        else:
            break
        at += 1
    return total + current, at


def _size(word: str) -> int:
    """The magnitude a spelt number word may follow in one number: units 1, tens 10; digits and others 0."""
    if word in _TENS:
        return 10
    return 1 if word in _UNITS or word in _ORDINALS else 0


def number_words(words: Iterable[str]) -> set[str]:
    """The words among these that spell numbers."""
    return {w for w in words if _single(w) is not None or w in _SCALES}

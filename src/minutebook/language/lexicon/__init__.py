"""Language packs as data: headings, word lists and the cues by which commitments, requests and decisions are known.

A pack is one TOML file. A language without one gets the English headings and no cues; how words, dates and sentences
are made is English, too, wherever a pack does not say it.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from minutebook.language.lexicon.model import Act, Cue, Feelings, FeelingWords, Lexicon
from minutebook.language.text.dates import CALENDAR_RULES, DateRule, Dates
from minutebook.language.text.words import Words, word_set

__all__ = [
    "Act",
    "Cue",
    "FeelingWords",
    "Feelings",
    "Lexicon",
    "dictations",
    "directed_at_software",
    "feelings",
    "lexicon_of",
    "synonyms",
]

_WORD_LISTS = (
    "stopwords", "negators", "address_openers", "address_followers", "thanks_words", "never_names", "everyone",
    "generic", "first_person", "roles",
)  # fmt: skip
_MACRO = re.compile(r"\{([a-z_]+)\}")


PACKS: list[Traversable] = [files(__name__)]
"""Folders that are looked into for packs, the first first."""


@lru_cache(maxsize=8)
def lexicon_of(language: str) -> Lexicon:
    """The pack of a language (ISO 639-1, also with a region: "de-AT")."""
    code = language.split("-", maxsplit=1)[0].casefold()
    found = next((pack for folder in PACKS if code.isalpha() and (pack := folder / f"{code}.toml").is_file()), None)
    if found is not None:
        return _lexicon(tomllib.loads(found.read_text(encoding="utf-8")))
    english = _read("en.toml")
    return _lexicon({"language": code, "headings": english["headings"], "stopwords": english["stopwords"]})


@lru_cache(maxsize=1)
def feelings() -> Feelings:
    """The corrections to VADER's word list, and what other languages feel with."""
    data = _read("feelings.toml")
    good, bad = (_idioms(data["idioms"][way]) for way in ("good", "bad"))
    others = {language: _feeling_words(data[language]) for language in ("de", "fr", "es")}
    return Feelings(word_set(data["neutral"]), data["felt"], good, bad, others)


@lru_cache(maxsize=8)
def synonyms(language: str) -> Mapping[str, frozenset[str]]:
    """The words that may stand for a word, by that word; none in languages without a list."""
    groups: dict[str, set[str]] = {}
    for line in _read("synonyms.toml").get(language.partition("-")[0], "").splitlines():
        words = set(line.split())
        for word in words:
            groups.setdefault(word, set()).update(words)
    return {word: frozenset(group) for word, group in groups.items()}


def _idioms(written: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_pattern(written, {}).pattern})\b", re.IGNORECASE)


def _feeling_words(data: Mapping[str, str]) -> FeelingWords:
    good, bad = (
        re.compile("|".join(re.escape(word).replace(r"\*", r"\w*") for word in data[way].split()))
        for way in ("good", "bad")
    )
    return FeelingWords(good, bad, word_set(data["negators"]), word_set(data["boosters"]))


@lru_cache(maxsize=1)
def directed_at_software() -> tuple[re.Pattern[str], ...]:
    """Patterns of speech and of markup that is meant for software, not for people."""
    data = _read("injection.toml")
    written = (*data["speech"], *data["markup"])
    return tuple(re.compile(_pattern(text, data["macros"]).pattern, re.IGNORECASE) for text in written)


@lru_cache(maxsize=1)
def dictations() -> tuple[re.Pattern[str], ...]:
    """Patterns of speech about what a note or a machine is to say, in any language."""
    return tuple(re.compile(_pattern(text, {}).pattern, re.IGNORECASE) for text in _read("injection.toml")["dictation"])


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


def _lexicon(data: Mapping[str, Any]) -> Lexicon:
    english = lexicon_of("en") if data["language"] != "en" else None
    macros = data.get("macros", {})
    talk = data.get("talk", {})
    words = Words(data["words"]) if english is None or "words" in data else english.words
    lists = {name: word_set(text) for name, text in data.get("lists", {}).items()}
    patterns = {name: _pattern(text, macros) for name, text in data.get("patterns", {}).items()}
    return Lexicon(
        language=data["language"],
        headings=data["headings"],
        words=words,
        let_us=data["let_us"] if english is None or "let_us" in data else english.let_us,
        dates=_dates(data["dates"], macros, words) if english is None or "dates" in data else english.dates,
        lists=lists if english is None else {**english.lists, **lists},
        patterns=patterns if english is None else {**english.patterns, **patterns},
        cues=tuple(
            Cue(Act(c["act"]), _pattern(c["pattern"], macros), c.get("weak", False)) for c in data.get("cue", ())
        ),
        wording=tuple((re.compile(w["pattern"], re.IGNORECASE), w.get("becomes", "")) for w in data.get("wording", ())),
        small_talk=tuple(_pattern(p, macros) for p in talk.get("small_talk", ())),
        talk_requests=_pattern(talk["requests"], macros) if "requests" in talk else None,
        phrases={name: _pattern(text, macros) for name, text in data.get("phrases", {}).items()},
        complete=data.get("complete", False),
        nouns_have_capitals=data.get("nouns_have_capitals", False),
        **{name: word_set(data[name]) for name in _WORD_LISTS if name in data},
    )


def _dates(data: Mapping[str, Any], macros: Mapping[str, str], words: Words) -> Dates:
    weekdays, months = tuple(data["weekdays"].split()), tuple(data["months"].split())
    known = {**macros, "day": _any_of(weekdays), "month": _any_of(months)}
    rules = tuple(DateRule(_pattern(r["pattern"], known), r["means"], r.get("days", 0)) for r in data["rule"])
    unknown = {rule.means for rule in rules} - set(CALENDAR_RULES)
    if unknown:
        raise ValueError(f"Date rules mean one of {', '.join(CALENDAR_RULES)}, not {', '.join(unknown)}.")
    return Dates(
        words=words,
        weekdays=weekdays,
        months=months,
        dated=_pattern(rf"\b{_any_of(data['dated'])}\b", known),
        eventful=_pattern(rf"\b{_any_of(data['eventful'])}", known),
        leading=_pattern(data["leading"], known),
        joining=_pattern(data.get("joining", r"\x20?,? ?"), known),
        aside=_pattern(data.get("aside", "(?!)"), known),
        units=data["units"],
        counts=data["counts"],
        vague=_pattern(data["vague"], known),
        vague_one=_pattern(data["vague_one"], known),
        rules=rules,
    )


def _any_of(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _pattern(text: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    joined = "".join(line.strip() for line in text.splitlines())
    while _MACRO.search(joined):
        joined = _MACRO.sub(lambda match: "".join(line.strip() for line in macros[match[1]].splitlines()), joined)
    return re.compile(joined)

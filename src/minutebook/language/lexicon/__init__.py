"""Language packs as data: headings, word lists and the cues by which commitments, requests and decisions are known.

A pack is one TOML file. A language without one gets the English headings and no cues.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from minutebook.language.lexicon.model import Act, Cue, Feelings, Lexicon

__all__ = ["Act", "Cue", "Feelings", "Lexicon", "directed_at_software", "feelings", "lexicon_of"]

_WORD_LISTS = (
    "stopwords", "negators", "address_openers", "address_followers", "thanks_words", "never_names", "everyone",
    "generic", "first_person", "roles",
)  # fmt: skip
_MACRO = re.compile(r"\{([a-z_]+)\}")


@lru_cache(maxsize=8)
def lexicon_of(language: str) -> Lexicon:
    """The pack of a language (ISO 639-1, also with a region: "de-AT")."""
    code = language.split("-", maxsplit=1)[0].casefold()
    if code.isalpha() and files(__name__).joinpath(f"{code}.toml").is_file():
        return _lexicon(_read(f"{code}.toml"))
    english = _read("en.toml")
    return Lexicon(language=code, headings=english["headings"], stopwords=_words(english["stopwords"]))


@lru_cache(maxsize=1)
def feelings() -> Feelings:
    """The corrections to VADER's word list."""
    data = _read("feelings.toml")
    return Feelings(_words(data["neutral"]), data["felt"])


@lru_cache(maxsize=1)
def directed_at_software() -> tuple[re.Pattern[str], ...]:
    """Patterns of speech and of markup that is meant for software, not for people."""
    data = _read("injection.toml")
    return tuple(re.compile(_pattern(data[name], {}).pattern, re.IGNORECASE) for name in ("speech", "markup"))


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


def _lexicon(data: Mapping[str, Any]) -> Lexicon:
    macros = data.get("macros", {})
    talk = data.get("talk", {})
    return Lexicon(
        language=data["language"],
        headings=data["headings"],
        cues=tuple(
            Cue(Act(c["act"]), _pattern(c["pattern"], macros), c.get("weak", False)) for c in data.get("cue", ())
        ),
        small_talk=tuple(_pattern(p, macros) for p in talk.get("small_talk", ())),
        talk_requests=_pattern(talk["requests"], macros) if "requests" in talk else None,
        phrases={name: _pattern(text, macros) for name, text in data.get("phrases", {}).items()},
        complete=data.get("complete", False),
        **{name: _words(data[name]) for name in _WORD_LISTS if name in data},
    )


def _pattern(text: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    joined = "".join(line.strip() for line in text.splitlines())
    while _MACRO.search(joined):
        joined = _MACRO.sub(lambda match: "".join(line.strip() for line in macros[match[1]].splitlines()), joined)
    return re.compile(joined)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())

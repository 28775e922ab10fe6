"""Who is meant by a name that is said: attendees, named voices, and people who are addressed in the talk."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice, pairwise

from minutebook.language.lexicon import Lexicon
from minutebook.language.talk.sentences import Sentence
from minutebook.transcript.model import Transcript

_DEFAULT_NAME = re.compile(r"^(?:speaker|sprecher(?:in)?|voice|locuteur|intervenant|hablante)[ _-]?\d+$", re.IGNORECASE)
_BARE = re.compile(r"^\W+|\W+$")
_SHORTEST_FUZZY = 4
_SHORTEST_NICKNAME = 3
"""Letters from which the beginning of one listed name only is taken for that name: "Cass" for Cassandra."""
_MOST_NAMES, _MOST_WORDS = 200, 5000
"""People that the talk itself names, and words that are looked at as spellings of a name: a day of talk has fewer."""
_CAPITALS = 0.01
"""Share of words with a capital below which a talk is written without them."""
_LIKENESS = 0.78
"""Ratio (difflib) from which a differently spelt word is taken for a name of the list: Whisper writes "Kayko"."""


def is_default_name(name: str) -> bool:
    """Whether a speaker's name is the one every unknown voice gets ("Speaker 2")."""
    return _DEFAULT_NAME.match(name.strip()) is not None


def bare(written: str) -> str:
    """A written word without punctuation and possessive, in its own case."""
    return _BARE.sub("", written.replace("’", "'").removesuffix("'s"))


@dataclass(frozen=True, slots=True)
class People:
    """Known people. `names` maps the key (a first name, lower case) to the name as given; `voices` maps keys to
    speaker ids where it is known who speaks; `spellings` maps words as recognised to keys."""

    names: Mapping[str, str]
    voices: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    outsiders: frozenset[str] = frozenset()
    """Keys of people who are only spoken of ("my assistant Berta")."""

    uncased: bool = False
    """Whether the talk is written without capitals, as some recognisers do."""

    def key_of(self, written: str) -> str | None:
        """The person a written word names, if any. Only capitalised words are names, where there are capitals."""
        word = bare(written)
        return self.spellings.get(word.casefold()) if self.uncased or word[:1].isupper() else None


def people_of(
    transcript: Transcript,
    sentences: Sequence[Sentence],
    attendees: Iterable[str],
    lexicon: Lexicon,
    voices: Mapping[str, str] | None = None,
) -> People:
    """Everybody the talk can name. `voices`: speaker ids to names already known (a naming proposal)."""
    listed = [*attendees, *(s.name for s in transcript.speakers if not is_default_name(s.name))]
    names = _by_first_name(listed)
    by_voice = {s.id: s.name for s in transcript.speakers if not is_default_name(s.name)} | dict(voices or {})
    known = {first_key(name): speaker for speaker, name in by_voice.items()}
    spoken = Counter(bare(word) for sentence in sentences for word in sentence.written)
    heard_as: dict[str, str] = {}
    for name in addressed_names(sentences, lexicon, spoken)[:_MOST_NAMES]:
        meant = _sounding_like(name, names)
        if meant is not None:
            heard_as[name.casefold()] = meant
        elif _listed_key(name, names) is None:
            names.setdefault(name.casefold(), name)
    outsiders = frozenset(islice(_introduced_by_role(sentences, lexicon), _MOST_NAMES)) - set(names)
    names |= {name: name.capitalize() for name in outsiders}
    spellings = dict(heard_as)
    uncased = sum(n for w, n in spoken.items() if w[:1].isupper() and w[:1] != "I") < _CAPITALS * spoken.total()
    if uncased:
        spellings |= {key: key for key in names if key in spoken and _may_be_meant(key, lexicon)}
    written = (word for word in spoken if word[:1].isupper() and _may_name(word, names, lexicon))
    for word in islice(written, _MOST_WORDS):
        if (key := _listed_key(word, names, spoken)) is not None:
            spellings[word.casefold()] = key
    return People(names, {k: v for k, v in known.items() if k in names}, spellings, outsiders, uncased)


def _introduced_by_role(sentences: Sequence[Sentence], lexicon: Lexicon) -> dict[str, None]:
    """Names after a role, in their order: "my assistant Berta", "our lawyer Mia"."""
    found: dict[str, None] = {}
    for sentence in sentences:
        for role, name in pairwise(sentence.written):
            plain = bare(name)
            known = role.casefold() in lexicon.roles and plain[:1].isupper() and plain[1:].islower() and plain.isalpha()
            if known and plain.casefold() not in lexicon.never_names:
                found[plain.casefold()] = None
    return found


def _may_be_meant(word: str, lexicon: Lexicon) -> bool:
    """Whether a word may be a name: no common word, and no such word with what it is short with ("they're")."""
    plain = lexicon.words.normal_words(word)[:1]
    return not any(w in lexicon.never_names or w in lexicon.stopwords for w in (word, *plain))


def _may_name(word: str, names: Mapping[str, str], lexicon: Lexicon) -> bool:
    lowered = word.casefold()
    return lowered in names or _may_be_meant(lowered, lexicon)


def first_key(name: str) -> str:
    """The key of a person: the first name in lower case."""
    return name.split(maxsplit=1)[0].casefold() if name.split() else ""


def _by_first_name(listed: Iterable[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in dict.fromkeys(n.strip() for n in listed if n.strip()):
        key = first_key(name)
        names[key] = name.split()[0] if key in names and names[key] != name else name
    return names


def _listed_key(word: str, names: Mapping[str, str], spoken: Mapping[str, int] | None = None) -> str | None:
    lowered = word.casefold()
    if lowered in names:
        return lowered
    if spoken is not None and spoken.get(lowered, 0):
        return None
    short_for = [key for key in names if len(lowered) >= _SHORTEST_NICKNAME and key.startswith(lowered)]
    if len(short_for) == 1:
        return short_for[0]
    scored = sorted(((_likeness(lowered, key), key) for key in names), reverse=True)
    if not scored or scored[0][0] < _LIKENESS or (len(scored) > 1 and scored[1][0] >= _LIKENESS):
        return None
    return scored[0][1]


_SOUNDS = (
    ("ph", "f"),
    ("ck", "k"),
    ("c", "k"),
    ("y", "i"),
    ("ee", "i"),
    ("ei", "ai"),
    ("ay", "ai"),
    ("z", "s"),
    ("h", ""),
)
_VOWELS = frozenset("aeiou")


def _likeness(one: str, other: str) -> float:
    if min(len(one), len(other)) < _SHORTEST_FUZZY:
        return 0.0
    one, other = _as_sounds(one), _as_sounds(other)
    if one[:1] != other[:1] and not {one[:1], other[:1]} <= _VOWELS:
        return 0.0
    matcher = SequenceMatcher(None, one, other)
    close = matcher.real_quick_ratio() >= _LIKENESS and matcher.quick_ratio() >= _LIKENESS
    return matcher.ratio() if close else 0.0


@lru_cache(maxsize=8192)
def _as_sounds(name: str) -> str:
    for letters, sound in _SOUNDS:
        name = name.replace(letters, sound)
    return name


def _sounding_like(name: str, names: Mapping[str, str]) -> str | None:
    """The one listed person with the same first sound and the same consonants as somebody who is addressed: "Caller"
    is Carla, when there is a Carla and no Caller."""
    found = [key for key in names if sounds_alike(name, key)]
    return found[0] if len(found) == 1 and name.casefold() not in names else None


def sounds_alike(one: str, other: str) -> bool:
    """Whether two names begin with the same sound and have the same consonants, at least three sounds in all."""
    return len(_consonants(one)) > 2 and _consonants(one) == _consonants(other)


@lru_cache(maxsize=8192)
def _consonants(name: str) -> str:
    sounds = _as_sounds(name.casefold())
    return sounds[:1] + "".join(sorted(set(sounds[1:]) - _VOWELS))


def addressed_names(sentences: Sequence[Sentence], lexicon: Lexicon, spoken: Mapping[str, int]) -> list[str]:
    """Capitalised words that stand where people are addressed: "Dana, how …", "…, Tom?", "Thanks, Omar."."""
    found: dict[str, None] = {}
    for sentence in sentences:
        for word in _address_slots(sentence.written, lexicon):
            plain = bare(word)
            common = spoken.get(plain.casefold(), 0) or plain.casefold() in lexicon.never_names
            if len(plain) > 1 and plain.isalpha() and plain[0].isupper() and plain[1:].islower() and not common:
                found[plain] = None
    return list(found)


def _address_slots(written: Sequence[str], lexicon: Lexicon) -> Iterable[str]:
    for i, word in enumerate(written):
        before = bare(written[i - 1]).casefold() if i else ""
        after = bare(written[i + 1]).casefold() if i + 1 < len(written) else ""
        closes_clause = i > 0 and written[i - 1].endswith(",")
        last = i == len(written) - 1
        opens = i == 0 or before in lexicon.address_openers or (closes_clause and before in lexicon.address_openers)
        if (
            (opens and word.endswith(",") and (after in lexicon.address_followers))
            or (opens and before in lexicon.thanks_words and (last or word.endswith(",")))
            or (last and closes_clause and len(written) > 2 and word.endswith("?"))
            or (opens and after in lexicon.lists["asks_after_name"] and not word.endswith(","))
        ):
            yield word

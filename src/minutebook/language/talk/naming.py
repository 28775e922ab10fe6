"""Who each voice is, from the talk itself: what it shows of each name (`signs`), weighed by a linear model.

All voices are named at once. A name belongs to one voice, so what is known of the others counts, up to the last
attendee, who is left for the last voice. A name is assigned only where hardly any other way of naming everybody is
left: one wrong name is worse than ten missing. `python -m bench.names --train` makes the weights from labelled talks.
"""

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np

from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import NameProposal
from minutebook.language.talk.matching import likelihoods
from minutebook.language.talk.mending import mended
from minutebook.language.talk.people import first_key, is_default_name, people_of
from minutebook.language.talk.sentences import Sentence, sentences_of
from minutebook.language.talk.signs import Mention, Signs
from minutebook.transcript.model import Transcript

SURE = 0.88
"""Probability from which a name is assigned: 2 of 463 were wrong, in talks by authors who had not been learnt."""
_CLAIMS = 0.95
"""Share of what a mention tells of all voices from which it is one voice's."""
STRANGER = -3.2
"""Log-odds that a voice is nobody who is listed, against its being one certain attendee."""
_MOST_NAMES = 12
"""Names that are weighed against each other: work doubles with each. Those mentioned most stay."""

Seen = Sequence[tuple[Mention, Sequence[str]]]
"""The mentions of a name, with the features that each has for a voice."""


def propose_names(transcript: Transcript, attendees: Sequence[str]) -> tuple[NameProposal, ...]:
    """For each voice the talk gives evidence on, the likeliest attendee; `assigned` only where hardly anything speaks
    against it. At most one proposal per voice; an assigned name is assigned to one voice. Voices that already have a
    name given by hand are left out, and so are their names."""
    taken = {s.id for s in transcript.speakers if not is_default_name(s.name)}
    given = {first_key(s.name) for s in transcript.speakers if s.id in taken}
    wanted = {key: name for key, name in _candidates(attendees).items() if key not in given}
    sentences = sentences_of(mended(transcript))
    seen = seen_of(transcript, sentences, attendees, wanted)
    voices = [voice for voice in dict.fromkeys(s.speaker for s in sentences) if voice not in taken]
    names = _most_mentioned(wanted, seen)
    if not names or not voices:
        return ()
    scores = np.array([[_score(seen.get((voice, name), ())) for name in names] for voice in voices])
    likely = likelihoods(scores[np.newaxis], np.full((1, len(voices)), STRANGER))[0]
    best = {voice: (names[row.argmax()], float(row.max())) for voice, row in zip(voices, likely, strict=True)}
    return tuple(_proposals(best, seen, wanted))


def seen_of(
    transcript: Transcript, sentences: Sequence[Sentence], attendees: Sequence[str], wanted: Iterable[str]
) -> Mapping[tuple[str, str], Seen]:
    """What the talk shows, by voice and wanted name; nothing for those whom it does not mention."""
    lexicon = lexicon_of(transcript.language)
    signs = Signs(sentences, people_of(transcript, sentences, attendees, lexicon), lexicon)
    voices = dict.fromkeys(s.speaker for s in sentences)
    seen: defaultdict[tuple[str, str], list[tuple[Mention, Sequence[str]]]] = defaultdict(list)
    for mention in signs.mentions(frozenset(wanted)):
        for voice in voices:
            seen[voice, mention.key].append((mention, tuple(signs.of(mention, voice))))
    return seen


def features(seen: Seen) -> dict[str, float]:
    """What is weighed of the mentions of one name for one voice: each feature by the root of the number of sentences
    that have it, because the tenth tells less than the first."""
    told = {(mention.sentence.index, name) for mention, names in seen for name in names}
    return {name: math.sqrt(many) for name, many in Counter(name for _, name in told).items()}


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, float]:
    """The weights in the package, by feature."""
    data = tomllib.loads(files(__package__).joinpath("naming.toml").read_text(encoding="utf-8"))
    return {f"{role}: {mark}": weight for role, marks in data.items() for mark, weight in marks.items()}


def _score(seen: Seen) -> float:
    """Log-odds of a voice's having a name, against its having one that nobody says."""
    return math.fsum(_weights().get(name, 0.0) * value for name, value in features(seen).items())


def _most_mentioned(names: Iterable[str], seen: Mapping[tuple[str, str], Seen]) -> list[str]:
    """The names that are weighed: those mentioned most, at most `_MOST_NAMES`."""
    count = {name: len(mentions) for (_, name), mentions in seen.items()}
    return sorted(names, key=lambda name: -count.get(name, 0))[:_MOST_NAMES]


def _candidates(attendees: Sequence[str]) -> Mapping[str, str]:
    """First names to attendees; first names that two attendees share name nobody."""
    keys = defaultdict(set)
    for name in attendees:
        if name.strip():
            keys[first_key(name)].add(name.strip())
    return {key: next(iter(names)) for key, names in keys.items() if len(names) == 1}


def _proposals(
    best: Mapping[str, tuple[str, float]], seen: Mapping[tuple[str, str], Seen], names: Mapping[str, str]
) -> Iterator[NameProposal]:
    """The likeliest names, each with the sentences that speak for it; where there are none, with what names the others.
    A voice that calls itself by two names is two people's."""
    telling = {voice: _telling(seen.get((voice, key), ())) for voice, (key, _) in best.items()}
    sure = {
        voice
        for voice, (key, likely) in best.items()
        if likely >= SURE and not _is_two(voice, seen) and _claimants(key, [*best], seen) <= {voice}
    }
    for voice, (key, likely) in best.items():
        told = telling[voice] or [s for other in best if other in sure for s in telling[other] if voice in sure]
        if told:
            evidence = tuple(sentence.evidence() for sentence in dict.fromkeys(told))
            yield NameProposal(voice, names[key], round(likely, 3), evidence, voice in sure)


def _telling(seen: Seen) -> list[Sentence]:
    return [mention.sentence for mention, told in seen if _score([(mention, told)]) > 0]


def _claimants(key: str, voices: Sequence[str], seen: Mapping[tuple[str, str], Seen]) -> set[str]:
    """The voices to which one mention of a name would give it by itself. Two of them contradict each other: two people
    answer to one name, or the recording takes one for two."""
    found = set[str]()
    for told in zip(*(seen.get((voice, key), ()) for voice in voices), strict=True):
        weight = np.exp([_score([mention]) for mention in told])
        found.update(v for v, share in zip(voices, weight / weight.sum(), strict=True) if share >= _CLAIMS)
    return found


def _is_two(voice: str, seen: Mapping[tuple[str, str], Seen]) -> bool:
    mentions = (mention for (of, _), told in seen.items() if of == voice for mention, _ in told)
    return len({m.key for m in mentions if m.introduces and m.sentence.speaker == voice}) > 1

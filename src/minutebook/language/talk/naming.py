"""Who each voice is, from the talk itself: introductions, being addressed and answering, being thanked.

Signs are added up per voice and name as log-odds, and all voices are named at once. A name belongs to one voice, so
what is known of the others counts, up to the last attendee, who is left for the last voice. A name is assigned only
where hardly any other way of naming everybody is left: one wrong name is worse than ten missing.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Evidence, NameProposal
from minutebook.language.talk.mending import mended
from minutebook.language.talk.people import first_key, is_default_name, people_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.language.talk.signs import Sign, Signs
from minutebook.transcript.model import Transcript

_SURE = 0.92
"""Probability from which a name is assigned. One good answer to one's name has it; the open meetings name nobody
wrongly from 0.8 on."""
_STRANGER = -3.2
"""Log-odds that a voice is nobody who is listed, against its being one certain attendee."""
_MOST_AGAINST = -5.0
"""Log-odds that all signs against a name come to at most: speaking of a person twice says little more."""
_MOST_NAMES = 12
"""Names that are weighed against each other: work doubles with each. Those with most signs stay."""

Scores = Mapping[str, Mapping[str, float]]
"""Log-odds by voice and name."""


def propose_names(transcript: Transcript, attendees: Sequence[str]) -> tuple[NameProposal, ...]:
    """For each voice the talk gives evidence on, the likeliest attendee; `assigned` only where hardly anything speaks
    against it. At most one proposal per voice; an assigned name is assigned to one voice. Voices that already have a
    name given by hand are left out, and so are their names."""
    sentences = sentences_of(mended(transcript))
    lexicon = lexicon_of(transcript.language)
    people = people_of(transcript, sentences, attendees, lexicon)
    taken = {s.id for s in transcript.speakers if not is_default_name(s.name)}
    given = {first_key(s.name) for s in transcript.speakers if s.id in taken}
    wanted = {key: name for key, name in _candidates(attendees).items() if key not in given}
    signs = [s for s in Signs(sentences, people, lexicon) if s.key in wanted and s.speaker not in taken]
    voices = [v for v in dict.fromkeys(s.speaker for s in sentences) if v not in taken]
    likely = likelihoods(voices, _by_signs(wanted, signs), _scores(signs))
    proposals = (_proposal(voice, likely[voice], signs, wanted) for voice in voices if likely[voice])
    return tuple(p for p in proposals if p is not None)


def likelihoods(voices: Sequence[str], names: Sequence[str], scores: Scores) -> dict[str, dict[str, float]]:
    """How likely each voice has each name, 0 to 1, over every way of giving the voices different names or none. Exact:
    sums over sets of names, from both ends of the voices (forward and backward)."""
    weights = [
        [math.exp(_STRANGER), *(math.exp(scores.get(voice, {}).get(name, 0.0)) for name in names)] for voice in voices
    ]
    ahead = [_start(names)]
    for row in weights:
        ahead.append(_given_on(ahead[-1], row))
    behind = [_start(names)]
    for row in reversed(weights):
        behind.append(_given_on(behind[-1], row))
    behind.reverse()
    found: dict[str, dict[str, float]] = {}
    for at, voice in enumerate(voices):
        mass = _masses(ahead[at], behind[at + 1], weights[at])
        total = sum(mass)
        found[voice] = {name: part / total for name, part in zip(names, mass[1:], strict=True)}
    return found


def _start(names: Sequence[str]) -> list[float]:
    return [1.0] + [0.0] * (2 ** len(names) - 1)


def _given_on(before: Sequence[float], row: Sequence[float]) -> list[float]:
    """Weights of the sets of names that are given away after one more voice has got a name, or none."""
    after = [row[0] * weight for weight in before]
    for names, weight in enumerate(before):
        if weight:
            for at, own in enumerate(row[1:]):
                if not names >> at & 1:
                    after[names | 1 << at] += weight * own
    top = max(after)
    return [weight / top for weight in after]


def _masses(before: Sequence[float], after: Sequence[float], row: Sequence[float]) -> list[float]:
    """What a voice's having no name, or each of the names, weighs."""
    size = len(before)
    below = list(after)  # becomes: sum of `after` over all subsets of a set of names
    for at in range(len(row) - 1):
        for names in range(size):
            if names >> at & 1:
                below[names] += below[names ^ 1 << at]
    mass = [0.0] * len(row)
    for names, weight in enumerate(before):
        if weight:
            free = (size - 1) ^ names
            mass[0] += weight * row[0] * below[free]
            for at, own in enumerate(row[1:]):
                if free >> at & 1:
                    mass[at + 1] += weight * own * below[free ^ 1 << at]
    return mass


def _by_signs(names: Iterable[str], signs: Sequence[Sign]) -> list[str]:
    """The names that are weighed: those with most signs, at most `_MOST_NAMES`."""
    count = {name: sum(s.key == name for s in signs) for name in names}
    return sorted(count, key=lambda name: -count[name])[:_MOST_NAMES]


def _scores(signs: Sequence[Sign]) -> Scores:
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    against: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for sign in signs:
        side = scores if sign.points > 0 else against
        side[sign.speaker][sign.key] = side[sign.speaker].get(sign.key, 0.0) + sign.points
    for speaker, names in against.items():
        for name, points in names.items():
            scores[speaker][name] = scores[speaker].get(name, 0.0) + max(points, _MOST_AGAINST)
    return scores


def _candidates(attendees: Sequence[str]) -> Mapping[str, str]:
    """First names to attendees; first names that two attendees share name nobody."""
    keys = defaultdict(set)
    for name in attendees:
        if name.strip():
            keys[first_key(name)].add(name.strip())
    return {key: next(iter(names)) for key, names in keys.items() if len(names) == 1}


def _proposal(
    speaker: str, likely: Mapping[str, float], signs: Sequence[Sign], names: Mapping[str, str]
) -> NameProposal | None:
    """The likeliest name, with the signs for it; where there are none, with what names the others."""
    key, best = max(likely.items(), key=lambda pair: pair[1])
    mine = [s for s in signs if s.speaker == speaker and s.key == key and s.points > 0]
    assigned = best >= _SURE
    if not mine and not assigned:
        return None
    others = [s for s in signs if s.speaker != speaker and s.points > 0]
    return NameProposal(speaker, names[key], round(best, 3), _distinct(mine or others), assigned)


def _distinct(signs: Sequence[Sign]) -> tuple[Evidence, ...]:
    sentences = dict.fromkeys(s.sentence for s in signs)
    return tuple(sentence.evidence() for sentence in sentences)

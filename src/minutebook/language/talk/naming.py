"""Who each voice is, from the talk itself: introductions, being addressed and answering, being thanked.

Evidence is added up per voice and name. A name is assigned only where it is clearly ahead, both among the names of the
voice and among the voices of the name: one wrong name is worse than ten missing.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import Evidence, NameProposal
from minutebook.language.talk.mending import mended
from minutebook.language.talk.people import first_key, is_default_name, people_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.language.talk.signs import Sign, Signs
from minutebook.transcript.model import Transcript

_LEAST = 2.5
"""Points from which a name is assigned."""
_MARGIN = 1.5
"""Points by which it leads every other name of the voice and every other voice of the name."""


def propose_names(transcript: Transcript, attendees: Sequence[str]) -> tuple[NameProposal, ...]:
    """For each voice the talk gives evidence on, the likeliest attendee; `assigned` only where nothing speaks against
    it. At most one proposal per voice; an assigned name is assigned to one voice. Voices that already have a name
    given by hand are left out, and so are their names."""
    sentences = sentences_of(mended(transcript))
    lexicon = lexicon_of(transcript.language)
    people = people_of(transcript, sentences, attendees, lexicon)
    wanted = _candidates(attendees)
    signs = [s for s in Signs(sentences, people, lexicon) if s.key in wanted]
    taken = {s.id for s in transcript.speakers if not is_default_name(s.name)}
    given = {first_key(s.name) for s in transcript.speakers if s.id in taken}
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for sign in signs:
        if sign.speaker not in taken and sign.key not in given:
            scores[sign.speaker][sign.key] = scores[sign.speaker].get(sign.key, 0.0) + sign.points
    proposals = (_proposal(speaker, scores, signs, wanted) for speaker in scores)
    return tuple(p for p in proposals if p is not None)


def _candidates(attendees: Sequence[str]) -> Mapping[str, str]:
    """First names to attendees; first names that two attendees share name nobody."""
    keys = defaultdict(set)
    for name in attendees:
        if name.strip():
            keys[first_key(name)].add(name.strip())
    return {key: next(iter(names)) for key, names in keys.items() if len(names) == 1}


def _proposal(
    speaker: str, scores: Mapping[str, Mapping[str, float]], signs: Sequence[Sign], names: Mapping[str, str]
) -> NameProposal | None:
    key, best = max(scores[speaker].items(), key=lambda pair: pair[1])
    if best <= 0:
        return None
    rivals = [
        *(points for other, points in scores[speaker].items() if other != key),
        *(theirs.get(key, 0.0) for voice, theirs in scores.items() if voice != speaker),
    ]
    lead = best - max([0.0, *rivals])
    mine = [s for s in signs if s.speaker == speaker and s.key == key and s.points > 0]
    against = any(s.speaker == speaker and s.key == key and s.points < 0 for s in signs)
    return NameProposal(
        speaker=speaker,
        name=names[key],
        confidence=round(1.0 / (1.0 + math.exp(-(lead - 1.5))), 3),
        evidence=_distinct(mine),
        assigned=best >= _LEAST and lead >= _MARGIN and not against,
    )


def _distinct(signs: Sequence[Sign]) -> tuple[Evidence, ...]:
    sentences = dict.fromkeys(s.sentence for s in signs)
    return tuple(sentence.evidence() for sentence in sentences)

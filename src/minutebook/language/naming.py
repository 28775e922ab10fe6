"""Who each voice is, from the talk itself: introductions, being addressed and answering, being thanked.

Evidence is added up per voice and name. A name is assigned only where it is clearly ahead, both among the names of the
voice and among the voices of the name: one wrong name is worse than ten missing.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from minutebook.language.clauses import Clause, clauses_of
from minutebook.language.lexicon import Act, Lexicon, lexicon_of
from minutebook.language.model import Evidence, NameProposal
from minutebook.language.moves import addressed
from minutebook.language.people import People, first_key, is_default_name, people_of
from minutebook.language.sentences import Sentence, sentences_of
from minutebook.language.text import normal_words
from minutebook.transcript.model import Transcript

_LEAST = 2.5
"""Points from which a name is assigned."""
_MARGIN = 1.5
"""Points by which it leads every other name of the voice and every other voice of the name."""
_POINTS = {
    "introduces": 5.0,
    "answers": 2.0,
    "accepts": 1.0,
    "assigned": 2.5,
    "thanked": 2.5,
    "greeted": 1.5,
    "replies": 0.5,
    "speaks_of": -4.0,
}
_OPENERS = re.compile(
    r"^(?:(?:hi|hello|hey|good morning|good afternoon|okay|ok|yes|yeah|sure|so|well|and|everyone|everybody|all)[ ,.]*"
    r"|(?:hi|hello|hey|good morning|welcome|thanks|thank you) ,? ?@[a-z'-]+[ ,.]*)*"
)
_INTRODUCES = re.compile(
    _OPENERS.pattern
    + r"(?:this is|i am|my name is|it is|i'm called|you can call me) (?P<who>@[a-z'-]+)(?= here| speaking|[ ,]* (?:from|and i|i |the|your|one of)| [,.]|$)"
)
_HERE = re.compile(_OPENERS.pattern + r"(?P<who>@[a-z'-]+) (?:here|speaking)\b")
_THANKS = re.compile(
    r"^(?:(?:okay|ok|great|good|perfect|right|yes|well|excellent|wonderful|and|so)[ ,.!]*)*(?:thanks|thank you|thank you very much|well done"
    r"|good point|good question|nice work|great work|great job|fair point|sorry|exactly|that is right|good to hear|great news|i agree)(?: a lot| so much| very much)?(?: with you)? ,? ?(?P<who>@[a-z'-]+)\b"
)
_GREETING = re.compile(r"^(?:(?:oh|ah|well)[ ,]*)?(?:hi|hello|hey|good morning|good afternoon|good evening)\b")
_GREETS = re.compile(_GREETING.pattern + r" ,? ?(?P<who>@[a-z'-]+)")
_ANSWERS = re.compile(
    r"^(?:(?:well|oh|um|uh|so|honestly|actually|good question|thanks|thank you|okay|to be honest)[ ,]*)*"
    r"(?:i|we|my|our|yes|yeah|yep|no|not|sure|it|that|of course|good|fine|great|very|all)\b"
)
_MENTION = re.compile(r"@[a-z'-]+")


@dataclass(frozen=True)
class _Sign:
    speaker: str
    key: str
    points: float
    sentence: Sentence


def propose_names(transcript: Transcript, attendees: Sequence[str]) -> tuple[NameProposal, ...]:
    """For each voice the talk gives evidence on, the likeliest attendee; `assigned` only where nothing speaks against
    it. At most one proposal per voice; an assigned name is assigned to one voice. Voices that already have a name
    given by hand are left out, and so are their names."""
    sentences = sentences_of(transcript)
    lexicon = lexicon_of(transcript.language)
    people = people_of(transcript, sentences, attendees, lexicon)
    wanted = _candidates(attendees)
    signs = [s for s in _signs(sentences, people, lexicon) if s.key in wanted]
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
    speaker: str, scores: Mapping[str, Mapping[str, float]], signs: Sequence[_Sign], names: Mapping[str, str]
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


def _distinct(signs: Sequence[_Sign]) -> tuple[Evidence, ...]:
    sentences = dict.fromkeys(s.sentence for s in signs)
    return tuple(sentence.evidence() for sentence in sentences)


def _signs(sentences: Sequence[Sentence], people: People, lexicon: Lexicon) -> Iterator[_Sign]:
    clauses = [clauses_of(s, people) for s in sentences]
    for sentence, parts in zip(sentences, clauses, strict=True):
        introduced = _introduced(sentence, sentences, parts)
        if introduced is not None:
            yield _Sign(sentence.speaker, introduced, _POINTS["introduces"], sentence)
        for clause in parts:
            for mention in set(_MENTION.findall(clause.norm)):
                key = mention.removeprefix("@")
                if key != introduced:
                    yield _Sign(sentence.speaker, key, _POINTS["speaks_of"], sentence)
            yield from _addressing(sentence, clause, sentences, clauses, lexicon)


def _introduced(sentence: Sentence, sentences: Sequence[Sentence], parts: Sequence[Clause]) -> str | None:
    """The name by which a speaker introduces himself or herself; "this is Ada" only at the beginning of a turn."""
    opening = sentence.index == 0 or sentences[sentence.index - 1].turn != sentence.turn
    second = sentence.index > 0 and not opening and len(sentences[sentence.index - 1].words) <= 4
    norm = parts[0].norm if parts else ""
    match = _HERE.match(norm) or _INTRODUCES.match(norm)
    if (
        match is None
        or not (opening or second or " am @" in norm or "my name" in norm)
        or ("is @" in norm and not (opening or second))
    ):
        return None
    return match["who"].removeprefix("@")


def _addressing(
    sentence: Sentence,
    clause: Clause,
    sentences: Sequence[Sentence],
    clauses: Sequence[Sequence[Clause]],
    lexicon: Lexicon,
) -> Iterator[_Sign]:
    thanked = _THANKS.match(clause.norm)
    before = _turn_before(sentences, sentence)
    if thanked is not None:
        if before is not None and _spoke_at_length(sentences, before.index):
            yield _Sign(before.speaker, thanked["who"][1:], _POINTS["thanked"], sentence)
        return
    greeted = _GREETS.match(clause.norm)
    if greeted is not None and before is not None and _greets(sentences, before):
        yield _Sign(before.speaker, greeted["who"][1:], _POINTS["greeted"], sentence)
    reply = next((s for s in sentences[sentence.index + 1 :] if s.turn == sentence.turn + 1), None)
    if reply is None:
        return
    last = sentences[reply.index - 1].index - sentence.index <= 1
    who = addressed(clause, lexicon)
    accepted = _accepts(clauses[reply.index], lexicon)
    if greeted is not None and _GREETING.match(" ".join(reply.written).casefold()):
        yield _Sign(reply.speaker, greeted["who"][1:], _POINTS["greeted"], sentence)
        return
    if who is not None and who.startswith("@") and _expects_reply(clause, sentence):
        points = _POINTS["answers"] * (1.0 if last else 0.5)
        points += _POINTS["accepts"] if accepted else _POINTS["replies"] if _ANSWERS.match(_norm(reply)) else 0.0
        yield _Sign(reply.speaker, who[1:], points, sentence)
    elif accepted and last and (who := _given_task(clause, lexicon)) is not None:
        yield _Sign(reply.speaker, who, _POINTS["assigned"], sentence)


def _turn_before(sentences: Sequence[Sentence], sentence: Sentence) -> Sentence | None:
    """The last sentence of the turn before, where this sentence opens its turn (a word or two may precede it)."""
    for earlier in sentences[max(0, sentence.index - 2) : sentence.index][::-1]:
        if earlier.turn != sentence.turn:
            return earlier
        if len(earlier.words) > 2:
            return None
    return None


def _greets(sentences: Sequence[Sentence], last: Sentence) -> bool:
    turn = (s for s in sentences[max(0, last.index - 4) : last.index + 1] if s.turn == last.turn)
    return any(_GREETING.match(" ".join(s.written).casefold()) is not None for s in turn)


def _spoke_at_length(sentences: Sequence[Sentence], last: int) -> bool:
    """Whether the turn that ends with sentence `last` says something to be thanked for."""
    turn = sentences[last].turn
    return sum(len(s.words) for s in sentences[max(0, last - 8) : last + 1] if s.turn == turn) >= 5


def _expects_reply(clause: Clause, sentence: Sentence) -> bool:
    return (
        sentence.is_question
        or "please" in clause.norm
        or re.search(r"\b(?:you|your|go ahead|over to)\b", clause.norm) is not None
    )


def _accepts(parts: Sequence[Clause], lexicon: Lexicon) -> bool:
    accepting = [c for c in lexicon.cues if c.act in (Act.ACCEPT, Act.COMMIT) and not c.weak]
    return bool(parts) and any(cue.pattern.search(parts[0].norm) for cue in accepting)


def _given_task(clause: Clause, lexicon: Lexicon) -> str | None:
    """Somebody named as the one who is to do something."""
    for cue in lexicon.cues:
        if cue.act is Act.ASSIGN and (match := cue.pattern.search(clause.norm)) is not None:
            return match["who"].removeprefix("@")
    return None


def _norm(sentence: Sentence) -> str:
    return " ".join(normal_words(sentence.text))

"""Whether cited words ask for or promise anything at all, by the linear model that has learnt what sentences do.

Phrases know the ways of promising that somebody has thought of; the model has a likelihood for every sentence. A task
in whose quotes no phrase is found, and which hardly look like a promise, a request or an acceptance, rests on nothing.
"""

from minutebook.language.lexicon import Act, Lexicon
from minutebook.language.model import Item
from minutebook.language.talk.likelihood import LANGUAGES, Label, features_of, shipped
from minutebook.language.talk.moves import moves_of
from minutebook.language.talk.people import people_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.transcript.model import Segment, Speaker, Transcript

_LEAST = 0.13
"""Likelihood below which the best sentence cited promises nothing: 1 of 59 true tasks in the cases that were read."""
_ACTS = (Act.COMMIT, Act.REQUEST, Act.ASSIGN, Act.CALL)
_MAKING = (Label.COMMIT, Label.REQUEST, Label.ACCEPT)


class Ground:
    """Checks tasks in one language."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def reason_against(self, item: Item) -> str | None:
        """Why the quotes make no task, as a sentence; None where they may."""
        if item.owner is None or self._lexicon.language not in LANGUAGES:
            return None
        segments = tuple(Segment(e.speaker, e.start, e.end, e.quote, ()) for e in item.evidence)
        voices = dict.fromkeys(s.speaker for s in segments)
        speakers = tuple(Speaker(v, f"Speaker {n}", 1.0) for n, v in enumerate(voices, 1))
        quoted = Transcript(self._lexicon.language, segments[-1].end, speakers, segments)
        sentences = sentences_of(quoted)
        people = people_of(quoted, sentences, (), self._lexicon)
        moves = moves_of(sentences, people, self._lexicon)
        if any(m.act in _ACTS and not m.weak for m in moves):
            return None
        for sentence in sentences:
            own = [m for m in moves if m.sentence is sentence]
            likely = shipped().likelihoods(features_of(sentence, people, self._lexicon, own))
            if sum(likely[label] for label in _MAKING) >= _LEAST:
                return None
        return "Nobody promises it or asks for it in the cited words."

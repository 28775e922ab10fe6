"""The default producer: notes from what was said, without a language model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from minutebook.language.items.actions import actions_of
from minutebook.language.items.binding import told
from minutebook.language.items.citing import decisive_first
from minutebook.language.items.decisions import decisions_of
from minutebook.language.items.questions import questions_of
from minutebook.language.items.salience import key_points_of, summary_of
from minutebook.language.lexicon import Lexicon, lexicon_of
from minutebook.language.lock.injection import meant_for_people
from minutebook.language.lock.verify import locked
from minutebook.language.model import Draft, Item, KeyPoint, MeetingType, Note, NoteRequest, Sentiment
from minutebook.language.talk.conversation import Conversation
from minutebook.language.talk.mending import mended
from minutebook.language.talk.moves import moves_of
from minutebook.language.talk.naming import propose_names
from minutebook.language.talk.people import People, people_of
from minutebook.language.talk.sentences import Sentence, sentences_of
from minutebook.language.talk.sentiment import sentiment_of
from minutebook.language.talk.topics import topics_of
from minutebook.language.talk.weighing import weighed
from minutebook.language.talk.wording import for_people
from minutebook.transcript.model import Transcript

_TOPICS = {
    MeetingType.GROUP: 12, MeetingType.TEAM: 10, MeetingType.DEPARTMENT: 10, MeetingType.CROSS_FUNCTIONAL: 15,
    MeetingType.ORGANIZATION: 8, MeetingType.COMPANY: 8,
}  # fmt: skip
"""How many topics a note has at most: fewer where many people read it."""


@dataclass(frozen=True)
class _Talk:
    sentences: Sequence[Sentence]
    items: Sequence[Item]
    lexicon: Lexicon
    idle: Mapping[int, float]


class ExtractiveProducer:
    """Finds decisions, actions, questions and topics by what sentences do; every line quotes its sentence."""

    @property
    def name(self) -> str:
        return "extractive"

    def summary(self, transcript: Transcript) -> str:
        talk = _talk(transcript, ())
        return summary_of(talk.sentences, talk.items, talk.lexicon.words)

    def note(self, transcript: Transcript, request: NoteRequest) -> Note:
        return finished(self.draft(transcript, request), transcript, request)

    def draft(self, transcript: Transcript, request: NoteRequest) -> Draft:
        """The items before the evidence lock."""
        talk = _talk(transcript, request.attendees)
        topics = topics_of(talk.sentences, talk.lexicon, _TOPICS[request.meeting_type], talk.idle)
        return Draft((*talk.items, *topics), self.name, _notices(transcript))

    def key_points(self, transcript: Transcript) -> tuple[KeyPoint, ...]:
        talk = _talk(transcript, ())
        return key_points_of(talk.sentences, talk.items, talk.lexicon.words)

    def sentiment(self, transcript: Transcript) -> Sentiment:
        return sentiment_of(sentences_of(mended(transcript)), transcript.language)


def finished(draft: Draft, transcript: Transcript, request: NoteRequest) -> Note:
    """The note of a draft, by the lock, each line's decisive quote first."""
    note = locked(draft, transcript, request)
    lexicon = lexicon_of(transcript.language)
    items = [decisive_first(item, lexicon) for item in note.items]
    return replace(note, items=tuple(sorted(items, key=lambda item: item.evidence[0].start)))


def _talk(heard: Transcript, attendees: Sequence[str]) -> _Talk:
    transcript = mended(heard)
    lexicon = lexicon_of(transcript.language)
    sentences = _renumbered(meant_for_people(sentences_of(transcript)))
    people = _people(transcript, sentences, attendees)
    found = weighed(moves_of(sentences, people, lexicon), sentences, people, lexicon)
    talk = Conversation(found.moves, sentences, people, lexicon, found.carriers)
    items = [*told([*decisions_of(talk), *actions_of(talk)], talk), *questions_of(found.moves, sentences, lexicon)]
    carriers = found.carriers
    idle = {s.index: carriers.idle(s.index) for s in sentences} if carriers is not None else {}
    return _Talk(sentences, [for_people(item, lexicon) for item in items], lexicon, idle)


def _renumbered(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Sentences with their place in this sequence as index."""
    return [replace(sentence, index=index) for index, sentence in enumerate(sentences)]


def _people(transcript: Transcript, sentences: Sequence[Sentence], attendees: Sequence[str]) -> People:
    """Known people, with the voices that the talk itself gives away: owners are found although nobody is named yet."""
    lexicon = lexicon_of(transcript.language)
    known = people_of(transcript, sentences, attendees, lexicon)
    proposals = propose_names(transcript, tuple(known.names.values()))
    voices = {p.speaker: p.name for p in proposals if p.assigned}
    return people_of(transcript, sentences, attendees, lexicon, voices)


def _notices(transcript: Transcript) -> tuple[str, ...]:
    if not transcript.segments:
        return ("Nothing was said in this recording.",)
    language = transcript.language.split("-")[0]
    if not lexicon_of(language).complete:
        return (
            "Decisions and action items are recognised in English, German, French and Spanish only so far; this talk "
            f"is in “{language}”. Topics and questions are complete.",
        )
    return ()

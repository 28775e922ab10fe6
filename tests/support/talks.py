"""Short talks for tests: lines "Name: words" become a transcript of unknown voices."""

from minutebook.transcript.model import Segment, Speaker, Transcript, Word

WORD_S = 0.4


def talk(text: str, *, named: bool = False, language: str = "en") -> Transcript:
    """A transcript with a word every 0.4 s; voices are called "Speaker 1", … unless `named`."""
    ids: dict[str, str] = {}
    segments = []
    at = 0.0
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        name, _, said = line.partition(": ")
        speaker = ids.setdefault(name, f"speaker_{len(ids) + 1}")
        words = tuple(
            Word(w, round(at + i * WORD_S, 2), round(at + (i + 1) * WORD_S, 2), 0.9) for i, w in enumerate(said.split())
        )
        segments.append(Segment(speaker, words[0].start, words[-1].end, said, words))
        at = words[-1].end + 0.5
    speakers = tuple(
        Speaker(id_, name if named else f"Speaker {n}", 1.0) for n, (name, id_) in enumerate(ids.items(), 1)
    )
    return Transcript(language, at, speakers, tuple(segments))

"""`python -m bench.notes`: notes of the scripted meetings against what a careful person would have written.

By default from the reference turns (seconds); `--audio DIR` takes `<name>.flac` of that folder through the speech
pipeline first. `--llm URL --model NAME` puts a language model beside the rules and tells its time and tokens. `--long`
measures a 30,000-word transcript. The matching rules are in `bench/notes_scoring.py`.
"""

import argparse
import json
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.labelled import is_kept_back
from bench.notes_scoring import Meeting, Score, load, score, total
from minutebook.config import LlmSettings
from minutebook.language.model import NoteRequest
from minutebook.language.producers.choice import producer_of
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.producers.ports import Producer
from minutebook.language.talk.naming import propose_names
from minutebook.transcript.model import Segment, Transcript, Word

MEETINGS = Path(__file__).parent.parent / "tests" / "data" / "meetings"
_HEADER = "meeting    actions   dues decisions questions  evidence        names  moods extra withdrawn  jokes"
_LONG_WORDS, _LONG_S = 30_000, 3 * 3600.0


def main() -> None:
    """Print one line per meeting and the totals."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--set", type=Path, default=MEETINGS, help="folder with *.turns.json and *.expect.json")
    options.add_argument("--kept-back", action="store_true", help="of labelled talks only those that made no weights")
    options.add_argument("--audio", type=Path, help="folder with <name>.flac: recognise instead of using the turns")
    options.add_argument("--keep", type=Path, help="folder for the transcripts of --audio; taken from there next time")
    options.add_argument("--long", action="store_true", help="measure a 3 h transcript instead")
    options.add_argument("--llm", metavar="URL", help="an OpenAI-compatible endpoint: a model beside the rules")
    options.add_argument("--model", default="", help="the model's name at that endpoint")
    options.add_argument("--verbose", action="store_true", help="list what was missed and what was extra")
    chosen = options.parse_args()
    meetings = [m for m in load(chosen.set) if not chosen.kept_back or is_kept_back(m.name)]
    if chosen.long:
        measure_long(meetings)
        return
    if chosen.audio:
        meetings = [m for m in meetings if (chosen.audio / f"{m.name}.flac").exists()]
    print(_HEADER)
    producer = producer_of(LlmSettings(base_url=chosen.llm, model=chosen.model))
    scores = [_measured(m, producer, chosen.audio, chosen.keep, chosen.verbose) for m in meetings]
    print(_line("total", total(scores)))


def _measured(meeting: Meeting, producer: Producer, audio: Path | None, keep: Path | None, verbose: bool) -> Score:
    transcript = _recognised(audio / f"{meeting.name}.flac", keep) if audio else meeting.transcript()
    request = NoteRequest(held_on=meeting.held_on, attendees=tuple(meeting.people))
    moods = {speaker: mood.label for speaker, mood in producer.sentiment(transcript).by_speaker}
    names = propose_names(transcript, meeting.people)
    began = time.perf_counter()
    note = producer.note(transcript, request)
    took = time.perf_counter() - began
    result = score(meeting, transcript, note, names, moods)
    print(_line(meeting.name, result))
    if note.usage is not None:
        print(f"    {took:.0f} s;", *note.notices)
    if verbose:
        print(*(f"    refused {u.item.text}: {u.reason}" for u in note.unsupported), sep="\n")
        print(
            *(f"    missed {text}" for text in result.missed),
            *(f"    extra  {text}" for text in result.extra),
            sep="\n",
        )
    return result


def _recognised(path: Path, keep: Path | None) -> Transcript:
    from minutebook.transcript.render import content, from_content

    kept = keep / f"{path.stem}.json" if keep else None
    if kept is not None and kept.exists():
        return from_content(json.loads(kept.read_text(encoding="utf-8")))
    transcript = _transcribed(path)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(content(transcript)), encoding="utf-8")
    return transcript


def _transcribed(path: Path) -> Transcript:
    from minutebook.config import SpeechSettings
    from minutebook.speech.media import Pcm, decode
    from minutebook.speech.pipeline import SpeechPipeline

    with tempfile.TemporaryDirectory() as folder:
        pcm = Path(folder) / "audio.pcm"
        decode(path, pcm)
        return SpeechPipeline(SpeechSettings(), Path(folder)).transcribe(Pcm(pcm))


def _line(name: str, s: Score) -> str:
    extra = sum(not text.startswith("INVENTED") for text in s.extra)
    return (
        f"{name:10} {s.actions_right:>4}/{s.actions:<3} {s.dues_right:>3}/{s.dues:<2}"
        f" {s.decisions_right:>5}/{s.decisions:<3} {s.questions_right:>5}/{s.questions:<3}"
        f" {s.evidence_right:>4}/{s.items:<4} {s.names_right:>3}/{s.voices:<2} ({s.names_wrong} wrong)"
        f" {s.moods_right:>2}/{s.moods:<2} {extra:>4}"
        f" {s.withdrawn_shown:>6}/{s.withdrawn:<3} {s.jokes_shown:>3}/{s.jokes:<2}"
    )


def measure_long(meetings: list[Meeting]) -> None:
    """A note of the meetings' turns repeated up to 30,000 words over 3 hours."""
    transcript = long_transcript(meetings)
    began = time.perf_counter()
    note = ExtractiveProducer().note(transcript, NoteRequest(held_on=meetings[0].held_on))
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    words = sum(len(s.words) for s in transcript.segments)
    size = f"{words} words, {transcript.duration_s / 3600:.1f} h"
    print(f"{size}: {len(note.items)} items in {took:.1f} s, peak {peak:.0f} MB")


def long_transcript(meetings: list[Meeting]) -> Transcript:
    """All meetings one after the other, again and again, times stretched to 3 h; a number in each round keeps it from
    being word for word the same."""
    segments: list[Segment] = []
    count, at = 0, 0.0
    first = meetings[0].transcript()
    while count < _LONG_WORDS:
        for meeting in meetings:
            for segment in meeting.transcript().segments:
                words = tuple(
                    Word(w.word, at + i * 0.35, at + i * 0.35 + 0.3, 1.0) for i, w in enumerate(segment.words)
                )
                at = words[-1].end + 0.3
                segments.append(Segment(segment.speaker, words[0].start, words[-1].end, segment.text, words))
                count += len(words)
    speakers = {s.speaker for s in segments}
    known = {s.id: s for s in first.speakers}
    shown = tuple(known.get(i) or replace(first.speakers[0], id=i, name=f"Speaker {i[-1]}") for i in sorted(speakers))
    return Transcript("en", at, shown, tuple(segments))


if __name__ == "__main__":
    main()

"""Names in the transcripts of calls: `python -m bench.calls --set FOLDER`.

Calls are made from the simulated meetings of an evaluation folder, whose turns are known: a track for each speaker with
the sound of their turns (in overlaps both tracks hold both voices, the other one fainter, as across a loudspeaker),
noise on every track, and the intervals that a platform would tell: late by an error of 0 to 1.5 s, with pauses and with
some of them missing. Each is transcribed in three ways:

- `tracks`: every participant has a track;
- `mixed`: the platform only says who speaks;
- `voices`: nobody says anything: diarization alone, its voices named by the best permutation (an oracle).

Attribution: of the words that were recognised right, the share whose speaker is right. A word without a name counts
as wrong in `right`, and not in `wrong`.
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from bench.evaluation import read_rttm
from bench.scoring import WordErrors, normalised, word_errors
from minutebook.analysis.calls import call_transcript
from minutebook.config import Settings
from minutebook.recordings.sources import Interval, Participant, Sources
from minutebook.speech.media import Pcm, decode
from minutebook.speech.pipeline import SpeechPipeline, plan_chunks
from minutebook.speech.tracks import clips_of, track_turns
from minutebook.transcript.model import Transcript, Turn

RATE = 16_000
FADE_S = 0.15
"""Sound kept around a turn in its speaker's track."""
ECHO_DB = -25.0
NOISE_DB = -62.0
MISSING = 0.07
"""Share of intervals that the platform does not tell (reference: 7% of sessions carry none)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A simulated call: mixed sound, tracks by speaker, who speaks when, and what is said if that is known."""

    name: str
    mixed: Pcm
    tracks: Mapping[str, Pcm]
    turns: Sequence[Turn]
    texts: Mapping[str, str]
    text: str


def calls(folder: Path, scratch: Path, seed: int) -> Iterator[Call]:
    """The simulated meetings of a folder as calls."""
    for file in sorted(folder.glob("sim*.flac")):
        rttm = list(read_rttm(file.with_suffix(".rttm")))
        spoken = json.loads(file.with_suffix(".turns.json").read_text(encoding="utf-8"))
        texts: dict[str, list[str]] = defaultdict(list)
        for turn in spoken:
            texts[str(turn["speaker"])].append(turn.get("text") or "")
        decode(file, scratch / f"{file.stem}.pcm")
        mixed = Pcm(scratch / f"{file.stem}.pcm")
        tracks = _tracks(mixed, rttm, scratch / file.stem, random.Random(seed))
        whole = " ".join(turn.get("text") or "" for turn in spoken).strip()
        yield Call(file.stem, mixed, tracks, rttm, {s: " ".join(t) for s, t in texts.items()}, whole)


def _tracks(mixed: Pcm, turns: Sequence[Turn], folder: Path, chance: random.Random) -> dict[str, Pcm]:
    folder.mkdir(exist_ok=True)
    sound = mixed.read()
    found = {}
    for speaker in sorted({turn.speaker for turn in turns}):
        gain = np.full(len(sound), 10 ** (ECHO_DB / 20), dtype=np.float32)
        own = np.zeros(len(sound), dtype=bool)
        for turn in turns:
            if turn.speaker == speaker:
                own[max(0, int((turn.start - FADE_S) * RATE)) : int((turn.end + FADE_S) * RATE)] = True
        gain[own] = 1.0
        noise = np.random.default_rng(chance.getrandbits(32)).normal(0, 10 ** (NOISE_DB / 20), len(sound))
        samples = np.clip((sound * gain + noise.astype(np.float32)) * 32767, -32768, 32767).astype("<i2")
        path = folder / f"{speaker}.pcm"
        path.write_bytes(samples.tobytes())
        found[speaker] = Pcm(path)
    return found


def platform_intervals(turns: Sequence[Turn], late_s: float, chance: random.Random) -> tuple[Interval, ...]:
    """What a page would tell: late by `late_s` and a jitter, some missing; its usual lag is taken off already, so
    `late_s` is the error that is left."""
    told = []
    for turn in turns:
        if chance.random() < MISSING:
            continue
        start = turn.start + late_s + chance.gauss(0, 0.15)
        end = turn.end + late_s + abs(chance.gauss(0, 0.3))
        told.append(Interval(turn.speaker, max(0.0, start), max(0.1, end), "page", 0.6))
    return tuple(told)


def with_tracks(pipeline: SpeechPipeline, call: Call, sources: Sources, tracks: Mapping[str, Pcm]) -> Transcript:
    """The stages of a call's transcription in a row."""
    chunks = plan_chunks(call.mixed.duration_s, 600.0)
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    voices = []
    for chunk in chunks:
        here = {key: pipeline.speech(track, chunk) for key, track in tracks.items()}
        voices.append(pipeline.other_voices(call.mixed, chunk, tracks, track_turns(here)))
        for key, own in here.items():
            spans[key] += own
    turns = [*track_turns(spans), *pipeline.turns(voices)]
    found = []
    for chunk in chunks:
        found += pipeline.recognise_clips(clips_of(chunk, turns, tracks, call.mixed), "en")
    return call_transcript(sources, found, turns, "en", call.mixed.duration_s)


@dataclass(frozen=True, slots=True)
class Score:
    """Words that were recognised right, and of those the ones under the right name and under a wrong one."""

    words: int
    right: int
    wrong: int
    errors: WordErrors
    cpu: float

    def __str__(self) -> str:
        right, wrong = (100 * part / max(1, self.words) for part in (self.right, self.wrong))
        wer = f"{self.errors.rate:5.1f}" if self.errors.words else "  n/a"
        return f"right {right:5.1f}%  wrong {wrong:4.1f}%  of {self.words:4d} words, WER {wer}, CPU {self.cpu:.3f}"


def score(call: Call, made: Transcript, names: Mapping[str, str], cpu_s: float) -> Score:
    """`names` maps a speaker's shown name to the reference's speaker."""
    right = wrong = counted = 0
    shown = {speaker.id: speaker.name for speaker in made.speakers}
    for segment in made.segments:
        for word in segment.words:
            middle = (word.start + word.end) / 2
            near = [t for t in call.turns if t.start - 0.2 <= middle <= t.end + 0.2]
            if not near:
                continue
            told = names.get(shown[segment.speaker])
            counted += 1
            right += told in {t.speaker for t in near}
            wrong += told is not None and told not in {t.speaker for t in near}
    errors = WordErrors()
    if call.text:
        # By speaker: words in overlaps have no order.
        for speaker, text in call.texts.items():
            heard = [s.text for s in made.segments if names.get(shown[s.speaker]) == speaker]
            errors += word_errors(text, " ".join(heard))
        unnamed = [s.text for s in made.segments if names.get(shown[s.speaker]) not in call.texts]
        errors += WordErrors(insertions=len(normalised(" ".join(unnamed))))
    return Score(counted, right, wrong, errors, cpu_s / call.mixed.duration_s)


def best_names(call: Call, made: Transcript) -> dict[str, str]:
    """The permutation of voices that is right most often."""
    shared: Counter[tuple[str, str]] = Counter()
    shown = {speaker.id: speaker.name for speaker in made.speakers}
    for segment in made.segments:
        for turn in call.turns:
            seconds = min(segment.end, turn.end) - max(segment.start, turn.start)
            if seconds > 0:
                shared[shown[segment.speaker], turn.speaker] += round(seconds * 1000)
    voices, speakers = sorted(shown.values()), sorted({turn.speaker for turn in call.turns})
    if len(voices) > 8:
        return {voice: max(speakers, key=lambda s: shared[voice, s]) for voice in voices}
    longer, shorter = (voices, speakers) if len(voices) >= len(speakers) else (speakers, voices)
    best: tuple[tuple[str, str], ...] = ()
    for order in permutations(longer, len(shorter)):
        pairs = tuple(zip(order, shorter, strict=True)) if longer is voices else tuple(zip(shorter, order, strict=True))
        if not best or sum(shared[p] for p in pairs) > sum(shared[p] for p in best):
            best = pairs
    return dict(best)


def sources_of(call: Call, late_s: float, tracks: bool, seed: int) -> Sources:
    people = tuple(Participant(s, f"Person {s}", tracks) for s in sorted(call.tracks))
    return Sources(people, platform_intervals(call.turns, late_s, random.Random(seed)))


def direct(pipeline: SpeechPipeline, call: Call) -> WordErrors:
    """WER of transcribing each source by itself: every reference turn cut out of the sound, no platform, no voices."""
    errors = WordErrors()
    for speaker, track in call.tracks.items():
        own = [Turn("@" + speaker, t.start, t.end) for t in call.turns if t.speaker == speaker]
        found = pipeline.recognise_clips(clips_of(plan_chunks(1e6, 2e6)[0], own, {speaker: track}, track), "en")
        said = " ".join(word.word for each in found for word in each.words)
        errors += word_errors(call.texts[speaker], said)
    return errors


def measure(folder: Path, models: Path, seed: int, late: Sequence[float]) -> list[dict[str, Any]]:
    settings = Settings()
    settings.speech.language, settings.speech.threads = "en", 2
    pipeline = SpeechPipeline(settings.speech, models)
    pipeline.load()
    totals: dict[str, list[Score]] = defaultdict(list)
    sources_errors = WordErrors()
    with tempfile.TemporaryDirectory(prefix="minutebook-calls-") as scratch:
        for call in calls(folder, Path(scratch), seed):
            names = {f"Person {s}": s for s in call.tracks}
            if call.text:
                sources_errors += direct(pipeline, call)
            started = time.process_time()
            sources = sources_of(call, 0.8, True, seed)
            made = with_tracks(pipeline, call, sources, call.tracks)
            totals["tracks"].append(score(call, made, names, time.process_time() - started))
            started = time.process_time()
            alone = pipeline.transcribe(call.mixed, language="en")
            totals["voices"].append(score(call, alone, best_names(call, alone), time.process_time() - started))
            recognised = _Once(pipeline)
            for late_s in late:
                started = time.process_time()
                made = recognised.transcript(call, sources_of(call, late_s, False, seed))
                totals[f"mixed, {late_s:.1f} s late"].append(score(call, made, names, time.process_time() - started))
            for kind, scores in totals.items():
                print(f"{call.name:16s} {kind:18s} {scores[-1]}", flush=True)
    print(f"\n{'sources directly':35s} WER {sources_errors.rate:.1f}")
    rows = []
    for kind, scores in totals.items():
        errors = sum((s.errors for s in scores), WordErrors())
        whole = Score(
            *(sum(getattr(s, part) for s in scores) for part in ("words", "right", "wrong")),
            errors,
            float(np.mean([s.cpu for s in scores])),
        )
        print(f"{'all':16s} {kind:18s} {whole}")
        rows.append(
            {"kind": kind, "words": whole.words, "right": whole.right, "wrong": whole.wrong, "wer": errors.rate}
        )
    return rows


class _Once:
    """Mixed sound is recognised once, whatever the platform tells of it."""

    def __init__(self, pipeline: SpeechPipeline) -> None:
        self._pipeline = pipeline
        self._found: tuple[list[Turn], list[Any]] | None = None

    def transcript(self, call: Call, sources: Sources) -> Transcript:
        if self._found is None:
            chunks = plan_chunks(call.mixed.duration_s, 600.0)
            voices = [self._pipeline.other_voices(call.mixed, chunk, {}, []) for chunk in chunks]
            turns = self._pipeline.turns(voices)
            found = [
                each
                for chunk in chunks
                for each in self._pipeline.recognise_clips(clips_of(chunk, turns, {}, call.mixed), "en")
            ]
            self._found = turns, found
        turns, found = self._found
        return call_transcript(sources, found, turns, "en", call.mixed.duration_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all simulated meetings of a folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__)
    parser.add_argument("--set", type=Path, required=True, help="evaluation folder")
    parser.add_argument("--models", type=Path, default=Settings().models_dir, help="where models are kept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--late", type=float, nargs="*", default=[0.0, 0.5, 1.0, 1.5], help="errors of lag, in s")
    options = parser.parse_args(arguments)
    measure(options.set, options.models, options.seed, options.late)


if __name__ == "__main__":
    main()

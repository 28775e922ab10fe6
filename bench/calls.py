"""Names in the transcripts of calls: `python -m bench.calls --set FOLDER`.

Calls are made from the read utterances of an evaluation folder's single speakers (`libri_*`): each speaker's sound is
divided at its pauses, and the parts are put into an order of talk in which a third of all changes of speaker overlap by
0.3 to 1.5 s. So every speaker has a track of their own, with noise and with everybody else's voice faintly and late, as
out of a loudspeaker. The platform tells intervals that are late by an error of 0 to 1.5 s, with jitter, and a part of
them not at all. Each call is transcribed in three ways:

- `tracks`: every participant has a track;
- `mixed`: the platform only says who speaks;
- `voices`: nobody says anything: diarization alone, its voices named by the best permutation (an oracle).

Attribution: of the recognised words the share whose named speaker does speak then. A word without a name counts as
neither right nor wrong. WER is by speaker; words without a name count as inserted.
"""

import argparse
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.evaluation import Item, load
from bench.scoring import WordErrors, normalised, word_errors
from minutebook.analysis.making.call import call_transcript
from minutebook.config import Settings
from minutebook.recordings.sources import Interval, Participant, Sources
from minutebook.speech.activity import BLOCK_S, own_speech, power
from minutebook.speech.media import Pcm, decode
from minutebook.speech.pipeline import SpeechPipeline, plan_chunks
from minutebook.speech.tracks import clips_of, track_turns
from minutebook.transcript.model import Transcript, Turn

RATE = 16_000
ECHO_DB = -25.0
ECHO_LATE_S = 0.25
NOISE_DB = -62.0
MISSING = 0.07
"""Share of intervals that the platform does not tell (7% of sessions carry none)."""
OVERLAPPED = 0.33
PART_S = 3.0
"""A speaker's sound is divided at the first pause after this."""


@dataclass(frozen=True, slots=True)
class Call:
    """A made call: mixed sound, tracks, turns and texts by speaker."""

    name: str
    mixed: Pcm
    tracks: Mapping[str, Pcm]
    turns: Sequence[Turn]
    texts: Mapping[str, str]


def calls(folder: Path, scratch: Path, seed: int) -> Iterator[Call]:
    """Calls of all single speakers of a folder, and of the first three."""
    spoken = [item for item in load(folder) if item.name.startswith("libri_") and item.text]
    for count in (3, len(spoken)):
        yield _call(f"call of {count}", spoken[:count], scratch / str(count), random.Random(seed + count))


def _call(name: str, items: Sequence[Item], folder: Path, chance: random.Random) -> Call:
    folder.mkdir()
    parts: dict[str, list[NDArray[np.float32]]] = {}
    for item in items:
        decode(item.audio, folder / "source.pcm")
        parts[item.name] = _parts(Pcm(folder / "source.pcm").read())
    order = [speaker for speaker, own in parts.items() for _ in own]
    chance.shuffle(order)
    turns: list[Turn] = []
    at, sounds = 1.0, {speaker: iter(own) for speaker, own in parts.items()}
    placed: list[tuple[str, float, NDArray[np.float32]]] = []
    for speaker in order:
        sound = next(sounds[speaker])
        changes = bool(turns) and turns[-1].speaker != speaker
        gap = -chance.uniform(0.3, 1.5) if changes and chance.random() < OVERLAPPED else chance.uniform(0.3, 1.0)
        at = max(at + gap, *(turn.end + 0.2 for turn in turns[-3:] if turn.speaker == speaker), 0.0)
        placed.append((speaker, at, sound))
        turns.append(Turn(speaker, at, at + len(sound) / RATE))
        at = turns[-1].end
    length = int((at + 1.0) * RATE)
    clean = {speaker: np.zeros(length, np.float32) for speaker in parts}
    for speaker, start, sound in placed:
        clean[speaker][int(start * RATE) :][: len(sound)] += sound
    texts = {item.name: item.text or "" for item in items}
    mixed = _kept(np.sum(list(clean.values()), axis=0), folder / "mixed.pcm")
    return Call(name, mixed, _tracks(clean, folder, chance), turns, texts)


def _parts(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """A speaker's sound, divided where it is quiet for 0.3 s; without its rims of silence."""
    level = np.sqrt(power(sound))
    quiet = level < 0.08 * np.quantile(level, 0.9)
    cuts, last = [0], 0
    for block in range(1, len(level) - 2):
        if quiet[block - 1 : block + 2].all() and (block - last) * BLOCK_S >= PART_S:
            cuts.append(block)
            last = block
    edges = [*(round(cut * BLOCK_S * RATE) for cut in cuts), len(sound)]
    return [_trimmed(sound[a:b]) for a, b in pairwise(edges) if (~quiet[int(a / RATE / BLOCK_S) :]).any()]


def _trimmed(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    return sound[max(0, loud[0] - 800) : loud[-1] + 1600] if len(loud) else sound


def _tracks(clean: Mapping[str, NDArray[np.float32]], folder: Path, chance: random.Random) -> dict[str, Pcm]:
    found, late = {}, round(ECHO_LATE_S * RATE)
    for speaker, own in clean.items():
        others = np.sum([sound for other, sound in clean.items() if other != speaker], axis=0)
        echo = np.concatenate([np.zeros(late, np.float32), others[:-late]]) * 10 ** (ECHO_DB / 20)
        noise = np.random.default_rng(chance.getrandbits(32)).normal(0, 10 ** (NOISE_DB / 20), len(own))
        found[speaker] = _kept(own + echo + noise, folder / f"{speaker}.pcm")
    return found


def _kept(sound: NDArray[Any], path: Path) -> Pcm:
    path.write_bytes(np.clip(sound * 32767, -32768, 32767).astype("<i2").tobytes())
    return Pcm(path)


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
    activity, voices = [], []
    for chunk in chunks:
        activity.append(pipeline.activity(call.mixed, tracks, chunk))
        voices.append(pipeline.other_voices(call.mixed, chunk, tracks))
    turns = [*track_turns(own_speech(activity)), *pipeline.turns(voices)]
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
        share = f"right {right:5.1f}%  wrong {wrong:4.1f}%  of {self.words:4d} words"
        return f"{share}, WER {self.errors.rate:5.1f}, CPU {self.cpu:.3f}"


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
    unnamed = [s.text for s in made.segments if names.get(shown[s.speaker]) not in call.texts]
    errors = WordErrors(insertions=len(normalised(" ".join(unnamed))))
    for speaker, text in call.texts.items():
        heard = [s.text for s in made.segments if names.get(shown[s.speaker]) == speaker]
        errors += word_errors(text, " ".join(heard))
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
    """Errors of transcribing each speaker's track by itself with the turns known: no platform, no voices."""
    errors = WordErrors()
    for speaker, track in call.tracks.items():
        own = [Turn("@" + speaker, t.start, t.end) for t in call.turns if t.speaker == speaker]
        found = pipeline.recognise_clips(clips_of(plan_chunks(1e6, 2e6)[0], own, {speaker: track}, track), "en")
        said = " ".join(word.word for each in found for word in each.words)
        errors += word_errors(call.texts[speaker], said)
    return errors


WAYS = ("sources", "tracks", "voices", "mixed")


def measure(folder: Path, models: Path, seed: int, late: Sequence[float], ways: Sequence[str]) -> None:
    """Print a line per call and way, and the sums."""
    settings = Settings()
    settings.speech.language, settings.speech.threads = "en", 2
    pipeline = SpeechPipeline(settings.speech, models)
    pipeline.load()
    totals: dict[str, list[Score]] = defaultdict(list)
    known = WordErrors()
    with tempfile.TemporaryDirectory(prefix="minutebook-calls-") as scratch:
        for call in calls(folder, Path(scratch), seed):
            if "sources" in ways:
                known += direct(pipeline, call)
            for way, made, names, cpu_s in _ways(pipeline, call, seed, late, ways):
                totals[way].append(score(call, made, names, cpu_s))
                print(f"{call.name:16s} {way:18s} {totals[way][-1]}", flush=True)
    if "sources" in ways:
        print(f"{'all':16s} {'sources directly':18s} WER {known.rate:.1f}")
    for way, scores in totals.items():
        whole = Score(
            sum(each.words for each in scores),
            sum(each.right for each in scores),
            sum(each.wrong for each in scores),
            sum((each.errors for each in scores), WordErrors()),
            float(np.mean([each.cpu for each in scores])),
        )
        print(f"{'all':16s} {way:18s} {whole}")


def _ways(
    pipeline: SpeechPipeline, call: Call, seed: int, late: Sequence[float], ways: Sequence[str]
) -> Iterator[tuple[str, Transcript, Mapping[str, str], float]]:
    """Each way's transcript, its speakers by their shown names, and processor seconds."""
    names = {f"Person {speaker}": speaker for speaker in call.tracks}
    if "tracks" in ways:
        started = time.process_time()
        made = with_tracks(pipeline, call, sources_of(call, 0.8, True, seed), call.tracks)
        yield "tracks", made, names, time.process_time() - started
    if "voices" in ways:
        started = time.process_time()
        made = pipeline.transcribe(call.mixed, language="en")
        yield "voices", made, best_names(call, made), time.process_time() - started
    recognised = _Once(pipeline)
    for late_s in late if "mixed" in ways else ():
        started = time.process_time()
        made = recognised.transcript(call, sources_of(call, late_s, False, seed))
        yield f"mixed, {late_s:.1f} s late", made, names, time.process_time() - started


class _Once:
    """Mixed sound is recognised once, whatever the platform tells of it."""

    def __init__(self, pipeline: SpeechPipeline) -> None:
        self._pipeline = pipeline
        self._found: tuple[list[Turn], list[Any]] | None = None

    def transcript(self, call: Call, sources: Sources) -> Transcript:
        if self._found is None:
            chunks = plan_chunks(call.mixed.duration_s, 600.0)
            voices = [self._pipeline.other_voices(call.mixed, chunk, {}) for chunk in chunks]
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
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS, help="what is measured; all otherwise")
    options = parser.parse_args(arguments)
    measure(options.set, options.models, options.seed, options.late, options.ways)


if __name__ == "__main__":
    main()

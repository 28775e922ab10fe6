"""How often the language of a short clip is heard right, beside plain faster-whisper: `python -m bench.language`.

English clips are cut from an evaluation folder (`--set`), those of other languages from what espeak-ng says of
`bench/data/spoken_languages.toml`. Ours is the way of a recording (who speaks when, then the language of that speech),
plain what faster-whisper's `transcribe` does: detection on the clip's first 30 s. Writes a table to `bench/results/`.
"""

import argparse
import subprocess
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.evaluation import load
from bench.report import table
from bench.speech import RESULTS
from minutebook.config import Settings, SpeechSettings
from minutebook.speech.media import Pcm, decode
from minutebook.speech.pipeline import SpeechPipeline, plan_chunks
from minutebook.speech.ports import SAMPLE_RATE, Audio
from minutebook.speech.weights import locate
from minutebook.transcript.model import Turn

LENGTHS_S = (3, 5, 8, 12, 20)
TEXTS = Path(__file__).parent / "data" / "spoken_languages.toml"
VOICES = ("", "+f3")
"""Voices that read every text."""
LEAST_SPEECH = 0.6
"""Share of an English clip in which somebody speaks, where that is known."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of speech whose language is known."""

    language: str
    seconds: int
    audio: Audio


def english(folder: Path, every_s: float, lengths_s: Sequence[int], scratch: Path) -> Iterator[Clip]:
    """Clips of each length from all recordings of a folder, one every so many seconds."""
    for item in load(folder):
        sound = decoded(item.audio, scratch)
        for seconds in lengths_s:
            for start in np.arange(0, len(sound) / SAMPLE_RATE - seconds, every_s).tolist():
                if item.turns is None or _spoken(item.turns, start, start + seconds) >= LEAST_SPEECH * seconds:
                    yield Clip("en", seconds, _cut(sound, start, seconds))


def synthetic(voices: int, lengths_s: Sequence[int], scratch: Path) -> Iterator[Clip]:
    """Clips of each length from espeak-ng's voices: from the beginning, and, by a second voice, from as late as
    the text allows."""
    for language, row in tomllib.loads(TEXTS.read_text(encoding="utf-8")).items():
        for variant in VOICES[:voices]:
            wav = scratch / "said.wav"
            voice = row.get("voice", language) + variant
            subprocess.run(["espeak-ng", "-v", voice, "-s", "145", "-w", str(wav), row["text"]], check=True)
            sound = decoded(wav, scratch)
            for seconds in lengths_s:
                latest = max(0.0, len(sound) / SAMPLE_RATE - seconds - 0.5)
                yield Clip(language, seconds, _cut(sound, latest if variant else 0.0, seconds))


def decoded(file: Path, scratch: Path) -> Audio:
    """The sound of a file."""
    decode(file, scratch / "audio.pcm")
    return Pcm(scratch / "audio.pcm").read()


def _spoken(turns: Sequence[Turn], start: float, end: float) -> float:
    return sum(max(0.0, min(turn.end, end) - max(turn.start, start)) for turn in turns)


def _cut(sound: Audio, start: float, seconds: float) -> Audio:
    return sound[round(start * SAMPLE_RATE) : round((start + seconds) * SAMPLE_RATE)]


def ours(models: Path, threads: int, scratch: Path) -> Callable[[Audio], str]:
    """The way of a recording up to its language."""
    pipeline = SpeechPipeline(SpeechSettings(threads=threads), models)
    pipeline.load()

    def heard(audio: Audio) -> str:
        path = scratch / "clip.pcm"
        path.write_bytes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
        pcm = Pcm(path)
        turns = pipeline.turns([pipeline.voices(pcm, chunk) for chunk in plan_chunks(pcm.duration_s, 600.0)])
        return pipeline.language(pcm, turns).code

    return heard


def plain(models: Path, threads: int) -> Callable[[Audio], str]:
    """faster-whisper's own detection."""
    from faster_whisper import WhisperModel

    model: Any = WhisperModel(str(locate("base", models)), device="cpu", compute_type="int8", cpu_threads=threads)
    return lambda audio: str(model.detect_language(audio)[0])


def measure(clips: Sequence[Clip], systems: dict[str, Callable[[Audio], str]]) -> tuple[str, str]:
    """Two tables: languages by lengths, and what was heard instead."""
    right: dict[tuple[str, int, str], list[bool]] = defaultdict(list)
    wrong: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for clip in clips:
        for name, heard in systems.items():
            code = heard(clip.audio)
            right[clip.language, clip.seconds, name].append(code == clip.language)
            if code != clip.language:
                wrong[clip.language, clip.seconds, name].append(code)
    languages = list(dict.fromkeys(clip.language for clip in clips))
    rows = [(language, [language]) for language in languages]
    if len(languages) > 1:
        rows.append(("all but English", [each for each in languages if each != "en"]))
    lengths_s = sorted({clip.seconds for clip in clips})
    lines = [[label, *(_cell(right, codes, length, systems) for length in lengths_s)] for label, codes in rows]
    head = ["language", *(f"{length} s: {' / '.join(systems)}" for length in lengths_s)]
    faults = [
        [code, str(length), name, " ".join(sorted(instead))] for (code, length, name), instead in sorted(wrong.items())
    ]
    return table(head, lines), table(["language", "s", "system", "heard instead"], faults)


def _cell(
    right: dict[tuple[str, int, str], list[bool]], codes: Sequence[str], length: int, systems: Sequence[str] | Any
) -> str:
    counted = {name: [each for code in codes for each in right[code, length, name]] for name in systems}
    counts = " / ".join(str(sum(each)) for each in counted.values())
    return f"{counts} of {max(len(each) for each in counted.values())}"


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.language", description=__doc__)
    parser.add_argument("--set", type=Path, help="evaluation folder of English recordings")
    parser.add_argument("--every", type=float, default=7.5, help="seconds between English clips of one length")
    parser.add_argument("--voices", type=int, default=2, help="how many voices of espeak-ng; 0: English alone")
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS_S, help="seconds of a clip")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", type=Path, default=Settings().models_dir, help="where models are kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="minutebook-bench-") as name:
        scratch = Path(name)
        clips = list(english(options.set, options.every, options.lengths, scratch)) if options.set else []
        clips += list(synthetic(options.voices, options.lengths, scratch))
        systems = {
            "minutebook": ours(options.models, options.threads, scratch),
            "plain": plain(options.models, options.threads),
        }
        began = time.monotonic()
        tables = measure(clips, systems)
    RESULTS.mkdir(exist_ok=True)
    page = "\n\n".join([*tables, f"{len(clips)} clips in {time.monotonic() - began:.0f} s."]) + "\n"
    (RESULTS / "language.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()

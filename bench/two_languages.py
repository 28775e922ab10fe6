"""Meetings in two languages: how many words are written in the wrong one: `python -m bench.two_languages --set FOLDER`.

Turns of an English recording (with known turns) alternate with sentences that espeak-ng says in another language, or
sentences of two languages with each other. A word counts as wrong when it lies in speech of the other language than its
turn was recognised in.
"""

import argparse
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from itertools import chain, cycle
from pathlib import Path

import numpy as np

from bench.evaluation import load
from bench.language import TEXTS, decoded
from bench.report import table
from minutebook.config import Settings, SpeechSettings
from minutebook.speech.languages import turns_by_language
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import Chunk, SpeechPipeline
from minutebook.speech.ports import SAMPLE_RATE, Audio

Said = tuple[str, Audio]
PAUSE = np.zeros(round(0.4 * SAMPLE_RATE), np.float32)


def english(folder: Path, name: str, scratch: Path) -> Iterator[Said]:
    """The turns of a recording that are 3 to 15 s long."""
    item = next(item for item in load(folder) if item.name == name)
    sound = decoded(item.audio, scratch)
    for turn in item.turns or ():
        if 3.0 <= turn.end - turn.start <= 15.0:
            yield "en", sound[round(turn.start * SAMPLE_RATE) : round(turn.end * SAMPLE_RATE)]


def synthetic(language: str, scratch: Path) -> Iterator[Said]:
    """The sentences of a language, in turns by two voices."""
    row = tomllib.loads(TEXTS.read_text(encoding="utf-8"))[language]
    for sentence, variant in zip(re.split(r"(?<=[.。।]) *", row["text"]), cycle(("+m3", "+f2")), strict=False):
        if sentence:
            wav = scratch / "said.wav"
            voice = row.get("voice", language) + variant
            subprocess.run(["espeak-ng", "-v", voice, "-s", "145", "-w", str(wav), sentence], check=True)
            yield language, decoded(wav, scratch)


def meeting(first: Sequence[Said], second: Sequence[Said], each: int, length_s: float) -> list[Said]:
    """Turns of the first language, after each so many of them one of the second."""
    ours, theirs, said = cycle(first), cycle(second), list[Said]()
    while sum(len(sound) for _, sound in said) < length_s * SAMPLE_RATE:
        said += [*(next(ours) for _ in range(each)), next(theirs)]
    return said


def measure(pipeline: SpeechPipeline, said: Sequence[Said], scratch: Path) -> tuple[int, int, int, int, str]:
    """Words in the wrong language and words by language of the speech, and what was heard."""
    audio = np.concatenate(list(chain.from_iterable((sound, PAUSE) for _, sound in said)))
    path = scratch / "meeting.pcm"
    path.write_bytes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    pcm, main = Pcm(path), said[0][0]
    chunk = Chunk(0, 0.0, pcm.duration_s)
    turns = pipeline.turns([pipeline.voices(pcm, chunk)])
    heard = pipeline.language(pcm, turns)
    ends = np.cumsum([len(sound) + len(PAUSE) for _, sound in said]) / SAMPLE_RATE
    counts = {code: [0, 0] for code, _ in said}
    for code, its in turns_by_language(turns, heard.code, heard.elsewhere):
        for each in pipeline.recognise(pcm, chunk, its, code):
            for word in each.words:
                spoken = said[min(int(np.searchsorted(ends, (word.start + word.end) / 2)), len(said) - 1)][0]
                counts[spoken][0] += code != spoken
                counts[spoken][1] += 1
    (other,) = set(counts) - {main}
    codes = " ".join([heard.code, *sorted({each.code for each in heard.elsewhere})])
    return (counts[main][0], counts[main][1], counts[other][0], counts[other][1], codes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.two_languages", description=__doc__)
    parser.add_argument("--set", type=Path, required=True, help="evaluation folder")
    parser.add_argument("--recording", default="sim3_dev", help="the English recording")
    parser.add_argument("--pairs", nargs="*", default=["en-de", "en-fr", "de-es", "pl-en"])
    parser.add_argument("--each", type=int, nargs="*", default=[1, 4], help="turns of the first language per other")
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--models", type=Path, default=Settings().models_dir, help="where models are kept")
    options = parser.parse_args()
    pipeline = SpeechPipeline(SpeechSettings(threads=2), options.models)
    lines = []
    with tempfile.TemporaryDirectory(prefix="minutebook-bench-") as name:
        scratch = Path(name)

        def speech(code: str) -> list[Said]:
            return list(english(options.set, options.recording, scratch) if code == "en" else synthetic(code, scratch))

        for pair in options.pairs:
            first, second = (speech(code) for code in pair.split("-"))
            for each in options.each:
                found = measure(pipeline, meeting(first, second, each, options.seconds), scratch)
                share = 100 * (found[0] + found[2]) / max(1, found[1] + found[3])
                lines.append([f"{pair} {each}:1", *map(str, found[:4]), f"{share:.1f}", found[4]])
                print(lines[-1], flush=True)
    head = ["meeting", "wrong, first", "words", "wrong, second", "words", "wrong %", "heard"]
    print(table(head, lines))


if __name__ == "__main__":
    main()

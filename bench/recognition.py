"""How word errors depend on the parameters of recognition: `python -m bench.recognition --set FOLDER [--only NAME…]`.

Diarization runs once per recording; then each setting recognises all recordings with known words. Writes a table to
`bench/results/`.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.evaluation import load
from bench.report import table
from bench.scoring import WordErrors, word_errors
from bench.speech import RESULTS
from minutebook.config import Settings, SpeechSettings
from minutebook.speech.diarization import Diarizer, speaker_turns
from minutebook.speech.engines.faster_whisper import DEFAULT, FasterWhisperEngine, Parameters
from minutebook.speech.engines.whisper_decoder import WhisperDecoder
from minutebook.speech.media import Pcm, decode
from minutebook.speech.pipeline import asked_again
from minutebook.speech.ports import Audio, Recognised
from minutebook.speech.units import DEFAULT as UNITS
from minutebook.speech.units import Chunk, UnitRules, quietest_moment, units_of
from minutebook.speech.weights import locate
from minutebook.transcript.merge import Heard, merge
from minutebook.transcript.model import Turn


@dataclass(frozen=True, slots=True)
class Setting:
    """One change to the defaults."""

    name: str
    parameters: Parameters = DEFAULT
    rules: UnitRules = UNITS
    hot_words: tuple[str, ...] = ()
    asked_again: bool = False


FOREIGN = (
    "Siobhan O'Rourke", "Krzysztof Wojciechowski", "Priya Venkataraman", "Joaquín Ibáñez", "Thandiwe Mokoena",
    "Bjørn Haugland", "Yusuf Demirtaş", "Mei-Ling Zhao", "Quarterly forecast", "Kubernetes",
)  # fmt: skip
"""Attendees, title and vocabulary of a meeting in which none of them is named."""


def _searching(name: str, **change: Any) -> Setting:
    first, *others = DEFAULT.searches
    return Setting(name, replace(DEFAULT, searches=(replace(first, **change), *others)))


def _limited(name: str, **change: Any) -> Setting:
    return Setting(name, replace(DEFAULT, limits=replace(DEFAULT.limits, **change)))


SETTINGS = (
    Setting("as shipped"),
    *(_searching(f"margin {seconds:g} s", margin_s=seconds) for seconds in (1.0, 1.5, 1.8, 2.2, 3.0, 4.0)),
    *(_searching(f"{beams} beams", beam_size=beams) for beams in (1, 2, 4, 5)),
    *(Setting(f"context {s:g} s", replace(DEFAULT, context_s=s)) for s in (0.2, 0.315, 0.385, 0.5)),
    *(Setting(f"join gap {s:g} s", rules=replace(UNITS, join_gap_s=s)) for s in (0.6, 1.08, 1.32, 2.0)),
    *(Setting(f"longest unit {s:g} s", rules=replace(UNITS, longest_s=s)) for s in (15.0, 25.2)),
    *(Setting(f"rest {s:g} s", replace(DEFAULT, rest_s=s)) for s in (1.08, 1.32)),
    Setting("no second look at the rest of a turn", replace(DEFAULT, rounds=1)),
    *(_limited(f"log-probability {p:g}", mean_logprob=p) for p in (-0.72, -0.88)),
    *(_limited(f"compression ratio {r:g}", compression_ratio=r) for r in (2.16, 2.64)),
    Setting("names that nobody says, told before", hot_words=FOREIGN),
    Setting("names that nobody says", hot_words=FOREIGN, asked_again=True),
    Setting("no second search", replace(DEFAULT, searches=DEFAULT.searches[:1])),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A recording with its text and the turns that diarization found."""

    text: str
    audio: Audio
    turns: Sequence[Turn]


def cases(folder: Path, only: Sequence[str] | None, threads: int) -> list[Case]:
    """The recordings with known words, diarized."""
    diarizer, found = Diarizer(threads), []
    for item in load(folder):
        if item.text is None or (only and item.name not in only):
            continue
        with TemporaryDirectory(prefix="minutebook-bench-") as scratch:
            decode(item.audio, Path(scratch) / "audio.pcm")
            pcm = Pcm(Path(scratch) / "audio.pcm")
            audio = pcm.read()
        turns = speaker_turns([diarizer.voices(audio, 0.0, 0.0, pcm.duration_s)])
        found.append(Case(item.text, audio, turns))
    return found


def measure(decoder: WhisperDecoder, setting: Setting, cases: Sequence[Case]) -> list[str]:
    """Recognise all recordings with one setting: a line of the table."""
    engine = FasterWhisperEngine(decoder, setting.parameters)
    errors, seconds, cpu = WordErrors(), 0.0, time.process_time()
    for case in cases:
        units = units_of(Chunk(0, 0.0, len(case.audio) / 16_000), case.turns, _quietest(case.audio), setting.rules)
        found = engine.recognise(case.audio, 0.0, units, "en", () if setting.asked_again else setting.hot_words)
        if setting.asked_again:
            found = asked_again(found, units, setting.hot_words, partial(_again, engine, case.audio))
        heard = [Heard(each.turn, each.words) for each in found]
        text = " ".join(segment.text for segment in merge(heard, case.turns))
        errors += word_errors(case.text, text)
        seconds += len(case.audio) / 16_000
    factor = (time.process_time() - cpu) / seconds
    counts = [errors.deletions, errors.insertions, errors.longest_deletion]
    line = [setting.name, f"{errors.rate:.2f}", *map(str, counts), f"{factor:.3f}"]
    print(" · ".join(line), flush=True)
    return line


def _again(
    engine: FasterWhisperEngine, audio: Audio, turns: Sequence[Turn], expected: Sequence[str]
) -> list[Recognised]:
    return engine.recognise(audio, 0.0, turns, "en", expected)


def _quietest(audio: Audio) -> Callable[[float, float], float]:
    return lambda start, end: start + quietest_moment(audio[int(start * 16_000) : int(end * 16_000)])


def main() -> None:
    """Measure every setting on a folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.recognition", description=__doc__)
    parser.add_argument("--set", type=Path, required=True, help="evaluation folder")
    parser.add_argument("--only", nargs="*", help="names of recordings; all with words otherwise")
    parser.add_argument("--settings", nargs="*", help="names of settings; all otherwise")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", type=Path, default=Settings().models_dir, help="where models are kept")
    options = parser.parse_args()
    decoder = WhisperDecoder(locate(SpeechSettings().model, options.models), options.threads)
    found = cases(options.set, options.only, options.threads)
    wanted = [each for each in SETTINGS if not options.settings or each.name in options.settings]
    lines = [measure(decoder, setting, found) for setting in wanted]
    RESULTS.mkdir(exist_ok=True)
    head = ["setting", "WER %", "deleted", "inserted", "longest run deleted", "CPU real-time factor"]
    (RESULTS / f"recognition-{options.set.resolve().name}.md").write_text(table(head, lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

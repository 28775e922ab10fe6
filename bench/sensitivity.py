"""What happens to diarization when its parameters move: `python -m bench.sensitivity [--set DIR]… [--change 0.1]`.

Prints two markdown tables: the default parameters on every recording, and every parameter made smaller and larger, with
the diarization error rate (±0.25 s) of each kind of recording and how many recordings got another number of voices than
the default gives. The networks run once for each set of parameters they depend on; the rest works on what they found.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench import evaluation
from bench.scoring import diarization_errors
from minutebook.speech.diarization import ChunkVoices, DiarizationParameters, Diarizer, speaker_turns
from minutebook.speech.media import Pcm, decode

NETWORK = ("step_s", "onset", "min_piece_s", "max_piece_s")
"""Parameters that decide what the networks are run on."""


@dataclass(frozen=True, slots=True)
class Score:
    """One recording under one set of parameters; errors are (seconds wrong, seconds of reference) by collar."""

    kind: str
    voices: int
    true_voices: int | None
    errors: Mapping[str, tuple[float, float]]


class Recordings:
    """Decoded evaluation recordings and what the networks found in them, by the parameters they depend on."""

    def __init__(self, folders: Sequence[Path], scratch: Path, threads: int) -> None:
        self.items = [item for folder in folders for item in evaluation.load(folder)]
        self._threads = threads
        self._found: dict[tuple[float, ...], dict[str, ChunkVoices]] = {}
        self._pcm = {item.name: scratch / f"{item.name}.pcm" for item in self.items}
        for item in self.items:
            decode(item.audio, self._pcm[item.name])

    def scores(self, parameters: DiarizationParameters) -> dict[str, Score]:
        """The score of every recording."""
        found = self._voices(parameters)
        return {item.name: _score(item, found[item.name], parameters) for item in self.items}

    def _voices(self, parameters: DiarizationParameters) -> dict[str, ChunkVoices]:
        key = tuple(getattr(parameters, name) for name in NETWORK)
        if key not in self._found:
            diarizer = Diarizer(self._threads, parameters)
            self._found[key] = {name: _whole(diarizer, Pcm(file)) for name, file in self._pcm.items()}
        return self._found[key]


def _whole(diarizer: Diarizer, pcm: Pcm) -> ChunkVoices:
    return diarizer.voices(pcm.read(0.0, pcm.duration_s), 0.0, 0.0, pcm.duration_s)


def _score(item: evaluation.Item, voices: ChunkVoices, parameters: DiarizationParameters) -> Score:
    turns = speaker_turns([voices], None, parameters)
    count = len({turn.speaker for turn in turns})
    if item.turns is None:
        return Score(item.kind, count, None, {})
    true = len({turn.speaker for turn in item.turns})
    return Score(item.kind, count, true, diarization_errors(item.turns, turns, voices.end_s))


def variations(change: float) -> Iterator[tuple[str, DiarizationParameters]]:
    """Every parameter made smaller and larger by the share `change`, one at a time."""
    default = DiarizationParameters()
    for field in fields(default):
        value = getattr(default, field.name)
        for factor in (1 - change, 1 + change):
            yield f"{field.name} = {value * factor:.4g}", replace(default, **{field.name: value * factor})


def pooled(scores: Mapping[str, Score], collar: str) -> dict[str, float]:
    """The error rate in percent of each kind of recording: all its seconds of error over all its seconds of speech."""
    sums: dict[str, list[float]] = {}
    for score in scores.values():
        if score.errors:
            total = sums.setdefault(score.kind, [0.0, 0.0])
            total[0] += score.errors[collar][0]
            total[1] += score.errors[collar][1]
    return {kind: 100 * wrong / length for kind, (wrong, length) in sums.items()}


def _print_default(scores: Mapping[str, Score], collars: Sequence[str]) -> None:
    print("| recording | voices found | in reference |", " | ".join(f"DER {collar}" for collar in collars), "|")
    print("|---|---|---|" + "---|" * len(collars))
    for name, score in scores.items():
        rates = [f"{100 * score.errors[c][0] / score.errors[c][1]:.1f}" if score.errors else "" for c in collars]
        print(f"| {name} | {score.voices} | {score.true_voices or ''} |", " | ".join(rates), "|")
    by_collar = [pooled(scores, collar) for collar in collars]
    for kind in by_collar[0]:
        print(f"| **all {kind}** | | |", " | ".join(f"**{rates[kind]:.1f}**" for rates in by_collar), "|")


def _print_variations(recordings: Recordings, base: Mapping[str, Score], collar: str, change: float) -> None:
    kinds = list(pooled(base, collar))
    print(f"\n| parameter (DER {collar}) |", " | ".join(kinds), "| another number of voices |")
    print("|---|" + "---|" * len(kinds) + "---|")
    for name, parameters in [("default", DiarizationParameters()), *variations(change)]:
        scores = recordings.scores(parameters)
        rates = pooled(scores, collar)
        other = [
            f"{item} {base[item].voices} → {s.voices}" for item, s in scores.items() if s.voices != base[item].voices
        ]
        print(
            f"| {name} |", " | ".join(f"{rates[k]:.1f}" for k in kinds), f"| {', '.join(other) or 'none'} |", flush=True
        )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--set", dest="folders", type=Path, action="append", help="evaluation folder; may be repeated")
    parser.add_argument("--change", type=float, default=0.1, help="share by which parameters move (default: 0.1)")
    parser.add_argument("--threads", type=int, default=2, help="processor threads of the networks (default: 2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        recordings = Recordings(options.folders or [Path("../shared/eval/dev")], Path(scratch), options.threads)
        base = recordings.scores(DiarizationParameters())
        collars = list(next(score.errors for score in base.values() if score.errors))
        _print_default(base, collars)
        _print_variations(recordings, base, collars[0], options.change)


if __name__ == "__main__":
    main()

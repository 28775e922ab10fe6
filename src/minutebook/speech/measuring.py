"""What a model costs on this machine: `python -m minutebook.speech.measuring NAME FOLDER THREADS`.

Measured in a process of its own, so that its memory is the model's, on half a minute of speech that travels with the
package (`speech.ogg`, the beginning of the project's own sample meeting: synthetic voices).
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from minutebook.config import SpeechSettings
from minutebook.errors import Kind, MinutebookError
from minutebook.speech.catalogue.choice import named
from minutebook.speech.catalogue.entries import Entry
from minutebook.transcript.model import Turn

FIGURES: Final = "measured.json"
UNIT_S: Final = 10.0
_LONGEST_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Cost:
    """How many seconds of sound are recognised in a second, processor seconds per second of sound, and the most memory
    that the process held (MB)."""

    times_real_time: float
    cpu: float
    peak_mb: float


def measured(entry: Entry, models_dir: Path) -> Cost | None:
    """What was measured earlier on this machine."""
    figures = _figures(models_dir).get(entry.name)
    try:
        return Cost(**figures) if figures else None
    except TypeError:
        return None


def measured_now(entry: Entry, models_dir: Path, threads: int) -> Cost:
    """Measure, and keep it for later."""
    command = [sys.executable, "-m", "minutebook.speech.measuring", entry.name, str(models_dir), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)  # noqa: S603 -- own
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise MinutebookError(Kind.UNAVAILABLE, "model_broken", f"The model {entry.name} does not work: {said[0]}")
    cost = Cost(**json.loads(done.stdout))
    kept = {**_figures(models_dir), entry.name: asdict(cost)}
    (models_dir / FIGURES).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return cost


def _figures(models_dir: Path) -> dict[str, dict[str, float]]:
    with suppress(OSError, ValueError):
        found = json.loads((models_dir / FIGURES).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def main(name: str, models_dir: str, threads: str) -> None:
    """Recognise the sample and print what that cost."""
    import resource

    from minutebook.speech.engines import open_engine
    from minutebook.speech.media import Pcm, decode

    with tempfile.TemporaryDirectory() as folder, as_file(files(__package__) / "speech.ogg") as sample:
        decoded = Path(folder) / "speech.pcm"
        seconds = decode(sample, decoded).duration_s
        audio = Pcm(decoded).read()
    engine = open_engine(named(name, SpeechSettings(threads=int(threads))), Path(models_dir))
    turns = [Turn("A", at * UNIT_S, (at + 1) * UNIT_S - 0.5) for at in range(int(seconds / UNIT_S))]
    began, cpu = time.perf_counter(), time.process_time()
    engine.recognise(audio, 0.0, turns, "en")
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    heard = len(turns) * UNIT_S
    print(json.dumps(asdict(Cost(round(heard / wall, 2), round(cpu / heard, 4), round(peak_mb, 1)))))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])

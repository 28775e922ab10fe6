"""A recording of hours through `minutebook process`: peak memory, and whether the speed stays the same to the end.

    python -m bench.long_recording [--hours 3] [--set FOLDER]

The recording is the folder's files (else the sample meeting) in a loop. Prints peak resident memory of the process, and
for each tenth of the recording how fast it went (in seconds of recording per second of work) and how much memory was
held, as a figure and as a bar.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from support.audio import joined, looped

SAMPLE = Path(__file__).parents[1] / "samples" / "launch.flac"
TENTHS = 10
LOOK_EVERY_S = 1.0
BAR_MB = 25.0
"""Memory that one sign of a bar stands for."""


class Look(NamedTuple):
    """Seconds since the start, the share of the recording that is done, and the memory held then (MB)."""

    at_s: float
    fraction: float
    rss_mb: float


def progress_of(database: Path) -> float:
    """Seconds transcribed so far, as the process itself reports them."""
    if not database.exists():
        return 0.0
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        try:
            row = connection.execute("select fraction from reports where type = 'transcription'").fetchone()
        except sqlite3.OperationalError:
            return 0.0
    return float(row[0]) if row else 0.0


def memory_mb(pid: int, field: str) -> float:
    """Resident memory of a running process in MB: `VmRSS` now, `VmHWM` at most until now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def tenths(looks: Sequence[Look], duration_s: float) -> list[str]:
    """A line for each tenth of the recording: speed, the most memory held in it, a bar of that."""
    lines = []
    for tenth in range(1, TENTHS + 1):
        first = next((n for n, look in enumerate(looks) if look.fraction >= (tenth - 1) / TENTHS), len(looks) - 1)
        last = next((n for n, look in enumerate(looks) if look.fraction >= tenth / TENTHS), len(looks) - 1)
        speed = duration_s / TENTHS / max(looks[last].at_s - looks[first].at_s, LOOK_EVERY_S)
        held = max(look.rss_mb for look in looks[first : last + 1])
        bar = "#" * round(held / BAR_MB)
        lines.append(f"tenth {tenth:2}: {speed:5.1f} s of recording per second, {held:5.0f} MB {bar}")
    return lines


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=3.0)
    options.add_argument("--set", type=Path, default=None, help="folder with recordings (FLAC)")
    chosen = options.parse_args()
    duration_s = chosen.hours * 3600
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = joined(sorted(chosen.set.glob("*.flac")), folder / "once.flac") if chosen.set else SAMPLE
        recording = looped(clip, folder / "long.flac", duration_s)
        command = [sys.executable, "-m", "minutebook", "process", str(recording), "--json"]
        command += ["--attendee", "Ada Lovelace <ada@example.com>", "--data-dir", str(folder / "data")]
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
        peak, looks = 0.0, [Look(0.0, 0.0, 0.0)]
        while process.poll() is None:
            peak = max(peak, memory_mb(process.pid, "VmHWM"))
            done = progress_of(folder / "data" / "minutebook.db")
            looks.append(Look(time.monotonic() - started, done, memory_mb(process.pid, "VmRSS")))
            time.sleep(LOOK_EVERY_S)
        took = time.monotonic() - started
    looks.append(Look(took, 1.0, 0.0))
    print(f"exit code {process.returncode}; {duration_s:.0f} s of recording in {took:.0f} s; peak RSS {peak:.0f} MB")
    print("\n".join(tenths(looks, duration_s)))


if __name__ == "__main__":
    main()

"""A recording of hours through `minutebook process`: peak memory, and whether the speed stays the same to the end.

    python -m bench.long_recording [--hours 3] [--set FOLDER]

The recording is the folder's files (else the sample meeting) in a loop. Prints peak resident memory of the process and
seconds of recording per second of work in each tenth of the recording.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support.audio import joined, looped

SAMPLE = Path(__file__).parents[1] / "samples" / "launch.flac"
TENTHS = 10
LOOK_EVERY_S = 1.0


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


def peak_rss_mb(pid: int) -> float:
    """Peak resident memory of a running process, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


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
        peak, reached = 0.0, [(0.0, 0.0)]
        while process.poll() is None:
            peak = max(peak, peak_rss_mb(process.pid))
            reached.append((time.monotonic() - started, progress_of(folder / "data" / "minutebook.db")))
            time.sleep(LOOK_EVERY_S)
        took = time.monotonic() - started
    print(f"exit code {process.returncode}; {duration_s:.0f} s of recording in {took:.0f} s; peak RSS {peak:.0f} MB")
    for tenth in range(1, TENTHS + 1):
        before, after = (
            next((at for at, fraction in reached if fraction >= edge), took)
            for edge in ((tenth - 1) / TENTHS, tenth / TENTHS)
        )
        speed = duration_s / TENTHS / max(after - before, LOOK_EVERY_S)
        print(f"  tenth {tenth}: {speed:.1f} s of recording per second")


if __name__ == "__main__":
    main()

"""Accuracy and speed against plain faster-whisper: `python -m bench.speech --set FOLDER`.

Both systems hear the same recordings in the same run, each in a process of its own, one after the other per recording.
Writes tables (Markdown), a plot (PNG) and all figures (JSON) to `bench/results/`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import report
from bench.evaluation import Item, load
from bench.systems import SYSTEMS, Outcome
from minutebook.config import Settings
from minutebook.speech.media import decode

RESULTS = Path(__file__).parent / "results"


def measure(item: Item, models: Path, threads: int) -> report.Row:
    """Decode one recording, run every system on it, score."""
    with tempfile.TemporaryDirectory(prefix="minutebook-bench-") as scratch:
        pcm = Path(scratch) / "audio.pcm"
        decoded = decode(item.audio, pcm)
        outcomes = {system: _run(system, pcm, models, threads) for system in SYSTEMS}
    row = report.score(item, decoded.duration_s, outcomes)
    wers = ", ".join(f"{name} WER {errors.rate:.1f}" for name, errors in row.words.items())
    cpus = ", ".join(f"{name} CPU {seconds / row.duration_s:.3f}" for name, seconds in row.cpu_s.items())
    print(f"{item.name}: {wers or 'no words known'}; {cpus}", flush=True)
    return row


def _run(system: str, pcm: Path, models: Path, threads: int) -> Outcome:
    command = [sys.executable, "-m", "bench.systems", system, str(pcm), str(models), str(threads)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    outcome: Outcome = json.loads(finished.stdout)
    return outcome


def machine() -> str:
    """Processor and versions; nothing that names the machine."""

    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [line for line in info.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    versions = f"{instruction_set()}; Python {platform.python_version()}, CTranslate2 {version('ctranslate2')}"
    return f"{os.cpu_count()} × {cpu}; {versions}"


def instruction_set() -> str:
    """The kernels that CTranslate2 runs: those it was told, else the best that it and the processor have."""
    if forced := os.environ.get("CT2_FORCE_CPU_ISA"):
        return f"{forced} (forced)"
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    flags = {flag for line in lines if line.startswith("flags") for flag in line.split()}
    sets = (("AVX512", {"avx512f", "avx512bw", "avx512dq", "avx512vl"}), ("AVX2", {"avx2", "fma"}), ("AVX", {"avx"}))
    return next((name for name, needed in sets if needed <= flags), platform.machine())


def write(rows: Sequence[report.Row], name: str, threads: int) -> Path:
    """Save tables, plot and figures; returns the page."""
    RESULTS.mkdir(exist_ok=True)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    report.plot(rows, RESULTS / f"speech-{name}.png")
    figures = {"when": when, "machine": machine(), "threads": threads, "recordings": [asdict(row) for row in rows]}
    (RESULTS / f"speech-{name}.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    page = RESULTS / f"speech-{name}.md"
    parts = [
        f"Measured {when} on {machine()}; {threads} threads; set `{name}`, {len(rows)} recordings.",
        report.summary(rows),
        report.by_kind(rows),
        report.by_recording(rows),
    ]
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a whole evaluation folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.speech", description=__doc__)
    parser.add_argument("--set", type=Path, required=True, help="evaluation folder")
    parser.add_argument("--only", nargs="*", help="names of recordings; all otherwise")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", type=Path, default=Settings().models_dir, help="where models are kept")
    options = parser.parse_args(arguments)
    items = [item for item in load(options.set) if not options.only or item.name in options.only]
    rows = [measure(item, options.models, options.threads) for item in items]
    page = write(rows, options.set.resolve().name, options.threads)
    print(page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

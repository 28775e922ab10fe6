"""Recognition on every kind of processor: CTranslate2 picks its kernels by instruction set, and words may differ."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.audio import looped
from support.speech import SAMPLE, sample_word_error_rate

SECONDS = 7.5
NEEDS: dict[str, set[str]] = {
    "GENERIC": set(),
    "AVX2": {"avx2", "fma"},
    "AVX512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
}
"""Names as `CT2_FORCE_CPU_ISA` takes them, with the processor's flags that they need."""


def flags() -> set[str]:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return {flag for line in lines if line.startswith("flags") for flag in line.split()}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return looped(SAMPLE, tmp_path_factory.mktemp("clip") / "clip.flac", SECONDS)


@pytest.mark.parametrize("instructions", NEEDS)
def test_words_are_found_with_every_instruction_set(instructions: str, clip: Path) -> None:
    if not NEEDS[instructions] <= flags():
        pytest.skip(f"this processor has no {instructions}")
    forced = {
        "CT2_FORCE_CPU_ISA": instructions,
        "MINUTEBOOK_SPEECH__MODEL": "tiny.en",
        "MINUTEBOOK_DATA_DIR": str(clip.parent),
    }
    done = subprocess.run(
        [sys.executable, "-m", "minutebook", "transcribe", str(clip), "--format", "txt", "--no-diarize"],
        env=os.environ | forced,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sample_word_error_rate(done.stdout.partition(":")[2], SECONDS) <= 20.0

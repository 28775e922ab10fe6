"""Memory that native code frees: kept for its next use, and given back."""

import platform
import resource
import subprocess
import sys

import pytest

from minutebook.speech import memory

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")

KEPT = """
import resource, sys
from minutebook.speech.memory import give_back, keep_for_reuse
if sys.argv[1] == "kept":
    keep_for_reuse()
size = 30_000_000
first = bytes([1]) * size
del first
if sys.argv[2] == "given back":
    give_back()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
again = bytes([1]) * size
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_cleared(*how: str) -> int:
    """Pages that the system cleared for a block of 30 MB that had been used and freed before."""
    run = subprocess.run([sys.executable, "-c", KEPT, *how], capture_output=True, text=True, check=True)
    return int(run.stdout)


def test_a_large_block_that_was_freed_is_used_again_until_it_is_given_back() -> None:
    least = 30_000_000 // resource.getpagesize() // 2
    assert pages_cleared("kept", "until now") < least / 10
    assert pages_cleared("kept", "given back") > least
    assert pages_cleared("as it was", "until now") > least


def test_elsewhere_nothing_is_asked_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("ctypes.CDLL", lambda _: pytest.fail("the C library was asked"))
    memory.keep_for_reuse()
    memory.give_back()


HELD = """
import ctypes
import numpy as np
from minutebook.config import Settings
from minutebook.speech.engines.whisper_decoder import WhisperDecoder
from minutebook.speech.weights import locate

FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Info
decoder, held = WhisperDecoder(locate("base", Settings().models_dir), 1), []
for step in range(60):
    decoder.language_probabilities([np.zeros(8_000 + 320 * step, np.float32)], 0.2)
    held.append(library.mallinfo2().uordblks + library.mallinfo2().hblkhd)
print(held[59] - held[19])
"""


def test_sound_of_ever_new_lengths_holds_no_more_memory() -> None:
    """What is compiled for a length was kept for a thousand of them: 13 MB more for these forty."""
    run = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 4_000_000

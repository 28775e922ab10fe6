"""Recordings as sound: decoded in a process of its own, read in pieces."""

from minutebook.speech.media.decode import Decoded, Probe, decode, probe, write_preview
from minutebook.speech.media.limits import DEFAULT, DecodeLimits
from minutebook.speech.media.pcm import Pcm, part_path, peaks

__all__ = [
    "DEFAULT",
    "DecodeLimits",
    "Decoded",
    "Pcm",
    "Probe",
    "decode",
    "part_path",
    "peaks",
    "probe",
    "write_preview",
]

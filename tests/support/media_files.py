"""Files for tests: real recordings in every accepted format, and the hostile corpus.

`HOSTILE[name](folder)` writes a hostile file and returns its path; upload it under its own name, declared as
`media_type_for(path)`. The names in `ACCEPTED_HOSTILE` still hold sound and must decode.
"""

from support.hostile_files import ACCEPTED_HOSTILE, HOSTILE
from support.recording_files import (
    EXTENSIONS,
    RECIPES,
    media_type_for,
    tone,
    write_all_formats,
    write_recording,
)
from support.wav_files import wav

__all__ = [
    "ACCEPTED_HOSTILE",
    "EXTENSIONS",
    "HOSTILE",
    "RECIPES",
    "media_type_for",
    "tone",
    "wav",
    "write_all_formats",
    "write_recording",
]

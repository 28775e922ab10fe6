"""Files for tests: real recordings in every accepted format."""

from support.recording_files import (
    EXTENSIONS,
    RECIPES,
    media_type_for,
    tone,
    write_all_formats,
    write_recording,
)

__all__ = ["EXTENSIONS", "RECIPES", "media_type_for", "tone", "write_all_formats", "write_recording"]

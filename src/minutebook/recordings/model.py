"""A recording: the media of a meeting as it arrived, and where its bytes are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.text import clean_line

FILENAME_MAX = 255
NUM_SPEAKERS_MAX: Final = 100
NOT_READY: Final = "not_ready"


@dataclass(frozen=True, slots=True)
class Recording:
    """The active recording of a meeting. `size` is in bytes; `duration_s` is None until the file was probed;
    `language` is the spoken language as the user gave it, None when it is to be detected; `num_speakers` is how many
    voices there are at most, as the user gave it; `sound_removed_at` is when the file was removed by its age, while
    what was made of it stayed. `origin` says where a recording came from that nobody handed over, in a sentence."""

    id: str
    meeting_id: str
    owner_id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    storage_key: str
    created_at: datetime
    duration_s: float | None = None
    language: str | None = None
    sound_removed_at: datetime | None = None
    num_speakers: int | None = None
    origin: str | None = None

    def check_sound(self, kind: Kind) -> None:
        """`sound_removed`, of this kind, for a recording whose file went by its age."""
        if self.sound_removed_at is not None:
            message = f"The sound was removed on {self.sound_removed_at:%Y-%m-%d}, by its age. What was said is kept."
            raise MinutebookError(kind, "sound_removed", message)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way in: its name, the media type it declares, its bytes as they come."""

    filename: str
    content_type: str | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is stored whole but belongs to no meeting yet; `id` becomes the recording's."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    storage_key: str


def checked_num_speakers(told: int | str | None) -> int | None:
    """How many voices there are at most, as a user tells it; None for None and for an empty text. Raises
    `num_speakers_invalid`."""
    text = str(told if told is not None else "").strip()
    if not text:
        return None
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if not 1 <= number <= NUM_SPEAKERS_MAX:
        message = f"`num_speakers` is how many voices there are at most: a number from 1 to {NUM_SPEAKERS_MAX}."
        raise invalid("num_speakers_invalid", message, "num_speakers")
    return number


FOLDER: Final = "recordings/"
"""How the keys of all that is stored for recordings begin."""


def prefix_of(recording_id: str) -> str:
    """Everything that is stored for a recording has a key under this prefix."""
    return f"{FOLDER}{recording_id}/"


def original_key(recording_id: str, extension: str) -> str:
    """Where the file itself is kept."""
    return f"{prefix_of(recording_id)}original.{extension}"


def preview_key(recording_id: str) -> str:
    """Where the web-playable audio is kept."""
    return f"{prefix_of(recording_id)}derived/preview.m4a"


def peaks_key(recording_id: str) -> str:
    """Where the waveform's peaks are kept."""
    return f"{prefix_of(recording_id)}derived/peaks.json"


def work_prefix(recording_id: str, report_id: str, attempt: int) -> str:
    """Where the intermediate results of one attempt at a report are kept while it is made."""
    return f"{prefix_of(recording_id)}work/{report_id}/{attempt}/"


def checked_filename(filename: str | None) -> str:
    """The file's own name, without any folder, made safe to show; raises `filename_required`."""
    own = PurePosixPath(clean_line(filename or "", "file", at_most=4096).replace("\\", "/")).name
    if not own or own in {".", ".."}:
        raise invalid("filename_required", "The part `file` must carry the recording's file name.", "file")
    stem, dot, extension = own.rpartition(".")
    if len(own) > FILENAME_MAX and dot:
        return f"{stem[: FILENAME_MAX - 1 - len(extension[:16])]}.{extension[:16]}"
    return own[:FILENAME_MAX]


def not_ready(what: str) -> MinutebookError:
    """Something that the pipeline has not made yet, or could not make."""
    return MinutebookError(
        Kind.CONFLICT,
        NOT_READY,
        f"The {what} is not available yet: it is made while the recording is transcribed. "
        "Look at the reports' status and ask again.",
        retryable=True,
    )

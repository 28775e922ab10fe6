"""The recordings that a PAXS server accepts, by extension, and the media type each part must carry."""

from collections.abc import Iterable
from pathlib import PurePath

from minutebook.client.errors import UnsupportedFormat

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mpa": "audio/mpeg",
    "aac": "audio/aac",
    "opus": "audio/opus",
    "m4a": "audio/mp4",
    "mpeg": "video/mpeg",
    "mp4": "video/mp4",
    "flv": "video/x-flv",
    "webm": "video/webm",
    "wmv": "video/x-ms-wmv",
    "3gp": "video/3gpp",
}
ACCEPTED = ", ".join(extension.upper() for extension in MEDIA_TYPES)


def extension_of(name: str) -> str:
    """The lower-case extension without its dot; empty when there is none."""
    return PurePath(name).suffix.removeprefix(".").lower()


def is_accepted(name: str) -> bool:
    """Whether a file of this name may be uploaded."""
    return extension_of(name) in MEDIA_TYPES


def media_type_of(name: str) -> str:
    """The media type to declare for a file of this name; `UnsupportedFormat` for any other extension."""
    check_names([name])
    return MEDIA_TYPES[extension_of(name)]


def extension_for(media_type: str) -> str | None:
    """The first extension that carries this media type (parameters such as charset are ignored)."""
    bare = media_type.partition(";")[0].strip().lower()
    return next((extension for extension, known in MEDIA_TYPES.items() if known == bare), None)


def check_names(names: Iterable[str]) -> None:
    """Refuse the whole list when one name is not accepted, naming every offender and what is accepted."""
    refused = [name for name in names if not is_accepted(name)]
    if refused:
        raise UnsupportedFormat(
            f"Not a format that can be processed: {', '.join(refused)}. Accepted are {ACCEPTED}.", field="file"
        )

"""What the user names on the command line: files and addresses, checked before anything starts."""

from pathlib import Path
from urllib.parse import urlsplit

from minutebook.errors import invalid
from minutebook.recordings.formats import MediaFormat, accepted_format, media_type_of

HEAD_BYTES = 4096


def is_url(text: str) -> bool:
    """Whether the argument is an address rather than a path."""
    return urlsplit(text).scheme in {"http", "https"}


def local_recording(path: Path) -> MediaFormat:
    """The format of a local file; an error with a sentence when it is missing, unreadable or no recording."""
    if not path.is_file():
        raise invalid("file_not_found", f"{path} is not a file.", "file")
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise invalid("file_unreadable", f"{path} cannot be read: {error.strerror}.", "file") from None
    return accepted_format(path.name, media_type_of(path.name), head)

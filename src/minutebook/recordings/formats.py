"""The recordings that are accepted: their names, their media types and how their bytes begin. A table and rules on it.

A file's extension, its declared media type and its bytes must agree. Kin agree: an MP4 without a picture may call
itself audio, an MPA file may hold any MPEG layer. Media types come from the IANA registry and from what browsers,
operating systems and curl send.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from minutebook.errors import MinutebookError, invalid
from minutebook.recordings.signatures import Content, contents_of

HEAD_BYTES = 4096
"""How much of a file's beginning `accepted_format` wants to see."""

UNDECLARED = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-unknown"})
SHOWN_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """One accepted format. Extensions carry their dot; the first media type is the one we answer with; `contents`
    are the kinds of bytes that a file of this format may hold."""

    name: str
    kind: Literal["audio", "video"]
    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    contents: frozenset[Content]

    @property
    def media_type(self) -> str:
        """The media type by which files of this format are served."""
        return self.media_types[0]


def _format(
    name: str, kind: Literal["audio", "video"], extensions: str, media_types: str, *contents: Content
) -> MediaFormat:
    return MediaFormat(name, kind, tuple(extensions.split()), tuple(media_types.split()), frozenset(contents))


ACCEPTED: tuple[MediaFormat, ...] = (
    _format(
        "MP3",
        "audio",
        ".mp3",
        "audio/mpeg audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg-3 audio/x-mpeg audio/mpg audio/x-mpg",
        Content.MPEG_AUDIO,
    ),
    _format(
        "WAV",
        "audio",
        ".wav .wave",
        "audio/wav audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav",
        Content.WAV,
    ),
    _format("FLAC", "audio", ".flac", "audio/flac audio/x-flac", Content.FLAC),
    _format(
        "MPA",
        "audio",
        ".mpa",
        "audio/mpeg audio/mpa audio/x-mpa audio/mp2 audio/x-mp2 audio/x-mpeg audio/mpg video/mpeg",
        Content.MPEG_AUDIO,
    ),
    _format(
        "AAC",
        "audio",
        ".aac",
        "audio/aac audio/x-aac audio/aacp audio/x-hx-aac-adts audio/vnd.dlna.adts audio/mp4",
        Content.ADTS,
        Content.MP4,  # some telephones name their MP4 recordings .aac
    ),
    _format(
        "Opus", "audio", ".opus", "audio/opus audio/ogg audio/x-opus audio/x-opus+ogg application/ogg", Content.OPUS
    ),
    _format(
        "M4A",
        "audio",
        ".m4a",
        "audio/mp4 audio/x-m4a audio/m4a audio/mp4a-latm audio/aac audio/x-aac video/mp4",
        Content.MP4,
    ),
    _format(
        "MPEG",
        "video",
        ".mpeg .mpg",
        "video/mpeg video/mpg video/x-mpeg video/x-mpg video/mp2p video/mp2t audio/mpeg",
        Content.MPEG_PROGRAM,
        Content.MPEG_TRANSPORT,
        Content.MPEG_VIDEO,
        Content.MPEG_AUDIO,  # messengers name voice notes .mpeg
    ),
    _format(
        "MP4", "video", ".mp4", "video/mp4 video/x-m4v video/x-mp4 audio/mp4 audio/x-m4a application/mp4", Content.MP4
    ),
    _format("FLV", "video", ".flv", "video/x-flv video/flv application/x-flv", Content.FLV),
    _format("WebM", "video", ".webm", "video/webm audio/webm video/x-matroska audio/x-matroska", Content.EBML),
    _format(
        "WMV",
        "video",
        ".wmv",
        "video/x-ms-wmv video/x-ms-asf application/vnd.ms-asf audio/x-ms-wmv",
        Content.ASF,
    ),
    _format(
        "3GP",
        "video",
        ".3gp .3gpp",
        "video/3gpp audio/3gpp video/3gp audio/3gp video/3gpp2 audio/3gpp2 video/mp4 audio/mp4",
        Content.MP4,
    ),
)

BY_EXTENSION = {extension: accepted for accepted in ACCEPTED for extension in accepted.extensions}
FORMAT_NAMES = ", ".join(accepted.name for accepted in ACCEPTED)


def format_of_name(filename: str) -> MediaFormat:
    """The format that a file's name promises; `unsupported_format` when it is none of ours."""
    extension = _extension(filename)
    accepted = BY_EXTENSION.get(extension)
    if accepted is None:
        what = f"{extension!r} files are" if extension else "A file without an extension is"
        raise _refusal("unsupported_format", f"{what} not accepted ({_shown(filename)}).")
    return accepted


def media_type_of(filename: str) -> str:
    """The media type to declare for a file of this name; `unsupported_format` when it is none of ours."""
    return format_of_name(filename).media_type


def accepted_format(filename: str, content_type: str | None, head: bytes) -> MediaFormat:
    """The format of an upload whose name, declared type and first `HEAD_BYTES` bytes agree.

    Raises `unsupported_format`, `media_type_missing`, `media_type_mismatch`, `file_empty` or `content_mismatch`, all
    on the field `file` and all naming the accepted formats.
    """
    accepted = check_declared(filename, content_type)
    if not head:
        raise _refusal("file_empty", f"{_shown(filename)} is empty (0 bytes).")
    found = contents_of(head[:HEAD_BYTES])
    if not found & accepted.contents:
        looks = " or ".join(sorted(content.value for content in found)) or "something else"
        raise _refusal(
            "content_mismatch",
            f"{_shown(filename)} is named as {accepted.name}, but its bytes are {looks}. Give the file its right "
            "extension and media type.",
        )
    return accepted


def check_declared(filename: str, content_type: str | None) -> MediaFormat:
    """The format of a file that is still to come, by its name and its declared type, which have to agree.

    Raises `unsupported_format`, `media_type_missing` or `media_type_mismatch`.
    """
    accepted = format_of_name(filename)
    _check_media_type(accepted, filename, content_type)
    return accepted


def _check_media_type(accepted: MediaFormat, filename: str, content_type: str | None) -> None:
    declared = (content_type or "").split(";")[0].strip().lower()
    example = f"`file=@{_shown(filename)};type={accepted.media_type}`"
    if declared in UNDECLARED:
        raise _refusal("media_type_missing", f"The file part carries no media type. Send it, as in {example}.")
    if declared not in accepted.media_types:
        raise _refusal(
            "media_type_mismatch",
            f"{_shown(filename)} is named as {accepted.name}, but declared as {_shown(declared)}. Send {example}.",
        )


def _extension(filename: str) -> str:
    return PurePath(filename.replace("\\", "/").replace("\0", "")).suffix.lower()


def _shown(text: str) -> str:
    """User text as it may stand in a message: one line, bounded."""
    line = "".join(character if character.isprintable() else "?" for character in text)
    return line if len(line) <= SHOWN_NAME_CHARS else line[: SHOWN_NAME_CHARS - 1] + "…"


def _refusal(code: str, what: str) -> MinutebookError:
    return invalid(code, f"{what} Accepted formats: {FORMAT_NAMES}.", "file")

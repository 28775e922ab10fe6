"""How long a file says it is, where FFmpeg does not tell. Runs in the child process only.

FFmpeg corrects or drops a header's claim when the file is shorter, and estimates where there is none; a cut file can
only be recognised by the claim itself.
"""

import struct
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 64 * 1024
TAIL_BYTES = 128 * 1024
XING_TAGS = (b"Xing", b"Info", b"VBRI")
XING_SEARCH_BYTES = 4096
MOST_CHUNKS = 1000

OPEN_ENDED_BYTES = 0x7FFFFFFF - 64 * 1024
"""Programs that stream WAV put a size near 2 or 4 GiB where they cannot know it."""

ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ASF_BROADCAST = 1

OGG_LAST_PAGE = 0x04

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
MOST_BOXES = 100_000

CONTAINERS_WITH_DURATION = frozenset({"w64", "flac", "flv", MP4, "matroska,webm"})


def declared_duration(path: Path, container: str, known_s: float | None) -> float | None:
    """The length in seconds that the header states, None when it states none. `known_s` is what FFmpeg found, which
    may be an estimate."""
    with path.open("rb") as file:
        if container == "wav":
            return _wav(file) or known_s
        if container == "asf":
            return _asf(file.read(HEAD_BYTES))
        if container == "mp3":
            return known_s if _has_length_tag(file) else None
    return known_s if container in CONTAINERS_WITH_DURATION else None


def lacks_end(path: Path, container: str) -> bool:
    """Whether a file stops without what should end it: an Ogg stream without its last page (RFC 3533 section 6), an
    MP4 inside a box, or behind the head of a fragment whose sound is not there (ISO/IEC 14496-12, 4.2 and 8.8)."""
    if container not in {"ogg", MP4}:
        return False
    size = path.stat().st_size
    with path.open("rb") as file:
        return _inside_a_box(file, size) if container == MP4 else _without_last_page(file, size)


def _without_last_page(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    page = tail.rfind(b"OggS")
    return page >= 0 and len(tail) > page + 5 and not tail[page + 5] & OGG_LAST_PAGE


def _inside_a_box(file: BinaryIO, size: int) -> bool:
    at, kind = 0, b""
    for _ in range(MOST_BOXES):
        if at == size:
            return kind == b"moof"
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return True
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1:
            if len(head) < 16:
                return True
            length = struct.unpack(">Q", head[8:])[0]
        if length < 8 or not kind.isascii():
            # The last box may go on to the end (0); anything else is no box, and nothing can be said.
            return False
        at += length
        if at > size:
            return True
    return False


def _wav(file: BinaryIO) -> float | None:
    """The size of the sample chunk by the bytes per second, both as the header states them."""
    file.seek(12)
    bytes_per_s = 0
    for _ in range(MOST_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return None
        name, size = struct.unpack("<4sI", header)
        if name == b"data":
            return size / bytes_per_s if bytes_per_s and size < OPEN_ENDED_BYTES else None
        body = file.tell()
        if name == b"fmt ":
            bytes_per_s = int.from_bytes(file.read(12)[8:12], "little")
        file.seek(body + size + size % 2)
    return None


def _asf(head: bytes) -> float | None:
    """Play duration less preroll, of the File Properties Object (ASF specification 3.2)."""
    at = head.find(ASF_FILE_PROPERTIES)
    if at < 0 or len(head) < at + 92:
        return None
    play_100ns, _, preroll_ms, flags = struct.unpack_from("<QQQI", head, at + 64)
    if flags & ASF_BROADCAST or not play_100ns:
        return None
    return float(play_100ns / 1e7 - preroll_ms / 1e3)


def _has_length_tag(file: BinaryIO) -> bool:
    """Whether the encoder left its tag in the first frame, behind an ID3 tag (whose size is a 28-bit number in four
    bytes of seven, ID3v2.4 section 3.1). Without it MPEG audio does not know its length."""
    head = file.read(10)
    at = 0
    if head.startswith(b"ID3") and len(head) == 10:
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(at)
    first = file.read(XING_SEARCH_BYTES)
    return any(tag in first for tag in XING_TAGS)

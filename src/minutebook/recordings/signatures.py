"""What the first bytes of a file say it is. Pure; never raises."""

from collections.abc import Callable, Iterator
from enum import StrEnum


class Content(StrEnum):
    """Kinds of bytes, named as a person would name them."""

    MPEG_AUDIO = "MPEG audio (MP3)"
    ADTS = "AAC"
    WAV = "WAV"
    FLAC = "FLAC"
    OPUS = "Opus"
    MP4 = "MP4"
    MPEG_PROGRAM = "an MPEG program stream"
    MPEG_TRANSPORT = "an MPEG transport stream"
    MPEG_VIDEO = "an MPEG video stream"
    FLV = "FLV"
    EBML = "WebM"
    ASF = "Windows Media"


ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
MP4_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
IMAGE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"crx "})
TRANSPORT_PACKETS = (188, 192, 204)
TRANSPORT_SYNC = 0x47

# kbit/s by bitrate index, for MPEG-1 layers I, II, III and for MPEG-2 layer I, layers II and III (ISO 11172-3, 13818-3)
BITRATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
SAMPLE_RATES = (44_100, 48_000, 32_000)


def contents_of(head: bytes) -> frozenset[Content]:
    """All kinds that these first bytes may be: none for bytes that nobody here knows, several when a leading ID3 tag
    hides what follows."""
    after_tag = _after_id3(head)
    if after_tag is None:
        return frozenset({Content.MPEG_AUDIO, Content.ADTS, Content.FLAC})
    return frozenset(content for content, matches in SIGNATURES.items() if matches(after_tag))


def _after_id3(head: bytes) -> bytes | None:
    """The bytes behind ID3v2 tags (ID3v2.4 section 3.1); None when the tag is longer than what we see."""
    while head.startswith(b"ID3") and len(head) >= 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        if 10 + size >= len(head):
            return None
        head = head[10 + size :]
    return head


def _is_wav(head: bytes) -> bool:
    return head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"} and head[8:12] == b"WAVE"


def _is_mp4(head: bytes) -> bool:
    return head[4:8] in MP4_FIRST_BOXES and not (head[4:8] == b"ftyp" and head[8:12] in IMAGE_BRANDS)


def _is_opus(head: bytes) -> bool:
    return head.startswith(b"OggS") and b"OpusHead" in head


def _is_transport_stream(head: bytes) -> bool:
    for size in TRANSPORT_PACKETS:
        for start in (0, 4):
            marks = head[start::size]
            if len(marks) > 3 and all(mark == TRANSPORT_SYNC for mark in marks):
                return True
    return False


def _is_mpeg_audio(head: bytes) -> bool:
    return _has_consecutive_frames(head, _mpeg_frame_bytes)


def _is_adts(head: bytes) -> bool:
    return _has_consecutive_frames(head, _adts_frame_bytes)


def _has_consecutive_frames(head: bytes, frame_bytes: Callable[[bytes], int]) -> bool:
    """Whether two frames follow each other, or one reaches the end of what we see. Leading junk is skipped, as
    decoders do, but behind junk only two frames convince."""
    for at in _syncs(head):
        size = frame_bytes(head[at : at + 8])
        following = head[at + size : at + size + 8]
        if size and (frame_bytes(following) if len(following) >= 8 else at == 0):
            return True
    return False


def _syncs(head: bytes) -> Iterator[int]:
    at = head.find(b"\xff")
    while at >= 0:
        yield at
        at = head.find(b"\xff", at + 1)


def _mpeg_frame_bytes(header: bytes) -> int:
    """Length of the MPEG audio frame that starts here, 0 when none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version_bits, layer_bits = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate_index, rate_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version_bits == 1 or layer_bits == 0 or not 0 < bitrate_index < 15 or rate_index == 3:
        return 0
    layer = 4 - layer_bits
    version = 1 if version_bits == 3 else 2
    rate = SAMPLE_RATES[rate_index] >> {3: 0, 2: 1, 0: 2}[version_bits]
    bits_per_s = 1000 * BITRATES[version, layer][bitrate_index - 1]
    if layer == 1:
        return (12 * bits_per_s // rate + padding) * 4
    samples = 576 if layer == 3 and version == 2 else 1152
    return samples // 8 * bits_per_s // rate + padding


def _adts_frame_bytes(header: bytes) -> int:
    """Length of the ADTS frame that starts here (ISO 14496-3, 1.A.2.2), 0 when none does."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size >= 7 else 0


SIGNATURES: dict[Content, Callable[[bytes], bool]] = {
    Content.WAV: _is_wav,
    Content.FLAC: lambda head: head.startswith(b"fLaC"),
    Content.OPUS: _is_opus,
    Content.MP4: _is_mp4,
    Content.MPEG_PROGRAM: lambda head: head.lstrip(b"\0").startswith(b"\x01\xba"),
    Content.MPEG_VIDEO: lambda head: head.lstrip(b"\0").startswith(b"\x01\xb3"),
    Content.MPEG_TRANSPORT: _is_transport_stream,
    Content.FLV: lambda head: head.startswith(b"FLV\x01"),
    Content.EBML: lambda head: head.startswith(b"\x1a\x45\xdf\xa3"),
    Content.ASF: lambda head: head.startswith(ASF_HEADER),
    Content.MPEG_AUDIO: _is_mpeg_audio,
    Content.ADTS: _is_adts,
}

"""Files that are broken, lie, or want something. Each maker writes one file into a folder and returns its path; the
file's name and `media_type_for` it are what an attacker would declare."""

import gzip
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from support.recording_files import write_recording
from support.wav_files import LYING_WAVS

Maker = Callable[[Path], Path]

HOSTILE: dict[str, Maker] = {}
"""Every hostile file by name."""

ACCEPTED_HOSTILE = frozenset(
    {
        "cut_3gp",
        "cut_aac",
        "cut_flac",
        "cut_flv",
        "cut_m4a_index_first",
        "cut_mp3",
        "cut_mp3_without_length_tag",
        "cut_mp4_index_first",
        "cut_mpa",
        "cut_mpeg",
        "cut_opus",
        "cut_wav",
        "cut_webm",
        "cut_wmv",
    }
)
"""Those of which something is left to hear: they must decode, not fail."""


def hostile(maker: Maker) -> Maker:
    """Put a maker into the corpus."""
    HOSTILE[maker.__name__] = maker
    return maker


def _bytes(name: str, filename: str, content: Callable[[], bytes]) -> None:
    def maker(folder: Path) -> Path:
        path = folder / filename
        path.write_bytes(content())
        return path

    HOSTILE[name] = maker


def _noise(size: int) -> bytes:
    return random.Random(20_26).randbytes(size)


# Not media at all

_bytes("empty", "empty.wav", lambda: b"")
_bytes("one_byte", "one.mp3", lambda: b"\xff")
_bytes("random_bytes", "random.mp3", lambda: _noise(300_000))
_bytes("zeros", "zeros.mp3", lambda: bytes(1_000_000))
_bytes("all_ones", "ones.mp3", lambda: b"\xff" * 1_000_000)
_bytes("text", "minutes.wav", lambda: b"Ada: shall we begin?\n" * 1000)
_bytes("html", "page.mp4", lambda: b"<!doctype html><title>404</title><script>alert(1)</script>" * 50)
_bytes("json", "answer.m4a", lambda: b'{"error": "not found"}')
_bytes("png", "picture.mp4", lambda: b"\x89PNG\r\n\x1a\n" + _png_header(8, 8) + _noise(2000))
_bytes("elf", "program.mp3", lambda: b"\x7fELF\x02\x01\x01" + bytes(9) + _noise(5000))
_bytes("shell_script", "run.flac", lambda: b"#!/bin/sh\nrm -rf /\n")
_bytes("gzip_bomb", "bomb.flac", lambda: gzip.compress(bytes(50_000_000)))
_bytes(
    "xml_entity",
    "entity.3gp",
    lambda: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
)


@hostile
def zip_archive(folder: Path) -> Path:
    path = folder / "archive.mp4"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(5_000_000))
    return path


# Playlists and references that lead elsewhere

_bytes("playlist_to_a_file", "list.mp3", lambda: b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
_bytes(
    "hls_to_the_network",
    "live.mp4",
    lambda: (
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    ),
)
_bytes(
    "concat_script",
    "script.wav",
    lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\nfile 'http://127.0.0.1:9/a.wav'\n",
)
_bytes(
    "dash_manifest",
    "stream.webm",
    lambda: (
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet '
        b'mimeType="audio/mp4"><Representation id="a"><BaseURL>file:///etc/passwd</BaseURL></Representation>'
        b"</AdaptationSet></Period></MPD>"
    ),
)
_bytes(
    "session_description",
    "call.mp3",
    lambda: b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
)


@hostile
def mp4_external_reference(folder: Path) -> Path:
    """Its sound is said to lie in another file."""
    path = write_recording(folder / "reference.m4a", 1.0)
    location = b"file:///etc/passwd\0"
    inside = struct.pack(">I4sI", 12, b"url ", 1)
    outside = struct.pack(">I4sI", 12 + len(location), b"url ", 0) + location
    data = bytearray(path.read_bytes())
    at = data.index(inside)
    for box in (b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        start = data.rindex(box, 0, at) - 4
        data[start : start + 4] = struct.pack(">I", struct.unpack(">I", data[start : start + 4])[0] + len(location))
    data[at : at + len(inside)] = outside
    path.write_bytes(data)
    return path


# One format under the name of another


def _renamed(name: str, true_name: str, filename: str) -> None:
    def maker(folder: Path) -> Path:
        return write_recording(folder / true_name, 1.0).rename(folder / filename)

    HOSTILE[name] = maker


_renamed("wav_named_mp3", "true.wav", "wrong.mp3")
_renamed("mp4_named_webm", "true.mp4", "wrong.webm")
_renamed("flac_named_wav", "true.flac", "wrong.wav")
_renamed("wmv_named_flv", "true.wmv", "wrong.flv")


# Cut


def _cut(name: str, filename: str, share: float = 0.5, **how: object) -> None:
    def maker(folder: Path) -> Path:
        path = write_recording(folder / filename, 10.0, **how)  # type: ignore[arg-type]
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        return path

    HOSTILE[name] = maker


INDEX_FIRST = {"movflags": "faststart"}
_cut("cut_mp3", "cut.mp3")
_cut("cut_mp3_without_length_tag", "cut.mp3", options={"write_xing": "0"})
_cut("cut_wav", "cut.wav")
_cut("cut_flac", "cut.flac")
_cut("cut_mpa", "cut.mpa")
_cut("cut_aac", "cut.aac")
_cut("cut_opus", "cut.opus")
_cut("cut_m4a_index_first", "cut.m4a", options=INDEX_FIRST)
_cut("cut_mpeg", "cut.mpeg")
_cut("cut_mp4_index_first", "cut.mp4", options=INDEX_FIRST)
_cut("cut_mp4_index_lost", "lost.mp4")
_cut("cut_flv", "cut.flv")
_cut("cut_webm", "cut.webm")
_cut("cut_wmv", "cut.wmv")
_cut("cut_3gp", "cut.3gp", options=INDEX_FIRST)
for _extension in (".mp3", ".wav", ".flac", ".opus", ".m4a", ".flv", ".webm", ".wmv"):
    _cut(f"cut_in_the_header{_extension.replace('.', '_')}", f"head{_extension}", share=0.001)


# WAV headers that lie

HOSTILE |= LYING_WAVS


@hostile
def wav_of_many_chunks(folder: Path) -> Path:
    path = folder / "chunks.wav"
    path.write_bytes(b"RIFF" + b"\xff" * 4 + b"WAVE" + b"LIST\4\0\0\0INFO" * 200_000)
    return path


# Headers that claim the impossible


def _patched(name: str, filename: str, patch: Callable[[bytearray], object], **how: object) -> None:
    def maker(folder: Path) -> Path:
        path = write_recording(folder / filename, 3.0, **how)  # type: ignore[arg-type]
        data = bytearray(path.read_bytes())
        patch(data)
        path.write_bytes(data)
        return path

    HOSTILE[name] = maker


def _put(data: bytearray, after: bytes, offset: int, value: bytes) -> None:
    at = data.index(after) + len(after) + offset
    data[at : at + len(value)] = value


def _claim_long(data: bytearray) -> None:
    _put(data, b"mvhd", 16, b"\xff\xff\xff\xfe")
    _put(data, b"mdhd", 16, b"\xff\xff\xff\xfe")
    _put(data, b"tkhd", 20, b"\xff\xff\xff\xfe")


_patched("flac_claims_2_to_36_samples", "claims.flac", lambda d: d.__setitem__(slice(21, 26), b"\xff" * 5))
_patched("m4a_claims_2_to_32_ticks", "claims.m4a", _claim_long)
_patched("m4a_claims_2_to_31_samples", "samples.m4a", lambda d: _put(d, b"stsz", 8, b"\x7f\xff\xff\xff"))
_patched("m4a_claims_2_to_31_chunks", "offsets.m4a", lambda d: _put(d, b"stco", 4, b"\x7f\xff\xff\xff"))
_patched("m4a_samples_of_2_gb", "large.m4a", lambda d: _put(d, b"stsz", 4, b"\x7f\xff\xff\xff"))
_patched(
    "mp4_box_of_2_to_63", "box.mp4", lambda d: d.__setitem__(slice(32, 48), b"\0\0\0\1mdat" + b"\x7f" + b"\xff" * 7)
)
_patched("ogg_without_opus", "other.opus", lambda d: _put(d, b"Opus", 0, b"None"))
_patched("opus_at_the_end_of_time", "late.opus", lambda d: _put(d, b"OggS", 2, b"\xff" * 7 + b"\x7f"))
_patched("webm_lasts_forever", "forever.webm", lambda d: _put(d, b"\x44\x89", 1, struct.pack(">d", 1e300)))
_patched("webm_lasts_nan", "nan.webm", lambda d: _put(d, b"\x44\x89", 1, struct.pack(">d", float("nan"))))
_patched("flv_tag_of_16_mb", "tag.flv", lambda d: d.__setitem__(slice(14, 17), b"\xff\xff\xff"))
_patched("asf_objects_of_2_to_63", "objects.wmv", lambda d: d.__setitem__(slice(46, 54), b"\xff" * 7 + b"\x7f"))
_patched("mp3_tag_of_256_mb", "tag.mp3", lambda d: d.__setitem__(slice(6, 10), b"\x7f\x7f\x7f\x7f"))


@hostile
def mp4_nested_boxes(folder: Path) -> Path:
    """Ten thousand boxes, each inside the last."""
    boxes = b""
    for depth in range(10_000):
        boxes = struct.pack(">I4s", len(boxes) + 8, (b"trak", b"mdia", b"minf")[depth % 3]) + boxes
    path = folder / "nested.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + struct.pack(">I4s", len(boxes) + 8, b"moov") + boxes)
    return path


EBML = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581 02".replace(" ", ""))
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
SEGMENT, CLUSTER, TRACKS, BLOCK_GROUP = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b", b"\xa0"

_bytes("webm_nested_segments", "nested.webm", lambda: EBML + (SEGMENT + UNKNOWN_SIZE) * 20_000)
_bytes(
    "webm_clusters_without_end",
    "clusters.webm",
    lambda: EBML + SEGMENT + UNKNOWN_SIZE + (CLUSTER + UNKNOWN_SIZE) * 20_000,
)
_bytes(
    "webm_element_of_2_to_56",
    "element.webm",
    lambda: EBML + SEGMENT + b"\x01" + b"\xff" * 6 + b"\xfe" + TRACKS + b"\x01" + b"\xff" * 6 + b"\xfe",
)
_bytes("webm_tracks_of_zero_size", "zero.webm", lambda: EBML + SEGMENT + UNKNOWN_SIZE + (TRACKS + b"\x80") * 50_000)
_bytes("aac_headers_only", "storm.aac", lambda: bytes.fromhex("fff15080003ffc") * 60_000)
_bytes("mp3_headers_only", "storm.mp3", lambda: bytes.fromhex("fffb9064") * 100_000)
_bytes("transport_stream_of_noise", "noise.mpeg", lambda: b"".join(b"G" + _noise(187) for _ in range(2000)))
_bytes("flv_of_empty_tags", "tags.flv", lambda: b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + (b"\x08" + bytes(14)) * 50_000)


# Nothing to hear, or too much of everything


@hostile
def video_without_sound(folder: Path) -> Path:
    return write_recording(folder / "silent.mp4", 2.0, sound_tracks=0)


@hostile
def webm_without_sound(folder: Path) -> Path:
    return write_recording(folder / "silent.webm", 2.0, sound_tracks=0)


@hostile
def mp4_of_no_duration(folder: Path) -> Path:
    return write_recording(folder / "nothing.m4a", np.zeros(0, np.float32))


@hostile
def mp4_of_1000_streams(folder: Path) -> Path:
    """The one sound track's box, a thousand times."""
    path = write_recording(folder / "streams.m4a", 1.0)
    data = path.read_bytes()
    moov, trak = data.index(b"moov") - 4, data.index(b"trak") - 4
    size = struct.unpack(">I", data[trak : trak + 4])[0]
    moov_size = struct.unpack(">I", data[moov : moov + 4])[0]
    copies = data[trak : trak + size] * 999
    grown = struct.pack(">I", moov_size + len(copies))
    path.write_bytes(data[:moov] + grown + data[moov + 4 : trak] + copies + data[trak:])
    return path


@hostile
def transport_stream_of_1000_streams(folder: Path) -> Path:
    """A programme map that lists a thousand sound streams, over several sections."""
    path = folder / "streams.mpeg"
    packets = [_table(0, 0, b"\0\1\xe1\0")]
    for part in range(5):
        entries = b"".join(struct.pack(">BHH", 0x0F, 0xE000 | 0x200 + part * 200 + i, 0xF000) for i in range(200))
        packets.append(_table(0x100, 2, b"\xe2\0\xf0\0" + entries))
    path.write_bytes(b"".join(packets) * 20)
    return path


def _table(pid: int, table: int, body: bytes) -> bytes:
    head = struct.pack(">BHHBBB", table, 0xB000 | len(body) + 9, 1, 0xC1, 0, 0)
    section = b"\0" + head + body + struct.pack(">I", _crc(head + body))
    out = b""
    for count, start in enumerate(range(0, len(section), 184)):
        flags = (0x4000 if count == 0 else 0) | pid
        out += struct.pack(">BHB", 0x47, flags, 0x10 | count & 15) + section[start : start + 184].ljust(184, b"\xff")
    return out


def _crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if crc & 0x80000000 else crc << 1
    return crc


def _png_header(width: int, height: int) -> bytes:
    return struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0) + b"\0\0\0\0"


def _huge_png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _png_header(65_535, 65_535) + struct.pack(">I4s", 0x7FFFFFFF, b"IDAT") + _noise(500)


@hostile
def mp3_cover_of_65k_by_65k(folder: Path) -> Path:
    path = write_recording(folder / "cover.mp3", 2.0)
    picture = b"\0image/png\0\x03\0" + _huge_png()
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    tag = b"ID3\x03\0\0" + bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0)) + frame
    path.write_bytes(tag + path.read_bytes())
    return path


@hostile
def flac_cover_of_65k_by_65k(folder: Path) -> Path:
    path = write_recording(folder / "cover.flac", 2.0)
    data = path.read_bytes()
    png = _huge_png()
    picture = struct.pack(">II9sI", 3, 9, b"image/png", 0) + struct.pack(">5I", 65_535, 65_535, 32, 0, len(png)) + png
    block = bytes([6]) + len(picture).to_bytes(3, "big") + picture
    path.write_bytes(data[:42] + block + data[42:])
    return path


@hostile
def video_of_65k_by_65k(folder: Path) -> Path:
    path = write_recording(folder / "wall.webm", 1.0)
    data = bytearray(path.read_bytes())
    for element in (b"\xb0", b"\xba"):
        at = data.index(element, data.index(b"\xe0", data.index(TRACKS)))
        size = data[at + 1] & 0x7F
        data[at + 2 : at + 2 + size] = b"\xff" * size
    path.write_bytes(data)
    return path


ACCEPTED_HOSTILE |= {
    "damaged_in_the_middle_mp3",
    "damaged_in_the_middle_flac",
    "damaged_in_the_middle_aac",
    "mp3_cover_of_65k_by_65k",
    "flac_cover_of_65k_by_65k",
    "video_of_65k_by_65k",
    "wav_at_768_khz",
    "wav_of_32_channels",
    "wav_claims_4_gb",
    "wav_of_unknown_length",
}


def _damaged(name: str, filename: str) -> None:
    def maker(folder: Path) -> Path:
        path = write_recording(folder / filename, 10.0)
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + len(data) // 10] = _noise(len(data) // 10)
        path.write_bytes(data)
        return path

    HOSTILE[name] = maker


for _extension in (".mp3", ".flac", ".aac", ".opus", ".m4a", ".mp4", ".webm", ".wmv", ".flv", ".mpeg", ".3gp"):
    _damaged(f"damaged_in_the_middle_{_extension[1:]}", f"damaged{_extension}")

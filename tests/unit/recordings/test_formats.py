"""Name, declared type and bytes of a recording must agree."""

import mimetypes
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.errors import Kind, MinutebookError
from minutebook.recordings.formats import (
    ACCEPTED,
    HEAD_BYTES,
    MediaFormat,
    accepted_format,
    format_of_name,
    media_type_of,
)
from support.media_files import EXTENSIONS, HOSTILE, media_type_for, write_recording

NAMES = ["MP3", "WAV", "FLAC", "MPA", "AAC", "Opus", "M4A", "MPEG", "MP4", "FLV", "WebM", "WMV", "3GP"]
WAV_HEAD = b"RIFF\x24\0\0\0WAVEfmt "


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("formats")
    paths = [write_recording(folder / f"a{extension}", 1.0) for extension in EXTENSIONS]
    return {path.suffix: path.read_bytes()[:HEAD_BYTES] for path in paths}


def refusal(filename: str, content_type: str | None, head: bytes = WAV_HEAD) -> MinutebookError:
    with pytest.raises(MinutebookError) as caught:
        accepted_format(filename, content_type, head)
    assert caught.value.kind is Kind.INVALID
    assert caught.value.field == "file"
    assert all(name in caught.value.message for name in NAMES)
    return caught.value


def test_the_thirteen_formats() -> None:
    assert [accepted.name for accepted in ACCEPTED] == NAMES
    assert [accepted.kind for accepted in ACCEPTED] == ["audio"] * 7 + ["video"] * 6


@pytest.mark.parametrize("accepted", ACCEPTED, ids=lambda accepted: accepted.name)
def test_real_files_are_accepted_under_every_name_and_type(accepted: MediaFormat, heads: dict[str, bytes]) -> None:
    head = heads[accepted.extensions[0]]
    for extension in accepted.extensions:
        for media_type in accepted.media_types:
            for filename in (f"a{extension}", f"A B{extension.upper()}", f"../x/y.tar{extension}"):
                assert accepted_format(filename, f"{media_type.upper()}; codecs=x", head) is accepted


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_operating_systems_guess_is_accepted(extension: str, heads: dict[str, bytes]) -> None:
    guessed = mimetypes.guess_type(f"a{extension}")[0]
    if guessed is not None:
        accepted_format(f"a{extension}", guessed, heads[extension])
    assert media_type_of(f"a{extension}") == format_of_name(f"a{extension}").media_types[0]


def test_no_file_is_taken_for_a_format_it_is_no_kin_of(heads: dict[str, bytes]) -> None:
    kin = {frozenset(pair) for pair in [(".mp3", ".mpa"), (".mp3", ".mpeg"), (".mpa", ".mpeg")]}
    mp4s = {".m4a", ".mp4", ".3gp", ".aac"}
    for extension, head in heads.items():
        for other in EXTENSIONS:
            alike = other == extension or {extension, other} in kin or {extension, other} <= mp4s
            if not alike:
                assert refusal(f"a{other}", media_type_of(f"a{other}"), head).code == "content_mismatch"


@pytest.mark.parametrize("content_type", [None, "", "  ", "application/octet-stream", "Application/Octet-Stream; x=1"])
def test_a_missing_media_type_says_how_to_send_it(content_type: str | None) -> None:
    error = refusal("a.wav", content_type)
    assert error.code == "media_type_missing"
    assert "file=@a.wav;type=audio/wav" in error.message


@pytest.mark.parametrize("content_type", ["audio/mpeg", "text/plain", "image/png", "nonsense", "audio/", "video/mp4"])
def test_a_wrong_media_type_names_the_right_one(content_type: str) -> None:
    error = refusal("a.wav", content_type)
    assert error.code == "media_type_mismatch"
    assert "type=audio/wav" in error.message


@pytest.mark.parametrize("filename", ["", ".", "a", ".wav", "a.txt", "a.wav.exe", "a.ogg", "a.mov", "wav", "ä.жыр"])
def test_other_names_are_not_supported(filename: str) -> None:
    assert refusal(filename, "audio/wav").code == "unsupported_format"


def test_an_empty_file() -> None:
    assert refusal("a.wav", "audio/wav", b"").code == "file_empty"


def test_a_message_stays_one_bounded_line_whatever_the_name() -> None:
    error = refusal("x\n\x1b[31m" + "y" * 5000 + ".txt", "audio/wav")
    assert error.message.isprintable()
    assert len(error.message) < 500


@pytest.mark.parametrize(
    ("filename", "head"),
    [
        ("a.mp3", b"ID3\x04\0\0\0\x01\x7f\x7f" + bytes(4000)),
        ("a.aac", b"ID3\x04\0\0\0\x01\x7f\x7f" + bytes(4000)),
        ("a.flac", b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"fLaC\0\0\0\x22"),
        ("a.wav", b"RF64\xff\xff\xff\xffWAVEds64"),
        ("a.mp4", b"\0\0\0\x18ftypqt  "),
        ("a.3gp", b"\0\0\0\x18ftyp3gp4"),
        ("a.mp4", b"\0\0\x10\0moov"),
        ("a.mpeg", b"\0\0\x01\xba\x44"),
        ("a.mpg", b"\0\0\0\0\0\x01\xb3"),
        ("a.mpeg", (b"G\x40\0\x10" + bytes(184)) * 20),
    ],
)
def test_beginnings_that_real_programs_write(filename: str, head: bytes) -> None:
    accepted_format(filename, media_type_of(filename), head)


def test_junk_before_the_first_frame_is_forgiven(heads: dict[str, bytes]) -> None:
    assert accepted_format("a.mp3", "audio/mpeg", (bytes(700) + b"\xff" * 9 + heads[".mp3"])[:HEAD_BYTES]).name == "MP3"


@pytest.mark.parametrize("brand", [b"heic", b"avif"])
def test_pictures_in_mp4_boxes_are_no_recording(brand: bytes) -> None:
    assert refusal("a.mp4", "video/mp4", b"\0\0\0\x18ftyp" + brand).code == "content_mismatch"


NOT_MEDIA = (
    "empty one_byte random_bytes zeros all_ones text html json png elf shell_script gzip_bomb xml_entity zip_archive "
    "playlist_to_a_file hls_to_the_network concat_script dash_manifest session_description wav_named_mp3 "
    "mp4_named_webm flac_named_wav wmv_named_flv ogg_without_opus"
)


@pytest.mark.parametrize("name", NOT_MEDIA.split())
def test_what_is_no_recording_is_refused_by_its_first_bytes(name: str, tmp_path: Path) -> None:
    path = HOSTILE[name](tmp_path)
    assert refusal(path.name, media_type_for(path), path.read_bytes()[:HEAD_BYTES]).code in {
        "content_mismatch",
        "file_empty",
    }


@given(
    st.one_of(st.text(max_size=30), st.sampled_from([f"a{extension}" for extension in EXTENSIONS])),
    st.one_of(st.none(), st.text(max_size=30), st.sampled_from(["audio/mpeg", "audio/wav", "audio/aac", "video/mpeg"])),
    st.one_of(
        st.binary(max_size=HEAD_BYTES),
        st.builds(
            lambda start, rest: start + rest,
            st.sampled_from([b"ID3", b"\xff\xfb", b"\xff\xf1", b"RIFF", b"OggS", b"\0\0\0\x18ftyp", b"\xff" * 9]),
            st.binary(max_size=300),
        ),
    ),
)
def test_nothing_but_our_own_error_ever_leaves(filename: str, content_type: str | None, head: bytes) -> None:
    with suppress(MinutebookError):
        assert accepted_format(filename, content_type, head) in ACCEPTED

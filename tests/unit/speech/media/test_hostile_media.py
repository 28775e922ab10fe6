"""Files that are broken, lie, or want something: each decodes or fails with a code and a sentence."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from minutebook.errors import Kind, MinutebookError
from minutebook.speech.media import DEFAULT, Decoded, DecodeLimits, Pcm, decode, probe, write_preview
from support.media_files import ACCEPTED_HOSTILE, HOSTILE, wav, write_recording

CODES = {"media_unreadable", "media_no_audio", "media_empty", "media_too_long", "media_timeout", "media_memory"}
TIGHT = replace(DEFAULT, memory_bytes=512 * 1024 * 1024, cpu_base_s=20, cpu_s_per_mib=0, wall_s=60)
"""What every hostile file must make do with: nearly all of it is Python and FFmpeg being there at all."""


def test_the_corpus_is_worth_its_name() -> None:
    assert len(HOSTILE) >= 40
    assert set(HOSTILE) >= ACCEPTED_HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_file_ends_well(name: str, tmp_path: Path) -> None:
    source = HOSTILE[name](tmp_path)
    pcm = tmp_path / "sound.pcm"
    outcome = attempt(source, pcm)
    if isinstance(outcome, MinutebookError):
        assert name not in ACCEPTED_HOSTILE, outcome
        assert (outcome.kind, outcome.code in CODES) == (Kind.INVALID, True), outcome.code
        assert outcome.message.endswith(".")
        assert not pcm.exists()
    else:
        assert 0 < outcome.duration_s <= 600
        assert Pcm(pcm).duration_s == pytest.approx(outcome.duration_s)
    assert {path.name for path in tmp_path.iterdir()} <= {source.name, pcm.name}


def attempt(source: Path, pcm: Path) -> Decoded | MinutebookError:
    try:
        return decode(source, pcm, TIGHT)
    except MinutebookError as error:
        return error


@pytest.mark.parametrize("name", sorted(name for name in ACCEPTED_HOSTILE if name.startswith("cut_")))
def test_a_cut_file_is_decoded_as_far_as_it_goes_and_says_so(name: str, tmp_path: Path) -> None:
    decoded = decode(HOSTILE[name](tmp_path), tmp_path / "sound.pcm")
    assert 4 < decoded.duration_s < 6
    if name in {"cut_aac", "cut_mp3_without_length_tag", "cut_mpa", "cut_mpeg"}:
        return  # these formats do not know how long they are
    assert decoded.truncated
    assert decoded.notices[0].startswith("The file ")
    assert decoded.notices[0].endswith("missing.")
    if name != "cut_opus":
        assert decoded.declared_duration_s == pytest.approx(10, abs=0.1)
        assert "0:10" in decoded.notices[0]


@pytest.mark.parametrize("extension", ["m4a", "mp4", "3gp"])
def test_damage_in_the_middle_is_counted_and_keeps_the_clock(extension: str, tmp_path: Path) -> None:
    decoded = decode(HOSTILE[f"damaged_in_the_middle_{extension}"](tmp_path), tmp_path / "sound.pcm")
    assert decoded.duration_s == pytest.approx(10, abs=0.2)
    assert not decoded.truncated
    assert "damaged piece" in decoded.notices[0]


def test_a_lost_piece_of_an_mp3_is_said(tmp_path: Path) -> None:
    decoded = decode(HOSTILE["damaged_in_the_middle_mp3"](tmp_path), tmp_path / "sound.pcm")
    assert decoded.notices[0] == "Only 0:09 of a declared 0:10 could be read; the rest is damaged or missing."


def test_a_claim_of_eleven_days_is_not_repeated(tmp_path: Path) -> None:
    decoded = decode(HOSTILE["flac_claims_2_to_36_samples"](tmp_path), tmp_path / "sound.pcm")
    assert (decoded.declared_duration_s, decoded.notices) == (None, ())


@pytest.mark.parametrize("work", [decode, write_preview])
def test_too_long_is_said_before_the_disk_is_full(
    work: Callable[[Path, Path, DecodeLimits], object], tmp_path: Path
) -> None:
    source = wav("long.wav", b"\x80\x90" * 100, rate=1, bits=8)(tmp_path)
    with pytest.raises(MinutebookError, match=r"longer than 1 minutes") as caught:
        work(source, tmp_path / "out", replace(DEFAULT, max_duration_s=60))
    assert caught.value.code == "media_too_long"
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


COSTLY = wav("long.wav", b"\x80\x90" * 20_000, rate=1, bits=8)
"""Eleven hours of sound in forty thousand bytes."""


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(DEFAULT, wall_s=0.05), "media_timeout"),
        (replace(DEFAULT, cpu_base_s=1, cpu_s_per_mib=0), "media_timeout"),
        (replace(DEFAULT, memory_bytes=100 * 1024 * 1024), None),
    ],
    ids=["wall", "processor", "memory"],
)
def test_limits_end_as_errors(limits: DecodeLimits, code: str | None, tmp_path: Path) -> None:
    source = COSTLY(tmp_path)
    with pytest.raises(MinutebookError) as caught:
        decode(source, tmp_path / "out", limits)
    assert caught.value.code == code if code else caught.value.code in {"media_memory", "media_crashed"}
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


def test_processor_time_grows_with_the_file_up_to_a_limit() -> None:
    assert DEFAULT.cpu_s(0) == DEFAULT.cpu_base_s
    assert DEFAULT.cpu_s(10 * 1024 * 1024) == DEFAULT.cpu_base_s + 10 * DEFAULT.cpu_s_per_mib
    assert DEFAULT.cpu_s(4 * 1024**3) == DEFAULT.cpu_max_s


def test_the_child_dies_with_its_parent_and_takes_its_file_along(tmp_path: Path) -> None:
    source, part = COSTLY(tmp_path), tmp_path / "out.part"
    read_end, write_end = os.pipe()
    child = subprocess.Popen([sys.executable, "-m", "minutebook.speech.media.child"], stdin=read_end)
    os.close(read_end)
    job = {"task": "decode", "source": str(source), "to": str(part), "limits": asdict(DEFAULT)}
    os.write(write_end, json.dumps(job).encode() + b"\n")
    deadline = time.monotonic() + 60
    while not part.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.close(write_end)
    assert child.wait(timeout=60) == 1
    assert not part.exists()


def test_the_child_sees_no_secret_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter itself is replaced by one that shows what it was given."""
    shown = tmp_path / "environment"
    spy = tmp_path / "python"
    spy.write_text(f'#!/bin/sh\nenv > {shown}\nexec {sys.executable} "$@"\n')
    spy.chmod(0o700)
    monkeypatch.setenv("MINUTEBOOK_STORAGE_SECRET_KEY", "hunter2")
    monkeypatch.setattr(sys, "executable", str(spy))
    probe(write_recording(tmp_path / "a.wav", 0.5))
    assert "hunter2" not in shown.read_text()


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("playlist_to_a_file", ".m3u8"),
        ("hls_to_the_network", ".m3u8"),
        ("concat_script", ".ffconcat"),
        ("dash_manifest", ".mpd"),
    ],
)
def test_playlists_are_no_media_even_under_their_own_names(name: str, extension: str, tmp_path: Path) -> None:
    source = HOSTILE[name](tmp_path)
    with pytest.raises(MinutebookError) as caught:
        probe(source.rename(source.with_suffix(extension)))
    assert caught.value.code == "media_unreadable"


def test_a_playlist_of_a_real_recording_next_to_it_is_not_followed(tmp_path: Path) -> None:
    write_recording(tmp_path / "part.mpeg", 1.0)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.mpeg\n#EXT-X-ENDLIST\n")
    (tmp_path / "list.ffconcat").write_text("ffconcat version 1.0\nfile part.mpeg\n")
    for name in ("list.m3u8", "list.ffconcat"):
        with pytest.raises(MinutebookError, match="cannot be read"):
            decode(tmp_path / name, tmp_path / "sound.pcm")

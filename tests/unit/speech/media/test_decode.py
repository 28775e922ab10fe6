"""Real recordings of every format become sound on the recording's own clock."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from minutebook.errors import MinutebookError
from minutebook.speech.media import Decoded, Pcm, decode, peaks, probe, write_preview
from support.media_files import EXTENSIONS, tone, write_recording

RATE = 16_000


def sound(source: Path) -> tuple[Decoded, np.ndarray]:
    """Decode next to the source."""
    pcm = source.with_suffix(".pcm")
    decoded = decode(source, pcm)
    samples = Pcm(pcm).read()
    assert decoded.duration_s == pytest.approx(len(samples) / RATE)
    return decoded, samples


def loudest_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_format_keeps_its_length_and_its_tone(extension: str, tmp_path: Path) -> None:
    source = write_recording(tmp_path / f"a{extension}", tone(5.0, hz=440))
    decoded, samples = sound(source)
    assert decoded.duration_s == pytest.approx(5.0, abs=0.2)
    assert (decoded.truncated, decoded.notices) == (False, ())
    assert loudest_hz(samples[RATE : 4 * RATE]) == pytest.approx(440, abs=2)
    assert loudness(samples[RATE : 4 * RATE]) == pytest.approx(0.3 / np.sqrt(2), rel=0.3)
    assert probe(source).duration_s == pytest.approx(5.0, abs=0.2)


def test_samples_at_the_models_rate_arrive_untouched(tmp_path: Path) -> None:
    original = np.concatenate([np.zeros(RATE, np.float32), tone(1.0), np.zeros(2 * RATE, np.float32)])
    for extension in (".wav", ".flac"):
        _, samples = sound(write_recording(tmp_path / f"a{extension}", original))
        assert np.abs(samples - original).max() < 2 / 32768


@pytest.mark.parametrize("layout", ["stereo", "5.1"])
def test_channels_are_mixed_down(layout: str, tmp_path: Path) -> None:
    decoded, samples = sound(write_recording(tmp_path / "a.flac", tone(2.0), layout=layout))
    assert decoded.duration_s == pytest.approx(2.0, abs=0.01)
    assert loudest_hz(samples) == pytest.approx(440, abs=2)


def test_the_recording_says_what_it_is(tmp_path: Path) -> None:
    found = probe(write_recording(tmp_path / "a.mp4", 2.0))
    assert (found.container.split(",")[0], found.codec, found.sample_rate, found.channels) == ("mov", "aac", 44_100, 1)
    assert (found.has_video, found.audio_tracks) == (True, 1)
    assert found.declared_duration_s == pytest.approx(2.0, abs=0.1)
    assert not probe(write_recording(tmp_path / "a.mp3", 1.0)).has_video


def test_tracks_that_are_copies_count_once(tmp_path: Path) -> None:
    decoded, samples = sound(write_recording(tmp_path / "a.m4a", 2.0, sound_tracks=2))
    assert (decoded.parts, decoded.notices) == (0, ())
    assert loudness(samples[RATE // 2 : RATE]) == pytest.approx(0.3 / np.sqrt(2), rel=0.3)
    assert [path.name for path in tmp_path.iterdir() if "pcm" in path.name] == ["a.pcm"]


def test_a_rate_that_changes_on_the_way_does_not_matter(tmp_path: Path) -> None:
    low, high = tmp_path / "low.mp3", write_recording(tmp_path / "high.mp3", 2.0, options={"write_xing": "0"})
    with av.open(str(low), "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as out:
        stream = out.add_stream("libmp3lame", rate=22_050, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(2.0)[None, :], format="fltp", layout="mono")
        frame.sample_rate = RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    both = tmp_path / "both.mp3"
    both.write_bytes(high.read_bytes() + low.read_bytes())
    decoded, samples = sound(both)
    assert decoded.duration_s == pytest.approx(4.0, abs=0.3)
    assert loudest_hz(samples[-RATE:]) == pytest.approx(440, abs=2)


def write_with_times(path: Path, starts_s: list[float], each_s: float = 1.0, pictures: int = 25) -> Path:
    """Tones of `each_s` that begin at the given times, with nothing in between, beside so many pictures a second."""
    with av.open(str(path), "w") as out:
        picture = out.add_stream("vp8", rate=pictures)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        for index in range(int(pictures * (starts_s[-1] + each_s))):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, pictures)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for start_s in starts_s:
            for at in range(0, int(48_000 * each_s), 960):
                times = (np.arange(at, at + 960)) / 48_000
                piece = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
                sound = av.AudioFrame.from_ndarray(piece[None, :], format="flt", layout="mono")
                sound.sample_rate, sound.time_base = 48_000, Fraction(1, 48_000)
                sound.pts = int(start_s * 48_000) + at
                out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    return path


def test_a_pause_in_the_timestamps_is_silence_in_the_sound(tmp_path: Path) -> None:
    source = write_with_times(tmp_path / "paused.webm", [0.0, 4.0])
    decoded, samples = sound(source)
    assert decoded.duration_s == pytest.approx(5.0, abs=0.2)
    assert loudness(samples[: int(0.9 * RATE)]) > 0.1
    assert loudness(samples[int(1.2 * RATE) : int(3.8 * RATE)]) == 0
    assert loudness(samples[int(4.2 * RATE) : int(4.9 * RATE)]) > 0.1
    assert decoded.notices == ("0:03 of sound is missing inside the file; silence stands in its place.",)


def test_sound_that_starts_after_the_picture_does_so_in_the_transcript(tmp_path: Path) -> None:
    decoded, samples = sound(write_with_times(tmp_path / "late.webm", [2.0]))
    assert decoded.duration_s == pytest.approx(3.0, abs=0.2)
    assert loudness(samples[: int(1.8 * RATE)]) == 0
    assert loudness(samples[int(2.2 * RATE) : int(2.8 * RATE)]) > 0.1
    assert decoded.notices == ()


def test_a_mad_timestamp_is_not_believed(tmp_path: Path) -> None:
    source = write_with_times(tmp_path / "mad.webm", [0.0, 500.0], pictures=1)
    data = source.read_bytes()
    at = data.index(b"\x44\x89")
    source.write_bytes(data[:at] + b"\x44\x88" + data[at + 2 :])  # the duration is stated no more
    assert sound(source)[0].duration_s == pytest.approx(2.0, abs=0.3)


def test_the_preview_plays_everywhere_and_keeps_the_clock(tmp_path: Path) -> None:
    source = write_with_times(tmp_path / "paused.webm", [1.25, 4.3])
    preview = tmp_path / "preview.m4a"
    write_preview(source, preview)
    data = preview.read_bytes()
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    found = probe(preview)
    assert (found.codec, found.channels, found.has_video) == ("aac", 1, False)
    _, ours = sound(source)
    _, theirs = sound(preview)
    assert len(theirs) == pytest.approx(len(ours), abs=0.1 * RATE)
    assert [peak > 0.05 for peak in peaks(source.with_suffix(".pcm"), 10)] == [
        peak > 0.05 for peak in peaks(preview.with_suffix(".pcm"), 10)
    ]


def test_a_failed_decode_leaves_the_old_sound_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "sound.pcm"
    target.write_bytes(b"old!")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    for write in (decode, write_preview):
        with pytest.raises(MinutebookError):
            write(broken, target)
    assert target.read_bytes() == b"old!"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.wav", "sound.pcm"]


def test_a_file_that_is_not_there_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "nowhere.wav", tmp_path / "sound.pcm")
    assert list(tmp_path.iterdir()) == []


def write_channels(path: Path, channels: np.ndarray, layout: str) -> Path:
    """A FLAC file of these channels [channels, samples] at 16 kHz."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flac", rate=RATE, layout=layout)
        for at in range(0, channels.shape[1], 4096):
            piece = np.ascontiguousarray(channels[:, at : at + 4096])
            interleaved = (piece.T.reshape(1, -1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout=layout)
            frame.sample_rate, frame.pts = RATE, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("second", [-1.0, -0.8, 0.0, 0.5, 1.0], ids=lambda part: f"right_{part}")
def test_no_mix_loses_what_one_channel_holds(second: float, tmp_path: Path) -> None:
    left = tone(3.0)
    _, samples = sound(write_channels(tmp_path / "a.flac", np.stack([left, second * left]), "stereo"))
    assert loudness(samples[RATE:]) >= 0.49 * loudness(left)


@pytest.mark.parametrize("speaking", range(8))
def test_one_microphone_of_eight_is_heard(speaking: int, tmp_path: Path) -> None:
    channels = 0.001 * np.random.default_rng(1).standard_normal((8, 3 * RATE)).astype(np.float32)
    channels[speaking] = tone(3.0)
    _, samples = sound(write_channels(tmp_path / "a.flac", channels, "7.1"))
    assert loudness(samples[RATE:]) >= 0.29 * loudness(channels[speaking])


def test_channels_that_turn_out_of_phase_on_the_way_are_faded_over(tmp_path: Path) -> None:
    left = tone(4.0)
    right = np.concatenate([left[: 2 * RATE], -left[2 * RATE :]])
    _, samples = sound(write_channels(tmp_path / "a.flac", np.stack([left, right]), "stereo"))
    assert len(samples) == 4 * RATE
    assert loudness(samples[3 * RATE :]) == pytest.approx(loudness(left), rel=0.02)
    assert np.abs(np.diff(samples)).max() < 1.5 * np.abs(np.diff(left)).max()


def test_a_recording_out_of_phase_is_in_its_preview(tmp_path: Path) -> None:
    left = tone(3.0)
    source = write_channels(tmp_path / "a.flac", np.stack([left, -left]), "stereo")
    write_preview(source, tmp_path / "a.m4a")
    _, samples = sound(tmp_path / "a.m4a")
    assert loudness(samples[RATE : 2 * RATE]) == pytest.approx(loudness(left), rel=0.1)

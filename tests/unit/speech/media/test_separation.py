"""What is a source of its own, on read speech that is put together in every way that recorders know."""

from pathlib import Path

import numpy as np
import pytest

from minutebook.speech.media import Pcm, decode
from minutebook.speech.media.separation import ChannelComparison, Sound, distinct

RATE = 16_000
SPEECH = Path(__file__).parents[3] / "data" / "speech"
SECONDS = 12


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sound]:
    """12 s of each of three speakers, with pauses between their sentences."""
    folder = tmp_path_factory.mktemp("voices")
    found = {}
    for speaker in ("1688", "1998", "367"):
        parts = []
        for number in (1, 2, 3):
            decode(SPEECH / f"{speaker}-{number}.flac", folder / "a.pcm")
            parts += [Pcm(folder / "a.pcm").read(), np.zeros(RATE, np.float32)]
        whole = np.tile(np.concatenate(parts), 4)
        found[speaker] = whole[: SECONDS * RATE]
    return found


def room(sound: Sound, delay_s: float, seed: int) -> Sound:
    """The sound at a microphone in a room: late, and with the room's answer (0.3 s of decaying noise)."""
    rng = np.random.default_rng(seed)
    answer = rng.standard_normal(round(0.3 * RATE)) * np.exp(-np.arange(round(0.3 * RATE)) / (0.06 * RATE)) * 0.05
    answer[round(delay_s * RATE)] = 1.0
    size = len(sound) + len(answer)  # by Fourier transforms: a hundredth of the work of np.convolve
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(answer, size), size)
    return heard[: len(sound)].astype(np.float32)


def noise(level: float, seed: int = 3) -> Sound:
    return (level * np.random.default_rng(seed).standard_normal(SECONDS * RATE)).astype(np.float32)


def are_separate(first: Sound, second: Sound) -> bool:
    comparison = ChannelComparison(RATE)
    for at in range(0, len(first), 1600):
        comparison.add(np.stack([first[at : at + 1600], second[at : at + 1600]]))
    return comparison.are_separate


def turn_taking(first: Sound, second: Sound) -> tuple[Sound, Sound]:
    """Three seconds of one, three of the other."""
    turn = (np.arange(len(first)) // (3 * RATE)) % 2 == 0
    return np.where(turn, first, 0).astype(np.float32), np.where(turn, 0, second).astype(np.float32)


@pytest.mark.parametrize("leak_db", [-80, -20], ids=lambda db: f"leak{db}")
@pytest.mark.parametrize("both", [True, False], ids=["at_once", "in_turn"])
def test_a_speaker_per_channel_is_two_sources(voices: dict[str, Sound], leak_db: float, both: bool) -> None:
    left, right = voices["1688"], np.roll(voices["1998"], 2 * RATE)
    if not both:
        left, right = turn_taking(left, right)
    leak = np.float32(10 ** (leak_db / 20))
    assert are_separate(left + leak * right + noise(0.0003), right + leak * left + noise(0.0003, 4))


def test_ordinary_stereo_is_one_source(voices: dict[str, Sound]) -> None:
    one, other = voices["1688"], np.roll(voices["1998"], 2 * RATE)
    talk = np.add(*turn_taking(one, other))
    alternating = turn_taking(one, other)
    ways = {
        "the same on both": (talk, talk),
        "out of phase": (talk, -talk),
        "one side silent": (talk, np.zeros_like(talk)),
        "one side noise": (talk, noise(0.01)),
        "panned by 6 dB": (alternating[0] + 0.5 * alternating[1], 0.5 * alternating[0] + alternating[1]),
        "two microphones in a room": (
            room(one, 0.001, 1) + room(other, 0.004, 2),
            0.6 * room(one, 0.005, 5) + room(other, 0.001, 6),
        ),
        "a wide room, in turn": (
            room(alternating[0], 0.0, 1) + 0.5 * room(alternating[1], 0.006, 2),
            0.5 * room(alternating[0], 0.006, 5) + room(alternating[1], 0.0, 6),
        ),
        "silence": (np.zeros_like(talk), np.zeros_like(talk)),
    }
    assert [way for way, channels in ways.items() if are_separate(*channels)] == []


def test_tracks_of_a_recorder_count_once(voices: dict[str, Sound]) -> None:
    one, other, third = voices["1688"], np.roll(voices["1998"], 2 * RATE), voices["367"]
    silent = np.zeros_like(one)
    assert distinct([one, other], RATE) == [0, 1]
    assert distinct([0.7 * one + 0.7 * other, one, other], RATE) == [1, 2]
    assert distinct([one, other, 0.5 * one + other], RATE) == [0, 1]
    assert distinct([one, 0.5 * one, other], RATE) == [0, 2]
    assert distinct([one, np.roll(one, 100), silent], RATE) == [0]
    assert distinct([one, other, third], RATE) == [0, 1, 2]
    assert distinct([one + other + third, third, one, other], RATE) == [1, 2, 3]
    assert distinct([silent, silent], RATE) == []


def test_a_mix_with_one_part_of_it_is_two_sources(voices: dict[str, Sound]) -> None:
    """The call alone and everything together: what the microphone heard is in the mix only."""
    one, other = voices["1688"], np.roll(voices["1998"], 2 * RATE)
    assert distinct([one + other, other], RATE) == [0, 1]

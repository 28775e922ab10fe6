"""Whether somebody speaks on a track."""

from collections.abc import Iterable

import numpy as np

from minutebook.bots.runner.capture.sound.timeline import FRAME, FRAME_MS
from minutebook.bots.runner.capture.sound.voice import VoiceActivity, Voiced

RANDOM = np.random.default_rng(1)


def level(db: float) -> np.ndarray:
    """A frame of noise at so many dB of full scale."""
    return (RANDOM.standard_normal(FRAME) * 32768 * 10 ** (db / 20)).astype(np.int32)


def heard(frames: Iterable[np.ndarray | None], voice: VoiceActivity | None = None) -> list[Voiced]:
    voice = voice or VoiceActivity()
    frames = list(frames)
    found = [each for number, frame in enumerate(frames) for each in voice.frame(number, frame)]
    last = voice.end(len(frames) * FRAME_MS)
    return found + ([last] if last else [])


def test_silence_and_a_quiet_room_are_nobody() -> None:
    assert heard([None] * 50) == []
    assert heard(level(-60) for _ in range(50)) == []


def test_a_noisy_room_is_nobody_after_a_while() -> None:
    voice = VoiceActivity()
    heard((level(-40) for _ in range(600)), voice)
    assert heard((level(-40) for _ in range(100)), voice) == []


def test_speech_has_its_start_and_its_end() -> None:
    spoken = heard([*[level(-65)] * 20, *[level(-25)] * 15, *[level(-65)] * 20])
    assert len(spoken) == 1
    assert abs(spoken[0].start_ms - 2000) <= 40
    assert abs(spoken[0].end_ms - 3500) <= 120


def test_a_pause_between_words_is_bridged_and_one_between_sentences_is_not() -> None:
    talk = [level(-25)] * 10
    assert len(heard([*talk, *[None] * 3, *talk, *[None] * 10])) == 1
    assert len(heard([*talk, *[None] * 8, *talk, *[None] * 10])) == 2


def test_a_click_is_nobody() -> None:
    click = np.zeros(FRAME, np.int32)
    click[:480] = 12_000
    assert heard([None, None, click, *[None] * 10]) == []


def test_long_speech_can_be_told_in_stretches_that_meet() -> None:
    voice = VoiceActivity()
    for number in range(20):
        voice.frame(number, level(-25))
    first = voice.split(2000)
    for number in range(20, 30):
        voice.frame(number, level(-25))
    second = voice.end(3000)
    assert first is not None
    assert second is not None
    assert (first.end_ms, first.open) == (2000, True)
    assert (second.start_ms, second.end_ms) == (2000, 3000)

"""What is told of a call's sound: once, and only when it has lasted."""

import pytest

from minutebook.bots.runner.capture.sound.health import Arrived, SoundHealth
from minutebook.bots.sound_trouble import SoundTrouble

SECOND = 1000
START = 1_000_000


def played(
    seconds: int, *, packets: int = 50, made_up: float = 0.0, energy: float = 0.0, loud: range = range(0)
) -> list[SoundTrouble]:
    """Seconds of a call: packets a second, the share of samples made up, energy a second, when something is heard."""
    health = SoundHealth(START)
    told = []
    for second in range(0, seconds + 1, 5):
        at = START + second * SECOND
        health.recorded(at, loud=second in loud)
        samples = 48_000 * second
        health.arrived(Arrived(at, packets * second, samples, made_up * samples, energy * second))
        told += health.notices()
    return told


def test_a_call_that_is_heard_is_well() -> None:
    assert played(600, energy=0.1, loud=range(600)) == []


def test_silence_that_arrives_is_told_once() -> None:
    assert played(55) == []
    assert played(600) == [SoundTrouble.SILENT]


def test_sound_that_arrives_and_is_not_recorded_is_told() -> None:
    assert played(600, energy=0.1) == [SoundTrouble.DEAF]


def test_nothing_that_arrives_is_no_trouble_of_the_sound() -> None:
    assert played(600, packets=0) == []


def test_silence_counts_from_the_last_sound() -> None:
    assert played(95, loud=range(45)) == []
    assert played(100, loud=range(45)) == [SoundTrouble.SILENT]


@pytest.mark.parametrize(("share", "told"), [(0.04, []), (0.06, [SoundTrouble.LOSSY])])
def test_sound_that_is_made_up(share: float, told: list[SoundTrouble]) -> None:
    assert played(120, made_up=share, energy=0.1, loud=range(120)) == told


def test_counts_that_begin_anew_are_no_loss() -> None:
    health = SoundHealth(START)
    for second in range(0, 200, 5):
        packets = 50 * second if second < 50 else 50 * (second - 50)
        health.recorded(START + second * SECOND, loud=True)
        health.arrived(Arrived(START + second * SECOND, packets, 48_000 * second, 0, 1.0))
    assert health.notices() == []


def test_speech_of_nobody() -> None:
    health = SoundHealth(START)
    for _ in range(599):
        health.spoke(100, named=False)
    assert health.notices() == []
    health.spoke(100, named=False)
    assert (health.notices(), health.notices()) == ([SoundTrouble.NAMELESS], [])


def test_a_name_now_and_then_is_a_source_of_names() -> None:
    health = SoundHealth(START)
    for number in range(2000):
        health.spoke(100, named=number % 500 == 0)
    assert health.notices() == []

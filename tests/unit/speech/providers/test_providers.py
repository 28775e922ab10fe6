"""Gladia and Runpod against doubles of theirs on loopback."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI

from minutebook.config import OutgoingSettings, SpeechSettings
from minutebook.errors import MinutebookError
from minutebook.outgoing.client import OutgoingClient
from minutebook.speech.media import Pcm
from minutebook.speech.providers import PROVIDERS
from minutebook.speech.providers.ports import Answer, Order, TranscriptionService
from minutebook.speech.providers.sound import encoded, pieces_of
from support.provider_doubles import KEY, Double, gladia, runpod, seconds_of, served

DOUBLES: dict[str, Callable[[Double], FastAPI]] = {"Gladia": gladia, "Runpod": runpod}


def tone(path: Path, seconds: float, quiet_at: float | None = None) -> Pcm:
    time = np.arange(int(seconds * 16_000)) / 16_000
    sound = 0.3 * np.sin(2 * np.pi * 300 * time)
    if quiet_at is not None:
        sound[abs(time - quiet_at) < 0.3] = 0
    path.write_bytes((sound * 32767).astype("<i2").tobytes())
    return Pcm(path)


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return encoded(tone(tmp_path / "tone.pcm", 2.0), (0.0, 2.0))


@pytest.fixture(params=sorted(DOUBLES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def double(name: str) -> AsyncIterator[Double]:
    double = Double()
    async with served(DOUBLES[name](double), double):
        yield double


@pytest.fixture
def provider(name: str, double: Double) -> TranscriptionService:
    settings = SpeechSettings(gladia_url=double.url + "/", runpod_url=double.url, runpod_endpoint="our whisper")
    return PROVIDERS[name](settings, OutgoingClient(OutgoingSettings(allow=["127.0.0.1"])))


async def answered(provider: TranscriptionService, job: str) -> Answer:
    for _ in range(10):
        found = await provider.answer(job, KEY)
        if found is not None:
            return found
    raise AssertionError("no answer")


async def test_an_order_is_placed_awaited_and_answered(
    provider: TranscriptionService, double: Double, sound: bytes
) -> None:
    job = await provider.submit(Order(sound, "en"), KEY)
    assert await provider.answer(job, KEY) is None
    found = await answered(provider, job)
    assert [(w.word, w.start, w.end) for w in found.words] == [("Hello", 0.5, 0.9), ("world", 1.0, 1.4)]
    assert found.language == "en"
    assert double.uploads == [sound]
    assert seconds_of(sound) == pytest.approx(2.0, abs=0.1)


async def test_parameters_are_passed_on_and_win(
    provider: TranscriptionService, double: Double, name: str, sound: bytes
) -> None:
    wished = {"language_config": {"languages": ["fr"]}, "language": "fr", "model": "turbo", "custom": {"a": [1]}}
    await provider.submit(Order(sound, "en", wished), KEY)
    (job,) = double.jobs
    assert wished.items() <= job.items()
    assert name != "Runpod" or job["word_timestamps"] is True


async def test_parameters_cannot_take_the_place_of_the_sound(
    provider: TranscriptionService, double: Double, name: str, sound: bytes
) -> None:
    await provider.submit(Order(sound, None, {"audio_url": "https://elsewhere.example/", "audio_base64": ""}), KEY)
    assert double.uploads == [sound]
    assert name == "Runpod" or double.jobs[0]["audio_url"] == "https://api.example/file/0"


async def test_a_refused_key_is_told_and_not_tried_again(provider: TranscriptionService, sound: bytes) -> None:
    with pytest.raises(MinutebookError) as caught:
        await provider.submit(Order(sound), "wrong")
    assert caught.value.code == "provider_key_refused"
    assert not caught.value.retryable
    assert "wrong" not in caught.value.message


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_weather_is_retryable(provider: TranscriptionService, double: Double, sound: bytes, status: int) -> None:
    double.fail_with = [status]
    with pytest.raises(MinutebookError) as caught:
        await provider.submit(Order(sound), KEY)
    assert (caught.value.code, caught.value.retryable) == ("provider_unavailable", True)


async def test_a_refused_order_says_why(provider: TranscriptionService, double: Double, sound: bytes) -> None:
    double.fail_with = [422]
    with pytest.raises(MinutebookError, match="no: 422") as caught:
        await provider.submit(Order(sound), KEY)
    assert (caught.value.code, caught.value.retryable) == ("provider_refused", False)


async def test_a_job_that_fails_there_fails_here(provider: TranscriptionService, double: Double, sound: bytes) -> None:
    double.outcome = "failed"
    job = await provider.submit(Order(sound), KEY)
    with pytest.raises(MinutebookError) as caught:
        await answered(provider, job)
    assert (caught.value.code, caught.value.retryable) == ("provider_failed", False)


async def test_nobody_there_is_retryable(name: str, sound: bytes) -> None:
    settings = SpeechSettings(gladia_url="http://127.0.0.1:9", runpod_url="http://127.0.0.1:9")
    provider = PROVIDERS[name](settings, OutgoingClient(OutgoingSettings(allow=["127.0.0.1"])))
    with pytest.raises(MinutebookError) as caught:
        await provider.submit(Order(sound), KEY)
    assert (caught.value.code, caught.value.retryable) == ("provider_unavailable", True)


async def test_private_addresses_are_refused_unless_the_operator_allows_them(name: str, sound: bytes) -> None:
    settings = SpeechSettings(gladia_url="http://127.0.0.1:9", runpod_url="http://127.0.0.1:9")
    provider = PROVIDERS[name](settings, OutgoingClient(OutgoingSettings()))
    with pytest.raises(MinutebookError) as caught:
        await provider.submit(Order(sound), KEY)
    assert (caught.value.code, caught.value.retryable) == ("provider_unavailable", False)


def test_pieces_are_cut_where_it_is_quiet_and_cover_everything(tmp_path: Path) -> None:
    pcm = tone(tmp_path / "tone.pcm", 50.0, quiet_at=27.0)
    first, second = pieces_of(pcm, 30.0)
    assert first[0] == 0.0
    assert first[1] == pytest.approx(27.0, abs=0.3)
    assert second == (first[1], 50.0)
    assert pieces_of(pcm, 60.0) == [(0.0, 50.0)]
    assert seconds_of(encoded(pcm, second)) == pytest.approx(50.0 - first[1], abs=0.1)


def test_a_piece_of_the_longest_order_fits_into_a_request_of_runpod(tmp_path: Path) -> None:
    settings = SpeechSettings()
    provider = PROVIDERS["Runpod"](settings, OutgoingClient(OutgoingSettings()))
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000 * 60)
    path = tmp_path / "noise.pcm"
    path.write_bytes((noise * 32767).clip(-32768, 32767).astype("<i2").tobytes())
    minute = len(encoded(Pcm(path), (0.0, 60.0)))
    assert minute * provider.longest_s / 60 * 4 / 3 < 9.5e6

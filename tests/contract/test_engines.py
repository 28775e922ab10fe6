"""What every recognition engine does, run over all of them."""

from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from minutebook.speech.engines.fake import FakeEngine
from minutebook.speech.engines.faster_whisper import FasterWhisperEngine
from minutebook.speech.engines.onnx_asr import OnnxAsrEngine, load
from minutebook.speech.engines.openai import OpenAIEngine
from minutebook.speech.engines.whisper_decoder import WhisperDecoder
from minutebook.speech.ports import SAMPLE_RATE, Audio, Engine
from minutebook.speech.weights import locate
from minutebook.transcript.model import Turn
from support import tiny_parakeet
from support.speech import sample_meeting

OFFSET_S = 50.0
"""The sound of these tests begins here in its recording."""
TURNS = [Turn("A", 50.4, 57.4), Turn("B", 57.7, 67.6), Turn("A", 67.9, 69.4)]
CONTEXT_S = 0.5
"""No engine listens further than this beyond a turn."""


def _endpoint(request: httpx.Request) -> httpx.Response:
    words = [
        {"word": word, "start": 0.3 + i * 0.2, "end": 0.45 + i * 0.2} for i, word in enumerate(["So", "it", "is."])
    ]
    return httpx.Response(200, json={"text": "So it is.", "language": "english", "words": words})


def _fake(models: Path) -> Engine:
    return FakeEngine()


def _local(models: Path) -> Engine:
    return FasterWhisperEngine(WhisperDecoder(locate("base", models), threads=2))


def _remote(models: Path) -> Engine:
    client = httpx.Client(transport=httpx.MockTransport(_endpoint), base_url="http://127.0.0.1:9/v1")
    return OpenAIEngine(client, "whisper-1")


def _parakeet(models: Path) -> Engine:
    return OnnxAsrEngine(load(tiny_parakeet.make(models / "parakeet"), threads=1))


@pytest.fixture(
    scope="module",
    params=[_fake, _local, _remote, _parakeet],
    ids=["fake", "faster-whisper", "openai", "onnx-asr"],
)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    build: Callable[[Path], Engine] = request.param
    return build(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def audio() -> Audio:
    return sample_meeting(21.0)


def test_it_says_what_it_is(engine: Engine) -> None:
    assert engine.info.name
    assert engine.info.word_times


def test_every_turn_gets_its_words_in_order(engine: Engine, audio: Audio) -> None:
    found = engine.recognise(audio, OFFSET_S, TURNS, "en")
    assert [each.turn for each in found] == TURNS
    for each in found:
        assert each.words
        assert all(word.word == word.word.strip() != "" for word in each.words)
        assert all(0.0 <= word.probability <= 1.0 for word in each.words)
        starts = [word.start for word in each.words]
        assert starts == sorted(starts)
        assert all(word.start <= word.end for word in each.words)
        assert each.turn.start - CONTEXT_S <= each.words[0].start
        assert each.words[-1].end <= each.turn.end + CONTEXT_S


def test_the_same_sound_gives_the_same_words(engine: Engine, audio: Audio) -> None:
    first = engine.recognise(audio, OFFSET_S, TURNS, "en")
    engine.recognise(np.zeros(3 * SAMPLE_RATE, np.float32), 0.0, [Turn("C", 0.5, 2.5)], "de", ("Paris",))
    assert engine.recognise(audio, OFFSET_S, TURNS, "en") == first


def test_progress_is_seconds_of_speech(engine: Engine, audio: Audio) -> None:
    told: list[float] = []
    engine.recognise(audio, OFFSET_S, TURNS, "en", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(sum(turn.end - turn.start for turn in TURNS), abs=0.01)


def test_no_turns_are_no_words(engine: Engine, audio: Audio) -> None:
    assert engine.recognise(audio, OFFSET_S, [], "en") == []


def test_the_language_is_heard(engine: Engine, audio: Audio) -> None:
    [heard] = engine.language_probabilities([audio[: 8 * SAMPLE_RATE]])
    if engine.info.detects_language:
        assert max(heard, key=lambda code: heard[code]) == "en"
        assert 0.0 < sum(heard.values()) <= 1.001
    else:
        assert heard == {}
    assert engine.language_probabilities([]) == []

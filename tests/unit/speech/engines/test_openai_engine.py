"""The remote engine: what it sends, what it makes of answers, and which failures may be tried again."""

import io
import wave
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from minutebook.config import SpeechSettings
from minutebook.errors import MinutebookError
from minutebook.speech.engines.openai import CONTEXT_S, OpenAIEngine, endpoint_client
from minutebook.speech.ports import SAMPLE_RATE
from minutebook.transcript.model import Turn, Word

AUDIO = np.zeros(20 * SAMPLE_RATE, dtype=np.float32)
TURN = Turn("speaker_1", 105.0, 107.0)


def engine(answer: Callable[[httpx.Request], httpx.Response]) -> OpenAIEngine:
    return OpenAIEngine(
        httpx.Client(transport=httpx.MockTransport(answer), base_url="http://127.0.0.1:9/v1"), "whisper-large"
    )


def saying(**answer: Any) -> OpenAIEngine:
    return engine(lambda _: httpx.Response(200, json=answer))


def recognised(engine: OpenAIEngine, **more: Any) -> tuple[Word, ...]:
    (found,) = engine.recognise(AUDIO, 100.0, [TURN], "en", **more)
    assert found.turn == TURN
    return found.words


def test_a_turn_is_sent_as_sound_with_language_and_hot_words() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"text": ""})

    recognised(engine(answer), hot_words=("Minutebook", "PAXS"))
    body = sent[0].content
    assert sent[0].url.path == "/v1/audio/transcriptions"
    for value in (
        b"whisper-large",
        b"verbose_json",
        b"Minutebook, PAXS",
        b'name="timestamp_granularities[]"\r\n\r\nword',
    ):
        assert value in body
    with wave.open(io.BytesIO(body[body.index(b"RIFF") :])) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (SAMPLE_RATE, 1, 2)
        assert sound.getnframes() / SAMPLE_RATE == pytest.approx(2.0 + 2 * CONTEXT_S)


def test_words_come_back_in_recording_time() -> None:
    words = recognised(
        saying(
            text="Good morning.",
            words=[{"word": "Good", "start": 0.3, "end": 0.6}, {"word": " morning.", "start": 0.6, "end": 99.0}],
            segments=[{"start": 0.0, "end": 2.0, "avg_logprob": -0.1, "no_speech_prob": 0.01, "text": "Good morning."}],
        )
    )
    assert words == (Word("Good", 105.1, 105.4, 0.9048), Word("morning.", 105.4, 107.2, 0.9048))


def test_an_endpoint_without_word_times_gets_them_spread() -> None:
    words = recognised(saying(text="Good morning"))
    assert [word.word for word in words] == ["Good", "morning"]
    assert words[0].start == pytest.approx(TURN.start - CONTEXT_S)
    assert words[-1].end == pytest.approx(TURN.end + CONTEXT_S)


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "you know " * 20},
        {"text": "Thank you.", "segments": [{"no_speech_prob": 0.95, "avg_logprob": -1.6, "text": "Thank you."}]},
    ],
)
def test_loops_and_words_in_silence_are_dropped(answer: dict[str, Any]) -> None:
    assert recognised(saying(**answer)) == ()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_endpoint_is_tried_again_later(status: int) -> None:
    with pytest.raises(MinutebookError) as raised:
        recognised(engine(lambda _: httpx.Response(status, headers={"Retry-After": "7"})))
    assert raised.value.retryable
    assert raised.value.retry_after_s == 7.0


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (413, True), (422, True), (401, False), (403, False), (404, False)]
)
def test_a_refusal_is_final_when_it_is_about_the_sound(status: int, final: bool) -> None:
    """A wrong key or address is not the recording's fault: the operator mends it, and the work goes on."""
    with pytest.raises(MinutebookError, match=str(status)) as raised:
        recognised(engine(lambda _: httpx.Response(status)))
    assert raised.value.retryable is not final


def test_an_unreachable_endpoint_is_tried_again_later() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(MinutebookError, match="cannot be reached") as raised:
        recognised(engine(refuse))
    assert raised.value.retryable


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"error": "x"}'])
def test_an_answer_of_another_kind_is_final(content: bytes) -> None:
    with pytest.raises(MinutebookError) as raised:
        recognised(engine(lambda _: httpx.Response(200, content=content)))
    assert raised.value.code == "speech_endpoint_invalid"


def test_the_endpoint_names_one_language_of_each_sample_or_none() -> None:
    answers = iter(["english", "de", None])
    remote = engine(lambda _: httpx.Response(200, json={"text": "", "language": next(answers)}))
    heard = remote.language_probabilities([AUDIO[:SAMPLE_RATE]] * 3)
    assert heard == [{"en": 1.0}, {"de": 1.0}, {}]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1"])
def test_the_address_may_end_in_v1_or_not(address: str) -> None:
    client = endpoint_client(SpeechSettings(engine="openai", base_url=address, api_key=SecretStr("k")))
    assert str(client.base_url) == "http://127.0.0.1:9/v1/"
    assert client.headers["Authorization"] == "Bearer k"
    client.close()


def test_an_engine_without_address_says_what_to_set() -> None:
    with pytest.raises(MinutebookError, match="MINUTEBOOK_SPEECH__BASE_URL"):
        endpoint_client(SpeechSettings(engine="openai"))

"""Any endpoint that speaks OpenAI's `/v1/audio/transcriptions` with word times."""

import io
import math
import wave
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np

from minutebook.config import SpeechSettings
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.kit.languages import language_code
from minutebook.speech import guards
from minutebook.speech.guards import Hypothesis
from minutebook.speech.ports import SAMPLE_RATE, Audio, EngineInfo, Recognised
from minutebook.transcript.model import Turn, Word

CONTEXT_S = 0.2
"""Sound sent around each turn."""
_PARALLEL = 4
_TIMEOUT_S = 120.0
_LONGEST_RETRY_AFTER_S = 24 * 3600.0
_ABOUT_THE_SOUND = frozenset({400, 413, 415, 422})
"""Refusals that sending the same sound again cannot change; the others are for the operator to mend."""
_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


def endpoint_client(settings: SpeechSettings) -> httpx.Client:
    """A client for the configured endpoint. Proxies and credentials of the environment are not used."""
    if not settings.base_url:
        raise invalid(
            "speech_endpoint_missing",
            "The speech engine `openai` needs the address of an endpoint: set MINUTEBOOK_SPEECH__BASE_URL.",
            field="speech.base_url",
        )
    key = settings.api_key.get_secret_value() if settings.api_key else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=_api_root(settings.base_url), headers=headers, timeout=_TIMEOUT_S, trust_env=False)


def _api_root(base_url: str) -> str:
    """Addresses are given with and without `/v1`."""
    root = base_url.rstrip("/")
    return root if root.endswith("/v1") else f"{root}/v1"


class OpenAIEngine:
    """Sends each turn as a WAV file. Errors say whether the same call may succeed later."""

    def __init__(self, client: httpx.Client, model: str) -> None:
        """`client` knows the address (ending in /v1) and the key."""
        self._client = client
        self._model = model

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("openai", local=False)

    def language_probabilities(self, samples: Sequence[Audio]) -> list[Mapping[str, float]]:
        """An endpoint names one language without a probability, or none."""
        codes = (language_code(self._transcribe(sample, {}).get("language")) for sample in samples)
        return [{code: 1.0} if code else {} for code in codes]

    def recognise(
        self,
        audio: Audio,
        offset_s: float,
        turns: Sequence[Turn],
        language: str,
        hot_words: Sequence[str] = (),
        progress: Callable[[float], None] | None = None,
    ) -> list[Recognised]:
        fields = {"language": language, **({"prompt": ", ".join(hot_words)} if hot_words else {})}

        def one(turn: Turn) -> Recognised:
            start = max(offset_s, turn.start - CONTEXT_S)
            first = round((start - offset_s) * SAMPLE_RATE)
            clip = audio[first : round((turn.end + CONTEXT_S - offset_s) * SAMPLE_RATE)]
            return Recognised(turn, _words(self._transcribe(clip, fields), start, len(clip) / SAMPLE_RATE))

        found, done_s = [], 0.0
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for recognised in pool.map(one, turns):
                found.append(recognised)
                done_s += recognised.turn.end - recognised.turn.start
                if progress:
                    progress(done_s)
        return found

    def _transcribe(self, clip: Audio, fields: Mapping[str, str]) -> dict[str, Any]:
        data = {
            "model": self._model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
            "temperature": "0",
            **fields,
        }
        try:
            response = self._client.post(
                "audio/transcriptions", data=data, files={"file": ("turn.wav", _wav(clip), "audio/wav")}
            )
        except httpx.TransportError as error:
            raise _unavailable(f"cannot be reached ({type(error).__name__})") from error
        return _answer(response)


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code in _RETRYABLE:
        raise _unavailable(f"answered {response.status_code}", _retry_after(response))
    if response.is_error:
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "speech_endpoint_refused",
            f"The speech endpoint refused a request with {response.status_code}: check its address, key and model.",
            retryable=response.status_code not in _ABOUT_THE_SOUND,
        )
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "speech_endpoint_invalid",
            "The speech endpoint's answer is not a verbose_json transcription: check that its address is right.",
            retryable=True,
        )
    return answer


def _unavailable(what: str, retry_after_s: float | None = None) -> MinutebookError:
    return MinutebookError(
        Kind.UNAVAILABLE,
        "speech_endpoint_unavailable",
        f"The speech endpoint {what}. The work is tried again later.",
        retryable=True,
        retry_after_s=retry_after_s,
    )


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), _LONGEST_RETRY_AFTER_S) if value.isascii() and value.isdigit() else None


def _words(answer: Mapping[str, Any], start_s: float, seconds: float) -> tuple[Word, ...]:
    """Words in recording time; none when the guards say that nobody spoke or the text goes in circles."""
    segments = [segment for segment in answer.get("segments") or () if isinstance(segment, dict)]
    silent = [s for s in segments if guards.is_silence(_hypothesis(s))]
    if guards.is_repetitive(answer["text"]) or (segments and len(silent) == len(segments)):
        return ()
    timed = answer.get("words") or _spread(answer["text"], seconds)
    return tuple(_word(word, start_s, seconds, segments) for word in timed if str(word.get("word", "")).strip())


def _word(word: Mapping[str, Any], start_s: float, seconds: float, segments: Sequence[Mapping[str, Any]]) -> Word:
    start = min(max(float(word["start"]), 0.0), seconds)
    end = min(max(float(word["end"]), start), seconds)
    given = word.get("probability")
    probability = float(given) if given is not None else _probability_at(start, segments)
    return Word(str(word["word"]).strip(), round(start_s + start, 3), round(start_s + end, 3), probability)


def _probability_at(moment: float, segments: Sequence[Mapping[str, Any]]) -> float:
    """The endpoint gives no probability per word: the mean of the segment, or 1 when there is none either."""
    for segment in segments:
        if float(segment.get("end", 0.0)) >= moment and "avg_logprob" in segment:
            return round(min(1.0, math.exp(float(segment["avg_logprob"]))), 4)
    return 1.0


def _spread(text: str, seconds: float) -> list[dict[str, Any]]:
    """Words without times (the endpoint gives none), spread over the clip by their length."""
    words = text.split()
    total = sum(len(word) for word in words) or 1
    spread, at = [], 0.0
    for word in words:
        length = seconds * len(word) / total
        spread.append({"word": word, "start": at, "end": at + length})
        at += length
    return spread


def _hypothesis(segment: Mapping[str, Any]) -> Hypothesis:
    return Hypothesis(
        text=str(segment.get("text", "")),
        seconds=float(segment.get("end", 0.0)) - float(segment.get("start", 0.0)),
        mean_logprob=float(segment.get("avg_logprob", 0.0)),
        no_speech=float(segment.get("no_speech_prob", 0.0)),
    )


def _wav(clip: Audio) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(clip, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()

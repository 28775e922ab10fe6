"""Notes by a language model behind any OpenAI-compatible chat endpoint, kept honest by the evidence lock."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from minutebook.language.lexicon import lexicon_of
from minutebook.language.lock.injection import meant_for_people
from minutebook.language.lock.verify import locked
from minutebook.language.model import Draft, Item, KeyPoint, Note, NoteRequest, Sentiment, Usage
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.producers.prompting import SCHEMA, UnreadableAnswerError, chunks_of, items_from, messages
from minutebook.language.talk.mending import mended
from minutebook.language.talk.sentences import Sentence, sentences_of
from minutebook.language.text.words import Words
from minutebook.transcript.model import Transcript

_RETRYABLE = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
_UNKNOWN_FORMAT = frozenset((400, 404, 415, 422, 501))
_LONGEST_PAUSE_S = 30.0
_SAME_WORDS = 0.7


def _formats(name: str, schema: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, ...]:
    """Ways to ask for JSON, strictest first; servers that do not know one answer with a client error."""
    strict = {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
    return (strict, {"type": "json_object"}, None)


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """Where the model is and how it is used. Prices are per 1000 tokens, in any currency."""

    base_url: str
    model: str
    api_key: str | None = None
    timeout_s: float = 120.0
    attempts: int = 3
    max_tokens: int = 4096
    chunk_words: int = 6000
    overlap_sentences: int = 12
    price_prompt: float | None = None
    price_completion: float | None = None


class ModelUnavailableError(Exception):
    """The endpoint gave no usable answer; the text says why, without secrets."""


class LlmProducer:
    """Asks the model for a note's items, stretch by stretch; what the evidence does not carry is set apart. Falls back
    to the extractive producer, and says so, when the model cannot be used. Summary, key points and sentiment are
    extractive."""

    def __init__(
        self,
        options: LlmOptions,
        client: httpx.Client | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._options = options
        self._client = client
        self._pause = pause
        self._plain = ExtractiveProducer()

    @property
    def name(self) -> str:
        return f"llm:{self._options.model}"

    def summary(self, transcript: Transcript) -> str:
        return self._plain.summary(transcript)

    def key_points(self, transcript: Transcript) -> tuple[KeyPoint, ...]:
        return self._plain.key_points(transcript)

    def sentiment(self, transcript: Transcript) -> Sentiment:
        return self._plain.sentiment(transcript)

    def note(self, transcript: Transcript, request: NoteRequest) -> Note:
        try:
            draft = self._draft(transcript, request)
        except ModelUnavailableError as error:
            plain = self._plain.draft(transcript, request)
            notice = f"The language model could not be used ({error}); this note was made without it."
            draft = replace(plain, notices=(notice, *plain.notices))
        return locked(draft, transcript, request)

    def chat(self, body: Sequence[Mapping[str, str]], name: str, schema: Mapping[str, Any]) -> str:
        """What the model answers to these messages, asked for as JSON of this schema; `ModelUnavailableError`."""
        with self._connection() as client:
            return self._ask(client, body, _formats(name, schema))[0]

    def _draft(self, transcript: Transcript, request: NoteRequest) -> Draft:
        heard = meant_for_people(sentences_of(mended(transcript)))
        stretches = list(chunks_of(heard, self._options.chunk_words, self._options.overlap_sentences))
        items: list[Item] = []
        usage = Usage()
        with self._connection() as client:
            for stretch in stretches:
                found, spent = self._read(client, stretch, transcript, request)
                items += found
                usage = _sum(usage, spent)
        usage = replace(usage, cost=self._cost(usage))
        return Draft(
            tuple(distinct(items, lexicon_of(transcript.language).words)), self.name, (self._account(usage),), usage
        )

    def _read(
        self, client: httpx.Client, stretch: Sequence[Sentence], transcript: Transcript, request: NoteRequest
    ) -> tuple[list[Item], Usage]:
        """The items of one stretch. An answer that cannot be read is asked for once more."""
        fence = f"=====TRANSCRIPT-{secrets.token_hex(12)}====="
        body = messages(stretch, transcript, request, fence)
        usage = Usage()
        for last in (False, True):
            answer, spent = self._ask(client, body, _formats("meeting_note", SCHEMA))
            usage = _sum(usage, spent)
            try:
                return items_from(answer, stretch, transcript), usage
            except UnreadableAnswerError as error:
                if last:
                    raise ModelUnavailableError(str(error)) from error
        raise AssertionError("unreachable")

    def _ask(
        self,
        client: httpx.Client,
        body: Sequence[Mapping[str, str]],
        formats: Sequence[Mapping[str, Any] | None],
    ) -> tuple[str, Usage]:
        for form in formats:
            payload: dict[str, Any] = {
                "model": self._options.model,
                "messages": list(body),
                "temperature": 0,
                "max_tokens": self._options.max_tokens,
            }
            response = self._send(client, payload | ({"response_format": form} if form else {}))
            if response.status_code in _UNKNOWN_FORMAT and form is not None:
                continue
            if response.is_error:
                raise ModelUnavailableError(f"it answered with status {response.status_code}")
            return _content(response)
        raise AssertionError("unreachable")

    def _send(self, client: httpx.Client, payload: Mapping[str, Any]) -> httpx.Response:
        """One call, repeated with growing pauses while the endpoint says that it may work later."""
        key = self._options.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = self._options.base_url.rstrip("/") + "/chat/completions"
        failure = "it did not answer"
        for attempt in range(self._options.attempts):
            if attempt:
                self._pause(min(_LONGEST_PAUSE_S, 0.5 * 2.0**attempt))
            try:
                response = client.post(url, json=payload, headers=headers, timeout=self._options.timeout_s)
            except httpx.TimeoutException:
                failure = "it took too long"
                continue
            except httpx.TransportError:
                failure = "it cannot be reached"
                continue
            if response.status_code not in _RETRYABLE:
                return response
            failure = f"it answered with status {response.status_code}"
        raise ModelUnavailableError(failure)

    @contextmanager
    def _connection(self) -> Iterator[httpx.Client]:
        if self._client is not None:
            yield self._client
            return
        with httpx.Client(trust_env=False) as client:
            yield client

    def _cost(self, usage: Usage) -> float | None:
        asked, told = self._options.price_prompt, self._options.price_completion
        if asked is None or told is None:
            return None
        return (usage.prompt_tokens * asked + usage.completion_tokens * told) / 1000

    def _account(self, usage: Usage) -> str:
        cost = f", cost {usage.cost:.4f}" if usage.cost is not None else ""
        return (
            f"Made with the language model {self._options.model}: {usage.calls} calls, {usage.prompt_tokens} tokens in,"
            f" {usage.completion_tokens} tokens out{cost}. Every line was checked against the transcript."
        )


def _content(response: httpx.Response) -> tuple[str, Usage]:
    try:
        data = response.json()
        content = data["choices"][0]["message"]["content"]
        spent = data.get("usage") or {}
        usage = Usage(1, int(spent.get("prompt_tokens") or 0), int(spent.get("completion_tokens") or 0))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise ModelUnavailableError("its answer is not a chat completion") from error
    return (content if isinstance(content, str) else ""), usage


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.calls + other.calls,
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
    )


def distinct(items: Sequence[Item], words: Words) -> list[Item]:
    """One of each: overlapping stretches report the same thing twice."""
    kept: list[Item] = []
    for item in items:
        if not any(_same(item, other, words) for other in kept):
            kept.append(item)
    return kept


def _same(one: Item, other: Item, words: Words) -> bool:
    if one.kind != other.kind or not set(one.evidence) & set(other.evidence):
        return False
    mine, theirs = (words.stems_of(i.text) for i in (one, other))
    return len(mine & theirs) >= _SAME_WORDS * max(1, min(len(mine), len(theirs)))

"""The client of an OpenAI-compatible endpoint's chat completions: streamed, patient, and with an end.

What an endpoint does not know (a JSON schema, a parameter) is found out once and left away from then on. Busy endpoints
are asked again with growing pauses. A silence is not asked again: the same question would be as hard.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx

from minutebook.language.model import Usage
from minutebook.language.producers.failures import (
    ModelRefusedError,
    ModelSilentError,
    ModelUnavailableError,
    failure_of,
    is_unknown_model,
)
from minutebook.language.producers.stream import Gathering, NoCompletionError, Reply

_LATER: Final = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
_NOT_KNOWN: Final = frozenset((400, 415, 422, 501))
_LONGEST_PAUSE_S: Final = 30.0
_LONGEST_ERROR: Final = 20_000
_LONGEST_BODY: Final = 4_000_000
_FEWEST_TOKENS: Final = 512
_NAMES_SHOWN: Final = 5
_CONNECT_S: Final = 10.0
_LIMITS: Final = frozenset(("maxItems", "minItems", "maxLength", "minimum"))
_MAY_GO: Final = ("stream_options", "temperature")
"""Parameters that some servers refuse and that can be left away."""


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """Where the model is and how it is used. Prices are per 1000 tokens, in any currency."""

    base_url: str
    model: str
    api_key: str | None = None
    timeout_s: float = 300.0
    answer_s: float = 900.0
    attempts: int = 3
    max_tokens: int = 4096
    chunk_words: int = 1500
    overlap_sentences: int = 6
    price_prompt: float | None = None
    price_completion: float | None = None


class _LaterError(Exception):
    def __init__(self, failure: ModelUnavailableError, wait_s: float = 0.0) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait_s = wait_s


class _NotKnownError(Exception):
    """The endpoint does not know something that was asked for; the text is its body."""

    def __init__(self, failure: ModelUnavailableError, body: str) -> None:
        super().__init__(body)
        self.failure = failure


class Completions:
    """One sitting at an endpoint. Calls and tokens add up in `usage`, those of calls that failed too."""

    def __init__(
        self,
        options: LlmOptions,
        client: httpx.Client,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._client = client
        self._pause = pause
        self._now = now
        self._plainness = 0
        self._without: set[str] = set()
        self._limit_name = "max_tokens"
        self._max_tokens = options.max_tokens
        self.usage = Usage()

    def ask(self, messages: Sequence[Mapping[str, str]], name: str, schema: Mapping[str, Any]) -> Reply:
        """What the model answers, asked for as JSON of this schema; a broken answer as far as it came. Raises
        `ModelUnavailableError` and its kinds."""
        while True:
            payload = self._payload(messages, _formats(name, schema)[self._plainness])
            try:
                return self._patiently(payload)
            except _NotKnownError as error:
                if not self._made_simpler(str(error)):
                    raise error.failure from error

    def ask_for_less(self) -> None:
        """Halve the longest answer: some servers count it into the context."""
        self._max_tokens = max(min(_FEWEST_TOKENS, self._max_tokens), self._max_tokens // 2)

    def names(self) -> tuple[str, ...]:
        """The models that the endpoint says it has; none when it does not say."""
        try:
            response = self._client.get(self._url("models"), headers=self._headers, timeout=_CONNECT_S)
            data = response.json()
            listed = data.get("data") or data.get("models") or ()
            return tuple(str(each.get("id") or each["name"]) for each in listed)
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return ()

    @property
    def _headers(self) -> dict[str, str]:
        key = self._options.api_key
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _url(self, path: str) -> str:
        return f"{self._options.base_url.rstrip('/')}/{path}"

    def _payload(self, messages: Sequence[Mapping[str, str]], form: Mapping[str, Any] | None) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "model": self._options.model,
            "messages": list(messages),
            "temperature": 0,
            self._limit_name: self._max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if form is not None:
            payload["response_format"] = form
        return {name: value for name, value in payload.items() if name not in self._without}

    def _made_simpler(self, said: str) -> bool:
        """Leave something away from now on that the endpoint seems not to know; False when nothing is left."""
        if "max_completion_tokens" in said and self._limit_name == "max_tokens":
            self._limit_name = "max_completion_tokens"
            return True
        for name in _MAY_GO:
            if name in said and name not in self._without:
                self._without.add(name)
                return True
        if self._plainness + 1 < len(_formats("", {})):
            self._plainness += 1
            return True
        unsaid = next((name for name in _MAY_GO if name not in self._without), None)
        self._without.add(unsaid or "")
        return unsaid is not None

    def _patiently(self, payload: Mapping[str, Any]) -> Reply:
        """One call, repeated with growing pauses while the endpoint says that it may work later."""
        wait_s = 0.0
        for attempt in range(1, self._options.attempts + 1):
            if wait_s:
                self._pause(wait_s)
            try:
                return self._call(payload)
            except _LaterError as error:
                if attempt == self._options.attempts:
                    raise error.failure from error
                wait_s = min(_LONGEST_PAUSE_S, max(0.5 * 2.0**attempt, error.wait_s))
        raise ModelUnavailableError("it was not asked: attempts is 0")

    def _call(self, payload: Mapping[str, Any]) -> Reply:
        gathering = Gathering(self._options.api_key)
        timeout = httpx.Timeout(self._options.timeout_s, connect=min(_CONNECT_S, self._options.timeout_s))
        url = self._url("chat/completions")
        try:
            with self._client.stream("POST", url, json=payload, headers=self._headers, timeout=timeout) as response:
                if response.is_error:
                    raise self._failure(response)
                return self._gathered(response, gathering)
        except httpx.ConnectTimeout as error:
            raise ModelSilentError("it cannot be reached: no connection in time") from error
        except httpx.TimeoutException as error:
            raise ModelSilentError(self._silence) from error
        except httpx.TransportError as error:
            raise _LaterError(ModelUnavailableError("it cannot be reached")) from error
        except httpx.InvalidURL as error:
            raise ModelRefusedError("its address is not one") from error
        finally:
            told = gathering.usage
            self.usage = replace(
                self.usage,
                calls=self.usage.calls + 1,
                prompt_tokens=self.usage.prompt_tokens + told.prompt_tokens,
                completion_tokens=self.usage.completion_tokens + told.completion_tokens,
            )

    @property
    def _silence(self) -> str:
        return f"it took too long: no word for {self._options.timeout_s:g} s"

    def _gathered(self, response: httpx.Response, gathering: Gathering) -> Reply:
        """The answer; where it breaks after the first word, as far as it came."""
        try:
            self._read(response, gathering)
            return gathering.reply()
        except NoCompletionError as error:
            broken, failure = "its answer is not a chat completion", ModelUnavailableError(str(error))
        except httpx.TimeoutException:
            broken, failure = self._silence, ModelSilentError(self._silence)
        except httpx.TransportError:
            broken, failure = "the connection broke off", ModelUnavailableError("the connection broke off")
            if not gathering.text:
                raise _LaterError(failure) from None
        except ModelUnavailableError as error:
            broken, failure = str(error), error
        if gathering.text:
            return Reply(gathering.text, None, broken)
        raise failure

    def _read(self, response: httpx.Response, gathering: Gathering) -> None:
        began = heard = self._now()
        for line in _lines(response):
            said = gathering.take(line)
            now = self._now()
            if gathering.done:
                return
            if now - heard > self._options.timeout_s:
                raise ModelSilentError(self._silence)
            if now - began > self._options.answer_s:
                raise ModelSilentError(f"it took too long: more than {self._options.answer_s:g} s for one answer")
            heard = now if said else heard

    def _failure(self, response: httpx.Response) -> Exception:
        body, status = _beginning(response), response.status_code
        failure = failure_of(status, body, self._options.api_key)
        if type(failure) is not ModelUnavailableError:
            return failure
        if status == 404 or is_unknown_model(body):
            return self._missing(failure, body)
        if status in _NOT_KNOWN or "response_format" in body or "grammar" in body:
            return _NotKnownError(failure, body)
        if status in _LATER:
            told = response.headers.get("retry-after", "")
            return _LaterError(failure, float(told) if told.isdecimal() else 0.0)
        return failure

    def _missing(self, failure: ModelUnavailableError, body: str) -> Exception:
        if "response_format" in body or "parameters" in body:
            return _NotKnownError(failure, body)
        names = self.names()
        if not names and not is_unknown_model(body):
            return ModelRefusedError(f"{failure}; does its address end in /v1?")
        return ModelRefusedError(f"{failure}; {named(self._options.model, names)}")


def named(model: str, names: Sequence[str]) -> str:
    """What is there instead of a model that is not."""
    shown = ", ".join(f"“{name[:80]}”" for name in names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    return f"the model is called “{model}” here" + (f", and it has {shown}" if names else "")


def _formats(name: str, schema: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, ...]:
    """Ways to ask for JSON, strictest first; servers that do not know one answer with a client error."""
    return (
        _strict(name, schema),
        _strict(name, without_limits(schema)),
        {"type": "json_object"},
        None,
    )


def _strict(name: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def without_limits(schema: Any) -> Any:
    """A JSON schema without the limits that strict modes of some servers do not know."""
    if isinstance(schema, Mapping):
        return {name: without_limits(value) for name, value in schema.items() if name not in _LIMITS}
    return [without_limits(each) for each in schema] if isinstance(schema, list) else schema


def _lines(response: httpx.Response) -> Iterator[str]:
    """Lines as they come, at most so much; an empty one whenever something came that ends none."""
    rest, size = b"", 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in (*lines, *(() if lines else (b"",))))
        if size > _LONGEST_BODY:
            break
    yield rest.decode("utf-8", "replace")


def _beginning(response: httpx.Response) -> str:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) >= _LONGEST_ERROR:
            break
    return body[:_LONGEST_ERROR].decode("utf-8", "replace")

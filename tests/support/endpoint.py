"""A strict double of an OpenAI-compatible endpoint, over httpx's mock transport, with a clock that is only told."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from minutebook.language.producers.completions import Completions
from minutebook.language.producers.llm import LlmOptions, LlmProducer

URL = "http://127.0.0.1:9/v1"
_KNOWN = {
    "model", "messages", "temperature", "max_tokens", "max_completion_tokens", "stream", "stream_options",
    "response_format",
}  # fmt: skip
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def whole(content: str, prompt_tokens: int = 100, completion_tokens: int = 20) -> httpx.Response:
    """An answer of a server that does not stream."""
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return httpx.Response(200, json={"choices": [choice], "usage": usage})


def items(*entries: Mapping[str, object]) -> httpx.Response:
    return whole(json.dumps({"items": entries}))


def events(content: str, finish: str | None = "stop", tokens: tuple[int, int] | None = (100, 20)) -> list[bytes]:
    """The events of a streamed answer, a few characters each."""
    pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
    chunks: list[dict[str, Any]] = [{"choices": [{"delta": {"content": p}, "finish_reason": None}]} for p in pieces]
    if finish is not None:
        chunks.append({"choices": [{"delta": {}, "finish_reason": finish}]})
    if tokens is not None:
        chunks.append({"choices": [], "usage": dict(zip(("prompt_tokens", "completion_tokens"), tokens, strict=True))})
    said = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks]
    return said if finish is None else [*said, b"data: [DONE]\n\n"]


class Stream(httpx.SyncByteStream):
    """Bytes that come one after the other; a number lets so many seconds go by, an error breaks the connection."""

    def __init__(self, parts: Sequence[bytes | float | Exception], clock: list[float]) -> None:
        self._parts = parts
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            if isinstance(part, bytes):
                yield part
            else:
                self._clock[0] += part


class Endpoint:
    """Answers in order, the last one again and again, and remembers what it was asked."""

    def __init__(self, *answers: Answer, models: Sequence[str] = ()) -> None:
        self._answers = list(answers)
        self._models = models
        self.asked: list[dict[str, Any]] = []
        self.headers: list[httpx.Headers] = []
        self.pauses: list[float] = []
        self.clock = [0.0]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert request.url.path == "/v1/models"
            return httpx.Response(200, json={"data": [{"id": name} for name in self._models]})
        assert (request.method, request.url.path) == ("POST", "/v1/chat/completions")
        asked = json.loads(request.content)
        assert asked.keys() <= _KNOWN
        assert asked["messages"][0]["role"] in ("system", "user")
        assert asked["messages"][-1]["role"] == "user"
        assert all(a["role"] != b["role"] for a, b in zip(asked["messages"], asked["messages"][1:], strict=False))
        self.asked.append(asked)
        self.headers.append(request.headers)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else httpx.Response(answer.status_code, content=answer.content)

    def streamed(self, *parts: bytes | float | Exception) -> Callable[[httpx.Request], httpx.Response]:
        """An answer that comes in these parts, by this endpoint's clock."""
        return lambda _: httpx.Response(
            200, headers={"content-type": "text/event-stream"}, stream=Stream(parts, self.clock)
        )

    def then(self, *answers: Answer) -> "Endpoint":
        self._answers = list(answers)
        return self

    @property
    def lines_asked(self) -> list[list[int]]:
        """The numbers of the transcript's lines in each request."""
        shown = [asked["messages"][1]["content"].splitlines() for asked in self.asked]
        return [[int(line[1 : line.index("]")]) for line in lines if line.startswith("[")] for lines in shown]

    def options(self, **options: object) -> LlmOptions:
        return LlmOptions(URL, "small", **options)  # type: ignore[arg-type]

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))

    def producer(self, **options: object) -> LlmProducer:
        return LlmProducer(self.options(**options), self.client(), self.pauses.append, lambda: self.clock[0])

    def completions(self, **options: object) -> Completions:
        return Completions(self.options(**options), self.client(), self.pauses.append, lambda: self.clock[0])

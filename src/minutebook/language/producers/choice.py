"""Which producer a configuration asks for, and whether its model is there."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import httpx

from minutebook.config import LlmSettings
from minutebook.language.producers.completions import Completions, LlmOptions, named
from minutebook.language.producers.failures import ModelUnavailableError
from minutebook.language.producers.ports import Producer

if TYPE_CHECKING:
    from minutebook.language.producers.llm import LlmProducer

_LOOK_S: Final = 60.0
_ANSWER: Final = {"type": "object", "required": ["ready"], "properties": {"ready": {"type": "boolean"}}}


@dataclass(frozen=True, slots=True)
class Looked:
    """What is seen of a model: how long it took to answer, or why it did not; how it is called there instead."""

    took_s: float = 0.0
    failure: str | None = None
    elsewhere: str | None = None


def producer_of(settings: LlmSettings, outgoing: httpx.Client | None = None) -> Producer:
    """The producer for these settings: extractive unless an endpoint and a model are configured. `outgoing` is the
    client to reach the endpoint with; by default one is opened for each note."""
    if (model := model_of(settings, outgoing)) is not None:
        return model
    from minutebook.language.producers.extractive import ExtractiveProducer

    return ExtractiveProducer()


def model_of(settings: LlmSettings, outgoing: httpx.Client | None = None) -> "LlmProducer | None":
    """The language model of these settings, if they name one."""
    if not settings.base_url or not settings.model:
        return None
    from minutebook.language.producers.llm import LlmProducer

    return LlmProducer(options_of(settings), outgoing)


def options_of(settings: LlmSettings) -> LlmOptions:
    """What the settings say of the endpoint; both address and model are set."""
    return LlmOptions(
        base_url=settings.base_url or "",
        model=settings.model or "",
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        timeout_s=settings.timeout_s,
        answer_s=settings.answer_s,
        attempts=settings.attempts,
        max_tokens=settings.max_tokens,
        chunk_words=settings.chunk_words,
        price_prompt=settings.price_prompt,
        price_completion=settings.price_completion,
    )


def looked_at(settings: LlmSettings, outgoing: httpx.Client | None = None) -> Looked:
    """Ask the configured model for one word, once."""
    timeout_s = min(settings.timeout_s, _LOOK_S)
    options = replace(options_of(settings), attempts=1, timeout_s=timeout_s, answer_s=timeout_s, max_tokens=64)
    with outgoing or httpx.Client(trust_env=False) as client:
        model = Completions(options, client)
        began = time.monotonic()
        try:
            model.ask([{"role": "user", "content": 'Answer with {"ready": true} and nothing else.'}], "ready", _ANSWER)
        except ModelUnavailableError as error:
            return Looked(failure=str(error))
        took_s, names = time.monotonic() - began, model.names()
    known = not names or options.model in names
    return Looked(took_s, elsewhere=None if known else named(options.model, names))

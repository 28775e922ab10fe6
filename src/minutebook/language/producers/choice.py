"""Which producer a configuration asks for."""

import httpx

from minutebook.config import LlmSettings
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.producers.llm import LlmOptions, LlmProducer
from minutebook.language.producers.ports import Producer


def producer_of(settings: LlmSettings, outgoing: httpx.Client | None = None) -> Producer:
    """The producer for these settings: extractive unless an endpoint and a model are configured. `outgoing` is the
    client to reach the endpoint with; by default one is opened for each note."""
    if not settings.base_url or not settings.model:
        return ExtractiveProducer()
    options = LlmOptions(
        base_url=settings.base_url,
        model=settings.model,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        timeout_s=settings.timeout_s,
        attempts=settings.attempts,
        max_tokens=settings.max_tokens,
        chunk_words=settings.chunk_words,
        price_prompt=settings.price_prompt,
        price_completion=settings.price_completion,
    )
    return LlmProducer(options, outgoing)

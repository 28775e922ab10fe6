"""Which producer a configuration asks for."""

import httpx

from minutebook.config import LlmSettings
from minutebook.language.extractive import ExtractiveProducer
from minutebook.language.llm import LlmOptions, LlmProducer
from minutebook.language.ports import Producer


def producer_of(settings: LlmSettings, outgoing: httpx.Client | None = None) -> Producer:
    """The producer for these settings: extractive unless an endpoint and a model are configured. `outgoing` is the
    client to reach the endpoint with; by default one is opened for each note."""
    if not settings.base_url or not settings.model:
        return ExtractiveProducer()
    key = settings.api_key.get_secret_value() if settings.api_key else None
    return LlmProducer(LlmOptions(settings.base_url, settings.model, key), outgoing)

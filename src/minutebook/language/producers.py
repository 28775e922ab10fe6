"""Which producer a configuration asks for."""

from minutebook.config import LlmSettings
from minutebook.language.extractive import ExtractiveProducer
from minutebook.language.ports import Producer


def producer_of(settings: LlmSettings, outgoing: object = None) -> Producer:
    """The producer for these settings: extractive unless an endpoint and a model are configured."""
    return ExtractiveProducer()

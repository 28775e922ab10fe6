"""Transcript → note, key points, sentiment. Every line of a note quotes and cites what was said."""

from minutebook.language.producers.choice import producer_of
from minutebook.language.producers.extractive import ExtractiveProducer

__all__ = ["ExtractiveProducer", "producer_of"]

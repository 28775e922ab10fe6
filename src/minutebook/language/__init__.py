"""Transcript → note, key points, sentiment. Every line of a note quotes and cites what was said."""

from minutebook.language.extractive import ExtractiveProducer
from minutebook.language.producers import producer_of

__all__ = ["ExtractiveProducer", "producer_of"]

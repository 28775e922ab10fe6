"""Recognition models by name: what each costs, fetching them, and which one is in use."""

from minutebook.speech.catalogue.choice import chosen, named
from minutebook.speech.catalogue.entries import Entry, entries, entry_of, recommended

__all__ = ["Entry", "chosen", "entries", "entry_of", "named", "recommended"]

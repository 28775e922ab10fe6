"""What a note begins with: two lines that are made of its own lines, so that the evidence lock has seen all of them and
whatever is corrected or removed in the note is so here."""

from collections.abc import Sequence
from dataclasses import dataclass

from minutebook.language.model import Item, ItemKind, Note

_TOPICS, _OUTCOMES = 4, 3
_ENOUGH = 7
"""Words of a line that says enough."""
_HEADING = 6
"""Words up to which a topic's line is a heading (`talk/headings.py`)."""


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """A line of the summary: items of one kind, in the order of the talk."""

    kind: ItemKind
    items: tuple[Item, ...]


def summary_of(note: Note) -> tuple[SummaryLine, ...]:
    """What was talked about, longest, and what it came to: decisions, or actions where nothing was decided. A note with
    one kind of these has one line, an empty one none."""
    topics = [item for item in _of(note, ItemKind.TOPIC) if item.span and len(item.text.split()) <= _HEADING]
    outcomes = _of(note, ItemKind.DECISION) or _of(note, ItemKind.ACTION)
    lines = (
        _line(sorted(topics, key=_seconds, reverse=True)[:_TOPICS]),
        _line(sorted(outcomes, key=_clearness, reverse=True)[:_OUTCOMES]),
    )
    return tuple(line for line in lines if line is not None)


def begins(item: Item) -> float:
    """When a line's matter begins, in seconds."""
    return item.span.start if item.span else item.evidence[0].start


def _of(note: Note, kind: ItemKind) -> list[Item]:
    return [item for item in note.items if item.kind is kind]


def _line(items: Sequence[Item]) -> SummaryLine | None:
    return SummaryLine(items[0].kind, tuple(sorted(items, key=begins))) if items else None


def _seconds(item: Item) -> float:
    return item.span.end - item.span.start if item.span else 0.0


def _clearness(item: Item) -> tuple[bool, int]:
    """Lines that need no other sentence to be understood go first, then those that say enough; a long one rambles more
    often than it says more."""
    return item.context is None, min(len(item.text.split()), _ENOUGH)

"""Items that say the same become one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from minutebook.language.model import Evidence, Item

_RECENT: Final = 8
"""Items that are still compared: a task is repeated soon after it was given, or is another one."""
_MOST_SPANS: Final = 12
"""Spans that an item said again and again cites: where it begins, and where it was said last."""


def merged(
    items: Sequence[Item], same: Callable[[Item, Item], bool], joint: Callable[[Item, Item], Item]
) -> list[Item]:
    """The items in their order; of those that are the `same` one, as `joint` makes it, with the spans of all."""
    kept: list[Item] = []
    for item in items:
        recent = range(max(0, len(kept) - _RECENT), len(kept))
        at = next((at for at in recent if same(kept[at], item)), None)
        if at is None:
            kept.append(item)
        else:
            kept[at] = replace(joint(kept[at], item), evidence=together(kept[at], item))
    return kept


def together(one: Item, other: Item) -> tuple[Evidence, ...]:
    """The spans of both items, in the order of the talk."""
    spans = sorted({*one.evidence, *other.evidence}, key=_start)
    return tuple(spans if len(spans) <= _MOST_SPANS else [*spans[: _MOST_SPANS - 1], spans[-1]])


def _start(evidence: Evidence) -> float:
    return evidence.start

"""What a sync changes: what is stored against what was fetched. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from minutebook.calendars.model import Fetch, FetchedEvent

VOLATILE: Final = frozenset(
    {
        *("etag", "updated", "sequence"),
        *("@odata.etag", "@odata.context", "changeKey", "lastModifiedDateTime"),
        *("DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE"),
    }
)
"""Members of a provider's object that change although nothing that anybody sees has changed."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the diff needs of a stored event."""

    id: str
    provider_id: str
    fingerprint: str
    start: datetime
    end: datetime
    deleted: bool
    series_id: str | None = None
    group: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written: events that were not there, ids of stored events with their new content (an event that was
    deleted comes back under its id; one that its provider calls otherwise now keeps ours), and ids of those that are
    gone."""

    added: tuple[FetchedEvent, ...] = ()
    changed: tuple[tuple[str, FetchedEvent], ...] = ()
    deleted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.deleted)


def diff(stored: Sequence[Known], fetch: Fetch) -> Changes:
    """The changes that make the store show what was fetched.

    `stored` holds at least: every event that `fetch` names by its id, its series or its group; and, for a complete
    fetch, every event that is not deleted and overlaps the window. An event that is not stored and lies outside of the
    window is left for the day on which the window reaches it. Applying the result and asking again gives no changes.
    """
    of_id = {each.provider_id: each for each in stored}
    fetched = {each.provider_id: each for each in fetch.events}
    added = [each for each in fetched.values() if each.provider_id not in of_id and _is_near(each, fetch)]
    changed = [
        (known.id, each)
        for each in fetched.values()
        if (known := of_id.get(each.provider_id)) is not None
        and (known.fingerprint != fingerprint(each) or (known.deleted and _is_near(each, fetch)))
    ]
    gone = [each for each in stored if not each.deleted and each.provider_id not in fetched and _is_gone(each, fetch)]
    renamed = _renamed(added, gone)
    taken = {id(each) for _, each in renamed}
    kept = {known_id for known_id, _ in renamed}
    return Changes(
        tuple(each for each in added if id(each) not in taken),
        (*changed, *renamed),
        tuple(each.id for each in gone if each.id not in kept),
    )


def _renamed(added: Sequence[FetchedEvent], gone: Sequence[Known]) -> list[tuple[str, FetchedEvent]]:
    """Events that went and came in one: same title, same times, another id. Some calendars give new ids at each
    reading, and a series that is split gives them to what follows; what was asked of such an event still holds."""
    left: defaultdict[tuple[str, datetime, datetime], list[str]] = defaultdict(list)
    for known in gone:
        left[known.title, known.start, known.end].append(known.id)
    return [(same.pop(0), each) for each in added if (same := left.get((each.title, each.start, each.end)))]


def _is_near(event: FetchedEvent, fetch: Fetch) -> bool:
    return fetch.window.overlaps(event.start, event.end)


def _is_gone(known: Known, fetch: Fetch) -> bool:
    if known.provider_id in fetch.removed or (known.series_id is not None and known.series_id in fetch.removed):
        return True
    if known.series_id in fetch.unclear or known.group in fetch.unclear:
        return False
    in_window = fetch.window.overlaps(known.start, known.end)
    return in_window and (fetch.complete or (known.group is not None and known.group in fetch.groups))


def fingerprint(event: FetchedEvent) -> str:
    """Equal for events that look equal to everybody."""
    raw = {name: value for name, value in event.raw.items() if name not in VOLATILE}
    seen = [event.title, event.start.isoformat(), event.end.isoformat(), event.series_id, event.group, event.skip, raw]
    return hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode()).hexdigest()


def merged(first: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """An occurrence completed from its series' master: what it says itself counts, the rest is the master's."""
    return {**first, **{name: value for name, value in over.items() if value is not None}}

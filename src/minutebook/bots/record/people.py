"""Who is or was in a bot's call: while it lasts by the observations that came home, afterwards by the record."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from minutebook.bots.model import Bot, StoredPiece
from minutebook.bots.protocol import OBSERVATIONS, Observation, ObservationKind, observations_from_lines
from minutebook.bots.record.attendance import of_attempts, presence_of
from minutebook.bots.repository import bots as bots_repository
from minutebook.bots.repository import pieces as pieces_repository
from minutebook.db.database import Database
from minutebook.errors import Kind, MinutebookError
from minutebook.recordings.sources import Sources, sources_from_json, sources_key, track_key
from minutebook.storage.ports import Storage

AT_ONCE: Final = 16
"""So many pieces are fetched side by side."""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant. `number` counts from 1 in the order in which they were first seen; `same_as` is the number of the
    participant whom this one is, come back; `track` is where the sound of this one alone is, None where there is
    none (yet)."""

    number: int
    name: str
    is_present: bool
    same_as: int | None = None
    track: str | None = None


async def people_of(db: Database, storage: Storage, bot: Bot) -> list[Person]:
    """Everybody but the bot itself. During the call this is as old as the newest piece that came home: seconds."""
    if bot.recording_id is not None:
        return await _recorded(storage, bot.recording_id)
    try:
        return await _live(db, storage, bot)
    except MinutebookError as error:
        # Pieces go once they are put together, perhaps while they are read here.
        if error.kind is not Kind.NOT_FOUND:
            raise
        async with db.reading() as read:
            now = await bots_repository.load(read, bot.id)
        return await _recorded(storage, now.recording_id) if now is not None and now.recording_id is not None else []


async def observed_of(db: Database, storage: Storage, bot: Bot) -> list[Observation]:
    """Everything that was observed in a call whose recording is not put together yet."""
    async with db.reading() as read:
        pieces = [each for each in await pieces_repository.of_bot(read, bot.id) if each.stream == OBSERVATIONS]
    return await _observed(storage, pieces)


async def recorded_sources(storage: Storage, recording_id: str) -> Sources:
    """The sources of a recording; empty ones where there are none."""
    key = sources_key(recording_id)
    if await storage.head(key) is None:
        return Sources()
    return sources_from_json(await storage.get_bytes(key))


async def _live(db: Database, storage: Storage, bot: Bot) -> list[Person]:
    observed = await observed_of(db, storage, bot)
    here = present_by(observed) if bot.state.is_live else frozenset()
    return _numbered(presence_of(observed, 0, 0.0), here, {})


def present_by(observed: Sequence[Observation]) -> frozenset[str]:
    """The keys of those who came and have not left."""
    here: set[str] = set()
    for each in sorted(observed, key=lambda o: o.at_ms):
        if each.kind is ObservationKind.PARTICIPANT:
            here.add(each.key)
        elif each.kind is ObservationKind.LEFT:
            here.discard(each.key)
    return frozenset(here)


async def _recorded(storage: Storage, recording_id: str) -> list[Person]:
    sources = await recorded_sources(storage, recording_id)
    tracks = {each.key: track_key(recording_id, each.key) for each in sources.participants if each.track}
    return _numbered(sources, frozenset(), tracks)


async def _observed(storage: Storage, pieces: Sequence[StoredPiece]) -> list[Observation]:
    of_attempt: defaultdict[int, list[Observation]] = defaultdict(list)
    for first in range(0, len(pieces), AT_ONCE):
        some = pieces[first : first + AT_ONCE]
        for piece, data in zip(some, await asyncio.gather(*(storage.get_bytes(p.key) for p in some)), strict=True):
            of_attempt[piece.attempt] += observations_from_lines(data)
    return of_attempts(of_attempt)


def _numbered(sources: Sources, here: frozenset[str], tracks: dict[str, str]) -> list[Person]:
    numbers = {each.key: number for number, each in enumerate(sources.participants, start=1)}
    return [
        Person(numbers[each.key], each.name, each.key in here, numbers.get(each.person), tracks.get(each.key))
        for each in sources.participants
    ]

"""Which connections the server keeps: how many, from whom, and how long it waits for what they have to say.

Connections are cheap to open and hold a file descriptor each. So there is a limit in all and one per address, and where
it is reached, the connection that has been waiting longest without a request makes room: who has a request under way
is never disturbed, and who comes next always finds a place as long as anybody merely waits.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from minutebook.config import HttpSettings
from minutebook.kit.origin import Network, is_within, subscriber

RESERVED_FILES = 256
"""Descriptors kept for everything that is no connection of a client: databases, uploads, processes, storage."""

BODY_BYTES_PER_S = 500
"""A body that comes more slowly than this, after its first seconds, is given up (as Apache's mod_reqtimeout does)."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Numbers of connections, and times in seconds.

    `header_s`: from the first byte (or the opening) to the end of the head. `body_s`: for a body to begin; every
    `BODY_BYTES_PER_S` bytes earn one more. `stalled_s`: for a client to go on reading an answer.
    """

    connections: int
    per_address: int
    header_s: float
    body_s: float
    stalled_s: float
    trusted: Sequence[Network] = ()


def limits_of(http: HttpSettings, open_files: int) -> ConnectionLimits:
    """The limits as configured, and no more connections than `open_files` descriptors leave room for."""
    return ConnectionLimits(
        connections=max(16, min(http.connections, open_files - RESERVED_FILES)),
        per_address=http.connections_per_address,
        header_s=http.header_s,
        body_s=http.body_s,
        stalled_s=http.stalled_s,
        trusted=http.trusted_proxies,
    )


class Held(Protocol):
    """A connection, as the table sees it."""

    @property
    def peer(self) -> str:
        """The address it comes from."""
        ...

    @property
    def has_served(self) -> bool:
        """Whether a request has been answered on it."""
        ...

    def give_up(self) -> None:
        """Close it: somebody else needs the place."""
        ...


class _Waiting:
    """Connections without a request: first to go are those that never made one, the longest waiting first."""

    def __init__(self) -> None:
        self._silent: OrderedDict[Held, None] = OrderedDict()
        self._served: OrderedDict[Held, None] = OrderedDict()

    def add(self, held: Held) -> None:
        self.discard(held)
        (self._served if held.has_served else self._silent)[held] = None

    def discard(self, held: Held) -> None:
        self._silent.pop(held, None)
        self._served.pop(held, None)

    def first(self) -> Held | None:
        return next(iter(self._silent), None) or next(iter(self._served), None)


class ConnectionTable:
    """All connections of this process."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._all: dict[Held, str] = {}
        self._counts: dict[str, int] = {}
        self._waiting = _Waiting()
        self._waiting_of: dict[str, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._all)

    def all(self) -> list[Held]:
        """A copy of the list: whoever looks at it may close some."""
        return list(self._all)

    def admit(self, held: Held) -> bool:
        """Take a new connection in, at the cost of a waiting one where a limit is reached; False when none waits."""
        address = subscriber(held.peer)
        crowded = self._counts.get(address, 0) >= self.limits.per_address
        if crowded and not is_within(held.peer, self.limits.trusted):
            room = self._make_room(self._waiting_of.get(address))
        else:
            room = len(self._all) < self.limits.connections or self._make_room(self._waiting)
        if room:
            self._all[held] = address
            self._counts[address] = self._counts.get(address, 0) + 1
            self.waits(held)
        return room

    def waits(self, held: Held) -> None:
        """It has no request under way."""
        address = self._all.get(held)
        if address is not None:
            self._waiting.add(held)
            self._waiting_of.setdefault(address, _Waiting()).add(held)

    def works(self, held: Held) -> None:
        """It has one."""
        self._waiting.discard(held)
        if (address := self._all.get(held)) in self._waiting_of:
            self._waiting_of[address or ""].discard(held)

    def remove(self, held: Held) -> None:
        """It is closed."""
        self.works(held)
        address = self._all.pop(held, None)
        if address is None:
            return
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]
            self._waiting_of.pop(address, None)

    def _make_room(self, waiting: _Waiting | None) -> bool:
        victim = waiting.first() if waiting else None
        if victim is None:
            return False
        self.remove(victim)
        victim.give_up()
        return True

"""Connections before their first request: a socket, a place in the table, and what has come so far.

Who has not made a request costs neither a protocol nor a task. A crowd that comes, says nothing whole, makes room and
comes again would otherwise fill the rounds of the event loop.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Final

from minutebook.api.connections import ConnectionTable

ACCEPTED_AT_ONCE: Final = 8
"""Connections taken in one round of the event loop."""
ACCEPT_AGAIN_S: Final = 1.0
"""So long nothing is accepted after accepting failed."""
ACCEPT_TOLD_EVERY_S: Final = 60.0
RECEIVED_AT_ONCE: Final = 64 * 1024
HEAD_MOST_BYTES: Final = 64 * 1024
"""A head that is longer goes to the protocol, which refuses it."""
NO_FILES: Final = "the process has no file descriptors left (ulimit -n)"
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Protocols = Callable[[bytes], asyncio.Protocol]
"""Makes the protocol of a connection from the first bytes that came on it."""

log = logging.getLogger("minutebook.api")


class Guest:
    """A connection that waits in the lobby."""

    has_served = False

    def __init__(self, lobby: "Lobby", sock: socket.socket, peer: str) -> None:
        self.peer = peer
        self._lobby, self._sock = lobby, sock
        self._since = monotonic()
        self._head = bytearray()

    def receive(self) -> None:
        """Take what has come; with a whole head it becomes a connection of the server."""
        try:
            data = self._sock.recv(RECEIVED_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            return self._lobby.dismiss(self)
        seen = max(0, len(self._head) - 2)
        self._head += data
        if _is_whole(self._head, seen):
            self._lobby.enter(self, self._sock, bytes(self._head))

    def look(self, now: float, elapsed_s: float) -> None:
        """Send it away when its head has not come in time."""
        if now - self._since > self._lobby.header_s:
            self._lobby.dismiss(self, TOO_SLOW if self._head else b"")

    def give_up(self) -> None:
        """Close it: somebody else needs the place."""
        self._lobby.close(self._sock)

    def dismissed(self, answer: bytes) -> None:
        """Close it with this answer."""
        with suppress(OSError):
            self._sock.send(answer)
            self._sock.recv(RECEIVED_AT_ONCE)  # what is left unread makes a reset of the close, which loses the answer
        self._lobby.close(self._sock)


def _is_whole(head: bytearray, seen: int) -> bool:
    """Whether it ends with a blank line, or is nothing that the protocol would wait for the end of."""
    blank = head.find(b"\n\r\n", seen) >= 0 or head.find(b"\n\n", seen) >= 0
    return blank or len(head) >= HEAD_MOST_BYTES or head[0] <= 0x20


class Lobby:
    """Takes the connections of one listening socket, and hands on those that ask something."""

    def __init__(self, listening: socket.socket, table: ConnectionTable, protocols: Protocols) -> None:
        listening.setblocking(False)
        self._listening, self._table, self._protocols = listening, table, protocols
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[object]] = set()
        self._told_at = -ACCEPT_TOLD_EVERY_S
        self._again: asyncio.TimerHandle | None = None
        self.header_s = table.limits.header_s
        self._open()

    def _open(self) -> None:
        self._loop.add_reader(self._listening.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                return self._pause(error)
            sock.setblocking(False)
            self._receive(Guest(self, sock, address[0]), sock)

    def _receive(self, guest: Guest, sock: socket.socket) -> None:
        if not self._table.admit(guest):
            return guest.dismissed(BUSY)
        self._loop.add_reader(sock.fileno(), guest.receive)
        guest.receive()  # mostly the request is there already

    def _pause(self, error: OSError) -> None:
        # Told once a minute: whoever comes is tried again and again, and nobody is to fill the log by coming.
        if monotonic() - self._told_at >= ACCEPT_TOLD_EVERY_S:
            self._told_at = monotonic()
            why = NO_FILES if error.errno in _EXHAUSTED else error.strerror
            log.error("no connection can be accepted: %s", why)
        self._loop.remove_reader(self._listening.fileno())
        self._again = self._loop.call_later(ACCEPT_AGAIN_S, self._open)

    def enter(self, guest: Guest, sock: socket.socket, head: bytes) -> None:
        """The guest has asked something: from now on it is a connection with a protocol."""
        self._loop.remove_reader(sock.fileno())
        self._table.remove(guest)
        made = self._loop.connect_accepted_socket(lambda: self._protocols(head), sock)
        task: asyncio.Task[object] = asyncio.ensure_future(made)
        self._entering.add(task)
        task.add_done_callback(partial(self._entered, sock))

    def _entered(self, sock: socket.socket, task: asyncio.Task[object]) -> None:
        self._entering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            sock.close()
            log.error("a connection could not be taken over", exc_info=error)

    def dismiss(self, guest: Guest, answer: bytes = b"") -> None:
        """Send a guest away."""
        self._table.remove(guest)
        guest.dismissed(answer)

    def close(self, sock: socket.socket) -> None:
        """Close a guest's socket."""
        self._loop.remove_reader(sock.fileno())  # by number: the loop prints what it does not know, sockets slowly
        sock.close()

    async def end(self) -> None:
        """Take no connections any more; guests are sent away."""
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._listening.fileno())
        self._listening.close()
        for held in self._table.all():
            if isinstance(held, Guest):
                self.dismiss(held)
        await asyncio.gather(*self._entering, return_exceptions=True)

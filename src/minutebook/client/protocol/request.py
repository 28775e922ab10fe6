"""Calls as values: what is to be sent, what came back. Nothing here performs I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from minutebook.client.errors import ConnectionFailed

T = TypeVar("T")
OnProgress = Callable[[int, int], None]
"""Called with the bytes sent so far and the bytes in all."""

_REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on this machine that becomes the `file` part of a form; it is opened anew for each attempt."""

    path: Path
    filename: str
    media_type: str
    on_progress: OnProgress | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` begins with a slash; a call that is not `authorised` carries no token."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None
    upload: Upload | None = None
    content: bytes | None = None
    authorised: bool = True
    repeatable: bool = False

    @property
    def idempotent(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.repeatable or self.method in _REPEATABLE_METHODS or IDEMPOTENCY_KEY in self.headers


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer. `reached` is false when the connection was never made, so that nothing can have happened."""

    error: ConnectionFailed
    reached: bool


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """A request together with how its successful reply is read."""

    request: Request
    parse: Callable[[Reply], T]

"""Conversations with a server as generators, so that the sync and the async client share every decision.

A generator yields what it wants done (`Operation`, `Send`, `Pause` …) and is sent the outcome; errors are
thrown into it. The two clients differ only in how they perform a step.
"""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from minutebook.client.errors import PaxsError
from minutebook.client.model import Tokens
from minutebook.client.protocol.request import Operation, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Put one request on the wire; answered with a `Reply` or a `Lost`."""

    request: Request
    access_token: str | None


@dataclass(frozen=True, slots=True)
class Refresh:
    """Renew the pair, unless somebody else has done so since `stale` was read; answered with `Tokens`."""

    stale: Tokens


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Inspect:
    """Find out what an address that is not the server's holds; answered with a `Remote`."""

    url: str


@dataclass(frozen=True, slots=True)
class Download:
    """Fetch a foreign address into a file; answered with the number of bytes."""

    url: str
    to: Path


@dataclass(frozen=True, slots=True)
class Remote:
    """The media type and, when the answer gives it, the file name behind an address."""

    media_type: str
    filename: str | None


Step: TypeAlias = Operation[Any] | Send | Refresh | Pause | Inspect | Download
Steps: TypeAlias = Generator[Step, Any, T]


class RunOperation(Protocol):
    """Makes one call and returns its result; raises `PaxsError`."""

    def __call__(self, operation: Operation[T], /) -> T: ...


class FollowSteps(Protocol):
    """Runs a longer conversation and returns what it comes to; raises `PaxsError`."""

    def __call__(self, steps: Steps[T], /) -> T: ...


class AsyncRunOperation(Protocol):
    """`RunOperation`, awaited."""

    async def __call__(self, operation: Operation[T], /) -> T: ...


class AsyncFollowSteps(Protocol):
    """`FollowSteps`, awaited."""

    async def __call__(self, steps: Steps[T], /) -> T: ...


def drive(steps: Steps[T], perform: Callable[[Step], Any]) -> T:
    """Run a conversation, performing each step as it comes."""
    resume: Callable[[], Step] = partial(next, steps)
    try:
        while True:
            step = resume()
            try:
                resume = partial(steps.send, perform(step))
            except PaxsError as error:
                resume = partial(steps.throw, error)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        steps.close()


async def adrive(steps: Steps[T], perform: Callable[[Step], Awaitable[Any]]) -> T:
    """The same for steps that are awaited."""
    resume: Callable[[], Step] = partial(next, steps)
    try:
        while True:
            try:
                step = resume()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                resume = partial(steps.send, await perform(step))
            except PaxsError as error:
                resume = partial(steps.throw, error)
    finally:
        steps.close()

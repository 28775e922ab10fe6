"""What the bot is told in its call: each command is begun once, and answered until home knows the answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from minutebook.bots.commands import CommandKind
from minutebook.bots.protocol import CommandAnswer, CommandOrder
from minutebook.kit.clock import Clock

log = logging.getLogger(__name__)

LATE: Final = "The bot came to it too late."
BROKEN: Final = "Something went wrong in the bot; its log has the details."
VOICE: Final = "voice"
PAGE: Final = "page"


class CommandFailedError(Exception):
    """A command cannot be done; the message is a sentence for whoever gave it."""


Do = Callable[[CommandOrder, float], Awaitable[None]]
"""Does one command, which is not begun any more at a moment (seconds of the clock). Raises `CommandFailedError`."""


class Commands:
    """The commands of one attempt. What is said comes one after the other; so does everything else, beside it."""

    def __init__(self, clock: Clock, do: Do) -> None:
        self._clock = clock
        self._do = do
        self._known: set[str] = set()
        self._answers: dict[str, CommandAnswer] = {}
        self._lanes: dict[str, asyncio.Queue[tuple[CommandOrder, float]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def take(self, orders: Sequence[CommandOrder]) -> None:
        """Begin what is new of these."""
        for order in orders:
            if order.id in self._known:
                continue
            self._known.add(order.id)
            until_s = self._now_s() + order.left_s
            self._lane(VOICE if order.kind == CommandKind.SAY else PAGE).put_nowait((order, until_s))

    def answers(self) -> tuple[CommandAnswer, ...]:
        """What home does not know yet."""
        return tuple(self._answers.values())

    def delivered(self, answers: Sequence[CommandAnswer]) -> None:
        """Home knows these."""
        for each in answers:
            self._answers.pop(each.id, None)

    async def close(self) -> None:
        """Do nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _lane(self, name: str) -> asyncio.Queue[tuple[CommandOrder, float]]:
        if name not in self._lanes:
            self._lanes[name] = asyncio.Queue()
            self._tasks.append(asyncio.create_task(self._work(self._lanes[name]), name=f"commands: {name}"))
        return self._lanes[name]

    async def _work(self, lane: asyncio.Queue[tuple[CommandOrder, float]]) -> None:
        while True:
            order, until_s = await lane.get()
            message = await self._done(order, until_s)
            self._answers[order.id] = CommandAnswer(order.id, message is None, message)

    async def _done(self, order: CommandOrder, until_s: float) -> str | None:
        if self._now_s() >= until_s:
            return LATE
        try:
            await self._do(order, until_s)
        except CommandFailedError as error:
            log.info("a command could not be done: %s", error, extra={"command": order.kind})
            return str(error)
        except Exception:
            log.exception("a command broke", extra={"command": order.kind})
            return BROKEN
        return None

    def _now_s(self) -> float:
        return self._clock.now().timestamp()

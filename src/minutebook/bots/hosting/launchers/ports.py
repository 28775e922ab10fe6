"""The launcher port: starts runners and ends them, wherever they run. Attempts go by bot id and number."""

from collections.abc import Collection
from typing import Protocol

from minutebook.bots.protocol import Ticket


class Launcher(Protocol):
    """Runners outlive their host: all methods work for attempts that an earlier host process has launched."""

    async def launch(self, ticket: Ticket) -> int | None:
        """Start a runner and hand it its ticket, which nobody else may see. Returns its process id, where it has one
        on this machine. Raises `OSError` when it cannot be started now."""
        ...

    async def ended(self, bot_id: str, attempt: int) -> bool:
        """Whether the attempt's runner is not there (any more). What it has started may still be."""
        ...

    async def end(self, bot_id: str, attempt: int) -> None:
        """End the attempt's runner and everything that it has started, at once. One that is gone is no error."""
        ...

    async def sweep(self, current: Collection[tuple[str, int]]) -> None:
        """End everything of attempts, launched through this launcher's installation, that are not among the current
        ones; those launched in the last seconds are left alone."""
        ...

"""A process of its own that works until it is told to stop, or until the process that started it is gone."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

LAST_WORDS_S = 5.0
"""A process whose parent is gone ends after this, whether it could stop in order or not."""


def run_until_told(work: Callable[[asyncio.Event], Awaitable[None]], *, supervised: bool = False) -> None:
    """Run `work(stop)`, which ends soon after `stop` is set: by SIGTERM, by SIGINT, or, when the process is supervised,
    by end of file on its standard input, whose other end only its supervisor holds. Does not return."""
    asyncio.run(_told(work, supervised))
    logging.shutdown()
    sys.stdout.flush()
    # Not sys.exit: it would wait for threads in which a broken-off step still computes.
    os._exit(0)


async def _told(work: Callable[[asyncio.Event], Awaitable[None]], supervised: bool) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no handlers on its loop
            loop.add_signal_handler(number, stop.set)
    if supervised:
        threading.Thread(target=_outlive_nobody, args=(loop, stop), name="parent-watch", daemon=True).start()
    await work(stop)


def _outlive_nobody(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 64):
        pass
    loop.call_soon_threadsafe(stop.set)
    threading.Event().wait(LAST_WORDS_S)
    os._exit(1)

"""Runners as processes of this machine, found again by an environment variable that all their descendants inherit."""

import asyncio
import json
import logging
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minutebook.bots.protocol import Ticket, to_json

if TYPE_CHECKING:
    import psutil

log = logging.getLogger("minutebook.bots")

ATTEMPT_VARIABLE: Final = "MINUTEBOOK_BOT_ATTEMPT"
"""`<bot id>/<attempt>`, in the environment of a runner and of everything that it starts."""
HOME_VARIABLE: Final = "MINUTEBOOK_BOT_FOLDER"
"""The folder of the installation's bots: another installation on this machine is not ours to sweep."""
COMMAND: Final = (sys.executable, "-m", "minutebook", "bot", "run")
JUST_LAUNCHED_S: Final = 10.0
ROUNDS: Final = 5
"""What is killed may just be starting something: the search is repeated until nothing is found."""

_PRIVATE: Final = "MINUTEBOOK_"
_SHARED: Final = ("MINUTEBOOK_BOTS__", "MINUTEBOOK_OUTGOING__", "MINUTEBOOK_LOG_LEVEL")

Search = Callable[[], "dict[int, psutil.Process]"]


class ProcessLauncher:
    """Starts `command` in a session of its own. `folder` holds a folder for each bot, with its log and its spool."""

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        self._folder = folder.resolve()
        self._command = list(command)
        self._children: dict[tuple[str, int], subprocess.Popen[bytes]] = {}
        self._found: dict[tuple[str, int], psutil.Process] = {}

    async def launch(self, ticket: Ticket) -> int:
        """See the port. The runner's standard error goes to `<folder>/<bot id>/runner.log`."""
        child = await asyncio.to_thread(self._start, ticket)
        self._children[ticket.bot_id, ticket.attempt] = child
        return child.pid

    async def ended(self, bot_id: str, attempt: int) -> bool:
        """See the port."""
        name = bot_id, attempt
        if (child := self._children.get(name)) is not None:
            return child.poll() is not None
        if (found := self._found.get(name)) is not None:
            return not _lives(found)
        runner = await asyncio.to_thread(self._runner_of, name)
        if runner is None:
            return True
        self._found[name] = runner
        return False

    async def end(self, bot_id: str, attempt: int) -> None:
        """See the port."""
        name = bot_id, attempt
        await asyncio.to_thread(_kill_all, lambda: self._of_attempt(name))
        self._found.pop(name, None)
        if (child := self._children.pop(name, None)) is not None:
            with suppress(subprocess.TimeoutExpired):  # a process that the kernel holds on to
                await asyncio.to_thread(child.wait, 10)

    async def sweep(self, current: Collection[tuple[str, int]]) -> None:
        """See the port."""
        kept = set(current)
        swept = await asyncio.to_thread(_kill_all, lambda: self._strays(kept))
        if swept:
            log.warning("ended %d processes of bot attempts that are over", swept)
        for name in set(self._children) - kept:
            if self._children[name].poll() is not None:
                del self._children[name]

    def _start(self, ticket: Ticket) -> subprocess.Popen[bytes]:
        own = self._folder / ticket.bot_id
        own.mkdir(parents=True, exist_ok=True)
        with (own / "runner.log").open("ab") as errors:
            child = subprocess.Popen(  # noqa: S603 (the operator's own program)
                self._command,
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                env=runner_environment(os.environ) | self._marks(ticket),
                start_new_session=True,
            )
        assert child.stdin is not None
        # A runner that ends at once reads no ticket; that it ended is noticed as always.
        with suppress(BrokenPipeError), child.stdin as stdin:
            stdin.write(json.dumps(to_json(ticket)).encode() + b"\n")
        return child

    def _marks(self, ticket: Ticket) -> dict[str, str]:
        return {ATTEMPT_VARIABLE: f"{ticket.bot_id}/{ticket.attempt}", HOME_VARIABLE: str(self._folder)}

    def _runner_of(self, name: tuple[str, int]) -> "psutil.Process | None":
        import psutil

        for process, marked in self._marked():
            with suppress(psutil.Error):
                if marked == name and process.cmdline()[1:] == self._command[1:] and _lives(process):
                    return process
        return None

    def _of_attempt(self, name: tuple[str, int]) -> "dict[int, psutil.Process]":
        return _with_descendants(process for process, marked in self._marked() if marked == name)

    def _strays(self, kept: set[tuple[str, int]]) -> "dict[int, psutil.Process]":
        before = time.time() - JUST_LAUNCHED_S
        return _with_descendants(process for process, marked in self._marked(before) if marked not in kept)

    def _marked(self, before: float = math.inf) -> "Iterator[tuple[psutil.Process, tuple[str, int]]]":
        """The processes of this installation's attempts that can be recognised by their environment, and that were
        started before a moment (seconds since 1970)."""
        import psutil

        for process in psutil.process_iter():
            try:
                marks = process.environ() if process.create_time() < before else {}
            except (psutil.Error, OSError):  # gone meanwhile, or somebody else's
                continue
            bot_id, _, attempt = marks.get(ATTEMPT_VARIABLE, "").partition("/")
            if attempt.isdecimal() and marks.get(HOME_VARIABLE) == str(self._folder):
                yield process, (bot_id, int(attempt))


def runner_environment(own: Mapping[str, str]) -> dict[str, str]:
    """What a runner gets of the host's environment: it opens other people's pages, and needs neither the database's
    address nor any secret."""
    return {name: value for name, value in own.items() if not name.startswith(_PRIVATE) or name.startswith(_SHARED)}


def _lives(process: "psutil.Process") -> bool:
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _with_descendants(processes: "Iterator[psutil.Process]") -> "dict[int, psutil.Process]":
    """These and what they have started: Chromium's own children hide their environment."""
    import psutil

    found: dict[int, psutil.Process] = {}
    for process in processes:
        with suppress(psutil.Error):
            for each in (process, *process.children(recursive=True)):
                found[each.pid] = each
    return {pid: process for pid, process in found.items() if _lives(process)}


def _kill_all(search: Search) -> int:
    """Kill what the search finds until it finds nothing; returns how many there were."""
    import psutil

    killed: set[int] = set()
    for _ in range(ROUNDS):
        found = search()
        if not found:
            break
        for process in found.values():
            with suppress(psutil.Error):
                process.kill()
        killed |= set(found)
        psutil.wait_procs(list(found.values()), timeout=2)
    return len(killed)

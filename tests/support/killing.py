"""Browsers that end as on a machine whose power fails."""

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil


def processes(profile: Path) -> list[psutil.Process]:
    """The processes of the browser of a profile: the browser itself and its children."""
    whole = [each for each in psutil.process_iter() if f"--user-data-dir={profile}" in _arguments(each)]
    return [*whole, *(child for each in whole for child in each.children(recursive=True) if child not in whole)]


def _arguments(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return list(process.cmdline())
    return []


def end_browser(profile: Path) -> None:
    """End the browser of a profile, which can then be opened anew."""
    end(processes(profile))
    for lock in profile.glob("Singleton*"):
        lock.unlink()


def end(chosen: Iterable[psutil.Process]) -> None:
    """End processes as a machine without power would."""
    own = list(chosen)
    assert own
    for process in own:
        with suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(own, timeout=10)

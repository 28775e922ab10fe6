"""How far long work is: a line for each stage, with what is done and what remains."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

STEPS = 4
"""Without a terminal a stage tells of every quarter, but not of two at once."""
PAUSE_S = 3.0


class _Remaining(ProgressColumn):
    """What remains, once that can be told."""

    def render(self, task: Task) -> Text:
        return Text("" if task.finished or not task.time_remaining else left(task.time_remaining), style="dim")


def left(seconds: float) -> str:
    """A length of time as one says it."""
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes else f"about {max(round(seconds), 1)} s left"


class Stages:
    """Stages of one piece of work. On a terminal each is a bar that goes when the work is over; elsewhere a line says
    when it begins, at every quarter, and when it is done."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console, self._now = console, now
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), _Remaining())
        self._bars = Progress(*columns, console=console, transient=True) if console.is_terminal else None
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}
        self._told: dict[str, tuple[int, float]] = {}

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def move(self, stage: str, done: float) -> None:
        """The stage is done to this part, from 0 to 1."""
        if self._bars is None:
            self._tell(stage, done)
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=1.0)
        self._bars.update(self._tasks[stage], completed=done)

    def _tell(self, stage: str, done: float) -> None:
        now = self._now()
        began = self._began.setdefault(stage, now)
        step = int(done * STEPS)
        told, at = self._told.get(stage, (-1, now))
        if step <= told or (told >= 0 and step < STEPS and now - at < PAUSE_S):
            return
        self._told[stage] = step, now
        said = f"{stage}: {_state(done, now - began)}"
        self._console.print(said)


def _state(done: float, took_s: float) -> str:
    if done >= 1:
        return "done"
    if done * STEPS < 1:
        return "begun"
    remaining = f", {left(took_s * (1 - done) / done)}" if took_s else ""
    return f"{done:.0%}{remaining}"

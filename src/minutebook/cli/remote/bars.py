"""Progress bars: how fast a recording travels, and how far the server is with it."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from minutebook.cli.remote.output import HEADINGS
from minutebook.client import AnalysisType, Report


def transfer_bar(console: Console) -> Progress:
    """Bytes, rate and remaining time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class WorkBars:
    """One bar for each analysis that is under way."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[AnalysisType, TaskID] = {}

    def show(self, reports: tuple[Report, ...]) -> None:
        """Move the bars to where the reports stand."""
        for report in reports:
            kind = report.analysis_type
            if kind not in self._tasks:
                self._tasks[kind] = self.progress.add_task(HEADINGS[kind], total=1.0)
            done = 1.0 if report.completed else report.progress or 0.0
            self.progress.update(self._tasks[kind], completed=done)

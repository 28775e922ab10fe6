"""The whole main job in one process: the services, the durable work and the screen."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from minutebook.accounts.model import User
from minutebook.analysis.model import AnalysisType, Report, ReportStatus
from minutebook.analysis.results import ShownReport
from minutebook.analysis.service import AnalysisRequest
from minutebook.cli.attendees import Person
from minutebook.cli.exits import stderr
from minutebook.cli.inputs import is_url
from minutebook.cli.record_folder import write_record
from minutebook.cli.show import show_report
from minutebook.config import Settings
from minutebook.meetings.model import AttendeeDraft, Meeting
from minutebook.meetings.service import MeetingDraft
from minutebook.recordings.formats import media_type_of
from minutebook.recordings.model import Incoming, Recording
from minutebook.wiring import Services, open_runner, open_services

READ_BYTES = 1024 * 1024
LOOK_EVERY_S = 0.25


@dataclass
class Screen:
    """Follows the reports of one recording: a bar each, results as they complete."""

    out: Console
    quiet: bool
    bars: dict[AnalysisType, TaskID] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def follow(self, progress: Progress, reports: Sequence[Report]) -> None:
        """Move the bars."""
        for report in reports:
            if report.type not in self.bars:
                self.bars[report.type] = progress.add_task(report.type.value.capitalize(), total=1.0)
            done = 1.0 if report.status is ReportStatus.COMPLETED else report.progress.fraction
            progress.update(self.bars[report.type], completed=done)

    def show(self, found: Sequence[ShownReport]) -> None:
        """Print what is complete and was not printed yet."""
        for shown in found:
            if shown.content is None or shown.report.id in self.shown:
                continue
            self.shown.add(shown.report.id)
            if not self.quiet:
                show_report(self.out, shown.report.type.value, json.loads(shown.content))


async def process_locally(
    settings: Settings,
    inputs: Sequence[str],
    people: Sequence[Person],
    title: str | None,
    language: str | None,
    as_json: bool,
) -> bool:
    """Process files and addresses one after the other; True when every report was completed."""
    results: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        await stack.enter_async_context(open_runner(services))
        async with services.db.transaction() as tx:
            user = await services.accounts.local_user(tx)
        for source in inputs:
            results.append(await _process_one(services, user, source, people, title, language, as_json))
    if as_json:
        Console(highlight=False).print_json(data=results)
    return all(report["status"] == "completed" for result in results for report in result["reports"])


async def _process_one(
    services: Services,
    user: User,
    source: str,
    people: Sequence[Person],
    title: str | None,
    language: str | None,
    as_json: bool,
) -> dict[str, Any]:
    screen = Screen(Console(highlight=False), quiet=as_json)
    name = (urlsplit(source).path if is_url(source) else source).rstrip("/").rpartition("/")[2]
    stderr.rule(f"[bold]{name}", align="left")
    draft = MeetingDraft(
        title=title or PurePath(name).stem or name, attendees=[AttendeeDraft(email, shown) for shown, email in people]
    )
    async with services.db.transaction() as tx:
        meeting = await services.meetings.create(tx, user.id, draft)
    recording = await _add(services, user, meeting, source, language)
    async with services.db.transaction() as tx:
        wanted = [AnalysisType.KEY_POINTS, AnalysisType.SENTIMENT]
        await services.analysis.request(tx, user.id, AnalysisRequest(meeting.id, wanted))
    await _follow(services, user, recording, screen)
    async with services.db.reading() as tx:
        reports = await services.results.reports(tx, user.id, recording.id)
    screen.show(reports)
    folder = await write_record(services, user, meeting, recording, reports)
    _tell_outcome(reports, folder)
    return {
        "file": source,
        "session_id": meeting.id,
        "recording_id": recording.id,
        "saved_to": str(folder),
        "reports": [_as_data(shown) for shown in reports],
    }


async def _add(services: Services, user: User, meeting: Meeting, source: str, language: str | None) -> Recording:
    if is_url(source):
        return await services.recordings.add_from_url(user.id, meeting.id, source, language=language)
    path = Path(source)
    incoming = Incoming(path.name, media_type_of(path.name), _chunks(path))
    return await services.recordings.add(user.id, meeting.id, incoming, language=language)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, READ_BYTES):
            yield chunk


async def _follow(services: Services, user: User, recording: Recording, screen: Screen) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr, transient=True) as progress:
        while True:
            async with services.db.reading() as tx:
                reports = await services.analysis.progress(tx, user.id, recording.id)
            screen.follow(progress, reports)
            if not any(report.status.is_active for report in reports):
                return
            await asyncio.sleep(LOOK_EVERY_S)


def _tell_outcome(reports: Sequence[ShownReport], folder: Path) -> None:
    for shown in reports:
        if shown.report.failure is not None:
            failure = shown.report.failure
            stderr.print(f"[red]{shown.report.type.value} failed[/red] ({failure.code}): ", end="")
            stderr.print(failure.message, markup=False)
    typer.echo(f"\nSaved to {folder}", err=True)


def _as_data(shown: ShownReport) -> dict[str, Any]:
    failure = shown.report.failure
    return {
        "analysis_type": shown.report.type.value,
        "status": shown.report.status.value,
        "content": None if shown.content is None else json.loads(shown.content),
        "error": None if failure is None else {"code": failure.code, "message": failure.message},
    }

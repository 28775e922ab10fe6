"""`meetings list|show|create|rename|delete`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from minutebook.cli.attendees import gather_attendees
from minutebook.cli.console import stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.remote.connection import (
    AsJson,
    DataDir,
    Local,
    MeetingName,
    Server,
    TokenFile,
    connect,
    files_follow,
    find_meeting,
)
from minutebook.cli.remote.output import meeting_card, print_json, report_view, when
from minutebook.cli.remote.people import attendees_of
from minutebook.client import Meeting, Page

app = typer.Typer(help="Meetings in this machine's records, or on a PAXS server.", no_args_is_help=True)


@app.command("list")
@tell
def list_meetings(
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    page: int = typer.Option(1, "--page", min=1, help="Which page, newest first."),
    page_size: int = typer.Option(20, "--page-size", min=1, max=100, help="Meetings on a page."),
    search: str | None = typer.Option(None, "--search", "-q", help="Only meetings with these words."),
    json: AsJson = False,
) -> None:
    """List meetings, newest first."""
    with connect(server, tokens, local, data_dir) as paxs:
        found = paxs.sessions.list(page=page, page_size=page_size, search=search)
    if json:
        print_json(found)
    else:
        _print_page(found)


def _print_page(found: Page[Meeting]) -> None:
    table = table_of("When", "Title", "People", "Status")
    for meeting in found.items:
        people = ", ".join(who.display_name for who in meeting.attendees)
        table.add_row(when(meeting.created_at), Text(meeting.title), Text(people), Text(meeting.status or ""))
    stdout.print(table)
    stdout.print(f"{len(found.items)} of {found.total}", style="dim")


@app.command()
@tell
def show(
    meeting: MeetingName,
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Show a meeting and what was made of it."""
    with connect(server, tokens, local, data_dir) as paxs:
        found = find_meeting(paxs, meeting)
        reports = paxs.analysis.reports(found.recording.id, found.id) if found.recording else ()
    if json:
        print_json({"meeting": found, "reports": reports})
        return
    stdout.print(meeting_card(found))
    for report in reports:
        stdout.print(report_view(report) if report.completed else f"\n{report.analysis_type}: {report.status}")


@app.command()
@tell
def create(
    title: str | None = typer.Option(None, "--title", help="Title; date and time otherwise."),
    description: str | None = typer.Option(None, "--description", help="What it is about."),
    attendee: list[str] = typer.Option([], "--attendee", help="“Ada Lovelace <ada@example.com>”; repeatable."),
    attendees: Path | None = typer.Option(None, "--attendees", help="CSV or JSON file with names and addresses."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Create a meeting without a recording."""
    people = gather_attendees(attendee, attendees)
    with connect(server, tokens, local, data_dir) as paxs:
        made = paxs.sessions.create(attendees_of(paxs, people), title=title, description=description)
    if json:
        print_json(made)
    else:
        stdout.print(f"Created “{made.title}”.")


@app.command()
@tell
def rename(
    meeting: MeetingName,
    title: Annotated[str, typer.Argument(help="The new title.", show_default=False)],
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Give a meeting another title."""
    with connect(server, tokens, local, data_dir) as paxs:
        found = find_meeting(paxs, meeting)
        renamed = paxs.sessions.update(found.id, {"title": title})
        files_follow(paxs, found.id)
    if json:
        print_json(renamed)
    else:
        stdout.print(f"“{found.title}” is called “{renamed.title}” now.")


@app.command()
@tell
def delete(
    meeting: MeetingName,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Delete a meeting with its recording and everything made from it."""
    with connect(server, tokens, local, data_dir) as paxs:
        found = find_meeting(paxs, meeting)
        if not yes:
            typer.confirm(f"Delete “{found.title}” with its recording and results?", abort=True, err=True)
        paxs.sessions.delete(found.id)
        files_follow(paxs, found.id)
    if json:
        print_json({"deleted": found.id})
    else:
        stdout.print(f"Deleted “{found.title}”.")

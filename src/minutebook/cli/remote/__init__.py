"""Commands that talk to a PAXS server, ours or another."""

import typer

from minutebook.cli.exits import tell
from minutebook.cli.remote import analyze, export, meetings, recordings, search, sign_in
from minutebook.cli.remote.process import process_remote

__all__ = ["process_remote", "register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command("login")(tell(sign_in.login))
    app.command("logout")(tell(sign_in.logout))
    app.command("whoami")(tell(sign_in.whoami))
    app.add_typer(meetings.app, name="meetings")
    app.add_typer(recordings.app, name="recordings")
    app.command("analyze")(tell(analyze.analyze))
    app.command("export")(tell(export.export))
    app.command("search")(tell(search.search))

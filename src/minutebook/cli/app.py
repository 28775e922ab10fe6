"""The command line's root: names every command, imports none."""

from typing import Any

import typer
from typer.core import TyperGroup

from minutebook import __version__
from minutebook.cli.deferred import Deferred

RECORDS, SERVER, ACCESS = "Records", "Server", "Signing in elsewhere"

COMMANDS = (
    ("process", "minutebook.cli.process:process", "Turn recordings into transcripts, notes, key points and sentiment.",
     RECORDS),
    ("transcribe", "minutebook.cli.transcribe:transcribe",
     "Transcribe one file. JSON is the `content.transcription` object of the PAXS API.", RECORDS),
    ("meetings", "minutebook.cli.remote.meetings:app", "Meetings in this machine's records, or on a PAXS server.",
     RECORDS),
    ("recordings", "minutebook.cli.remote.recordings:app",
     "Recordings in this machine's records, or on a PAXS server.", RECORDS),
    ("analyze", "minutebook.cli.remote.analyze:analyze",
     "Ask for analyses of a meeting, and show them when they are ready.", RECORDS),
    ("export", "minutebook.cli.remote.export:export",
     "Write a meeting's transcript as subtitles, text, Markdown or JSON.", RECORDS),
    ("speakers", "minutebook.cli.remote.speakers:app", "Who the voices of a recording are.", RECORDS),
    ("correct", "minutebook.cli.remote.correct:correct",
     "Correct words of a transcript wherever they stand, or items of the note; else list what was corrected.", RECORDS),
    ("search", "minutebook.cli.remote.search:search",
     "Search transcripts, notes, titles and names; newest meetings first.", RECORDS),
    ("serve", "minutebook.cli.serve:serve", "Start the server: both APIs, the worker processes and the host of bots.",
     SERVER),
    ("worker", "minutebook.cli.serve:worker",
     "Start one worker process, for example on another machine (Postgres and S3 configured).", SERVER),
    ("bots", "minutebook.cli.bots:app", "Send bots into calls from this machine (`serve` does so by itself; this is "
     "for further machines).", SERVER),
    ("bot", "minutebook.cli.bot:app", "Processes of bots; started by `minutebook bots`.", SERVER),
    ("calendars", "minutebook.cli.calendars:app", "Calendars whose meetings bots go to.", SERVER),
    ("import", "minutebook.cli.imports:import_recording",
     "Import the organiser's own recording of a meeting from its platform.", SERVER),
    ("voices", "minutebook.cli.voices:app", "People who are known again by their voice.", SERVER),
    ("webhooks", "minutebook.cli.webhooks:app", "Webhooks of this installation: what was sent, what became of it.",
     SERVER),
    ("models", "minutebook.cli.models:app", "Recognition models: what each costs, fetching, choosing.", SERVER),
    ("backup", "minutebook.cli.backup:backup", "Back up everything, while the server runs.", SERVER),
    ("restore", "minutebook.cli.backup:restore", "Put a backup into an empty installation.", SERVER),
    ("upgrade", "minutebook.cli.backup:upgrade", "Bring the database to this program's schema.", SERVER),
    ("admin", "minutebook.cli.admin_access:app", "Users, tokens and keys, without a browser.", SERVER),
    ("doctor", "minutebook.cli.doctor:doctor",
     "Check models, a language model, database, storage, disk, clock and browser, and say what to do.", SERVER),
    ("manual", "minutebook.cli.manual:manual", "Print the manual page: `minutebook manual | man -l -`.", SERVER),
    ("login", "minutebook.cli.remote.sign_in:login", "Sign in to a PAXS server.", ACCESS),
    ("logout", "minutebook.cli.remote.sign_in:logout",
     "Sign out: the tokens end on the server and disappear here.", ACCESS),
    ("whoami", "minutebook.cli.remote.sign_in:whoami", "Show who is signed in, and where.", ACCESS),
)  # fmt: skip
"""Name, place, help and panel of each command; a test holds the help against the command's own."""


class Root(TyperGroup):
    """All commands, in the order of the table."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, place, help, panel in COMMANDS:
            self.add_command(Deferred(name, place, help, panel))


app = typer.Typer(
    name="minutebook",
    help="Every meeting becomes a record you can trust.",
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Every meeting becomes a record you can trust."""


def whole() -> TyperGroup:
    """The command line with every command loaded, for what describes it: manual, tests."""
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        group.commands[name] = command.load()
    return group  # type: ignore[no-any-return]

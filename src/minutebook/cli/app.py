"""The command line's root: registers the groups of commands."""

import typer

from minutebook import __version__
from minutebook.cli import admin_access, bot, bots, calendars, doctor, process, remote, serve, transcribe, webhooks
from minutebook.cli.exits import tell

app = typer.Typer(
    name="minutebook",
    help="Every meeting becomes a record you can trust.",
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


app.command("process")(tell(process.process))
app.command("transcribe")(tell(transcribe.transcribe))
app.command("serve")(tell(serve.serve))
app.command("worker")(tell(serve.worker))
app.command("doctor")(tell(doctor.doctor))
app.add_typer(admin_access.app, name="admin")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(bots.app, name="bots")
app.add_typer(bot.app, name="bot")
app.add_typer(calendars.app, name="calendars")
remote.register(app)

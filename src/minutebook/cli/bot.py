"""`minutebook bot run`: one attempt of one bot, as a process of its own. Started by a bot host, not by people."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from minutebook.cli.exits import tell
from minutebook.cli.settings import settings_for
from minutebook.errors import invalid

app = typer.Typer(
    help="Processes of bots; started by `minutebook bots`.", no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def bot() -> None:
    """Processes of bots; started by `minutebook bots`."""


def run() -> None:
    """Be one attempt of one bot. Its ticket comes as one line of JSON on standard input (see `bots.protocol`)."""
    from minutebook.bots.protocol import Ticket
    from minutebook.telemetry.logs import configure_logging

    settings = settings_for(None)
    configure_logging(settings.log_level)
    try:
        ticket = Ticket(**json.loads(sys.stdin.readline()))
    except (ValueError, TypeError) as error:
        message = "The first line of standard input is no ticket of a bot. Bots are started by `minutebook bots`."
        raise invalid("ticket_invalid", message) from error

    from minutebook.bots.runner.main import run as be

    raise typer.Exit(asyncio.run(be(ticket, settings)))


app.command("run")(tell(run))


def main(arguments: Sequence[str]) -> NoReturn:
    """`minutebook bot …` by itself, without the rest of the command line."""
    sys.exit(app(args=list(arguments), prog_name="minutebook bot"))

"""`minutebook bots`: the bot host of a machine, and what bots make of addresses."""

import asyncio
import json
import sys
from pathlib import Path

import typer

from minutebook.cli import looking, telling
from minutebook.cli.console import stdout
from minutebook.cli.exits import tell
from minutebook.cli.settings import settings_for
from minutebook.config import Settings
from minutebook.errors import QUOTED_MOST, Kind, MinutebookError

app = typer.Typer(invoke_without_command=True)
app.command("say")(telling.say)
app.command("chat")(telling.chat)
app.command("pause")(telling.pause)
app.command("resume")(telling.resume)
app.command("screenshot")(telling.screenshot)
app.command("look")(looking.look)
app.command("capture")(looking.capture)
app.command("replay")(looking.replay)


@app.callback()
@tell
def bots(
    context: typer.Context,
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory."),
    home: str | None = typer.Option(None, "--home", help="Address at which bots reach the server."),
    supervised: bool = typer.Option(False, "--supervised", hidden=True, help="Ends with the process that started it."),
) -> None:
    """Send bots into calls from this machine (`serve` does so by itself; this is for further machines)."""
    if context.invoked_subcommand is not None:
        return
    from minutebook.jobs.process import run_until_told
    from minutebook.telemetry import configure_logging

    settings = settings_for(data_dir)
    if home:
        settings = settings.model_copy(update={"bots": settings.bots.model_copy(update={"home_url": home})})
    configure_logging(settings.log_level)
    run_until_told(lambda stop: _host(settings, stop), supervised=supervised)


@app.command()
@tell
def address(
    text: str = typer.Argument(help="An address, or the text or HTML of an invitation; - reads standard input."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON; null where there is no meeting."),
) -> None:
    """Show which meeting an address or an invitation leads to, and what a bot opens for it."""
    from minutebook.bots.platforms.links.recognise import meeting_at

    given = sys.stdin.buffer.read().decode(errors="replace") if text == "-" else text
    settings = settings_for(None).bots
    meeting = meeting_at(given, settings.webrtc_pages, settings.facts)
    shown = {"platform": meeting.platform, "url": meeting.url, "opens": meeting.opens} if meeting is not None else None
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
    elif shown is None:
        said = f"“{given.strip()[:QUOTED_MOST]}” has no address at which a bot can join a call."
        raise MinutebookError(Kind.NOT_FOUND, "no_meeting", said)
    else:
        for name, value in shown.items():
            stdout.print(f"{name}: {value}")


async def _host(settings: Settings, stop: asyncio.Event) -> None:
    from minutebook.wiring import open_services
    from minutebook.working import bot_host_of

    async with open_services(settings) as services:
        await bot_host_of(services).run(stop)

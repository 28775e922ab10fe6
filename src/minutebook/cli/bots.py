"""`minutebook bots`: the bot host of a machine."""

import asyncio
from pathlib import Path

import typer

from minutebook.cli.settings import settings_for
from minutebook.config import Settings


def bots(
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory."),
    home: str | None = typer.Option(None, "--home", help="Address at which bots reach the server."),
    supervised: bool = typer.Option(False, "--supervised", hidden=True, help="Ends with the process that started it."),
) -> None:
    """Send bots into calls from this machine (`serve` does so by itself; this is for further machines)."""
    from minutebook.jobs.process import run_until_told
    from minutebook.telemetry import configure_logging

    settings = settings_for(data_dir)
    if home:
        settings = settings.model_copy(update={"bots": settings.bots.model_copy(update={"home_url": home})})
    configure_logging(settings.log_level)
    run_until_told(lambda stop: _host(settings, stop), supervised=supervised)


async def _host(settings: Settings, stop: asyncio.Event) -> None:
    from minutebook.wiring import bot_host_of, open_services

    async with open_services(settings) as services:
        await bot_host_of(services).run(stop)

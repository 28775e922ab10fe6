"""The services of this machine's installation, for commands that need no server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from minutebook.kit.loading import loading

if TYPE_CHECKING:
    from minutebook.wiring import Services

R = TypeVar("R")

DATA_DIR = typer.Option(None, "--data-dir", help="The data directory.")


def with_services(data_dir: Path | None, work: Callable[["Services"], Awaitable[R]]) -> R:
    """Run `work` over the services of the installation, and return what it returns."""
    with loading():
        from minutebook.cli.settings import settings_for
        from minutebook.wiring import open_services

    async def run() -> R:
        async with open_services(settings_for(data_dir)) as services:
            return await work(services)

    return asyncio.run(run())

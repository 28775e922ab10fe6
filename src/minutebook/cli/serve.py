"""`minutebook serve`: the HTTP server and its workers. `minutebook worker`: workers alone, on another machine."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from minutebook.cli.console import stderr
from minutebook.cli.settings import settings_for, without_effect
from minutebook.config import HttpSettings, Settings

if TYPE_CHECKING:
    from minutebook.wiring import Services

WORKER = (sys.executable, "-m", "minutebook", "worker", "--supervised")
BOT_HOST = (sys.executable, "-m", "minutebook", "bots", "--supervised")


def serve(
    host: str | None = typer.Option(None, "--host", help="Address to listen on."),
    port: int | None = typer.Option(None, "--port", min=0, max=65535, help="Port to listen on."),
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory."),
) -> None:
    """Start the server: both APIs, the worker processes and the host of bots."""
    settings = quiet_on_a_terminal(settings_for(data_dir))
    for sentence in without_effect():
        stderr.print(sentence)
    http = settings.http.model_copy(
        update={name: value for name, value in (("host", host), ("port", port)) if value is not None}
    )
    asyncio.run(_serve(settings.model_copy(update={"http": http})))


async def _serve(settings: Settings) -> None:
    from minutebook.jobs.supervisor import Supervisor
    from minutebook.telemetry import configure_logging
    from minutebook.wiring import open_services

    configure_logging(settings.log_level)
    async with open_services(settings) as services, _bound(settings.http) as sockets:
        async with services.db.transaction() as tx:
            setup_token = await services.accounts.setup_token(tx)
        told = handed_on(settings)
        workers = Supervisor(WORKER, settings.jobs.workers, told)
        bots = Supervisor(BOT_HOST, min(settings.bots.concurrency, 1), told)
        async with workers, bots:
            await _listen(services, sockets, setup_token)


@asynccontextmanager
async def _bound(http: HttpSettings) -> AsyncIterator[list[socket.socket]]:
    from minutebook.api.listening import bound

    sockets = bound(http)
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()


async def _listen(services: "Services", sockets: list[socket.socket], setup_token: str | None) -> None:
    # Loaded while the workers and the bot host start: a bot that is due now waits for the slowest of them.
    from minutebook.api.app import create_app
    from minutebook.api.listening import listen
    from minutebook.kit.collector import settle

    http = services.settings.http

    def ready() -> None:
        stderr.print(f"Minutebook listens on {http.address}")
        if elsewhere := from_elsewhere(http):
            stderr.print(elsewhere)
        if setup_token:
            link = f"{http.address}/setup?token={setup_token}"
            end = "\n" if stderr.is_terminal else " "
            stderr.print("Create the owner's account here (works once):", end=end)
            stderr.print(link, soft_wrap=True)  # to be copied whole

    app = create_app(services)
    settle()
    await listen(app, http, sockets, ready)


def from_elsewhere(http: HttpSettings) -> str:
    """Where other computers of the network reach a server that listens on all addresses of this one and has no public
    address; "" when nothing is to be said."""
    if http.base_url or http.host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return ""
    address = own_address()
    if address is None:
        return ""
    return f"Other computers of your network reach it at http://{address}:{http.port}"


def own_address() -> str | None:
    """This machine's address towards others; nothing is sent to learn it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way_out:
        try:
            way_out.connect(("192.0.2.1", 9))  # RFC 5737: an address that nobody has
        except OSError:
            return None
        return str(way_out.getsockname()[0])


def quiet_on_a_terminal(settings: Settings) -> Settings:
    """On a terminal only what needs somebody is logged, unless the settings say how much."""
    told = "log_level" in settings.model_fields_set or not sys.stderr.isatty()
    return settings if told else settings.model_copy(update={"log_level": "warning"})


def handed_on(settings: Settings) -> dict[str, str]:
    """What the server was told on its command line, for the processes that it starts; the rest they find themselves."""
    return {
        "MINUTEBOOK_DATA_DIR": str(settings.data_dir),
        "MINUTEBOOK_LOG_LEVEL": settings.log_level,
        "MINUTEBOOK_HTTP__HOST": settings.http.host,
        "MINUTEBOOK_HTTP__PORT": str(settings.http.port),
    }


def worker(
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory."),
    supervised: bool = typer.Option(False, "--supervised", hidden=True, help="Ends with the process that started it."),
) -> None:
    """Start one worker process, for example on another machine (Postgres and S3 configured)."""
    from minutebook.cli.record_chore import record_chore
    from minutebook.jobs.worker import run_worker
    from minutebook.telemetry import configure_logging
    from minutebook.working import open_work

    settings = settings_for(data_dir)
    configure_logging(settings.log_level)
    run_worker(settings, partial(open_work, more=(record_chore,)), supervised=supervised)

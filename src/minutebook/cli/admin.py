"""`minutebook admin`: users and keys without a browser."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from minutebook.accounts.model import User
from minutebook.cli.console import counted, stdout
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.errors import invalid
from minutebook.oauth.model import DEFAULT_SCOPES

if TYPE_CHECKING:
    from minutebook.wiring import Services

app = typer.Typer(help="Users, tokens and keys, without a browser.", no_args_is_help=True)


@app.command("create-user")
@tell
def create_user(
    email: str,
    password_stdin: bool = typer.Option(False, "--password-stdin", help="Read the password from standard input."),
    name: str | None = typer.Option(None, "--name", help="Shown name; the e-mail's first part otherwise."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Create a user who signs in with e-mail and password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise invalid("password_required", "Pipe the password in and add --password-stdin.", "password")

    async def work(services: "Services") -> User:
        async with services.db.transaction() as tx:
            return await services.accounts.create_user(tx, email, password, name or email.partition("@")[0])

    user = with_services(data_dir, work)
    said = f"{user.display_name} ({user.email}) has an account now and can sign in. Its id: {user.id}"
    # A script that reads the output wants the id alone.
    typer.echo(said if sys.stdout.isatty() else user.id)


@app.command("repair")
@tell
def repair(data_dir: Path | None = DATA_DIR) -> None:
    """Move a damaged queue of work aside and ask anew for all work that waits. Stop the server first."""
    from minutebook.jobs.health import set_aside
    from minutebook.jobs.system import system_url
    from minutebook.wiring import ask_anew

    async def work(services: "Services") -> tuple[Path | None, int]:
        return await asyncio.to_thread(set_aside, system_url(services.db.url)), await ask_anew(services)

    kept, asked = with_services(data_dir, work)
    stdout.print(f"The damaged queue is kept as {kept.name}." if kept else "The queue of work is sound.")
    stdout.print(f"Asked anew for the work on {counted(asked, 'recording')}. Start the server again.")


@app.command("create-token")
@tell
def create_token(
    email: str,
    scope: str = typer.Option(" ".join(DEFAULT_SCOPES), "--scope", help="Scopes, separated by blanks."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Print an access token for a user, for scripts on this machine."""

    async def work(services: "Services") -> str:
        async with services.db.transaction() as tx:
            user = await services.accounts.user_by_email(tx, email)
            pair = await services.oauth.issue_token(tx, user, scope)
        return pair.access_token

    typer.echo(with_services(data_dir, work))


@app.command("create-api-key")
@tell
def create_api_key(
    email: str,
    name: str = typer.Option("", "--name", help="What it is for."),
    days: int | None = typer.Option(None, "--days", min=1, max=36500, help="Life of the key; no end when not given."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Print a new API key for a user. It is shown once."""

    async def work(services: "Services") -> str:
        async with services.db.transaction() as tx:
            user = await services.accounts.user_by_email(tx, email)
            ends = services.clock.now() + timedelta(days=days) if days else None
            _, secret = await services.accounts.management.create_api_key(tx, user, name, ends)
        return secret

    typer.echo(with_services(data_dir, work))

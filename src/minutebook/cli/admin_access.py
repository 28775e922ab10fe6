"""`minutebook admin`: what people gave away (keys, programs, sign-ins), and the server's users."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from minutebook.accounts.model import User
from minutebook.cli.admin_keys import app
from minutebook.cli.console import stderr, stdout
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.kit.origin import is_loopback

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from minutebook.wiring import Services

__all__ = ["app"]

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
CHOOSE: Final = "/password?token="
OfUser = Callable[["Services", "AsyncConnection", User], Awaitable[Any]]


def show(rows: Sequence[Any], as_json: bool) -> None:
    """Print frozen values, one a line: the members that say something, tab-separated, or all of them as JSON."""
    for row in rows:
        members = asdict(row)
        if as_json:
            typer.echo(json.dumps(members, ensure_ascii=False, default=str))
        else:
            typer.echo("\t".join(f"{name}={value}" for name, value in members.items() if value not in (None, "")))


def for_user(data_dir: Path | None, email: str, work: OfUser) -> Any:
    """Run `work` for the user of this address, in one transaction."""

    async def run(services: "Services") -> Any:
        async with services.db.transaction() as tx:
            return await work(services, tx, await services.accounts.user_by_email(tx, email))

    return with_services(data_dir, run)


@app.command("users")
@tell
def users(as_json: AsJson = False, data_dir: Path | None = DATA_DIR) -> None:
    """List the users."""

    async def work(services: "Services") -> list[User]:
        async with services.db.reading() as read:
            return await services.accounts.management.users(read)

    show(with_services(data_dir, work), as_json)


@app.command("disable-user")
@tell
def disable_user(email: str, data_dir: Path | None = DATA_DIR) -> None:
    """Let a user in nowhere any more: sign-ins and programs end, keys rest."""

    async def work(services: "Services", tx: "AsyncConnection", user: User) -> None:
        await services.accounts.management.disable(tx, user)
        await services.oauth.revoke_all(tx, user.id)

    for_user(data_dir, email, work)
    stdout.print(f"{email} gets in nowhere any more; what they own stays.")


@app.command("enable-user")
@tell
def enable_user(email: str, data_dir: Path | None = DATA_DIR) -> None:
    """Let a disabled user in again."""
    for_user(data_dir, email, lambda services, tx, user: services.accounts.management.enable(tx, user))
    stdout.print(f"{email} may sign in again.")


@app.command("delete-user")
@tell
def delete_user(
    email: str,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Delete a user with all their data, and print the receipt."""
    if not yes:
        typer.confirm(f"Delete {email} with all meetings, recordings and reports? This cannot be undone.", abort=True)

    async def work(services: "Services") -> dict[str, object]:
        async with services.db.reading() as read:
            user = await services.accounts.user_by_email(read, email)
        return (await services.removal.remove_user(user.id)).document()

    typer.echo(json.dumps(with_services(data_dir, work), indent=2))


@app.command("invite")
@tell
def invite(
    email: str,
    name: str | None = typer.Option(None, "--name", help="Shown name; the e-mail's first part otherwise."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Make an account, and print the link with which its user chooses a password: once, within a day."""

    async def work(services: "Services") -> str:
        async with services.db.transaction() as tx:
            _, secret = await services.accounts.management.invite(tx, email, name or email.partition("@")[0])
        return f"{services.settings.http.address}{CHOOSE}{secret}"

    _print_link(with_services(data_dir, work))


@app.command("password-link")
@tell
def password_link(email: str, data_dir: Path | None = DATA_DIR) -> None:
    """Print a link with which a user chooses a new password: once, within a day."""

    async def work(services: "Services", tx: "AsyncConnection", user: User) -> str:
        secret = await services.accounts.management.password_link(tx, user)
        return f"{services.settings.http.address}{CHOOSE}{secret}"

    _print_link(for_user(data_dir, email, work))


def _print_link(link: str) -> None:
    typer.echo(link)
    if is_loopback(link):
        stderr.print(
            "It opens on this machine alone. MINUTEBOOK_HTTP__BASE_URL says at which address others reach the server."
        )


@app.command("keys")
@tell
def keys(email: str, as_json: AsJson = False, data_dir: Path | None = DATA_DIR) -> None:
    """List a user's API keys."""
    show(for_user(data_dir, email, lambda s, tx, user: s.accounts.management.api_keys(tx, user.id)), as_json)


@app.command("revoke-key")
@tell
def revoke_key(email: str, key_id: str, data_dir: Path | None = DATA_DIR) -> None:
    """Revoke an API key."""
    for_user(data_dir, email, lambda s, tx, user: s.accounts.management.revoke_api_key(tx, user.id, key_id))
    stdout.print("The key opens nothing any more.")


@app.command("programs")
@tell
def programs(email: str, as_json: AsJson = False, data_dir: Path | None = DATA_DIR) -> None:
    """List the programs that a user has let in, with their scopes."""
    show(for_user(data_dir, email, lambda services, tx, user: services.oauth.programs(tx, user.id)), as_json)


@app.command("revoke-program")
@tell
def revoke_program(email: str, program_id: str, data_dir: Path | None = DATA_DIR) -> None:
    """Let a program in no more: all its tokens end."""
    for_user(data_dir, email, lambda services, tx, user: services.oauth.revoke_program(tx, user.id, program_id))
    stdout.print("The program is let in no more.")


@app.command("sign-ins")
@tell
def sign_ins(email: str, as_json: AsJson = False, data_dir: Path | None = DATA_DIR) -> None:
    """List the browsers in which a user is signed in."""
    show(for_user(data_dir, email, lambda s, tx, user: s.accounts.management.sessions(tx, user.id)), as_json)


@app.command("end-sign-in")
@tell
def end_sign_in(email: str, sign_in_id: str, data_dir: Path | None = DATA_DIR) -> None:
    """Sign a browser out."""
    for_user(data_dir, email, lambda s, tx, user: s.accounts.management.end_session(tx, user.id, sign_in_id))
    stdout.print("That browser is signed out.")


@app.command("accesses")
@tell
def accesses(email: str, recording_id: str, as_json: AsJson = False, data_dir: Path | None = DATA_DIR) -> None:
    """Show who read, played or took away a recording of this user."""
    show(for_user(data_dir, email, lambda s, tx, user: s.access_log.of_recording(tx, user.id, recording_id)), as_json)

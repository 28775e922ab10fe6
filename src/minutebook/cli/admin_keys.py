"""`minutebook admin`: the keys that stored secrets are sealed with."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from minutebook.cli.admin import app
from minutebook.cli.console import counted, stderr, stdout
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.errors import invalid

if TYPE_CHECKING:
    from minutebook.wiring import Services

__all__ = ["app"]


@app.command("new-key")
@tell
def new_key(data_dir: Path | None = DATA_DIR) -> None:
    """Put a new key before those in the data directory. Restart the server, then `reseal`."""
    from minutebook.cli.settings import settings_for
    from minutebook.records import key_file
    from minutebook.sealing import put_new_key

    settings = settings_for(data_dir)
    if settings.secret_key is not None:
        message = (
            "The key is configured: put a new one into MINUTEBOOK_SECRET_KEY and the present one into "
            "MINUTEBOOK_OLD_SECRET_KEYS, restart all processes, and `minutebook admin reseal`."
        )
        raise invalid("key_configured", message)
    put_new_key(key_file(settings))
    stdout.print("There is a new key; those of before still open. Restart the server, then `minutebook admin reseal`.")


@app.command("reseal")
@tell
def reseal(
    forget_old: bool = typer.Option(
        False, "--forget-old", help="Then forget the older keys of the data directory; links signed with them end."
    ),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Seal all stored secrets with the newest key."""
    from minutebook.cli.settings import settings_for
    from minutebook.db.resealing import Resealed
    from minutebook.db.resealing import reseal as seal_anew
    from minutebook.records import key_file
    from minutebook.sealing import forget_old_keys

    async def work(services: "Services") -> Resealed:
        return await seal_anew(services.db, services.sealing)

    done = with_services(data_dir, work)
    stdout.print(f"Sealed with the newest key: {counted(done.anew, 'secret')}.")
    if done.unreadable:
        stderr.print(f"{done.unreadable} secrets cannot be opened by any key, and stay as they are.")
        raise typer.Exit(1)
    path = key_file(settings_for(data_dir))
    if forget_old and path.exists():
        stdout.print(f"Forgotten: {counted(forget_old_keys(path), 'older key')}. Restart the server.")

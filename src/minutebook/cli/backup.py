"""`minutebook backup`, `restore`, `upgrade`: a whole installation kept, put back, brought up to date."""

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from minutebook.cli.console import counted, stdout
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR
from minutebook.errors import Kind, MinutebookError, invalid

if TYPE_CHECKING:
    from minutebook.backup.model import Summary
    from minutebook.config import Settings
    from minutebook.db.migrations.run import Step

FOLDER = typer.Argument(help="The folder of backups: a disk that this machine does not share its fate with.")
MIB = 1024 * 1024


@tell
def backup(
    folder: Path = FOLDER,
    keep: int = typer.Option(7, "--keep", min=1, help="How many backups stay in the folder."),
    without_key: bool = typer.Option(False, "--without-key", help="Leave secret.key out; keep it elsewhere yourself."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Back up everything, while the server runs."""
    from minutebook.cli.settings import settings_for

    settings = settings_for(data_dir)
    if folder.resolve() == settings.data_dir.resolve():
        message = f"{folder} is the data directory itself: what takes it takes the backups too. Name another folder."
        raise invalid("backup_folder", message)
    key = None if without_key else _key_of(settings)
    summary = asyncio.run(_backup(settings, folder, key, keep))
    stdout.print(f"{folder} holds the backup {summary.name}: {_in_words(summary)}; {_copied(summary)}.")
    if key is None:
        stdout.print(
            "The key is not in it: keep MINUTEBOOK_SECRET_KEY (or the data directory's secret.key) elsewhere. Without "
            "it, connected calendars, Zoom and webhook secrets cannot be read again; recordings and notes can."
        )


@tell
def restore(
    folder: Path = FOLDER,
    at: str | None = typer.Option(None, "--at", help="Which backup (20261129T120000000Z); the newest when not given."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Put a backup into an empty installation."""
    from minutebook.cli.settings import settings_for

    settings = settings_for(data_dir)
    summary, asked, has_key = asyncio.run(_restore(settings, folder, at))
    stdout.print(f"{summary.name} is restored and every sum is right: {_in_words(summary)}.")
    if said := _of_key(settings, has_key):
        stdout.print(said)
    where = f" --data-dir {shlex.quote(str(settings.data_dir))}" if data_dir is not None else ""
    start = f"Start the server with `minutebook serve{where}`."
    stdout.print(f"Asked anew for the work on {counted(asked, 'recording')}. {start}")


@tell
def upgrade(
    check: bool = typer.Option(False, "--check", help="Say what would change; change nothing."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Bring the database to this program's schema."""
    from minutebook.cli.settings import settings_for

    steps = asyncio.run(_upgrade(settings_for(data_dir), check))
    if not steps:
        stdout.print("The database is up to date.")
        return
    stdout.print(f"{counted(len(steps), 'step')} {'to be taken' if check else 'taken'}:")
    for step in steps:
        stdout.print(f"  {step.revision}  {step.title}")
    if check:
        stdout.print("Nothing was changed. Make a backup, stop the server, then run `minutebook upgrade`.")


async def _backup(settings: "Settings", folder: Path, key: bytes | None, keep: int) -> "Summary":
    from minutebook.backup import service as backups
    from minutebook.kit.clock import SystemClock
    from minutebook.records import open_stores

    _look_for(settings)
    async with open_stores(settings) as (db, storage):
        return await backups.make(db, storage, SystemClock(), folder, key=key, keep=keep)


async def _restore(settings: "Settings", folder: Path, at: str | None) -> "tuple[Summary, int, bool]":
    from minutebook.backup import service as backups
    from minutebook.backup.archive import Archive
    from minutebook.db.resealing import reseal
    from minutebook.records import key_file, open_stores
    from minutebook.sealing import keys_in
    from minutebook.storage.private import make_private
    from minutebook.wiring import ask_anew, open_services

    archive = Archive(folder)
    key, kept_at = archive.key(archive.chosen(at)), key_file(settings)
    make_private(settings.data_dir)
    async with open_stores(settings) as (db, storage):
        summary = await backups.restore(db, storage, folder, at)
    if key is not None and settings.secret_key is None:
        kept_at.touch(0o600)
        kept_at.write_bytes(key)
    async with open_services(settings) as services:
        if key is not None and settings.secret_key is not None:
            await reseal(services.db, services.sealing.with_older(*keys_in(key, kept_at)))
        return summary, await ask_anew(services), key is not None


async def _upgrade(settings: "Settings", check: bool) -> "list[Step]":
    from minutebook.db.migrations.run import migrate, missing
    from minutebook.records import open_stores

    _look_for(settings)
    async with open_stores(settings) as (db, _):
        steps = await missing(db)
        if not check:
            await migrate(db)
    return steps


def _look_for(settings: "Settings") -> None:
    """Opening a file that is not there would make it."""
    if settings.database_url is None and not (settings.data_dir / "minutebook.db").exists():
        message = (
            f"There is no installation “{settings.data_dir}”. --data-dir, or MINUTEBOOK_DATA_DIR, names the data "
            "directory of the server."
        )
        raise MinutebookError(Kind.NOT_FOUND, "installation_not_found", message)


def _of_key(settings: "Settings", has_key: bool) -> str:
    """What is to be done about the key, if anything is."""
    if has_key and settings.secret_key is not None:
        return (
            "What its key had sealed is sealed with MINUTEBOOK_SECRET_KEY now, which signs webhooks too: give their "
            "receivers the new secret (`minutebook webhooks secret EMAIL`)."
        )
    if has_key or settings.secret_key is not None:
        return ""
    return (
        "There was no key in this backup. Before the server starts, put the one that you kept elsewhere in place of "
        f"{settings.data_dir / 'secret.key'}, or set MINUTEBOOK_SECRET_KEY: without it connected calendars and Zoom "
        "cannot be read."
    )


def _key_of(settings: "Settings") -> bytes | None:
    path = settings.data_dir / "secret.key"
    return path.read_bytes() if settings.secret_key is None and path.exists() else None


def _in_words(summary: "Summary") -> str:
    return f"{counted(summary.rows, 'row')}, {counted(summary.objects, 'object')} ({summary.size / MIB:.1f} MiB)"


def _copied(summary: "Summary") -> str:
    if not summary.copied:
        return "no object had to be copied"
    return f"copied now: {counted(summary.copied, 'object')} ({summary.copied_size / MIB:.1f} MiB)"

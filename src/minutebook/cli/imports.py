"""`minutebook import`: the organiser's own recording of a meeting, fetched from its platform."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from minutebook.cli.console import stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.imports.model import Brought, Importable, Imported, Listed

if TYPE_CHECKING:
    from minutebook.wiring import Services

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


@tell
def import_recording(
    address: str = typer.Argument(..., help="The meeting's address, or an invitation with it."),
    recording: str | None = typer.Option(None, "--recording", help="Which one, by its id, where there are several."),
    near: datetime | None = typer.Option(
        None, "--near", formats=MOMENTS, help="About when it was, in UTC; else its latest time."
    ),
    only_list: bool = typer.Option(False, "--list", help="Show what there is, and import nothing."),
    user: str | None = typer.Option(None, "--user", help="Whose accounts, by e-mail; the owner's when not said."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Import the organiser's own recording of a meeting from its platform."""

    async def work(services: "Services") -> tuple[Listed | None, Brought | None]:
        async with services.db.transaction() as tx:
            accounts = services.accounts
            owner_id = (await accounts.user_by_email(tx, user) if user else await accounts.local_user(tx)).id
        platform, wanted = services.imports.wanted(address, near)
        if recording is not None and not only_list:
            return None, await services.imports.bring(owner_id, platform, wanted, recording)
        listed = await services.imports.look(owner_id, platform, wanted)
        found = listed.found.recordings
        if only_list or len(found) != 1:
            return listed, None
        return None, await services.imports.bring(owner_id, platform, wanted, found[0].key)

    listed, brought = with_services(data_dir, work)
    if brought is not None:
        _tell_import(brought, as_json)
    elif listed is not None:
        _tell_list(listed, as_json)


def _tell_import(brought: Brought, as_json: bool) -> None:
    imported = brought.imported
    if as_json:
        said = {"meeting": imported.meeting_id, "provider": imported.provider, "already_imported": brought.already}
        typer.echo(json.dumps(said))
        return
    done = "had been imported before" if brought.already else "is imported; `minutebook serve` transcribes it"
    stdout.print(f"The recording {done}: meeting {imported.meeting_id}.")


def _tell_list(listed: Listed, as_json: bool) -> None:
    rows = [_row(each, listed.imported.get(each.key)) for each in listed.found.recordings]
    if as_json:
        said = {"provider": listed.provider, "recordings": rows, "reason": listed.found.reason}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    if not rows:
        stdout.print(listed.found.reason or "There is nothing to import.")
        return
    table = table_of("recording", "title", "begun", "seconds", "meeting")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in row))
    stdout.print(table)


def _row(found: Importable, imported: Imported | None) -> dict[str, Any]:
    return {
        "id": found.key,
        "title": found.title,
        "started_at": found.started_at.isoformat() if found.started_at else None,
        "duration_s": found.duration_s,
        "meeting": imported.meeting_id if imported else None,
    }

"""`minutebook voices`: people of this installation who are known again by their voice, because they agreed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from minutebook.accounts.model import User
from minutebook.analysis.remembering import ShownVoice
from minutebook.cli.console import stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.voices.model import Remembered
from minutebook.wiring import Services

app = typer.Typer(help="People who are known again by their voice.", no_args_is_help=True)

USER = typer.Option(None, "--user", help="Whose voices, by e-mail; the owner's when not said.")
JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command("list")
@tell
def list_voices(user: str | None = USER, as_json: bool = JSON, data_dir: Path | None = DATA_DIR) -> None:
    """List whose voices are remembered, who says that they agreed, and where they were recognised."""

    async def work(services: Services) -> tuple[bool, Sequence[ShownVoice]]:
        async with services.db.transaction() as tx:
            owner = await _owner(services, tx, user)
            return await services.remembering.is_on(tx, owner.id), await services.remembering.list(tx, owner.id)

    is_on, found = with_services(data_dir, work)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2, default=str))
        return
    if not is_on:
        stdout.print("This account remembers no voices; its settings, or `minutebook voices on`, change that.")
        return
    table = table_of("voice", "name", "state", "learnt in", "recognised in", "agreed")
    for each in found:
        person = each.person
        agreed = f"{person.consent.at:%Y-%m-%d}, says {person.consent.said_by}: {person.consent.statement}"
        state = person.state(is_learning=each.is_learning)
        counts = (f"{len(each.learnt)} meetings", f"{len(each.meetings)} meetings")
        table.add_row(person.id, person.name, state, *counts, agreed)
    stdout.print(table)


@app.command("on")
@tell
def on(user: str | None = USER, data_dir: Path | None = DATA_DIR) -> None:
    """Let an account remember voices."""
    _switch(data_dir, user, on=True)
    stdout.print("Voices of people who agree can be remembered now.")


@app.command("off")
@tell
def off(user: str | None = USER, data_dir: Path | None = DATA_DIR) -> None:
    """Forget all voices of an account, and remember none; print the receipts."""
    for each in _switch(data_dir, user, on=False):
        typer.echo(json.dumps(each, ensure_ascii=False))


@app.command("remember")
@tell
def remember(
    recording: str = typer.Argument(..., help="The id of a recording.", show_default=False),
    speaker: str = typer.Argument(..., help="Which of its voices: speaker_1, …", show_default=False),
    consent: str = typer.Option(..., "--consent", help="How and when the person agreed to be remembered."),
    user: str | None = USER,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Remember a voice that has a name, of somebody who agreed. A worker listens to it."""

    async def work(services: Services) -> Remembered:
        async with services.db.transaction() as tx:
            owner = await _owner(services, tx, user)
            return await services.remembering.remember(tx, owner, recording, speaker, consent)

    person = with_services(data_dir, work)
    stdout.print(f"{person.name} is remembered as {person.id}, as soon as a worker has listened.")


@app.command("forget")
@tell
def forget(
    voice: str = typer.Argument(..., help="The id of a voice.", show_default=False),
    user: str | None = USER,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Forget a voice and take back every name that was guessed by it; print the receipt."""

    async def work(services: Services) -> Mapping[str, Any]:
        async with services.db.transaction() as tx:
            owner = await _owner(services, tx, user)
            return await services.remembering.forget(tx, owner.id, voice)

    typer.echo(json.dumps(with_services(data_dir, work), ensure_ascii=False, indent=2))


def _switch(data_dir: Path | None, user: str | None, *, on: bool) -> Sequence[Mapping[str, Any]]:
    async def work(services: Services) -> Sequence[Mapping[str, Any]]:
        async with services.db.transaction() as tx:
            owner = await _owner(services, tx, user)
            return await services.remembering.switch(tx, owner.id, on=on)

    return with_services(data_dir, work)


async def _owner(services: Services, tx: AsyncConnection, email: str | None) -> User:
    if email is not None:
        return await services.accounts.user_by_email(tx, email)
    return await services.accounts.local_user(tx)

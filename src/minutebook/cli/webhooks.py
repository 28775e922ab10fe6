"""`minutebook webhooks`: what was sent to whom, what became of it, and sending it again."""

import json as json_format
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from minutebook.cli.console import stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.errors import invalid, not_found
from minutebook.webhooks.model import DeliveryAttempt, Message, MessageQuery, MessageState, Shown

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from minutebook.wiring import Services

app = typer.Typer(help="Webhooks of this installation: what was sent, what became of it.", no_args_is_help=True)

STATE_STYLE = {
    MessageState.WAITING: "yellow",
    MessageState.DELIVERED: "green",
    MessageState.FAILED: "red",
    MessageState.STOPPED: "red",
    MessageState.DROPPED: "dim",
}
GIVEN_UP = (MessageState.FAILED, MessageState.STOPPED)
MOST = 500
SHOWN = 5
"""Ids that are named when several begin alike."""

USER = typer.Option(None, "--user", help="Only this user's, by e-mail.")
BOT = typer.Option(None, "--bot", help="Only this bot's, by id.")
JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command("list")
@tell
def list_messages(
    user: str | None = USER,
    bot: str | None = BOT,
    state: MessageState | None = typer.Option(None, "--state", help="Only messages in this state."),
    limit: int = typer.Option(50, "--limit", min=1, max=MOST, help="How many, the newest first."),
    as_json: bool = JSON,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """List messages, the newest first."""

    async def work(services: "Services") -> list[Message]:
        async with services.db.reading() as tx:
            return list(await services.webhooks.list(tx, await _query(services, tx, user, bot, state, limit)))

    messages = with_services(data_dir, work)
    if as_json:
        _print_json([_message_json(message) for message in messages])
        return
    table = table_of("message", "event", "bot", "receiver", "state", "tries", "created", "next try")
    for each in messages:
        upcoming = _moment(each.due_at) if each.state is MessageState.WAITING else ""
        table.add_row(
            each.id, each.event.kind, each.event.subject_id, each.host, Text(each.state, STATE_STYLE[each.state]),
            str(each.attempts), _moment(each.created_at), upcoming,
        )  # fmt: skip
    if messages:
        stdout.print(table)
        if any(_in_vain(each) for each in messages):
            stdout.print("Why one was not delivered: `minutebook webhooks show MESSAGE`.")
    else:
        stdout.print("There are no such messages.")


@app.command("show")
@tell
def show(
    message: str = typer.Argument(..., help="A message id (`webhook-id`), or how it begins.", show_default=False),
    as_json: bool = JSON,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Show a message and everything that was tried to deliver it."""

    async def work(services: "Services") -> Shown:
        async with services.db.reading() as tx:
            return await services.webhooks.show(tx, await _whole_id(services, tx, message))

    shown = with_services(data_dir, work)
    if as_json:
        _print_json({**_message_json(shown.message), "log": [_plain(asdict(each)) for each in shown.attempts]})
        return
    for name, value in _message_json(shown.message).items():
        if value is not None:
            stdout.print(f"{name:<12} {_text(value)}")
    for attempt in shown.attempts:
        _print_attempt(attempt)


@app.command("replay")
@tell
def replay(
    messages: list[str] = typer.Argument(None, help="Ids of messages, or how they begin.", show_default=False),
    failed: bool = typer.Option(
        False, "--failed", help=f"All that were sent in vain, also those that wait for their next try; at most {MOST}."
    ),
    user: str | None = USER,
    bot: str | None = BOT,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Have messages sent again, under the ids they had; a worker does it."""
    if bool(messages) is failed:
        raise invalid("messages_required", "Name messages, or say --failed for all that failed.", "messages")

    async def work(services: "Services") -> list[Message]:
        async with services.db.reading() as tx:
            named = [await _whole_id(services, tx, each) for each in messages or ()]
        chosen = named or await _failed(services, user, bot)
        # In the order in which they happened, each at once: a bot's messages go out in order.
        again = []
        for each in sorted(chosen):
            async with services.db.transaction() as tx:
                again.append(await services.webhooks.replay(tx, each))
        return again

    again = with_services(data_dir, work)
    for each in again:
        stdout.print(f"{each.id} {each.event.kind} is sent again to {each.host}.")
    if not again:
        stdout.print("There is no message that was sent in vain.")


@app.command("secret")
@tell
def secret(
    email: str = typer.Argument(..., help="A user's e-mail.", show_default=False), data_dir: Path | None = DATA_DIR
) -> None:
    """Print the secret (`whsec_…`) that a user's messages are signed with."""

    async def work(services: "Services") -> str:
        async with services.db.reading() as tx:
            user = await services.accounts.user_by_email(tx, email)
        return services.webhooks.secret(user.id)

    typer.echo(with_services(data_dir, work))


async def _whole_id(services: "Services", tx: "AsyncConnection", given: str) -> str:
    """The id that begins so. `message_ambiguous`, `message_not_found`."""
    query = MessageQuery(beginning=given.lower(), limit=SHOWN + 1)
    fitting = [each.id for each in await services.webhooks.list(tx, query)] if given else []
    if len(fitting) > 1:
        begun = f"More than {SHOWN}" if len(fitting) > SHOWN else str(len(fitting))
        raise invalid("message_ambiguous", f"{begun} messages begin so: {', '.join(fitting[:SHOWN])}.", "message")
    if not fitting:
        raise not_found("message", given)
    return fitting[0]


async def _failed(services: "Services", user: str | None, bot: str | None) -> list[str]:
    async with services.db.reading() as tx:
        queries = [await _query(services, tx, user, bot, state, MOST) for state in (*GIVEN_UP, MessageState.WAITING)]
        found = [each for query in queries for each in await services.webhooks.list(tx, query)]
    return [each.id for each in found if _in_vain(each)]


def _in_vain(message: Message) -> bool:
    """Whether it was tried and nobody took it."""
    return message.state in GIVEN_UP or (message.state is MessageState.WAITING and message.attempts > 0)


async def _query(
    services: "Services",
    tx: "AsyncConnection",
    user: str | None,
    bot: str | None,
    state: MessageState | None,
    limit: int,
) -> MessageQuery:
    owner_id = (await services.accounts.user_by_email(tx, user)).id if user is not None else None
    return MessageQuery(owner_id=owner_id, subject_id=bot, state=state, limit=limit)


def _print_attempt(attempt: DeliveryAttempt) -> None:
    said = f"{attempt.status} " if attempt.status is not None else ""
    line = f"{_moment(attempt.at)}  {attempt.duration_s:.2f} s  {said}{attempt.error or 'delivered'}"
    stdout.print(Text(line, style="red" if attempt.error else "green"))
    if attempt.url:
        stdout.print(Text(f"  to {attempt.url}"))
    if attempt.answer:
        stdout.print(Text(f"  answered: {attempt.answer}", style="dim"))


def _message_json(message: Message) -> dict[str, Any]:
    waiting = message.state is MessageState.WAITING
    return _plain(
        {
            "id": message.id,
            "event": message.event.kind,
            "bot_id": message.event.subject_id,
            "owner_id": message.event.owner_id,
            "payload": dict(message.event.payload),
            "receiver": message.host,
            "state": message.state,
            "attempts": message.attempts,
            "created_at": message.created_at,
            "next_try_at": message.due_at if waiting else None,
            "ended_at": message.ended_at,
            "replayed_at": message.replayed_at,
        }
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _scalar(value) for name, value in values.items()}


def _scalar(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case _:
            return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json_format.dumps(value, ensure_ascii=False)


def _print_json(value: object) -> None:
    typer.echo(json_format.dumps(value, ensure_ascii=False, indent=2))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")

"""`minutebook calendars`: calendars of this installation whose meetings bots go to."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from minutebook.calendars.model import Calendar, ProviderName, Rule, StoredEvent
from minutebook.calendars.rules import checked_rule
from minutebook.cli.console import counted, stdout, table_of
from minutebook.cli.exits import tell
from minutebook.cli.services import DATA_DIR, with_services
from minutebook.errors import invalid, not_found

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from minutebook.wiring import Services

app = typer.Typer(help="Calendars whose meetings bots go to.", no_args_is_help=True)

PASSWORD_ENV = "MINUTEBOOK_CALENDAR_PASSWORD"  # noqa: S105 - the name of a variable
USER = typer.Option(None, "--user", help="Whose calendars, by e-mail; the owner's when not said.")
JSON = typer.Option(False, "--json", help="Print JSON.")
CALENDAR = typer.Argument(..., help="The id of a calendar, or how it begins.", show_default=False)


@app.command("add")
@tell
def add(
    url: str = typer.Argument(..., help="An ICS address, or the address of a CalDAV server or calendar."),
    caldav: bool = typer.Option(False, "--caldav", help="The address is a CalDAV server's or calendar's."),
    username: str = typer.Option("", "--username", help="The CalDAV user."),
    password: str = typer.Option(
        "", "--password", envvar=PASSWORD_ENV, help="The CalDAV password; asked for when not given."
    ),
    email: str = typer.Option("", "--email", help="The owner's address: what they declined is left out."),
    calendar: str | None = typer.Option(None, "--calendar", help="Which calendar of a CalDAV account, by its address."),
    user: str | None = USER,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Connect a calendar by its ICS address, or over CalDAV."""
    if caldav and username and not password:
        password = typer.prompt("Password", hide_input=True)
    secrets = {"url": url, "email": email, **({"username": username, "password": password} if caldav else {})}
    provider = ProviderName.CALDAV if caldav else ProviderName.ICS

    async def work(services: "Services") -> tuple[Calendar, int]:
        owner_id = await _owner(services, user)
        made = await services.calendars.connecting.connect(owner_id, provider, secrets, raw_calendar_id=calendar)
        async with services.db.reading() as read:
            coming = await services.calendars.event_bots.preview(read, owner_id, made.id, Rule(never_private=False))
        return made, len(coming)

    made, meetings = with_services(data_dir, work)
    stdout.print(f"{made.name} is connected as {made.id}; {counted(meetings, 'meeting')} in the next seven days.")
    if made.error_message:
        stdout.print(made.error_message, style="red")


@app.command("list")
@tell
def list_calendars(user: str | None = USER, as_json: bool = JSON, data_dir: Path | None = DATA_DIR) -> None:
    """List connected calendars."""

    async def work(services: "Services") -> list[Calendar]:
        owner_id = await _owner(services, user)
        async with services.db.reading() as read:
            return list(await services.calendars.list(read, owner_id))

    found = with_services(data_dir, work)
    if as_json:
        typer.echo(json.dumps([_shown(each) for each in found], ensure_ascii=False, indent=2))
        return
    table = table_of("calendar", "name", "provider", "state", "read", "rule")
    for each in found:
        shown = _shown(each)
        table.add_row(*(str(shown[name] or "") for name in ("id", "name", "provider", "state", "synced_at", "rule")))
    if found:
        stdout.print(table)
    else:
        stdout.print("No calendar is connected.")
    for each in found:
        if each.error_message:
            stdout.print(f"{each.name}: {each.error_message}", style="red")


@app.command("rules")
@tell
def rules(
    calendar: str = CALENDAR,
    on: bool = typer.Option(False, "--on", help="Switch the rule on; without it the rule is only tried."),
    off: bool = typer.Option(False, "--off", help="Switch the calendar's rule off."),
    mine_only: bool = typer.Option(False, "--mine", help="Only meetings that the owner organises."),
    words: list[str] = typer.Option([], "--word", help="Only meetings with this word in the title; may be repeated."),
    private: bool = typer.Option(False, "--private", help="Private meetings too."),
    never_free: bool = typer.Option(False, "--busy", help="Only meetings that block time."),
    bot_name: str | None = typer.Option(None, "--bot-name", help="What the others in the call see."),
    user: str | None = USER,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Say which meetings get a bot by themselves, and see which those of next week are."""
    if on and off:
        raise invalid("rule_ambiguous", "Say --on or --off, not both.", "on")
    rule = checked_rule(
        mine_only=mine_only, words=words, never_private=not private, never_free=never_free, bot_name=bot_name
    )

    async def work(services: "Services") -> list[StoredEvent]:
        owner_id = await _owner(services, user)
        async with services.db.transaction() as tx:
            meant = await _whole_id(services, tx, owner_id, calendar)
            found = list(await services.calendars.event_bots.preview(tx, owner_id, meant, rule))
            if on or off:
                await services.calendars.event_bots.set_rule(tx, owner_id, meant, rule if on else None)
            return found

    found = with_services(data_dir, work)
    if off:
        stdout.print("The rule is off; bots that it had asked for are called off.")
        return
    goes = "goes" if on else "would go"
    stdout.print(f"{counted(len(found), 'meeting')} in the next seven days to which a bot {goes}:")
    for each in found:
        stdout.print(f"  {each.start:%a %Y-%m-%d %H:%M} UTC  {each.title}")
    if not on:
        stdout.print("Nothing was changed; --on switches the rule on.")


@app.command("sync")
@tell
def sync(
    calendar: str | None = typer.Argument(None, help="The id of a calendar, or how it begins; all when not said."),
    user: str | None = USER,
    data_dir: Path | None = DATA_DIR,
) -> None:
    """Read calendars now."""

    async def work(services: "Services") -> dict[str, tuple[int, str | None]]:
        owner_id = await _owner(services, user)
        if calendar is not None:
            async with services.db.reading() as tx:
                meant = await _whole_id(services, tx, owner_id, calendar)
            outcomes = {meant: await services.calendars.sync(owner_id, meant)}
        else:
            outcomes = dict(await services.calendars.resync_all(owner_id, None))
        return {
            key: (len(each.affected), each.error.message if each.error is not None else None)
            for key, each in outcomes.items()
        }

    outcomes = with_services(data_dir, work)
    for key, (changed, error) in outcomes.items():
        stdout.print(f"{key}: {error or counted(changed, 'event') + ' changed'}")
    if any(error for _, error in outcomes.values()):
        raise typer.Exit(1)


@app.command("remove")
@tell
def remove(calendar: str = CALENDAR, user: str | None = USER, data_dir: Path | None = DATA_DIR) -> None:
    """Disconnect a calendar: its events go, and its bots are called off."""

    async def work(services: "Services") -> None:
        owner_id = await _owner(services, user)
        async with services.db.reading() as tx:
            meant = await _whole_id(services, tx, owner_id, calendar)
        await services.calendars.connecting.remove(owner_id, meant)

    with_services(data_dir, work)
    stdout.print("The calendar is disconnected.")


async def _owner(services: "Services", user: str | None) -> str:
    async with services.db.transaction() as tx:
        accounts = services.accounts
        return (await accounts.user_by_email(tx, user) if user else await accounts.local_user(tx)).id


async def _whole_id(services: "Services", tx: "AsyncConnection", owner_id: str, given: str) -> str:
    """The id that begins so. `calendar_ambiguous`, `calendar_not_found`."""
    ids = (each.id for each in await services.calendars.list(tx, owner_id))
    fitting = [each for each in ids if each.startswith(given.lower())] if given else []
    if len(fitting) > 1:
        raise invalid("calendar_ambiguous", f"{len(fitting)} calendars begin so: {', '.join(fitting)}.", "calendar")
    if not fitting:
        raise not_found("calendar", given)
    return fitting[0]


def _shown(calendar: Calendar) -> dict[str, Any]:
    rule = calendar.rule
    return {
        "id": calendar.id,
        "name": calendar.name,
        "provider": calendar.provider.value,
        "state": calendar.state.value,
        "error": calendar.error_message,
        "synced_at": calendar.synced_at.strftime("%Y-%m-%d %H:%M:%S") if calendar.synced_at else None,
        "rule": _rule_text(rule) if rule is not None else None,
    }


def _rule_text(rule: Rule) -> str:
    parts = ["mine" if rule.mine_only else "all"]
    parts += [f"with {', '.join(rule.words)}"] if rule.words else []
    parts += [] if rule.never_private else ["private too"]
    return ", ".join(parts)

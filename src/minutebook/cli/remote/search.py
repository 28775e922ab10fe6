"""`search`: on a PAXS server, or in this machine's own data directory."""

from datetime import datetime
from pathlib import Path

import typer
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from minutebook.cli.remote.connection import AsJson, Server, TokenFile, connect
from minutebook.cli.remote.output import print_json, stdout, when
from minutebook.cli.show import clock
from minutebook.client import Found, FoundMeeting, Hit

DAY = "%Y-%m-%d"


def search(
    words: list[str] = typer.Argument(help="What to look for; 'phrases in quotes'.", show_default=False),
    person: str = typer.Option("", "--person", help="Part of the name or address of somebody who took part."),
    since: datetime | None = typer.Option(None, "--since", formats=[DAY], help="From this day on."),
    until: datetime | None = typer.Option(None, "--until", formats=[DAY], help="Up to and with this day."),
    local: bool = typer.Option(False, "--local", help="Search this machine's records, without a server."),
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory; implies --local."),
    server: Server = None,
    tokens: TokenFile = None,
    json: AsJson = False,
) -> None:
    """Search transcripts, notes, titles and names; newest meetings first."""
    # A word with blanks in it was quoted in the shell.
    query = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    if local or data_dir is not None:
        found = _here(data_dir, query, person, since, until)
    else:
        with connect(server, tokens) as paxs:
            found = paxs.sessions.search(
                query, person=person, since=since.date() if since else None, until=until.date() if until else None
            )
    if json:
        print_json(found)
    else:
        _print(found)


def _here(data_dir: Path | None, query: str, person: str, since: datetime | None, until: datetime | None) -> Found:
    from minutebook.cli.services import with_services
    from minutebook.search.model import Asked, day_end, day_start
    from minutebook.wiring import Services

    async def work(services: Services) -> Found:
        await services.search.backfill()
        asked = Asked(query, person, day_start(since and since.date()), day_end(until and until.date()))
        async with services.db.transaction() as tx:
            user = await services.accounts.local_user(tx)
            found = await services.search.find(tx, user.id, asked)
        meetings = (
            FoundMeeting(
                each.meeting_id,
                each.title,
                each.created_at,
                tuple(
                    Hit(
                        hit.passage.part.value,
                        hit.passage.text,
                        hit.passage.speaker or None,
                        hit.passage.start_s,
                        tuple((part.text, part.found) for part in hit.snippet),
                    )
                    for hit in each.hits
                ),
                each.more,
            )
            for each in found.meetings
        )
        read_as = {word: tuple(words) for word, words in found.read_as.items()}
        return Found(tuple(meetings), found.next_cursor, read_as)

    return with_services(data_dir, work)


def _print(found: Found) -> None:
    for word, stood_in in found.read_as.items():
        stdout.print(Text(f"Nobody said “{word}”; this is what was found for {', '.join(stood_in)}.", style="yellow"))
    if not found.meetings:
        stdout.print("Nothing was found.")
    for meeting in found.meetings:
        stdout.print(Text.assemble((meeting.title, "bold"), (f"  {when(meeting.created_at)}", "dim")))
        stdout.print(Padding(Group(*map(_line, meeting.hits)), (0, 0, 0, 2)))
        if meeting.more:
            stdout.print(Text(f"  and {meeting.more} more", style="dim"))
    if found.next_cursor:
        stdout.print(Text("There are older ones; narrow it down with --until.", style="dim"))


def _line(hit: Hit) -> Text:
    at = clock(hit.start_s) if hit.start_s is not None else hit.part
    marked = [(text, "bold cyan" if is_found else "") for text, is_found in hit.snippet or ((hit.text, False),)]
    return Text.assemble((f"{at}  ", "dim"), (f"{hit.speaker}: " if hit.speaker else "", "bold"), *marked)

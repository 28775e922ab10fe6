"""`search`: on a PAXS server, or in this machine's own data directory."""

from datetime import datetime

import typer
from rich.text import Text

from minutebook.cli.console import print_lines, stdout
from minutebook.cli.remote.connection import AsJson, DataDir, Local, Server, TokenFile, connect
from minutebook.cli.remote.output import print_json, when
from minutebook.cli.show import clock
from minutebook.client import Found, Hit

DAY = "%Y-%m-%d"


def search(
    words: list[str] = typer.Argument(help="What to look for; 'phrases in quotes'.", show_default=False),
    person: str = typer.Option("", "--person", help="Part of the name or address of somebody who took part."),
    since: datetime | None = typer.Option(None, "--since", formats=[DAY], help="From this day on."),
    until: datetime | None = typer.Option(None, "--until", formats=[DAY], help="Up to and with this day."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Search transcripts, notes, titles and names; newest meetings first."""
    # A word with blanks in it was quoted in the shell.
    query = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    with connect(server, tokens, local, data_dir) as paxs:
        found = paxs.sessions.search(
            query, person=person, since=since.date() if since else None, until=until.date() if until else None
        )
    if json:
        print_json(found)
    else:
        _print(found)


def _print(found: Found) -> None:
    if found.left_out:
        without = ", ".join(found.left_out)
        stdout.print(Text(f"Nothing has all of these words; this is what was found without {without}.", style="yellow"))
    for word, stood_in in found.read_as.items():
        stdout.print(Text(f"Nobody said “{word}”; this is what was found for {', '.join(stood_in)}.", style="yellow"))
    if not found.meetings:
        stdout.print("Nothing was found.")
    for meeting in found.meetings:
        stdout.print(Text.assemble((meeting.title, "bold"), (f"  {when(meeting.created_at)}", "dim")))
        print_lines([_line(hit) for hit in meeting.hits])
        if meeting.more:
            stdout.print(
                Text(f"  and {meeting.more} more; further words, or a phrase in quotes, narrow it down", style="dim")
            )
    if found.next_cursor:
        stdout.print(Text("There are older ones; narrow it down with --until.", style="dim"))


def _line(hit: Hit) -> tuple[Text, Text]:
    at = clock(hit.start_s) if hit.start_s is not None else hit.part
    marked = [(text, "bold cyan" if is_found else "") for text, is_found in hit.snippet or ((hit.text, False),)]
    said = Text.assemble((f"{hit.speaker}: " if hit.speaker else "", "bold"), *marked)
    return Text(f"  {at}", style="dim"), said

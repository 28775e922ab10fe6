"""`minutebook bots say|chat|pause|resume|screenshot`: what a bot is told in its call."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from minutebook.cli.console import stdout
from minutebook.cli.exits import tell
from minutebook.cli.remote.connection import AsJson, DataDir, Local, Server, TokenFile, connect
from minutebook.cli.remote.output import print_json
from minutebook.client import Command, Paxs
from minutebook.errors import Kind, MinutebookError, invalid

ASK_S: Final = 0.5
WAIT_S: Final = 240.0
"""A command waits for the bot for a minute; what is said takes its time."""

BotId = Annotated[str, typer.Argument(metavar="ID", help="The bot's id.", show_default=False)]


@tell
def say(
    bot: BotId,
    text: str = typer.Argument("", help="What to say."),
    file: Path | None = typer.Option(None, "--file", help="A sound file to play, instead of a text."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Have a bot say a text, or play a sound file, in its call."""
    if bool(text) == (file is not None):
        raise invalid("say_what", "Say a text, or a sound with --file.", "text")
    with connect(server, tokens, local, data_dir) as paxs:
        sound = _read(file) if file is not None else b""
        _follow(paxs, bot, lambda: paxs.bots.play(bot, sound) if file is not None else paxs.bots.say(bot, text), json)


@tell
def chat(
    bot: BotId,
    text: str = typer.Argument("", help="What to write; without it, what was written is printed."),
    open_it: bool = typer.Option(False, "--open", help="Have the bot open the chat, so that it reads it."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Have a bot write into the chat of its call, or show what it read there."""
    with connect(server, tokens, local, data_dir) as paxs:
        if text:
            _follow(paxs, bot, lambda: paxs.bots.write(bot, text), json)
        elif open_it:
            _follow(paxs, bot, lambda: paxs.bots.open_chat(bot), json)
        else:
            lines = paxs.bots.chat(bot)
            if json:
                print_json(list(lines))
            else:
                stdout.print("\n".join(f"{each.author or '?'}: {each.text}" for each in lines) or "Nothing was read.")


@tell
def pause(
    bot: BotId,
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Have a bot record nothing until it is told to resume."""
    with connect(server, tokens, local, data_dir) as paxs:
        _follow(paxs, bot, lambda: paxs.bots.pause(bot), json)


@tell
def resume(
    bot: BotId,
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Have a bot record again."""
    with connect(server, tokens, local, data_dir) as paxs:
        _follow(paxs, bot, lambda: paxs.bots.resume(bot), json)


@tell
def screenshot(
    bot: BotId,
    out: Path = typer.Option(Path("screenshot.png"), "--out", help="Where to put the picture."),
    server: Server = None,
    tokens: TokenFile = None,
    local: Local = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Have a bot take a picture of what it sees now."""
    with connect(server, tokens, local, data_dir) as paxs:
        done = _follow(paxs, bot, lambda: paxs.bots.take_screenshot(bot), json)
        # It is brought home with the pieces of the recording, a moment later.
        time.sleep(2 * ASK_S)
        out.write_bytes(paxs.bots.screenshot(bot))
    if not json and done.state == "done":
        typer.echo(str(out))


def _follow(paxs: Paxs, bot: str, give: Callable[[], Command], json: bool) -> Command:
    """Give a command and wait for what becomes of it; what was not done is an error."""
    command, until = give(), time.monotonic() + WAIT_S
    while not command.is_over and time.monotonic() < until:
        time.sleep(ASK_S)
        command = paxs.bots.command(bot, command.id)
    if json:
        print_json(command)
    elif command.state == "done":
        stdout.print("Done.")
    if command.state != "done":
        raise MinutebookError(Kind.CONFLICT, f"command_{command.state}", command.message or "The bot is still at it.")
    return command


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise invalid("not_readable", f"{file} cannot be read: {error.strerror}.", "file") from error

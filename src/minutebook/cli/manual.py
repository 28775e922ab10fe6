"""`minutebook manual`: the manual page (man, roff), made of what the commands say of themselves."""

from collections.abc import Iterator
from typing import Any

import typer

from minutebook import __version__

NAME = "minutebook"
SUMMARY = "every meeting becomes a record you can trust"
HIDDEN = ("--help", "--install-completion", "--show-completion")


def manual() -> None:
    """Print the manual page: `minutebook manual | man -l -`."""
    from minutebook.cli.app import whole

    typer.echo("\n".join(page(whole())))


def page(root: Any) -> Iterator[str]:
    """The lines of the page for this group of commands."""
    yield f'.TH {NAME.upper()} 1 "" "{NAME} {__version__}" "User commands"'
    yield ".SH NAME"
    yield f"{NAME} \\- {SUMMARY}"
    yield ".SH SYNOPSIS"
    yield f".B {NAME}\nCOMMAND [OPTIONS] [ARGUMENTS]"
    yield ".SH COMMANDS"
    yield from _commands(root, NAME)
    yield ".SH EXIT STATUS"
    yield from _exit_codes()
    yield ".SH FILES AND ENVIRONMENT"
    yield "Settings are environment variables that begin with\n.B MINUTEBOOK_\nand are listed in docs/configuration.md."


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        full = f"{path} {name}"
        if getattr(command, "commands", None):
            yield from _commands(command, full)
        else:
            yield from _command(command, full)


def _command(command: Any, full: str) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    shown = " ".join(_metavar(each) for each in arguments)
    yield f".SS {_text(full)} {_text(shown)}".rstrip()
    yield _text(" ".join((command.help or "").split()))
    for each in arguments:
        if each.help:
            yield f".TP\n.I {_text(_metavar(each))}\n{_text(each.help)}"
    for each in command.params:
        named = [*each.opts, *each.secondary_opts]
        if each.param_type_name == "option" and not each.hidden and not set(named) & set(HIDDEN):
            yield f".TP\n.B {_text(', '.join(named))}\n{_text(each.help or '')}"


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name).upper()


def _exit_codes() -> Iterator[str]:
    from minutebook.cli.exits import MEANINGS

    for code, meaning in MEANINGS.items():
        yield f".TP\n.B {code}\n{_text(meaning)}"


def _text(text: str) -> str:
    """Text that roff takes as text: no escapes, no requests, hyphens that can be copied."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain

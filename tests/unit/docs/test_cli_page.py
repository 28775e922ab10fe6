"""docs/cli.md names every command and every exit code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minutebook.cli.app import whole
from minutebook.cli.exits import EXIT_CODES, MEANINGS

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")


def commands(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner and not command.hidden:
        yield name
    for part, subcommand in inner.items():
        yield from commands(subcommand, f"{name} {part}")


@pytest.mark.parametrize("command", sorted(commands(whole(), "minutebook")))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`{command}( [^`]*)?`", PAGE)


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}
    assert documented == set(MEANINGS) >= set(EXIT_CODES.values())

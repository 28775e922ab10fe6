"""Errors as sentences, on a terminal and piped."""

from io import StringIO

import pytest
import typer
from rich.console import Console

from minutebook.cli import exits
from minutebook.errors import invalid

SENTENCE = "Which address has Tom? No earlier meeting tells it; write Tom Berg <tom@example.com>."


def said(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> list[str]:
    printed = StringIO()
    console = Console(file=printed, width=50, force_terminal=terminal, color_system=None, highlight=False)
    monkeypatch.setattr(exits, "stderr", console)

    @exits.tell
    def refused() -> None:
        raise invalid("attendee_email_required", SENTENCE)

    with pytest.raises(typer.Exit) as ended:
        refused()
    assert ended.value.exit_code == 2
    return [line.rstrip() for line in printed.getvalue().splitlines()]


def test_a_terminal_gets_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = said(monkeypatch, terminal=True)
    assert len(lines) > 1
    assert all(len(line) <= 50 for line in lines)
    assert " ".join(lines) == f"Error (attendee_email_required): {SENTENCE}"


def test_a_pipe_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, terminal=False) == [f"Error (attendee_email_required): {SENTENCE}"]

"""What commands print to. On a terminal lines are wrapped between words; where nobody looks at a terminal (a file, a
pipe) a line is as long as what it says, and ends where that ends."""

import re
from collections.abc import Sequence
from io import StringIO
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_WIDE: Final = 100_000
"""Columns that no line needs."""
_PLAIN: Final[dict[str, Any]] = {"highlight": False, "markup": False, "emoji": False}
_BLANKS = re.compile(r"[ \t]+(?=\n)")


class Lines(Console):
    """A console for sentences, tables and lists: what is printed is text, never markup."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, **_PLAIN)

    @property
    def columns(self) -> int:
        """Characters of a line: the terminal's; elsewhere lines have no end."""
        return self.width if self.is_terminal else _WIDE

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does; elsewhere than on a terminal without blanks at the ends of lines."""
        if self.is_terminal:
            super().print(*objects, **options)
            return
        page = StringIO()
        Console(file=page, width=_WIDE, **_PLAIN).print(*objects, **options)
        self.file.write(_BLANKS.sub("", page.getvalue()))
        self.file.flush()

    def heading(self, title: str) -> None:
        """A line above what follows; elsewhere than on a terminal the title alone."""
        if self.is_terminal:
            self.rule(Text(title), align="left")
        else:
            self.print(title)


stdout = Lines()
stderr = Lines(stderr=True)


def table_of(*columns: str) -> Table:
    """An empty table under the heads of its columns. What is in the first one is never cut: commands take it."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, no_wrap=not place, overflow="fold")
    return table


def counted(number: int, noun: str) -> str:
    """A number of things: 1 meeting, 2 meetings."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def indented(what: RenderableType, columns: int) -> RenderableType:
    """Something with blanks before each of its lines."""
    return Padding(what, (0, 0, 0, columns), expand=False)


def print_line(name: str, said: str) -> None:
    """What is said under a name: wrapped behind it, and below a long name where little room is left."""
    behind = len(name) + 2
    if behind + len(said) > stdout.columns and behind > stdout.columns // 3:
        stdout.print(Text(name, style="dim"))
        stdout.print(indented(Text(said), 4))
        return
    print_lines([(Text(name, style="dim"), said)])


def print_lines(rows: Sequence[tuple[str | Text, ...]]) -> None:
    """Rows of words, the last of each wrapped behind the others, which are as wide as the widest of their column."""
    if not rows:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in rows[0][:-1]:
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    stdout.print(table)

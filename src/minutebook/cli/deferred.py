"""Commands that are named at once and imported when they are called: a command line that answers fast."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from minutebook.cli.exits import tell
from minutebook.kit.loading import loading


class Deferred(TyperCommand):
    """Stands for a command or a group of commands at `place` (`module:attribute`), with its name and its help."""

    def __init__(self, name: str, place: str, help: str, panel: str = "", *, hidden: bool = False) -> None:
        super().__init__(name, help=help, rich_help_panel=panel or None, hidden=hidden)
        self._place = place

    def load(self) -> TyperCommand | TyperGroup:
        """The command itself."""
        module, _, attribute = self._place.partition(":")
        with loading():
            found = getattr(import_module(module), attribute)
        command: Any
        if isinstance(found, typer.Typer):
            command = get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(self.name)(tell(found))
            command = get_command(alone)
        command.name, command.hidden = self.name, self.hidden
        return command  # type: ignore[no-any-return]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The command's own context: parsing, help and completion go on there."""
        return self.load().make_context(info_name, args, parent=parent, **extra)

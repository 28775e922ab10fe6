"""The command line: one file per group of commands."""

import sys


def main() -> None:
    """Entry point of `minutebook`."""
    if sys.argv[1:2] == ["bot"]:
        # There is one such process per bot, for hours: without the other commands it starts in a tenth of the time and
        # needs half the memory.
        from minutebook.cli.bot import main as bot

        bot(sys.argv[2:])
    from minutebook.cli.app import app

    app()

"""The command line: one file per group of commands."""

import atexit
import gc
import sys

from minutebook.kit.loading import loading


def main() -> None:
    """Entry point of `minutebook`."""
    if sys.argv[1:2] == ["bot"]:
        # There is one such process per bot, for hours: without the other commands it starts in a tenth of the time and
        # needs half the memory.
        from minutebook.cli.bot import main as bot

        bot(sys.argv[2:])
    # At the end everything goes with the process: the collector has nothing to look for.
    atexit.register(gc.freeze)
    with loading():
        from minutebook.cli.app import app

    app()

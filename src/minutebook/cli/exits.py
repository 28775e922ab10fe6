"""Exit codes, and errors as sentences: a user's mistake never shows a traceback."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console

from minutebook.errors import Kind, MinutebookError

P = ParamSpec("P")
R = TypeVar("R")

FAILED = 1
INTERRUPTED = 130

EXIT_CODES = {
    Kind.INVALID: 2,
    Kind.TOO_LARGE: 2,
    Kind.UNSUPPORTED_MEDIA: 2,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 3,
    Kind.NOT_FOUND: 4,
    Kind.CONFLICT: 5,
    Kind.RATE_LIMITED: 6,
    Kind.UNAVAILABLE: 6,
}
OPERATOR = 7
OPERATOR_CODES = frozenset({"database_damaged", "database_newer", "jobs_damaged"})
"""What a script can tell from the exit code: 2 bad input, 3 not allowed, 4 not there, 5 conflict, 6 try again later,
7 the data needs its operator: a new start alone does not help (docs/operations.md)."""

stderr = Console(stderr=True, highlight=False)


def tell(command: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command: a `MinutebookError` becomes its sentence on standard error and an exit code."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except MinutebookError as error:
            stderr.print(f"[red]Error[/red] ({error.code}): ", end="")
            stderr.print(error.message, markup=False)
            raise typer.Exit(OPERATOR if error.code in OPERATOR_CODES else EXIT_CODES[error.kind]) from None
        except KeyboardInterrupt:
            stderr.print("Stopped. What was finished is kept; run the same command again to go on.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(FAILED) from None

    return told

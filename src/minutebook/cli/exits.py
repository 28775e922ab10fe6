"""Exit codes, and errors as sentences: a user's mistake never shows a traceback."""

import functools
import sys
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

import typer
from rich.text import Text

from minutebook.cli.console import stderr
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
PORT_TAKEN = 8
OPERATOR_CODES = frozenset(
    {"database_damaged", "database_lost", "database_newer", "jobs_damaged", "secret_key_damaged"}
)
"""What a new start alone does not help against (docs/operations.md)."""


MEANINGS = {
    0: "done",
    FAILED: "an analysis failed, or a check of doctor",
    2: "something that was given is wrong",
    3: "not signed in, or not allowed",
    4: "it is not there",
    5: "it is in conflict with something that is there",
    6: "not now; try again later",
    OPERATOR: "the data needs its operator: it is damaged, or newer than the program",
    PORT_TAKEN: "serve: another program listens at the port",
    INTERRUPTED: "stopped with Ctrl-C; what was finished is kept",
}


WHERE_TO_LOOK = {
    "user_not_found": "admin users",
    "api_key_not_found": "admin keys EMAIL",
    "sign_in_not_found": "admin sign-ins EMAIL",
    "program_not_found": "admin programs EMAIL",
    "calendar_not_found": "calendars list",
    "message_not_found": "webhooks list",
    "voice_not_found": "voices list",
    "session_not_found": "meetings list",
    "recording_not_found": "meetings show MEETING --json",
}
"""What lists those of which one was not found."""


def said_of(error: MinutebookError) -> str:
    """The error's sentence; of what was not found also how to see what there is."""
    command = WHERE_TO_LOOK.get(error.code)
    sentence = error.message.replace("There is no session ", "There is no meeting ")
    if command is None or "`minutebook" in sentence:
        return sentence
    return f"{sentence} `minutebook {command}` shows what there is."


def _not_permitted(error: PermissionError) -> MinutebookError:
    what = f"{error.filename}: " if error.filename else ""
    message = f"{what}{error.strerror}. Run the command as the user to whom it belongs, or name another folder."
    return MinutebookError(Kind.FORBIDDEN, "not_permitted", message)


def _end(error: MinutebookError) -> NoReturn:
    stderr.print(Text.assemble(("Error", "red"), f" ({error.code}): {said_of(error)}"))
    raise typer.Exit(exit_code(error)) from None


def exit_code(error: MinutebookError) -> int:
    """How a command ends that this error ends."""
    if error.code == "port_taken":
        return PORT_TAKEN
    return OPERATOR if error.code in OPERATOR_CODES else EXIT_CODES[error.kind]


def tell(command: Callable[P, R]) -> Callable[P, R]:
    """Wrap a command: a `MinutebookError` becomes its sentence on standard error and an exit code."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except MinutebookError as error:
            _end(error)
        except KeyboardInterrupt:
            stderr.print("Stopped. What was finished is kept; run the same command again to go on.")
            raise typer.Exit(INTERRUPTED) from None
        except PermissionError as error:
            _end(_not_permitted(error))
        except BrokenPipeError:
            sys.stderr.close()
            raise typer.Exit(FAILED) from None

    return told

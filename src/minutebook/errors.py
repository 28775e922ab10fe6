"""The one error that crosses layers: a kind, a stable code, a sentence for a person.

Nothing here knows HTTP; `api.errors` maps kinds to status codes, `cli` maps them to exit codes.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing went wrong, from the caller's point of view."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class MinutebookError(Exception):
    """A failure that the user is told about.

    `code` is stable and machine readable (`attendees_required`), `message` says what happened, where and
    what to do, `field` names the offending input, `retryable` says whether the same call may succeed later,
    `retry_after_s` when.
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        message: str,
        *,
        field: str | None = None,
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.message = message
        self.field = field
        self.retryable = retryable
        self.retry_after_s = retry_after_s


def invalid(code: str, message: str, field: str | None = None) -> MinutebookError:
    """The caller sent something that cannot be accepted."""
    return MinutebookError(Kind.INVALID, code, message, field=field)


QUOTED_MOST = 100
"""Characters of a name in a sentence; what is longer is cut."""
WORDS = {"api_key": "API key", "sign_in": "sign-in", "zoom_connection": "Zoom connection"}
"""What people call what codes call otherwise."""


def not_found(what: str, named: str | None = None) -> MinutebookError:
    """Does not exist, or belongs to somebody else: the caller cannot tell which. `named` is what somebody typed."""
    word = WORDS.get(what, what)
    sentence = f"There is no such {word}." if named is None else f"There is no {word} “{named[:QUOTED_MOST]}”."
    return MinutebookError(Kind.NOT_FOUND, f"{what}_not_found", sentence)

"""What can go wrong between a client and a PAXS server. Every error is a sentence with a stable code."""

# ruff: noqa: N818  (the names read as what happened: `except NotAuthenticated`)

from typing import ClassVar

from minutebook.errors import Kind, MinutebookError


class PaxsError(MinutebookError):
    """Root of the client's errors.

    `code` and `message` come from the server where it gave them, `request_id` finds the call in the server's
    log, `status` is the HTTP status when there was an answer.
    """

    default_kind: ClassVar[Kind] = Kind.UNAVAILABLE
    default_code: ClassVar[str] = "paxs_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(
            self.default_kind,
            code or self.default_code,
            message,
            field=field,
            retryable=retry_after_s is not None,
            retry_after_s=retry_after_s,
        )
        self.request_id = request_id
        self.status = status


class NotAuthenticated(PaxsError):
    """There is no token, or the server does not accept it and would not renew it: sign in again."""

    default_kind = Kind.UNAUTHENTICATED
    default_code = "not_authenticated"


class LoginFailed(NotAuthenticated):
    """A sign-in that was begun did not end in tokens."""

    default_code = "login_failed"


class WrongState(LoginFailed):
    """The answer does not belong to the sign-in that this client began."""

    default_code = "wrong_state"


class ConsentDenied(LoginFailed):
    """The user refused on the consent page."""

    default_code = "access_denied"


class CodeExpired(LoginFailed):
    """The authorisation code is too old, was used before, or belongs to another redirect URI."""

    default_code = "invalid_grant"


class LoginTimedOut(LoginFailed):
    """Nobody finished the sign-in in time."""

    default_code = "login_timed_out"


class Forbidden(PaxsError):
    """The token's scopes do not cover this call."""

    default_kind = Kind.FORBIDDEN
    default_code = "forbidden"


class NotFound(PaxsError):
    """It does not exist, or belongs to somebody else."""

    default_kind = Kind.NOT_FOUND
    default_code = "not_found"


class BadRequest(PaxsError):
    """The server cannot accept what was sent; `field` names the offending input."""

    default_kind = Kind.INVALID
    default_code = "bad_request"


class UnsupportedFormat(BadRequest):
    """Files that no PAXS server accepts; found before anything is sent."""

    default_kind = Kind.UNSUPPORTED_MEDIA
    default_code = "unsupported_format"


class TooLarge(BadRequest):
    """The recording exceeds what the server takes."""

    default_kind = Kind.TOO_LARGE
    default_code = "too_large"


class RateLimited(PaxsError):
    """Too many calls; `retry_after_s` says how long the server asks to wait."""

    default_kind = Kind.RATE_LIMITED
    default_code = "rate_limited"


class ServerError(PaxsError):
    """The server failed, or answered something that the protocol does not know."""

    default_code = "server_error"


class ConnectionFailed(PaxsError):
    """The server could not be reached, or the connection broke before its answer."""

    default_code = "server_unreachable"


class TlsFailed(ConnectionFailed):
    """The server's certificate or its TLS does not hold."""

    default_code = "tls_failed"


class LocalFailure(PaxsError):
    """This machine is in the way: a file that cannot be written, a port that is taken, a full disk."""

    default_kind = Kind.CONFLICT
    default_code = "local_failure"


class StillRunning(PaxsError):
    """The results are not there yet after the last poll; the server goes on working."""

    default_code = "still_running"

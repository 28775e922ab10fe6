"""Zoom connections: somebody's Zoom account, through an OAuth app of the caller's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from minutebook.errors import Kind, MinutebookError


class ConnectionState(StrEnum):
    """Whether Zoom still accepts the grant."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class App:
    """An OAuth app at Zoom's marketplace, by its credentials."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class ZoomUser:
    """Whose account it is."""

    id: str
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class ZoomConnection:
    """A connection, as its owner sees it: what opens the account stays in its row. `error_message` says why it is
    disconnected."""

    id: str
    owner_id: str
    zoom_user_id: str
    zoom_account_id: str | None
    scopes: str | None
    state: ConnectionState
    error_message: str | None
    created_at: datetime
    updated_at: datetime


def refused(text: str) -> MinutebookError:
    """Zoom said no, with its own words; repeating the call helps nobody."""
    return MinutebookError(Kind.INVALID, "zoom_refused", f"Zoom refused: {text[:500]}")


def revoked(text: str) -> MinutebookError:
    """Zoom does not accept the grant, the code or the app's credentials (any more)."""
    message = f"Zoom does not accept this authorisation: {text[:500]} Have the user authorise the app again."
    return MinutebookError(Kind.INVALID, "zoom_grant_refused", message)


def unavailable(why: str, retry_after_s: float | None = None) -> MinutebookError:
    """Zoom cannot be reached, or fails, or asks to wait; that passes."""
    message = f"Zoom cannot be asked at the moment: {why[:300]}"
    return MinutebookError(Kind.UNAVAILABLE, "zoom_unavailable", message, retryable=True, retry_after_s=retry_after_s)

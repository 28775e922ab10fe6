"""What a calendar provider can do, and how it says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from minutebook.calendars.model import Fetch, ProviderName, Push, RawCalendar, Window
from minutebook.errors import Kind, MinutebookError
from minutebook.grants.model import Granted


@dataclass(frozen=True, slots=True)
class Access:
    """What one call is made with: an access token, or the secrets themselves where there are no tokens."""

    token: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PushAddress:
    """Where a provider is to send its notifications, and the secret that they have to show."""

    url: str
    secret: str


class Provider(Protocol):
    """One kind of calendar; what it can do besides is what it is of the two below. `poll_s`: how often it is asked
    where it does not tell of changes. Every method may raise the errors below, and what the outgoing client raises."""

    name: ProviderName
    poll_s: float

    async def calendars(self, access: Access) -> list[RawCalendar]:
        """The calendars that the account can see, the primary one first."""
        ...

    async def fetch(self, access: Access, calendar: RawCalendar, window: Window, cursor: str | None) -> Fetch:
        """What changed since `cursor`, or, without one, everything within the window. Raises `CursorGoneError` when
        the cursor is not known any more."""
        ...


@runtime_checkable
class WithTokens(Provider, Protocol):
    """A provider that is accessed with OAuth tokens, which are renewed."""

    async def refresh(self, secrets: Mapping[str, str]) -> Granted:
        """A new access token."""
        ...


@runtime_checkable
class WithPush(Provider, Protocol):
    """A provider that tells of changes by itself, for `push_life` at most and renewed from `push_renewal` before the
    end."""

    push_life: timedelta
    push_renewal: timedelta

    async def watch(self, access: Access, calendar: RawCalendar, address: PushAddress, until: datetime) -> Push:
        """Have changes told to `address`."""
        ...

    async def renew(self, access: Access, push: Push, until: datetime) -> Push | None:
        """Prolong a subscription; None where a new one has to be made instead."""
        ...

    async def unwatch(self, access: Access, push: Push) -> None:
        """End a subscription; one that is unknown is no error."""
        ...


class CursorGoneError(Exception):
    """The provider does not know the cursor any more: everything is to be fetched again."""


def refused(provider: str, text: str) -> MinutebookError:
    """The provider said no, with its own words; repeating the call helps nobody."""
    return MinutebookError(Kind.INVALID, "provider_refused", f"{provider} refused: {text[:500]}")


def revoked(provider: str, text: str) -> MinutebookError:
    """The provider does not accept the credentials (any more)."""
    message = f"{provider} does not accept these credentials: {text[:500]} Connect the calendar again."
    return MinutebookError(Kind.INVALID, "grant_revoked", message)


def busy(provider: str, retry_after_s: float) -> MinutebookError:
    """The provider asks to be left alone for a while."""
    message = f"{provider} limits how often it is asked; it is asked again later."
    return MinutebookError(Kind.RATE_LIMITED, "provider_busy", message, retryable=True, retry_after_s=retry_after_s)


def unavailable(provider: str, why: str) -> MinutebookError:
    """The provider cannot be reached, or fails; that passes."""
    message = f"{provider} cannot be asked at the moment: {why[:300]}"
    return MinutebookError(Kind.UNAVAILABLE, "provider_unavailable", message, retryable=True)

"""A connected calendar, its events, and what is asked of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

MOST_TITLE: Final = 1000
MOST_PEOPLE: Final = 1000


class ProviderName(StrEnum):
    """Who keeps a calendar; each is one module of `providers`."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    ICS = "ics"
    CALDAV = "caldav"


class CalendarState(StrEnum):
    """How a calendar stands. `failing`: the last sync failed and is repeated; `revoked`: its provider refuses the
    credentials, which only its owner can renew. Events and bots stay as they are in all three."""

    CONNECTED = "connected"
    FAILING = "failing"
    REVOKED = "revoked"


class Answer(StrEnum):
    """What the calendar's owner answered to an invitation."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    NONE = "none"


class Skip(StrEnum):
    """Why an event is no meeting by itself."""

    ALL_DAY = "all_day"
    OUT_OF_OFFICE = "out_of_office"
    FOCUS_TIME = "focus_time"
    WORKING_LOCATION = "working_location"
    BIRTHDAY = "birthday"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, `since` included, `until` not; aware moments."""

    since: datetime
    until: datetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether an event from `start` to `end` is in here, if only in part; one without length is where it starts."""
        return start < self.until and (end > self.since or start >= self.since)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on an invitation."""

    email: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedEvent:
    """One event, or one occurrence of a series, as its provider shows it. `provider_id` tells it from all others of the
    calendar; `series_id` is the series' own id; `group` names the object it came out of, where objects of the provider
    hold several (a CalDAV resource). `addresses` are where a meeting's link is expected, the best first, and `texts`
    where one may be written (plain or HTML). `raw` is the provider's own object."""

    provider_id: str
    title: str
    start: datetime
    end: datetime
    raw: Mapping[str, object]
    series_id: str | None = None
    group: str | None = None
    skip: Skip | None = None
    is_free: bool = False
    is_private: bool = False
    is_organizer: bool = False
    organizer_email: str | None = None
    attendees: tuple[Person, ...] = ()
    addresses: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    """What one sync brought. `complete` says that every event within `window` is among `events`; otherwise only those
    of `groups` are complete, and `removed` lists ids (of events or of whole series) that are gone. `cursor` continues
    from here; None where the provider has none. `unclear` are the series and groups of which the provider owes a
    description: what is stored of them stays."""

    window: Window
    events: Sequence[FetchedEvent]
    removed: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    complete: bool = False
    cursor: str | None = None
    unclear: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawCalendar:
    """A calendar that an account can see."""

    id: str
    name: str
    email: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Push:
    """A subscription to a provider's notifications. `id` is ours (Google) or the provider's (Microsoft), `resource_id`
    what the provider calls the watched thing; `secret_print` is the fingerprint of the secret that every notification
    has to show."""

    id: str
    resource_id: str
    secret_print: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """Which events of a calendar get a bot by themselves. `words` are looked for in titles, without regard to case;
    with `mine_only` the owner must be the organiser; private events, and events that do not block time, can be left
    out whatever the rest says."""

    mine_only: bool = False
    words: tuple[str, ...] = ()
    never_private: bool = True
    never_free: bool = False
    bot_name: str = "Minutebook"


@dataclass(frozen=True, slots=True)
class Calendar:
    """A connected calendar of one owner. `provider_calendar_id` is the provider's id; `email` whose calendar it is;
    `window_until` how far ahead it was read completely, and `read_at` when that was."""

    id: str
    owner_id: str
    connection_id: str
    provider: ProviderName
    provider_calendar_id: str
    name: str
    email: str
    state: CalendarState
    created_at: datetime
    due_at: datetime
    cursor: str | None = None
    window_until: datetime | None = None
    read_at: datetime | None = None
    synced_at: datetime | None = None
    failures: int = 0
    error_message: str | None = None
    push: Push | None = None
    rule: Rule | None = None
    sealed_api_key: str | None = None

    @property
    def raw(self) -> RawCalendar:
        """Which calendar of its account it is."""
        return RawCalendar(self.provider_calendar_id, self.name, self.email, is_primary=False)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept. `meeting_url` is empty where there is none; `room` is what several addresses of one
    meeting have in common. `wish` is what was asked of its bot, in the form of `bots.wish_json`; `by_rule` tells that a
    rule did. `bot_id` is the bot that goes there, or went."""

    id: str
    calendar_id: str
    owner_id: str
    provider_id: str
    series_id: str | None
    title: str
    start: datetime
    end: datetime
    meeting_url: str
    room: str | None
    skip: Skip | None
    is_free: bool
    is_private: bool
    is_organizer: bool
    organizer_email: str | None
    attendees: tuple[Person, ...]
    deleted: bool
    updated_at: datetime
    fingerprint: str
    group: str | None = None
    raw: Mapping[str, object] = field(default_factory=dict)
    wish: Mapping[str, object] | None = None
    by_rule: bool = False
    refused: bool = False
    sealed_api_key: str | None = None
    bot_id: str | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events of a calendar a list shows, by start. None stands for all; `after` is a place in that order."""

    calendar_id: str
    ends_after: datetime | None = None
    ends_until: datetime | None = None
    starts_from: datetime | None = None
    starts_until: datetime | None = None
    updated_from: datetime | None = None
    attendee_email: str | None = None
    organizer_email: str | None = None
    with_deleted: bool = False
    after: tuple[datetime, int] | None = None
    limit: int = 100

"""The tables of calendars."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from minutebook.db.database import metadata
from minutebook.db.types import UtcDateTime
from minutebook.grants.repository import grant_columns

connections = Table(
    "calendar_connections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("provider", String(16), nullable=False),
    # Which account of the provider: a second calendar of it uses the same credentials.
    Column("account_key", String(64), nullable=False),
    *grant_columns(),
    # The fingerprint of the refresh token as it was handed over: providers may have replaced it since.
    Column("given_print", String(64)),
    Column("paused_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner_id", "provider", "account_key", name="uq_calendar_connections_account"),
    Index("ix_calendar_connections_given_print", "owner_id", "given_print"),
)

calendars = Table(
    "calendars",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(36), nullable=False, index=True),
    Column("connection_id", String(36), ForeignKey("calendar_connections.id"), nullable=False, index=True),
    Column("provider", String(16), nullable=False),
    Column("provider_calendar_id", Text, nullable=False),
    Column("calendar_key", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("error_message", Text),
    Column("failures", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Reading it. `due_at`: when it is read next; `wanted_at`: when somebody last asked for that.
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("wanted_at", UtcDateTime),
    Column("claim", String(36)),
    Column("claimed_until", UtcDateTime),
    Column("cursor", Text),
    Column("window_until", UtcDateTime),
    Column("read_at", UtcDateTime),
    Column("synced_at", UtcDateTime),
    Column("push_id", String(200), index=True),
    Column("push_resource_id", Text),
    Column("push_secret_print", String(64)),
    Column("push_expires_at", UtcDateTime),
    Column("rule", JSON),
    Column("sealed_api_key", Text),
    UniqueConstraint("connection_id", "calendar_key", name="uq_calendars_connection_id_calendar_key"),
)

events = Table(
    "calendar_events",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("calendar_id", String(36), ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False),
    Column("owner_id", String(36), nullable=False),
    # Providers' ids have no length that an index could count on: keys are their fingerprints.
    Column("provider_id", Text, nullable=False),
    Column("provider_key", String(64), nullable=False),
    Column("series_id", Text),
    Column("series_key", String(64)),
    Column("group_id", Text),
    Column("group_key", String(64)),
    Column("fingerprint", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("start_at", UtcDateTime, nullable=False),
    Column("end_at", UtcDateTime, nullable=False),
    Column("meeting_url", Text, nullable=False),
    Column("room", String(200)),
    Column("skip", String(32)),
    Column("is_free", Boolean, nullable=False),
    Column("is_private", Boolean, nullable=False),
    Column("is_organizer", Boolean, nullable=False),
    Column("organizer_email", Text),
    Column("organizer_folded", Text),
    Column("attendees", JSON, nullable=False),
    Column("attendees_folded", Text, nullable=False),
    Column("raw", JSON, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    # The bot: what was asked of it, by whom, and which one it is.
    Column("wish", JSON),
    Column("by_rule", Boolean, nullable=False),
    # Somebody took the bot away that a rule or the series had asked for.
    Column("refused", Boolean, nullable=False),
    Column("sealed_api_key", Text),
    Column("bot_id", String(36), index=True),
    UniqueConstraint("calendar_id", "provider_key", name="uq_calendar_events_calendar_id_provider_key"),
    Index("ix_calendar_events_calendar_id_start_at", "calendar_id", "start_at", "number"),
    Index("ix_calendar_events_calendar_id_end_at", "calendar_id", "end_at"),
    Index("ix_calendar_events_calendar_id_updated_at", "calendar_id", "updated_at"),
    Index("ix_calendar_events_series", "calendar_id", "series_key"),
    Index("ix_calendar_events_group", "calendar_id", "group_key"),
    Index("ix_calendar_events_room", "owner_id", "room", "end_at"),
    sqlite_autoincrement=True,
)

series_wishes = Table(
    "calendar_series_wishes",
    metadata,
    Column("calendar_id", String(36), ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True),
    Column("series_key", String(64), primary_key=True),
    Column("wish", JSON, nullable=False),
    Column("sealed_api_key", Text),
)

calendar_bots = Table(
    "calendar_bots",
    metadata,
    Column("bot_id", String(36), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("room", String(200), nullable=False),
    # When it is meant to be there: the bot itself starts later where that had passed.
    Column("start_at", UtcDateTime, nullable=False),
    Column("print", String(64), nullable=False),
    Index("ix_calendar_bots_room", "owner_id", "room", "start_at"),
)

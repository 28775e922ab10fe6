"""Who did what with a recording."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What was done."""

    PLAYED = "played"
    READ = "read"
    EXPORTED = "exported"
    CHANGED = "changed"
    SHARED = "shared"


class Via(StrEnum):
    """By what somebody was let in."""

    WEB = "web"
    PROGRAM = "program"
    API_KEY = "api_key"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Access:
    """One line of the log. `actor_id` is the user, none behind a link; `label` names the program, key or link; `detail`
    says which part or format. `at` is when it was first done: repetitions within ten minutes are one line."""

    id: str
    recording_id: str
    owner_id: str
    actor_id: str | None
    via: Via
    label: str
    action: Action
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is at work."""

    user_id: str | None
    via: Via
    label: str = ""

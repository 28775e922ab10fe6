"""The application of the API's tests, and its fixtures, for visitors who mean no good."""

from api.conftest import (
    app,
    browser,
    client,
    clock,
    db,
    other_user,
    other_user_token,
    passwords,
    recordings_are_read_once,
    services,
    settings,
    user,
    user_token,
)

__all__ = [
    "app",
    "browser",
    "client",
    "clock",
    "db",
    "other_user",
    "other_user_token",
    "passwords",
    "recordings_are_read_once",
    "services",
    "settings",
    "user",
    "user_token",
]

"""Lists in settings: commas or JSON, and nothing that could match nothing."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from minutebook.cli.settings import settings_for, without_effect
from minutebook.config import Settings
from minutebook.errors import MinutebookError

ALLOW, PAGES = "MINUTEBOOK_OUTGOING__ALLOW", "MINUTEBOOK_BOTS__WEBRTC_PAGES"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ('["127.0.0.1"]', ["127.0.0.1"]),
        ('["nas.lan", "10.1.0.0/16"]', ["nas.lan", "10.1.0.0/16"]),
        ("nas.lan:9000, 10.1.0.0/16,", ["nas.lan:9000", "10.1.0.0/16"]),
        ("[::1]:9000", ["[::1]:9000"]),
        ("fd00::/8", ["fd00::/8"]),
        ("[]", []),
    ],
)
def test_both_forms_are_read(monkeypatch: pytest.MonkeyPatch, written: str, read: list[str]) -> None:
    monkeypatch.setenv(ALLOW, written)
    assert Settings(_env_file=None).outgoing.allow == read


@pytest.mark.parametrize(
    ("name", "written", "says"),
    [
        (ALLOW, "'127.0.0.1'", "neither a host nor a network"),
        (ALLOW, "https://nas.lan", "neither a host nor a network"),
        (ALLOW, '["nas.lan"', "neither a host nor a network"),
        (PAGES, "meet.example.com", "is no address"),
        ("MINUTEBOOK_HTTP__ALLOWED_HOSTS", "https://notes.example", "neither a host nor a network"),
        ("MINUTEBOOK_DATABASE_URL", "mysql://ada@db/minutes", "has to look like postgresql://"),
        ("MINUTEBOOK_DATABASE_URL", "minutes.db", "has to look like postgresql://"),
        ("MINUTEBOOK_DATABASE_URL", "postgresql://ada@db:minutes", "Port could not be cast"),
        ("MINUTEBOOK_JOBS__WORKERS", "-1", "greater than or equal to 0"),
        ("MINUTEBOOK_HTTP__BASE_URL", "notes.example", "is no address of a server"),
        ("MINUTEBOOK_HTTP__BASE_URL", "https://notes.example/minutes", "without a path"),
    ],
)
def test_what_can_match_nothing_is_an_error_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, says: str
) -> None:
    monkeypatch.setenv(name, written)
    with pytest.raises(ValidationError, match=says):
        Settings(_env_file=None)
    with pytest.raises(MinutebookError, match=f"setting {name} is wrong"):
        settings_for(None)


def test_variables_that_are_no_settings_are_named_with_what_was_perhaps_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MINUTEBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINUTEBOOK_HTTP__PORT", "8000")
    monkeypatch.setenv("MINUTEBOOK_CALENDAR_PASSWORD", "of a command")
    assert without_effect() == []
    monkeypatch.setenv("MINUTEBOOK_PORT", "8000")
    monkeypatch.setenv("MINUTEBOOK_FOO", "1")
    (tmp_path / ".env").write_text("minutebook_http__allowed_host=nas.lan\nOTHER=1\n", encoding="utf-8")
    assert without_effect() == [
        "MINUTEBOOK_FOO is no setting and changes nothing. docs/configuration.md lists those that there are.",
        "MINUTEBOOK_HTTP__ALLOWED_HOST is no setting and changes nothing. Did you mean MINUTEBOOK_HTTP__ALLOWED_HOSTS?",
        "MINUTEBOOK_PORT is no setting and changes nothing. Did you mean MINUTEBOOK_HTTP__PORT?",
    ]

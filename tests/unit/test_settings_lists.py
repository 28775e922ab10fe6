"""Lists in settings: commas or JSON, and nothing that could match nothing."""

import pytest
from pydantic import ValidationError

from minutebook.cli.settings import settings_for
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

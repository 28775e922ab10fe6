"""What Zoom's Meeting SDK is given: read as Zoom's documentation says that it is read."""

import hmac
import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minutebook.zoom.model import App
from minutebook.zoom.sdk import Invitation, join_arguments, signature

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APP = App("the-app", "the sécret of an app")


def read(token: str, secret: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT of HS256 (RFC 7515), whose signature is looked at."""
    signed, _, given = token.rpartition(".")
    assert hmac.compare_digest(decoded(given), hmac.digest(secret.encode(), signed.encode(), "sha256"))
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    return header, claims


def decoded(part: str) -> bytes:
    assert "=" not in part
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_signature_is_an_apps_for_one_meeting_and_some_hours() -> None:
    header, claims = read(signature(APP, "81234567890", NOW), APP.client_secret)
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert (claims["appKey"], claims["mn"], claims["role"]) == ("the-app", 81234567890, 0)
    assert claims["iat"] <= NOW.timestamp()
    assert claims["exp"] == claims["tokenExp"]
    assert timedelta(minutes=30) <= timedelta(seconds=claims["exp"] - claims["iat"]) <= timedelta(hours=48)
    assert claims["exp"] > (NOW + timedelta(hours=4)).timestamp(), "a bot may come anew at the end of its longest stay"


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        ({"obf_token": "o"}, {"obfToken": "o"}),
        ({"obf_token": "o", "zak": "z"}, {"obfToken": "o"}),
        ({"zak": "z"}, {"zak": "z"}),
        ({}, {}),
    ],
)
def test_one_token_goes_along(tokens: dict[str, str], expected: dict[str, str]) -> None:
    told = join_arguments("Scribe", Invitation("81234567890"), "signed", tokens)
    always = {"signature": "signed", "meetingNumber": "81234567890", "passWord": "", "userName": "Scribe"}
    assert told == {**always, **expected}


def test_passcode_and_registration_go_along() -> None:
    told = join_arguments("Scribe", Invitation("81234567890", "abc.1", "token"), "signed", {})
    assert (told["passWord"], told["tk"]) == ("abc.1", "token")

"""What Zoom's Meeting SDK for the web wants of whoever joins with it. Pure.

After developers.zoom.us/docs/meeting-sdk/auth, and `ZoomMtg.join` in the types of the npm package `@zoom/meetingsdk`
6.2.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.jwk import OctKey

from minutebook.zoom.model import App

PARTICIPANT: Final = 0
LIFE: Final = timedelta(hours=24)
"""Zoom takes half an hour to two days; a bot that joins anew uses the same signature."""
SKEW: Final = timedelta(seconds=30)
"""So far behind may Zoom's clock be: it takes no signature that was made in the future."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A meeting as the SDK wants to know it: its number (digits), the passcode or what of it the meeting's address
    carries (empty where there is none), and the token of a registration."""

    number: str
    passcode: str = ""
    registrant: str = ""


def signature(app: App, number: str, now: datetime) -> str:
    """The token (a JWT) by which Zoom knows that this app joins this meeting, as a participant."""
    issued = int((now - SKEW).timestamp())
    until = issued + int(LIFE.total_seconds())
    claims = {"appKey": app.client_id, "mn": int(number), "role": PARTICIPANT}
    times = {"iat": issued, "exp": until, "tokenExp": until}
    return jwt.encode({"alg": "HS256"}, claims | times, OctKey.import_key(app.client_secret))


def join_arguments(name: str, invitation: Invitation, signed: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """What `ZoomMtg.join` is called with, its callbacks left out. Of `tokens` an on-behalf-of one (`obf_token`) comes
    first: Zoom takes no `zak` beside it."""
    token = {"obfToken": tokens["obf_token"]} if tokens.get("obf_token") else {"zak": tokens.get("zak", "")}
    given = {"tk": invitation.registrant, **token}
    return {
        "signature": signed,
        "meetingNumber": invitation.number,
        "passWord": invitation.passcode,
        "userName": name,
        **{key: value for key, value in given.items() if value},
    }

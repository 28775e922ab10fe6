"""Zoom's OAuth and API, as far as connections need them: plain HTTP through the guarded client.

https://developers.zoom.us/docs/integrations/oauth/ and https://developers.zoom.us/docs/meeting-sdk/auth/obf/.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

from minutebook.config import ZoomSettings
from minutebook.errors import Kind, MinutebookError
from minutebook.grants.model import Granted
from minutebook.outgoing.client import OutgoingClient
from minutebook.zoom.model import App, ZoomUser, refused, revoked, unavailable

ANSWER_S: Final = 20.0
MOST_BYTES: Final = 4 * 1024 * 1024
USUAL_LIFE_S: Final = 3600.0
"""What Zoom's access tokens live when the answer does not say it."""
LONGEST_WAIT_S: Final = 3600.0
MOST_CHARS: Final = 200
BUSY: Final = 429
UNAUTHORISED: Final = 401
TOKEN_GONE: Final = frozenset({"124", "200"})
"""Zoom's codes of access tokens that it does not take: invalid or expired, or of another kind."""

Json = Mapping[str, Any]


class UnauthorisedError(Exception):
    """The access token is not accepted (any more); a new one may be."""


class RefusedError(MinutebookError):
    """`zoom_refused`, with Zoom's own number (`said`) and the HTTP status for those who know them."""

    def __init__(self, status: int, said: str, text: str) -> None:
        plain = refused(text)
        super().__init__(plain.kind, plain.code, plain.message)
        self.status = status
        self.said = said
        self.text = text


class ZoomApi:
    """Requests to Zoom."""

    def __init__(self, outgoing: OutgoingClient, settings: ZoomSettings) -> None:
        self._outgoing = outgoing
        self._token_url = f"{settings.oauth_url.rstrip('/')}/oauth/token"
        self._api = f"{settings.api_url.rstrip('/')}/v2"

    async def exchange(self, app: App, code: str, redirect_uri: str) -> Granted:
        """The tokens for an authorisation code, which is good once. Raises `zoom_grant_refused`."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._granted(app, form)

    async def refresh(self, app: App, refresh_token: str) -> Granted:
        """New tokens for a refresh token, which is used up by it. Raises `zoom_grant_refused`."""
        return await self._granted(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def user(self, access_token: str) -> ZoomUser:
        """Whose tokens these are. Raises `UnauthorisedError`."""
        said = await self.get("/users/me", access_token)
        user_id, account = _line(said.get("id")), _line(said.get("account_id"))
        if not user_id:
            raise unavailable("it did not say whose account this is.")
        return ZoomUser(user_id, account or None)

    async def on_behalf_token(self, access_token: str) -> str:
        """A token with which somebody else joins on the user's behalf, fresh (good for two hours). Raises
        `UnauthorisedError`."""
        said = await self.get("/users/me/token?type=onbehalf", access_token)
        token = said.get("token")
        if not isinstance(token, str) or not token.strip():
            raise unavailable("its answer holds no token.")
        return token.strip()

    async def _granted(self, app: App, form: Mapping[str, str]) -> Granted:
        auth = httpx.BasicAuth(app.client_id, app.client_secret)
        answer = await self._send("POST", self._token_url, data=dict(form), auth=auth)
        body = _object(answer)
        if answer.is_success and (granted := _granted(body)) is not None:
            return granted
        if answer.is_success or "error" not in body:
            # No answer of a token endpoint: nothing is said about the grant.
            raise unavailable(f"its token endpoint answered {answer.status_code} without tokens.")
        raise revoked(_sentence(body.get("reason") or body.get("error_description") or body["error"]))

    async def get(self, path: str, access_token: str, **params: str) -> Json:
        """What the API answers at this path. Raises `UnauthorisedError`, `RefusedError`, `zoom_unavailable`."""
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self._send("GET", self._api + path, headers=headers, **({"params": params} if params else {}))
        body = _object(answer)
        if answer.status_code == UNAUTHORISED or (answer.is_client_error and str(body.get("code")) in TOKEN_GONE):
            raise UnauthorisedError(_sentence(body.get("message") or "The access token is not accepted."))
        if answer.is_success and body:
            return body
        if answer.is_client_error:
            text = _sentence(body.get("message") or f"it answered {answer.status_code}.")
            raise RefusedError(answer.status_code, str(body.get("code", "")), text)
        raise unavailable(f"it answered {answer.status_code}, and nothing that can be read.")

    async def _send(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        try:
            answer = await self._outgoing.request(method, url, max_bytes=MOST_BYTES, timeout_s=ANSWER_S, **kwargs)
        except MinutebookError as error:
            if error.retryable or error.kind is Kind.TOO_LARGE:
                raise unavailable(error.message) from error
            raise
        if answer.status_code == BUSY:
            raise unavailable("it limits how often it is asked.", _wait_s(answer.headers.get("retry-after", "")))
        if answer.is_server_error:
            raise unavailable(f"it answered {answer.status_code}.")
        return answer


def _granted(body: Json) -> Granted | None:
    access, refresh, life = body.get("access_token"), body.get("refresh_token"), body.get("expires_in")
    if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
        return None
    life_s = float(life) if isinstance(life, int | float) and not isinstance(life, bool) and life > 0 else USUAL_LIFE_S
    return Granted(access, life_s, refresh, _text(body.get("scope")) or None)


def _object(answer: httpx.Response) -> Json:
    try:
        value = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A text as databases take it."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _line(value: object) -> str:
    return _text(value).strip()[:MOST_CHARS]


def _sentence(value: object) -> str:
    text = " ".join(_text(str(value)).split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _wait_s(value: str) -> float | None:
    text = value.strip()
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() and len(text) < 10 else None

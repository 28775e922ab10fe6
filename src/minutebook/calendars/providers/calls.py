"""Calls to providers' APIs: one place that knows what their answers mean."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from minutebook.calendars import ports
from minutebook.errors import Kind, MinutebookError
from minutebook.grants.model import Granted
from minutebook.outgoing.client import OutgoingClient

USUAL_PAUSE_S: Final = 30.0
"""How long a provider that limits us is left alone when it does not say for how long."""
LONGEST_PAUSE_S: Final = 6 * 3600.0
LIMIT_REASONS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})
"""Google's 403 that mean a limit (https://developers.google.com/workspace/calendar/api/guides/errors)."""
PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "internal_failure", "slow_down"})
"""Errors of token endpoints that say nothing about the grant (RFC 6749, 4.1.2.1; RFC 8628, 3.5; Google's own)."""
UNAUTHORISED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
BUSY: Final = frozenset({429, 503})
Json = dict[str, Any]

_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""What JSON may carry and no database keeps, besides halves of surrogate pairs."""


class UnauthorisedError(Exception):
    """The access token is not accepted (any more); a new one may be."""


class Calls:
    """Requests of one provider, called `name` in messages."""

    def __init__(self, outgoing: OutgoingClient, name: str, now: Callable[[], datetime]) -> None:
        self._outgoing = outgoing
        self.name = name
        self._now = now

    async def send(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        """The answer, whatever its status, except those that say "later": `provider_busy`, `provider_unavailable`."""
        try:
            answer = await self._outgoing.request(method, url, **kwargs)
        except MinutebookError as error:
            if error.retryable or error.kind is Kind.UNAVAILABLE:
                raise ports.unavailable(self.name, error.message) from error
            raise
        if answer.status_code in BUSY or (answer.status_code == FORBIDDEN and reasons_of(answer) & LIMIT_REASONS):
            raise ports.busy(self.name, self._pause_s(answer.headers.get("retry-after")))
        if answer.is_server_error:
            raise ports.unavailable(self.name, f"it answered {answer.status_code}.")
        return answer

    async def json(
        self, method: str, url: str, token: str | None, *, may_be_empty: bool = False, **kwargs: Any
    ) -> Json:
        """The JSON object of a successful answer (empty for none). `may_be_empty`: an object without members is an
        answer, too. Raises `UnauthorisedError`, and `provider_refused` with the provider's own text."""
        headers = {**kwargs.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        answer = await self.send(method, url, headers=headers, **kwargs)
        if answer.status_code == UNAUTHORISED:
            raise UnauthorisedError(text_of(answer))
        if not answer.is_success:
            raise RefusedError(answer.status_code, text_of(answer), reasons_of(answer), self.name)
        if not answer.content.strip():
            return {}
        found = object_of(answer)
        if not found and not (may_be_empty and answer.content.strip() == b"{}"):
            # Nothing may be concluded from it, least of all that a list is empty.
            raise ports.unavailable(self.name, "its answer is no JSON object.")
        return found

    def listed(self, page: Json, name: str) -> list[Json]:
        """The objects listed under `name`."""
        listed = page.get(name)
        if not isinstance(listed, list):
            raise ports.unavailable(self.name, f"its answer has no `{name}`.")
        return [each for each in listed if isinstance(each, dict)]

    async def forget(self, method: str, url: str, token: str | None, **kwargs: Any) -> None:
        """End something at the provider; that it is not there is no error."""
        try:
            await self.json(method, url, token, **kwargs)
        except RefusedError as error:
            if error.status != NOT_FOUND:
                raise

    async def refreshed(self, url: str, secrets: Mapping[str, str], **form: str) -> Granted:
        """A token endpoint's answer to a refresh token (RFC 6749, sections 5 and 6)."""
        given = {name: secrets[name] for name in ("client_id", "client_secret", "refresh_token")}
        answer = await self.send("POST", url, data={"grant_type": "refresh_token", **form, **given})
        body = object_of(answer) if answer.content.strip() else {}
        token = body.get("access_token")
        if answer.is_success and isinstance(token, str) and token:
            rotated = body.get("refresh_token")
            life = body.get("expires_in")
            seconds = float(life) if isinstance(life, int | float | str) and str(life).isdigit() else 3600.0
            return Granted(token, seconds, rotated if isinstance(rotated, str) and rotated else None)
        if answer.is_success or "error" not in body or str(body["error"]) in PASSING:
            # Nothing is said about the grant.
            raise ports.unavailable(self.name, f"its token endpoint answered {answer.status_code} without a token.")
        said = body.get("error_description") or body["error"]
        raise ports.revoked(self.name, str(said))

    def _pause_s(self, value: str | None) -> float:
        text = (value or "").strip()
        if text.isascii() and text.isdigit():
            return min(max(float(text), 1.0), LONGEST_PAUSE_S)
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return USUAL_PAUSE_S
        until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max((until - self._now()).total_seconds(), 1.0), LONGEST_PAUSE_S)


class RefusedError(MinutebookError):
    """A 4xx of the provider: `provider_refused`, with its status and reasons for those who know them."""

    def __init__(self, status: int, text: str, reasons: frozenset[str], name: str) -> None:
        plain = ports.refused(name, text)
        super().__init__(plain.kind, plain.code, plain.message)
        self.status = status
        self.reasons = reasons


def object_of(answer: httpx.Response) -> Json:
    """The JSON object in an answer; empty when there is none."""
    try:
        value = json.loads(answer.content)
        if b"\\u" in answer.content:
            value = json.loads(_NUL.sub(r"\1", json.dumps(value, ensure_ascii=False)).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def reasons_of(answer: httpx.Response) -> frozenset[str]:
    """What an error answer of Google or Microsoft gives as its reasons."""
    error = object_of(answer).get("error")
    if not isinstance(error, dict):
        return frozenset()
    listed = error.get("errors")
    each = [entry.get("reason") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return frozenset(str(reason) for reason in (*each, error.get("code"), error.get("status")) if reason)


def text_of(answer: httpx.Response) -> str:
    """The provider's own words, or its status."""
    error = object_of(answer).get("error")
    said = error.get("message") if isinstance(error, dict) else error
    return f"{said}" if said else f"it answered {answer.status_code}."

"""Requests to speech providers, and what can go wrong with them in the product's words."""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from minutebook.errors import Kind, MinutebookError
from minutebook.outgoing.client import OutgoingClient

_TRANSFER_S: Final = 600.0
"""A long recording is some 30 MB."""
_MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
_RETRYABLE: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_REFUSALS: Final = frozenset({401, 402, 403})
_JOB_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_DETAIL_CHARS: Final = 200
LONGEST_RETRY_AFTER_S: Final = 24 * 3600.0
"""A longer wait is not believed: it is a provider's mistake."""


class ProviderHttp:
    """JSON over HTTP with one provider. Redirects are not followed: they would carry the key elsewhere."""

    def __init__(self, name: str, base_url: str, outgoing: OutgoingClient) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._outgoing = outgoing

    async def call(self, method: str, path: str, headers: Mapping[str, str], **content: Any) -> dict[str, Any]:
        """The JSON object that the provider answers with; `content` as for httpx."""
        try:
            response = await self._outgoing.request(
                method,
                f"{self._base_url}{path}",
                timeout_s=_TRANSFER_S,
                max_bytes=_MAX_ANSWER_BYTES,
                headers=dict(headers),
                follow_redirects=False,
                **content,
            )
        except MinutebookError as error:
            raise self._unavailable(f"cannot be reached ({error.message})", retryable=error.retryable) from error
        self._check(response)
        try:
            value = response.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise self.invalid("it is no JSON object")
        return value

    def job_id(self, value: object) -> str:
        """A job's id that may stand in an address."""
        if isinstance(value, str) and _JOB_ID.fullmatch(value):
            return value
        raise self.invalid("it names no job")

    def invalid(self, why: str) -> MinutebookError:
        """The answer is none that its documentation describes."""
        return self._error(
            "provider_invalid", f"The answer of {self._name} is not understood: {why}. Check its address."
        )

    def failed(self, why: str) -> MinutebookError:
        """The job came to nothing at the provider."""
        reason = why[:_DETAIL_CHARS].strip() or "it gives no reason"
        return self._error("provider_failed", f"{self._name} could not transcribe the recording: {reason}.")

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in _REFUSALS:
            message = f"{self._name} refused the API key ({status}). Check the key, its permissions and its credit."
            raise self._error("provider_key_refused", message)
        if status in _RETRYABLE:
            raise self._unavailable(f"answered {status}", retryable=True, after_s=_retry_after(response))
        if not response.is_success:
            message = f"{self._name} did not accept the order ({status}): {_detail(response)}. Check its parameters."
            raise self._error("provider_refused", message)

    def _unavailable(self, what: str, *, retryable: bool, after_s: float | None = None) -> MinutebookError:
        message = f"{self._name} {what.rstrip('.')}. Ask for the transcript again later."
        return MinutebookError(
            Kind.UNAVAILABLE, "provider_unavailable", message, retryable=retryable, retry_after_s=after_s
        )

    def _error(self, code: str, message: str) -> MinutebookError:
        return MinutebookError(Kind.UNAVAILABLE, code, message)


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_RETRY_AFTER_S) if value.isascii() and value.isdigit() else None


def _detail(response: httpx.Response) -> str:
    """What the provider says about it, bounded and in one line; never what was sent."""
    try:
        value = response.json()
    except ValueError:
        return "it gives no reason"
    said = value.get("message") or value.get("error") if isinstance(value, dict) else None
    line = " ".join(str(said or "it gives no reason").split())
    return line[:_DETAIL_CHARS].rstrip(".")

"""Downloads with a bearer token: what their answers mean, for all platforms."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from minutebook.errors import MinutebookError
from minutebook.imports.model import fetching_failed, scope_missing
from minutebook.outgoing.client import OutgoingBody, OutgoingClient, StatusError

UNAUTHORISED: Final = 401
FORBIDDEN: Final = 403
BUSY: Final = 429
LONGEST_WAIT_S: Final = 3600.0


class Downloads:
    """Files of one platform, which need `scope`. `unauthorised` makes the error by which its connections know that a
    token is to be renewed."""

    def __init__(
        self, outgoing: OutgoingClient, name: str, scope: str, unauthorised: Callable[[str], Exception]
    ) -> None:
        self._outgoing = outgoing
        self._name = name
        self._scope = scope
        self._unauthorised = unauthorised

    async def begin(self, stack: AsyncExitStack, url: str, token: str) -> OutgoingBody:
        """The file at this address, open until the stack is left."""
        headers = {"Authorization": f"Bearer {token}"}
        try:
            return await stack.enter_async_context(self._outgoing.stream(url, headers=headers))
        except StatusError as error:
            raise self._meaning(error) from error

    def _meaning(self, error: StatusError) -> Exception:
        if error.status == UNAUTHORISED:
            return self._unauthorised("The access token is not accepted.")
        if error.status == FORBIDDEN:
            return scope_missing(self._name, self._scope, "fetching a recording")
        if error.status == BUSY:
            return self._busy(error.retry_after)
        return fetching_failed(self._name, f"it answered {error.status}.")

    def _busy(self, retry_after: str) -> MinutebookError:
        is_number = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10
        wait_s = min(float(retry_after), LONGEST_WAIT_S) if is_number else None
        return fetching_failed(self._name, "it limits how often it is asked.", retry_after_s=wait_s)

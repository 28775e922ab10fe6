"""Zoom as one who grants access (see `grants.service`): its refresh tokens are good once."""

from typing import Final

from minutebook.errors import Kind, MinutebookError
from minutebook.grants.model import Granted
from minutebook.grants.service import Row, Secrets
from minutebook.kit.clock import Clock
from minutebook.zoom.api import ZoomApi
from minutebook.zoom.model import App, ConnectionState, unavailable
from minutebook.zoom.repository import connections

REVOKED: Final = "Zoom does not accept this authorisation any more. Have the user authorise the app again."


class ZoomGrantor:
    """Zoom's side of connections."""

    table = connections

    def __init__(self, api: ZoomApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    def check(self, row: Row | None) -> Row:
        """Raises `zoom_not_connected`, `zoom_grant_refused`."""
        if row is None:
            raise MinutebookError(Kind.NOT_FOUND, "zoom_not_connected", "This Zoom account was just disconnected.")
        if row["state"] == ConnectionState.DISCONNECTED:
            raise MinutebookError(Kind.INVALID, "zoom_grant_refused", row["error_message"] or REVOKED)
        return row

    async def refresh(self, row: Row, secrets: Secrets) -> Granted:
        """See the port. Raises `zoom_grant_refused`, `zoom_unavailable`."""
        app = App(secrets["client_id"], secrets["client_secret"])
        return await self._api.refresh(app, secrets["refresh_token"])

    def refused(self, error: MinutebookError) -> Row:
        """A grant that is gone disconnects; what passes disconnects nobody."""
        if error.code != "zoom_grant_refused":
            return {}
        said = {"error_message": error.message, "updated_at": self._clock.now()}
        return {"state": ConnectionState.DISCONNECTED.value, "sealed_access": None, "access_until": None, **said}

    def stuck(self) -> MinutebookError:
        """See the port."""
        return unavailable("the account's access is being renewed; try again.")

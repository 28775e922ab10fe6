"""The platforms whose recordings can be imported: one module each."""

from collections.abc import Callable, Mapping
from datetime import datetime

from minutebook.calendars.service import Calendars
from minutebook.config import Settings
from minutebook.imports.ports import Provider
from minutebook.imports.providers.google import GoogleRecordings
from minutebook.imports.providers.microsoft import MicrosoftRecordings
from minutebook.imports.providers.zoom import ZoomRecordings
from minutebook.outgoing.client import OutgoingClient
from minutebook.zoom.service import ZoomConnections


def providers_of(
    settings: Settings,
    outgoing: OutgoingClient,
    calendars: Calendars,
    zoom: ZoomConnections,
    now: Callable[[], datetime],
) -> Mapping[str, Provider]:
    """The providers by the platform's name; Microsoft's only where an operator has switched it on."""
    found: dict[str, Provider] = {
        "google_meet": GoogleRecordings(outgoing, calendars, settings.google, now),
        "zoom": ZoomRecordings(outgoing, zoom, settings.zoom.api_url),
    }
    if settings.microsoft.recordings:
        found["teams"] = MicrosoftRecordings(outgoing, calendars, settings.microsoft, now)
    return found

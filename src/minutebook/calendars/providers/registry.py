"""The providers there are: one module each, one line each here."""

from collections.abc import Mapping

from minutebook.calendars.model import ProviderName
from minutebook.calendars.ports import Provider
from minutebook.calendars.providers.caldav import CalDav
from minutebook.calendars.providers.google import Google
from minutebook.calendars.providers.ics import Ics
from minutebook.calendars.providers.microsoft import Microsoft
from minutebook.config import GoogleSettings, MicrosoftSettings
from minutebook.kit.clock import Clock
from minutebook.outgoing.client import OutgoingClient


def providers_of(
    outgoing: OutgoingClient, google: GoogleSettings, microsoft: MicrosoftSettings, clock: Clock
) -> Mapping[ProviderName, Provider]:
    """All providers, over the one client for calls to the outside."""
    found: tuple[Provider, ...] = (
        Google(outgoing, google, clock.now),
        Microsoft(outgoing, microsoft, clock.now),
        Ics(outgoing, clock.now),
        CalDav(outgoing, clock.now),
    )
    return {each.name: each for each in found}

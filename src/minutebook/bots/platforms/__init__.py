"""Meeting platforms: a folder of facts each, one driver that reads them, one line each in `registry`."""

from pathlib import Path

from minutebook.bots.platforms.driver import FactsDriver
from minutebook.bots.platforms.facts.reading import pages_of
from minutebook.bots.platforms.ports import CannotJoinError, Place, Platform
from minutebook.bots.platforms.registry import PLATFORMS


def open_platform(name: str, meeting_url: str, facts: Path | None = None) -> Platform:
    """The driver for one call at `meeting_url` on the platform of that name; raises `CannotJoinError` (`INVALID`) for a
    platform that there is not, and for an address that is none of its meetings. `facts` is an operator's folder."""
    if name not in PLATFORMS:
        raise CannotJoinError(Place.INVALID, f"There is no platform {name!r}; there are {', '.join(PLATFORMS)}.")
    driver = FactsDriver(name, pages_of(name, facts), folder=facts)
    driver.address(meeting_url)
    return driver

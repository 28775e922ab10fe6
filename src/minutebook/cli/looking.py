"""`minutebook bots look`: what a bot makes of a page that somebody saved."""

import asyncio
import json
from pathlib import Path

import typer

from minutebook.cli.exits import tell
from minutebook.cli.settings import settings_for
from minutebook.errors import Kind, MinutebookError


@tell
def look(
    page: Path = typer.Argument(help="A saved page (HTML).", metavar="FILE.html"),
    platform: str = typer.Option(help="google_meet, teams, zoom or webrtc."),
    url: str = typer.Option(help="The address at which the page was saved."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON: place, cause, sign."),
) -> None:
    """Show where a bot takes itself to be when it sees this page, and by what it tells. Reaches no network."""
    from minutebook.bots.platforms.registry import PLATFORMS
    from minutebook.bots.runner.browser import BrowserMissingError
    from minutebook.bots.runner.saved_pages import SavedPage, sights_of, told_of

    if platform not in PLATFORMS:
        said = f"There is no platform {platform!r}; there are {', '.join(PLATFORMS)}."
        raise MinutebookError(Kind.INVALID, "unknown_platform", said)
    if not url.startswith(("https://", "http://")):
        raise MinutebookError(Kind.INVALID, "bad_url", f"{url!r} is no http or https address.")
    settings = settings_for(None).bots
    try:
        html = page.read_text(encoding="utf-8", errors="replace")
        (sight,) = asyncio.run(sights_of([SavedPage(platform, url, html)], settings.chromium, settings.facts))
    except OSError as error:
        raise MinutebookError(Kind.NOT_FOUND, "no_page", f"{page} cannot be read: {error.strerror}.") from error
    except BrowserMissingError as error:
        raise MinutebookError(Kind.UNAVAILABLE, "no_browser", str(error)) from error
    shown = told_of(sight)
    typer.echo(
        json.dumps(shown, indent=2) if as_json else "\n".join(f"{key}: {value or '-'}" for key, value in shown.items())
    )

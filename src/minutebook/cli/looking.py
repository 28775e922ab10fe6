"""`minutebook bots look`, `capture` and `replay`: what bots make of pages, of saved ones and of those they see."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import typer

from minutebook.cli.console import stdout
from minutebook.cli.exits import tell
from minutebook.cli.settings import settings_for
from minutebook.errors import Kind, MinutebookError

WAIT_S: Final = 20.0
"""A bot looks at its page twice a second; a page that is busy takes longer."""
ASK_S: Final = 0.25


@tell
def look(
    page: Path = typer.Argument(help="A saved page (HTML).", metavar="FILE.html"),
    platform: str = typer.Option(help="google_meet, teams, zoom or webrtc."),
    url: str = typer.Option(help="The address at which the page was saved."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON: place, cause, sign."),
) -> None:
    """Show where a bot takes itself to be when it sees this page, and by what it tells. Reaches no network."""
    shown = _seen(page, platform, url)
    _show(shown, as_json)


@tell
def capture(
    bot: str = typer.Argument(help="The bot's id.", metavar="ID"),
    data_dir: Path | None = typer.Option(None, "--data-dir", help="The data directory."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON: path, and the evidence."),
) -> None:
    """Capture what a bot of this machine sees now: screenshot, HTML without other people's names and words, console,
    evidence. For a bot that is done, show the capture that it made when it failed."""
    from minutebook.bots.runner.page_captures import FOLDER, WANTED

    folder = settings_for(data_dir).data_dir / "bots" / bot
    if not bot or Path(bot).name != bot or not folder.is_dir():
        said = f"No bot {bot!r} has worked on this machine. Captures are made and kept where a bot runs."
        raise MinutebookError(Kind.NOT_FOUND, "bot_not_found", said)
    before = _captures(folder / FOLDER)
    if (folder / "spool").is_dir():
        (folder / WANTED).touch()
        _wait(lambda: len(_captures(folder / FOLDER)) > len(before))
        (folder / WANTED).unlink(missing_ok=True)
    found = _captures(folder / FOLDER)
    if not found:
        said = "The bot has made no capture: it is not at a page now, or the page does not answer."
        raise MinutebookError(Kind.NOT_FOUND, "no_capture", said)
    evidence = _evidence(found[-1])
    shown = {"path": str(found[-1]), **evidence}
    _show(shown, as_json)


@tell
def replay(
    path: Path = typer.Argument(help="A capture's folder, or a file in it.", metavar="FILE"),
    as_json: bool = typer.Option(False, "--json", help="Print JSON: then and now."),
) -> None:
    """Show what a bot of today makes of a capture, and what the bot made of it then."""
    folder = path if path.is_dir() else path.parent
    evidence = _evidence(folder)
    now = _seen(folder / "page.html", str(evidence.get("platform")), str(evidence.get("url")))
    then = {key: evidence.get(key) for key in now}
    if as_json:
        typer.echo(json.dumps({"then": then, "now": now}, indent=2))
    else:
        for key, value in now.items():
            stdout.print(f"{key}: {then[key] or '-'} then, {value or '-'} now")


def _seen(page: Path, platform: str, url: str) -> dict[str, str | None]:
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
    return told_of(sight)


def _show(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
        return
    for key, value in shown.items():
        stdout.print(f"{key}: {value or '-'}")


def _captures(folder: Path) -> list[Path]:
    """Whole captures, the newest last."""
    found = [each for each in folder.glob("[0-9]*.*") if each.is_dir()] if folder.is_dir() else []
    return sorted(found, key=lambda each: each.stat().st_mtime_ns)


def _evidence(folder: Path) -> dict[str, Any]:
    try:
        evidence = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        said = f"{folder} is no capture: it has no evidence.json that can be read."
        raise MinutebookError(Kind.NOT_FOUND, "no_capture", said) from error
    return evidence if isinstance(evidence, dict) else {}


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < until:
        time.sleep(ASK_S)

"""Scenes of meeting pages, looked at in a real browser: HTML in, what probes find out. No network."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

from minutebook.bots.platforms.driver import looking_script
from minutebook.bots.platforms.facts.model import PageFacts, Probe
from minutebook.bots.platforms.facts.reading import load_pages
from minutebook.bots.platforms.looking import Look, look_from, probes_to_json
from support.calls.chromium import CHROMIUM
from support.calls.participants import FLAGS

DATA = Path(__file__).parents[2] / "data" / "platforms"
Scene = Mapping[str, Any]
SHOW = """html => {
  document.documentElement.innerHTML = html;
  const frames = [...document.querySelectorAll("iframe[srcdoc]")];
  return Promise.all(frames.map((frame) => new Promise((loaded) => { frame.onload = () => loaded(); })));
}"""
"""Frames load after the page that has them."""


def scenes(name: str) -> list[Scene]:
    found: list[Scene] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return found


def facts_of(platform: str) -> PageFacts:
    (facts,) = load_pages(platform)
    return facts


@contextmanager
def stage(playwright: Playwright) -> Iterator[Page]:
    """A page that reaches nothing."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    yield page
    browser.close()


def show(page: Page, html: str) -> None:
    page.evaluate(SHOW, html)


def looked(page: Page, probes: Iterable[Probe], url: str = "") -> Look:
    """What is found of these probes in the scene that is shown, as if it stood at `url`."""
    asked = tuple(dict.fromkeys(probe for probe in probes if probe))
    answer = page.evaluate(looking_script(), {"asked": probes_to_json(asked), "take": None})
    return replace(look_from(asked, answer), url=url)

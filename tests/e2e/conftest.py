"""What calls need: a browser library, pages to meet on, a real SFU. Where they cannot be had, tests are skipped."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from support.calls.chromium import CHROMIUM
from support.calls.janus import Janus, JanusMissingError, janus
from support.calls.pages import CallPages, call_pages


@pytest.fixture(scope="module")
def people_can_come() -> Iterator[Playwright]:
    """Playwright, where there is a Chromium for it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: run `make stage`")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def sfu() -> Iterator[Janus]:
    """One Janus for a module."""
    try:
        with janus() as running:
            yield running
    except JanusMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def pages() -> Iterator[CallPages]:
    """Our own pages, without Janus."""
    with call_pages() as running:
        yield running


@pytest.fixture(scope="module")
def sfu_pages(sfu: Janus) -> Iterator[CallPages]:
    """Janus' own pages, and ours."""
    with call_pages(sfu.websocket) as running:
        yield running

"""Captures of pages: what they keep, what they do not, and that they mean the same when they are looked at again."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page
from typer.testing import CliRunner

from minutebook.bots.platforms.driver import FactsDriver
from minutebook.bots.platforms.ports import Place, Sight
from minutebook.bots.runner.browser import Tab
from minutebook.bots.runner.page_captures import FOLDER, WANTED, PageCaptures
from minutebook.bots.runner.saved_pages import SavedPage, sight_of_saved
from minutebook.cli.bots import app
from minutebook.kit.clock import SystemClock
from support.calls.chromium import CHROMIUM
from support.calls.scenes import scenes

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`"),
]

CALL = """<title>Ada's secret plans</title><style>.gone { display: none }</style>
<div data-tid="ubar-toolbar-wrapper"><span data-tid="call-duration">1</span>
<button id="hangup-button" data-tid="hangup-main-btn" onclick="go()">Leave</button></div>
<div data-stream-type="Video" data-tid="Ada Adams" aria-label="Ada Adams, muted">
<img src="/face?of=ada"><b>Ada Adams</b></div>
<p>Ada Adams is speaking</p><div class="gone">Call ended</div>
<div data-tid="chat-pane-message">the plan is to sell</div>
<div data-tid="closed-caption-text">we sell on Monday</div>
<a href="https://teams.microsoft.com/meet/1?p=Pass123">copy</a><input value="Pass123" type="password">
<!-- Ada was here --><script>window.plans = "Ada Adams";</script>"""
URL = "https://teams.microsoft.com/light-meetings/launch?agent=web&coords=Pass123"
KNOWN = """() => { window.minutebookPage = { roster: () => [{ id: "1", name: "Ada Adams" }] }; }"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncIterator[Page]:
    tab = Tab(CHROMIUM, video=True)
    await tab.start()
    yield await tab.open()
    await tab.close()


async def test_a_capture_names_nobody_and_means_the_same(page: Page, tmp_path: Path) -> None:
    captures, driver = PageCaptures(tmp_path, 3, SystemClock()), FactsDriver("teams")
    captures.watch(page)
    sight = await sight_of_saved(page, SavedPage("teams", URL, CALL))
    await page.evaluate(KNOWN)
    await page.evaluate("() => console.log('roster: Ada Adams')")
    await captures.keep(page, driver, sight, "asked for")
    await captures.keep(page, driver, sight, "asked for")
    first, second = sorted((tmp_path / FOLDER).iterdir())
    assert (first.name, second.name) == ("3.0", "3.1")
    texts = {each.name: each.read_text("utf-8") for each in first.iterdir() if each.suffix != ".png"}
    assert set(texts) == {"page.html", "console.txt", "evidence.json"}
    for secret in ("Ada", "plan", "sell", "Pass123"):
        assert not [name for name, text in texts.items() if secret in text], secret
    assert "Somebody is speaking" in texts["page.html"]
    assert "script" not in texts["page.html"]
    assert texts["console.txt"].endswith("log: roster: Somebody")
    assert (first / "screen.png").read_bytes().startswith(b"\x89PNG")
    evidence = json.loads(texts["evidence.json"])
    assert (evidence["platform"], evidence["place"], evidence["why"]) == ("teams", "in_call", "asked for")
    again = await sight_of_saved(page, SavedPage("teams", evidence["url"], texts["page.html"]))
    assert again == Sight(sight.place, again.sign), "what was hidden by a style stays hidden"


async def test_every_scene_means_the_same_when_it_was_captured(page: Page) -> None:
    changed = []
    for scene in scenes("scenes"):
        before = await sight_of_saved(page, SavedPage(scene["platform"], scene["url"], scene["html"]))
        html, _ = await FactsDriver(scene["platform"]).scrubbed(page)
        after = await sight_of_saved(page, SavedPage(scene["platform"], scene["url"], html))
        if (before.place, before.hint) != (after.place, after.hint):
            changed.append((scene["name"], before, after))
    assert not changed


async def test_a_capture_is_asked_for_once(tmp_path: Path) -> None:
    captures = PageCaptures(tmp_path, 1, SystemClock())
    assert not captures.asked()
    (tmp_path / WANTED).touch()
    assert (captures.asked(), captures.asked()) == (True, False)


async def test_a_page_that_is_gone_has_no_capture(tmp_path: Path) -> None:
    tab = Tab(CHROMIUM, video=True)
    await tab.start()
    gone = await tab.open()
    await gone.close()
    await PageCaptures(tmp_path, 1, SystemClock()).keep(gone, FactsDriver("zoom"), Sight(Place.JOINING), "asked for")
    await tab.close()
    assert not (tmp_path / FOLDER).exists()


def command(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


@pytest.mark.asyncio(loop_scope="function")
async def test_the_command_shows_what_a_bot_kept_and_replays_it(tmp_path: Path) -> None:
    folder = tmp_path / "bots" / "b1" / FOLDER / "1.0"
    folder.mkdir(parents=True)
    evidence = {"platform": "teams", "url": URL, "place": "joining", "cause": None, "sign": None, "why": "failed"}
    (folder / "evidence.json").write_text(json.dumps(evidence))
    (folder / "page.html").write_text("<h1>The meeting has ended</h1>")
    code, said = command("capture", "b1", "--data-dir", str(tmp_path), "--json")
    assert (code, json.loads(said)["path"]) == (0, str(folder))
    assert command("capture", "b2", "--data-dir", str(tmp_path))[0] != 0
    assert command("capture", "../b1", "--data-dir", str(tmp_path))[0] != 0
    assert command("replay", str(tmp_path))[0] != 0


@pytest.mark.asyncio(loop_scope="function")
async def test_look_and_replay_say_place_cause_and_sign(tmp_path: Path) -> None:
    import asyncio

    (tmp_path / "evidence.json").write_text(json.dumps({"platform": "zoom", "url": URL, "place": "joining"}))
    (tmp_path / "page.html").write_text('<input id="input-for-pwd" type="password">')
    code, said = await asyncio.to_thread(command, "replay", str(tmp_path / "page.html"), "--json")
    now = {"place": "invalid", "cause": "passcode_required", "sign": "#input-for-pwd"}
    assert (code, json.loads(said)) == (0, {"then": {"place": "joining", "cause": None, "sign": None}, "now": now})
    asked = ["look", "--platform", "zoom", "--url", "https://app.zoom.us/wc/81234567890/join", "--json"]
    code, said = await asyncio.to_thread(command, *asked, str(tmp_path / "page.html"))
    assert (code, json.loads(said)) == (0, now)
    assert (await asyncio.to_thread(command, *asked, str(tmp_path / "none.html")))[0] != 0
    assert (await asyncio.to_thread(command, "look", "--platform", "skype", "--url", URL, "x"))[0] != 0

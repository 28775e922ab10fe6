"""Platform drivers in a real browser: on played pages of the public platforms, and on real pages of `webrtc`."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright

from minutebook.bots.platforms import open_platform
from minutebook.bots.platforms.driver import FactsDriver
from minutebook.bots.platforms.ports import Guest, Place, Platform, Sight
from support.calls.chromium import CHROMIUM
from support.calls.janus import JanusMissingError, janus
from support.calls.pages import CallPages, call_pages
from support.calls.participants import FLAGS

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`"),
]

PAGES = Path(__file__).parents[1] / "data" / "platforms"
LOOK_AGAIN_S = 0.1
ARRIVES_WITHIN_S = 60.0
LOADED_WITHIN_MS = 60_000
URLS = {
    "google_meet": "https://meet.google.com/abc-defg-hij",
    "teams": "https://teams.microsoft.com/meet/2345678901234?p=Abc123",
    "zoom": "https://us02web.zoom.us/j/81234567890?pwd=U2VjcmV0",
}
QUIET = Guest("Minutebook Bot", {}, microphone=False, camera=False)
SMALL_CAMERA = """{ const native = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = function (wanted) {
    if (wanted?.video) wanted = { ...wanted, video: { width: 160, height: 120, frameRate: 5 } };
    return native.call(this, wanted); }; }"""
EMPTY_FRAME = "<!doctype html><title>outer</title><style>iframe { width: 900px; height: 500px }</style>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        await opened.close()


@pytest.fixture(scope="module")
def calls() -> Iterator[CallPages]:
    """The pages of calls, with a real Janus behind Janus' own."""
    try:
        with janus() as server, call_pages(server.websocket) as pages:
            yield pages
    except JanusMissingError as missing:
        pytest.skip(str(missing))


@dataclass
class Visit:
    """A bot's visit of a page."""

    platform: Platform
    page: Page
    guest: Guest = QUIET

    async def show(self, scene: str) -> Sight:
        """Play a scene; what the driver sees in it."""
        for frame in self.page.frames:
            if await frame.evaluate("() => typeof window.show") == "function":
                await frame.evaluate("scene => window.show(scene)", scene)
        return await self.platform.look(self.page)

    async def log(self) -> list[str]:
        """What was clicked and sent in the page."""
        found: list[str] = await self.page.frames[-1].evaluate("() => window.log")
        return found

    async def arrive(self, place: Place) -> Sight:
        """Step and look as a runner does, until the bot is there."""
        deadline = time.monotonic() + ARRIVES_WITHIN_S
        sight = await self.platform.look(self.page)
        while sight.place is not place:
            assert time.monotonic() < deadline, f"not {place}, but {sight}"
            await self.platform.step(self.page, self.guest)
            await asyncio.sleep(LOOK_AGAIN_S)
            sight = await self.platform.look(self.page)
        return sight

    async def until(self, condition: str) -> None:
        """Wait until something is so in the page; asked from here, since a busy page paints seldom."""
        deadline = time.monotonic() + ARRIVES_WITHIN_S
        while not await self.page.evaluate(f"() => {condition}"):
            assert time.monotonic() < deadline, f"never: {condition}"
            await asyncio.sleep(LOOK_AGAIN_S)

    async def ask(self, question: str) -> Any:
        """What a function of the page script answers."""
        return await self.page.evaluate(f"() => window.minutebookPage.{question}")


async def visit(context: BrowserContext, name: str, meeting_url: str, guest: Guest = QUIET) -> Visit:
    platform = open_platform(name, meeting_url)
    await context.add_init_script(platform.page_script)
    await context.add_init_script(SMALL_CAMERA)
    page = await context.new_page()
    await page.goto(platform.address(meeting_url), wait_until="domcontentloaded", timeout=LOADED_WITHIN_MS)
    return Visit(platform, page, guest)


async def played(context: BrowserContext, name: str, guest: Guest = QUIET) -> Visit:
    """A visit of a platform's played pages, at the platform's own addresses. Nothing leaves the browser. Zoom's client
    is in a frame, as it may be."""

    async def answer(route: Route) -> None:
        path = route.request.url.split("?")[0]
        if path.endswith("/player.js"):
            await route.fulfill(path=PAGES / "player.js")
        elif name == "zoom" and route.request.frame.parent_frame is None:
            await route.fulfill(body=f"{EMPTY_FRAME}<iframe src='/wc/client'></iframe>", content_type="text/html")
        else:
            await route.fulfill(path=PAGES / f"{name}.html")

    await context.route("**/*", answer)
    return await visit(context, name, URLS[name], guest)


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context()
    yield opened
    await opened.close()


WAYS_IN = {
    "google_meet": ["got it", "microphone off", "camera off", "ask"],
    "teams": ["web", "without devices", "camera", "microphone", "join"],
    "zoom": ["cookies", "agree", "join"],
}


@pytest.mark.parametrize("name", WAYS_IN)
async def test_the_way_in_and_out(context: BrowserContext, name: str) -> None:
    bot = await played(context, name)
    await bot.arrive(Place.WAITING)
    assert await bot.log() == WAYS_IN[name]
    assert await bot.page.frames[-1].evaluate("() => window.guestName") == "Minutebook Bot"
    await bot.platform.step(bot.page, QUIET)
    assert await bot.log() == WAYS_IN[name], "in the waiting room nothing is pressed any more"
    assert (await bot.show("in_call")).place is Place.IN_CALL
    await bot.platform.leave(bot.page)
    assert (await bot.page.frames[-1].evaluate("() => window.scene")) == "left"
    assert (await bot.platform.look(bot.page)).place is not Place.IN_CALL


SCENES = [
    ("google_meet", "entry", Place.JOINING),
    ("google_meet", "waiting", Place.WAITING),
    ("google_meet", "unanswered", Place.WAITING),
    ("google_meet", "in_call", Place.IN_CALL),
    ("google_meet", "recorded", Place.JOINING),
    ("google_meet", "left", Place.DENIED),
    ("google_meet", "denied", Place.DENIED),
    ("google_meet", "removed", Place.REMOVED),
    ("google_meet", "ended", Place.ENDED),
    ("google_meet", "invalid", Place.INVALID),
    ("google_meet", "no_such_call", Place.INVALID),
    ("google_meet", "blocked", Place.BLOCKED),
    ("google_meet", "unreachable", Place.UNREACHABLE),
    ("google_meet", "sign_in", Place.SIGN_IN),
    ("teams", "launcher", Place.JOINING),
    ("teams", "devices", Place.JOINING),
    ("teams", "entry", Place.JOINING),
    ("teams", "waiting", Place.WAITING),
    ("teams", "in_call", Place.IN_CALL),
    ("teams", "left", Place.ENDED),
    ("teams", "removed", Place.REMOVED),
    ("teams", "denied", Place.DENIED),
    ("teams", "declined", Place.DENIED),
    ("teams", "invalid", Place.INVALID),
    ("teams", "sign_in", Place.SIGN_IN),
    ("teams", "account", Place.SIGN_IN),
    ("teams", "captcha", Place.CAPTCHA),
    ("teams", "unreachable", Place.UNREACHABLE),
    ("zoom", "entry", Place.JOINING),
    ("zoom", "no_host", Place.WAITING),
    ("zoom", "waiting", Place.WAITING),
    ("zoom", "waiting_for_host", Place.WAITING),
    ("zoom", "in_call", Place.IN_CALL),
    ("zoom", "left", Place.JOINING),
    ("zoom", "removed", Place.REMOVED),
    ("zoom", "ended", Place.ENDED),
    ("zoom", "sign_in", Place.SIGN_IN),
    ("zoom", "passcode", Place.INVALID),
    ("zoom", "captcha", Place.CAPTCHA),
    ("zoom", "blocked", Place.BLOCKED),
]


@pytest.mark.parametrize("name", URLS)
async def test_every_scene_is_told_by_its_signs(context: BrowserContext, name: str) -> None:
    bot = await played(context, name)
    seen = {scene: await bot.show(scene) for each, scene, _ in SCENES if each == name}
    assert {scene: sight.place for scene, sight in seen.items()} == {
        scene: place for each, scene, place in SCENES if each == name
    }
    assert all(sight.sign for sight in seen.values() if sight.place is not Place.JOINING)


async def test_the_sign_is_what_a_person_would_quote(context: BrowserContext) -> None:
    bot = await played(context, "google_meet")
    assert (await bot.show("denied")).sign == "Someone in the call denied your request to join"


async def test_an_unanswered_request_is_made_again(context: BrowserContext) -> None:
    bot = await played(context, "google_meet")
    await bot.show("unanswered")
    await bot.platform.step(bot.page, QUIET)
    assert await bot.log() == ["ask again"]
    assert (await bot.platform.look(bot.page)).place is Place.WAITING


async def test_a_recorded_meeting_is_agreed_to(context: BrowserContext) -> None:
    bot = await played(context, "google_meet")
    await bot.show("recorded")
    await bot.arrive(Place.IN_CALL)
    assert "agree" in await bot.log()


async def test_devices_are_left_on_for_a_guest_who_uses_them(context: BrowserContext) -> None:
    bot = await played(context, "google_meet", Guest("Minutebook Bot", {}))
    await bot.arrive(Place.WAITING)
    assert await bot.log() == ["got it", "ask"]


async def test_a_meeting_that_has_not_begun_is_loaded_again_after_a_while(context: BrowserContext) -> None:
    bot = await played(context, "zoom")
    later_s = 0.0
    bot.platform = FactsDriver("zoom", now_s=lambda: time.monotonic() + later_s)
    await bot.show("no_host")
    await bot.platform.step(bot.page, QUIET)
    assert await bot.log() == [], "not at once: each time may use up a token"
    later_s = 60.0
    await bot.platform.step(bot.page, QUIET)
    await bot.arrive(Place.WAITING)
    assert await bot.log() == ["cookies", "agree", "join"], "the page began anew"


async def test_a_page_that_is_opened_again_and_again_is_asked_each_time(context: BrowserContext) -> None:
    bot = await played(context, "zoom")
    for _ in range(5):
        await bot.page.goto("https://app.zoom.us/wc/81234567890/join")
        await bot.arrive(Place.WAITING)
        assert await bot.log() == WAYS_IN["zoom"]


async def test_an_address_elsewhere_is_a_wall_for_who_did_not_ask_and_a_denial_for_who_did(
    context: BrowserContext,
) -> None:
    bot = await played(context, "google_meet")
    await bot.page.goto("https://workspace.google.com/products/meet/")
    assert (await bot.platform.look(bot.page)).place is Place.BLOCKED
    await bot.page.goto("https://meet.google.com/abc-defg-hij")
    await bot.arrive(Place.WAITING)
    await bot.page.goto("https://workspace.google.com/products/meet/")
    assert (await bot.platform.look(bot.page)).place is Place.DENIED
    await bot.page.goto("https://accounts.google.com/v3/signin")
    assert (await bot.platform.look(bot.page)).place is Place.SIGN_IN


async def test_a_page_that_does_not_come(context: BrowserContext) -> None:
    bot = await played(context, "google_meet")
    await context.unroute_all()
    await context.route("**/*", lambda route: route.abort("internetdisconnected"))
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        await bot.page.goto("https://meet.google.com/abc-defg-hij")
    await bot.arrive(Place.UNREACHABLE)


@pytest.mark.parametrize("name", ["google_meet", "teams"])
async def test_a_line_in_the_chat(context: BrowserContext, name: str) -> None:
    bot = await played(context, name)
    await bot.show("in_call")
    assert await bot.platform.post(bot.page, "This meeting is recorded.")
    assert await bot.platform.post(bot.page, "x" * 600), "the panel is open already"
    assert await bot.log() == ["open chat", "chat: This meeting is recorded.", "chat: " + "x" * 500]


async def test_a_platform_without_a_chat_for_guests(context: BrowserContext) -> None:
    bot = await played(context, "zoom")
    await bot.show("in_call")
    assert not await bot.platform.post(bot.page, "hello")


async def test_leaving_a_page_that_is_gone(context: BrowserContext) -> None:
    bot = await played(context, "teams")
    await bot.show("in_call")
    await bot.page.close()
    await bot.platform.leave(bot.page)


async def test_who_is_in_a_meet_call_and_who_speaks(context: BrowserContext) -> None:
    await context.add_init_script(
        """RTCRtpReceiver.prototype.getContributingSources = function () { return window.sources ?? []; };"""
    )
    bot = await played(context, "google_meet")
    await bot.show("in_call")
    everyone = [{"id": "devices/1", "name": "Ada Adams"}, {"id": "devices/2", "name": "Ben Brown"}]
    assert await bot.ask("roster()") == everyone
    assert await bot.ask("speaking()") is None, "without sources nothing is known"
    await bot.page.evaluate(
        """() => {
          window.connection = new RTCPeerConnection();
          window.connection.addTransceiver("audio");
          const source = (number, audioLevel) => ({ source: number, audioLevel, timestamp: performance.now() });
          window.sources = [source(1001, 0.2), source(1002, 0.001), source(7, 0.9)];
        }"""
    )
    assert await bot.ask("speaking()") == ["devices/1"]
    await bot.page.evaluate("() => { window.sources[0].timestamp -= 5000; window.sources[1].audioLevel = 0.3; }")
    assert await bot.ask("speaking()") == ["devices/2"]


async def test_who_is_in_a_teams_call_and_who_speaks(context: BrowserContext) -> None:
    bot = await played(context, "teams")
    await bot.arrive(Place.WAITING)
    await bot.show("in_call")
    assert await bot.ask("roster().map(each => each.name)") == ["Ada Adams", "Ben Brown", "Cem Cole"]
    assert await bot.ask("speaking()") == ["Ada Adams", "Cem Cole"]
    await bot.show("removed")
    assert await bot.ask("speaking()") is None


async def test_who_is_in_a_zoom_call_and_who_speaks(context: BrowserContext) -> None:
    bot = await played(context, "zoom")
    await bot.arrive(Place.WAITING)
    await bot.show("in_call")
    assert await bot.ask("roster().map(each => each.name)") == ["Ada Adams", "Ben Brown"]
    assert await bot.ask("speaking()") == [], "once is not enough"
    assert await bot.ask("speaking()") == ["Ada Adams"]


TRACKS = """{ const Native = RTCPeerConnection; window.tracks = [];
  window.RTCPeerConnection = class extends Native { constructor(...args) { super(...args);
    this.addEventListener("track", ({ track }) => track.kind === "audio" && window.tracks.push(track)); } }; }"""
OWNERS = "window.tracks.map(track => window.minutebookPage.participantOf(track))"


async def test_janus_from_the_first_press_to_the_last(browser: Browser, calls: CallPages) -> None:
    url = calls.janus(1235)
    contexts = [await browser.new_context() for _ in range(3)]
    await contexts[2].add_init_script(TRACKS)
    ada = await visit(contexts[0], "webrtc", url, Guest("Adà!", {}))
    await ada.arrive(Place.IN_CALL)
    ben = await visit(contexts[1], "webrtc", url, Guest("Ben", {}))
    await ben.arrive(Place.IN_CALL)
    bot = await visit(contexts[2], "webrtc", url, Guest("Minutebook Bot", {}))
    await bot.arrive(Place.IN_CALL)
    await bot.until(f"window.tracks.length === 2 && {OWNERS}.every(Boolean)")
    owners = await bot.page.evaluate(f"() => {OWNERS}")
    assert sorted(each["name"] for each in owners) == ["Ada", "Ben"], "by the track: Janus gives all the same id"
    roster = await bot.ask("roster()")
    assert sorted(roster, key=lambda each: each["id"]) == sorted(owners, key=lambda each: each["id"])
    assert not await bot.platform.post(bot.page, "hello"), "this page has no chat"
    await ada.platform.leave(ada.page)
    await bot.until("window.minutebookPage.roster().length === 1")
    assert (await bot.ask("roster()"))[0]["name"] == "Ben"
    for each in contexts:
        await each.close()


async def test_janus_ends(browser: Browser, calls: CallPages) -> None:
    url = calls.janus(1236)
    first, second = await browser.new_context(), await browser.new_context()
    ada = await visit(first, "webrtc", url, Guest("Ada", {}))
    await ada.arrive(Place.IN_CALL)
    bot = await visit(second, "webrtc", url, Guest("Bot", {}))
    await bot.arrive(Place.IN_CALL)
    request = "message => window.sfutest.send({ message })"
    await ada.until("window.minutebookPage.roster().length === 1")
    (guest,) = await ada.ask("roster()")
    await ada.page.evaluate(request, {"request": "kick", "room": 1236, "id": int(guest["id"])})
    assert (await bot.arrive(Place.REMOVED)).sign == "Publish"
    await ada.page.evaluate(request, {"request": "destroy", "room": 1236})
    assert (await ada.arrive(Place.ENDED)).sign == "The room has been destroyed"
    await first.close()
    await second.close()


async def test_a_room_that_janus_does_not_have(context: BrowserContext, calls: CallPages) -> None:
    bot = await visit(context, "webrtc", calls.janus(99))
    assert "does not exist" in (await bot.arrive(Place.INVALID)).sign


async def test_a_full_room_of_janus(browser: Browser, calls: CallPages) -> None:
    first, second = await browser.new_context(), await browser.new_context()
    ada = await visit(first, "webrtc", calls.janus(1237), Guest("Ada", {}))
    await ada.arrive(Place.IN_CALL)
    message = {"request": "create", "room": 77, "publishers": 1}
    await ada.page.evaluate("message => new Promise(success => window.sfutest.send({ message, success }))", message)
    await ada.page.goto(calls.janus(77))
    await ada.arrive(Place.IN_CALL)
    bot = await visit(second, "webrtc", calls.janus(77))
    assert "Maximum number of publishers" in (await bot.arrive(Place.UNREACHABLE)).sign
    await first.close()
    await second.close()


async def test_a_janus_that_goes_down(context: BrowserContext) -> None:
    with janus() as server, call_pages(server.websocket) as pages:
        bot = await visit(context, "webrtc", pages.janus(1234))
        await bot.arrive(Place.IN_CALL)
        await asyncio.to_thread(server.stop)
        sight = await bot.platform.look(bot.page)
        while sight.place is Place.IN_CALL:
            await asyncio.sleep(LOOK_AGAIN_S)
            sight = await bot.platform.look(bot.page)
        assert sight == Sight(Place.UNREACHABLE, "Lost connection to the server (is it down?)")


async def test_a_plain_page_with_a_lobby(browser: Browser, calls: CallPages) -> None:
    room = calls.room("lobby", lobby=True, seats=1)
    url = calls.p2p("lobby")
    contexts = [await browser.new_context() for _ in range(3)]
    bot = await visit(contexts[0], "webrtc", url)
    assert (await bot.arrive(Place.WAITING)).sign == "Please wait until somebody lets you in."
    await asyncio.to_thread(calls.deny, "lobby", "Minutebook Bot")
    await bot.arrive(Place.DENIED)
    bot = await visit(contexts[1], "webrtc", url)
    await bot.arrive(Place.WAITING)
    await asyncio.to_thread(calls.admit, "lobby", "Minutebook Bot")
    await bot.arrive(Place.IN_CALL)
    assert await bot.platform.post(bot.page, "Good morning")
    await bot.page.wait_for_selector("#chat-log li")
    assert room.chat == [("Minutebook Bot", "Good morning")]
    written = await bot.page.evaluate("() => window.minutebookPage.chat()")
    assert [(each["author"], each["text"]) for each in written] == [("Minutebook Bot", "Good morning")]
    other = await visit(contexts[2], "webrtc", url)
    assert (await other.arrive(Place.UNREACHABLE)).sign == "The call is full."
    await asyncio.to_thread(calls.remove, "lobby", "Minutebook Bot")
    await bot.arrive(Place.REMOVED)
    for each in contexts:
        await each.close()


async def test_a_plain_page_that_ends_for_all(context: BrowserContext, calls: CallPages) -> None:
    bot = await visit(context, "webrtc", calls.p2p("ending"))
    await bot.arrive(Place.IN_CALL)
    await asyncio.to_thread(calls.end, "ending")
    await bot.arrive(Place.ENDED)


async def test_a_page_of_no_known_kind(context: BrowserContext, calls: CallPages) -> None:
    bot = await visit(context, "webrtc", f"{calls.url}/demos/echotest.html")
    await bot.platform.step(bot.page, QUIET)
    assert (await bot.platform.look(bot.page)).place is Place.JOINING
    assert not await bot.platform.post(bot.page, "hello")
    await bot.platform.leave(bot.page)

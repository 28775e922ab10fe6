"""Who is there and who speaks, by what the pages of Meet, Teams and Zoom are known to show; in a real browser."""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from minutebook.bots.platforms.page_scripts import load_page_script
from support.calls.chromium import CHROMIUM
from support.calls.participants import FLAGS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`")

FAKES = """
window.sources = []; window.sockets = [];
RTCRtpReceiver.prototype.getContributingSources = () => window.sources.map(([source, audioLevel]) =>
  ({ source, audioLevel, timestamp: performance.now() }));
window.WebSocket = class extends EventTarget { constructor() { super(); window.sockets.push(this); } };
const later = performance.now.bind(performance); window.passed = 0; performance.now = () => later() + window.passed;
"""
"""Sources and sockets that a test speaks for, and a clock that it moves."""


@pytest.fixture(scope="module")
def browser(people_can_come: Playwright) -> Iterator[Browser]:
    opened = people_can_come.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield opened
    opened.close()


class Call:
    """A page in a call: `show` puts HTML into it, and the page script is asked."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def show(self, html: str) -> None:
        self.page.evaluate("html => { document.body.innerHTML = html; }", html)

    def roster(self) -> dict[str, str] | None:
        found = self.page.evaluate("() => window.minutebookPage.roster()")
        return None if found is None else {each["id"]: each["name"] for each in found}

    def speaking(self, after_ms: int = 250) -> list[str] | None:
        self.page.evaluate("ms => { window.passed += ms; }", after_ms)
        found: list[str] | None = self.page.evaluate("() => window.minutebookPage.speaking()")
        return None if found is None else sorted(found)

    def run(self, script: str, value: Any = None) -> None:
        self.page.evaluate(script, value)


@pytest.fixture
def call(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Call]:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html><body></body>", content_type="text/html"))
    page.goto("https://call.example/")
    page.evaluate(f"() => {{ {FAKES} }}")
    page.evaluate(f"() => {{ {load_page_script(request.param)} }}")
    yield Call(page)
    page.close()


def on(platform: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("call", [platform], indirect=True)


# --- Google Meet -----------------------------------------------------------------------------------------------------

QUIET, LOUD, BETWEEN = "IisKdb gjg47c", "IisKdb HX2H7", "IisKdb Abc12"


def tile(number: int, name: str, *, media: int | None = None, own: bool = False, meter: str = QUIET) -> str:
    identity, shown = f"spaces/a/devices/{number}", f"spaces/a/devices/{media or number}"
    controls = '<button jsname="nsKqzb"></button><button jsname="Ac69Jc"></button>' if own else ""
    return (
        f'<div data-participant-id="{identity}" data-tile-media-id="{shown}"><span class="notranslate">{name}</span>'
        f'{controls}<div jsname="QgSmzd" class="{meter}" id="m{number}"></div></div>'
    )


def device(number: int) -> str:
    return f"spaces/a/devices/{number}"


SOUND = "() => { window.connection = new RTCPeerConnection(); window.connection.addTransceiver('audio'); }"
METER = "([id, look]) => { document.getElementById(id).className = look; }"


@on("google_meet")
def test_meet_without_tiles_tells_nothing(call: Call) -> None:
    call.show("<p>loading</p>")
    assert (call.roster(), call.speaking()) == (None, None)


@on("google_meet")
def test_meet_knows_its_own_tile_shares_and_namesakes(call: Call) -> None:
    call.show(
        tile(1, "Minutebook Bot", own=True)
        + tile(2, "Ada")
        + tile(2, "Ada (Presentation)", media=77)
        + tile(3, "Ben")
        + tile(4, "Ben")
    )
    assert call.roster() == {device(2): "Ada", device(3): "Ben", device(4): "Ben"}
    call.show(tile(1, "Minutebook Bot", own=True))
    assert call.roster() == {}, "alone, and knows it"


@on("google_meet")
def test_meet_ids_survive_a_rename(call: Call) -> None:
    call.show(tile(2, "Ada"))
    call.show(tile(2, "Ada Adams"))
    assert call.roster() == {device(2): "Ada Adams"}


@on("google_meet")
def test_meet_by_meters_alone(call: Call) -> None:
    call.show(tile(1, "Bot", own=True, meter=LOUD) + tile(2, "Ada", meter=LOUD) + tile(3, "Ben"))
    assert call.speaking() == [device(2)], "never the bot"
    call.run(METER, ["m2", QUIET])
    assert call.speaking() == [device(2)], "it moved just now"
    assert call.speaking(1000) == []
    call.run(METER, ["m3", BETWEEN])
    assert call.speaking() == [device(3)], "by motion, whatever the classes are called"
    assert call.speaking(1000) == []


@on("google_meet")
def test_meet_binds_sources_to_names(call: Call) -> None:
    call.show(tile(2, "Ada") + tile(3, "Ben"))
    call.run(SOUND)
    call.run("() => { window.sources = [[1001, 0.0], [1002, 0.0]]; }")
    assert call.speaking() == []
    for number, meter in ((1001, "m2"), (1002, "m3")):
        call.run("number => { window.sources = [[number, 0.2]]; }", number)
        for look in (LOUD, BETWEEN) * 4:
            call.run(METER, [meter, look])
            call.speaking()
        call.run(METER, [meter, QUIET])
        call.run("() => { window.sources = [[1001, 0.0]]; }")
        call.speaking(1000)
        call.speaking(1000)
    call.run("() => { window.sources = [[1002, 0.3], [1001, 0.001]]; }")
    assert call.speaking() == [device(3)], "the meters rest: the source is known"
    call.run("() => { window.sources = [[7, 0.3]]; }")
    assert call.speaking() == [], "a source that is nobody's names nobody"


# --- Microsoft Teams -------------------------------------------------------------------------------------------------

NAME_FIELD = '<input data-tid="prejoin-display-name-input">'
TYPED = "name => { const field = document.querySelector('input'); field.value = name; field.dispatchEvent(new Event('input', { bubbles: true })); }"  # noqa: E501
FRAME = "data => window.sockets[0].dispatchEvent(new MessageEvent('message', { data }))"


def roster_update(*people: tuple[str, str, int, str]) -> str:
    """A frame of the websocket as Teams sends it: id, name, source of the sound, state."""
    participants = {
        identity: {
            "state": state,
            "details": {"id": identity, "displayName": name},
            "endpoints": {"e": {"call": {"mediaStreams": [{"type": "audio", "sourceId": source}]}}},
        }
        for identity, name, source, state in people
    }
    body = b64encode(zlib.compress(json.dumps({"participants": participants}).encode())).decode()
    return "3:::" + json.dumps({"url": "https://a.example/conv/rosterUpdate/", "body": body})


def stream(name: str, kind: str = "Video") -> str:
    outline = f'<div data-tid="voice-level-stream-outline" id="{name}" style="height: 0px"></div>'
    return f'<div data-stream-type="{kind}" data-tid="{name}">{outline}</div>'


def in_teams(call: Call) -> None:
    call.show(NAME_FIELD)
    call.run(TYPED, "Minutebook Bot")
    call.run("() => { new WebSocket('wss://a.example/'); }")


@on("teams")
def test_teams_roster_from_the_network(call: Call) -> None:
    in_teams(call)
    assert call.roster() is None
    people = [
        ("8:a", "Ada", 11, "active"),
        ("8:b", "Ada", 12, "active"),
        ("8:x", "Minutebook Bot (Guest)", 13, "active"),
    ]
    call.run(FRAME, roster_update(*people))
    call.page.wait_for_function("() => window.minutebookPage.roster()?.length === 2")
    assert call.roster() == {"8:a": "Ada", "8:b": "Ada"}, "two namesakes are two, without video, and the bot is none"
    call.run(FRAME, roster_update(("8:a", "Ada Adams", 11, "active"), ("8:b", "Ada", 12, "inactive")))
    call.page.wait_for_function("() => window.minutebookPage.roster()?.length === 1")
    assert call.roster() == {"8:a": "Ada Adams"}


@on("teams")
def test_teams_speakers_from_the_network(call: Call) -> None:
    in_teams(call)
    call.run(FRAME, roster_update(("8:a", "Ada", 11, "active"), ("8:b", "Ada", 12, "active")))
    call.page.wait_for_function("() => window.minutebookPage.roster()?.length === 2")
    call.run(SOUND)
    call.run("() => { window.sources = [[11, 0.2], [12, 0.0], [99, 0.9]]; }")
    assert call.speaking() == ["8:a"]
    assert call.page.evaluate("() => window.minutebookPage.speakingLagMs") == 200
    call.run("() => { window.sources = []; }")
    assert call.speaking() is None
    channel = "data => { const c = window.connection.createDataChannel('main-channel'); c.dispatchEvent(new MessageEvent('message', { data: new TextEncoder().encode(data).buffer })); }"  # noqa: E501
    call.run(channel, "\x00\x5b\x02" + json.dumps([{"type": "dsh", "history": [12, 11]}]))
    assert call.speaking() == ["8:b"]


@on("teams")
def test_teams_by_outlines_that_are_lit_or_move(call: Call) -> None:
    in_teams(call)
    call.show(stream("Minutebook Bot") + stream("Ada") + stream("Ben") + stream("Cem") + stream("Cem", "ScreenSharing"))
    assert set((call.roster() or {}).values()) == {"Ada", "Ben", "Cem"}
    assert call.speaking() == []
    call.run("() => { document.getElementById('Ada').classList.add('vdi-frame-occlusion'); }")
    call.run("() => { document.getElementById('Ben').style.height = '12px'; }")
    assert call.speaking() == ["Ada", "Ben"]
    assert call.speaking(1000) == ["Ada"]


@on("teams")
def test_teams_by_captions(call: Call) -> None:
    in_teams(call)
    call.run(FRAME, roster_update(("8:a", "Ada", 11, "active"), ("8:b", "Ben", 12, "active")))
    call.page.wait_for_function("() => window.minutebookPage.roster()?.length === 2")
    call.show(
        '<div class="fui-ChatMessageCompact"><span data-tid="author">Ada</span>'
        '<span data-tid="closed-caption-text" id="said">Good</span></div>'
    )
    call.speaking()
    call.run("() => { document.getElementById('said').textContent = 'Good morning'; }")
    assert call.speaking() == ["8:a"]
    assert call.speaking(2000) == []


# --- Zoom ------------------------------------------------------------------------------------------------------------


def frame(layout: str, name: str, *, active: bool = False) -> str:
    classes = f"{layout}__video-frame" + (f" {layout}__video-frame--active" if active else "")
    return f'<div class="{classes}"><div class="video-avatar__avatar-footer"><span>{name}</span></div></div>'


def listed(*names: str) -> str:
    items = "".join(f'<li><span class="participants-item__display-name">{name}</span></li>' for name in names)
    return f'<ul id="participants-ul">{items}</ul>'


def in_zoom(call: Call) -> None:
    call.show('<input id="input-for-name">')
    call.run(TYPED, "Minutebook Bot")


LAYOUTS = [
    "speaker-bar-container",
    "gallery-video-container",
    "suspension-video-container",
    "multi-speaker-main-container",
]


@on("zoom")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_zoom_in_each_layout(call: Call, layout: str) -> None:
    in_zoom(call)
    call.show(frame(layout, "Minutebook Bot") + frame(layout, "Ada", active=True) + frame(layout, "Ben"))
    assert (call.roster(), call.speaking()) == ({"Ada": "Ada", "Ben": "Ben"}, [])
    assert call.speaking() == ["Ada"], "twice is enough"


@on("zoom")
def test_zoom_with_one_other_alone(call: Call) -> None:
    in_zoom(call)
    assert call.roster() is None
    call.show(frame("single-main-container", "Ada"))
    assert (call.roster(), call.speaking()) == ({"Ada": "Ada"}, None)


@on("zoom")
def test_zoom_people_are_who_they_are(call: Call) -> None:
    in_zoom(call)
    call.show(listed("Minutebook Bot", "Ada", "Ben", "Ben"))
    assert call.roster() == {"Ada": "Ada", "Ben": "Ben", "Ben #2": "Ben"}
    call.show(
        listed("Minutebook Bot", "Ada Adams", "Ben", "Ben") + frame("gallery-video-container", "Ben", active=True)
    )
    assert call.roster() == {"Ada": "Ada Adams", "Ben": "Ben", "Ben #2": "Ben"}, "renamed"
    call.speaking()
    assert call.speaking() == [], "nobody knows which Ben"
    call.show(listed("Minutebook Bot", "Ben", "Ben"))
    call.roster()
    call.show(listed("Minutebook Bot", "Ada", "Ben", "Ben"))
    assert call.roster() == {"Ada #2": "Ada", "Ben": "Ben", "Ben #2": "Ben"}, "another Ada than the one who was renamed"

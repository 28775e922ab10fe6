"""Each selector that a page script is given (`[script.*]`): what the script sees by it alone, and that it does not see
without it. In a real browser."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from minutebook.bots.platforms.facts.model import PageFacts
from minutebook.bots.platforms.facts.reading import load_pages
from minutebook.bots.platforms.page_scripts import load_page_script
from support.calls.chromium import CHROMIUM
from support.calls.participants import FLAGS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`")

CLOCK = """const later = performance.now.bind(performance);
window.passed = 0; performance.now = () => later() + window.passed;"""
SHOW = "html => { document.body.innerHTML = html; }"
TYPE = """html => {
  document.body.innerHTML = html;
  const field = document.querySelector("input");
  field.value = "Scribe";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""
SAY = "text => { document.getElementById('said').textContent = text; }"
LOOK = """() => {
  window.passed += 250;
  const [roster, speaking] = [window.minutebookPage.roster(), window.minutebookPage.speaking()];
  const chat = window.minutebookPage.chat?.()?.map(({ author, text }) => `${author}: ${text}`);
  return [roster && roster.map(({ name }) => name), chat ?? speaking];
}"""

Seen = tuple[list[str] | None, list[str] | None]
"""Who is there, and who speaks; where there is a chat, that."""
Scene = tuple[list[tuple[str, str]], Seen]
"""What happens on the page, and what is seen at its end."""


def meet(name: str, inside: str = "") -> str:
    return f'<div data-participant-id="{name}"><span class="notranslate">{name}</span>{inside}</div>'


def own(control: str) -> Scene:
    return [(SHOW, meet("Scribe", control) + meet("Ada"))], (["Ada"], None)


def meter(look: str, inside: str = "") -> str:
    return meet("Ada", f'<div jsname="QgSmzd" {look}>{inside}</div>')


def lit(look: str) -> Scene:
    return [(SHOW, meter(look))], (["Ada"], ["Ada"])


TIME = "<time>10:15</time>"
MEET_CHAT = (
    f'<section><b class="poVWob">Ada</b>{TIME}'
    '<div data-message-id="1"><p jsname="dTKtvb">Hello</p><button>Pin</button></div>'
    '<div data-message-id="2"><p jsname="dTKtvb">Is anybody here?</p><button>Pin</button></div></section>'
)
TEAMS_LINE = (
    '<li data-tid="chat-pane-item"><b data-tid="message-author-name">Ada</b><time>10:15</time>'
    '<p data-tid="chat-pane-message">{}</p></li>'
)
TEAMS_CHAT = TEAMS_LINE.format("Hello") + TEAMS_LINE.format("Is anybody here?")


def zoom_chat(tag: str, look: str, text: str = "new-chat-message__text-content") -> str:
    sender = '<i class="chat-item__sender">Ada</i>'
    lines = [
        f"{sender}<time>10:15</time><u class='{text}'>Hello</u>",
        f"<time>10:16</time><u class='{text}'>Is anybody here?</u>",
    ]
    rows = "".join(f"<{tag} {look}>{line}</{tag}>" for line in lines)
    return f'<div role="application" aria-label="Chat Message List">{rows}</div>'


def written(page: str) -> Scene:
    return [(SHOW, page)], (None, ["Ada: Hello", "Ada: Is anybody here?"])


MEET: Mapping[tuple[str, str], Scene] = {
    ("tile", "[data-participant-id]"): ([(SHOW, meet("Ada"))], (["Ada"], None)),
    ("name", "span.notranslate"): ([(SHOW, meet("Ada"))], (["Ada"], None)),
    ("name", ".zWGUib"): ([(SHOW, '<p data-participant-id="a"><b class="zWGUib">Ada</b></p>')], (["Ada"], None)),
    ("own", '[jsname="nsKqzb"]'): own('<button jsname="nsKqzb"></button>'),
    ("own", '[jsname="Ac69Jc"]'): own('<button jsname="Ac69Jc"></button>'),
    ("own", "[data-self-name]"): own('<p data-self-name="Scribe"></p>'),
    ("own", '[aria-label*="visual_effects" i]'): own('<button aria-label="Open Visual_Effects"></button>'),
    ("own", '[aria-label*="backgrounds and effects" i]'): own('<button aria-label="Backgrounds and effects"></button>'),
    ("meter", '[jsname="QgSmzd"]'): lit('class="HX2H7"'),
    ("lit", ".HX2H7"): lit('class="HX2H7"'),
    ("lit", ".Oaajhc"): lit('class="Oaajhc"'),
    ("lit", ".wEsLMd"): lit('class="wEsLMd"'),
    ("lit", ".OgVli"): lit('class="OgVli"'),
    ("lit", '[data-audio-level]:not([data-audio-level="0"])'): lit('data-audio-level="3"'),
    ("chat_line", "div[data-message-id]"): written(MEET_CHAT),
    ("chat_text", '[jsname="dTKtvb"]'): written(MEET_CHAT),
    ("chat_author", ".poVWob"): written(MEET_CHAT),
    ("idle", ".gjg47c"): ([(SHOW, meter('class="gjg47c"', '<i class="HX2H7"></i>'))], (["Ada"], [])),
}


def stream(name: str, outline: str = "") -> str:
    return f'<div data-stream-type="Video" data-tid="{name}">{outline}</div>'


def outline(look: str) -> Scene:
    return [(SHOW, stream("Ada", f'<i data-tid="voice-level-stream-outline" {look}></i>'))], (["Ada"], ["Ada"])


def caption(line: str, author: str) -> Scene:
    """Line and author are further off than the caption's own parent."""
    written = f'<p><b data-tid="{author}">Ada</b></p><p><span data-tid="closed-caption-text" id="said">Good</span></p>'
    return [(SHOW, f"{stream('Ada')}<div {line}>{written}</div>"), (SAY, "Good morning")], (["Ada"], ["Ada"])


LINE = 'class="fui-ChatMessageCompact"'
TREE = '<div aria-label="Attendees" role="tree"><p role="treeitem" aria-label="Ada, muted"></p></div>'
TEAMS: Mapping[tuple[str, str], Scene] = {
    ("own_name", 'input[data-tid="prejoin-display-name-input"]'): (
        [(TYPE, '<input data-tid="prejoin-display-name-input">'), (SHOW, stream("Scribe") + stream("Ada"))],
        (["Ada"], None),
    ),
    ("tile", "[data-stream-type][data-tid]"): ([(SHOW, stream("Ada"))], (["Ada"], None)),
    ("outline", '[data-tid="voice-level-stream-outline"]'): outline('class="vdi-frame-occlusion"'),
    ("lit", ".vdi-frame-occlusion"): outline('class="vdi-frame-occlusion"'),
    ("lit", '[data-is-speaking="true"]'): outline('data-is-speaking="true"'),
    ("row", '[data-tid^="participantsInCall-"]'): (
        [(SHOW, '<p data-tid="participantsInCall-1" aria-label="Ada, muted"></p>')],
        (["Ada"], None),
    ),
    ("row", 'div[aria-label="Attendees"][role="tree"] [role="treeitem"]'): ([(SHOW, TREE)], (["Ada"], None)),
    ("caption", '[data-tid="closed-caption-text"]'): caption(LINE, "author"),
    ("line", ".fui-ChatMessageCompact"): caption(LINE, "author"),
    ("line", '[data-tid="closed-caption-line"]'): caption('data-tid="closed-caption-line"', "author"),
    ("chat_line", '[data-tid="chat-pane-item"]'): written(TEAMS_CHAT),
    ("chat_text", '[data-tid="chat-pane-message"]'): written(TEAMS_CHAT),
    ("chat_author", '[data-tid="message-author-name"]'): written(TEAMS_CHAT),
    ("author", '[data-tid="author"]'): caption(LINE, "author"),
    ("author", '[data-tid="caption-author"]'): caption(LINE, "caption-author"),
}


def frame(look: str) -> str:
    return f'<div class="{look}"><div class="video-avatar__avatar-footer"><span>Ada</span></div></div>'


def listed(*names: str) -> str:
    items = "".join(f'<li class="participants-item__display-name">{name}</li>' for name in names)
    return f'<ul id="participants-ul">{items}</ul>'


def typed(field: str) -> Scene:
    return [(TYPE, f"<input {field}>"), (SHOW, listed("Scribe", "Ada"))], (["Ada"], None)


ACTIVE = [
    "speaker-active-container__video-frame",
    "speaker-bar-container__video-frame--active",
    "gallery-video-container__video-frame--active",
    "suspension-video-container__video-frame--active",
    "multi-speaker-main-container__video-frame--active",
]
ZOOM: Mapping[tuple[str, str], Scene] = {
    ("own_name", "#input-for-name"): typed('id="input-for-name"'),
    ("own_name", "#inputname"): typed('id="inputname"'),
    ("own_name", 'input[placeholder="Your Name"]'): typed('placeholder="Your Name"'),
    **{("active", f".{look}"): ([(SHOW, frame(look))], (["Ada"], ["Ada"])) for look in ACTIVE},
    ("footer", ".video-avatar__avatar-footer span"): ([(SHOW, frame("any"))], (["Ada"], None)),
    ("chat_line", '[aria-label="Chat Message List"] [role="row"]'): written(zoom_chat("p", 'role="row"')),
    ("chat_line", ".new-chat-message__container"): written(zoom_chat("p", 'class="new-chat-message__container"')),
    ("chat_text", ".chat-rtf-box__display"): written(zoom_chat("p", 'role="row"', "chat-rtf-box__display")),
    ("chat_text", ".new-chat-message__text-content"): written(zoom_chat("p", 'role="row"')),
    ("chat_author", ".chat-item__sender"): written(zoom_chat("p", 'role="row"')),
    ("roster", "#participants-ul .participants-item__display-name"): ([(SHOW, listed("Ada"))], (["Ada"], None)),
}
SCENES = {"google_meet": MEET, "teams": TEAMS, "zoom": ZOOM}


@pytest.fixture(scope="module")
def browser(people_can_come: Playwright) -> Iterator[Browser]:
    opened = people_can_come.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield opened
    opened.close()


def seen(page: Page, platform: str, facts: PageFacts, scene: Scene) -> Seen:
    """What the script sees with these facts: it is asked after each thing that happens, and once more."""
    page.goto("https://call.example/")
    page.evaluate("() => sessionStorage.clear()")
    page.evaluate(f"() => {{ {CLOCK} {load_page_script(platform, [facts])} }}")
    for script, value in scene[0]:
        page.evaluate(script, value)
        page.evaluate(LOOK)
    found: list[Any] = page.evaluate(LOOK)
    return found[0], found[1]


@pytest.mark.parametrize("platform", SCENES)
def test_no_selector_of_a_page_script_can_go_unnoticed(browser: Browser, platform: str) -> None:
    (facts,) = load_pages(platform)
    selectors = {(name, each) for name, some in facts.script.items() for each in some}
    assert selectors == SCENES[platform].keys()
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html><body></body>", content_type="text/html"))
    unnoticed = []
    for (name, selector), scene in SCENES[platform].items():
        assert seen(page, platform, facts, scene) == scene[1], (name, selector)
        others = tuple(each for each in facts.script[name] if each != selector)
        less = replace(facts, script={**facts.script, name: others})
        if seen(page, platform, less, scene) == scene[1]:
            unnoticed.append((name, selector))
    page.close()
    assert not unnoticed

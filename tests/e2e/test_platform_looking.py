"""What `looking.js` finds in a page, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright

from minutebook.bots.platforms.driver import looking_script
from minutebook.bots.platforms.facts.model import Probe
from minutebook.bots.platforms.looking import Look, look_from, probes_to_json
from support.calls.chromium import CHROMIUM
from support.calls.participants import FLAGS

PAGE = """<!doctype html><title>A page</title>
<p id="plain">You’ll   join
  the call <b>soon</b></p>
<p>Come in. And stay!</p>
<p>⏳ Somebody’ll open… </p> <p>so&shy;on&#8203;</p>
<div aria-label="Words for ears. Nobody sees them"><svg></svg>i</div>
<section>Loose words <p>{long}</p><p>Words in prose</p></section>
<p id="split">Please <i>wait</i> here</p>
<script>const never = "text of a script";</script>
<template><p>text of a template</p></template>
<div hidden>hidden words</div>
<div style="visibility: hidden">invisible words</div>
<div style="opacity: 0">faint words</div>
<div aria-hidden="true">words for eyes</div>
<div class="chat"><p>You have been removed</p></div>
<div class="modal"><p>You have been removed</p></div>
<button aria-label="Leave call">x</button> <input type="submit" value="Ask to join">
<button disabled>Join now</button> <div role="button" aria-disabled="true">Go on</div> <a class="disabled">Next</a>
<button class="twin" disabled>first</button> <button class="twin">second</button>
<input id="name" value="Ada"> <div id="editor" contenteditable>draft</div>
<iframe srcdoc="<p>words in a frame</p>"></iframe>
<iframe srcdoc="<p>words in a hidden frame</p>" style="display: none"></iframe>
<iframe sandbox srcdoc="<p>words of somebody else</p>"></iframe>
""".replace("{long}", 50 * "Many words ")


@pytest.fixture(scope="module")
def page(people_can_come: Playwright) -> Iterator[Page]:
    browser = people_can_come.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    opened = browser.new_page()
    opened.set_content(PAGE)
    yield opened
    browser.close()


def looked(page: Page, *probes: Probe) -> Look:
    return look_from(probes, page.evaluate(looking_script(), {"asked": probes_to_json(tuple(probes)), "take": None}))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("you'll join the call soon", True),
        ("You’ll join the call", False),
        ("You’ll join the call*", True),
        ("*the call soon!", True),
        ("you'll * soon", True),
        ("and stay", True),
        ("stay there", False),
        ("please wait here", True),
        ("text of a script", False),
        ("text of a template", False),
        ("hidden words", False),
        ("invisible words", False),
        ("faint words", True),
        ("words for eyes", True),
        ("words in a frame", True),
        ("words in a hidden frame", False),
        ("words of somebody else", False),
        ("somebody'll open", True),
        ("soon", True),
        ("words for ears", True),
        ("*sees them", True),
        ("loose words", True),
        ("words in prose", True),
        ("no words", False),
    ],
)
def test_texts(page: Page, text: str, seen: bool) -> None:
    probe = Probe(texts=(text,))
    assert looked(page, probe).holds(probe) is seen


@pytest.mark.parametrize(
    ("pattern", "seen"),
    [
        ("^you'll (?:join|leave) the (?:call|meeting)", True),
        (r"\bcall soon$", True),
        ("^and stay$", True),
        ("You'll", False),
        ("come in and stay", False),
        ("hidden words", False),
        ("many words", False),
    ],
)
def test_patterns_are_of_short_sentences(page: Page, pattern: str, seen: bool) -> None:
    probe = Probe(patterns=(pattern,))
    assert looked(page, probe).holds(probe) is seen


def test_the_innermost_element_says_it(page: Page) -> None:
    probe = Probe(texts=("*wait*",))
    assert [match.text for match in looked(page, probe).found[probe]] == ["wait"]


def test_hidden_things_count_where_they_are_asked_for(page: Page) -> None:
    probe = Probe(selectors=("div[hidden]",), hidden=True)
    assert looked(page, probe).holds(probe)


def test_inside_and_outside(page: Page) -> None:
    removed = ("You have been removed",)
    inside, outside, neither = (
        Probe(texts=removed, inside=(".modal", ".other")),
        Probe(texts=removed, outside=(".chat",)),
        Probe(texts=removed, outside=(".chat", ".modal")),
    )
    look = looked(page, inside, outside, neither)
    assert [look.holds(probe) for probe in (inside, outside, neither)] == [True, True, False]


def test_labels_are_whole_and_of_controls(page: Page) -> None:
    probe = Probe(labels=("Leave call", "leave", "ASK TO JOIN", "Please wait here", "Join now"))
    assert [match.entry for match in looked(page, probe).found[probe]] == [0, 2, 4]


def test_what_cannot_be_used(page: Page) -> None:
    probes = [Probe(labels=(label,)) for label in ("Join now", "Go on", "Next", "Leave call")]
    look = looked(page, *probes)
    assert [look.found[probe][0].enabled for probe in probes] == [False, False, False, True]


def test_of_several_the_one_that_can_be_used(page: Page) -> None:
    probe = Probe(selectors=(".twin",))
    assert [match.text for match in looked(page, probe).found[probe]] == ["second"]


def test_what_fields_hold(page: Page) -> None:
    probe = Probe(selectors=("#name", "#editor"))
    assert [match.value for match in looked(page, probe).found[probe]] == ["Ada", "draft"]


def test_enough_different_things(page: Page) -> None:
    enough = Probe(selectors=("#name", "#editor", "#nothing"), at_least=2)
    too_few = Probe(selectors=("#name", "#nothing", ".nothing"), at_least=2)
    look = looked(page, enough, too_few)
    assert (look.holds(enough), look.holds(too_few)) == (True, False)
    assert look.title == "A page"

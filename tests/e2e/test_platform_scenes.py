"""Facts against data: pages of calls as they were captured, as other bots rely on them, and one for each fact.

`scenes.json` and `signs.json` say what each page means; nothing here is read off the facts. In a real browser.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from minutebook.bots.platforms.facts.model import PageFacts, Probe, Sign
from minutebook.bots.platforms.facts.reading import load_pages
from minutebook.bots.platforms.looking import Look, probes_of, sight_of
from minutebook.bots.platforms.ports import Sight
from support.calls.chromium import CHROMIUM
from support.calls.scenes import Scene, facts_of, looked, scenes, show, stage

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`")

PLATFORMS = ("google_meet", "teams", "zoom")
PLACES = [scene for scene in [*scenes("scenes"), *scenes("signs")] if "want" in scene]
WORDINGS = scenes("wordings")
ADDRESSES = {
    "google_meet": "https://meet.google.com/abc-defg-hij",
    "teams": "https://teams.microsoft.com/light-meetings/launch",
    "zoom": "https://app.zoom.us/wc/81234567890/join",
}
PARTS = [scene for scene in scenes("signs") if "want" not in scene]


@pytest.fixture(scope="module")
def page(people_can_come: Playwright) -> Iterator[Page]:
    with stage(people_can_come) as opened:
        yield opened


@pytest.fixture(scope="module")
def looks(page: Page) -> list[Look]:
    """What there is to find in each scene of a place."""

    def look(scene: Scene) -> Look:
        show(page, scene["html"])
        return looked(page, probes_of(facts_of(scene["platform"])), scene["url"])

    return [look(scene) for scene in PLACES]


def said(sight: Sight) -> tuple[str, str | None]:
    return sight.place, sight.hint


def meant(scene: Scene) -> list[tuple[str, str | None]]:
    return [(place, scene.get("cause")) for place in scene["want"].split(" or ")]


def test_every_scene_is_read_rightly(looks: list[Look]) -> None:
    wrong = []
    for scene, look in zip(PLACES, looks, strict=True):
        sight = sight_of(facts_of(scene["platform"]).signs, look)
        if said(sight) not in meant(scene):
            wrong.append((scene["platform"], scene["html"], scene["want"], sight))
    assert not wrong


def part_of(facts: PageFacts, scene: Scene) -> Probe:
    """The probe that a scene is about which tells no place."""
    if "step" in scene:
        return next(step.probe for step in facts.steps if step.name == scene["step"])
    kind, _, which = scene["part"].partition(" ")
    if kind == "leave":
        return facts.leave[int(which)]
    assert facts.chat is not None
    return {"open": facts.chat.open, "field": facts.chat.field, "send": facts.chat.send}[which]


def test_every_control_is_found(page: Page) -> None:
    for scene in PARTS:
        probe = part_of(facts_of(scene["platform"]), scene)
        show(page, scene["html"])
        assert looked(page, [probe]).holds(probe), scene


def test_a_dialogue_in_the_call_has_its_step(page: Page) -> None:
    (scene,) = [scene for scene in PLACES if "step" in scene]
    probe = part_of(facts_of(scene["platform"]), scene)
    show(page, scene["html"])
    assert looked(page, [probe]).holds(probe)


# --- what a platform's own language files say -------------------------------------------------------------------------

MODAL = '<button aria-label="Leave">x</button><div class="zm-modal-body-title">{}</div>'
"""What lies over a call's controls."""


@pytest.fixture(scope="module")
def with_phrases(tmp_path_factory: pytest.TempPathFactory) -> PageFacts:
    """Zoom's facts with a language file in which each phrase is a sentence that nothing else says."""
    folder = tmp_path_factory.mktemp("facts")
    (folder / "zoom" / "phrases").mkdir(parents=True)
    lines = [f'"{scene["phrase"]}" = "{sentence(scene)}"' for scene in scenes("phrases")]
    (folder / "zoom" / "phrases" / "zz.toml").write_text("\n".join(["[phrases]", *lines]), "utf-8")
    (facts,) = load_pages("zoom", folder)
    return facts


def sentence(scene: Scene) -> str:
    return f"Zz {scenes('phrases').index(scene)} zz"


def test_every_phrase_is_read_as_what_it_means(page: Page, with_phrases: PageFacts) -> None:
    named = {name for sign in raw_signs() for name in sign.get("phrases", ())}
    assert named == {scene["phrase"] for scene in scenes("phrases")}
    for scene in scenes("phrases"):
        for sign in with_phrases.signs:
            if sentence(scene) in sign.probe.texts:
                shown = f"<p>{sentence(scene)}</p>"
                show(page, MODAL.format(shown) if sign.over else shown)
                look = looked(page, probes_of(with_phrases), "https://app.zoom.us/wc/81234567890/join?pwd=x")
                assert said(sight_of(with_phrases.signs, look)) == (scene["want"], scene.get("cause")), scene


def raw_signs() -> list[dict[str, Any]]:
    file = files("minutebook.bots.platforms") / "zoom" / "facts.toml"
    signs: list[dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["sign"]
    return signs


# --- wordings that no fact of a platform lists ------------------------------------------------------------------------


def worded(facts: PageFacts) -> list[Sign]:
    return [sign for sign in facts.signs if sign.probe.patterns]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_places_are_read_off_their_wording(platform: str, page: Page) -> None:
    facts, wrong = facts_of(platform), []
    for scene in WORDINGS:
        show(page, f"<div><h1>{scene['text']}</h1></div>")
        sight = sight_of(facts.signs, looked(page, probes_of(facts), ADDRESSES[platform]))
        if said(sight) not in meant(scene):
            wrong.append((scene["language"], scene["text"], scene["want"], sight))
    assert not wrong


ASKING = {
    "google_meet": "<button{}>Ask to join</button>",
    "teams": '<button id="prejoin-join-button" data-tid="prejoin-join-button"{}>Join now</button>',
    "zoom": '<button class="preview-join-button"{}>Join</button>',
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_wording_is_read_where_the_bot_can_ask_to_be_let_in(platform: str, page: Page) -> None:
    """There it is the meeting's title, in a markup that nobody knows."""
    facts = facts_of(platform)
    for state, place in (("", "joining"), (" disabled", "captcha")):
        show(page, ASKING[platform].format(state) + "<p>Thank you for joining</p><p>I'm not a robot</p>")
        assert sight_of(facts.signs, looked(page, probes_of(facts), ADDRESSES[platform])).place == place


def test_no_wording_can_go_unnoticed(page: Page) -> None:
    """Each language's pattern of a place, by the wordings alone."""
    signs, unnoticed = worded(facts_of("teams")), []
    for sign in signs:
        for pattern, probe in less(sign.probe):
            for scene in (each for each in WORDINGS if (sign.place, sign.hint) == (each["want"], each.get("cause"))):
                show(page, f"<h1>{scene['text']}</h1>")
                fewer = [replace(each, probe=probe) if each is sign else each for each in signs]
                kept = [each for each in fewer if each.probe]
                if said(sight_of(kept, looked(page, [each.probe for each in kept]))) not in meant(scene):
                    break
            else:
                unnoticed.append((sign.place, pattern))
    assert not unnoticed


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_wording_outweighs_the_call(platform: str, page: Page) -> None:
    """Toasts, and titles in a markup that nobody knows."""
    facts = facts_of(platform)
    own = {sign for sign in facts.signs if sign not in worded(facts) and sign.place != "in_call"}
    signs = [sign for sign in facts.signs if sign not in own]
    show(page, CALLS[platform][0] + "".join(f"<p>{scene['text']}</p>" for scene in WORDINGS))
    assert sight_of(signs, looked(page, [sign.probe for sign in signs], ADDRESSES[platform])).place == "in_call"


# --- mutation: what breaks when a fact goes --------------------------------------------------------------------------


def less(probe: Probe) -> Iterator[tuple[str, Probe]]:
    """The probe without one of its entries, for each."""

    def others(entries: tuple[str, ...], entry: str) -> tuple[str, ...]:
        return tuple(each for each in entries if each != entry)

    yield from ((each, replace(probe, selectors=others(probe.selectors, each))) for each in probe.selectors)
    yield from ((each, replace(probe, texts=others(probe.texts, each))) for each in probe.texts)
    yield from ((each, replace(probe, labels=others(probe.labels, each))) for each in probe.labels)
    yield from ((each, replace(probe, patterns=others(probe.patterns, each))) for each in probe.patterns)


def without(signs: Sequence[Sign], sign: Sign, probe: Probe) -> list[Sign]:
    kept = [replace(sign, probe=probe)] if probe else []
    at = signs.index(sign)
    return [*signs[:at], *kept, *signs[at + 1 :]]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_sign_can_go_unnoticed(platform: str, page: Page, looks: list[Look]) -> None:
    facts, unnoticed = facts_of(platform), []
    mine = [(scene, look) for scene, look in zip(PLACES, looks, strict=True) if scene["platform"] == platform]
    own = [sign for sign in facts.signs if sign not in worded(facts)]
    for sign in own:
        entries = sign.probe.entries
        for entry, probe in less(sign.probe):
            signs = without(own, sign, probe)
            for scene, look in mine:
                if entries.index(entry) not in {match.entry for match in look.found.get(sign.probe, ())}:
                    continue
                show(page, scene["html"])
                found = looked(page, [probe]).found if probe else {}
                if said(sight_of(signs, replace(look, found={**look.found, **found}))) not in meant(scene):
                    break
            else:
                unnoticed.append((sign.place, entry))
    assert not unnoticed


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_control_can_go_unnoticed(platform: str, page: Page) -> None:
    facts, unnoticed = facts_of(platform), []
    chat = [facts.chat.open, facts.chat.field, facts.chat.send] if facts.chat is not None else []
    about = [(part_of(facts, scene), scene) for scene in [*PARTS, *PLACES] if "want" not in scene or "step" in scene
             if scene["platform"] == platform]  # fmt: skip
    for whole in [*(step.probe for step in facts.steps), *chat, *facts.leave]:
        for entry, probe in less(whole):
            mine = [scene for asked, scene in about if asked == whole]
            for scene in mine:
                show(page, scene["html"])
                if not looked(page, [probe]).holds(probe):
                    break
            else:
                unnoticed.append(entry)
    assert not unnoticed


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_place_of_peoples_words_can_go_unnoticed(platform: str, page: Page) -> None:
    facts, unnoticed = facts_of(platform), []
    mine = [scene for scene in PLACES if scene.get("people") and scene["platform"] == platform]
    for words in facts.people:
        signs = [
            replace(
                sign, probe=replace(sign.probe, outside=tuple(each for each in sign.probe.outside if each != words))
            )
            for sign in facts.signs
        ]
        for scene in mine:
            show(page, scene["html"])
            look = looked(page, [sign.probe for sign in signs], scene["url"])
            if said(sight_of(signs, look)) not in meant(scene):
                break
        else:
            unnoticed.append(words)
    assert not unnoticed


# --- hostile names ---------------------------------------------------------------------------------------------------

PROBES = [probe for platform in PLATFORMS for probe in probes_of(facts_of(platform))]
IN_FACTS = {text.replace("*", " ").strip() for probe in PROBES for text in (*probe.texts, *probe.labels)}
IN_SELECTORS = {text for probe in PROBES for each in probe.selectors for text in re.findall('="([^"]+)"', each)}
IN_SCENES = {text.strip() for scene in PLACES for text in re.findall(">([^<>]{3,})<", scene["html"])}
IN_WORDINGS = {scene["text"] for scene in WORDINGS}
TEXTS = sorted(IN_FACTS | IN_SELECTORS | IN_SCENES | IN_WORDINGS)
"""Everything that a fact says, and everything that a page was seen to say."""
CALLS = {
    "google_meet": (
        '<div role="region" aria-label="Call controls"><button aria-label="Share screen"></button>'
        '<button aria-label="Meeting details"></button><button aria-label="Leave call"></button></div>',
        '<div data-participant-id="s/{n}" aria-label="{text}"><span class="notranslate">{text}</span>'
        '<button aria-label="{text}">{text}</button></div>'
        '<aside aria-label="Side panel"><div data-message-id="{n}">{text}</div></aside>'
        '<div role="region" aria-label="Captions"><div>{text}</div></div><div data-meeting-title="{text}">{text}</div>',
    ),
    "teams": (
        '<div data-tid="ubar-toolbar-wrapper"><span data-tid="call-duration">1</span>'
        '<button id="hangup-button">Leave</button></div>',
        '<div data-stream-type="Video" data-tid="{text}"><h1>{text}</h1><button>{text}</button></div>'
        '<div data-tid="chat-pane-message"><h1>{text}</h1></div>'
        '<div data-tid="closed-captions-renderer"><span data-tid="closed-caption-text">{text}</span></div>'
        '<div data-tid="call-title"><h1>{text}</h1></div>',
    ),
    "zoom": (
        '<button aria-label="Leave">Leave</button>',
        '<div class="video-avatar__avatar-footer"><span>{text}</span><button>{text}</button></div>'
        '<div aria-label="Chat Message List"><div role="row">{text}</div></div>'
        '<div class="live-transcription-subtitle__item">{text}</div><div class="meeting-topic">{text}</div>'
        '<ul id="participants-ul"><li><span class="participants-item__display-name">{text}</span></li></ul>',
    ),
}
"""Per platform the call's controls, and where people's words stand: names, chat, captions, titles."""


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("controls", [True, False], ids=["in the call", "without controls"])
def test_no_word_of_a_person_tells_or_presses_anything(platform: str, controls: bool, page: Page) -> None:
    """All at once: a text that told something alone would be among those that hold."""
    facts = facts_of(platform)
    bar, words = CALLS[platform]
    assert len(TEXTS) > 300
    probes = probes_of(facts)

    def holding(texts: list[str]) -> set[Probe]:
        people = "".join(words.format(n=n, text=text.replace('"', "&quot;")) for n, text in enumerate(texts))
        show(page, f"<title>{' '.join(texts)}</title>{bar if controls else ''}{people}")
        look = looked(page, probes)
        return {probe for probe in probes if look.holds(probe)}

    assert holding(TEXTS) == holding(["Ada"] * len(TEXTS))

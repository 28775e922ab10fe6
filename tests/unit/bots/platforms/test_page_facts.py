"""The facts format, and what holds for every platform's facts."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from minutebook.bots.platforms import open_platform
from minutebook.bots.platforms.facts.files import FactsError
from minutebook.bots.platforms.facts.model import PageFacts
from minutebook.bots.platforms.facts.reading import facts_from, load_pages
from minutebook.bots.platforms.links.recognise import platform_of
from minutebook.bots.platforms.links.texts import links_in
from minutebook.bots.platforms.page_scripts import load_page_script
from minutebook.bots.platforms.registry import PLATFORMS
from minutebook.calendars.rooms import meeting_url_of, room_of

PAGES = [(platform, facts) for platform in PLATFORMS for facts in load_pages(platform)]


@pytest.mark.parametrize(("platform", "facts"), PAGES)
def test_every_fact_says_of_when_and_from_where_it_is(platform: str, facts: PageFacts) -> None:
    assert facts.version >= 2
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", facts.date)
    data = tomllib.loads((files("minutebook.bots.platforms") / platform / f"{facts.name}.toml").read_text("utf-8"))
    whole = "source" in data["facts"]
    parts = [*data["sign"], *data["step"], *data["leave"], *data.get("script", {}).values()]
    parts += [data[key] for key in ("people", "chat") if key in data]
    assert all(whole or "source" in part for part in parts)


@pytest.mark.parametrize(("platform", "facts"), PAGES)
def test_every_page_has_a_way_in_and_out_and_a_script(platform: str, facts: PageFacts) -> None:
    assert {step.name for step in facts.steps} >= {"name"}
    assert len({step.name for step in facts.steps}) == len(facts.steps)
    assert facts.leave
    assert "window.minutebookPage" in load_page_script(platform)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sign": [{"place": "in_call", "selector": ["#x"]}]}, "selector"),
    ({"sign": [{"place": "in_call", "selectors": "#x"}]}, "list of texts"),
    ({"sign": [{"place": "in_call", "selectors": [""]}]}, "list of texts"),
    ({"sign": [{"place": "somewhere", "selectors": ["#x"]}]}, "somewhere"),
    ({"sign": [{"place": "in_call"}]}, "nothing that tells"),
    ({"sign": [{"place": "in_call", "texts": ["x"], "at_least": 2}]}, "at_least"),
    ({"step": [{"name": "join", "selectors": ["#x"], "do": "dance"}]}, "dance"),
    ({"step": [{"name": "join"}]}, "done to"),
    ({"step": [{"selectors": ["#x"]}]}, "name"),
    ({"step": [{"name": "join", "selectors": ["#x"], "when": "hungry"}]}, "hungry"),
    ({"address": [{"hosts": ["a.example"], "path": "/(?P<id>.*)", "open": "https://{host}/{number}"}]}, "number"),
    ({"chat": {"fields": {}}}, "fields"),
    ({"page": {"lag": 1}}, "lag"),
    ({"signs": []}, "signs"),
    ({"sign": [{"place": "in_call", "texts": ["x"], "source": "hearsay"}]}, "hearsay"),
    ({"sign": [{"place": "invalid", "texts": ["x"], "cause": "mood"}]}, "mood"),
    ({"sign": [{"place": "invalid", "patterns": ["(x"]}]}, "no pattern"),
    ({"facts": {"verson": 1}}, "verson"),
    ({"people": {"names": []}}, "names"),
    ({"script": {"tile": {"selector": []}}}, "selector"),
]


@pytest.mark.parametrize(("data", "complaint"), WRONG)
def test_facts_that_the_format_does_not_know(data: dict[str, Any], complaint: str) -> None:
    with pytest.raises(FactsError, match=complaint):
        facts_from("facts", data)


def test_people_are_not_listened_to_and_not_pressed() -> None:
    data = {
        "people": {"words": [".tile"]},
        "sign": [
            {"place": "ended", "texts": ["Over"]},
            {"place": "in_call", "selectors": [".tile"], "people": True},
        ],
        "step": [{"name": "join", "labels": ["Join"], "outside": ["nav"]}],
    }
    facts = facts_from("facts", data)
    assert [sign.probe.outside for sign in facts.signs] == [(".tile",), ()]
    assert facts.steps[0].probe.outside == ("nav", ".tile")


# --- an operator's folder ---------------------------------------------------------------------------------------------

MEETING = "https://meet.google.com/abc-defg-hij"


def operators(folder: Path, text: str) -> Path:
    (folder / "google_meet").mkdir()
    (folder / "google_meet" / "facts.toml").write_text(text, "utf-8")
    return folder


def test_an_operators_file_stands_in_place_of_the_one_here(tmp_path: Path) -> None:
    text = "[page]\nspeaking_lag_ms = 7\n[script.tile]\nselectors = ['.t']\n[[sign]]\nplace = 'ended'\ntexts = ['Gone']"
    platform = open_platform("google_meet", MEETING, operators(tmp_path, text))
    assert platform.speaking_lag_ms == 7
    assert '({"tile": [".t"]}, ' in platform.page_script
    assert open_platform("google_meet", MEETING).speaking_lag_ms == 200
    assert open_platform("zoom", "https://zoom.us/j/81234567890", tmp_path).speaking_lag_ms == 1000


def test_an_operators_addresses_stand_in_place_of_the_ones_here(tmp_path: Path) -> None:
    text = "[[address]]\nhosts = ['meet.corp.example']\npath = '/(?P<id>[a-z]+)'\nopen = 'https://meet.google.com/{id}'"
    text += "\ncarry = { p = ['p'] }\npasscode = 'p'"
    folder, moved = operators(tmp_path, text), "https://meet.corp.example/abcdefghij"
    opened = "https://meet.google.com/abcdefghij"
    assert (platform_of(moved, ()), platform_of(moved, (), folder)) == (None, "google_meet")
    assert platform_of(MEETING, (), folder) is None, "these are all that there are"
    assert platform_of("https://zoom.us/j/81234567890", (), folder) == "zoom", "of another platform nothing is said"
    assert open_platform("google_meet", moved, folder).address(moved) == opened
    assert [each.opens for each in links_in(f"<p>Join: {moved}.</p>", (), folder)] == [opened]
    (found,) = links_in(f"<p>Join: {moved}</p><p>Passcode: X7Y8Z9</p>", (), folder)
    assert found.opens == f"{opened}?p=X7Y8Z9"
    assert meeting_url_of([], [f"Join {moved}"], (), folder) == moved
    assert room_of(moved, (), folder) == "google_meet abcdefghij"


@pytest.mark.parametrize("text", ["[page", "[page]\nlag = 1"])
def test_an_operators_file_that_cannot_be_read_keeps_no_bot_at_home(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    platform = open_platform("google_meet", MEETING, operators(tmp_path, text))
    assert platform.speaking_lag_ms == 200
    assert "facts.toml" in caplog.text


def test_an_operators_language_file_says_what_phrases_are(tmp_path: Path) -> None:
    phrases = tmp_path / "zoom" / "phrases"
    phrases.mkdir(parents=True)
    (phrases / "sv-SE.toml").write_text('[phrases]\n"apac.dialog.meeting_ended" = "Slut för idag"', "utf-8")
    (facts,) = load_pages("zoom", tmp_path)
    texts = {text for sign in facts.signs for text in sign.probe.texts}
    assert "Slut för idag" in texts
    (without,) = load_pages("zoom")
    assert texts - {"Slut för idag"} == {text for sign in without.signs for text in sign.probe.texts}


def test_an_operators_wordings_stand_in_place_of_the_ones_here(tmp_path: Path) -> None:
    wordings = tmp_path / "wordings"
    wordings.mkdir()
    (wordings / "sv.toml").write_text('[wordings]\nended = ["slut för idag", "^klart$"]', "utf-8")
    (wordings / "de.toml").write_text("", "utf-8")
    for platform in ("google_meet", "teams", "zoom"):
        (facts,) = load_pages(platform, tmp_path)
        patterns = [pattern for sign in facts.signs for pattern in sign.probe.patterns]
        assert "slut för idag|^klart$" in patterns
        assert not [each for each in patterns if "besprechung" in each]
        assert next(sign.place for sign in facts.signs if sign.probe.patterns) == "captcha"


@pytest.mark.parametrize(
    "text", ["[wordings]\nended = 'x'", "[wordings]\nended = []", "[words]", "[wordings]\nx = ['y']"]
)
def test_wordings_of_another_form(text: str, tmp_path: Path) -> None:
    wordings = tmp_path / "wordings"
    wordings.mkdir()
    (wordings / "sv.toml").write_text(text, "utf-8")
    with pytest.raises(FactsError, match="wordings"):
        load_pages("zoom", tmp_path)


@pytest.mark.parametrize("text", ["[phrases]\na = 1", "[phrase]\na = 'b'"])
def test_a_language_file_of_another_form(text: str, tmp_path: Path) -> None:
    phrases = tmp_path / "zoom" / "phrases"
    phrases.mkdir(parents=True)
    (phrases / "sv-SE.toml").write_text(text, "utf-8")
    with pytest.raises(FactsError, match="sv-SE"):
        load_pages("zoom", tmp_path)

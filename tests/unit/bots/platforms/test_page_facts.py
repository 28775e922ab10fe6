"""The facts format, and what holds for every platform's facts."""

from typing import Any

import pytest

from minutebook.bots.platforms.facts import FactsError, PageFacts, Sign, facts_from, load_page_script, load_pages
from minutebook.bots.platforms.looking import Look, Match, sight_of
from minutebook.bots.platforms.ports import Place
from minutebook.bots.platforms.registry import PLATFORMS

PAGES = [(platform, facts) for platform in PLATFORMS for facts in load_pages(platform)]
SIGNS = [(facts, sign) for _, facts in PAGES for sign in facts.signs]
HOME = {"facts": "https://meet.google.com/abc-defg-hij", "janus": "http://127.0.0.1/", "p2p": "http://127.0.0.1/"}
ELSEWHERE = "https://workspace.google.com/webinar/register/"


def look_that_shows(facts: PageFacts, *signs: Sign) -> Look:
    """A page where exactly as much of each sign is to be seen as it takes."""
    found = {sign.probe: tuple(map(Match, range(sign.probe.at_least))) for sign in signs if sign.probe}
    url = next((sign.url.pattern.strip("^").replace("\\", "") for sign in signs if sign.url), HOME[facts.name])
    return Look(ELSEWHERE if any(sign.away_from for sign in signs) else url, "", found)


def first(facts: PageFacts, place: Place) -> Sign:
    return next(sign for sign in facts.signs if sign.place is place)


@pytest.mark.parametrize(("facts", "sign"), SIGNS)
def test_every_sign_tells_its_place(facts: PageFacts, sign: Sign) -> None:
    assert sight_of(facts.signs, look_that_shows(facts, sign)).place is sign.place


@pytest.mark.parametrize(("facts", "sign"), SIGNS)
def test_one_less_tells_nothing(facts: PageFacts, sign: Sign) -> None:
    if not sign.probe:
        return
    less = {sign.probe: tuple(map(Match, range(sign.probe.at_least - 1)))}
    assert sight_of(facts.signs, Look(HOME[facts.name], "", less)).place is Place.JOINING


@pytest.mark.parametrize(("facts", "sign"), SIGNS)
def test_no_text_is_taken_for_that_of_another_place(facts: PageFacts, sign: Sign) -> None:
    for text in sign.probe.texts:
        holders = [each for each in facts.signs if any(part.lower() in text.lower() for part in each.probe.texts)]
        assert next(each for each in holders if each.probe.at_least == 1 or each is sign).place is sign.place


@pytest.mark.parametrize(("platform", "facts"), PAGES)
def test_who_waits_is_not_in_the_call(platform: str, facts: PageFacts) -> None:
    if not any(sign.place is Place.WAITING for sign in facts.signs):
        assert (platform, facts.name) == ("webrtc", "janus"), "only Janus has no waiting room"
        return
    waiting = next(sign for sign in reversed(facts.signs) if sign.place is Place.WAITING)
    both = look_that_shows(facts, waiting, first(facts, Place.IN_CALL))
    assert sight_of(facts.signs, both).place is Place.WAITING


@pytest.mark.parametrize(("platform", "facts"), PAGES)
@pytest.mark.parametrize("end", [Place.REMOVED, Place.ENDED])
def test_who_was_removed_is_not_in_the_call(platform: str, facts: PageFacts, end: Place) -> None:
    both = look_that_shows(facts, first(facts, end), first(facts, Place.IN_CALL))
    assert sight_of(facts.signs, both).place is end


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
]


@pytest.mark.parametrize(("data", "complaint"), WRONG)
def test_facts_that_the_format_does_not_know(data: dict[str, Any], complaint: str) -> None:
    with pytest.raises(FactsError, match=complaint):
        facts_from("facts", data)

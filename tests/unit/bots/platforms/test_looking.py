"""From a look at the page to the place and to the next step; without a browser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.platforms.facts.model import Action, NameRule, Probe, Sign, Step
from minutebook.bots.platforms.looking import Look, Match, Tried, fitting_name, next_step, sight_of
from minutebook.bots.platforms.ports import Guest, Hint, Place

FIELD = Probe(selectors=("#name",))
JOIN = Probe(labels=("Join",))
MIC = Probe(selectors=("#mic",))
NAME_STEP = Step("name", Action.TYPE, FIELD, text="{name}", at_most=3)
JOIN_STEP = Step("join", Action.CLICK, JOIN, again_after_s=5)
MIC_STEP = Step("microphone off", Action.CLICK, MIC, when="no_microphone", at_most=2)
STEPS = (MIC_STEP, NAME_STEP, JOIN_STEP)
GUEST = Guest("Bot", {})


def look(**found: Match) -> Look:
    probes = {"field": FIELD, "join": JOIN, "mic": MIC}
    return Look("https://a.example/", "", {probes[name]: (match,) for name, match in found.items()})


def todo(
    seen: Look,
    tried: dict[str, Tried] | None = None,
    *,
    now_s: float = 100.0,
    guest: Guest = GUEST,
    place: str = "joining",
) -> tuple[str, str] | None:
    found = next_step(STEPS, seen, Place(place), guest, guest.name, tried or {}, now_s)
    return (found.step.name, found.text) if found is not None else None


def test_the_first_step_that_the_page_asks_for() -> None:
    both = look(field=Match(0), join=Match(0))
    assert todo(both) == ("name", "Bot")
    assert todo(look(field=Match(0, value="Bot"), join=Match(0))) == ("join", "")
    assert todo(look(join=Match(0))) == ("join", "")
    assert todo(look()) is None


def test_what_cannot_be_used_waits() -> None:
    assert todo(look(field=Match(0, enabled=False), join=Match(0, enabled=False))) is None
    assert todo(look(field=Match(0, value="Bot"), join=Match(0, enabled=False))) is None


def test_a_click_gets_time_and_is_made_again() -> None:
    seen = look(join=Match(0))
    tried = {"join": Tried(1, 98.0)}
    assert todo(seen, tried) is None
    assert todo(seen, tried, now_s=103.0) == ("join", "")


def test_nobody_asks_to_join_before_the_name_is_typed() -> None:
    seen = look(field=Match(0, value="B"), join=Match(0))
    assert todo(seen, {"name": Tried(1, 99.0)}) is None
    assert todo(seen, {"name": Tried(1, 90.0)}) == ("name", "Bot")
    assert todo(seen, {"name": Tried(3, 90.0)}) == ("join", ""), "a page that changes the name is not fought for ever"


def test_wishes_of_the_guest() -> None:
    seen = look(mic=Match(0))
    assert todo(seen) is None
    assert todo(seen, guest=Guest("Bot", {}, microphone=False)) == ("microphone off", "")
    assert todo(seen, {"microphone off": Tried(2, 0.0)}, guest=Guest("Bot", {}, microphone=False)) is None


@pytest.mark.parametrize("place", [place for place in Place if place is not Place.JOINING])
def test_nothing_is_pressed_elsewhere(place: Place) -> None:
    assert todo(look(field=Match(0), join=Match(0), mic=Match(0)), place=place) is None


PLACES = st.lists(st.sampled_from(list(Place)), min_size=1, max_size=8)


@given(PLACES, st.data())
def test_the_first_sign_that_holds_tells_the_place(places: list[Place], data: st.DataObject) -> None:
    signs = [Sign(place, Probe(selectors=(f"#s{index}",))) for index, place in enumerate(places)]
    shown = data.draw(st.sets(st.sampled_from(range(len(signs)))))
    seen = Look("https://a.example/", "", {signs[index].probe: (Match(0),) for index in shown})
    sight = sight_of(signs, seen)
    if any(places[index] is Place.IN_CALL for index in shown):
        shown = {index for index in shown if places[index] in {Place.IN_CALL, Place.WAITING, Place.JOINING}}
    if shown:
        assert (sight.place, sight.sign) == (places[min(shown)], f"#s{min(shown)}")
    else:
        assert (sight.place, sight.sign) == (Place.JOINING, "")


def test_what_lies_over_the_call_ends_it_and_what_stands_in_it_does_not() -> None:
    call, end = Probe(selectors=("#call",)), Probe(texts=("Ended",))
    seen = Look("https://a.example/", "", {call: (Match(0),), end: (Match(0),)})

    def place(sign: Sign) -> Place:
        return sight_of([sign, Sign(Place.IN_CALL, call)], seen).place

    assert place(Sign(Place.ENDED, end)) is Place.IN_CALL
    assert place(Sign(Place.ENDED, end, over=True)) is Place.ENDED
    assert place(Sign(Place.WAITING, end)) is Place.WAITING
    assert place(Sign(Place.BLOCKED, away_from=re.compile("^https://b"))) is Place.BLOCKED


def test_only_a_request_that_was_made_is_denied() -> None:
    away = re.compile("^https://a")
    signs = [Sign(Place.DENIED, away_from=away, asked=True), Sign(Place.BLOCKED, away_from=away)]
    seen = Look("https://b.example/", "", {})
    assert sight_of(signs, seen).place is Place.BLOCKED
    assert sight_of(signs, seen, asked=True).place is Place.DENIED


def test_a_field_counts_while_nothing_is_in_it() -> None:
    code = Probe(selectors=("#code",))
    sign = Sign(Place.INVALID, code, hint=Hint.PASSCODE_REQUIRED, empty=True)

    def place(match: Match) -> Place:
        return sight_of([sign], Look("https://a.example/", "", {code: (match,)})).place

    assert (place(Match(0)), place(Match(0, value="123"))) == (Place.INVALID, Place.JOINING)


def test_no_secret_of_an_address_is_quoted() -> None:
    sign = Sign(Place.BLOCKED, away_from=re.compile("^https://a"))
    assert sight_of([sign], Look("https://b.example/x?pwd=s#t", "", {})).sign == "https://b.example/x"


def test_what_tells_the_place_is_quoted() -> None:
    probe = Probe(selectors=("#gone",), texts=("removed",))
    sign = Sign(Place.REMOVED, probe)

    def told(match: Match) -> str:
        return sight_of([sign], Look("https://a.example/", "", {probe: (match,)})).sign

    assert told(Match(1, text="You were removed.")) == "You were removed."
    assert told(Match(0, text="")) == "#gone"
    assert told(Match(0, text="x" * 161)) == "#gone"


def test_addresses_as_signs() -> None:
    sign_in = Sign(Place.SIGN_IN, url=re.compile("^https://login"))
    away = Sign(Place.DENIED, away_from=re.compile("^https://(a|login)"))

    def place(url: str) -> Place:
        return sight_of([sign_in, away], Look(url, "", {})).place

    assert place("https://login.example/") is Place.SIGN_IN
    assert place("https://a.example/") is Place.JOINING
    assert place("https://b.example/") is Place.DENIED


LETTERS = NameRule(re.compile("[^a-zA-Z0-9]"), 12)


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("Minutebook Bot", "MinutebookBo"),
        ("Zoë & Ö", "ZoeO"),
        ("会議", "Notetaker"),
        ("", "Notetaker"),
    ],
)
def test_names_that_a_page_takes(name: str, fitting: str) -> None:
    assert fitting_name(LETTERS, name) == fitting


def test_a_name_that_fits_stays() -> None:
    assert fitting_name(NameRule(), " Zoë's Notetaker 会議 ") == "Zoë's Notetaker 会議"


@given(st.text(max_size=200))
def test_every_name_fits_in_the_end(name: str) -> None:
    assert re.fullmatch("[a-zA-Z0-9]{1,12}", fitting_name(LETTERS, name))

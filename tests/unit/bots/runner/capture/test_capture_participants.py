"""Keys of participants, and who is in the call."""

import re

from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.protocol import ObservationKind
from minutebook.bots.runner.capture.page_messages import Owner
from minutebook.bots.runner.capture.participants import Participants, key_of
from minutebook.bots.runner.capture.presence import GONE_AFTER_MS, STALE_AFTER_MS, Presence, Told


@given(st.text(), st.text())
def test_keys_are_fit_for_stream_names(name: str, identity: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]{1,40}", key_of(name, identity))


def test_the_same_id_is_the_same_person_under_a_new_name() -> None:
    people = Participants()
    before = people.person("17", "Ana").key
    assert people.person("17", "Ana Sousa").key == before
    assert people.everybody[before].name == "Ana Sousa"


def test_a_known_name_under_a_new_id_is_the_same_person_reconnected() -> None:
    people = Participants()
    assert people.person("17", "Ana").key == people.person("18", " ana ").key


def test_a_name_whose_owner_is_still_there_is_somebody_else() -> None:
    people = Participants()
    first = people.person("17", "Ana")
    second = people.person("18", "Ana", taken={first.key})
    assert second.key != first.key
    assert people.person("19", "Ana", taken=()).key not in {first.key, second.key}


def test_nameless_people_are_told_apart_by_id() -> None:
    people = Participants()
    assert people.person("1", "").key != people.person("2", "").key


def test_another_runner_finds_the_same_keys() -> None:
    first, second = Participants(), Participants()
    assert first.person("17", "Ana").key == second.person("99", "Ana").key


def test_the_next_attempt_on_this_machine_knows_everybody() -> None:
    people = Participants()
    first = people.person("17", "Ana")
    second = people.person("18", "Ana", taken={first.key})
    again = Participants.from_json(people.to_json())
    assert again.person("18", "Ana").key == second.key
    assert again.to_json() == people.to_json()


def seen(presence: Presence, names: dict[str, str], at_ms: int) -> list[tuple[ObservationKind, str]]:
    owners = [Owner(identity, name) for identity, name in names.items()]
    return [(each.kind, each.name or each.key) for each in presence.see(owners, at_ms)]


def test_coming_being_renamed_and_leaving_are_observed_once() -> None:
    presence = Presence(Participants())
    assert seen(presence, {"1": "Ana"}, 0) == [(ObservationKind.PARTICIPANT, "Ana")]
    assert seen(presence, {"1": "Ana"}, 1000) == []
    assert seen(presence, {"1": "Ana S"}, 2000) == [(ObservationKind.PARTICIPANT, "Ana S")]
    (key,) = presence.names
    assert seen(presence, {}, 3000) == []
    assert presence.names == {key: "Ana S"}
    assert seen(presence, {}, 3000 + GONE_AFTER_MS) == [(ObservationKind.LEFT, key)]
    assert presence.names == {}


def test_a_list_that_is_redrawn_makes_nobody_leave() -> None:
    presence = Presence(Participants())
    seen(presence, {"1": "Ana"}, 0)
    assert seen(presence, {}, 1000) == []
    assert seen(presence, {"1": "Ana"}, 2000) == []
    assert seen(presence, {}, 4000) == []


def test_who_returns_under_another_id_keeps_their_key() -> None:
    presence = Presence(Participants())
    seen(presence, {"1": "Ana"}, 0)
    keys = set(presence.names)
    seen(presence, {"2": "Ana"}, 1000)
    assert set(presence.names) == keys


def test_two_of_the_same_name_are_two() -> None:
    presence = Presence(Participants())
    seen(presence, {"1": "Ana", "2": "Ana"}, 0)
    assert list(presence.names.values()) == ["Ana", "Ana"]


def test_a_document_that_knows_wins_and_a_silent_one_is_forgotten() -> None:
    told: Told[list[str]] = Told()
    told.hear("top", ["Ana"], 0)
    told.hear("frame", None, 10)
    assert told.latest(20) == ["Ana"]
    told.hear("frame", [], 30)
    assert told.latest(40) == []
    assert told.latest(30 + STALE_AFTER_MS) is None

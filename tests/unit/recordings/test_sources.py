"""The sources of a recording in storage form."""

import json

from hypothesis import given
from hypothesis import strategies as st

from minutebook.recordings.model import prefix_of
from minutebook.recordings.sources import (
    Interval,
    Participant,
    Sources,
    sources_from_json,
    sources_key,
    sources_to_json,
    track_key,
)

names = st.text(max_size=20)
seconds = st.floats(0, 20_000, allow_nan=False)
participants = st.builds(Participant, key=names, name=names, track=st.booleans(), person=names)
intervals = st.builds(
    Interval, key=names, start_s=seconds, end_s=seconds, source=st.sampled_from(["track", "network", "page"])
)


@given(st.lists(participants, max_size=4).map(tuple), st.lists(intervals, max_size=6).map(tuple))
def test_json_and_back(some: tuple[Participant, ...], spoken: tuple[Interval, ...]) -> None:
    sources = Sources(some, spoken)
    assert sources_from_json(sources_to_json(sources)) == sources


def test_members_of_a_later_version_are_passed_over() -> None:
    row = {"key": "a", "name": "Ada", "track": True, "pronouns": "she"}
    text = json.dumps({"participants": [row], "intervals": [], "weather": "fine"})
    assert sources_from_json(text).participants == (Participant("a", "Ada", True),)


def test_everything_lies_under_the_recordings_prefix() -> None:
    assert sources_key("r").startswith(prefix_of("r"))
    assert track_key("r", "ada-1").startswith(prefix_of("r"))
    assert track_key("r", "ada-1") != track_key("r", "ada-2")


def test_somebody_who_came_back_is_the_same_person() -> None:
    sources = Sources((Participant("a", "Ada"), Participant("b", "Ada", person="a")))
    assert [sources.person_of(key) for key in ("a", "b", "unknown")] == ["a", "a", "unknown"]

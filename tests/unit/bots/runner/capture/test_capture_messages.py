"""What a page may tell."""

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.runner.capture.page_messages import (
    Owner,
    TrackState,
    arrived_of,
    message_of,
    owners_of,
    runs_of,
    speaking_of,
    track_states_of,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
)


@given(JSON)
def test_nothing_a_page_tells_breaks_the_runner(content: object) -> None:
    runs_of(content)
    owners_of(content)
    track_states_of(content)
    speaking_of(content)
    arrived_of(content, 0)


@given(st.text())
def test_text_that_is_no_message_is_none(text: str) -> None:
    message_of(text)


def test_a_message_has_document_kind_and_content() -> None:
    message = message_of('{"document": "d", "kind": "roster", "content": [{"id": 5, "name": " Ana  Sousa "}]}')
    assert message is not None
    assert (message.document, message.kind) == ("d", "roster")
    assert owners_of(message.content) == [Owner("5", "Ana Sousa")]


def test_sound_and_silence() -> None:
    pcm = np.array([1, -2, 3], "<i2").tobytes()
    sound, silence = runs_of(
        [
            {"track": "t", "at": 1.5, "count": 3, "pcm": base64.b64encode(pcm).decode()},
            {"track": "t", "at": 2, "count": 2400, "pcm": ""},
        ]
    )
    assert sound.samples is not None
    assert sound.samples.tolist() == [1, -2, 3]
    assert (silence.samples, silence.count) == (None, 2400)


def test_runs_that_contradict_themselves_are_left_out() -> None:
    assert runs_of([{"track": "t", "at": 1, "count": 3, "pcm": "AAAA"}]) == []
    assert runs_of([{"track": "t", "at": 1, "count": 10**9, "pcm": ""}]) == []
    assert runs_of([{"track": "t", "at": float("nan"), "count": 5, "pcm": ""}]) == []


def test_the_states_of_tracks() -> None:
    rows = [{"id": "t", "live": True, "who": {"id": "1", "name": "Ana"}}, {"id": "u", "live": False, "who": None}]
    assert track_states_of(rows) == [TrackState("t", True, Owner("1", "Ana")), TrackState("u", False, None)]

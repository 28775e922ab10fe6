"""Wishes as JSON and what lists find bots by; what a runner is ordered to do."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.home.orders import orders_for
from minutebook.bots.model import (
    Attempt,
    Bot,
    BotWish,
    EndReason,
    LeaveRules,
    RecordingMode,
    SpeechProvider,
    SpeechToText,
    Streaming,
    ZoomAccess,
)
from minutebook.bots.search_keys import HEAD_CHARS, extra_rows, field_key, value_text
from minutebook.bots.states import BotState
from minutebook.bots.wish_json import check_json, wish_from_json, wish_to_json
from minutebook.config import BotSettings
from minutebook.errors import MinutebookError
from minutebook.kit.text import folded, is_storable
from minutebook.sealing import Sealing

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
wishes = st.builds(
    BotWish,
    meeting_url=st.text(),
    bot_name=st.text(),
    recording_mode=st.sampled_from(RecordingMode),
    bot_image=st.none() | st.text(),
    reserved=st.booleans(),
    start_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    speech_to_text=st.none()
    | st.builds(
        SpeechToText,
        st.sampled_from(SpeechProvider),
        st.none() | st.text(),
        st.dictionaries(st.text(), any_json, max_size=2),
    ),
    leave=st.builds(LeaveRules),
    streaming=st.builds(Streaming, st.none() | st.text(), st.none() | st.text(), st.sampled_from((16_000, 24_000))),
    extra=any_json,
    zoom=st.builds(ZoomAccess, st.none() | st.text()),
)


@given(wishes)
def test_a_wish_comes_back(wish: BotWish) -> None:
    assert wish_from_json(json.loads(json.dumps(wish_to_json(wish)))) == wish


@given(any_json)
def test_rows_fit_into_every_database(extra: object) -> None:
    rows = extra_rows(extra)
    assert len({row.field for row in rows}) == len(rows)
    for row in rows:
        assert is_storable(row.field + row.value)
        assert len(row.field) <= HEAD_CHARS >= len(row.head)
        assert row.value.startswith(row.head)
    assert bool(rows) == (isinstance(extra, dict) and bool(extra))


def test_values_as_they_are_looked_for() -> None:
    extra = {"text": "Á b:c", "n": 1, "half": 1.5, "yes": True, "none": None, "list": [1, "ä"], "object": {"a": 1}}
    assert {row.field: row.value for row in extra_rows(extra)} == {
        "text": "Á b:c",
        "n": "1",
        "half": "1.5",
        "yes": "true",
        "none": "null",
        "list": '[1,"ä"]',
        "object": '{"a":1}',
    }
    assert value_text("a\x00") == '"a\\u0000"'
    assert field_key("x" * HEAD_CHARS) == "x" * HEAD_CHARS
    assert len(field_key("x" * (HEAD_CHARS + 1))) == 64
    assert folded("STRASSE") == folded("straße")
    assert (extra_rows([1]), extra_rows(None), extra_rows("text")) == ((), (), ())


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}])
def test_no_json(value: object) -> None:
    with pytest.raises(MinutebookError, match="`extra`"):
        check_json(value, "extra")


def test_orders() -> None:
    sealing = Sealing(b"k" * 32)
    zoom = ZoomAccess(sealed_sdk_id=sealing.seal("id"), obf_token_url="https://example.com/obf")
    wish = BotWish(
        "https://zoom.us/j/1", "Scribe", RecordingMode.AUDIO_ONLY, extra={"a": "ä"}, zoom=zoom, entry_message="hi"
    )
    bot = Bot("b", 1, "o", wish, BotState.JOINING, T0, T0, T0, attempt=2)
    attempt = Attempt("b", 2, "", "here", T0, T0)
    orders = orders_for(bot, attempt, "zoom", sealing, BotSettings(chunk_s=5))
    assert (orders.video, orders.rejoin, orders.stop, orders.chunk_s) == (False, False, False, 5)
    assert orders.zoom == {"sdk_id": "id", "obf_token_url": "https://example.com/obf", "extra": '{"a": "ä"}'}
    assert set(orders.leave) == {"waiting_room_s", "noone_joined_s", "silence_s", "alone_s", "longest_s"}
    was_in = replace(bot, joined_at=T0, recording_started_at=T0)
    again = orders_for(was_in, replace(attempt, stop_reason=EndReason.LONGEST), "zoom", sealing, BotSettings())
    assert (again.rejoin, again.stop, again.recording_started_ms) == (True, True, 1772442000000)
    assert orders_for(replace(bot, stop_requested=True), attempt, "zoom", sealing, BotSettings()).stop

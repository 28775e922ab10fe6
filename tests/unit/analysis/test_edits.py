"""Corrections over machine output: whatever is edited and undone, in whatever order, the output is never lost."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.analysis.edits.model import (
    Edit,
    ItemChange,
    SpeakerChange,
    WordsChange,
    change_from_json,
    change_to_json,
    corrected,
    corrected_items,
    in_force,
    revision,
    spoken,
)
from minutebook.analysis.edits.requests import (
    NEW_VOICE,
    ItemRequest,
    Reach,
    SegmentRequest,
    checked_item,
    checked_segment,
    reached,
)
from minutebook.errors import MinutebookError
from support.talks import talk

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TALK = talk(
    """
    A: Good morning everybody, let us talk about the lunch.
    B: I will send the figures to the bored by Thursday.
    A: Great.
    """
)
ITEMS = (
    {"kind": "action", "text": "Send the figures", "owner": {"speaker": "speaker_2", "name": None}, "due": None},
    {"kind": "decision", "text": "Move the launch", "owner": None, "due": None},
)


def journal(*requests: SegmentRequest) -> list[Edit]:
    made: list[Edit] = []
    for position, request in enumerate(requests):
        made.append(entry(position, checked_segment(request, position, TALK, made, remember=True)))
    return made


def entry(number: int, change: object) -> Edit:
    return Edit(f"edit-{number}", "report", "recording", "owner", change, NOW)  # type: ignore[arg-type]


words_anywhere = st.builds(
    SegmentRequest,
    segment=st.integers(-1, 3),
    word=st.integers(-1, 10),
    last_word=st.none() | st.integers(0, 10),
    text=st.sampled_from(["", "x", "two words", "three whole words"]),
)
speaker_anywhere = st.builds(
    SegmentRequest,
    segment=st.integers(0, 2),
    speaker=st.sampled_from(["speaker_1", "speaker_2", "speaker_3", NEW_VOICE]),
)
requests = st.lists(words_anywhere | speaker_anywhere, max_size=12)


def accepted(wanted: list[SegmentRequest]) -> list[Edit]:
    """The journal of those requests that are not refused."""
    made: list[Edit] = []
    for position, request in enumerate(wanted):
        with suppress(MinutebookError):
            made.append(entry(position, checked_segment(request, position, TALK, made, remember=True)))
    return made


@given(requests, st.randoms())
def test_undoing_everything_gives_the_machines_output_back(wanted: list[SegmentRequest], chance: Random) -> None:
    made = accepted(wanted)
    order = list(range(len(made)))
    chance.shuffle(order)
    for position in order:
        shown = corrected(TALK, made)
        assert len(shown.segments) == len(TALK.segments)
        for segment, before in zip(shown.segments, TALK.segments, strict=True):
            assert segment.text == " ".join(word.word for word in segment.words)
            assert all(before.start <= word.start <= word.end <= before.end for word in segment.words)
            assert [word.start for word in segment.words] == sorted(word.start for word in segment.words)
        made[position] = replace(made[position], undone_at=NOW)
    assert corrected(TALK, made) == TALK
    assert revision(made) == ""


@given(requests)
def test_what_is_in_force_stays_when_something_else_is_undone(wanted: list[SegmentRequest]) -> None:
    made = accepted(wanted)
    for position in range(len(made)):
        left = [replace(edit, undone_at=NOW) if i == position else edit for i, edit in enumerate(made)]
        without = [edit for i, edit in enumerate(made) if i != position]
        assert corrected(TALK, left) == corrected(TALK, without)


@given(requests)
def test_a_change_is_kept_as_json(wanted: list[SegmentRequest]) -> None:
    for edit in accepted(wanted):
        assert change_from_json(edit.kind, change_to_json(edit.change)) == edit.change


def test_a_new_voice_is_one_for_all_segments_of_a_go_and_never_one_that_was() -> None:
    both = journal(SegmentRequest(segment=0, speaker=NEW_VOICE), SegmentRequest(segment=1, speaker=NEW_VOICE))
    shown = corrected(TALK, both)
    assert [segment.speaker for segment in shown.segments] == ["speaker_3", "speaker_3", "speaker_1"]
    said = sum(segment.end - segment.start for segment in TALK.segments[:2])
    assert shown.speakers[2].name == "Speaker 3"
    assert shown.speakers[2].talk_time_s == pytest.approx(said, abs=0.01)
    undone = [replace(edit, undone_at=NOW) for edit in both]
    assert corrected(TALK, undone) == TALK
    change = checked_segment(SegmentRequest(segment=2, speaker=NEW_VOICE), 0, TALK, undone, remember=True)
    assert isinstance(change, SpeakerChange)
    assert change.speaker == "speaker_4"


@pytest.mark.parametrize(
    ("start", "reach", "places"),
    [(0, Reach.SEGMENT, [0]), (0, Reach.TURN, [0]), (0, Reach.REST, [0, 2]), (2, Reach.REST, [2])],
)
def test_how_far_a_voice_reaches(start: int, reach: Reach, places: list[int]) -> None:
    assert reached(TALK.segments, start, reach) == places


def test_words_keep_their_times() -> None:
    shown = corrected(TALK, journal(SegmentRequest(segment=0, word=8, text="launch.")))
    assert shown.segments[0].text == "Good morning everybody, let us talk about the launch."
    word, before = shown.segments[0].words[8], TALK.segments[0].words[8]
    assert (word.start, word.end, word.probability) == (before.start, before.end, 1.0)
    assert shown.segments[1:] == TALK.segments[1:]


def test_other_words_share_the_time_of_those_they_replace() -> None:
    shown = corrected(TALK, journal(SegmentRequest(segment=1, word=6, last_word=7, text="board of directors")))
    replaced = TALK.segments[1].words[6:8]
    words = shown.segments[1].words[6:9]
    assert [word.word for word in words] == ["board", "of", "directors"]
    assert (words[0].start, words[-1].end) == (replaced[0].start, replaced[-1].end)
    assert words[0].end == words[1].start
    assert shown.segments[1].text.startswith("I will send the figures to board of directors")


def test_a_span_addresses_the_words_in_it() -> None:
    word = TALK.segments[1].words[7]
    [edit] = journal(SegmentRequest(start=word.start, end=word.end, text="board"))
    assert edit.change == WordsChange(1, 7, 7, "board", "bored")


def test_a_later_correction_covers_an_earlier_one_and_uncovers_it() -> None:
    made = journal(
        SegmentRequest(segment=1, word=7, text="board"),
        SegmentRequest(segment=1, word=6, last_word=9, text="everyone on Friday."),
    )
    assert corrected(TALK, made).segments[1].text == "I will send the figures to everyone on Friday."
    made[1] = replace(made[1], undone_at=NOW)
    assert corrected(TALK, made).segments[1].text == "I will send the figures to the board by Thursday."


def test_a_segment_without_words_is_silent_but_keeps_its_place() -> None:
    shown = corrected(TALK, journal(SegmentRequest(segment=2, word=0, text="  ")))
    assert (len(shown.segments), shown.segments[2].text, shown.segments[2].words) == (3, "", ())
    assert spoken(shown).segments == TALK.segments[:2]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("I will send the figures to the bored by Thursday.", "I will send the figures to the board by Thursday."),
        ("To the bored by Thursday. She was bored.", "To the board by Thursday. She was bored."),
        ("Somebody was bored.", "Somebody was bored."),
    ],
)
def test_the_summary_follows_where_it_quotes(summary: str, expected: str) -> None:
    made = journal(SegmentRequest(segment=1, word=7, text="board"))
    assert corrected(replace(TALK, summary=summary), made).summary == expected


def test_a_segment_goes_to_another_voice_with_its_time() -> None:
    shown = corrected(TALK, journal(SegmentRequest(segment=2, speaker="speaker_2")))
    assert shown.segments[2].speaker == "speaker_2"
    assert [s.talk_time_s for s in shown.speakers] == [0.6, 1.4]


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        (SegmentRequest(segment=0, word=0), "edit_invalid", "edits[0]"),
        (SegmentRequest(segment=0, word=0, text="x", speaker="speaker_1"), "edit_invalid", "edits[0]"),
        (SegmentRequest(word=0, text="x"), "edit_invalid", "edits[0]"),
        (SegmentRequest(segment=0, text="x"), "edit_invalid", "edits[0]"),
        (SegmentRequest(segment=0, last_word=3, text="x"), "edit_invalid", "edits[0]"),
        (SegmentRequest(start=1.0, text="x"), "edit_invalid", "edits[0]"),
        (SegmentRequest(segment=0, word=1, start=1.0, end=2.0, text="x"), "edit_invalid", "edits[0]"),
        (SegmentRequest(segment=0, start=1.0, speaker="speaker_1"), "edit_invalid", "edits[0]"),
        (SegmentRequest(segment=3, word=0, text="x"), "segment_unknown", "edits[0].segment"),
        (SegmentRequest(speaker="speaker_1"), "segment_unknown", "edits[0].segment"),
        (SegmentRequest(segment=0, speaker="speaker_9"), "speaker_unknown", "edits[0].speaker"),
        (SegmentRequest(segment=0, word=9, text="x"), "word_unknown", "edits[0].word"),
        (SegmentRequest(segment=0, word=3, last_word=2, text="x"), "word_unknown", "edits[0].word"),
        (SegmentRequest(start=90.0, end=99.0, text="x"), "span_empty", "edits[0]"),
        (SegmentRequest(start=0.0, end=99.0, text="x"), "span_ambiguous", "edits[0]"),
        (SegmentRequest(segment=0, word=0, text="x" * 2001), "text_too_long", "edits[0].text"),
        (SegmentRequest(segment=0, word=0, text="\x00"), "text_invalid", "edits[0].text"),
    ],
)
def test_corrections_that_are_refused(request_: SegmentRequest, code: str, field: str) -> None:
    with pytest.raises(MinutebookError) as refused:
        journal(request_)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_half_of_an_earlier_correction_cannot_be_replaced() -> None:
    with pytest.raises(MinutebookError, match="words 2 to 4 of segment 0") as refused:
        journal(
            SegmentRequest(segment=0, word=2, last_word=4, text="all"),
            SegmentRequest(segment=0, word=3, last_word=5, text="x"),
        )
    assert (refused.value.code, refused.value.field) == ("edit_overlaps", "edits[1]")


def items(*requests_: ItemRequest) -> list[Edit]:
    made: list[Edit] = []
    for position, request in enumerate(requests_):
        made.append(entry(position, checked_item(request, position, ITEMS, (), NOW.date(), made)))
    return made


def test_items_are_corrected_field_by_field_and_the_last_word_holds() -> None:
    made = items(
        ItemRequest(0, {"text": "Send them", "owner": "Grace"}),
        ItemRequest(0, {"text": "Send the figures to the board"}),
        ItemRequest(1, {}, remove=True),
    )
    [(place, item)] = corrected_items(ITEMS, made)
    assert (place, item["text"]) == (0, "Send the figures to the board")
    assert item["owner"] == {"speaker": None, "name": "Grace"}
    undone = [replace(edit, undone_at=NOW) for edit in made]
    assert corrected_items(ITEMS, undone) == list(enumerate(ITEMS))
    assert corrected_items(ITEMS, [undone[0], made[1], undone[2]])[0][1]["owner"] == ITEMS[0]["owner"]
    assert in_force(made, ItemChange)[0].before == {"text": ITEMS[0]["text"], "owner": ITEMS[0]["owner"]}


@pytest.mark.parametrize(
    ("values", "due"),
    [
        ({"due": "Thursday"}, {"said": "Thursday", "on": "2026-03-05"}),
        ({"due": "2026-04-01"}, {"said": "2026-04-01", "on": "2026-04-01"}),
        ({"due": "after Easter", "due_date": "2026-04-07"}, {"said": "after Easter", "on": "2026-04-07"}),
        ({"due_date": "2026-04-07"}, {"said": "2026-04-07", "on": "2026-04-07"}),
        ({"due": "some day"}, {"said": "some day", "on": None}),
        ({"due": None}, None),
    ],
)
def test_a_due_date_is_understood_like_a_spoken_one(values: dict[str, str | None], due: object) -> None:
    assert corrected_items(ITEMS, items(ItemRequest(0, values)))[0][1]["due"] == due


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ([ItemRequest(2, {"text": "x"})], "item_unknown", "edits[0].item"),
        ([ItemRequest(-1, {"text": "x"})], "item_unknown", "edits[0].item"),
        ([ItemRequest(0, {})], "edit_invalid", "edits[0]"),
        ([ItemRequest(0, {"text": "x"}, remove=True)], "edit_invalid", "edits[0]"),
        ([ItemRequest(0, {"text": " "})], "text_required", "edits[0].text"),
        ([ItemRequest(0, {"due_date": "tomorrow"})], "due_date_invalid", "edits[0].due_date"),
        ([ItemRequest(0, {}, remove=True), ItemRequest(0, {"text": "x"})], "item_removed", "edits[1].item"),
    ],
)
def test_item_corrections_that_are_refused(wanted: list[ItemRequest], code: str, field: str) -> None:
    with pytest.raises(MinutebookError) as refused:
        items(*wanted)
    assert (refused.value.code, refused.value.field) == (code, field)

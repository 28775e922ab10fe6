"""What is read of a model's answer, however it is wrapped or cut."""

import json
import time

import pytest

from minutebook.language.producers.salvage import UnreadableAnswerError, entries_of, text_or_none, truth, whole_numbers

ITEMS = [
    {"kind": "action", "text": "Send the {report}", "lines": [1]},
    {"kind": "topic", "text": 'a "b"', "lines": [2]},
]
PLAIN = json.dumps({"items": ITEMS})


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN,
        json.dumps({"items": ITEMS}, indent=2),
        f"```json\n{PLAIN}\n```",
        f"```\n{PLAIN}\n```\nI hope that this helps {{smile}}.",
        f"Sure! Here are the minutes:\n\n{PLAIN}\n\nLet me know.",
        f'<think>The items are {{"items": [{{"text": "wrong"}}]}}, perhaps.</think>\n{PLAIN}',
        f'Hm, {{"items": [{{"text": "wrong"}}]}}\n</think>\n\n{PLAIN}',
        json.dumps(ITEMS),
        "\n".join(json.dumps(item) for item in ITEMS),
        PLAIN[:-2] + ', {"kind": "decision", "text": "We',
        PLAIN[:-1],
        f"{PLAIN}<think>Was that",
    ],
    ids=[
        "plain", "indented", "fenced", "fenced in prose", "prose", "thought", "end of a thought", "bare list", "lines",
        "cut in an item", "cut at the end", "thinks again",
    ],
)  # fmt: skip
def test_the_items_are_read(answer: str) -> None:
    assert entries_of(answer) == ITEMS


@pytest.mark.parametrize("nothing", ['{"items": []}', "[]", "```json\n[]\n```", '<think>{"items"</think>{"items": []}'])
def test_nothing_found_is_an_answer(nothing: str) -> None:
    assert entries_of(nothing) == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "not JSON"),
        ("I would rather write a poem.", "not JSON"),
        ("<think>All of it is thought: [] {}", "not JSON"),
        ('{"items": [{"kind": "act', "not JSON"),
        ('{"lines": [1]}', "no list of items"),
        ("[1, 2]", "not JSON"),
        ("null", "not JSON"),
    ],
)
def test_what_cannot_be_read_is_said(answer: str, why: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=why):
        entries_of(answer)


@pytest.mark.parametrize(
    "bad", ["[" * 50_000, '{"a":' * 50_000, "{" * 100_000, '{"a":"{' * 20_000, '{"items":[' * 9_000]
)
def test_an_answer_made_to_hurt_is_only_unreadable(bad: str) -> None:
    began = time.process_time()
    with pytest.raises(UnreadableAnswerError):
        entries_of(bad)
    assert time.process_time() - began < 20  # a bound against running away, not a measurement


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        ([2, 3], [2, 3]), (2, [2]), ("2", [2]), (["2", "[3]"], [2, 3]), ("2, 3", [2, 3]), ("[2] [3]", [2, 3]),
        (2.0, [2]), (True, []), ("-1", []), ("two", []), (None, []), ([[1]], []), ([2.5, {"n": 1}], []),
    ],
)  # fmt: skip
def test_line_numbers_are_read_as_they_are_meant(told: object, numbers: list[int]) -> None:
    assert whole_numbers(told) == numbers


def test_nothing_is_spelt_in_many_ways() -> None:
    assert [text_or_none(t) for t in ("null", " None ", "", 3, None, "Maria ")] == [
        None,
        None,
        None,
        None,
        None,
        "Maria",
    ]
    assert [truth(t) for t in (True, "false", "Yes", None, "perhaps")] == [True, False, True, None, None]

"""The model's path against recorded answers: what is asked, how failures are met, what reaches the note."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import httpx
import pytest

from minutebook.config import LlmSettings
from minutebook.language.model import Due, ItemKind, MeetingType, NoteRequest, Owner, Usage
from minutebook.language.producers.choice import producer_of
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.producers.llm import LlmOptions, LlmProducer
from minutebook.language.producers.prompting import SCHEMA, chunks_of
from minutebook.language.talk.sentences import sentences_of
from support.talks import talk

TALK = talk(
    """
    Maria: We decided to launch on Monday with suggestions switched off.
    Dana: I will send the results of the load test by Wednesday noon.
    Maria: Who writes the announcement?
    """
)
REQUEST = NoteRequest(instruction="Only what matters", meeting_type=MeetingType.TEAM, held_on=date(2026, 3, 2))


def entry(kind: str, text: str, lines: list[int], **more: object) -> dict[str, object]:
    return {"kind": kind, "text": text, "owner": None, "due": None, "answered": None, "lines": lines, **more}


ITEMS = [
    entry("decision", "launch on Monday with suggestions off", [0]),
    entry("action", "Send the load test results", [1], owner="Speaker 2", due="by Wednesday noon"),
    entry("action", "Fire the finance team", [1], owner="Speaker 2"),
    entry("question", "Who writes the announcement?", [2], answered=False),
]


def completion(content: str, prompt_tokens: int = 100, completion_tokens: int = 20) -> httpx.Response:
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return httpx.Response(
        200, json={"choices": [{"message": {"role": "assistant", "content": content}}], "usage": usage}
    )


class Endpoint:
    """Answers in order, the last one again and again, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.headers: list[httpx.Headers] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        self.headers.append(request.headers)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else httpx.Response(answer.status_code, content=answer.content)

    def producer(self, **options: object) -> LlmProducer:
        chosen = LlmOptions("http://127.0.0.1:9/v1", "small", **options)  # type: ignore[arg-type]
        return LlmProducer(chosen, httpx.Client(transport=httpx.MockTransport(self)), self.pauses.append)


def test_items_are_cited_verified_and_dated() -> None:
    note = Endpoint(completion(json.dumps({"items": ITEMS}))).producer().note(TALK, REQUEST)

    decision, action, question = note.items
    assert decision.kind is ItemKind.DECISION
    assert decision.evidence[0].quote == "We decided to launch on Monday with suggestions switched off."
    assert action.owner == Owner(speaker="speaker_2")
    assert action.due == Due("Wednesday noon", date(2026, 3, 4))
    assert question.answered is False
    assert [u.item.text for u in note.unsupported] == ["Fire the finance team"]
    assert note.producer == "llm:small"


def test_the_request_carries_wish_schema_and_transcript_and_no_tools() -> None:
    endpoint = Endpoint(completion('{"items": []}'))

    endpoint.producer(api_key="sk-test").note(TALK, REQUEST)

    asked = endpoint.asked[0]
    system, user = (m["content"] for m in asked["messages"])
    fence = user.splitlines()[2]
    assert "Only what matters" in user
    assert "2026-03-02" in user
    assert "[1] Speaker 2: I will send" in user
    assert user.count(fence) == 2
    assert fence in system
    assert asked["response_format"]["json_schema"]["schema"] == json.loads(json.dumps(SCHEMA))
    assert "tools" not in asked
    assert "functions" not in asked
    assert endpoint.headers[0]["authorization"] == "Bearer sk-test"


def test_fences_differ_between_calls() -> None:
    endpoint = Endpoint(completion('{"items": []}'))
    for _ in range(2):
        endpoint.producer().note(TALK, REQUEST)

    assert endpoint.asked[0]["messages"][0] != endpoint.asked[1]["messages"][0]


def test_tokens_and_cost_are_counted() -> None:
    producer = Endpoint(completion('{"items": []}')).producer(price_prompt=0.5, price_completion=2.0)

    note = producer.note(TALK, REQUEST)

    assert note.usage is not None
    assert replace(note.usage, cost=None) == Usage(1, 100, 20, None)
    assert note.usage.cost == pytest.approx(0.09)
    assert "100 tokens in" in note.notices[0]


def test_busy_endpoints_are_asked_again_with_growing_pauses() -> None:
    endpoint = Endpoint(httpx.Response(503), httpx.ReadTimeout("slow"), completion(json.dumps({"items": ITEMS})))

    note = endpoint.producer().note(TALK, REQUEST)

    assert len(note.items) == 3
    assert endpoint.pauses == sorted(endpoint.pauses)
    assert len(endpoint.pauses) == 2


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (httpx.Response(500), "status 500"),
        (httpx.Response(401), "status 401"),
        (httpx.ConnectError("refused"), "cannot be reached"),
        (httpx.ReadTimeout("slow"), "too long"),
        (completion("I would rather write a poem."), "not JSON"),
        (completion('{"lines": []}'), "no list of items"),
        (httpx.Response(200, text="<html>"), "not a chat completion"),
        (httpx.Response(200, json={"choices": [{"message": {"tool_calls": [{}]}}]}), "not a chat completion"),
    ],
    ids=["broken", "refused", "unreachable", "slow", "prose", "other JSON", "no JSON", "tool call"],
)
def test_without_a_usable_answer_the_note_is_extractive_and_says_so(
    failure: httpx.Response | Exception, why: str
) -> None:
    note = Endpoint(failure).producer(api_key="sk-secret").note(TALK, REQUEST)

    assert note.producer == "extractive"
    assert note.items == ExtractiveProducer().note(TALK, REQUEST).items
    assert why in note.notices[0]
    assert "made without it" in note.notices[0]
    assert "sk-secret" not in note.notices[0]


def test_servers_that_know_no_schema_are_asked_more_simply() -> None:
    def picky(request: httpx.Request) -> httpx.Response:
        form = json.loads(request.content).get("response_format")
        return httpx.Response(400) if form else completion("```json\n" + json.dumps({"items": ITEMS}) + "\n```")

    endpoint = Endpoint(picky)

    assert len(endpoint.producer().note(TALK, REQUEST).items) == 3
    assert [a.get("response_format", {}).get("type") for a in endpoint.asked] == ["json_schema", "json_object", None]


def test_odd_entries_are_passed_over() -> None:
    odd = [
        None,
        3,
        {},
        {"kind": "secret", "text": "x", "lines": [0]},
        {"kind": "topic", "text": "launch", "lines": "0"},
    ]
    lines = [{"kind": "topic", "text": "Launch on Monday", "lines": [True, 99, -1, "0", 0]}]

    note = Endpoint(completion(json.dumps({"items": [*odd, *lines]}))).producer().note(TALK, REQUEST)

    assert [(i.text, len(i.evidence)) for i in note.items] == [("Launch on Monday", 1)]


def test_long_talks_are_read_in_overlapping_stretches_without_saying_things_twice() -> None:
    long = talk("\n".join(f"{'AB'[n % 2]}: I will send report number {n} to the office tomorrow." for n in range(40)))

    def reports(request: httpx.Request) -> httpx.Response:
        lines = json.loads(request.content)["messages"][1]["content"].splitlines()
        numbers = [int(line[1 : line.index("]")]) for line in lines if line.startswith("[")]
        found = [
            {
                "kind": "action",
                "text": f"Send report number {n} to the office",
                "owner": None,
                "due": "tomorrow",
                "lines": [n],
            }
            for n in numbers
        ]
        return completion(json.dumps({"items": found}))

    endpoint = Endpoint(reports)
    note = endpoint.producer(chunk_words=100, overlap_sentences=3).note(long, REQUEST)

    assert len(endpoint.asked) > 3
    assert [i.text for i in note.items] == [f"Send report number {n} to the office" for n in range(40)]
    assert note.usage is not None
    assert note.usage.calls == len(endpoint.asked)


def test_stretches_cover_everything_and_overlap() -> None:
    sentences = sentences_of(talk("\n".join(f"A{n % 3}: one two three four five." for n in range(30))))

    chunks = list(chunks_of(sentences, 40, 2))

    assert {s.index for c in chunks for s in c} == set(range(30))
    assert all(a[-2:] == b[:2] for a, b in pairwise(chunks))


def test_settings_choose_the_producer() -> None:
    assert producer_of(LlmSettings()).name == "extractive"
    assert producer_of(LlmSettings(base_url="http://127.0.0.1:8080/v1")).name == "extractive"
    assert producer_of(LlmSettings(base_url="http://127.0.0.1:8080/v1", model="qwen")).name == "llm:qwen"

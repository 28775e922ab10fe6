"""The client of chat completions: streamed, patient, bounded, and honest about what went wrong."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from minutebook.language.model import Usage
from minutebook.language.producers.failures import (
    ContextOverflowError,
    ModelRefusedError,
    ModelSilentError,
    ModelUnavailableError,
    failure_of,
    said_in,
)
from minutebook.language.producers.stream import Reply
from support.endpoint import Endpoint, events, whole

ASKED = [{"role": "user", "content": "Which items?"}]
SCHEMA: Mapping[str, Any] = {"type": "object", "properties": {"items": {"type": "array", "maxItems": 3}}}


def ask(endpoint: Endpoint, **options: object) -> Reply:
    return endpoint.completions(**options).ask(ASKED, "note", SCHEMA)


def test_a_streamed_answer_is_put_together_and_its_tokens_are_counted() -> None:
    endpoint = Endpoint(whole(""))
    model = endpoint.then(endpoint.streamed(b": ping\n\n", *events('{"items": ["ü"]}'))).completions()

    assert model.ask(ASKED, "note", SCHEMA) == Reply('{"items": ["ü"]}', "stop")
    assert model.usage == Usage(1, 100, 20)
    assert endpoint.asked[0]["stream"] is True


def test_bytes_are_cut_anywhere() -> None:
    data = b"".join(events("größer")).replace(b"\n", b"\r\n")
    endpoint = Endpoint(whole(""))
    endpoint.then(endpoint.streamed(*(data[at : at + 1] for at in range(len(data)))))

    assert ask(endpoint).text == "größer"


def test_a_server_that_does_not_stream_is_read_too() -> None:
    assert ask(Endpoint(whole("[]"))) == Reply("[]", "stop")


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (httpx.ReadTimeout("slow"), "no word for 60 s"),
        (httpx.RemoteProtocolError("gone"), "the connection broke off"),
        (b'data: {"error": {"message": "slot was lost", "code": 500}}\n\n', "slot was lost"),
        (b"data: {]\n\n", "not a chat completion"),
        (b"", "the answer broke off"),
    ],
    ids=["silence", "connection", "error", "garbage", "end"],
)
def test_what_came_of_a_broken_answer_is_kept(end: bytes | Exception, why: str) -> None:
    endpoint = Endpoint(whole(""))
    endpoint.then(endpoint.streamed(*events('{"items": [', finish=None), end))

    reply = ask(endpoint, timeout_s=60.0)

    assert reply.text == '{"items": ['
    assert reply.broken is not None
    assert why in reply.broken
    assert len(endpoint.asked) == 1


def test_pings_are_no_words_and_dribbling_has_an_end() -> None:
    pinging, dribbling = Endpoint(whole("")), Endpoint(whole(""))
    pings = [part for _ in range(99) for part in (30.0, b": ping\n\n")]
    pinging.then(pinging.streamed(*pings))
    words = [part for chunk in events("word " * 500, finish=None) for part in (30.0, chunk)]
    dribbling.then(dribbling.streamed(*words))

    with pytest.raises(ModelSilentError, match="no word for 60 s"):
        ask(pinging, timeout_s=60.0)
    assert pinging.clock[0] < 120
    assert "more than 900 s" in str(ask(dribbling, timeout_s=60.0).broken)
    assert 900 < dribbling.clock[0] < 960


def test_a_silence_is_not_asked_again() -> None:
    for silence in (httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow")):
        endpoint = Endpoint(silence)
        with pytest.raises(ModelSilentError):
            ask(endpoint)
        assert len(endpoint.asked) == 1


def test_an_endless_answer_is_stopped() -> None:
    endpoint = Endpoint(whole(""))
    endpoint.then(
        endpoint.streamed(*([b'data: {"choices": [{"delta": {"content": "%s"}}]}\n\n' % (b"x" * 9999)] * 999))
    )

    reply = ask(endpoint)

    assert reply.cut
    assert len(reply.text) < 220_000


def test_busy_endpoints_are_asked_again_after_as_long_as_they_say() -> None:
    busy = httpx.Response(429, headers={"retry-after": "7"})
    endpoint = Endpoint(lambda _: busy, httpx.Response(503), whole("[]"))
    model = endpoint.completions()

    assert model.ask(ASKED, "note", SCHEMA).text == "[]"
    assert endpoint.pauses == [7.0, 2.0]
    assert model.usage == Usage(3, 100, 20)


def test_what_a_server_does_not_know_is_left_away_and_not_tried_again() -> None:
    def picky(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        for name in ("stream_options", "temperature"):
            if name in asked:
                return httpx.Response(400, json={"error": {"message": f"Unsupported parameter: {name}"}})
        if "max_tokens" in asked:
            return httpx.Response(400, json={"error": {"message": "Use 'max_completion_tokens' instead."}})
        if "maxItems" in json.dumps(asked.get("response_format")):
            return httpx.Response(400, json={"error": {"message": "'maxItems' is not permitted"}})
        return whole("[]")

    endpoint = Endpoint(picky)
    model = endpoint.completions()
    for _ in range(2):
        assert model.ask(ASKED, "note", SCHEMA).text == "[]"

    assert len(endpoint.asked) == 6
    assert endpoint.asked[-1]["max_completion_tokens"] == 4096
    assert endpoint.asked[-1]["response_format"]["type"] == "json_schema"


def test_a_server_that_knows_nothing_is_asked_ever_more_simply_and_then_no_more() -> None:
    endpoint = Endpoint(httpx.Response(400, json={"error": "no"}))

    with pytest.raises(ModelUnavailableError, match="status 400: no"):
        ask(endpoint)

    forms = [asked.get("response_format", {}).get("type") for asked in endpoint.asked]
    assert forms == ["json_schema", "json_schema", "json_object", None, None, None]


def test_a_wrong_name_is_noticed_and_the_right_ones_are_told() -> None:
    missing = httpx.Response(
        404, json={"error": {"code": "model_not_found", "message": "The model 'small' does not exist"}}
    )
    endpoint = Endpoint(missing, models=["large", "huge"])

    with pytest.raises(
        ModelRefusedError, match="does not exist; the model is called “small” here, and it has “large”, “huge”"
    ):
        ask(endpoint)
    assert len(endpoint.asked) == 1


def test_a_wrong_address_is_noticed() -> None:
    with pytest.raises(ModelRefusedError, match="end in /v1"):
        ask(Endpoint(httpx.Response(404, text="<html>Not found</html>")))


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"code": "context_length_exceeded", "message": "too much"}}',
        '{"error": {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds it"}}',
        '{"object": "error", "message": "This model\'s maximum context length is 4096 tokens."}',
        '{"detail": [{"msg": "prompt is too long: 9000 tokens"}]}',
    ],
)
def test_a_full_context_is_told_from_other_failures(body: str) -> None:
    assert isinstance(failure_of(400, body), ContextOverflowError)


def test_the_servers_own_words_are_told_without_secrets() -> None:
    body = json.dumps(
        {"error": {"message": "Incorrect API key sk-abc123def456:\nsee http://me:pass@host/. " + "x " * 300}}
    )

    said = said_in(body, "hidden")

    assert said.startswith("Incorrect API key …: see http://…host/. x")
    assert len(said) == 200
    assert said_in("the key hidden is wrong", "hidden") == "the key … is wrong"
    assert said_in("<html>secret</html>") == ""
    assert said_in('{"detail": [{"msg": "field required"}]}') == "field required"
    assert said_in("[" * 100_000) != "x"

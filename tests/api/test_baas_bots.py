"""The v1 API of bots through the public door: what real clients send, and what they read."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.config import Settings
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services

MEETING = "https://meet.google.com/abc-defg-hij"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def key_for(services: Services, user: User) -> str:
    async with services.db.transaction() as tx:
        return (await services.accounts.management.create_api_key(tx, user))[1]


@pytest.fixture
async def baas(app: FastAPI, services: Services, user: User) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"x-meeting-baas-api-key": await key_for(services, user)}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://minutebook.example", headers=headers) as http:
        yield http


def room(number: int) -> str:
    """The address of a meeting for each number below 676."""
    first, second = divmod(number, 26)
    return f"{MEETING[:-2]}{chr(97 + first)}{chr(97 + second)}"


async def sent(baas: httpx.AsyncClient, **wish: object) -> str:
    """A bot that was sent; each to a meeting of its own unless told otherwise."""
    number = len((await baas.get("/bots/bots_with_metadata?limit=50")).json()["bots"])
    body = {"meeting_url": room(number), "bot_name": "Notes"} | wish
    answer = await baas.post("/bots/", json=body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"bot_id"}
    return str(answer.json()["bot_id"])


async def params_of(baas: httpx.AsyncClient, bot_id: str) -> dict[str, Any]:
    answer = await baas.get("/bots/meeting_data", params={"bot_id": bot_id})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["bot_data"]["bot"]
    return found


async def test_a_bot_is_sent_and_shown(baas: httpx.AsyncClient) -> None:
    bot_id = await sent(baas)
    answer = await baas.get("/bots/meeting_data", params={"bot_id": bot_id})
    shown = answer.json()
    assert {name: shown[name] for name in shown if name != "bot_data"} == {
        "duration": 0,
        "mp4": "",
        "audio": "",
        "speaker_diarization_file": "",
        "speaker_diarization_file_network": "",
        "meeting_participants_file": "",
    }
    assert shown["bot_data"]["transcripts"] == []
    assert shown["bot_data"]["event_uuid"] is None
    bot = shown["bot_data"]["bot"]
    assert (bot["uuid"], bot["bot_name"], bot["created_at"]) == (bot_id, "Notes", "2026-03-02T09:00:00.000Z")
    assert bot["extra"] == bot["transcription_custom_parameters"] == {}
    assert bot["webhook_url"] == bot["mp4_s3_path"] == ""
    assert bot["speech_to_text_provider"] is None
    assert (bot["waiting_room_timeout"], bot["noone_joined_timeout"], bot["silence_timeout"]) == (600, 600, 600)
    assert 0 < bot["account_id"] < 2**31
    assert bot["is_stopped"] is False
    for name in ("bot_joined_at", "bot_exited_at", "ended_at", "errors", "speech_to_text_api_key"):
        assert bot[name] is None


EVERY_PATH = [
    ("GET", "/bots/bots_with_metadata"),
    ("GET", "/bots/meeting_data?bot_id={bot}"),
    ("GET", "/bots/{bot}/screenshots"),
    ("GET", "/bots/webhooks"),
    ("GET", "/bots/webhooks/bot"),
    ("GET", "/bots/webhooks/calendar"),
    ("GET", "/bots/all?limit=5&offset=0"),
    ("GET", "/accounts/webhook_url"),
    ("DELETE", "/bots/{bot}"),
    ("POST", "/bots/{bot}/delete_data"),
]
BODIES = {
    "nothing": (b"", {}),
    "nothing, called JSON": (b"", {"content-type": "application/json"}),
    "null": (b"null", {"content-type": "application/json"}),
    "an empty object": (b"{}", {"content-type": "application/json"}),
    "an empty form": (b"", {"content-type": "application/x-www-form-urlencoded"}),
    "broken JSON": (b"{", {"content-type": "application/json"}),
}


@pytest.mark.parametrize("body", BODIES)
async def test_bodies_that_do_not_belong_are_ignored(baas: httpx.AsyncClient, body: str) -> None:
    bot_id = await sent(baas)
    content, headers = BODIES[body]
    for method, path in EVERY_PATH:
        answer = await baas.request(method, path.format(bot=bot_id), content=content, headers=headers)
        assert answer.status_code == 200, (path, answer.text)


@pytest.mark.parametrize("prefix", ["", "/meetingbaas"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_both_bases_and_both_slash_forms(baas: httpx.AsyncClient, slash: str, prefix: str) -> None:
    bot_id = await sent(baas)
    for method, template in EVERY_PATH:
        path, question, query = template.format(bot=bot_id).partition("?")
        answer = await baas.request(method, f"{prefix}{path}{slash}{question}{query}")
        assert answer.status_code == 200, (path, answer.text)
    answer = await baas.post(f"{prefix}/bots{slash}", json={"meeting_url": room(500), "bot_name": "Notes"})
    assert answer.status_code == 200, answer.text


async def test_the_key_comes_in_either_header_or_401(app: FastAPI, services: Services, user: User) -> None:
    key = await key_for(services, user)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutebook.example") as http:
        for name in ("x-meeting-baas-api-key", "x-spoke-api-key", "X-Meeting-Baas-Api-Key"):
            assert (await http.get("/bots/bots_with_metadata", headers={name: key})).status_code == 200
        for headers in ({}, {"x-meeting-baas-api-key": "wrong"}, {"authorization": f"Bearer {key}"}):
            answer = await http.post("/bots/", headers=headers, json={})
            assert answer.status_code == 401
            assert set(answer.json()) == {"error", "message", "code", "field"}
            assert isinstance(answer.json()["error"], str)
            assert "www-authenticate" not in answer.headers


async def test_nobody_elses_bot_is_found(baas: httpx.AsyncClient, services: Services, other_user: User) -> None:
    bot_id = await sent(baas)
    theirs = {"x-meeting-baas-api-key": await key_for(services, other_user)}
    for method, path in (
        ("GET", f"/bots/meeting_data?bot_id={bot_id}"),
        ("GET", f"/bots/{bot_id}/screenshots"),
        ("DELETE", f"/bots/{bot_id}"),
        ("POST", f"/bots/{bot_id}/delete_data"),
        ("POST", f"/bots/retry_webhook?bot_uuid={bot_id}"),
    ):
        answer = await baas.request(method, path, headers=theirs)
        assert (answer.status_code, answer.json()["code"]) == (404, "bot_not_found"), path
    answer = await baas.post("/bots/retranscribe", headers=theirs, json={"bot_uuid": bot_id})
    assert answer.status_code == 404
    assert (await baas.get("/bots/bots_with_metadata", headers=theirs)).json()["bots"] == []
    assert (await baas.get("/bots/all", headers=theirs)).json() == {"bots": [], "has_more": False}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/bots/no/such/thing", 404, "route_not_found"),
        ("GET", "/meetingbaas/nothing", 404, "route_not_found"),
        ("GET", "/accounts/nothing", 404, "route_not_found"),
        ("PUT", "/bots/", 405, "method_not_allowed"),
        ("GET", "/bots/00000000-0000-7000-8000-000000000000", 405, "method_not_allowed"),
        ("DELETE", "/bots/00000000-0000-7000-8000-000000000000", 404, "bot_not_found"),
        ("DELETE", "/bots/42", 404, "bot_not_found"),
        ("DELETE", "/bots/%00", 404, "bot_not_found"),
        ("GET", "/bots/meeting_data", 400, "bot_id_required"),
        ("GET", "/bots/meeting_data?bot_id=x", 404, "bot_not_found"),
        ("GET", "/bots/meeting_data?bot_id=x&include_transcripts=perhaps", 400, "include_transcripts_invalid"),
        ("GET", "/bots/bots_with_metadata?limit=0", 400, "limit_invalid"),
        ("GET", "/bots/bots_with_metadata?limit=51", 400, "limit_invalid"),
        ("GET", "/bots/bots_with_metadata?limit=many", 400, "limit_invalid"),
        ("GET", "/bots/bots_with_metadata?cursor=abc", 400, "cursor_invalid"),
        ("GET", "/bots/bots_with_metadata?cursor=%C3%BC", 400, "cursor_invalid"),
        ("GET", "/bots/bots_with_metadata?created_after=yesterday", 400, "created_after_invalid"),
        ("GET", "/bots/bots_with_metadata?created_after=0001-01-01T00:00:00%2B14:00", 400, "created_after_invalid"),
        ("GET", "/bots/bots_with_metadata?bot_name=%00", 400, "bot_name_invalid"),
        ("GET", "/bots/bots_with_metadata?filter_by_extra=plain", 400, "filter_by_extra_invalid"),
        ("GET", "/bots/all?limit=0", 400, "limit_invalid"),
        ("GET", "/bots/all?offset=99999999999999999999", 400, "offset_invalid"),
        ("POST", "/bots/retry_webhook", 400, "bot_uuid_required"),
        ("POST", "/bots/", 400, "body_required"),
        ("POST", "/bots/retranscribe", 400, "body_required"),
    ],
)
async def test_errors_have_the_shape_that_clients_read(
    baas: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await baas.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["error"] == answer.json()["message"]
    assert answer.json()["message"].endswith(".")
    assert answer.headers["content-type"] == "application/json"


NULLABLE = (
    *("bot_image", "entry_message", "start_time", "speech_to_text", "automatic_leave", "streaming", "extra"),
    *("webhook_url", "deduplication_key", "zoom_sdk_id", "zoom_sdk_pwd", "zoom_access_token_url", "zoom_obf_token"),
    *("zoom_obf_token_url", "zoom_obf_token_user_id", "transcription_custom_parameters", "recording_mode"),
)
GOOD_JOINS = [
    ({"reserved": False}, {"reserved": False}),
    ({"reserved": None}, {"reserved": False}),
    ({"reserved": True}, {"reserved": True}),
    ({"meeting_url": f"  {MEETING}\n"}, {"meeting_url": MEETING}),
    ({"bot_name": "  Ada's\n notes "}, {"bot_name": "Ada's notes"}),
    ({"recording_mode": None}, {"recording_mode": "speaker_view"}),
    ({"recording_mode": "gallery_view"}, {"recording_mode": "gallery_view"}),
    ({"recording_mode": "audio_only"}, {"recording_mode": "audio_only"}),
    ({"entry_message": "Hello"}, {"enter_message": "Hello"}),
    ({"entry_message": ""}, {"enter_message": None}),
    ({"bot_image": "https://example.com/a.png"}, {"bot_image": "https://example.com/a.png"}),
    ({"bot_image": ""}, {"bot_image": None}),
    ({"speech_to_text": "Gladia"}, {"speech_to_text_provider": "Gladia"}),
    ({"speech_to_text": {"provider": "Gladia"}}, {"speech_to_text_provider": "Gladia"}),
    (
        {"speech_to_text": {"provider": "Runpod", "api_key": "secret"}},
        {"speech_to_text_provider": "Runpod", "speech_to_text_api_key": None},
    ),
    ({"speech_to_text": {"provider": "Default", "more": 1}}, {"speech_to_text_provider": "Default"}),
    ({"transcription_custom_parameters": {"a": [1]}}, {"transcription_custom_parameters": {"a": [1]}}),
    ({"transcription_custom_parameters": None}, {"transcription_custom_parameters": {}}),
    ({"automatic_leave": {"noone_joined_timeout": 0}}, {"noone_joined_timeout": 600}),
    ({"automatic_leave": {"waiting_room_timeout": 5}}, {"waiting_room_timeout": 120}),
    ({"automatic_leave": {"waiting_room_timeout": 9999}}, {"waiting_room_timeout": 1800}),
    ({"automatic_leave": {"silence_timeout": 120}}, {"silence_timeout": 300}),
    ({"automatic_leave": {"silence_timeout": 301.0, "more": 1}}, {"silence_timeout": 301}),
    ({"automatic_leave": {"silence_timeout": None}}, {"silence_timeout": 600}),
    ({"automatic_leave": None}, {"silence_timeout": 600}),
    (
        {"streaming": {"input": "wss://a.example/x?k=1", "output": "wss://a.example/x?k=1", "format": "pcm"}},
        {
            "streaming_input": "wss://a.example/x?k=1",
            "streaming_output": "wss://a.example/x?k=1",
            "streaming_audio_frequency": "24khz",
        },
    ),
    (
        {"streaming": {"output": "ws://a.example", "audio_frequency": "16khz"}},
        {"streaming_input": None, "streaming_audio_frequency": "16khz"},
    ),
    ({"streaming": {"input": None, "output": None}}, {"streaming_audio_frequency": None}),
    ({"webhook_url": "https://example.com/hook"}, {"webhook_url": "https://example.com/hook"}),
    ({"webhook_url": ""}, {"webhook_url": ""}),
    ({"deduplication_key": "k"}, {"deduplication_key": "k"}),
    ({"extra": {"a": {"b": [None, 1.5]}, "\x00": "ü"}}, {"extra": {"a": {"b": [None, 1.5]}, "\x00": "ü"}}),
    ({"extra": None}, {"extra": {}}),
    ({"extra": ["not", "an", "object"]}, {"extra": ["not", "an", "object"]}),
    ({"zoom_sdk_id": "id", "zoom_sdk_pwd": "pwd"}, {"zoom_sdk_id": None, "zoom_sdk_pwd": None}),
    ({"zoom_obf_token": "secret"}, {"zoom_obf_token": None}),
    ({"zoom_access_token_url": "https://a.example/zak"}, {"zoom_access_token_url": "https://a.example/zak"}),
    ({"zoom_obf_token_user_id": "u"}, {"zoom_obf_token_user_id": "u"}),
    (
        dict.fromkeys(NULLABLE),
        {"extra": {}},
    ),
]


@pytest.mark.parametrize(("sent_members", "shown"), GOOD_JOINS)
async def test_what_clients_send_is_understood(
    baas: httpx.AsyncClient, sent_members: dict[str, Any], shown: dict[str, Any]
) -> None:
    bot = await params_of(baas, await sent(baas, **sent_members))
    assert {name: bot[name] for name in shown} == shown


BAD_JOINS = [
    ({"unknown": 1}, "member_unknown"),
    ({"meeting_url": None}, "meeting_url_invalid"),
    ({"meeting_url": ""}, "meeting_url_invalid"),
    ({"meeting_url": "meet me"}, "meeting_url_invalid"),
    ({"meeting_url": "ftp://example.com"}, "meeting_url_invalid"),
    ({"meeting_url": "https://"}, "meeting_url_invalid"),
    ({"meeting_url": "https://[::1"}, "meeting_url_invalid"),
    ({"meeting_url": "https://example.com:99999/"}, "meeting_url_invalid"),
    ({"meeting_url": "https://example.com/\x00"}, "meeting_url_invalid"),
    ({"meeting_url": "https://meet.example/room"}, "meeting_url_invalid"),
    ({"meeting_url": "https://meet.google.com.evil.example/abc-defg-hij"}, "meeting_url_invalid"),
    ({"bot_name": "   "}, "bot_name_required"),
    ({"bot_name": "x" * 256}, "text_too_long"),
    ({"bot_name": "\x00"}, "text_invalid"),
    ({"bot_name": 7}, "bot_name_invalid"),
    ({"bot_image": "data:image/png;base64,AAAA"}, "bot_image_invalid"),
    ({"recording_mode": "cinema"}, "recording_mode_invalid"),
    ({"reserved": "false"}, "reserved_invalid"),
    ({"start_time": -1}, "start_time_invalid"),
    ({"start_time": True}, "start_time_invalid"),
    ({"start_time": "soon"}, "start_time_invalid"),
    ({"start_time": 10**18}, "start_time_invalid"),
    ({"speech_to_text": "gladia"}, "provider_invalid"),
    ({"speech_to_text": {}}, "provider_required"),
    ({"automatic_leave": {"silence_timeout": -1}}, "silence_timeout_invalid"),
    ({"automatic_leave": {"silence_timeout": 1.5}}, "silence_timeout_invalid"),
    ({"automatic_leave": {"silence_timeout": "600"}}, "silence_timeout_invalid"),
    ({"automatic_leave": 600}, "automatic_leave_invalid"),
    ({"streaming": {"audio_frequency": "48khz"}}, "audio_frequency_invalid"),
    ({"streaming": {"output": "https://example.com"}}, "output_invalid"),
    ({"webhook_url": "not a URL"}, "webhook_url_invalid"),
    ({"webhook_url": "http://127.0.0.1/hook"}, "webhook_url_refused"),
    ({"zoom_sdk_id": "id"}, "zoom_sdk_incomplete"),
    ({"zoom_sdk_pwd": "pwd", "zoom_sdk_id": " "}, "zoom_sdk_incomplete"),
]


@pytest.mark.parametrize(("members", "code"), BAD_JOINS)
async def test_what_cannot_be_is_refused_with_its_member(
    baas: httpx.AsyncClient, members: dict[str, Any], code: str
) -> None:
    answer = await baas.post("/bots/", json={"meeting_url": MEETING, "bot_name": "Notes"} | members)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert answer.json()["field"].startswith(next(iter(members)).split(".")[0]) or code == "zoom_sdk_incomplete"
    assert (await baas.get("/bots/bots_with_metadata")).json()["bots"] == []


async def test_a_misspelt_member_is_refused_with_the_name_that_was_meant(baas: httpx.AsyncClient) -> None:
    answer = await baas.post("/bots/", json={"meeting_url": MEETING, "bot_nam": "Notes"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "`bot_nam` is not known here: did you mean `bot_name`?"
    assert answer.json()["field"] == "bot_nam"


async def test_what_the_contract_leaves_open_is_accepted_and_named(baas: httpx.AsyncClient) -> None:
    """Older clients send more in the objects than anybody reads; `extra` is the caller's own."""
    odd = {"silence_timout": 600, "noone_joined_timeout": 300, "über\r\nX: 1": 1}
    wish = {"meeting_url": MEETING, "bot_name": "Notes", "extra": {"silence_timout": 1}, "automatic_leave": odd}
    answer = await baas.post("/bots/", json=wish | {"streaming": {"output": "wss://example.com", "format": "pcm"}})
    assert answer.status_code == 200
    named = answer.headers["x-ignored-members"].split(", ")
    assert named == ["automatic_leave.silence_timout", "automatic_leave.%C3%BCber%0D%0AX%3A%201", "streaming.format"]
    many = await baas.post("/accounts/webhook_url", json={"webhook_url": None} | {f"m{n}": n for n in range(50)})
    assert many.status_code == 200
    assert len(many.headers["x-ignored-members"].split(", ")) == 10
    odd_names = await baas.post("/accounts/webhook_url", json={"webhook_url": None, "": 1, " m ": 1})
    assert odd_names.headers["x-ignored-members"] == '"", %20m%20'  # a header may not end in a blank
    assert "x-ignored-members" not in (await baas.post("/accounts/webhook_url", json={"webhook_url": None})).headers


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "body_not_json"),
        (b"\xff", "body_not_json"),
        (b'{"meeting_url":"https://a.example","bot_name":"x","extra":NaN}', "body_not_json"),
        (b'{"meeting_url":"https://a.example","bot_name":"x","extra":1e999}', "body_not_json"),
        (b'{"meeting_url":"https://a.example","bot_name":"x","extra":' + b"9" * 5000 + b"}", "body_not_json"),
        (b"[" * 100_000, "body_not_json"),
        (b'{"extra":' + b"[" * 80 + b"]" * 80 + b"}", "body_too_deep"),
        (b'{"extra":"\\ud800"}', "body_not_text"),
        (b"[]", "body_required"),
        (b'"text"', "body_required"),
        (b"{}", "meeting_url_required"),
    ],
)
async def test_broken_bodies(baas: httpx.AsyncClient, body: bytes, code: str) -> None:
    answer = await baas.post("/bots/", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


async def test_a_body_is_json_whatever_it_is_called(baas: httpx.AsyncClient) -> None:
    body = b'{"meeting_url":"https://meet.google.com/abc-defg-hij","bot_name":"Notes"}'
    for letter, label in ((b"k", "application/x-www-form-urlencoded"), (b"l", "text/plain")):
        content = body.replace(b"hij", b"hi" + letter)
        assert (await baas.post("/bots", content=content, headers={"content-type": label})).status_code == 200


async def test_too_large_a_body(baas: httpx.AsyncClient, settings: Settings) -> None:
    content = b" " * (settings.http.max_body_bytes + 1)
    answer = await baas.post("/bots/", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


IN_AN_HOUR = START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("start_time", "starts_at"),
    [
        (int(IN_AN_HOUR.timestamp()), IN_AN_HOUR),
        (IN_AN_HOUR.timestamp() + 0.5, IN_AN_HOUR + timedelta(seconds=0.5)),
        (int(IN_AN_HOUR.timestamp()) * 1000, IN_AN_HOUR),
        (str(int(IN_AN_HOUR.timestamp())), IN_AN_HOUR),
        ("2026-03-02T10:00:00Z", IN_AN_HOUR),
        ("2026-03-02T10:00:00", IN_AN_HOUR),
        ("2026-03-02T12:00:00.000+02:00", IN_AN_HOUR),
        (0, START),
        (int(START.timestamp()) - 60, START),
        (None, START),
    ],
)
async def test_start_times_in_all_their_forms(
    baas: httpx.AsyncClient, services: Services, user: User, start_time: float | str | None, starts_at: datetime
) -> None:
    bot_id = await sent(baas, start_time=start_time)
    async with services.db.reading() as tx:
        assert (await services.bots.get(tx, user.id, bot_id)).start_at == starts_at


def opened(services: Services, sealed: str | None) -> str:
    assert sealed is not None
    return services.sealing.open(sealed)


async def test_secrets_are_stored_sealed_and_never_shown(baas: httpx.AsyncClient, services: Services) -> None:
    bot_id = await sent(
        baas,
        speech_to_text={"provider": "Gladia", "api_key": "gladia-secret"},
        zoom_sdk_id="sdk-id-secret",
        zoom_sdk_pwd="sdk-pwd-secret",
        zoom_obf_token="obf-secret",
    )
    for path in (f"/bots/meeting_data?bot_id={bot_id}", "/bots/bots_with_metadata", "/bots/all"):
        assert "secret" not in (await baas.get(path)).text
    async with services.db.reading() as tx:
        bot = await services.bots.load(tx, bot_id)
    assert bot is not None
    assert bot.wish.speech_to_text is not None
    assert bot.wish.zoom is not None
    assert "secret" not in repr(bot)
    assert opened(services, bot.wish.speech_to_text.sealed_api_key) == "gladia-secret"
    assert opened(services, bot.wish.zoom.sealed_obf_token) == "obf-secret"
    assert opened(services, bot.sealed_api_key) == baas.headers["x-meeting-baas-api-key"]


async def test_one_bot_per_meeting_within_five_minutes(baas: httpx.AsyncClient, clock: VirtualClock) -> None:
    body = {"meeting_url": MEETING, "bot_name": "Notes"}
    assert (await baas.post("/bots/", json=body)).status_code == 200
    answer = await baas.post("/bots/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "bot_duplicate")
    assert (await baas.post("/bots/", json=body | {"deduplication_key": "another"})).status_code == 200
    clock.advance(301)
    assert (await baas.post("/bots/", json=body)).status_code == 200


async def test_a_bot_that_has_not_started_is_cancelled_and_leaving_again_does_no_harm(baas: httpx.AsyncClient) -> None:
    bot_id = await sent(baas, start_time=int(IN_AN_HOUR.timestamp()))
    for _ in range(2):
        answer = await baas.delete(f"/bots/{bot_id.upper()}")
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    (shown,) = (await baas.get("/bots/all?limit=1&offset=0")).json()["bots"]
    assert shown["status"]["value"] == "cancelled"


async def test_deleting_is_limited_per_key(
    app: FastAPI, baas: httpx.AsyncClient, services: Services, user: User, clock: VirtualClock
) -> None:
    bot_id = await sent(baas)
    for _ in range(5):
        answer = await baas.post(f"/bots/{bot_id}/delete_data")
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "status": "noDataFound"})
    answer = await baas.post(f"/bots/{bot_id}/delete_data")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    other_key = {"x-meeting-baas-api-key": await key_for(services, user)}
    assert (await baas.post(f"/bots/{bot_id}/delete_data", headers=other_key)).status_code == 200
    clock.advance(60)
    assert (await baas.post(f"/bots/{bot_id}/delete_data")).status_code == 200


async def test_failed_deletions_count_too(baas: httpx.AsyncClient) -> None:
    unknown = "/bots/00000000-0000-7000-8000-000000000000/delete_data"
    assert [(await baas.post(unknown)).status_code for _ in range(6)] == [404] * 5 + [429]


async def test_an_account_has_an_address_for_webhooks(baas: httpx.AsyncClient) -> None:
    assert (await baas.get("/accounts/webhook_url")).json() == {"webhook_url": None}
    answer = await baas.post("/accounts/webhook_url", json={"webhook_url": "https://example.com/hook"})
    assert (answer.status_code, answer.json()) == (200, {"webhook_url": "https://example.com/hook"})
    assert (await baas.get("/accounts/webhook_url/")).json() == {"webhook_url": "https://example.com/hook"}
    answer = await baas.post("/accounts/webhook_url", json={"webhook_url": "http://10.0.0.1/"})
    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_url_refused")
    for empty in ("", None):
        assert (await baas.post("/accounts/webhook_url", json={"webhook_url": empty})).status_code == 200
        assert (await baas.get("/accounts/webhook_url")).json() == {"webhook_url": None}
    assert (await baas.post("/accounts/webhook_url", json={})).json()["code"] == "webhook_url_required"


async def test_nothing_to_send_or_to_transcribe_again(baas: httpx.AsyncClient) -> None:
    bot_id = await sent(baas)
    answer = await baas.post("/bots/retry_webhook", params={"bot_uuid": bot_id})
    assert (answer.status_code, answer.json()["code"]) == (409, "bot_not_final")
    answer = await baas.post("/bots/retranscribe", json={"bot_uuid": bot_id, "speech_to_text": "Default"})
    assert (answer.status_code, answer.json()["code"]) == (409, "bot_has_no_recording")


async def test_pages_of_other_sites_may_call(app: FastAPI, baas: httpx.AsyncClient) -> None:
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    wanted = "content-type, x-meeting-baas-api-key"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://minutebook.example") as http:
        for path in ("/bots/", "/meetingbaas/bots", "/accounts/webhook_url", "/media/bots/x/recording.mp4"):
            answer = await http.options(path, headers=asked | {"access-control-request-headers": wanted})
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["access-control-allow-headers"] == wanted
            assert "DELETE" in answer.headers["access-control-allow-methods"]
        assert "access-control-allow-origin" not in (await http.options("/api/sessions", headers=asked)).headers
    for path, status in (("/bots/all", 200), ("/bots/meeting_data", 400), ("/bots/a/b/c", 404)):
        answer = await baas.get(path, headers={"origin": "https://app.example"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_what_webhooks_say_is_described(baas: httpx.AsyncClient) -> None:
    described = (await baas.get("/bots/webhooks")).json()["events"]
    ours = (await baas.get("/bots/webhooks/bot")).json()["events"]
    calendars = (await baas.get("/bots/webhooks/calendar")).json()["events"]
    assert set(described) == set(ours) | set(calendars)
    assert set(ours) == {"bot.status_change", "complete", "failed", "transcription_complete"}
    assert "in_call_recording" in ours["bot.status_change"]["status_codes"]


async def test_the_document_names_this_server_and_the_other_documents_stay(baas: httpx.AsyncClient) -> None:
    document = (await baas.get("/meetingbaas/openapi.json")).json()
    assert document["servers"] == [{"url": "http://minutebook.example"}]
    assert "/bots/" in document["paths"]
    paxs = (await baas.get("/openapi.json")).json()
    assert "/api/sessions" in paxs["paths"]
    assert not [path for path in paxs["paths"] if path.startswith("/bots")]


@pytest.mark.parametrize("told", ["xx", "Klingon", 7, ["de"]])
async def test_an_unknown_language_is_refused(baas: httpx.AsyncClient, told: object) -> None:
    wish = {"meeting_url": MEETING, "bot_name": "Notes", "speech_to_text": "Default"}
    answer = await baas.post("/bots/", json={**wish, "transcription_custom_parameters": {"language": told}})
    assert answer.status_code == 400, answer.text
    assert "transcription_custom_parameters.language" in answer.text
    passed_on = {**wish, "speech_to_text": {"provider": "Gladia", "api_key": "k"}}
    answer = await baas.post("/bots/", json={**passed_on, "transcription_custom_parameters": {"language": told}})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("told", ["German", "de-AT"])
async def test_a_language_may_go_by_any_name(baas: httpx.AsyncClient, told: str) -> None:
    await sent(baas, speech_to_text="Default", transcription_custom_parameters={"language": told})

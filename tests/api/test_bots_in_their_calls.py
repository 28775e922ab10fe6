"""`/api/bots/{id}/…`: who is in the call, what the bot sees, each participant's sound; the owner's alone."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import av
import httpx
import pytest
from fastapi import FastAPI

from minutebook.accounts.model import User
from minutebook.analysis.kinds import DERIVE_TASK, NAMES_TASK, TRANSCRIBE_TASK
from minutebook.bots.hosting.launchers.fake import silence
from minutebook.bots.model import BotWish
from minutebook.bots.protocol import CommandAnswer, Observation, ObservationKind
from minutebook.bots.tasks import bot_tasks
from minutebook.jobs.fake import InlineJobs
from minutebook.recordings.sources import sources_from_json, sources_key
from minutebook.recordings.tasks import recording_tasks
from minutebook.wiring import Services
from minutebook.working import finishing_of
from support.bots import MEETING_URL, WAY_IN, Runner, Stage, _nothing, chunks
from support.browser import IssueToken

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
SCOPES = ("session", "media")
DOORS = ("participants", "screenshot", "speakers/1/audio")


@pytest.fixture
async def runner(services: Services, user: User) -> Runner:
    """The runner of a bot that records."""
    async with services.db.transaction() as tx:
        await services.bots.create(tx, user.id, BotWish(MEETING_URL, "Scribe"), api_key=None)
    (claim,) = await services.bot_dispatch.claim("here", 4)
    await services.bot_dispatch.started(claim, 4711)
    return await Runner(cast(Stage, services), claim).reach(*WAY_IN)


@pytest.fixture
async def headers(user_token: IssueToken) -> dict[str, str]:
    return {"Authorization": f"Bearer {await user_token()}"}


def seen(kind: str, at_ms: int, key: str, name: str) -> Observation:
    return Observation(ObservationKind(kind), at_ms, key, name, track=key == "a")


async def observed(runner: Runner, *told: tuple[str, str, str]) -> None:
    """Ada is on a track of her own."""
    begin = round(runner.stage.clock.now().timestamp() * 1000)
    rows = [seen(kind, begin + at, key, name) for at, (kind, key, name) in enumerate(told)]
    await runner.observe(rows)


async def screenshot(runner: Runner, index: int, png: bytes) -> None:
    reception = runner.stage.bot_reception
    taken_ms = round(runner.stage.clock.now().timestamp() * 1000) + index
    await reception.keep_screenshot(
        runner.bot_id, 1, runner.claim.token, index, chunks(png), name="watch", taken_ms=taken_ms
    )


async def finished(services: Services, runner: Runner) -> None:
    """The call is over, and its pieces are put together."""
    await runner.end(end_reason="meeting_ended")
    jobs = InlineJobs(services.db)
    jobs.tasks = {
        **recording_tasks(services.recordings),
        **bot_tasks(services.db, services.bots, finishing_of(services)),
        **dict.fromkeys((TRANSCRIBE_TASK, DERIVE_TASK, NAMES_TASK), _nothing),
    }
    await jobs.drain()


def names(answer: httpx.Response) -> Sequence[tuple[int, str, bool, bool]]:
    assert answer.status_code == 200, answer.text
    rows = answer.json()["participants"]
    return [(row["number"], row["name"], row["present"], row["has_audio"]) for row in rows]


async def test_who_is_in_the_call_is_known_while_it_lasts_and_afterwards(
    client: httpx.AsyncClient, services: Services, runner: Runner, headers: dict[str, str]
) -> None:
    path = f"/api/bots/{runner.bot_id}/participants"
    assert names(await client.get(path, headers=headers)) == []
    await observed(runner, ("participant", "a", "Ada"), ("participant", "t", "Tom"))
    await runner.record(1.0)
    assert names(await client.get(path, headers=headers)) == [(1, "Ada", True, False), (2, "Tom", True, False)]
    await observed(runner, ("left", "t", ""), ("participant", "a", "Ada Lovelace"), ("participant", "g", "Grace"))
    assert names(await client.get(path, headers=headers)) == [
        (1, "Ada Lovelace", True, False),
        (2, "Tom", False, False),
        (3, "Grace", True, False),
    ]
    await runner.record(1.0, "track.a", silence(1.0))
    await finished(services, runner)
    after = names(await client.get(path, headers=headers))
    assert after == [(1, "Ada Lovelace", False, True), (2, "Tom", False, False), (3, "Grace", False, False)]


async def test_the_newest_screenshot(client: httpx.AsyncClient, runner: Runner, headers: dict[str, str]) -> None:
    path = f"/api/bots/{runner.bot_id}/screenshot"
    none = await client.get(path, headers=headers)
    assert (none.status_code, none.json()["error"]["code"]) == (404, "screenshot_not_found")
    await screenshot(runner, 0, PNG)
    await screenshot(runner, 1, PNG + b"newer")
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", PNG + b"newer")
    assert answer.headers["last-modified"] == "Mon, 02 Mar 2026 09:00:03 GMT"


async def test_each_participants_sound_is_a_download(
    client: httpx.AsyncClient, services: Services, runner: Runner, headers: dict[str, str]
) -> None:
    path = f"/api/bots/{runner.bot_id}/speakers/{{}}/audio"
    await observed(runner, ("participant", "a", "Ada"), ("participant", "t", "Tom"))
    await runner.record(1.0, "track.a", silence(1.0))
    await runner.record(2.0)
    early = await client.get(path.format(1), headers=headers)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_ready")
    await finished(services, runner)
    answer = await client.get(path.format(1), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    assert 'attachment; filename="1 Ada.flac"' in answer.headers["content-disposition"]
    with av.open(io.BytesIO(answer.content), "r") as sound:
        assert sum(frame.samples for frame in sound.decode(audio=0)) == 2 * 24_000, "on the recording's own clock"
    part = await client.get(path.format(1), headers={**headers, "Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"fLaC")
    for number, status in ((2, 404), (3, 404), (0, 404), ("x", 404)):
        assert (await client.get(path.format(number), headers=headers)).status_code == status, number


async def test_a_bot_is_its_owners_alone(
    client: httpx.AsyncClient, runner: Runner, services: Services, user: User, other_user_token: IssueToken
) -> None:
    async with services.db.transaction() as tx:
        _, key = await services.accounts.management.create_api_key(tx, user)
    await screenshot(runner, 0, PNG)
    stranger = {"Authorization": f"Bearer {await other_user_token()}"}
    for door, right in zip(DOORS, (200, 200, 409), strict=True):
        path = f"/api/bots/{runner.bot_id}/{door}"
        assert (await client.get(path, headers=stranger)).status_code == 404, door
        assert (await client.get(path)).status_code == 401, door
        assert (await client.get(path, headers={"x-meeting-baas-api-key": "mbk_wrong"})).status_code == 401, door
        assert (await client.get(path, headers={"x-meeting-baas-api-key": key})).status_code == right, door


async def test_a_token_needs_the_scope(
    client: httpx.AsyncClient, runner: Runner, user_token: IssueToken, app: FastAPI
) -> None:
    paths = app.openapi()["paths"]
    doors = [(path, method) for path in paths if path.startswith("/api/bots/") for method in paths[path]]
    assert len(doors) == len(DOORS) + 12
    tokens = {scope: await user_token(" ".join({"session", "media", "analysis"} - {scope})) for scope in SCOPES}
    for path, method in doors:
        (scope,) = {name for each in paths[path][method]["security"] for name in each.get("OAuth", ())}
        gives_media = path.endswith(("audio", "import")) or (path.endswith("screenshot") and method == "get")
        assert (scope == "media") == gives_media
        door = path.format(bot_id=runner.bot_id, number=1, command_id=runner.bot_id, recording_id="x")
        answer = await client.request(method, door, headers={"Authorization": f"Bearer {tokens[scope]}"})
        assert answer.status_code == 403, door
        assert {name for each in paths[path][method]["security"] for name in each} == {"OAuth", "ApiKey"}


async def test_a_bot_is_told_something(
    client: httpx.AsyncClient, runner: Runner, headers: dict[str, str], other_user_token: IssueToken
) -> None:
    base = f"/api/bots/{runner.bot_id}"
    key = {"Idempotency-Key": "once"}
    answer = await client.post(f"{base}/chat", json={"text": "Hello"}, headers=headers | key)
    assert answer.status_code == 202, answer.text
    command = answer.json()
    assert (command["kind"], command["state"], command["text"]) == ("chat", "waiting", "Hello")
    again = await client.post(f"{base}/chat", json={"text": "Hello"}, headers=headers | key)
    assert again.json()["id"] == command["id"]
    for what in ("chat/open", "screenshot", "pause", "resume"):
        assert (await client.post(f"{base}/{what}", headers=headers)).status_code == 202, what
    assert len((await runner.beats()).commands) == 5
    await runner.beats(CommandAnswer(command["id"], done=True))
    found = await client.get(f"{base}/commands/{command['id']}", headers=headers)
    assert found.json()["state"] == "done"
    kinds = [each["kind"] for each in (await client.get(f"{base}/commands", headers=headers)).json()["commands"]]
    assert sorted(kinds) == ["chat", "open_chat", "pause", "resume", "screenshot"]
    theirs = {"Authorization": f"Bearer {await other_user_token()}"}
    for method, path in (("POST", "pause"), ("GET", "commands"), ("GET", "chat"), ("GET", f"commands/{command['id']}")):
        assert (await client.request(method, f"{base}/{path}", headers=theirs)).status_code == 404, path
        assert (await client.request(method, f"{base}/{path}")).status_code == 401, path
    for body in ({"text": " "}, {"text": "x" * 5000}, {"text": "a\x00b"}, {"words": "x"}):
        assert (await client.post(f"{base}/chat", json=body, headers=headers)).status_code == 400, body
    nobody = f"/api/bots/{runner.bot_id[:-4]}0000/pause"
    assert (await client.post(nobody, headers=headers)).status_code == 404
    await runner.record(1.0)
    await runner.end(end_reason="meeting_ended")
    late = await client.post(f"{base}/chat", json={"text": "Hello"}, headers=headers)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "bot_not_in_call")
    assert late.json()["error"]["message"] == "The bot is not in a call: its call is over."


async def test_a_bot_says_a_text_or_a_sound(
    client: httpx.AsyncClient, services: Services, runner: Runner, headers: dict[str, str], tmp_path: Path
) -> None:
    base = f"/api/bots/{runner.bot_id}"
    mute = await client.post(f"{base}/say", json={"text": "Hello"}, headers=headers)
    assert (mute.status_code, mute.json()["error"]["code"]) == (409, "voice_missing")
    assert "MINUTEBOOK_BOTS__VOICE" in mute.json()["error"]["message"]
    spoken = tmp_path / "spoken.flac"
    spoken.write_bytes(silence(1.5))
    script = f'import sys; sys.stdin.read(); sys.stdout.buffer.write(open("{spoken}", "rb").read())'
    services.bot_voice.command = [sys.executable, "-c", script]
    said = await client.post(f"{base}/say", json={"text": "Hello"}, headers=headers)
    assert (said.status_code, said.json()["text"]) == (202, "Hello")
    played = await client.post(f"{base}/sound", content=silence(2.0), headers=headers)
    assert (played.status_code, played.json()["kind"]) == (202, "say")
    orders = (await runner.beats()).commands
    assert [each.sound for each in orders] == [True, True]
    sounds = [await runner.stage.bot_reception.sound(runner.bot_id, 1, runner.claim.token, each.id) for each in orders]
    assert [len(each) / 32_000 for each in sounds] == [pytest.approx(1.5, abs=0.01), pytest.approx(2.0, abs=0.01)]
    for body, code in ((b"", "sound_required"), (b"no sound", "media_unreadable")):
        refused = await client.post(f"{base}/sound", content=body, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    services.bot_voice.command = ["false"]
    broken = await client.post(f"{base}/say", json={"text": "Hello"}, headers=headers)
    assert (broken.status_code, broken.json()["error"]["code"]) == (503, "voice_failed")


async def test_the_chat_and_the_pause_are_in_the_record(
    client: httpx.AsyncClient, services: Services, runner: Runner, headers: dict[str, str]
) -> None:
    base = f"/api/bots/{runner.bot_id}"
    begin = round(runner.stage.clock.now().timestamp() * 1000)
    line = Observation(ObservationKind.CHAT, begin + 1000, "1", "Ada", text="Hello")
    pauses = [
        Observation(ObservationKind.PAUSED, begin + at, "", start_ms=begin + at - 1000, end_ms=begin + at)
        for at in (3000, 4000)
    ]
    await runner.observe([seen("participant", begin, "a", "Ada"), line, line, *pauses])
    await runner.record(6.0)
    live = (await client.get(f"{base}/chat", headers=headers)).json()["lines"]
    assert [(each["author"], each["text"]) for each in live] == [("Ada", "Hello")]
    await finished(services, runner)
    assert (await client.get(f"{base}/chat", headers=headers)).json()["lines"] == [
        {"at_s": 1.0, "author": "Ada", "text": "Hello"}
    ]
    async with services.db.reading() as read:
        bot = await services.bots.load(read, runner.bot_id)
    assert bot is not None
    assert bot.recording_id is not None
    kept = sources_from_json(await services.storage.get_bytes(sources_key(bot.recording_id)))
    assert kept.notices == ("From 0:02 to 0:04 the recording was paused: nothing of it is kept.",)
    assert [each.name for each in kept.participants] == ["Ada"], "a line of the chat is nobody"

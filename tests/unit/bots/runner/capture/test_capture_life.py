"""A capture from its start to its stop, without a browser."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.async_api import Page

from minutebook.bots.protocol import Orders
from minutebook.bots.runner.capture.capture import Capture
from minutebook.bots.runner.capture.spool import Spool, finished

ORDERS = Orders("bot", 1, "Note Taker", "https://call.test/", "webrtc", False, {})


class GonePage:
    """A page that was closed."""

    def is_closed(self) -> bool:
        return True


GONE = cast(Page, GonePage())


class Installed:
    """Where a capture's scripts and bindings go."""

    def __init__(self) -> None:
        self.told: Callable[[dict[str, Any], str], None]
        self.scripts: list[str] = []

    async def expose_binding(self, name: str, told: Callable[[dict[str, Any], str], None]) -> None:
        self.told = told

    async def add_init_script(self, script: str) -> None:
        self.scripts.append(script)

    def tell(self, kind: str, content: object) -> None:
        self.told({"frame": None}, json.dumps({"document": "d", "kind": kind, "content": content}))


class Time:
    """Milliseconds that pass when told to."""

    now_ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def now() -> Time:
    return Time()


async def installed(capture: Capture) -> Installed:
    context = Installed()
    await capture.install(cast(Any, context))
    return context


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_who_was_there_before_the_recording_is_there_at_its_start(tmp_path: Path, now: Time) -> None:
    capture = Capture(ORDERS, Spool(tmp_path, 1, 10.0), now_ms=now)
    page = await installed(capture)
    page.tell("roster", [{"id": "1", "name": "Ana"}])
    assert (dict(capture.participants), capture.ever_present, capture.last_sound_ms) == ({}, False, None)
    await capture.start(GONE)
    await until(lambda: list(capture.participants.values()) == ["Ana"])
    assert capture.ever_present
    await capture.stop()


async def test_silence_is_a_recording_too(tmp_path: Path, now: Time) -> None:
    heard: list[bytes] = []
    capture = Capture(ORDERS, Spool(tmp_path, 1, 10.0), now_ms=now)
    capture.on_sound(heard.append)
    await capture.start(GONE)
    now.now_ms += 1000
    await until(lambda: len(heard) >= 7)
    await capture.stop()
    await capture.stop()
    assert [(piece.stream, piece.length_ms) for piece in finished(tmp_path)] == [("audio", 1000)]
    assert b"".join(heard) == bytes(48_000)


def told(capture: Capture, people: int) -> bool:
    return len(capture.participants) == people


async def test_participants_keep_their_keys_in_the_next_attempt(tmp_path: Path, now: Time) -> None:
    keys = []
    for attempt, roster in (
        (1, [{"id": "1", "name": "Ana"}, {"id": "2", "name": "Ana"}]),
        (2, [{"id": "2", "name": "Ana"}]),
    ):
        capture = Capture(ORDERS, Spool(tmp_path, attempt, 10.0), now_ms=now)
        page = await installed(capture)
        page.tell("roster", roster)
        await capture.start(GONE)
        await until(partial(told, capture, len(roster)))
        keys.append(list(capture.participants))
        await asyncio.sleep(0.15)
        await capture.stop()
    assert keys[1] == keys[0][1:]


async def test_a_full_disk_is_seen_and_told_at_the_stop(
    tmp_path: Path, now: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, 1, 10.0)
    capture = Capture(ORDERS, spool, now_ms=now)
    page = await installed(capture)
    await capture.start(GONE)
    now.now_ms += 500
    await until(lambda: bool(list((tmp_path / "1").glob("audio.*"))))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "sound", full)
    now.now_ms += 1000
    await until(lambda: capture.failure is not None)
    page.tell("roster", [{"id": "1", "name": "Ana"}])
    with pytest.raises(OSError, match="No space left"):
        await capture.stop()
    assert [piece.stream for piece in finished(tmp_path)] == ["audio"]


async def test_the_script_is_one_closed_scope_with_the_name_as_data(tmp_path: Path, now: Time) -> None:
    name = 'Robert"); </script> `${x}` \u2028'
    orders = Orders("bot", 1, name, "https://call.test/", "webrtc", False, {})
    page = await installed(Capture(orders, Spool(tmp_path, 1, 10.0), now_ms=now))
    (script,) = page.scripts
    assert script.startswith("(() => {")
    assert json.dumps(name) in script

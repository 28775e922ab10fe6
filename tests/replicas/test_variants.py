"""The unmodified bot in played meetings of the platforms, over real WebRTC: what it reports is compared with what
happened. What happens is data: `variants.toml`."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minutebook.bots.protocol import ReportKind, observations_from_lines
from minutebook.kit.ids import new_id
from support.calls.chromium import CHROMIUM
from support.calls.home import RunnerAtHome, orders_for, runner
from support.replicas.room import Room
from support.replicas.script import Script
from support.replicas.server import Replicas, address_of, replicas

VARIANTS = tomllib.loads(Path(__file__).with_name("variants.toml").read_text("utf-8"))["variant"]
LOBBY_WITHIN_S = 5.0
BOT = "Minutebook"
pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(240),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: run `make stage`"),
]
Variant = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with replicas(tmp_path_factory.mktemp("replicas")) as running:
        yield running


def _cases() -> Iterator[Any]:
    for variant in VARIANTS:
        marks = () if variant.get("quick") else (pytest.mark.soak,)
        yield pytest.param(variant, id=f"{variant['platform']}: {variant['name']}", marks=marks)


@pytest.mark.parametrize("variant", list(_cases()))
def test_the_bot_reports_what_happened(variant: Variant, server: Replicas, tmp_path: Path) -> None:
    platform, number = variant["platform"], VARIANTS.index(variant)
    address, key = address_of(platform, number, variant.get("host"))
    more = {name: variant[name] for name in ("layout", "hops", "slow_s", "network") if name in variant}
    script = Script(variant["script"])
    room = server.rooms[key] = Room(platform, script, **more)
    orders = replace(orders_for(address, new_id(), **variant.get("rules", {})), platform=platform, bot_name=BOT)
    environment = {"MINUTEBOOK_BOTS__CHROMIUM": str(server.chromium)}
    with runner(orders, tmp_path, environment) as running:
        room.on_stop = running.request_stop
        try:
            ending = running.wait_end(variant.get("limit_s", 90.0))
        except AssertionError as error:
            error.add_note(str(room.log))
            raise
    server.close(room)
    assert script.failure is None, script.failure
    told = f"{ending.message}\n{room.log}\n{running.log.read_text()[-3000:]}"
    assert (ending.end_reason or ending.failure) == variant["ending"], told
    assert running.states == variant["states"], told
    assert variant.get("says", "") in (ending.message or ""), told
    lobbies(running, room)
    seen = {each.name for each in observed(running) if each.name}
    assert seen >= set(variant.get("people", ())), seen
    assert BOT not in seen


def observed(running: RunnerAtHome) -> list[Any]:
    pieces = sorted((key, data) for key, data in running.pieces.items() if key[0] == "observations")
    return [each for _, data in pieces for each in observations_from_lines(data)]


def lobbies(running: RunnerAtHome, room: Room) -> None:
    """The lobby is seen soon after the page shows it, and nothing is recorded there."""
    states = [(each.at_ms / 1000, each.state) for each in running.reports if each.kind is ReportKind.STATE]
    for at, until in room.lobbies():
        before = [state for when, state in states if when < at]
        if not {"recording", "waiting_room"} & set(before[-1:]):
            seen = [when - at for when, state in states if state == "waiting_room" and at <= when <= until]
            assert seen, (at, states)
            assert seen[0] <= LOBBY_WITHIN_S, f"the lobby was seen after {seen[0]:.1f} s"
        assert not [state for when, state in states if state == "recording" and at <= when <= until], states

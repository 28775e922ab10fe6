"""What a bot is told in its call, with the real runner in a real call: it writes, reads, speaks, pictures, pauses."""

import io
import time
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Playwright

from minutebook.bots.protocol import CommandOrder, ObservationKind, observations_from_lines
from minutebook.kit.ids import new_id
from support.calls.home import RunnerAtHome, orders_for, runner
from support.calls.pages import CallPages
from support.calls.participants import participants

pytestmark = [pytest.mark.live, pytest.mark.timeout(300), pytest.mark.usefixtures("people_can_come")]
PAUSE_S = 4.0


def tone() -> bytes:
    at = np.arange(2 * 16_000) / 16_000
    return (8000 * np.sin(2 * np.pi * 1500 * at)).astype("<i2").tobytes()


def recorded(running: RunnerAtHome) -> tuple[int, np.ndarray]:
    """When the recording began (epoch, ms), and its sound at 24 kHz."""
    line: dict[int, np.ndarray] = {}
    for (stream, index), data in running.pieces.items():
        if stream == "audio":
            with av.open(io.BytesIO(data), "r") as source:
                frames = [frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)]
            line[running.times[stream, index][0]] = np.concatenate(frames)
    return min(line), np.concatenate([line[at] for at in sorted(line)])


def share_of(hertz: float, sound: np.ndarray, rate: int) -> float:
    """How much of a sound's energy lies within 60 Hz of a tone."""
    power = np.abs(np.fft.rfft(sound.astype(float))) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / rate) - hertz) < 60
    return float(power[near].sum() / (power.sum() + 1))


def decoded(webm: Path) -> tuple[np.ndarray, int]:
    with av.open(str(webm), "r") as source:
        frames = list(source.decode(audio=0))
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]), frames[0].sample_rate


def test_a_bot_is_told_things_in_its_call(pages: CallPages, people_can_come: Playwright, tmp_path: Path) -> None:
    name = f"room-{new_id()}"
    room = pages.room(name)
    with (
        participants(people_can_come, ["Ada"]) as (ada,),
        runner(orders_for(pages.p2p(name), new_id()), tmp_path) as running,
    ):
        ada.join_p2p(pages.p2p(name))
        running.wait_state("recording")
        ada.count(time.time() + 0.2, 240)
        running.sounds["say"] = tone()
        ada.listen()
        said, *both = running.do(
            CommandOrder("say", "say", sound=True),
            CommandOrder("chat", "chat", "Good morning"),
            CommandOrder("shot", "screenshot"),
        )
        assert [each.message for each in (said, *both)] == [None, None, None]
        heard, rate = decoded(ada.heard(tmp_path / "heard.webm"))
        assert max(share_of(1500, part, rate) for part in np.array_split(heard, 8)) > 0.5
        assert room.chat == [("Minutebook", "Good morning")]
        paused_at = time.time()
        assert running.do(CommandOrder("pause", "pause"))[0].done
        time.sleep(PAUSE_S)
        assert running.do(CommandOrder("resume", "resume"))[0].done
        resumed_at = time.time()
        time.sleep(1.0)
        running.stop_requested = True
        running.wait_end(120)
    began_ms, sound = recorded(running)
    quiet = [np.abs(part).max() == 0 for part in np.array_split(sound, len(sound) // 2400)]
    longest = max(len(run) for run in "".join("q" if each else "." for each in quiet).split(".")) / 10
    assert longest + 0.2 >= PAUSE_S, "the pause holds no sound"
    assert longest <= resumed_at - paused_at + 0.5
    assert not all(quiet[-5:]), "it is recorded again"
    told = [
        each
        for (stream, _), data in sorted(running.pieces.items())
        if stream == "observations"
        for each in observations_from_lines(data)
    ]
    pauses = [each for each in told if each.kind is ObservationKind.PAUSED]
    assert sum(each.end_ms - each.start_ms for each in pauses) / 1000 == pytest.approx(longest, abs=0.5)
    assert pauses[0].start_ms > began_ms
    lines = [(each.name, each.text) for each in told if each.kind is ObservationKind.CHAT]
    assert lines == [("Minutebook", "Good morning")]

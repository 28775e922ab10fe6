"""A long call: what a bot's memory does in it, and whether its sound keeps its place.

    python -m bench.long_call [--minutes 60] [--people 10]

So many people are in a room of Janus' VideoRoom, of whom its own page shows five; two speak at a time, for ten seconds.
Prints, per minute, the unshared memory of the bot's processes in MB and how late its sound lies in the recording (ms,
median of the windows in which it can be told); at the end how far these move between the sixth of the first and the
last of the call.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.bot_cost import cpu_s, unshared_mb
from minutebook.kit.ids import new_id
from support.audio import RATE
from support.calls.bots import attempts
from support.calls.chromium import CHROMIUM
from support.calls.home import RunnerAtHome, orders_for, runner
from support.calls.janus import janus
from support.calls.pages import call_pages
from support.calls.voices import Voice
from support.replicas.people import FRAME, FRAME_S, Samples
from support.replicas.people import RATE as SENT_RATE
from support.replicas.placing import heard_at, noise

ROOM = 1234
TURN_S = 10.0
SETTLED_S = 20.0
LOOK_S = 60.0


@dataclass(frozen=True, slots=True)
class Minute:
    """One look at the bot: when, memory in MB, processor in percent of a core since the last."""

    at: float
    memory_mb: float
    processor: float


class Said:
    """What everybody says: the same noise by the clock, from a moment on, so that where it lies in a recording can be
    told whoever speaks."""

    def __init__(self, at: float, people: int) -> None:
        self.at = at
        self.samples = noise()
        self._sent = np.repeat(self.samples, SENT_RATE // RATE)
        self._people = people

    def of(self, number: int, tick: int) -> Samples | None:
        """What the person of this number says in a tick."""
        since = tick * FRAME_S - self.at
        turn = int(since / (TURN_S / 2))
        if since < 0 or number not in {turn % self._people, (turn - 1) % self._people}:
            return None
        place = round(since * SENT_RATE) % len(self._sent)
        frame = self._sent[place : place + FRAME]
        return frame if len(frame) == FRAME else None


def lags(running: RunnerAtHome, said: Said) -> list[tuple[float, float]]:
    """Moments (epoch) and how late sound lies there, in seconds."""
    length_s = len(said.samples) / RATE
    last = max(at for (stream, _), (at, _) in running.times.items() if stream == "audio") / 1000
    rounds = int((last - said.at) / length_s) + 1
    found = heard_at(running, said.at, np.tile(said.samples, rounds))
    return [(at, lag) for at, lag in found if at > said.at + TURN_S and lag is not None and lag == lag]


def looks(bot_id: str, until: float) -> list[Minute]:
    """A look a minute, until a moment."""
    found: list[Minute] = []
    at, spent = time.time(), cpu_s(attempts(bot_id))
    while time.time() < until:
        time.sleep(max(0.0, min(LOOK_S, until - time.time())))
        now, processes = time.time(), attempts(bot_id)
        total = cpu_s(processes)
        used = sum(seconds - spent.get(pid, 0.0) for pid, seconds in total.items())
        found.append(Minute(now, unshared_mb(processes), 100 * used / (now - at)))
        print(f"{time.strftime('%H:%M:%S')} {found[-1].memory_mb:6.1f} MB {found[-1].processor:5.1f} %", flush=True)
        at, spent = now, total
    return found


async def call(minutes: float, people: int, folder: Path) -> tuple[list[Minute], list[tuple[float, float]]]:
    """The call; what was seen of the bot, and where its sound lies."""
    with janus() as sfu, call_pages(sfu.websocket) as pages:
        said = Said(time.time() + SETTLED_S, people)
        voices = [Voice(f"Guest{chr(ord('A') + number)}", partial(said.of, number)) for number in range(people)]
        for voice in voices:
            await voice.join(sfu.websocket, ROOM)
        orders = orders_for(pages.janus(ROOM), new_id(), longest_s=round(minutes * 60) + 600, silence_s=600)
        environment = {"MINUTEBOOK_BOTS__CHROMIUM": str(CHROMIUM)}
        with runner(orders, folder, environment) as running:
            await asyncio.to_thread(running.wait_state, "recording", 120.0)
            seen = await asyncio.to_thread(looks, orders.bot_id, time.time() + minutes * 60)
            running.request_stop()
            ending = await asyncio.to_thread(running.wait_end, 120.0)
            print(f"the bot ended: {ending.end_reason}", flush=True)
            found = await asyncio.to_thread(lags, running, said)
        for voice in voices:
            await voice.leave()
        return seen, found


def sixth(values: Sequence[float], *, last: bool) -> float:
    """The median of the first, or of the last, sixth."""
    count = max(1, len(values) // 6)
    return statistics.median(values[-count:] if last else values[:count])


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--people", type=int, default=10)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        seen, found = asyncio.run(call(chosen.minutes, chosen.people, Path(folder)))
    began = found[0][0]
    for minute in range(int((found[-1][0] - began) / 60) + 1):
        here = [1000 * lag for at, lag in found if began + 60 * minute <= at < began + 60 * (minute + 1)]
        print(f"minute {minute:3d}: {statistics.median(here):6.1f} ms late" if here else f"minute {minute:3d}: -")
    memory, late = [each.memory_mb for each in seen], [1000 * lag for _, lag in found]
    first, last = sixth(memory, last=False), sixth(memory, last=True)
    print(f"memory {first:.1f} -> {last:.1f} MB ({100 * (last / first - 1):+.1f} %), highest {max(memory):.1f}")
    print(f"drift {sixth(late, last=True) - sixth(late, last=False):+.1f} ms; furthest {max(map(abs, late)):.0f} ms")
    print(f"processor {statistics.mean(each.processor for each in seen):.1f} % of a core")


if __name__ == "__main__":
    main()

"""A long call: what a bot's memory does in it, and whether its sound keeps its place.

    python -m bench.long_call [--minutes 60] [--people 10]

So many people are in a room of Janus' VideoRoom, of whom its own page shows five; two speak at a time, for ten seconds.
Prints, per minute, the unshared memory of the bot's processes in MB, how late its sound lies in the recording (ms,
median of the windows in which it can be told) and how late those who speak were themselves; at the end how far all of
these move between the sixth of the first and the last of the call. A machine on which the speakers are late, or which
has other work, has no time for sound: then the drift says nothing of the bot.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.bot_cost import cpu_s, unshared_mb
from bench.senders import TURN_S
from minutebook.kit.ids import new_id
from support.audio import RATE
from support.calls.bots import attempts
from support.calls.chromium import CHROMIUM
from support.calls.home import RunnerAtHome, orders_for, runner
from support.calls.janus import janus
from support.calls.pages import call_pages
from support.replicas.placing import heard_at, noise

ROOM = 1234
LOOK_S = 60.0
PUNCTUAL_MS = 20.0
"""The drift counts where those who speak were no later than this, nineteen times of twenty, and where there was no more
work than cores: they come first, the bot does not."""
SENT_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Minute:
    """One look at the bot: when, memory in MB, processor in percent of a core since the last."""

    at: float
    memory_mb: float
    processor: float


Lags = Sequence[tuple[float, float]]
"""Moments (epoch) and how late something was, in seconds."""


def lags(running: RunnerAtHome, said_at: float) -> Lags:
    """How late sound lies in the recording; everybody says the same noise by the clock, so that it can be told whoever
    speaks."""
    said = noise()
    last = max(at for (stream, _), (at, _) in running.times.items() if stream == "audio") / 1000
    rounds = int((last - said_at) / (len(said) / RATE)) + 1
    found = heard_at(running, said_at, np.tile(said, rounds))
    return [(at, lag) for at, lag in found if at > said_at + TURN_S and lag is not None and lag == lag]


async def told(senders: Process, what: str) -> Any:
    """The next line of those who speak."""
    assert senders.stdout is not None
    return json.loads(await senders.stdout.readline())[what]


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


async def call(minutes: float, people: int, folder: Path) -> tuple[list[Minute], Lags, Lags]:
    """The call; what was seen of the bot, where its sound lies, and how late it was sent."""
    with janus() as sfu, call_pages(sfu.websocket) as pages:
        asked = json.dumps({"websocket": sfu.websocket, "room": ROOM, "people": people})
        command = (sys.executable, "-m", "bench.senders", asked)
        senders = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=SENT_BYTES)
        said_at = float(await told(senders, "at"))
        orders = orders_for(pages.janus(ROOM), new_id(), longest_s=round(minutes * 60) + 600, silence_s=600)
        environment = {"MINUTEBOOK_BOTS__CHROMIUM": str(CHROMIUM)}
        with runner(orders, folder, environment) as running:
            await asyncio.to_thread(running.wait_state, "recording", 120.0)
            seen = await asyncio.to_thread(looks, orders.bot_id, time.time() + minutes * 60)
            running.request_stop()
            ending = await asyncio.to_thread(running.wait_end, 120.0)
            print(f"the bot ended: {ending.end_reason}", flush=True)
            found = await asyncio.to_thread(lags, running, said_at)
        assert senders.stdin is not None
        senders.stdin.close()
        late = await told(senders, "late")
        await senders.wait()
        began, ended = found[0][0], found[-1][0]
        return seen, found, [(at, each) for at, each in late if began <= at <= ended]


def sixth(values: Sequence[float], *, last: bool) -> float:
    """The median of the first, or of the last, sixth."""
    count = max(1, len(values) // 6)
    return statistics.median(values[-count:] if last else values[:count])


def drift_ms(late: Lags) -> float:
    """How far lateness moves, in ms."""
    each = [1000 * lag for _, lag in late]
    return sixth(each, last=True) - sixth(each, last=False)


def by_minute(late: Lags, began: float) -> dict[int, list[float]]:
    """Lateness in ms by the minute since a moment."""
    found: dict[int, list[float]] = {}
    for at, lag in late:
        found.setdefault(int((at - began) / 60), []).append(1000 * lag)
    return found


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--people", type=int, default=10)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        seen, found, sent = asyncio.run(call(chosen.minutes, chosen.people, Path(folder)))
    began = found[0][0]
    heard, spoken = by_minute(found, began), by_minute(sent, began)
    for minute in range(max(spoken) + 1):
        lies = f"{statistics.median(heard[minute]):6.1f} ms late" if minute in heard else "-"
        said = spoken.get(minute, [0.0])
        print(f"minute {minute:3d}: {lies}; speakers {statistics.median(said):.1f} ms late, at most {max(said):.0f}")
    memory = [each.memory_mb for each in seen]
    first, last = sixth(memory, last=False), sixth(memory, last=True)
    print(f"memory {first:.1f} -> {last:.1f} MB ({100 * (last / first - 1):+.1f} %), highest {max(memory):.1f}")
    print(f"drift {drift_ms(found):+.1f} ms; furthest {max(1000 * abs(lag) for _, lag in found):.0f} ms")
    usual_ms, load, cores = (
        1000 * float(np.percentile([lag for _, lag in sent], 95)),
        os.getloadavg()[1],
        os.cpu_count(),
    )
    counts = "counts" if usual_ms <= PUNCTUAL_MS and load <= (cores or 1) else "does not count: the machine has no time"
    print(f"drift of the speakers {drift_ms(sent):+.1f} ms; 95 % of packets within {usual_ms:.1f} ms")
    print(f"load {load:.1f} on {cores} cores: the drift {counts}")
    print(f"processor {statistics.mean(each.processor for each in seen):.1f} % of a core")


if __name__ == "__main__":
    main()

"""One call in a network namespace of its own whose only link goes down for a while: what the bot says of it, and where
the sound lies that it recorded.

    unshare --net python -m support.replicas.outage '{"platform": …, "point": …, "seconds": …}' FOLDER

prints one line of JSON (`Finding`). Everything is behind that link: the platform, its media, and the bot's own home.
"""

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minutebook.kit.ids import new_id
from support.calls.home import orders_for, runner
from support.replicas.people import FRAME_S
from support.replicas.placing import HOP_S, heard_at, noise
from support.replicas.room import Room
from support.replicas.script import Script
from support.replicas.server import address_of, replicas

LINK = ("ip", "link", "set", "lo")
EDGE_S = 0.5
IN_CALL_S = 30.0
LOBBIES = {
    "google_meet": "Asking to be let in...",
    "teams": "Someone in the meeting should let you in soon",
    "zoom": "Please wait, the meeting host will let you in soon.",
}
ENDS = {
    "google_meet": "Your host ended the meeting for everyone",
    "teams": "The meeting has ended",
    "zoom": "This meeting has been ended by host",
}
POINTS: dict[str, tuple[str, float]] = {
    "before the page": ("", 0.0),
    "at the door": ("shown entry", 0.0),
    "in the lobby": ("shown lobby", 1.0),
    "let in": ("shown call", 0.0),
    "just recording": ("shown call", 3.0),
    "in the call": ("shown call", 10.0),
    "somebody comes": ("come Ben", 0.0),
    "somebody shares": ("share Ben", 0.0),
    "as the meeting ends": ("end ", -1.0),
    "told to leave": ("stop", 0.0),
}
"""When the link goes down: so many seconds after something happened; before it, where that is to come."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`lost_s` of sound that was said while the link was up and the bot recorded, `late_ms` how far sound lies behind
    its place: the middle and the furthest from that; `back_s` from the link's return until sound is there again.
    `busy_ms` is how late the meeting's own server was with what it sent (95th percentile): where that is much, the
    machine had no time for sound, and the figures of the sound say nothing of the bot."""

    ending: str
    states: Sequence[str]
    late_ms: float
    furthest_ms: float
    lost_s: float
    back_s: float
    busy_ms: float


def script_of(platform: str, point: str, seconds: float) -> list[str]:
    """What happens in the meeting; it goes on after the outage for long enough to see that all is well again."""
    stay = IN_CALL_S + seconds
    end = "stop" if point == "told to leave" else f"end ended {ENDS[platform]}"
    lobby = [f"lobby {LOBBIES[platform]}", "wait 5"]
    return ["come Ada", "asked", *lobby, "call", "wait 12", "come Ben", "wait 3", "share Ben", f"wait {stay}", end]


def play(platform: str, point: str, seconds: float, folder: Path) -> Finding:
    """The call, from the beginning to its end."""
    with replicas(folder) as server:
        address, key = address_of(platform, 0)
        room = server.rooms[key] = Room(platform, Script(script_of(platform, point, seconds)), layout=_layout(platform))
        said, said_at = noise(), time.time()
        orders = replace(orders_for(address, new_id(), silence_s=300), platform=platform, bot_name="Minutebook")
        environment = {"MINUTEBOOK_BOTS__CHROMIUM": str(server.chromium)}
        with runner(orders, folder / "bot", environment) as running:
            room.on_stop = running.request_stop
            outage = threading.Thread(target=_break, args=(room, point, seconds), daemon=True)
            outage.start()
            _speak(room, said_at, said)
            ending = running.wait_end(260)
            outage.join(90)
        down, up = room.at("link down"), room.at("link up")
        heard = [(at, _since_sent(room, at, lag)) for at, lag in heard_at(running, said_at, said)]
        print(timeline(heard), file=sys.stderr)
        return _judged(
            str(ending.end_reason or ending.failure), running.states, heard, (down, up), _ended(room), _busy(room)
        )


def _since_sent(room: Room, at: float, lag: float | None) -> float | None:
    """A lag without what the meeting's own server was late with."""
    if lag is None or math.isnan(lag):
        return lag
    tick = round((at - lag) / FRAME_S)
    late = [room.company.sent[each] for each in range(tick - 10, tick + 10) if each in room.company.sent]
    return lag - (float(np.median(late)) if late else 0.0)


def _busy(room: Room) -> float:
    late = list(room.company.sent.values())
    return round(1000 * float(np.percentile(late, 95))) if late else 0.0


def _layout(platform: str) -> str:
    return "gallery" if platform == "zoom" else ""


def _ended(room: Room) -> float:
    return next((at for at, what in room.log if what.startswith(("end ", "stop"))), time.time())


def _speak(room: Room, at: float, samples: NDArray[np.int16]) -> None:
    deadline = time.time() + 60
    while not room.company.here and time.time() < deadline:
        time.sleep(0.1)
    if room.company.here:
        room.company.named("Ada").say(at, samples)


def _break(room: Room, point: str, seconds: float) -> None:
    what, after_s = POINTS[point]
    if after_s < 0:
        what, after_s = "share Ben", IN_CALL_S + seconds + after_s
    deadline = time.time() + 150
    while what and time.time() < deadline and not any(each.startswith(what) for _, each in list(room.log)):
        time.sleep(0.02)
    time.sleep(after_s)
    subprocess.run([*LINK, "down"], check=True)
    room.note("link down")
    time.sleep(seconds)
    subprocess.run([*LINK, "up"], check=True)
    room.note("link up")


def _judged(
    ending: str,
    states: Sequence[str],
    heard: Sequence[tuple[float, float | None]],
    outage: tuple[float, float],
    ended: float,
    busy_ms: float,
) -> Finding:
    down, up = outage
    lags = [lag for _, lag in heard if lag is not None and not math.isnan(lag)]
    if not lags:
        return Finding(ending, states, 0.0, 0.0, 0.0, 0.0, busy_ms)
    middle = float(np.median(lags))
    first = next(at for at, lag in heard if lag is not None)
    dead = (down - EDGE_S, up + EDGE_S)
    missing = [at for at, lag in heard if lag is None and first <= at < ended - 1 and not dead[0] <= at <= dead[1]]
    back = next((at for at, lag in heard if at > up and lag is not None), up)
    furthest = max(abs(lag - middle) for lag in lags)
    return Finding(
        ending,
        states,
        round(1000 * middle),
        round(1000 * furthest),
        round(len(missing) * HOP_S, 1),
        round(max(0.0, back - up), 1) if up > first else 0.0,
        busy_ms,
    )


def timeline(heard: Sequence[tuple[float, float | None]]) -> str:
    """All of it in short, for people."""
    return " ".join("-" if lag is None else "?" if math.isnan(lag) else str(round(1000 * lag)) for _, lag in heard)


if __name__ == "__main__":
    subprocess.run([*LINK, "up"], check=True)
    asked = json.loads(sys.argv[1])
    print(json.dumps(asdict(play(asked["platform"], asked["point"], asked["seconds"], Path(sys.argv[2])))))

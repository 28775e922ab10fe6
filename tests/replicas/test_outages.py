"""A bot's call behind a network that goes away for a while: in a network namespace of its own, whose one link is taken
down, at ten points of a call. The figures are printed (`-s`)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.calls.chromium import CHROMIUM
from support.replicas.outage import POINTS

TESTS = Path(__file__).parents[1]
AWAY_MS = 100.0
"""Sound lies within this of its place."""
LOST_S = 0.5
BUSY_MS = 40.0
"""A machine on which the meeting itself is later than this has no time for sound; states are judged all the same."""
PLATFORMS = ("google_meet", "teams", "zoom")
QUICK = {("in the call", 2)}
REJOINED_FROM_S = 10
"""An outage of this length is mended by joining anew, which takes a while after the link is back."""


@cache
def cannot() -> str:
    """Why there can be no namespace here; empty where there can."""
    if CHROMIUM is None:
        return "no Chromium is installed: run `make stage`"
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return "a network namespace needs root, `unshare` and `ip`"
    made = subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return made.stderr.decode().strip() if made.returncode else ""


pytestmark = [pytest.mark.live, pytest.mark.timeout(400), pytest.mark.skipif(bool(cannot()), reason=cannot())]


def _cases() -> Iterator[Any]:
    for number, point in enumerate(POINTS):
        for seconds in (2, 6, 20, 60):
            marks = () if (point, seconds) in QUICK else (pytest.mark.soak,)
            yield pytest.param(PLATFORMS[number % 3], point, seconds, id=f"{point}, {seconds} s", marks=marks)


@pytest.mark.parametrize(("platform", "point", "seconds"), list(_cases()))
def test_a_link_that_goes_down(platform: str, point: str, seconds: int, tmp_path: Path) -> None:
    asked = json.dumps({"platform": platform, "point": point, "seconds": seconds})
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "support.replicas.outage", asked, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"\n{platform}: {point}, {seconds} s: {found}")
    log = f"{found}\n{(tmp_path / 'bot' / 'runner.log').read_text()[-3000:]}\n{done.stderr[-3000:]}"
    assert found["ending"] == ("stopped" if point == "told to leave" else "meeting_ended"), log
    assert found["states"][-1] == "recording", log
    if found["busy_ms"] > BUSY_MS or os.getloadavg()[0] > (os.cpu_count() or 1):
        return
    assert found["furthest_ms"] <= AWAY_MS, log
    if seconds < REJOINED_FROM_S:
        assert found["lost_s"] <= LOST_S, log

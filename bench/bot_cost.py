"""What a bot costs: processor and memory of its processes during a call of three people on Janus' own page.

    python -m bench.bot_cost [--seconds 40] [--modes audio_only,speaker_view] [--camera 640x360@15]

Prints, per recording mode: processor time in percent of one core (mean over the window, of the runner and everything
it started), unshared memory in MB (psutil's USS, summed over these processes; highest of ten looks), and how many
processes there are. The people talk all the time. Janus, the people's browsers, server and workers are not counted.
"""

import argparse
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from playwright.sync_api import Playwright, sync_playwright

from support.calls.bots import BotServer, attempts, bot_server
from support.calls.janus import janus
from support.calls.pages import CallPages, call_pages
from support.calls.participants import Camera, participants
from support.calls.receivers import WebhookReceiver, webhook_receiver
from support.calls.recorded import learn_all, say_all
from support.calls.talk import SPEAKERS, three_people

LOOKS = 10
SETTLE_S = 5.0
MB = 1 << 20


def cpu_s(processes: list[psutil.Process]) -> dict[int, float]:
    """Processor seconds of each process so far."""
    spent = {}
    for process in processes:
        with suppress(psutil.Error):
            times = process.cpu_times()
            spent[process.pid] = times.user + times.system
    return spent


def unshared_mb(processes: list[psutil.Process]) -> float:
    """Memory that would be free again if these processes ended."""
    total = 0
    for process in processes:
        with suppress(psutil.Error):
            total += process.memory_full_info().uss
    return total / MB


def measure(bot_id: str, seconds: float) -> tuple[float, float, int]:
    """Percent of a core, MB, and processes of a bot over a stretch of time; those that begin in it count too."""
    begun, before = time.monotonic(), cpu_s(attempts(bot_id))
    memory, last = 0.0, before
    for look in range(LOOKS):
        time.sleep(max(0.0, begun + seconds * (look + 1) / LOOKS - time.monotonic()))
        processes = attempts(bot_id)
        memory = max(memory, unshared_mb(processes))
        last = {**last, **cpu_s(processes)}
    spent = sum(now - before.get(pid, 0.0) for pid, now in last.items())
    return 100 * spent / (time.monotonic() - begun), memory, len(attempts(bot_id))


def one_call(
    mode: str,
    room: int,
    seconds: float,
    camera: Camera,
    pages: CallPages,
    server: BotServer,
    webhooks: WebhookReceiver,
    playwright: Playwright,
) -> tuple[float, float, int]:
    """Send a bot to three people who talk, and measure it."""
    with participants(playwright, list(SPEAKERS), camera) as people:
        for person in people:
            person.join_janus(pages.janus(room))
        learn_all(three_people(), people)
        bot_id = server.send(pages.janus(room), webhook_url=webhooks.url, recording_mode=mode)
        webhooks.wait(bot_id, "in_call_recording")
        say_all(people)
        time.sleep(SETTLE_S)
        found = measure(bot_id, seconds)
        server.leave(bot_id)
        webhooks.wait(bot_id, "call_ended")
    webhooks.wait(bot_id, "complete", 120)
    return found


def camera_of(text: str) -> Camera:
    """`640x360@15`."""
    size, rate = text.split("@")
    width, height = size.split("x")
    return Camera(int(width), int(height), int(rate))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=40.0, help="length of the window")
    options.add_argument("--modes", default="audio_only,speaker_view")
    options.add_argument("--camera", type=camera_of, default="640x360@15", help="what each of the three sends")
    chosen = options.parse_args()
    print("| mode | processor, % of a core | unshared memory, MB | processes |\n|---|---|---|---|", flush=True)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        janus() as sfu,
        call_pages(sfu.websocket) as pages,
        webhook_receiver() as webhooks,
        bot_server(Path(folder) / "data", pages.url) as server,
        sync_playwright() as playwright,
    ):
        for room, mode in enumerate(chosen.modes.split(","), start=1234):
            cpu, memory, count = one_call(
                mode, room, chosen.seconds, chosen.camera, pages, server, webhooks, playwright
            )
            print(f"| {mode} | {cpu:.0f} | {memory:.0f} | {count} |", flush=True)


if __name__ == "__main__":
    main()

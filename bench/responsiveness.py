"""How quick answers stay while a recording is worked on: p95 of `GET /api/sessions`, idle and busy, on one server.

    python -m bench.responsiveness [--duration 3600] [--requests 400]

Prints both and their ratio. The recording is the sample meeting in a loop; requests go out one after the other, ten a
second, from this process.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from support.audio import looped
from support.server import Server, client_of, create_meeting, reports, upload

SAMPLE = Path(__file__).parents[1] / "samples" / "launch.flac"
EVERY_S = 0.1


def latencies_ms(client: httpx.Client, count: int) -> list[float]:
    """The time of each of `count` requests, in milliseconds."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        client.get("/api/sessions").raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(EVERY_S)
    return times


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--duration", type=float, default=3600.0, help="length of the recording, in seconds")
    options.add_argument("--requests", type=int, default=400)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = looped(SAMPLE, Path(folder) / "long.flac", chosen.duration)
        server = Server(Path(folder) / "data")
        server.start()
        try:
            with client_of(server, server.owner_token()) as client:
                for number in range(30):
                    create_meeting(client, f"Meeting {number}")
                latencies_ms(client, 50)
                idle = latencies_ms(client, chosen.requests)
                session_id = create_meeting(client, "Long")
                recording_id = upload(client, session_id, recording)
                time.sleep(10)
                busy = latencies_ms(client, chosen.requests)
                state = reports(client, recording_id, session_id)["transcription"]
        finally:
            server.stop()
    print(f"during the busy half the transcription was {state['status']}, progress {state['progress']}")
    for name, times in (("idle", idle), ("busy", busy)):
        print(f"{name}: median {statistics.median(times):.1f} ms, p95 {p95(times):.1f} ms ({len(times)} requests)")
    print(f"p95 busy / p95 idle = {p95(busy) / p95(idle):.2f}")


if __name__ == "__main__":
    main()

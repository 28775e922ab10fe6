"""How the server answers honest visitors while others crowd it: `python -m bench.edges [seconds] [elsewhere]`.

1,100 idle connections, 200 event streams, 50 writers and 40 sign-in tries at once, all from this machine; `/healthz`
and the sign-in of one honest person, with it and without. The load is bounded by the seconds given. The crowd comes
from the honest person's own address and writes into her account, which is the hardest case; with `elsewhere` it has ten
other addresses of the loopback network and another account.
"""

import asyncio
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import httpx

from support.records import ADA, wav
from support.server import EMAIL, PASSWORD, Server

SETTLED_AFTER_S = 10.0
IDLE, STREAMS, WRITERS, GUESSERS = 1100, 200, 50, 40
HERE, ELSEWHERE = ("127.0.0.1",), tuple(f"127.0.0.{n}" for n in range(11, 21))
OTHER = "crowd@example.com"
FORM = re.compile(r'name="form_token" value="([^"]+)"')

Probe = Callable[[], Awaitable[None]]


def p95(seconds: list[float]) -> str:
    if not seconds:
        return "none answered"
    ordered = sorted(seconds)
    return f"p50 {ordered[len(ordered) // 2] * 1000:.0f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms"


async def measured(seconds: float, probe: Probe, pause_s: float) -> tuple[list[float], int]:
    """How long each call took, and how many failed."""
    took, failed, until = [], 0, perf_counter() + seconds
    while perf_counter() < until:
        begun = perf_counter()
        try:
            await probe()
            took.append(perf_counter() - begun)
        except (httpx.HTTPError, AssertionError):
            failed += 1
        await asyncio.sleep(pause_s)
    return took, failed


async def signed_in(http: httpx.AsyncClient, email: str, password: str) -> int:
    page = await http.get("/sign-in")
    fields = {"form_token": FORM.findall(page.text)[0], "email": email, "password": password, "next": "/"}
    return (await http.post("/sign-in", data=fields)).status_code


async def honest(url: str, cookies: httpx.Cookies) -> None:
    """Somebody who has signed in from this browser before."""
    async with httpx.AsyncClient(base_url=url, timeout=60, cookies=cookies) as http:
        assert await signed_in(http, EMAIL, PASSWORD) == 303


async def forever(name: str, work: Probe, done: Counter[str]) -> None:
    while True:
        with suppress(httpx.HTTPError, OSError, IndexError):
            await work()
            done[name] += 1


async def idle(port: int, address: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    try:
        await reader.read()
    finally:
        writer.close()


@contextmanager
def crowd(server: Server, where: str, token: str, recording_id: str, seconds: float) -> Iterator[None]:
    """Everybody else, in a process of their own, so that their work is not measured with ours."""
    arguments = ("crowd", where, str(seconds), str(server.port), token, recording_id)
    process = subprocess.Popen([sys.executable, "-m", "bench.edges", *arguments])
    try:
        sleep(SETTLED_AFTER_S)
        yield
    finally:
        process.terminate()
        process.wait()


async def crowding(addresses: Sequence[str], seconds: float, port: int, token: str, recording_id: str) -> None:
    url = f"http://127.0.0.1:{port}"
    bearer = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=100)
    turn = cycle(addresses)

    def leaving(**options: Any) -> httpx.AsyncClient:
        way = httpx.AsyncHTTPTransport(local_address=next(turn), limits=limits)
        return httpx.AsyncClient(base_url=url, timeout=60, transport=way, **options)

    async with AsyncExitStack() as stack:
        clients = cycle([await stack.enter_async_context(leaving(headers=bearer)) for _ in addresses])

        async def stream() -> None:
            async with next(clients).stream("GET", f"/api/recordings/{recording_id}/events") as answer:
                async for _ in answer.aiter_bytes():
                    pass

        async def write() -> None:
            await next(clients).post("/api/sessions", json={"title": "Load", "attendees": [ADA]})

        async def guess() -> None:
            async with leaving() as stranger:
                await signed_in(stranger, "nobody@example.com", "wrong password")
            await asyncio.sleep(0.1)

        async def wait() -> None:
            await idle(port, next(turn))
            await asyncio.sleep(0.5)

        kinds = (
            ("idle connections", IDLE, wait),
            ("streams ended", STREAMS, stream),
            ("writes", WRITERS, write),
            ("sign-in tries", GUESSERS, guess),
        )
        done, begun, over = Counter[str](), perf_counter(), asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        tasks = [asyncio.create_task(forever(name, work, done)) for name, count, work in kinds for _ in range(count)]
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), seconds)
        rates = ", ".join(f"{name} {done[name] / (perf_counter() - begun):.1f}/s" for name, _, _ in kinds)
        print(f"the crowd got done: {rates}", flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def compared(server: Server, where: str, token: str, recording_id: str, seconds: float) -> None:
    first = httpx.AsyncClient(base_url=server.url, timeout=60)
    assert await signed_in(first, EMAIL, PASSWORD) == 303
    cookies = first.cookies
    await first.aclose()
    probing = httpx.AsyncClient(base_url=server.url, timeout=60)

    async def health() -> None:
        (await probing.get("/healthz")).raise_for_status()

    async def both(name: str) -> None:
        (health_s, health_failed), (sign_in_s, sign_in_failed) = await asyncio.gather(
            measured(seconds, health, 0.05), measured(seconds, lambda: honest(server.url, cookies), 0.5)
        )
        print(f"{name}: /healthz {p95(health_s)} ({len(health_s)} asked, {health_failed} failed)", flush=True)
        print(f"{name}: honest sign-in {p95(sign_in_s)} ({len(sign_in_s)} tried, {sign_in_failed} failed)", flush=True)

    await both("alone")
    with crowd(server, where, token, recording_id, seconds + 2 * SETTLED_AFTER_S):
        await both("crowded")
    await probing.aclose()


def main() -> None:
    if sys.argv[1:2] == ["crowd"]:
        _, _, where, crowded_s, port, token, recording_id = sys.argv
        addresses = ELSEWHERE if where == "elsewhere" else HERE
        asyncio.run(crowding(addresses, float(crowded_s), int(port), token, recording_id))
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    where = "elsewhere" if sys.argv[2:] == ["elsewhere"] else "here"
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", {"MINUTEBOOK_JOBS__WORKERS": "0", "MINUTEBOOK_BOTS__CONCURRENCY": "0"})
        try:
            server.start()
            token = server.owner_token()
            if where == "elsewhere":
                server.command("admin", "create-user", OTHER, "--password-stdin", stdin=PASSWORD)
                token = server.command("admin", "create-token", OTHER)
            bearer = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=server.url, headers=bearer, timeout=60) as http:
                session = http.post("/api/sessions", json={"title": "Load", "attendees": [ADA]}).json()["id"]
                file = ("a.wav", wav(), "audio/wav")
                answer = http.post("/api/recordings", data={"session_id": session}, files={"file": file})
            asyncio.run(compared(server, where, token, answer.json()["id"], seconds))
            print(f"log: {server.log.stat().st_size // 1024} KiB")
        finally:
            server.stop()


if __name__ == "__main__":
    main()

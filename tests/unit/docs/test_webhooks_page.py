"""docs/webhooks.md: its receiver is run against real messages, and its figures are those of the code."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from minutebook.bots.v1.codes import StatusCode
from minutebook.db.database import Database
from minutebook.kit.clock import SystemClock
from minutebook.webhooks.model import Limits, MessageState
from minutebook.webhooks.rules import LADDERS, QUICK_S
from support.server import free_port
from support.webhook_sender import FINAL, STATUS, Publisher, webhooks_over

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "webhook_receiver.py"
RECEIVER = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)[0]


@asynccontextmanager
async def receiver(secret: str, folder: Path) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """The page's receiver in a process of its own: its address, and what it prints."""
    script, port = folder / "receiver.py", free_port()
    script.write_text(EXAMPLE.read_text(encoding="utf-8"))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", str(script)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)},
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                with suppress(httpx.TransportError):
                    await http.get(url)
                    break
                await asyncio.sleep(0.05)
        assert process.stdout is not None
        yield url, process.stdout
    finally:
        process.kill()
        await process.wait()


def test_the_page_shows_the_example() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == RECEIVER


async def test_the_page_s_receiver_verifies_what_we_send(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    webhooks = webhooks_over(database, SystemClock())
    publisher = Publisher(database, webhooks, SystemClock())
    async with receiver(webhooks.secret(publisher.owner_id), tmp_path) as (url, printed):
        ids = [
            await publisher.publish(STATUS, "bot", url=url, status={"code": "joining_call"}),
            await publisher.publish(FINAL, "bot", url=url),
        ]
        await webhooks.deliver_due()
        async with database.transaction() as tx:
            await webhooks.replay(tx, ids[0])
        await webhooks.deliver_due()
        last = await publisher.publish(FINAL, "other", url=url)
        await webhooks.deliver_due()
        lines = [await asyncio.wait_for(printed.readline(), 30) for _ in range(3)]
        assert [line.decode().split() for line in lines] == [
            [STATUS, "bot", "joining_call"],
            [FINAL, "bot"],
            [FINAL, "other"],
        ], "a message that came twice is handled once"
        async with database.reading() as tx:
            shown = [await webhooks.show(tx, each) for each in (*ids, last)]
    assert {each.message.state for each in shown} == {MessageState.DELIVERED}
    assert {attempt.status for each in shown for attempt in each.attempts} == {204}
    await database.close()


def signed(secret: bytes, body: bytes, at: float) -> dict[str, str]:
    text = f"id.{int(at)}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
    return {"webhook-id": "id", "webhook-timestamp": str(int(at)), "webhook-signature": f"v1,{signature}"}


async def test_the_page_s_receiver_refuses_everything_else(tmp_path: Path) -> None:
    secret, body = b"k" * 32, json.dumps({"event": "complete", "data": {"bot_id": "x"}}).encode()
    good = signed(secret, body, time.time())
    refused = [
        {},
        {**good, "webhook-id": "other"},
        {**good, "webhook-timestamp": str(int(time.time()) - 1)},
        {**good, "webhook-signature": "v1,AAAA"},
        {**good, "webhook-signature": good["webhook-signature"].replace("v1", "v2")},
        signed(b"x" * 32, body, time.time()),
        signed(secret, body, time.time() - 3600),
        signed(secret, b"{}", time.time()),
    ]
    whsec = "whsec_" + base64.b64encode(secret).decode()
    async with receiver(whsec, tmp_path) as (url, _), httpx.AsyncClient() as http:
        for headers in refused:
            assert (await http.post(url, content=body, headers=headers)).status_code == 401, headers
        assert (await http.post(url, content=body, headers=good)).status_code == 204


@pytest.mark.parametrize("secret", ["", "whsec_", "not base64", "whsec_abc"])
def test_the_page_s_receiver_says_what_it_misses(secret: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, env={"WEBHOOK_SECRET": secret}, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Set WEBHOOK_SECRET to what `minutebook webhooks secret EMAIL` prints")


def test_the_page_s_receiver_says_that_its_port_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        environment = {"WEBHOOK_SECRET": "whsec_a2V5", "PORT": str(port)}
        done = subprocess.run(
            [sys.executable, str(EXAMPLE)], capture_output=True, text=True, env=environment, check=False
        )
    assert (done.returncode, done.stderr.startswith(f"Port {port} cannot be listened at")) == (1, True)


@pytest.mark.parametrize("name", [*StatusCode, *MessageState])
def test_every_code_and_state_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_page_s_figures_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert QUICK_S == (1, 3, 10)
    assert "after 1, 3 and 10 seconds" in text
    rungs = [5, 300, 1800, *(3600 * hours for hours in (2, 5, 10, 14, 20, 24))]
    assert sorted(LADDERS.values(), key=len) == [tuple(rungs), (*QUICK_S, *rungs[1:])]
    assert "after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in text
    assert "after 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in text
    limits = Limits()
    assert f"within {limits.timeout_s:.0f} seconds" in text
    assert f"to {limits.per_host} addresses of one host at a time, and to {limits.overall} in all" in text
    assert f"forgotten after {limits.keep_s / 86400:.0f} days" in text

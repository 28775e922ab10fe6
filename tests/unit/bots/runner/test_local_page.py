"""A page of the bot's own: for whoever knows its address, and nobody else on the machine."""

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest

from minutebook.bots.runner.local_page import LocalPage


async def asked(address: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, address)


async def test_it_is_served_at_an_address_that_nobody_guesses() -> None:
    page, other = LocalPage(), LocalPage()
    address, another = await page.serve("<p>sécret"), await other.serve("x")
    try:
        parts = urlsplit(address)
        assert parts.hostname == "127.0.0.1"
        assert len(parts.path) > 30
        assert parts.path != urlsplit(another).path
        said = await asked(address)
        assert (said.status_code, said.text) == (200, "<p>sécret")
        assert said.headers["cache-control"] == "no-store"
        assert said.headers["referrer-policy"] == "no-referrer"
        left = await asked(f"{address}/left")
        assert left.status_code == 200
        assert "sécret" not in left.text
        for wrong in (f"{parts.scheme}://{parts.netloc}/", address[:-1], f"{address}x", address + "%E4"):
            answer = await asked(wrong)
            assert (answer.status_code, answer.text) == (404, ""), wrong
        assert (await asked(address, "POST")).status_code == 404
    finally:
        page.close()
        other.close()
    with pytest.raises(httpx.ConnectError):
        await asked(address)


async def test_whoever_asks_again_gets_what_was_made_anew() -> None:
    made = iter(["second", None, "fourth"])

    async def anew() -> str | None:
        return next(made)

    page = LocalPage()
    address = await page.serve("first", anew)
    try:
        said = [(await asked(address)).text for _ in range(4)]
        assert said == ["first", "second", "second", "fourth"]
    finally:
        page.close()


@pytest.mark.parametrize("sent", [b"\r\n\r\n", b"GET\r\n\r\n", b"GET /\xff\xe4 HTTP/1.1\r\n\r\n", b"x" * 100_000])
async def test_what_is_no_request_gets_nothing(sent: bytes) -> None:
    page = LocalPage()
    address = urlsplit(await page.serve("secret"))
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(sent)
        writer.write_eof()
        assert b"secret" not in await reader.read()
        writer.close()
    finally:
        page.close()

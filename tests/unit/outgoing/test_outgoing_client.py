"""The guarded client against hostile addresses and a real server on loopback."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from minutebook.config import OutgoingSettings
from minutebook.errors import Kind, MinutebookError
from minutebook.outgoing.client import OutgoingClient

Answer = bytes | Callable[["Origin"], bytes]


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    fields = {"Content-Length": str(len(body)), "Connection": "close"}
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items() if value), "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Origin:
    """A server that keeps what it was sent."""

    port: int = 0
    requests: list[str] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/a.wav", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def origin(
    answers: dict[str, Answer], then: Callable[[asyncio.StreamWriter], Any] | None = None
) -> AsyncIterator[Origin]:
    served = Origin()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            served.requests.append(head)
            reply = answers.get(head.split()[1], answer(status="404 Not Found"))
            writer.write(reply(served) if callable(reply) else reply)
            await writer.drain()
            if then is not None:
                await then(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


def allowed(*allow: str, timeout_s: float = 5.0) -> OutgoingClient:
    return OutgoingClient(OutgoingSettings(allow=list(allow) or ["127.0.0.1"], timeout_s=timeout_s))


async def collect(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


HOSTILE_URLS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://017700000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://①②⑦.0.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1%25eth0]/",
    "http://user:secret@example.com/",
    "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "file:///etc/passwd",
    "ftp://example.com/a.wav",
    "gopher://127.0.0.1:{port}/_GET",
    "data:audio/wav;base64,UklGRg==",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}/",
    "http://",
    "http:///etc/passwd",
    "",
    "http://exa mple.com/",
    "http://example.com\r\nHost: 127.0.0.1/",
]


@pytest.mark.parametrize("url", HOSTILE_URLS)
async def test_hostile_addresses_are_refused_before_anything_is_sent(url: str) -> None:
    async with origin({}) as served:
        client = OutgoingClient(OutgoingSettings())
        with pytest.raises(MinutebookError) as caught:
            await client.request("GET", url.format(port=served.port))
        assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.INVALID, "address_refused", "url")
        with pytest.raises(MinutebookError, match="not fetched"):
            async with client.stream(url.format(port=served.port)):
                pass
        assert served.connections == 0


async def test_a_name_that_resolves_inside_is_refused_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    async with origin({}) as served:
        _answer_names(monkeypatch, [["93.184.216.34", "127.0.0.1"]])
        with pytest.raises(MinutebookError, match="public address"):
            await OutgoingClient(OutgoingSettings()).request("GET", served.url(host="evil.example"))
        assert served.connections == 0


async def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with origin({"/a.wav": answer(b"secret")}) as served:
        _answer_names(monkeypatch, [["93.184.216.34"], ["127.0.0.1"]])
        with pytest.raises(MinutebookError) as caught:
            await OutgoingClient(OutgoingSettings()).request("GET", served.url(host="evil.example"))
        assert caught.value.code == "address_refused"
        assert served.requests == []


async def test_the_checked_address_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolved twice, checked twice, connected by number: no third answer is ever asked for."""
    async with origin({"/a.wav": answer(b"sound")}) as served:
        lookups = _answer_names(monkeypatch, [["127.0.0.1"], ["127.0.0.1"], ["10.9.9.9"]])
        response = await allowed("127.0.0.1").request("GET", served.url(host="nice.example"))
        assert response.content == b"sound"
        assert len(lookups) == 2
        assert f"Host: nice.example:{served.port}".lower() in served.requests[0].lower()


def _answer_names(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> list[str]:
    """Stub the resolver: each look-up of a name gets the next answer, the last one for ever."""
    loop = asyncio.get_running_loop()
    real, lookups = loop.getaddrinfo, []

    async def getaddrinfo(host: Any, port: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not name.endswith(".example"):
            return await real(host, port, **kwargs)
        lookups.append(name)
        chosen = answers[min(len(lookups), len(answers)) - 1]
        return [entry for address in chosen for entry in await real(address, port, **kwargs)]

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    return lookups


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/", "http://localhost/", "file:///etc/passwd", "http://[::1]/", "http://10.0.0.1/"],
)
async def test_redirects_are_checked_again(location: str) -> None:
    async with origin({"/a.wav": answer(status="302 Found", Location=location)}) as served:
        with pytest.raises(MinutebookError) as caught:
            await allowed().request("GET", served.url())
        assert caught.value.code == "address_refused"
        assert len(served.requests) == 1


async def test_redirects_are_followed_a_few_times_only() -> None:
    hops = {f"/{hop}": answer(status="302 Found", Location=f"/{hop + 1}") for hop in range(10)}
    async with origin({**hops, "/10": answer(b"end")}) as served:
        assert (await allowed().request("GET", served.url("/6"))).content == b"end"
        with pytest.raises(MinutebookError, match="redirects more than 5 times"):
            await allowed().request("GET", served.url("/0"))


async def test_exceptions_name_a_port_when_they_do() -> None:
    async with origin({"/a.wav": answer(b"sound")}) as served:
        response = await allowed(f"127.0.0.1:{served.port}").request("GET", served.url())
        assert (response.status_code, response.content) == (200, b"sound")
        with pytest.raises(MinutebookError):
            await allowed(f"127.0.0.1:{served.port + 1}").request("GET", served.url())


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with origin({"/a.wav": answer(b"sound")}) as served:
        assert (await allowed().request("GET", served.url())).content == b"sound"


async def test_a_posted_body_arrives_and_any_status_is_answered() -> None:
    async with origin({"/hook": answer(b"no", status="410 Gone")}) as served:
        response = await allowed().request("POST", served.url("/hook"), json={"a": 1}, headers={"X-Sign": "s"})
        assert (response.status_code, response.text) == (410, "no")
        assert "X-Sign: s" in served.requests[0]


@pytest.mark.parametrize(
    ("headers", "filename", "content_type"),
    [
        ({"Content_Type": "audio/wav; codecs=1"}, "a b.wav", "audio/wav"),
        ({"Content_Disposition": 'attachment; filename="talk.mp3"'}, "talk.mp3", None),
        ({"Content_Disposition": "attachment; filename*=UTF-8''tr%C3%A8s.mp3"}, "très.mp3", None),
        ({"Content_Disposition": 'attachment; filename="../../etc/passwd"'}, "passwd", None),
        ({"Content_Disposition": 'attachment; filename="..\\\\boot.wav"'}, "boot.wav", None),
        ({"Content_Disposition": ";;;=\"'*"}, "a b.wav", None),
    ],
)
async def test_a_file_streams_with_its_name_and_type(
    headers: dict[str, str], filename: str, content_type: str | None
) -> None:
    sound = bytes(range(256)) * 1000
    async with (
        origin({"/dir/a%20b.wav?x=1": answer(sound, **headers)}) as served,
        allowed().stream(served.url("/dir/a%20b.wav?x=1")) as body,
    ):
        assert (body.filename, body.content_type, body.size) == (filename, content_type, len(sound))
        assert await collect(body.chunks) == sound


async def test_an_address_without_a_name_has_one_anyway() -> None:
    async with origin({"/": answer(b"sound")}) as served, allowed().stream(served.url("/")) as body:
        assert body.filename == "download"


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "401 Unauthorized"])
async def test_a_file_that_is_not_there_fails_with_the_status(status: str) -> None:
    async with origin({"/a.wav": answer(status=status)}) as served:
        with pytest.raises(MinutebookError, match=status.split(maxsplit=1)[0]) as caught:
            async with allowed().stream(served.url()):
                pass
        assert caught.value.code == "fetch_failed"
        assert caught.value.retryable is status.startswith("5")


async def test_size_is_limited_whether_it_is_stated_or_not() -> None:
    big = b"x" * 100_000
    answers: dict[str, Answer] = {"/stated": answer(big), "/unstated": answer(big, Content_Length="")}
    async with origin(answers) as served:
        for path in answers:
            with pytest.raises(MinutebookError) as caught:
                async with allowed().stream(served.url(path), max_bytes=50_000) as body:
                    await collect(body.chunks)
            assert (caught.value.kind, caught.value.code) == (Kind.TOO_LARGE, "too_large")
            with pytest.raises(MinutebookError, match="larger than 50000"):
                await allowed().request("GET", served.url(path), max_bytes=50_000)


async def test_compressed_answers_do_not_slip_past_the_limit() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with origin({"/a.wav": answer(bomb, Content_Encoding="gzip")}) as served:
        with pytest.raises(MinutebookError, match="larger than"):
            await allowed().request("GET", served.url(), max_bytes=1_000_000)
        with pytest.raises(MinutebookError, match="compressed"):
            async with allowed().stream(served.url()):
                pass


async def test_a_cut_answer_fails_and_may_be_tried_again() -> None:
    async with origin({"/a.wav": answer(b"short", Content_Length="1000")}) as served:
        with pytest.raises(MinutebookError) as caught:
            async with allowed().stream(served.url()) as body:
                await collect(body.chunks)
        assert (caught.value.code, caught.value.retryable) == ("fetch_failed", True)


async def test_silence_and_trickling_headers_time_out() -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"X-A: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silence(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    for then in (trickle, silence):
        async with origin({"/a.wav": b"HTTP/1.1 200 OK\r\n"}, then) as served:
            with pytest.raises(MinutebookError) as caught:
                async with allowed(timeout_s=0.2).stream(served.url()):
                    pass
            assert (caught.value.code, caught.value.retryable) == ("fetch_timeout", True)
            with pytest.raises(MinutebookError, match="in time"):
                await allowed(timeout_s=0.2).request("GET", served.url())


async def test_nobody_listening_is_a_failure_that_may_be_tried_again() -> None:
    async with origin({}) as served:
        pass
    with pytest.raises(MinutebookError) as caught:
        await allowed().request("GET", served.url())
    assert (caught.value.code, caught.value.retryable) == ("fetch_failed", True)


async def test_a_name_that_nobody_knows_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    async def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    with pytest.raises(MinutebookError, match="cannot be found"):
        await OutgoingClient(OutgoingSettings()).request("GET", "http://nowhere.example/a.wav")


def test_one_client_serves_any_event_loop() -> None:
    client = allowed()

    async def once() -> bytes:
        async with origin({"/a.wav": answer(b"sound")}) as served:
            return (await client.request("GET", served.url())).content

    assert asyncio.run(once()) == asyncio.run(once()) == b"sound"

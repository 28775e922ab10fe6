"""The streaming form parser: however the bytes are cut, the parts are the same; and memory stays small."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minutebook.api.multipart import MultipartStream, boundary_of
from minutebook.errors import MinutebookError

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Other work may share the machine: time proves nothing here."""

BOUNDARY = b"b0undary"


def encoded(parts: list[tuple[str, bytes]]) -> bytes:
    body = b"".join(
        b'--b0undary\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in parts
    )
    return body + b"--b0undary--\r\n"


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(chunks: AsyncIterator[bytes]) -> list[tuple[str, bytes]]:
    found = []
    async for part in MultipartStream(BOUNDARY, chunks).parts():
        found.append((part.name, b"".join([chunk async for chunk in part.chunks])))
    return found


NAMES = st.sampled_from(["file", "session_id", "x"])
DATA = st.binary(max_size=200) | st.sampled_from([b"\r\n--b0undar", b"--b0undary", b"\r\n", b"\r\n--b0undary X"])
# A body may hold anything but the delimiter itself.
PARTS = st.lists(st.tuples(NAMES, DATA.filter(lambda data: b"\r\n--b0undary" not in data)), max_size=5)


@PATIENT
@given(PARTS, st.integers(1, 300))
def test_parts_do_not_depend_on_how_the_body_is_cut(parts: list[tuple[str, bytes]], size: int) -> None:
    assert asyncio.run(read(pieces(encoded(parts), size))) == parts


@PATIENT
@given(PARTS, st.integers(1, 40), st.integers(0, 400))
def test_a_body_that_is_cut_off_is_always_noticed(parts: list[tuple[str, bytes]], size: int, kept: int) -> None:
    body = encoded(parts)
    cut = body[: min(kept, len(body) - len(b"--\r\n"))]
    with pytest.raises(MinutebookError, match=r"before its last boundary"):
        asyncio.run(read(pieces(cut, size)))


@PATIENT
@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_end_as_an_error_that_is_ours(body: bytes, size: int) -> None:
    with pytest.raises(MinutebookError):
        asyncio.run(read(pieces(body, size)))


async def test_parts_that_are_not_read_are_skipped() -> None:
    body = encoded([("file", b"x" * 100_000), ("session_id", b"s")])
    names = [part.name async for part in MultipartStream(BOUNDARY, pieces(body, 1000)).parts()]
    assert names == ["file", "session_id"]


async def test_memory_does_not_grow_with_the_file() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(1000):
            yield bytes(65_536)
        yield b"\r\n--b0undary--\r\n"

    tracemalloc.start()
    total = 0
    async for part in MultipartStream(BOUNDARY, body()).parts():
        async for chunk in part.chunks:
            total += len(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 65_536_000
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("header", "boundary"),
    [("multipart/form-data; boundary=abc", b"abc"), ('multipart/form-data; charset=x; boundary="a b"', b"a b")],
)
def test_boundaries(header: str, boundary: bytes) -> None:
    assert boundary_of(header) == boundary


@pytest.mark.parametrize("header", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data;;"])
def test_boundaries_that_are_missing(header: str) -> None:
    with pytest.raises(MinutebookError, match="boundary"):
        boundary_of(header)

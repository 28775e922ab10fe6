"""The memory of a large upload, measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from minutebook.client import FileTokens, Paxs
from support.paxs_client import ADA
from support.paxs_double import PaxsDouble

UPLOAD = """
import sys
from pathlib import Path
from minutebook.client import FileTokens, Paxs
url, tokens, session_id, file = sys.argv[1:]
seen = set()
with Paxs(url, FileTokens(Path(tokens), url)) as client:
    upload = client.recordings.upload(session_id, Path(file), on_progress=lambda sent, total: seen.add(sent / total))
assert max(seen) == 1.0
print(upload.size, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
ASYNC_UPLOAD = """
import asyncio, sys
from pathlib import Path
from minutebook.client import AsyncPaxs, FileTokens
url, tokens, session_id, file = sys.argv[1:]
async def main():
    async with AsyncPaxs(url, FileTokens(Path(tokens), url)) as client:
        return await client.recordings.upload(session_id, Path(file))
upload = asyncio.run(main())
print(upload.size, Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("script", "size"),
    [
        pytest.param(UPLOAD, 200 * 1024**2, id="200 MB"),
        pytest.param(UPLOAD, 2 * 1024**3, id="2 GB", marks=pytest.mark.soak),
        pytest.param(ASYNC_UPLOAD, 200 * 1024**2, id="200 MB, asyncio"),
        pytest.param(ASYNC_UPLOAD, 2 * 1024**3, id="2 GB, asyncio", marks=pytest.mark.soak),
    ],
)
def test_an_upload_takes_less_than_80_mb(
    paxs: Paxs, double: PaxsDouble, store: FileTokens, tmp_path: Path, script: str, size: int
) -> None:
    file = tmp_path / "long.wav"
    with file.open("wb") as sparse:
        sparse.truncate(size)
    meeting = paxs.sessions.create([ADA])
    done = subprocess.run(
        [sys.executable, "-c", script, double.url, str(store.path), meeting.id, str(file)],
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    sent, peak_kib = map(int, done.stdout.split())
    print(f"{sent} bytes sent, peak {peak_kib / 1024:.0f} MiB")
    assert sent == size
    assert peak_kib * 1024 < 80_000_000

"""The examples of docs/api.md, run as a reader would run them: in a shell, with curl, against a real server."""

import os
import re
import subprocess
from pathlib import Path

from support.server import Server

ROOT = Path(__file__).parents[2]


def test_every_example_works(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    server = Server(tmp_path / "data")
    server.start()
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=tmp_path,
            env=os.environ | {"BASE": server.url, "TOKEN": server.owner_token()},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    finally:
        server.stop()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "segments by" in done.stdout
    assert (tmp_path / "transcript.srt").read_text(encoding="utf-8").startswith("1\n00:00:")
    assert (tmp_path / "head.bin").stat().st_size == 1024

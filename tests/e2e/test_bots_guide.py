"""The examples of docs/bots.md, run as a reader would run them, against a real server whose bots are played."""

import os
import re
import subprocess
from pathlib import Path

from support.server import Server

ROOT = Path(__file__).parents[2]


def test_every_example_of_the_page_works(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "bots.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
    server = Server(tmp_path / "data", {"MINUTEBOOK_BOTS__LAUNCHER": "fake"})
    server.start()
    try:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=tmp_path,
            env=os.environ | {"BASE": server.url, "API_KEY": server.owner("create-api-key")[0]},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    finally:
        server.stop()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:] + server.log.read_text()[-2000:]
    assert (tmp_path / "recording.wav").read_bytes()[:4] == b"RIFF"
    assert (tmp_path / "head.wav").stat().st_size == 1024
    assert '"status":"deleted"' in done.stdout.replace(" ", "")

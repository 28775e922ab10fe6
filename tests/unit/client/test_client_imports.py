"""The client needs httpx and nothing else: no framework, no model, no layer of the server."""

import subprocess
import sys

LOADED = "import sys, minutebook.client; print(*sorted(sys.modules))"
OWN = ("minutebook", "minutebook.client", "minutebook.errors", "minutebook.kit")
HEAVY = {
    "pydantic",
    "sqlalchemy",
    "fastapi",
    "starlette",
    "typer",
    "platformdirs",
    "numpy",
    "av",
    "dbos",
    "onnxruntime",
}


def test_importing_the_client_loads_little() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "httpx" in loaded
    assert not HEAVY & {name.split(".")[0] for name in loaded}
    own = [name for name in loaded if name.split(".")[0] == "minutebook"]
    assert all(name in OWN or name.startswith("minutebook.client.") for name in own)

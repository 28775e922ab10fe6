"""Clients that generators make of both descriptions of the API, against a real server: nothing is refused, and what is
sent and answered has the types that were generated."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from support.audio import looped
from support.server import Server

ROOT = Path(__file__).parents[2]
CALLS = ROOT / "tests" / "support" / "generated_clients"
ENVIRONMENT = Path(sys.executable).parents[1]
GENERATORS = ENVIRONMENT / "generators"
PYTHON = GENERATORS / "bin" / "python"
PACKAGES = GENERATORS / "node_modules"
DESCRIPTIONS = {"meetings": "/openapi.json?for=generators", "bots": "/meetingbaas/openapi.json?for=generators"}
RECORDING_S = 8.0
LEAST = 10
"""Operations that are called with each client."""


@dataclass(frozen=True)
class Served:
    """A server whose bots are played."""

    server: Server

    def secret(self, name: str) -> str:
        """What opens a description's operations, of a user who has nothing yet."""
        email = f"{uuid4().hex}@example.com"
        return self.server.owner({"meetings": "create-token", "bots": "create-api-key"}[name], email=email)[0]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Server(tmp_path_factory.mktemp("served") / "data", {"MINUTEBOOK_BOTS__LAUNCHER": "fake"})
    server.start()
    try:
        yield Served(server)
    finally:
        server.stop()


def run(*command: str | Path, folder: Path) -> str:
    """What a program printed; what it complained of when it failed."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PATH": f"{GENERATORS / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def tool(name: str) -> str:
    places = [str(GENERATORS / "bin"), str(ENVIRONMENT / "bin"), os.environ.get("PATH", "")]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"{name} is missing: run `make generators` (needs npm and, for java, apt with root)")
    return found


def python_client(folder: Path, description: Path) -> list[str]:
    """openapi-python-client; it may not leave anything out."""
    name = description.stem
    generate = (tool("openapi-python-client"), "generate", "--meta", "none", "--fail-on-warning")
    run(*generate, "--path", description, "--output-path", folder / name, folder=folder)
    return [str(PYTHON), str(CALLS / f"python_client_{name}.py")]


def openapi_generator(folder: Path, description: Path) -> list[str]:
    """openapi-generator, its clients for Python."""
    tool("java")
    name = description.stem
    only = "models,apis,supportingFiles,modelTests=false,apiTests=false,modelDocs=false,apiDocs=false"
    generate = (tool("openapi-generator-cli"), "generate", "-g", "python", "--package-name", name)
    run(*generate, "-i", description, "-o", folder, "--global-property", only, folder=folder)
    return [str(PYTHON), str(CALLS / f"openapi_generator_{name}.py")]


def typescript(folder: Path, description: Path) -> list[str]:
    """openapi-typescript, its types checked strictly and used by openapi-fetch."""
    if not PACKAGES.is_dir():
        pytest.skip("openapi-typescript is missing: run `make generators` (needs npm)")
    name = description.stem
    (folder / "node_modules").symlink_to(PACKAGES)
    for each in ("package.json", "tsconfig.json", f"typescript_{name}.mts"):
        shutil.copy(CALLS / each, folder)
    run(tool("node"), PACKAGES / "openapi-typescript/bin/cli.js", description, "-o", f"{name}.ts", folder=folder)
    run(tool("node"), PACKAGES / "typescript/bin/tsc", "--project", ".", folder=folder)
    return [tool("node"), str(folder / f"typescript_{name}.mts")]


Generate = Callable[[Path, Path], list[str]]


@pytest.mark.parametrize("name", DESCRIPTIONS)
@pytest.mark.parametrize("generate", [python_client, openapi_generator, typescript])
def test_ten_calls_with_a_generated_client(served: Served, tmp_path: Path, generate: Generate, name: str) -> None:
    description = tmp_path / f"{name}.json"
    url = served.server.url
    description.write_text(httpx.get(url + DESCRIPTIONS[name], timeout=60).raise_for_status().text)
    program = generate(tmp_path, description)
    recording = looped(ROOT / "samples" / "launch.flac", tmp_path / "launch.flac", RECORDING_S)
    called = run(*program, url, served.secret(name), recording, folder=tmp_path).split()
    print(f"{generate.__name__} {name}: {len(set(called))} operations")
    assert len(set(called)) == len(called) >= LEAST

"""The wheel as others install it: in an environment that has nothing of this checkout. Takes about ten seconds, for a
wheel is built and unpacked; nothing else would notice a file or a dependency that only this checkout has."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SITE = Path(sysconfig.get_path("purelib"))
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MINUTEBOOK", "COV"))}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=PLAIN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def needs(name: str) -> Iterator[str]:
    """A distribution and what it needs, without extras."""
    yield name
    for line in distribution(name).requires or ():
        if ";" not in line:
            yield from needs(re.split(r"[^\w.-]", line)[0])


def installed(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """A new environment with the wheel and none of its dependencies: its folder, and that of its packages."""
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--no-compile")
    run(*pip, "--disable-pip-version-check", "--quiet", wheel, cwd=folder)
    return folder / "env", Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder / "dist", cwd=ROOT)
    (wheel,) = (folder / "dist").glob("minutebook-*.whl")
    assert wheel.stat().st_size <= 35 * 2**20
    return installed(wheel, folder)


def test_the_program_starts(environment: tuple[Path, Path], tmp_path: Path) -> None:
    folder, packages = environment
    dependencies = packages / "dependencies.pth"
    # What this environment has, but not its own checkout: a .pth file of another folder is not read.
    dependencies.write_text(f"{SITE}\n", encoding="utf-8")
    try:
        assert run(folder / "bin" / "minutebook", "--version", cwd=tmp_path).endswith(
            distribution("minutebook").version
        )
        assert "process" in run(folder / "bin" / "minutebook", "--help", cwd=tmp_path)
        where = run(folder / "bin" / "python", "-c", "import minutebook.wiring as w; print(w.__file__)", cwd=tmp_path)
        assert Path(where).is_relative_to(packages)
    finally:
        dependencies.unlink()


EVERY_MODULE = """
import importlib, pkgutil
import minutebook.client as client
for each in pkgutil.walk_packages(client.__path__, client.__name__ + "."):
    importlib.import_module(each.name)
print(client.__file__, client.Paxs.__name__, client.AsyncPaxs.__name__)
"""


def test_the_client_alone_needs_nothing_but_httpx(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "dist")
    run(*build, cwd=ROOT / "packaging" / "client")
    (wheel,) = (tmp_path / "dist").glob("minutebook_client-*.whl")
    assert wheel.stat().st_size <= 200_000
    folder, packages = installed(wheel, tmp_path)
    assert (folder / "bin" / "minutebook").exists() is False
    only = tmp_path / "httpx"
    only.mkdir()
    for name in set(needs("httpx")):
        for top in {Path(str(file)).parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            (only / top).symlink_to(SITE / top)
    (packages / "httpx.pth").write_text(f"{only}\n", encoding="utf-8")
    where, *names = run(folder / "bin" / "python", "-c", EVERY_MODULE, cwd=tmp_path).split()
    assert Path(where).is_relative_to(packages)
    assert names == ["Paxs", "AsyncPaxs"]
    told = next(packages.glob("minutebook_client-*.dist-info")).joinpath("METADATA").read_text(encoding="utf-8")
    assert [line for line in told.splitlines() if line.startswith("Requires-Dist")] == ["Requires-Dist: httpx>=0.28"]
    assert f"Version: {distribution('minutebook').version}\n" in told

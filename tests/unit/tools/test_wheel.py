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


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An environment with the wheel and none of its dependencies: its folder, and that of its packages."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder / "dist", cwd=ROOT)
    (wheel,) = (folder / "dist").glob("minutebook-*.whl")
    assert wheel.stat().st_size <= 35 * 2**20
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--no-compile")
    run(*pip, "--disable-pip-version-check", "--quiet", wheel, cwd=folder)
    return folder / "env", Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder))


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


def test_the_client_needs_nothing_but_httpx(environment: tuple[Path, Path], tmp_path: Path) -> None:
    folder, packages = environment
    only = tmp_path / "httpx"
    only.mkdir()
    for name in set(needs("httpx")):
        for top in {Path(str(file)).parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            (only / top).symlink_to(SITE / top)
    (packages / "httpx.pth").write_text(f"{only}\n", encoding="utf-8")
    try:
        look = "import minutebook.client as c; print(c.__file__, c.Paxs.__name__, c.AsyncPaxs.__name__)"
        where, *names = run(folder / "bin" / "python", "-c", look, cwd=tmp_path).split()
        assert Path(where).is_relative_to(packages)
        assert names == ["Paxs", "AsyncPaxs"]
        refused = (
            "import importlib.util as u; print([n for n in ('sqlalchemy', 'pydantic', 'numpy') if u.find_spec(n)])"
        )
        assert run(folder / "bin" / "python", "-c", refused, cwd=tmp_path) == "[]"
    finally:
        (packages / "httpx.pth").unlink()
